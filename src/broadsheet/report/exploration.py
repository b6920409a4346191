"""Places of the slate that are given by chance, each paper's chance known exactly."""

from typing import NamedTuple

import numpy as np

# Half of the chance is even over all candidates: nothing is ever out of reach.
EVEN = 0.5


class Drawn(NamedTuple):
    """Rows drawn, and the propensity `[N]` of every row: the chance that it is among those drawn."""

    rows: tuple[int, ...]
    propensity: np.ndarray


def draw(chances: np.ndarray, count: int, rng: np.random.Generator) -> Drawn:
    """Draw `count` rows by systematic sampling (Madow 1949), in the order of the rows.

    `chances` `[N]` are weights that are not negative; half of what decides is even over all rows.
    A row's inclusion probability is exactly its propensity: `count` times its share,
    none above 1. With `count` rows or fewer all are drawn.
    """
    total = len(chances)
    if count <= 0 or total == 0:
        return Drawn((), np.zeros(total))
    if total <= count:
        return Drawn(tuple(range(total)), np.ones(total))
    shares = np.full(total, 1 / total) if chances.sum() <= 0 else EVEN / total + (1 - EVEN) * chances / chances.sum()
    propensity = _inclusion(shares, count)
    # Which rows can be drawn together depends on their order: it is drawn too.
    order = rng.permutation(total)
    ends = np.cumsum(propensity[order])
    ends[-1] = count
    ticks = rng.random() + np.arange(count)
    rows = order[np.searchsorted(ends, ticks, side="right")]
    return Drawn(tuple(sorted(int(row) for row in rows)), propensity)


def _inclusion(shares: np.ndarray, count: int) -> np.ndarray:
    """Return `count` times the shares `[N]`; what would exceed 1 is certain, and the rest share what is left."""
    certain = np.zeros(len(shares), dtype=bool)
    while True:
        free = shares * ~certain
        left = (count - certain.sum()) * free / free.sum() if free.sum() > 0 else free
        above = (left > 1) & ~certain
        if not above.any():
            return np.where(certain, 1.0, left)
        certain |= above
