"""Rows of whole numbers of any length in two flat arrays."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np


class Ragged(NamedTuple):
    """Rows of whole numbers of any length: row r is `values[begins[r]:begins[r + 1]]`."""

    values: np.ndarray
    begins: np.ndarray

    @classmethod
    def of(cls, rows: Iterable[Sequence[int] | np.ndarray]) -> "Ragged":
        """Lay rows one behind the other.

        >>> Ragged.of([[3, 1], [], [2]]).row(2).tolist()
        [2]
        """
        kept = [np.asarray(row, dtype=np.int64) for row in rows]
        begins = np.concatenate([[0], np.cumsum([len(row) for row in kept], dtype=np.int64)])
        return cls(np.concatenate([np.zeros(0, dtype=np.int64), *kept]), begins.astype(np.int64))

    @property
    def lengths(self) -> np.ndarray:
        """Length of each row."""
        return np.diff(self.begins)

    def row(self, number: int) -> np.ndarray:
        """Return a row."""
        return self.values[self.begins[number] : self.begins[number + 1]]

    def padded(self, rows: np.ndarray, padding: int = -1) -> np.ndarray:
        """Return some rows as `[R, M]`, M the length of the longest of them.

        >>> Ragged.of([[3, 1], [], [2]]).padded(np.array([2, 0])).tolist()
        [[2, -1], [3, 1]]
        """
        lengths = self.lengths[rows]
        found = np.full((len(rows), int(lengths.max(initial=0))), padding, dtype=np.int64)
        there = np.arange(found.shape[1]) < lengths[:, None]
        found[there] = self.values[(self.begins[rows][:, None] + np.arange(found.shape[1]))[there]]
        return found

    def __iter__(self) -> Iterator[np.ndarray]:  # pyrefly: ignore
        return (self.row(number) for number in range(len(self.begins) - 1))
