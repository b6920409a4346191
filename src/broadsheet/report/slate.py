"""The slate: a place for each interest that has a candidate, the rest by score, no near-copies."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np


class Slate(NamedTuple):
    """Rows picked, in order of score; interests without a place; rows passed over as near-copies.

    `copies` maps a row passed over to the picked row it stands too near to. `explored` are the rows, last
    in `rows`, that chance gave a place.
    """

    rows: tuple[int, ...]
    uncovered: tuple[int, ...]
    copies: dict[int, int]
    explored: tuple[int, ...] = ()


def pick(
    scores: np.ndarray,
    interests: Sequence[np.ndarray],
    near: float,
    eligible: Sequence[int],
    budget: int,
    floor: float,
    distance: Callable[[int, int], float],
    weights: np.ndarray | None = None,
) -> Slate:
    """Pick at most `budget` of the `eligible` rows.

    `scores` is `[N]`; `interests[i]` is `[N]`, what interest i alone gives each row, and a row is
    a candidate of i where its nearest kernel reaches `near`. Each interest first gets its best
    candidate, the strongest interest first; the other places go by score. No two picks lie
    nearer than `floor`; ties keep the order given. `weights` `[N]` multiply what a row is chosen by, not whether it is a candidate: what a plan holds back.
    """
    weighed = np.ones(len(scores)) if weights is None else weights
    slate = _Filling(budget, floor, distance)
    allowed = np.zeros(len(scores), dtype=bool)
    allowed[list(eligible)] = True
    best_of = [_order(strength * weighed, np.flatnonzero(allowed & (strength >= near)).tolist()) for strength in interests]
    strongest_first = sorted(range(len(interests)), key=lambda i: -max((interests[i][row] for row in best_of[i]), default=0.0))
    uncovered = [i for i in strongest_first if best_of[i] and not slate.take_first(best_of[i])]
    for row in _order(scores * weighed, eligible):
        slate.take(row)
    chosen = tuple(_order(scores, slate.rows))
    return Slate(chosen, tuple(sorted(uncovered)), {row: near_to for row, near_to in slate.copies.items() if row not in chosen})


class _Filling:
    def __init__(self, budget: int, floor: float, distance: Callable[[int, int], float]) -> None:
        self.budget, self.floor, self.distance = budget, floor, distance
        self.rows: list[int] = []
        self.copies: dict[int, int] = {}

    def take(self, row: int) -> bool:
        """Take a row if there is room and no pick lies too near; tell whether it is in."""
        if row in self.rows:
            return True
        if len(self.rows) >= self.budget:
            return False
        near_to = next((other for other in self.rows if self.distance(row, other) < self.floor), None)
        if near_to is not None:
            self.copies[row] = near_to
            return False
        self.rows.append(row)
        return True

    def take_first(self, rows: Sequence[int]) -> bool:
        """Take the first row that can be taken."""
        return any(self.take(row) for row in rows)


def _order(scores: np.ndarray, rows: Sequence[int]) -> list[int]:
    return sorted(rows, key=lambda row: (-scores[row], row))
