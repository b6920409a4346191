"""A small decoder of our own size over word vectors that are there: what a laptop's processor can train."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
from torch import nn

from broadsheet.core.backbones.protocol import Backbone
from broadsheet.core.packages import MINILM
from broadsheet.core.seeds import generator

HEAD = 32


class NativeText(Backbone):
    """A Llama decoder of a few layers with random weights, over MiniLM's word vectors brought to its width.

    The vocabulary (30,522 word pieces, frozen) is MiniLM's own table on its first principal axes: words that are alike
    begin alike, and everything above them is learnt. Raises MissingExtraError where MiniLM is not installed.
    """

    def __init__(self, layers: int = 2, width: int = 192, seed: int = 0) -> None:
        from transformers import AutoTokenizer, LlamaConfig, LlamaModel

        if width % HEAD:
            raise ValueError(f"a width of {width} is no multiple of {HEAD}")
        folder, words = word_vectors(width)
        table = nn.Embedding.from_pretrained(words, freeze=True)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        super().__init__(f"native, {layers} layers of {width} over MiniLM's word vectors", tokenizer, table, width, seed)
        self.words = table
        config = LlamaConfig(
            vocab_size=8,
            hidden_size=width,
            intermediate_size=width * 8 // 3 // HEAD * HEAD,
            num_hidden_layers=layers,
            num_attention_heads=width // HEAD,
            num_key_value_heads=width // HEAD,
            max_position_embeddings=4096,
            bos_token_id=None,
            eos_token_id=None,
            pad_token_id=None,
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(generator(seed, "native").integers(2**62)))
            self.decoder = LlamaModel(config)

    def table(self) -> nn.Embedding:
        """Return the word vectors."""
        return self.words

    def decode(
        self, embedded: torch.Tensor, mask: torch.Tensor | None, positions: torch.Tensor, deep: Sequence[torch.Tensor], at: torch.Tensor
    ) -> torch.Tensor:
        """Run the decoder."""
        del deep, at
        return self.decoder(inputs_embeds=embedded, attention_mask=mask, position_ids=positions, use_cache=False).last_hidden_state


@cache
def word_vectors(width: int) -> tuple[str, torch.Tensor]:
    """Return MiniLM's folder, and its table of word vectors brought to a width; nothing writes to the table."""
    from safetensors import safe_open

    folder = MINILM.path().parent
    with safe_open(folder / "model.safetensors", framework="pt") as weights:
        reader: Any = weights
        name = next(key for key in reader.keys() if key.endswith("word_embeddings.weight"))  # noqa: SIM118 - it is no mapping
        return str(folder), _narrowed(reader.get_tensor(name).float(), width)


def _narrowed(words: torch.Tensor, width: int) -> torch.Tensor:
    """Return `[V, width]`: the table on its principal axes, each row of length 1 (or with zeros behind, where it is narrower)."""
    centred = words - words.mean(dim=0)
    _, axes = torch.linalg.eigh(centred.T @ centred)
    narrow = centred @ axes.flip(1)[:, :width]
    narrow = nn.functional.pad(narrow, (0, width - narrow.shape[1]))
    return nn.functional.normalize(narrow, dim=1)
