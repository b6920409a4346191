"""Generalised advantages of whole sessions: what a slate gave beyond what was expected."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def advantages(rewards: Floats, values: Floats, live: NDArray[np.bool_], terminated: NDArray[np.bool_], discount: float, trace: float) -> Floats:
    """Return the advantages `[B, T]` of rounds (Schulman et al. 2016, equation 16), 0 where a session is over.

    `values` `[B, T + 1]` are those of the observation before each round, and of the one after the last. A round in which the reader left has no future; the last
    one before the horizon has that of its final observation. What a critic says of rounds after the end is never read.

    >>> live, left = np.ones((1, 2), dtype=bool), np.array([[False, True]])
    >>> advantages(np.ones((1, 2), dtype=np.float32), np.zeros((1, 3), dtype=np.float32), live, left, 0.5, 1.0).tolist()
    [[1.5, 1.0]]
    """
    found = np.zeros_like(rewards)
    carried = np.zeros(len(rewards), dtype=np.float32)
    for at in range(rewards.shape[1] - 1, -1, -1):
        goes_on = (live[:, at] & ~terminated[:, at]).astype(np.float32)
        ahead = np.where(goes_on > 0, values[:, at + 1], 0)
        surprise = rewards[:, at] + np.float32(discount) * ahead - values[:, at]
        carried = np.where(live[:, at], surprise + np.float32(discount * trace) * goes_on * carried, 0)
        found[:, at] = carried
    return found
