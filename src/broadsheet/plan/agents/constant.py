"""Agents that show everybody the same: popular items, one slate, one slate turned, a loop. Where they do well, a game is won without pleasing anybody."""

from abc import abstractmethod
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.special import expit

from broadsheet.core.config import Config
from broadsheet.plan.agents.filling import RuleAgent
from broadsheet.plan.material import Material, Split
from broadsheet.plan.session import Observation

Order = Literal["popularity", "score"]


class ConstantConfig(Config):
    """`order` items by how often TRAIN users met them, or by the model's mean chance for TRAIN users."""

    order: Order = "popularity"


class LoopConfig(ConstantConfig):
    """A loop of `length` slates, N + 1 where a window of N is watched."""

    length: Annotated[int, Field(ge=1)] = 5


class Shown(RuleAgent):
    """Shows each session the same slate in the same round: slates are laid out for all rounds once."""

    def __init__(self, material: Material, slate: int, horizon: int, config: ConstantConfig | None = None) -> None:
        self.order = ordered(material, (config or ConstantConfig()).order)
        super().__init__(material, slate, horizon)
        self.slates = np.stack([self.laid(number) for number in range(horizon)])

    @abstractmethod
    def laid(self, number: int) -> NDArray[np.int64]:
        """Return the slate of a round `[k]`."""

    def choose(self, observation: Observation) -> NDArray[np.int64]:
        """Return slates `[B, k]`."""
        return self.slates[np.minimum(observation["step"], self.horizon - 1)]

    def on_offer(self, number: int) -> NDArray[np.int64]:
        """Return all items on offer in a round, the best first."""
        return self.order[self.material.items.offered(np.array([number], dtype=np.int32), self.order[None])[0]]

    def padded(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return rows as a slate `[k]`: what is lacking is -1."""
        return np.concatenate([rows[: self.slate], np.full(max(0, self.slate - len(rows)), -1, dtype=np.int64)])


class Popular(Shown):
    """The most popular items, none twice while there are others."""

    name = "popularity"

    def laid(self, number: int) -> NDArray[np.int64]:
        """Return the best on offer that no round before had."""
        before = set(self._before) if number else set()
        rows = self.on_offer(number)
        fresh = np.array([row not in before for row in rows.tolist()], dtype=bool)
        slate = self.padded(np.concatenate([rows[fresh], rows[~fresh]]))
        self._before = before | set(slate.tolist())
        return slate


class Constant(Shown):
    """The same slate in every round."""

    name = "constant"

    def laid(self, number: int) -> NDArray[np.int64]:
        """Return the best on offer."""
        return self.padded(self.on_offer(number))


class Rotated(Constant):
    """The same slate in every round, turned by one place: what wins where leaving looks at places."""

    name = "rotated"

    def laid(self, number: int) -> NDArray[np.int64]:
        """Return the best on offer, turned."""
        return np.roll(super().laid(number), number)


class Loop(Shown):
    """The same few slates in a circle, without an item in common, and without a category in common where that can be had."""

    name = "loop"

    def __init__(self, material: Material, slate: int, horizon: int, config: LoopConfig | None = None) -> None:
        self.length = (config or LoopConfig()).length
        super().__init__(material, slate, horizon, config or LoopConfig())

    def laid(self, number: int) -> NDArray[np.int64]:
        """Return the slate of a round: that of its place in the circle, of what is on offer."""
        rows, member = self.on_offer(number), self.material.items.member
        taken, worn = np.zeros(len(member), dtype=bool), np.zeros(member.shape[1], dtype=bool)
        slate = rows[:0]
        for _ in range(number % self.length + 1):
            left = rows[~taken[rows]]
            left = left if len(left) >= self.slate else rows
            slate = left[np.argsort(member[left][:, worn].any(axis=1), kind="stable")][: self.slate]
            taken[slate] = True
            worn |= member[slate].any(axis=0)
        return self.padded(slate)


def ordered(material: Material, order: Order) -> NDArray[np.int64]:
    """Return all items, the best for everybody first `[I]`; of TRAIN users alone."""
    if order == "popularity":
        return np.argsort(-material.popularity, kind="stable")
    chance = expit(material.scores[material.split == Split.TRAIN])
    return np.argsort(-chance.mean(axis=0), kind="stable")
