"""The items that slates are made of: their categories as lists and as bit masks, their vectors, the rounds in which they may be shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.errors import RecordError

WORD = 64
"""Categories a word of a bit mask holds."""


@dataclass(frozen=True, eq=False)
class ItemTable:
    """Items by row: names, categories, unit vectors `[I, d]` for policies, and the rounds (or days) `first` to `last` in which each may be shown.

    `member` `[I, C]` says which categories an item has. Raises RecordError for parts of different lengths and for an item without a category.
    """

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    categories: tuple[str, ...]
    member: NDArray[np.bool_]
    vectors: NDArray[np.float32]
    first: NDArray[np.int32] | None = field(default=None)
    last: NDArray[np.int32] | None = field(default=None)

    def __post_init__(self) -> None:
        """Check that the parts belong together."""
        if self.member.shape != (len(self.ids), len(self.categories)) or len(self.titles) != len(self.ids) or len(self.vectors) != len(self.ids):
            raise RecordError(
                f"{len(self.ids)} items, {len(self.titles)} titles, {self.member.shape} categories and {self.vectors.shape} vectors do not belong together.",
                "Give a row of each for every item.",
            )
        if len(self.ids) and not self.member.any(axis=1).all():
            bare = self.ids[int((~self.member.any(axis=1)).argmax())]
            raise RecordError(f"The item {bare!r} has no category.", "Give it one, such as `other`.")

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def place(self) -> dict[str, int]:
        """Return the row of each item by its id."""
        return {name: row for row, name in enumerate(self.ids)}

    @cached_property
    def weights(self) -> NDArray[np.float32]:
        """Return each item's share of its categories `[I, C]`: rows sum to 1."""
        return (self.member / np.maximum(self.member.sum(axis=1, keepdims=True), 1)).astype(np.float32)

    @cached_property
    def listed(self) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return each item's categories `[I, P]`, padded with category 0 of weight 0, and their weights `[I, P]`."""
        return padded_rows(self.weights)

    @cached_property
    def bits(self) -> NDArray[np.uint64]:
        """Return each item's categories as bit masks `[I, W]`."""
        return to_bits(self.member)

    def offered(self, step: NDArray[np.int32], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which items `[..., N]` may be shown in the rounds `[...]` of the leading axes."""
        if self.first is None or self.last is None:
            return np.ones(rows.shape, dtype=bool)
        at = step[..., None]
        return (self.first[rows] <= at) & (at <= self.last[rows])


def to_bits(member: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Return masks of categories `[N, C]` as words of 64 bits `[N, W]`.

    >>> to_bits(np.array([[True, False, True]])).tolist()
    [[5]]
    """
    count = -(-max(member.shape[1], 1) // WORD)
    wide = np.zeros((len(member), count * WORD), dtype=bool)
    wide[:, : member.shape[1]] = member
    return np.packbits(wide, axis=1, bitorder="little").view("<u8").astype(np.uint64)


def padded_rows(matrix: NDArray[np.float32], least: float = 0.0) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return where the rows of a matrix `[N, C]` are above `least`, and what stands there, both `[N, P]`, padded with column 0 and value 0.

    >>> padded_rows(np.array([[0.0, 0.5], [0.0, 0.0]], dtype=np.float32))[0].tolist()
    [[1], [0]]
    """
    held = matrix > least
    width = int(held.sum(axis=1).max(initial=1))
    order = np.argsort(~held, axis=1, kind="stable")[:, :width]
    there = np.take_along_axis(held, order, axis=1)
    values = np.where(there, np.take_along_axis(matrix, order, axis=1), 0).astype(np.float32)
    return np.where(there, order, 0).astype(np.int32), values


def one_category(names: Sequence[str], categories: Sequence[str]) -> NDArray[np.bool_]:
    """Return `member` `[I, C]` of items with one category each."""
    place = {name: row for row, name in enumerate(categories)}
    member = np.zeros((len(names), len(categories)), dtype=bool)
    member[np.arange(len(names)), [place[name] for name in names]] = True
    return member
