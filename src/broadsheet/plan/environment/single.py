"""The honest environment for one session, as Gymnasium's checks and its single-environment agents want it."""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from broadsheet.core.errors import ConfigError
from broadsheet.plan.environment.slates import HORIZON, SLATE, Observation, SlateVecEnv, known_options
from broadsheet.plan.environment.truth import Truth
from broadsheet.plan.items import ItemTable
from broadsheet.plan.laws import SESSION, Laws

OPTIONS = ("user", "stream", "action_mask")
"""What `reset` may be told."""


class SlateEnv(gymnasium.Env[Observation, NDArray[np.int64]]):
    """One session of a reader who is shown a slate a round: a batch of one without its first axis.

    What is shown, liked and rewarded under a seed is what `SlateVecEnv` with one session gives under it. `options` of `reset` are a `user` with
    a `stream`, and `action_mask`. Raises what `SlateVecEnv` raises, and ConfigError for a step of a session that has ended.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - Gymnasium declares it so

    def __init__(
        self,
        items: ItemTable,
        truth: Truth,
        users: Sequence[int] | NDArray[np.int64],
        laws: Laws = SESSION,
        *,
        slate: int = SLATE,
        horizon: int = HORIZON,
        expose_user_id: bool = True,
    ) -> None:
        self._batch = SlateVecEnv(
            items, truth, users, laws, num_envs=1, slate=slate, horizon=horizon, expose_user_id=expose_user_id, autoreset=AutoresetMode.DISABLED
        )
        self.observation_space, self.action_space = self._batch.single_observation_space, self._batch.single_action_space
        self._over = False
        # Known to itself alone, so that `gymnasium.make(env.spec)` makes another; the registry is left as it is.
        made_of = {"items": items, "truth": truth, "users": users, "laws": laws, "slate": slate, "horizon": horizon, "expose_user_id": expose_user_id}
        self.spec = EnvSpec("broadsheet/Slate-v0", entry_point=f"{__name__}:SlateEnv", kwargs=made_of, disable_env_checker=True, order_enforce=False)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, dict[str, Any]]:
        """Begin a session: of the next user that is drawn, or of the one stated."""
        super().reset(seed=seed)
        stated = known_options(options, OPTIONS)
        for name, many in (("user", "users"), ("stream", "streams")):
            if name in stated:
                stated[many] = np.array([stated.pop(name)])
        seen, info = self._batch.reset(seed=seed, options=stated)
        self._over = False
        return _first(seen), _plain(info)

    def step(self, action: NDArray[np.int64]) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Show a slate `[k]`."""
        if self._over:
            raise ConfigError("The session has ended.", "Call reset() before the next step.")
        seen, reward, terminated, truncated, info = self._batch.step(np.asarray(action)[None])
        self._over = bool(terminated[0] or truncated[0])
        return _first(seen), float(reward[0]), bool(terminated[0]), bool(truncated[0]), _plain(info)


def _first(seen: Observation) -> Observation:
    return {name: np.asarray(value[0]) for name, value in seen.items()}


def _plain(info: dict[str, Any]) -> dict[str, Any]:
    return {name: value[0] for name, value in info.items()}
