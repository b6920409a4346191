"""What users did with items, one row an event: what models of liking are fitted on."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.artifacts import arrays_hash


class Events(NamedTuple):
    """Rows of users and of items `[N]`, each user's in the order of time; a value as it was given (a rating; 1 or 0) and whether it was liked (1 or 0)."""

    user: NDArray[np.int64]
    item: NDArray[np.int64]
    value: NDArray[np.float64]
    liked: NDArray[np.int8]

    def where(self, kept: NDArray[np.bool_]) -> "Events":
        """Return the events that are marked in `kept` `[N]`."""
        return self.at(np.flatnonzero(kept))

    def at(self, rows: NDArray[np.int64]) -> "Events":
        """Return the events of some rows, in their order."""
        return Events(self.user[rows], self.item[rows], self.value[rows], self.liked[rows])

    def sorted(self) -> "Events":
        """Return the events user by user, those of one in the order they stand in."""
        return self.at(np.argsort(self.user, kind="stable"))

    def place(self) -> NDArray[np.float64]:
        """Return how far along its user's events each one stands, from 0 to below 1 `[N]`.

        >>> one = np.ones(3)
        >>> Events(np.array([0, 1, 0]), np.arange(3), one, one).place().tolist()
        [0.0, 0.0, 0.5]
        """
        order = np.argsort(self.user, kind="stable")
        count = np.bincount(self.user)
        begins = np.cumsum(count) - count
        place = np.empty(len(self.user))
        ordered = self.user[order]
        place[order] = (np.arange(len(order)) - begins[ordered]) / count[ordered]
        return place

    def content_hash(self) -> str:
        """Name the events: SHA-256 over all rows, in their order."""
        return arrays_hash(self._asdict())


def halves(events: Events) -> tuple[Events, Events]:
    """Return each user's first half of events and the rest; of an odd number, the rest is the shorter.

    >>> one = np.ones(3)
    >>> [part.item.tolist() for part in halves(Events(np.zeros(3, dtype=int), np.array([7, 8, 9]), one, one))]
    [[7, 8], [9]]
    """
    first = events.place() < 0.5
    return events.where(first), events.where(~first)


def shared(one: Events, other: Events, items: int) -> int:
    """Count pairs of a user and an item that both hold: 0 for fits that are apart.

    >>> one = np.ones(2)
    >>> first = Events(np.array([0, 1]), np.array([3, 3]), one, one)
    >>> shared(first, first.where(np.array([False, True])), 5)
    1
    """
    return len(np.intersect1d(one.user * items + one.item, other.user * items + other.item))
