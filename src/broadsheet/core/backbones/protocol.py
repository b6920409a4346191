"""What every backbone gives: token ids, pictures as tokens, and hidden states under a mask and positions of one's own."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import torch
from PIL import Image
from torch import nn

from broadsheet.core.seeds import generator

START, END, IMAGE, EMB, MASK = "<|im_start|>", "<|im_end|>", "<|image_pad|>", "<|emb|>", "<|mask|>"
MARKS = (START, END, IMAGE, EMB, MASK)


class Sight(NamedTuple):
    """Pictures as a backbone takes them: one tensor for all, and the grid of tokens (high, wide) of each.

    `seen` says that `pixels` already are what the tower gives: `[sum of tokens, C]`.
    """

    pixels: torch.Tensor
    grids: tuple[tuple[int, int], ...]
    seen: bool = False

    @property
    def counts(self) -> list[int]:
        """Tokens of each picture."""
        return [high * wide for high, wide in self.grids]


class Backbone(nn.Module, ABC):
    """A causal language model, with or without a vision tower, as the stages use it.

    `marks` maps each of `MARKS` to a token id: the vocabulary's own where it has it, else a new one, whose row is in
    `marked`, a parameter of its own, so that the vocabulary's table can stay frozen. `axes` is the number of position axes
    (1, or 3 where rotary positions are temporal, high and wide). `looks` and `looked` count calls of the tower and
    pictures it was given.
    """

    sees: ClassVar[bool] = False
    axes: ClassVar[int] = 1

    def __init__(self, name: str, tokenizer: Any, table: nn.Embedding, width: int, seed: int = 0) -> None:
        super().__init__()
        self.name, self.tokenizer, self.width = name, tokenizer, width
        self.looks = self.looked = 0
        self.rows = table.num_embeddings
        known = tokenizer.get_vocab()
        absent = [mark for mark in MARKS if mark not in known]
        self.marks: Mapping[str, int] = {mark: known[mark] if mark in known else self.rows + absent.index(mark) for mark in MARKS}
        self.marked = nn.Parameter(_near_the_mean(table, max(1, len(absent)), seed))

    @abstractmethod
    def table(self) -> nn.Embedding:
        """Return the vocabulary's embedding."""

    @abstractmethod
    def decode(
        self, embedded: torch.Tensor, mask: torch.Tensor | None, positions: torch.Tensor, deep: Sequence[torch.Tensor], at: torch.Tensor
    ) -> torch.Tensor:
        """Run the decoder over embedded tokens `[B, L, d]` with an additive `mask` `[B, 1, L, L]`, or None where each looks back and no more is said.

        `at` `[B, L]` says which tokens are a picture's, `deep` what else the tower gave for them.
        """

    def encode(self, text: str) -> list[int]:
        """Return the token ids of a text; what looks like a mark in it is text."""
        return self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]

    def around_image(self) -> tuple[list[int], list[int]]:
        """Return the token ids before and after a picture's own."""
        return [], []

    def see(self, images: Sequence[Image.Image]) -> Sight:
        """Prepare pictures (RGB) for the tower. Raises TypeError where the backbone has none."""
        raise TypeError(f"{self.name} reads text alone and was given {len(images)} pictures")

    def look(self, sight: Sight) -> Sight:
        """Run the tower: `pixels` becomes `[sum of tokens, C]`."""
        raise TypeError(f"{self.name} has no tower for {len(sight.grids)} pictures")

    def project(self, seen: torch.Tensor) -> tuple[torch.Tensor, Sequence[torch.Tensor]]:
        """Turn what the tower gave `[T, C]` into decoder tokens `[T, d]`, and what the first layers add to them."""
        return seen, ()

    def embedded(self, ids: torch.Tensor) -> torch.Tensor:
        """Embed token ids `[B, L]`, marks included, as `[B, L, d]`."""
        rows = self.table()(ids.clamp(max=self.rows - 1))
        new = ids >= self.rows
        if bool(new.any()):
            rows = rows.clone()
            rows[new] = self.marked[ids[new] - self.rows].to(rows.dtype)
        return rows

    def forward(self, ids: torch.Tensor, visible: torch.Tensor, positions: torch.Tensor, sight: Sight | None = None) -> torch.Tensor:
        """Return hidden states `[B, L, d]` of the last layer.

        `ids` `[B, L]`; `visible` `[B, L, L]` bool, whether the token of a row may look at that of a column;
        `positions` `[axes, B, L]`; `sight` holds the pictures in the order of their places in `ids`. Raises
        ValueError where places and picture tokens differ in number.
        """
        rows = self.embedded(ids)
        at = ids == self.marks[IMAGE]
        deep: Sequence[torch.Tensor] = ()
        if sight is not None and sight.grids:
            seen = (sight if sight.seen else self.look(sight)).pixels
            tokens, deep = self.project(seen)
            if int(at.sum()) != len(tokens):
                raise ValueError(f"{int(at.sum())} places for {len(tokens)} picture tokens")
            rows = rows.clone()
            rows[at] = tokens.to(rows.dtype)
        elif bool(at.any()):
            raise ValueError(f"{int(at.sum())} places for 0 picture tokens")
        return self.decode(rows, additive(visible, rows.dtype), positions if self.axes > 1 else positions[0], deep, at)

    def count_look(self, pictures: int) -> None:
        """Count a call of the tower."""
        self.looks += 1
        self.looked += pictures


def additive(visible: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Turn `visible` `[B, L, L]` into what attention adds to its scores, `[B, 1, L, L]`: 0, or the lowest finite number."""
    return torch.zeros(visible.shape, dtype=dtype).masked_fill(~visible, torch.finfo(dtype).min).unsqueeze(1)


def _near_the_mean(table: nn.Embedding, count: int, seed: int) -> torch.Tensor:
    """Return `[count, d]` rows for new tokens: the mean of the table, and a little noise so that they differ."""
    weight = table.weight.detach().float()
    noise = torch.tensor(generator(seed, "marks").standard_normal((count, weight.shape[1])), dtype=torch.float32)
    return weight.mean(dim=0) + 0.1 * float(weight.std()) * noise
