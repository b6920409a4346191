"""What an agent takes the rule of leaving to be: told, guessed from features, or learnt from sessions of its own."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.plan.coat.loops import APART

WINDOW, TURNS = 7, 30


class Rule(NamedTuple):
    """Readers are taken to leave when a pick is `near` `[I, I]` to one of the last `window` picks; a session has `turns` rounds, with or without repeats.

    `window_bug` says that the published slice is known, too: at the fifth, sixth and seventh pick it looks at the last three, two and one. In the last round nothing can be lost. `risk` is the
    chance, where `near` is a guess, that a pair is near all the same until the session has proved it is not; 0 where the rule is trusted.
    """

    near: NDArray[np.bool_]
    window: int = WINDOW
    window_bug: bool = False
    turns: int = TURNS
    repeats: bool = True
    risk: float = 0.0

    def first(self, step: int) -> int:
        """Return the first pick that the pick number `step` must not be near to; `step` itself where there is none.

        >>> [Rule(np.eye(2, dtype=bool), window_bug=True).first(step) for step in (0, 3, 4, 6, 8, 29)]
        [0, 0, 1, 5, 1, 29]
        """
        if step >= self.turns - 1:
            return step
        start = step - self.window
        return max(0, start + step if start < 0 and self.window_bug else start)


def near_by_features(distances: NDArray[np.float64], apart: float = APART) -> NDArray[np.bool_]:
    """Guess that items are near whose features differ in less than two: all that is known where nobody tells the rule."""
    return distances < apart


def near_by_sessions(shown: NDArray[np.int32], length: NDArray[np.int32], items: int, window: int = WINDOW) -> NDArray[np.bool_]:
    """Return the pairs `[I, I]` that no reader was seen to bear, in sessions of one's own: items `[N, T]` and how long each session was.

    A pick at which the reader stayed, which is any but the last, clears it with all of the last `window` picks. Picks before the window is full are set aside: what is looked at
    then is in doubt.

    >>> near_by_sessions(np.array([[0, 1, 2]]), np.array([3]), 3, window=1).astype(int).tolist()
    [[1, 0, 1], [0, 1, 1], [1, 1, 1]]
    """
    near = np.ones((items, items), dtype=bool)
    for step in range(window, shown.shape[1]):
        on = np.flatnonzero(length - 1 > step)
        for back in range(1, window + 1):
            one, other = shown[on, step], shown[on, step - back]
            near[one, other] = near[other, one] = False
    np.fill_diagonal(near, val=True)
    return near


class Proved:
    """Pairs `[B, I, I]` that the reader of each session has borne so far: picks within one window at which nobody left."""

    def __init__(self, sessions: int, items: int, window: int) -> None:
        self.pairs, self.window = np.zeros((sessions, items, items), dtype=bool), window

    def see(self, sessions: NDArray[np.int64], shown: NDArray[np.int64]) -> None:
        """Take in the last of the picks `[S, t]` of sessions that go on."""
        last = shown.shape[1] - 1
        for back in range(max(0, last - self.window), last):
            self.pairs[sessions, shown[:, last], shown[:, back]] = self.pairs[sessions, shown[:, back], shown[:, last]] = True


def near_by_likings(mean: NDArray[np.float64], share: float = 0.1) -> NDArray[np.bool_]:
    """Guess that the share of pairs is near whose columns of expected likings `[U, I]` differ least: who likes one likes the other. The share is an assumption."""
    columns = mean.T
    squares = (columns**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * columns @ columns.T
    np.fill_diagonal(distances, 0)
    return distances <= np.quantile(distances[np.triu_indices(len(columns), k=1)], share)
