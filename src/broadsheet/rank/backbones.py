"""Backbones that read a sequence of item tokens: our own small decoder, or a language model through its input embeddings."""

from abc import ABC, abstractmethod
from functools import cache
from inspect import signature
from typing import Any

import torch
from torch import nn

from broadsheet.core.backbones import open_backbone
from broadsheet.core.backbones.lora import LoraConfig, add_lora
from broadsheet.core.backbones.native import word_vectors
from broadsheet.core.backbones.protocol import Backbone, additive
from broadsheet.core.backbones.trunk import HEAD, Layout, Memory, Trunk
from broadsheet.core.errors import ConfigError
from broadsheet.rank.config import RankerConfig

KINDS = ("native", "mean", "tiny", "smollm2[:LAYERS]", "hf:FOLDER")


class Reader(nn.Module, ABC):
    """Token vectors to states, causal within each sequence.

    `name` says what really runs; `width` is that of tokens and states; `spread` the root mean square of a token as the backbone knows them;
    `pretrained` says whether its weights mean something before training.
    """

    name: str
    width: int
    spread: float
    pretrained: bool

    @abstractmethod
    def forward(self, vectors: torch.Tensor, layout: Layout) -> torch.Tensor:
        """Return states `[B, T, d]` of vectors `[B, T, d]`, several sequences in a row."""

    def at_ends(self, vectors: torch.Tensor, layout: Layout, ends: torch.Tensor) -> torch.Tensor:
        """Return the state of each row's place in `ends` alone `[B, d]`."""
        return self(vectors, layout)[torch.arange(len(ends)), ends]

    @abstractmethod
    def extend(self, vectors: torch.Tensor, position: torch.Tensor, past: Memory | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Go on where `past` ended: return states `[B, T, d]` of tokens at `position` `[B, T]`, and what to keep of them (`Memory.held`)."""

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """Return the ids of a text's words. Raises MissingExtraError where the vocabulary is not installed."""

    @abstractmethod
    def words(self) -> torch.Tensor:
        """Return the vectors of the vocabulary `[V, d]`."""

    @property
    @abstractmethod
    def tuned(self) -> tuple[str, ...]:
        """Patterns of the parameters that the joint stage trains, by their names within the reader."""

    @abstractmethod
    def state_bytes(self, element: int = 2) -> int:
        """Return how many bytes a token's state takes, at so many bytes a number."""


class Native(Reader):
    """Our own decoder: rotary positions, attention of PyTorch, every weight learnt here."""

    pretrained = False

    def __init__(self, width: int, layers: int, longest: int, dropout: float, seed: int, *, rotary: bool = True, spread: float = 0.02) -> None:
        super().__init__()
        self.trunk = Trunk(width, layers, longest, dropout, seed, places=False, rotary=rotary, attended=False, spread=spread)
        self.name = f"native, {layers} layers of {width}"
        self.width, self.layers, self.spread = width, layers, 0.0

    def forward(self, vectors: torch.Tensor, layout: Layout) -> torch.Tensor:
        """Run the decoder."""
        return self.trunk(vectors, layout)

    def at_ends(self, vectors: torch.Tensor, layout: Layout, ends: torch.Tensor) -> torch.Tensor:
        """Run the decoder, its last layer for these places alone."""
        return self.trunk(vectors, layout, ends=ends)[:, 0]

    def extend(self, vectors: torch.Tensor, position: torch.Tensor, past: Memory | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Run the decoder on what is new."""
        return self.trunk.extend(vectors, position, past)

    def encode(self, text: str) -> list[int]:
        """Cut a text into MiniLM's word pieces."""
        return _tokenizer(word_vectors(self.width)[0])(text, add_special_tokens=False)["input_ids"]

    def words(self) -> torch.Tensor:
        """Return MiniLM's word vectors on their first axes."""
        return word_vectors(self.width)[1]

    @property
    def tuned(self) -> tuple[str, ...]:
        """Name all of it."""
        return ("*",)

    def state_bytes(self, element: int = 2) -> int:
        """Count keys and values of all layers."""
        return 2 * self.layers * self.width // HEAD * HEAD * element


class Mean(Reader):
    """No backbone at all: the state is the mean of the tokens, whatever their order. What a backbone must be better than."""

    pretrained = False

    def __init__(self, width: int) -> None:
        super().__init__()
        self.name, self.width, self.spread = "the mean of the items", width, 0.0

    def forward(self, vectors: torch.Tensor, layout: Layout) -> torch.Tensor:
        """Return the mean of each token and those before it."""
        visible = layout.visible()[:, 0].to(vectors.dtype)
        return visible @ vectors / visible.sum(dim=2, keepdim=True).clamp(min=1)

    def extend(self, vectors: torch.Tensor, position: torch.Tensor, past: Memory | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the mean of each token, those before it and the past."""
        rows, places = position.shape
        sums, counts = vectors.cumsum(dim=1), torch.arange(1, places + 1).expand(rows, -1)[..., None]
        if past is not None:
            sums = sums + (past.held[0, 0, :, 0] * past.there[..., None]).sum(dim=1, keepdim=True)
            counts = counts + past.there.sum(dim=1)[:, None, None]
        return sums / counts, vectors[None, None, :, None].expand(1, 2, -1, -1, -1, -1)

    def encode(self, text: str) -> list[int]:
        """Refuse: a mean reads no words."""
        del text
        raise ConfigError("The mean of the items reads no words.", f"Name another backbone: {', '.join(KINDS)}.")

    def words(self) -> torch.Tensor:
        """Refuse, as `encode` does."""
        raise ConfigError("The mean of the items reads no words.", f"Name another backbone: {', '.join(KINDS)}.")

    @property
    def tuned(self) -> tuple[str, ...]:
        """Name nothing."""
        return ()

    def state_bytes(self, element: int = 2) -> int:
        """Count the tokens themselves."""
        return 2 * self.width * element


class LanguageModel(Reader):
    """A causal language model, frozen but for low-rank adapters; it is given vectors where it is used to word embeddings."""

    pretrained = True

    def __init__(self, backbone: Backbone, rank: int) -> None:
        super().__init__()
        if backbone.axes > 1:
            raise ConfigError(f"{backbone.name} has places on {backbone.axes} axes, and a sequence has one.", "Name a language model without eyes.")
        backbone.requires_grad_(requires_grad=False)
        if rank:
            add_lora(backbone, LoraConfig(rank=rank, alpha=2 * rank))
        self.inner = backbone
        self.name, self.width = backbone.name, backbone.width
        self.spread = float(backbone.table().weight.detach().float().square().mean().sqrt())
        self.rank = rank

    @property
    def decoder(self) -> Any:
        """Return the decoder as transformers has it."""
        return self.inner.decoder

    def forward(self, vectors: torch.Tensor, layout: Layout) -> torch.Tensor:
        """Run the decoder, one row of sequences beside the other."""
        mask = None
        if not layout.alone:
            visible = layout.visible()[:, 0]
            # A place of padding sees itself, for a softmax over nothing has no value.
            mask = additive(visible | torch.eye(visible.shape[1], dtype=torch.bool), vectors.dtype)
        return self.inner.decode(vectors, mask, layout.position, (), layout.position < 0)

    def extend(self, vectors: torch.Tensor, position: torch.Tensor, past: Memory | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Run the decoder on what is new, keys and values of the past given."""
        from transformers import DynamicCache

        rows, places = position.shape
        visible = torch.ones(places, places, dtype=torch.bool).tril().expand(rows, -1, -1)
        cache: Any = DynamicCache()
        if past is not None:
            visible = torch.cat([past.there[:, None].expand(-1, places, -1), visible], dim=2)
            for layer, (keys, values) in enumerate(past.held.to(vectors.dtype)):
                cache.update(keys, values, layer)
        mask = additive(visible, vectors.dtype)
        # Later versions of transformers have another name for what is kept.
        name = "cache" if "cache" in signature(type(self.decoder).forward).parameters else "past_key_values"
        states = self.decoder(inputs_embeds=vectors, attention_mask=mask, position_ids=position, use_cache=True, **{name: cache}).last_hidden_state
        held = torch.stack([torch.stack([layer.keys[:, :, -places:], layer.values[:, :, -places:]]) for layer in cache.layers])
        return states, held

    def encode(self, text: str) -> list[int]:
        """Cut a text as the language model does."""
        return self.inner.encode(text)

    def words(self) -> torch.Tensor:
        """Return the language model's own word vectors."""
        return self.inner.table().weight.detach()

    @property
    def tuned(self) -> tuple[str, ...]:
        """Name the adapters."""
        return ("*lora_*",) if self.rank else ()

    def state_bytes(self, element: int = 2) -> int:
        """Count keys and values of all layers."""
        config = self.decoder.config
        return 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim * element


@cache
def _tokenizer(folder: str) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def open_reader(config: RankerConfig, seed: int = 0) -> Reader:
    """Open the backbone that a configuration names. Raises ConfigError for another name, and what `open_backbone` raises."""
    kind = config.backbone.partition(":")[0]
    if config.backbone == "native":
        return Native(config.width, config.layers, config.longest * config.tokens_per_item, config.dropout, seed, rotary=config.rotary, spread=config.spread)
    if config.backbone == "mean":
        return Mean(config.width)
    if config.backbone == "tiny":
        return LanguageModel(open_backbone("tiny:llama", seed=seed), config.lora)
    if kind in {"smollm2", "hf"}:
        return LanguageModel(open_backbone(config.backbone, seed=seed), config.lora)
    raise ConfigError(f"There is no backbone {config.backbone!r}.", f"Backbones are: {', '.join(KINDS)}.")
