"""The plan that stands in where a model gave none: what was shown least, and of that what is liked most."""

import numpy as np
from numpy.typing import NDArray

from broadsheet.plan.planners.rules import highest
from broadsheet.plan.protocols import PlanState

BLUR = 0.05
"""Exposures that differ by less (shares of a slate) count as alike."""


def least_exposed(state: PlanState, rows: NDArray[np.int64], most: int) -> NDArray[np.bool_]:
    """Return for the sessions `rows` `[N]` at most `most` available categories each `[N, C]`: the least shown of late first, of alike ones the best liked.

    A session in which nothing is available is allowed everything.
    """
    recent = np.floor(state.recent[rows] / BLUR)
    value = np.where(state.available[rows], state.affinity[rows] - 2 * recent, -np.inf)
    return best_of(value, most)


def best_of(value: NDArray[np.floating], most: int) -> NDArray[np.bool_]:
    """Return the `most` greatest of each row `[N, C]` that are above minus infinity, ties by the column; a row that has none is all allowed.

    >>> best_of(np.array([[0.0, 2.0, 1.0], [-np.inf, -np.inf, -np.inf]]), 2).tolist()
    [[False, True, True], [True, True, True]]
    """
    allowed = highest(value, most) & (value > -np.inf)
    allowed[~allowed.any(axis=1)] = True
    return allowed
