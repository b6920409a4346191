"""What an agent may know of a catalogue and its users; the truth of an environment is kept apart (`environment/truth.py`)."""

from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.ragged import Ragged
from broadsheet.plan.items import ItemTable

SHORTLIST = 256
"""Items of a user's shortlist: what a policy chooses from."""


class Split(IntEnum):
    """Whose sessions are learnt from, who chooses among settings, and on whom a figure is taken. Users, never events, are split."""

    TRAIN = 0
    VALIDATION = 1
    TEST = 2


@dataclass(frozen=True, eq=False)
class Material:
    """A catalogue and users as an agent knows them.

    `histories` are the items each user met before the simulated sessions, in time order, `liked` (flat, as `histories.values`) how each ended: 1 liked, 0 not.
    `scores` `[U, I]` are the agent's own model's logits of liking: fitted on histories of users of the split TRAIN alone, the others folded in from their own. `facts` go into
    manifests: sizes, hashes of both fits, what the model is.
    """

    name: str
    items: ItemTable
    users: tuple[str, ...]
    histories: Ragged
    liked: NDArray[np.int8]
    split: NDArray[np.int8]
    scores: NDArray[np.float32]
    facts: dict[str, Any] = field(default_factory=dict)

    def of(self, split: Split) -> NDArray[np.int64]:
        """Return the rows of the users of a split."""
        return np.flatnonzero(self.split == split)

    @cached_property
    def shortlist(self) -> NDArray[np.int32]:
        """Return for each user the items of the highest scores, best first `[U, min(256, I)]`; ties by the row. Those that are on offer no more stay out.

        Where items are on offer for some rounds only, all that ever are: the best of all rounds could leave a round with nothing.
        """
        rows = np.arange(len(self.items)) if self.items.last is None else np.flatnonzero(self.items.last >= 0)
        count = min(SHORTLIST, len(rows)) if self.items.last is None else len(rows)
        return rows[_best(self.scores[:, rows], count)].astype(np.int32)

    @cached_property
    def popularity(self) -> NDArray[np.int64]:
        """Return how often each item stands in histories of TRAIN users `[I]`."""
        user = np.repeat(np.arange(len(self.users)), self.histories.lengths)
        return np.bincount(self.histories.values[self.split[user] == Split.TRAIN], minlength=len(self.items))

    @cached_property
    def activity_third(self) -> NDArray[np.int8]:
        """Return 0, 1 or 2 for each user: the third by the length of the history."""
        return _thirds(self.histories.lengths)

    @cached_property
    def popularity_third(self) -> NDArray[np.int8]:
        """Return 0, 1 or 2 for each item: the third by popularity."""
        return _thirds(self.popularity)


def _best(scores: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Return the places of the greatest scores of each row `[U, count]`, the greatest first; ties by the place.

    >>> _best(np.array([[1.0, 3.0, 2.0, 3.0]]), 3).tolist()
    [[1, 3, 2]]
    """
    if not 0 < count < scores.shape[1]:
        return np.argsort(-scores, axis=1, kind="stable")[:, :count]
    found = np.empty((len(scores), count), dtype=np.int64)
    for line, row in enumerate(-scores):
        # Sorting few of many is most of what a slate over a large catalogue takes.
        near = np.flatnonzero(row <= np.partition(row, count - 1)[count - 1])
        found[line] = near[np.argsort(row[near], kind="stable")[:count]]
    return found


def _thirds(values: NDArray[np.int64]) -> NDArray[np.int8]:
    """Return the third of each value by its rank.

    >>> _thirds(np.array([5, 1, 9])).tolist()
    [1, 0, 2]
    """
    rank = np.empty(len(values), dtype=np.int64)
    rank[np.argsort(values, kind="stable")] = np.arange(len(values))
    return (3 * rank // max(1, len(values))).astype(np.int8)
