"""How rules fill slates: candidates, what was seen, and the best of what is left, one place after the other."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.seeds import generator
from broadsheet.plan.items import ItemTable
from broadsheet.plan.material import Material
from broadsheet.plan.session import Observation, Sessions
from broadsheet.plan.shelves import candidates, unseen

Floats = NDArray[np.float64]
Values = Callable[[NDArray[np.int64]], Floats]
"""From the places among the candidates that stand on the slate so far `[B, n]` to values of all candidates `[B, N]`."""


class RuleAgent(ABC):
    """What agents that follow a rule have in common: sessions, a generator, candidates.

    A subclass gives `choose`. Candidates are the user's shortlist. An item that was shown before is taken only where nothing unseen is left.
    """

    name = "rule"

    def __init__(self, material: Material, slate: int, horizon: int) -> None:
        self.material, self.slate, self.horizon = material, slate, horizon
        self.begin(0, 0)

    def begin(self, count: int, seed: int) -> None:
        """Forget all sessions; `count` new ones begin."""
        self.sessions = Sessions(self.material.items, count, self.slate)
        self.rng = generator(seed, "plan", "agent", self.name)

    def act(self, observation: Observation) -> NDArray[np.int64]:
        """Return a slate of rows for each session `[B, k]`, -1 for an empty slot."""
        self.sessions.see(observation)
        return self.choose(observation)

    @abstractmethod
    def choose(self, observation: Observation) -> NDArray[np.int64]:
        """Return slates `[B, k]`; `sessions` has seen the observation."""

    def facts(self) -> Mapping[str, Any]:
        """Return nothing: a rule counts nothing."""
        return {}

    def candidates(self, observation: Observation) -> NDArray[np.int64]:
        """Return the rows that each session's slate is chosen from `[B, N]`, best first, -1 for none."""
        return candidates(self.material, observation["user"], observation["step"])

    def scores(self, observation: Observation, rows: NDArray[np.int64]) -> Floats:
        """Return the model's logits of candidates `[B, N]`."""
        return self.material.scores[observation["user"][:, None], np.maximum(rows, 0)].astype(np.float64)

    def ranks(self, rows: NDArray[np.int64]) -> NDArray[np.int8]:
        """Return how willingly each candidate `[B, N]` is taken: 2 unseen, 1 seen, 0 none, or not on offer."""
        on_offer = (rows >= 0) & self.material.items.offered(self.sessions.step, np.maximum(rows, 0))
        return unseen(self.material, self.sessions, rows).astype(np.int8) + on_offer


def fill(values: Floats, ranks: NDArray[np.int8], candidates: NDArray[np.int64], slate: int) -> NDArray[np.int64]:
    """Return the candidates of the highest values `[B, k]`, those of higher ranks before all others; rank 0 is never taken, and leaves -1.

    >>> fill(np.array([[-5.0, -1.0, -2.0]]), np.array([[2, 1, 2]], dtype=np.int8), np.array([[7, 8, 9]]), 2).tolist()
    [[9, 7]]
    """
    span = values.max(axis=1, keepdims=True) - values.min(axis=1, keepdims=True) + 1
    key = -values - span * ranks
    few = min(slate, key.shape[1])
    top = np.sort(np.argpartition(key, few - 1, axis=1)[:, :few], axis=1)
    order = np.take_along_axis(top, np.argsort(np.take_along_axis(key, top, axis=1), axis=1, kind="stable"), axis=1)
    rows = np.where(np.take_along_axis(ranks, order, axis=1) > 0, np.take_along_axis(candidates, order, axis=1), -1)
    return _wide(rows, slate)


def fill_in_turn(values: Values, ranks: NDArray[np.int8], candidates: NDArray[np.int64], slate: int) -> NDArray[np.int64]:
    """Return slates `[B, k]` that are filled place by place, each by the highest of the values that follow from the places taken before."""
    left, every = ranks.copy(), np.arange(len(candidates))
    places = np.zeros((len(candidates), 0), dtype=np.int64)
    rows = np.full((len(candidates), slate), -1, dtype=np.int64)
    for slot in range(min(slate, candidates.shape[1])):
        best = np.where(left == left.max(axis=1, keepdims=True), values(places), -np.inf).argmax(axis=1)
        rows[:, slot] = np.where(left[every, best] > 0, candidates[every, best], -1)
        left[every, best] = 0
        places = np.concatenate([places, best[:, None]], axis=1)
    return rows


def less_worn(scores: Floats, candidates: NDArray[np.int64], items: ItemTable, exposure: Floats, beside: float, weight: float) -> Values:
    """Return values that are scores `[B, N]` less `weight` (logits) times the exposure `[B, C]` to a candidate's categories, each item on the slate adding `beside` times its shares.

    What stands on the slate is added to `exposure` in place.
    """
    categories, shares = items.listed
    under, share = categories[candidates].reshape(len(candidates), -1), shares[candidates]

    def values(places: NDArray[np.int64]) -> Floats:
        if places.shape[1]:
            newest = np.take_along_axis(candidates, places[:, -1:], axis=1)[:, 0]
            np.add(exposure, beside * items.weights[newest], out=exposure)
        return scores - weight * (np.take_along_axis(exposure, under, axis=1).reshape(share.shape) * share).sum(axis=2)

    return values


def _wide(rows: NDArray[np.int64], slate: int) -> NDArray[np.int64]:
    """Return rows `[B, n]` as slates `[B, k]`: what is lacking is -1."""
    return np.pad(rows, ((0, 0), (0, slate - rows.shape[1])), constant_values=-1)
