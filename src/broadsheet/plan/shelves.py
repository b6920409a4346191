"""What of each category is left for each user: how much the best unseen of it would be liked, and whether there is any."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from broadsheet.plan.material import Material
from broadsheet.plan.session import Sessions

BEST = 3
"""Unseen candidates of a category whose mean chance is the liking for it."""


class Left(NamedTuple):
    """What is left for sessions `[B]`: `affinity` `[B, C]`, the mean chance of the best unseen candidates of a category (0 where none is), and `available` `[B, C]`."""

    affinity: NDArray[np.float32]
    available: NDArray[np.bool_]


class Shelves:
    """The shortlists of users laid out by category, best first.

    `entry` `[U, E]` are places of the shortlist, ordered by category and within it by score; `category` `[U, E]` says which it stands under, `C` where there is
    nothing. An item with three categories stands on three shelves.
    """

    def __init__(self, material: Material, best: int = BEST) -> None:
        self.material, self.best = material, best
        listed, shares = material.items.listed
        rows, count = material.shortlist, len(material.items.categories)
        shelf = np.where(shares[rows] > 0, listed[rows], count).reshape(len(rows), -1)
        order = np.argsort(shelf, axis=1, kind="stable")
        self.category = np.take_along_axis(shelf, order, axis=1).astype(np.int32)
        self.entry = (order // listed.shape[1]).astype(np.int32)
        self.chance = expit(np.take_along_axis(material.scores, rows.astype(np.int64), axis=1))

    def left(self, users: NDArray[np.int64], step: NDArray[np.int32], times: NDArray[np.uint8]) -> Left:
        """Return what is left for sessions of `users` `[B]` in the rounds `step` `[B]`, where each item was shown `times` `[B, I]`."""
        count, rows = len(self.material.items.categories), self.material.shortlist[users].astype(np.int64)
        fresh = (np.take_along_axis(times, rows, axis=1) == 0) & self.material.items.offered(step, rows)
        entry, category = self.entry[users], self.category[users].astype(np.int64)
        there = np.take_along_axis(fresh, entry, axis=1) & (category < count)
        # The rank of an entry on its shelf: unseen ones so far, less those on the shelves before.
        so_far = there.cumsum(axis=1, dtype=np.int32)
        begins = np.zeros((len(users), count + 1), dtype=np.int32)
        sessions, places = np.nonzero(category[:, 1:] != category[:, :-1])
        begins[sessions, category[sessions, places + 1]] = so_far[sessions, places]
        taken = there & (so_far - np.take_along_axis(begins, category, axis=1) <= self.best)
        at = np.flatnonzero(taken)
        key = (np.arange(len(users))[:, None] * count + category).ravel()[at]
        chance = np.take_along_axis(self.chance[users], entry, axis=1).ravel()[at]
        number = np.bincount(key, minlength=len(users) * count).reshape(len(users), count)
        total = np.bincount(key, weights=chance, minlength=len(users) * count).reshape(len(users), count)
        return Left((total / np.maximum(number, 1)).astype(np.float32), number > 0)


def unseen(material: Material, sessions: Sessions, candidates: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which candidates `[B, N]` (rows, -1 for none) are on offer in the sessions' round and were not shown in them."""
    at = np.maximum(candidates, 0)
    return (candidates >= 0) & (np.take_along_axis(sessions.times, at, axis=1) == 0) & material.items.offered(sessions.step, at)
