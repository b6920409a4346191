"""Baselines of LERL's rule of leaving: the same slate, the same slate turned by a place, last round's categories masked, and any policy with its slates put in another order."""

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.errors import ConfigError
from broadsheet.core.seeds import generator
from broadsheet.plan.protocols import Agent
from broadsheet.plan.session import Observation


class Same:
    """Shows one slate `[k]` in every round; with `turned`, moved on by a place each time."""

    def __init__(self, slate: NDArray[np.int64], *, turned: bool = False) -> None:
        self.slate, self.turned, self.name = slate, turned, "the same slate, turned" if turned else "the same slate"

    def begin(self, count: int, seed: int) -> None:
        """Remember nothing."""

    def act(self, observation: Observation) -> NDArray[np.int64]:
        """Return the slate for each session `[B, k]`."""
        size = len(self.slate)
        moved = observation["step"].astype(np.int64)[:, None] if self.turned else 0
        return np.broadcast_to(self.slate[(np.arange(size) + moved) % size], (len(observation["step"]), size)).copy()

    def facts(self) -> Mapping[str, Any]:
        """Return nothing of note."""
        return {}


class MaskLast:
    """Draws slates uniformly among items whose category the slate before did not have: one line, and no plan.

    Raises ConfigError where a slate may have all categories but those of too few items: nothing could be drawn behind it.
    """

    name = "last categories masked"

    def __init__(self, category: NDArray[np.int32], slate: int) -> None:
        left = int(np.sort(np.unique(category, return_counts=True)[1])[:-slate].sum())
        if left < slate:
            raise ConfigError(
                f"Behind a slate of {slate} categories {left} items may be left to draw from.", "Give items of more categories, or a shorter slate."
            )
        self.category, self.slate = category, slate

    def begin(self, count: int, seed: int) -> None:  # noqa: ARG002
        """Begin the draws anew."""
        self._draws = generator(seed, "plan", "masked items")

    def act(self, observation: Observation) -> NDArray[np.int64]:
        """Return slates of different items `[B, k]`."""
        step, shown = observation["step"], observation["shown"]
        last = self.category[shown[np.arange(len(step)), np.maximum(step - 1, 0)]]
        rows = np.full((len(step), self.slate), -1, dtype=np.int64)
        for place in range(self.slate):
            lacking = np.arange(len(step))
            while len(lacking):
                drawn = self._draws.integers(len(self.category), size=len(lacking))
                barred = (self.category[drawn][:, None] == last[lacking]).any(axis=1) & (step[lacking] > 0)
                good = ~(barred | (rows[lacking] == drawn[:, None]).any(axis=1))
                rows[lacking[good], place] = drawn[good]
                lacking = lacking[~good]
        return rows

    def facts(self) -> Mapping[str, Any]:
        """Return nothing of note."""
        return {}


class Reordered:
    """Puts another agent's slates in the order in which the fewest places have the category that they had before: what is shown stays the same."""

    def __init__(self, agent: Agent, category: NDArray[np.int32], slate: int) -> None:
        self.agent, self.category, self.name = agent, category, f"{agent.name}, permuted"
        self._orders = np.array(list(permutations(range(slate))), dtype=np.int64)

    def begin(self, count: int, seed: int) -> None:
        """Begin the other agent anew."""
        self.agent.begin(count, seed)

    def act(self, observation: Observation) -> NDArray[np.int64]:
        """Return the other agent's slates, each in its best order; of equal orders the first."""
        rows, step = self.agent.act(observation), observation["step"]
        last = self.category[observation["shown"][np.arange(len(step)), np.maximum(step - 1, 0)]]
        # Whether the item i would stand where its category stood, at the place p: [B, i, p].
        same = (self.category[rows][:, :, None] == last[:, None, :]) & (step > 0)[:, None, None]
        clashes = sum(same[:, self._orders[:, place], place].astype(np.int8) for place in range(rows.shape[1]))
        best = self._orders[np.argmin(clashes, axis=1)]
        return np.take_along_axis(rows, best, axis=1)

    def facts(self) -> Mapping[str, Any]:
        """Return the other agent's facts."""
        return self.agent.facts()


def first_of_each(category: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """Return the first item of each of the first categories `[count]`: a slate of different categories.

    Raises ConfigError where there are not so many.

    >>> first_of_each(np.array([3, 3, 1, 2], dtype=np.int32), 2).tolist()
    [2, 3]
    """
    _, first = np.unique(category, return_index=True)
    if len(first) < count:
        raise ConfigError(f"The items have {len(first)} categories, and a slate that is turned needs {count}.", "Give more items, or a shorter slate.")
    return first[:count].astype(np.int64)
