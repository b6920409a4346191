"""The logging policy: slates drawn slot by slot without replacement, with the exact propensity of each paper."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Draw(NamedTuple):
    """Slates `[R, S]`: the candidate in each slot, and its probability there given the slots above."""

    candidate: NDArray[np.int64]
    propensity: Floats


def draw_slates(scores: Floats, eligible: NDArray[np.bool_], slots: int, exploration: float, rng: np.random.Generator) -> Draw:
    """Draw a slate of `slots` for each row of `scores` `[R, N]`, in logits, among its `eligible` `[R, N]`.

    In every slot, a candidate c that is left has the probability
    `(1 - exploration) * softmax(scores)[c] + exploration / left`, both over what is left. Each row
    needs at least `slots` eligible candidates.
    """
    left = eligible.copy()
    weight = np.where(left, np.exp(scores - scores.max(axis=1, keepdims=True)), 0.0)
    rows = np.arange(len(scores))
    candidate = np.empty((len(scores), slots), dtype=np.int64)
    propensity = np.empty((len(scores), slots))
    for slot in range(slots):
        chance = (1 - exploration) / weight.sum(axis=1, keepdims=True) * weight + exploration / left.sum(axis=1, keepdims=True) * left
        cumulative = np.cumsum(chance, axis=1)
        point = rng.random((len(scores), 1)) * cumulative[:, -1:]
        picked = (cumulative <= point).sum(axis=1)
        candidate[:, slot] = picked
        propensity[:, slot] = chance[rows, picked]
        weight[rows, picked] = 0.0
        left[rows, picked] = False
    return Draw(candidate, propensity)


def shuffle_slates(papers: NDArray[np.int64], rng: np.random.Generator) -> tuple[NDArray[np.int64], Floats]:
    """Put each row of `papers` `[R, n]` in a uniformly random order; the propensity in slot k is `1 / (n - k)`.

    The first array returned says which column of `papers` stands in each slot.
    """
    n = papers.shape[1]
    order = np.argsort(rng.random(papers.shape), axis=1)
    return order, np.broadcast_to(1.0 / (n - np.arange(n)), papers.shape).copy()
