"""Planners of one rule each: all categories, those not shown of late, those shown least."""

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from broadsheet.core.config import Config
from broadsheet.plan.protocols import Plans, PlanState, Source


class AllConfig(Config):
    """`ttl` slates a plan holds for."""

    ttl: Annotated[int, Field(ge=1)] = 1


class All:
    """Allows every category: no plan, and the control of all others."""

    def __init__(self, config: AllConfig | None = None) -> None:
        self.config, self.name = config or AllConfig(), "all"

    def begin(self, count: int, seed: int) -> None:
        """Forget nothing: there is nothing to remember."""
        del count, seed

    def plan(self, state: PlanState, due: NDArray[np.bool_]) -> Plans:
        """Return plans that allow everything."""
        del due
        return by_rule(np.ones(state.available.shape, dtype=bool), self.config.ttl)

    def counts(self) -> Mapping[str, float]:
        """Return nothing: nothing is counted."""
        return {}


def by_rule(allowed: NDArray[np.bool_], ttl: int) -> Plans:
    """Return plans `[B, C]` of a rule that hold for `ttl` slates."""
    return Plans(allowed, np.full(len(allowed), ttl, dtype=np.int32), np.full(len(allowed), Source.RULE, dtype=np.int8))
