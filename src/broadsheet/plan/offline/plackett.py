"""Slates drawn without replacement by the Plackett-Luce law, and the exact chance of each item.

Places are filled one after the other, each by a softmax over what is left (Luce 1959; Plackett 1975). The same law in
continuous time: item i comes after an exponential time of rate `exp(logit)`, and the slate is what comes first. So a chance
over all orders is one integral over time.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEP = 0.25
"""The step of the trapezoid rule, in the logarithm of time: what it leaves out is below rounding."""
BEGINS, ENDS = 1e-11, 45.0
"""From when to when the rule goes, in mean waiting times of the first and the last item of a slate."""
# So many logits above another, an item surely comes before it.
_SURE = 300.0
BLOCK = 2**22
"""Numbers that are held at a time."""


def draw(logits: NDArray[np.floating], k: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw a slate of k rows for each line of `logits` `[B, N]`, in the order drawn `[B, k]`; what is -inf is never drawn, and -1 stands where nothing is left.

    >>> draw(np.array([[0.0, -np.inf]]), 2, np.random.default_rng(0)).tolist()
    [[0, -1]]
    """
    noise = rng.gumbel(size=logits.shape)
    keys = logits + noise
    count = min(k, logits.shape[1])
    rows = np.argsort(-keys, axis=1, kind="stable")[:, :count]
    rows = np.where(np.isfinite(np.take_along_axis(keys, rows, axis=1)), rows, -1)
    return np.pad(rows, ((0, 0), (0, k - count)), constant_values=-1).astype(np.int64)


def ordered_log(logits: NDArray[np.floating], slates: NDArray[np.int64]) -> Floats:
    """Return the logarithm of the chance of each slate `[B, k]` in its order `[B]`; empty places (-1) come last and are certain.

    >>> ordered_log(np.zeros((1, 4)), np.array([[2, 0]])).round(4).tolist()
    [-2.4849]
    """
    left, total = logits.astype(np.float64).copy(), np.zeros(len(slates))
    every = np.arange(len(slates))
    for place in range(slates.shape[1]):
        rows = slates[:, place]
        there = np.flatnonzero(rows >= 0)
        top = left[there].max(axis=1)
        chosen = left[there, rows[there]]
        total[there] += chosen - top - np.log(np.exp(left[there] - top[:, None]).sum(axis=1))
        left[every[there], rows[there]] = -np.inf
    return total


def inclusion(logits: NDArray[np.floating], k: int) -> Floats:
    """Return the chance `[B, N]` that each item stands on a slate of k, anywhere: rows sum to k, or to the number of items that can be drawn.

    >>> inclusion(np.zeros((1, 4)), 2).round(9).tolist()
    [[0.5, 0.5, 0.5, 0.5]]
    """
    rates = _rates(logits, k)
    chances = np.isfinite(logits).astype(np.float64)
    some = np.flatnonzero(chances.sum(axis=1) > k)
    nodes = _nodes(rates[some], k)
    size = max(1, BLOCK // max(1, rates.shape[1] * nodes.shape[1] * k)) if len(some) else 1
    for start in range(0, len(some), size):
        part = slice(start, start + size)
        chances[some[part]] = _included(rates[some[part]], nodes[part], k)
    return chances


def _rates(logits: NDArray[np.floating], k: int) -> Floats:
    """Return the rate of each item, the greatest of a line 1; 0 for what is never drawn.

    What stands so far above the item at place k that it surely comes before it has the rate 1 too, or that item's would be too small for a number.
    """
    wide = logits.astype(np.float64)
    top = wide.max(axis=1, keepdims=True)
    if k <= wide.shape[1]:
        last = -np.partition(-wide, k - 1, axis=1)[:, k - 1 : k]
        top = np.where(np.isfinite(last), np.minimum(top, last + _SURE), top)
    return np.exp(np.minimum(wide - np.where(np.isfinite(top), top, 0.0), 0.0))


def _nodes(rates: Floats, k: int) -> Floats:
    """Return logarithms of moments `[B, Q]` between which everything happens, one step apart in the widest line."""
    if not len(rates):
        return np.zeros((0, 1))
    least = -np.partition(-rates, k - 1, axis=1)[:, k - 1]
    begins = np.full(len(rates), np.log(BEGINS))
    ends = np.log(ENDS) - np.log(np.maximum(least, np.finfo(np.float64).tiny))
    count = int(np.ceil((ends - begins).max() / STEP)) + 1
    return begins[:, None] + (ends - begins)[:, None] * np.linspace(0, 1, count)


def _included(rates: Floats, nodes: Floats, k: int) -> Floats:
    """Integrate over time the density of an item's coming, times the chance that fewer than k of the others came before."""
    moments = np.exp(nodes)
    count = rates.shape[1]
    stays = np.exp(-rates[:, :, None] * moments[:, None, :])
    # How many of the items before (after) each one have come: chances of 0 to k - 1.
    before, after = np.zeros((count, len(rates), nodes.shape[1], k)), np.zeros((count, len(rates), nodes.shape[1], k))
    before[0, ..., 0] = after[-1, ..., 0] = 1.0
    for item in range(1, count):
        before[item] = _one_more(before[item - 1], stays[:, item - 1])
        after[-1 - item] = _one_more(after[-item], stays[:, -item])
    fewer = np.cumsum(after, axis=-1)[..., ::-1]
    room = np.einsum("ibqk,ibqk->biq", before, fewer)
    density = rates[:, :, None] * moments[:, None, :] * stays
    return (density * room).sum(axis=2) * ((nodes[:, -1] - nodes[:, 0]) / (nodes.shape[1] - 1))[:, None]


def _one_more(chances: Floats, stays: Floats) -> Floats:
    moved = chances * stays[..., None]
    moved[..., 1:] += chances[..., :-1] * (1 - stays)[..., None]
    return moved
