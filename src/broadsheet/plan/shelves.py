"""What of each category is left for each user: how much the best unseen of it would be liked, and whether there is any."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from broadsheet.plan.material import SHORTLIST, Material
from broadsheet.plan.session import Sessions

BEST = 3
"""Unseen candidates of a category whose mean chance is the liking for it."""


class Left(NamedTuple):
    """What is left for sessions `[B]`: `affinity` `[B, C]`, the mean chance of the best unseen candidates of a category (0 where none is), and `available` `[B, C]`."""

    affinity: NDArray[np.float32]
    available: NDArray[np.bool_]


class _Laid(NamedTuple):
    """Candidates of users `[U, N]` by category, the best first: their places `[U, E]`, what they stand under (`C`: nothing), and their chances.

    An item with three categories stands on three shelves.
    """

    place: NDArray[np.int32]
    category: NDArray[np.int32]
    chance: NDArray[np.float32]

    def of(self, users: NDArray[np.int64]) -> "_Laid":
        """Return the rows of some users."""
        return _Laid(self.place[users], self.category[users], self.chance[users])


class Shelves:
    """What is left of each category in sessions of a material's users, by the mean of its `best` few."""

    def __init__(self, material: Material, best: int = BEST) -> None:
        self.material, self.best = material, best
        every = np.arange(len(material.users))
        self._laid = _lay(material, every, material.shortlist.astype(np.int64)) if lasting(material) else None

    def left(self, users: NDArray[np.int64], step: NDArray[np.int32], times: NDArray[np.uint8]) -> Left:
        """Return what is left for sessions of `users` `[B]` in the rounds `step` `[B]`, where each item was shown `times` `[B, I]`."""
        rows, count = candidates(self.material, users, step), len(self.material.items.categories)
        fresh = (rows >= 0) & (np.take_along_axis(times, np.maximum(rows, 0), axis=1) == 0)
        laid = _lay(self.material, users, rows) if self._laid is None else self._laid.of(users)
        there = np.take_along_axis(fresh, laid.place, axis=1) & (laid.category < count)
        # The rank of an entry on its shelf: unseen ones so far, less those on the shelves before.
        so_far = there.cumsum(axis=1, dtype=np.int32)
        begins = np.zeros((len(users), count + 1), dtype=np.int32)
        sessions, places = np.nonzero(laid.category[:, 1:] != laid.category[:, :-1])
        begins[sessions, laid.category[sessions, places + 1]] = so_far[sessions, places]
        taken = there & (so_far - np.take_along_axis(begins, laid.category.astype(np.int64), axis=1) <= self.best)
        at = np.flatnonzero(taken)
        key = (np.arange(len(users))[:, None] * count + laid.category).ravel()[at]
        number = np.bincount(key, minlength=len(users) * count).reshape(len(users), count)
        total = np.bincount(key, weights=laid.chance.ravel()[at], minlength=len(users) * count).reshape(len(users), count)
        return Left((total / np.maximum(number, 1)).astype(np.float32), number > 0)


def _lay(material: Material, users: NDArray[np.int64], rows: NDArray[np.int64]) -> _Laid:
    listed, shares = material.items.listed
    at, count = np.maximum(rows, 0), len(material.items.categories)
    shelf = np.where((shares[at] > 0) & (rows >= 0)[:, :, None], listed[at], count).reshape(len(rows), -1)
    order = np.argsort(shelf, axis=1, kind="stable")
    place = (order // listed.shape[1]).astype(np.int32)
    chance = expit(np.take_along_axis(material.scores[users[:, None], at], place, axis=1))
    return _Laid(place, np.take_along_axis(shelf, order, axis=1).astype(np.int32), chance)


def lasting(material: Material) -> bool:
    """Tell whether candidates are the same in all rounds."""
    return material.items.first is None or material.items.last is None


def candidates(material: Material, users: NDArray[np.int64], step: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return what a slate is chosen from for users `[B]` in rounds `[B]`: rows `[B, N]`, best first, -1 for none.

    The shortlist; where items are on offer for some rounds only, the best of those on offer in the round.
    """
    if lasting(material):
        return material.shortlist[users].astype(np.int64)
    items, width = material.items, min(SHORTLIST, len(material.items))
    rows = np.full((len(users), width), -1, dtype=np.int64)
    every = np.arange(len(items))
    for number in np.unique(step):
        on = np.flatnonzero(items.offered(np.array([number], dtype=np.int32), every[None])[0])
        which = np.flatnonzero(step == number)
        order = np.argsort(-material.scores[users[which][:, None], on], axis=1, kind="stable")[:, :width]
        rows[which, : order.shape[1]] = on[order]
    return rows


def unseen(material: Material, sessions: Sessions, candidates: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which candidates `[B, N]` (rows, -1 for none) are on offer in the sessions' round and were not shown in them."""
    at = np.maximum(candidates, 0)
    return (candidates >= 0) & (np.take_along_axis(sessions.times, at, axis=1) == 0) & material.items.offered(sessions.step, at)
