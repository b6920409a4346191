"""A catalogue from both sides: what an agent may know, and what is true."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from broadsheet.core.config import build
from broadsheet.plan.environment.slates import HORIZON, SLATE, SlateVecEnv
from broadsheet.plan.environment.truth import Truth
from broadsheet.plan.laws import SESSION, Laws
from broadsheet.plan.material import Material


@dataclass(frozen=True, eq=False)
class Pair:
    """What an agent may know and what is true, with the laws, the size of a slate and the rounds of a session. Agents are given `material` alone."""

    material: Material
    truth: Truth
    laws: Laws = SESSION
    slate: int = SLATE
    horizon: int = HORIZON

    def with_laws(self, **settings: Any) -> "Pair":
        """Return the pair under laws of which some are other, e.g. `boredom=0.0`. Raises ConfigError for a law that there is not, or a number that it cannot have."""
        return replace(self, laws=build(Laws, {**self.laws.model_dump(), **settings}, "laws"))

    def judge(self, users: NDArray[np.int64], count: int | None = None, autoreset: AutoresetMode = AutoresetMode.DISABLED) -> SlateVecEnv:
        """Return the environment that judges, of the truth: `count` sessions side by side, one for each of `users` by default."""
        return SlateVecEnv(
            self.material.items,
            self.truth,
            users,
            self.laws,
            num_envs=len(users) if count is None else count,
            slate=self.slate,
            horizon=self.horizon,
            autoreset=autoreset,
        )

    def copy(self, users: NDArray[np.int64], count: int, autoreset: AutoresetMode = AutoresetMode.DISABLED) -> SlateVecEnv:
        """Return the environment that agents are trained in: the same laws, likings by the agent's own model, no category tires another."""
        believed = Truth(self.material.scores, np.eye(len(self.material.items.categories), dtype=np.float32))
        return SlateVecEnv(self.material.items, believed, users, self.laws, num_envs=count, slate=self.slate, horizon=self.horizon, autoreset=autoreset)
