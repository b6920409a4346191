"""Who comes next: users in passes of random order, each with the number of the stream that their luck follows."""

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.seeds import generator

Rows = NDArray[np.int64]


class Draws:
    """Users drawn pass after pass over `users`; a user's streams count from 0, and none is given twice."""

    def __init__(self, users: Rows, count: int, seed: int) -> None:
        self._users, self._rng = users, generator(seed, "plan", "users")
        self._different = len(np.unique(users)) == len(users)
        self._queue, self._met = np.zeros(0, dtype=np.int64), np.zeros(count, dtype=np.int64)

    def take(self, count: int) -> tuple[Rows, Rows]:
        """Return the next users `[N]` and their streams `[N]`."""
        # Within what is left of a pass nobody stands twice, where `users` are different ones.
        once = self._different and count <= len(self._queue) <= len(self._users)
        while len(self._queue) < count:
            self._queue = np.concatenate([self._queue, self._rng.permutation(self._users)])
        users, self._queue = self._queue[:count], self._queue[count:]
        if once:
            streams = self._met[users]
            self._met[users] = streams + 1
            return users, streams
        # A user drawn twice at once has two numbers.
        order = np.argsort(users, kind="stable")
        ranked = users[order]
        streams = np.empty(count, dtype=np.int64)
        streams[order] = self._met[ranked] + np.arange(count) - np.searchsorted(ranked, ranked, side="left")
        np.add.at(self._met, users, 1)
        return users, streams

    def state(self, users: Rows, streams: Rows) -> None:
        """Take note of sessions that were stated, so that none drawn later has their luck."""
        np.maximum.at(self._met, users, streams + 1)
