"""Loops of items for Coat's game: the same for everyone, from popularity and features alone; with true means; and one for each user."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.errors import ConfigError
from broadsheet.core.seeds import generator
from broadsheet.plan.session import Observation

LENGTH = 8
"""Items of a loop: one more than the picks that the rule of leaving looks back on."""
APART = 1.9
"""Distance of one-hot features from which two items count as unlike: they differ in two features or more."""
SHRINKAGES = (1, 2, 5, 10, 20, 50)


class Loop:
    """Shows items in their order, again and again: `loops` `[N]`, the same for everyone, or `[U, N]`."""

    def __init__(self, loops: NDArray[np.int64], name: str = "loop") -> None:
        self.loops, self.name = np.atleast_2d(loops), name

    def begin(self, count: int, seed: int) -> None:
        """Remember nothing."""

    def act(self, observation: Observation) -> NDArray[np.int64]:
        """Return the item whose turn it is `[B, 1]`."""
        place = observation["step"].astype(np.int64) % self.loops.shape[1]
        user = observation["user"] if len(self.loops) > 1 else np.zeros_like(place)
        return self.loops[user, place][:, None]

    def facts(self) -> Mapping[str, Any]:
        """Return nothing of note."""
        return {}


class Uniform:
    """Draws items uniformly, a slate of `slate` different ones a round; with `repeats=False` none twice a session, for slates of one. Raises ConfigError for fewer items than a slate has."""

    name = "random"

    def __init__(self, items: int, slate: int = 1, *, repeats: bool = True) -> None:
        if items < slate:
            raise ConfigError(f"Of {items} items no slate of {slate} different ones can be drawn.", "Give more items, or a shorter slate.")
        self.items, self.slate, self.repeats = items, slate, repeats

    def begin(self, count: int, seed: int) -> None:
        """Begin the draws anew."""
        self._draws = generator(seed, "plan", "uniform items")
        self._orders = None if self.repeats else self._draws.random((count, self.items)).argsort(axis=1)

    def act(self, observation: Observation) -> NDArray[np.int64]:
        """Return slates of different items `[B, k]`."""
        count = len(observation["step"])
        if self._orders is not None:
            return self._orders[np.arange(count), observation["step"]][:, None]
        rows = self._draws.integers(self.items, size=(count, self.slate))
        again = _repeated(rows)
        while again.any():
            rows[again] = self._draws.integers(self.items, size=(int(again.sum()), self.slate))
            again = _repeated(rows)
        return rows

    def facts(self) -> Mapping[str, Any]:
        """Return nothing of note."""
        return {}


def _repeated(rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    ordered = np.sort(rows, axis=1)
    return (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)


def shrunken_means(train: NDArray[np.int8], shrinkage: float) -> NDArray[np.float64]:
    """Return each item's mean rating `[I]`, drawn to the mean of all ratings as if so many of that were among its own; 0 is no rating.

    >>> shrunken_means(np.array([[4, 2], [0, 2]], dtype=np.int8), 1.0).round(3).tolist()
    [3.333, 2.222]
    """
    mean = train[train > 0].mean()
    return (train.sum(axis=0) + shrinkage * mean) / ((train > 0).sum(axis=0) + shrinkage)


def apart_greedily(scores: NDArray[np.float64], distances: NDArray[np.float64], least: float, count: int = LENGTH) -> NDArray[np.int64]:
    """Return rows by falling score, ties by row, of which any two are at least `least` apart, `count` of them at most.

    >>> apart_greedily(np.array([3.0, 2.0, 1.0]), np.array([[0.0, 1.0, 9.0], [1.0, 0.0, 9.0], [9.0, 9.0, 0.0]]), 2.0, 2).tolist()
    [0, 2]
    """
    taken: list[int] = []
    for row in np.argsort(-scores, kind="stable").tolist():
        if len(taken) < count and (distances[row, taken] >= least).all():
            taken.append(row)
    return np.array(taken, dtype=np.int64)


def train_loop(train: NDArray[np.int8], feature_distances: NDArray[np.float64], shrinkage: float) -> NDArray[np.int64]:
    """Return the loop that is the same for everyone, from the ratings and the item features of training alone."""
    return apart_greedily(shrunken_means(train, shrinkage), feature_distances, APART)


def oracle_loop(truth: NDArray[np.int8], distances: NDArray[np.float64], least: float) -> NDArray[np.int64]:
    """Return the loop of the best true means, which no agent can know."""
    return apart_greedily(truth.mean(axis=0, dtype=np.float64), distances, least)


def oracle_loops(truth: NDArray[np.int8], distances: NDArray[np.float64], least: float) -> NDArray[np.int64]:
    """Return each user's own loop by the true ratings `[U, 8]`, ties by the true means: which no agent can know."""
    scores = truth + 0.001 * truth.mean(axis=0, dtype=np.float64)
    return np.stack([apart_greedily(row, distances, least) for row in scores])
