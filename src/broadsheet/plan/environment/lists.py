"""Rows of numbers and weights of uneven length, looked up for the slots of many slates at once."""

from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Value = TypeVar("Value", np.float32, np.float64)
# What an entry of the rest costs, and that there is a rest at all, in entries of the first.
_DEAR, _ALSO = 1.5, 0.5


class Found(NamedTuple):
    """Where the entries of the slots `[k, B]` stand, flat: the first of all slots, then the rest of those that have more, `slots`, whose sessions and rows these are."""

    places: Rows
    slots: Rows
    sessions: Rows
    rows: Rows


class Lists(Generic[Value]):
    """Rows `[N, P]` of numbers with values, padded with 0: the first H for all rows, the rest for the few that have more, so that most of the padding is not looked up.

    A number c of session b is the place `b * width + c`, as in arrays `[B, C]`.
    """

    def __init__(self, numbers: NDArray[np.int32], values: NDArray[Value], count: int, width: int) -> None:
        lengths = (values != 0).sum(axis=1)
        longest = numbers.shape[1]
        first = min(range(1, longest + 1), key=lambda some: some + _DEAR * float((lengths > some).mean()) * (longest - some) + _ALSO * (some < longest))
        wide = numbers.astype(np.int64)
        self._longer = lengths > first
        self._numbers, self._more_numbers = np.ascontiguousarray(wide[:, :first]), np.ascontiguousarray(wide[:, first:])
        self._values, self._more_values = np.ascontiguousarray(values[:, :first]), np.ascontiguousarray(values[:, first:])
        self._begins = np.arange(count) * width
        self._first_begins = np.repeat(self._begins, first)

    def find(self, at: Rows) -> Found:
        """Return where the entries of rows `at` `[k, B]` stand."""
        places = self._numbers.take(at, axis=0, mode="clip").reshape(len(at), -1)
        places += self._first_begins
        slots = np.flatnonzero(self._longer.take(at, mode="clip")) if self._more_numbers.shape[1] else _NONE
        if not len(slots):
            return Found(places.ravel(), _NONE, _NONE, _NONE)
        rows, sessions = at.ravel().take(slots), slots % len(self._begins)
        more = self._more_numbers.take(rows, axis=0)
        more += self._begins.take(sessions)[:, None]
        return Found(np.concatenate([places.ravel(), more.ravel()]), slots, sessions, rows)

    def values(self, at: Rows, found: Found) -> NDArray[Value]:
        """Return the values of entries found, in the order of `found.places`."""
        values = self._values.take(at, axis=0, mode="clip").ravel()
        return np.concatenate([values, self._more_values.take(found.rows, axis=0).ravel()]) if len(found.rows) else values

    def sums(self, entries: Floats, found: Found, at: Rows) -> Floats:
        """Return the sum of each slot's entries `[k, B]`, in their order: NumPy's own sum has one, and so bits, that may follow the size of the batch."""
        first = self._values.shape[1]
        total = _by_column(np.add, entries[: at.size * first].reshape(*at.shape, first))
        if len(found.rows):
            # A slot stands once among the slots that have more.
            total.ravel()[found.slots] += _by_column(np.add, entries[at.size * first :].reshape(len(found.rows), -1))
        return total

    def greatest(self, entries: Floats, found: Found, floor: Floats) -> Floats:
        """Return the greatest entry of each session `[B]`, or what `floor` `[B]` says, if that is greater."""
        count, first = len(self._begins), self._values.shape[1]
        end = len(entries) - len(found.rows) * self._more_values.shape[1]
        columns = entries[:end].reshape(-1, count * first).max(axis=0)
        most = np.maximum(floor, _by_column(np.maximum, columns.reshape(count, first)))
        if len(found.rows):
            np.maximum.at(most, found.sessions, _by_column(np.maximum, entries[end:].reshape(len(found.rows), -1)))
        return most


_NONE = np.zeros(0, dtype=np.int64)


def _by_column(ufunc: np.ufunc, entries: Floats) -> Floats:
    """Reduce the last axis, which is short, one column after the other."""
    total = entries[..., 0].copy()
    for column in range(1, entries.shape[-1]):
        ufunc(total, entries[..., column], out=total)
    return total
