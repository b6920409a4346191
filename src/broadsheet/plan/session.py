"""What an agent remembers of the sessions under way, read from observations alone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.plan.items import ItemTable

DECAY = 0.8
"""What a round leaves of an exposure, as an agent reckons it: its own assumption, whatever the environment does."""

Observation = dict[str, NDArray[Any]]


class Sessions:
    """Running sums over the rounds of sessions `[B]`, brought up to date by `see`; a session at step 0 begins anew.

    `recent` `[B, C]` are decayed exposures in shares of a slate, `last` `[B, C]` the shares of the last slate, `exposed` and `pleased` `[B, C]` the sums of shares
    shown and liked since the beginning, `times` `[B, I]` how often each item was shown, `liked` `[B, k]` and `slate` `[B, k]` the last round (-1: nothing).
    """

    def __init__(self, items: ItemTable, count: int, slate: int, decay: float = DECAY) -> None:
        self.items, self.decay = items, decay
        shape = (count, len(items.categories))
        self.recent, self.last, self.exposed, self.pleased = (np.zeros(shape, dtype=np.float32) for _ in range(4))
        self.times = np.zeros((count, len(items)), dtype=np.uint8)
        self.slate, self.liked = np.full((count, slate), -1, dtype=np.int32), np.full((count, slate), -1, dtype=np.int8)
        self.step = np.zeros(count, dtype=np.int32)

    def see(self, observation: Observation) -> None:
        """Take in the observation of a round: its last slate, if it is new; to be called once a round."""
        step = observation["step"]
        fresh = step == 0
        for held in (self.recent, self.last, self.exposed, self.pleased, self.times):
            held[fresh] = 0
        self.slate[fresh], self.liked[fresh] = -1, -1
        moved = np.flatnonzero((step > 0) & (step != self.step))
        if len(moved):
            self._add(moved, observation["shown"][moved, step[moved] - 1], observation["liked"][moved, step[moved] - 1])
        self.step = step.copy()

    def _add(self, moved: NDArray[np.int64], slate: NDArray[np.int32], liked: NDArray[np.int8]) -> None:
        there = slate >= 0
        at = np.where(there, slate, 0)
        shares = self.items.weights[at] * (there / slate.shape[1])[:, :, None]
        shown, pleased = shares.sum(axis=1), (shares * (liked > 0)[:, :, None]).sum(axis=1)
        self.last[moved] = shown
        self.recent[moved] = self.decay * (self.recent[moved] + shown)
        self.exposed[moved] += shown
        self.pleased[moved] += pleased
        sessions = np.repeat(moved, there.sum(axis=1))
        # An item stands once on a slate, so no place is counted twice.
        self.times[sessions, slate[there]] = np.minimum(self.times[sessions, slate[there]], 254) + 1
        self.slate[moved], self.liked[moved] = slate, liked
