"""Planners of one rule each: all categories, those not shown of late, those shown least."""

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from broadsheet.core.config import Config
from broadsheet.plan.protocols import Plans, PlanState, Source

NEVER = -1e9
"""Below every liking: what cannot be chosen."""

Held = Annotated[int, Field(ge=1, le=1_000_000)]
"""How many: slates that a plan holds for, categories that it keeps."""


class RuleConfig(Config):
    """`ttl`: slates a plan holds for."""

    ttl: Held = 1


class MaskRecentConfig(RuleConfig):
    """`threshold`: the share of the last slate above which a category is masked, 0 the strict rule, .2 a mild one; `least`: categories that are left at least."""

    threshold: Annotated[float, Field(ge=0, le=1)] = 0.0
    least: Held = 2


class LeastExposedConfig(RuleConfig):
    """`keep` categories, the least exposed of the `among` that the user likes best."""

    keep: Held = 4
    among: Held = 10


class RulePlanner:
    """What planners that neither remember nor count anything have in common."""

    def __init__(self, name: str, config: RuleConfig) -> None:
        self.name, self.ttl = name, config.ttl

    def begin(self, count: int, seed: int) -> None:
        """Forget nothing: nothing is remembered."""
        del count, seed

    def counts(self) -> Mapping[str, float]:
        """Return nothing: nothing is counted."""
        return {}


class All(RulePlanner):
    """Allows every category: no plan, and the control of all others."""

    def __init__(self, config: RuleConfig | None = None) -> None:
        super().__init__("all", config or RuleConfig())

    def plan(self, state: PlanState, due: NDArray[np.bool_]) -> Plans:
        """Return plans that allow everything."""
        del due
        return by_rule(np.ones(state.available.shape, dtype=bool), self.ttl)


class MaskRecent(RulePlanner):
    """Masks what stood on the last slate; where too little is left, what stood there least is let in again."""

    def __init__(self, config: MaskRecentConfig | None = None) -> None:
        self.config = config or MaskRecentConfig()
        super().__init__("mask-recent", self.config)

    def plan(self, state: PlanState, due: NDArray[np.bool_]) -> Plans:
        """Return plans of the categories of which the last slate held no more than the threshold."""
        del due
        last = np.where(state.available, -state.last, NEVER)
        return by_rule((state.last <= self.config.threshold) | (highest(last, self.config.least) & state.available), self.ttl)


class LeastExposed(RulePlanner):
    """Of the categories that a user likes best, those that were shown least in the session; of two alike the better liked."""

    def __init__(self, config: LeastExposedConfig | None = None) -> None:
        self.config = config or LeastExposedConfig()
        super().__init__("least-exposed", self.config)

    def plan(self, state: PlanState, due: NDArray[np.bool_]) -> Plans:
        """Return plans of `keep` categories."""
        del due
        likes = liking(state)
        liked = highest(likes, self.config.among) & state.available
        rank = np.argsort(np.argsort(-likes, axis=1, kind="stable"), axis=1, kind="stable")
        least = np.where(liked, -state.exposed - 1e-6 * rank, NEVER)
        return by_rule(highest(least, self.config.keep) & liked, self.ttl)


def liking(state: PlanState) -> NDArray[np.float64]:
    """Return how much each user is believed to like the best of each category `[B, C]`, in log-odds, goals added; NEVER where nothing is available."""
    chance = np.clip(state.affinity.astype(np.float64), 1e-6, 1 - 1e-6)
    likes = np.log(chance / (1 - chance))
    return np.where(state.available, likes if state.goals is None else likes + state.goals, NEVER)


def highest(values: NDArray[np.floating], count: int) -> NDArray[np.bool_]:
    """Tell which are the `count` highest of each row `[B, C]`; of two alike the first.

    >>> highest(np.array([[0.1, 0.3, 0.3, 0.2]]), 2).tolist()
    [[False, True, True, False]]
    """
    found = np.zeros(values.shape, dtype=bool)
    np.put_along_axis(found, np.argsort(-values, axis=1, kind="stable")[:, :count], values=True, axis=1)
    return found


def by_rule(allowed: NDArray[np.bool_], ttl: int) -> Plans:
    """Return plans `[B, C]` of a rule that hold for `ttl` slates; one without a category says that it is none."""
    source = np.where(allowed.any(axis=1), Source.RULE, Source.FALLBACK).astype(np.int8)
    return Plans(allowed, np.full(len(allowed), ttl, dtype=np.int32), source)
