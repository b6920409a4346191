"""A published game, natively batched: a reward a round, a rule of leaving, and nothing else that remembers."""

from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from broadsheet.core.errors import ConfigError, RecordError
from broadsheet.core.seeds import generator
from broadsheet.plan.environment import noise
from broadsheet.plan.environment.published.quits import Quit
from broadsheet.plan.environment.published.rewards import Rewards
from broadsheet.plan.environment.slates import known_options
from broadsheet.plan.session import Observation

OPTIONS = ("users", "streams")
"""What `reset` may be told."""


class GameVecEnv(VectorEnv[Observation, NDArray[np.int64], NDArray[Any]]):
    """Sessions of a published game side by side.

    An action is rows of items `[B, k]`, one a round where `slate` is 1. The reward of the round in which a reader leaves counts. A session is terminated where the reader
    left and truncated at the horizon. The observation holds `shown` `[B, T, k]` (-1 where nothing was), `reward` `[B, T]`, `step` `[B]` and `user` `[B]`. Users are drawn in passes in random order;
    `reset(options={"users": rows, "streams": numbers})` states them. With `repeats=False` an item may be shown once a session, and with `quit=None` nobody leaves.
    `autoreset` is SAME_STEP (the observation of the end is `final_obs` in the information, with the mask `_final_obs`) or DISABLED, where a session that has ended gives nothing until the next reset.
    """

    metadata: dict[str, Any]

    def __init__(
        self,
        rewards: Rewards,
        quit: Quit | None,  # noqa: A002
        *,
        num_envs: int,
        horizon: int,
        slate: int = 1,
        repeats: bool = True,
        autoreset: AutoresetMode = AutoresetMode.DISABLED,
    ) -> None:
        if autoreset is AutoresetMode.NEXT_STEP:
            raise ConfigError("Published games begin anew in the same step or not at all.", "Give AutoresetMode.SAME_STEP or DISABLED.")
        self.rewards, self.quit, self.repeats = rewards, quit, repeats
        self.num_envs, self.horizon, self.slate, self.autoreset = num_envs, horizon, slate, autoreset
        self.metadata = {"autoreset_mode": autoreset}
        users, items = rewards.size
        self.single_action_space = spaces.MultiDiscrete([items] * slate)
        entries: dict[str, spaces.Space[Any]] = {
            "shown": spaces.Box(-1, items - 1, (horizon, slate), np.int32),
            "reward": spaces.Box(-np.inf, np.inf, (horizon,), np.float32),
            "step": spaces.Box(0, horizon, (), np.int32),
            "user": spaces.Box(0, users - 1, (), np.int64),
        }
        self.single_observation_space = spaces.Dict(entries)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._seed, self._begun = 0, False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, dict[str, Any]]:
        """Begin every session anew. Raises ConfigError for options other than `users` and `streams`, and for users that the game does not have, or not one a session."""
        stated = known_options(options, OPTIONS)
        if seed is not None or not self._begun:
            self._seed = int(generator(0 if seed is None else seed, "plan", "game").integers(2**62))
            self._draws = generator(0 if seed is None else seed, "plan", "game users")
            self._queue, self._met = np.zeros(0, dtype=np.int64), np.zeros(self.rewards.size[0], dtype=np.int64)
        count = self.num_envs
        self._user, self._step = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int32)
        self._shown = np.full((count, self.horizon, self.slate), -1, dtype=np.int32)
        self._reward = np.zeros((count, self.horizon), dtype=np.float32)
        self._session, self._over, self._begun = np.zeros(count, dtype=np.uint64), np.zeros(count, dtype=bool), True
        self._begin(np.arange(count), *self._readers(stated))
        return self._observation(), {}

    def step(self, actions: NDArray[np.int64]) -> tuple[Observation, NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Show a slate to every reader. Raises RecordError for rows that are no items, and for repeats where there may be none, ConfigError before the first reset."""
        if not self._begun:
            raise ConfigError("No session has begun.", "Call reset(seed=...) before the first step.")
        rows = np.asarray(actions, dtype=np.int64)
        live = ~self._over
        self._check(rows, live)
        reward = np.where(live, self.rewards.of(self._user, rows, noise.round_keys(self._session, self._step)), 0).astype(np.float32)
        leaves = self.quit.leaves(self._shown, self._step, rows, reward) if self.quit else np.zeros(self.num_envs, dtype=bool)
        which = np.flatnonzero(live)
        self._shown[which, self._step[which]], self._reward[which, self._step[which]] = rows[which], reward[which]
        self._step[which] += 1
        terminated = live & leaves
        truncated = live & ~leaves & (self._step >= self.horizon)
        ended = terminated | truncated
        info: dict[str, Any] = {}
        self._over = self._over | ended
        if self.autoreset is AutoresetMode.SAME_STEP and ended.any():
            info = {"final_obs": self._observation(), "_final_obs": ended}
            self._begin(np.flatnonzero(ended), *self._drawn(int(ended.sum())))
        return self._observation(), reward, terminated, truncated, info

    def _check(self, rows: NDArray[np.int64], live: NDArray[np.bool_]) -> None:
        items = self.rewards.size[1]
        if rows.shape != (self.num_envs, self.slate) or rows.min() < 0 or rows.max() >= items:
            raise RecordError(
                f"An action is {self.num_envs} slates of {self.slate} rows from 0 to {items - 1}.",
                f"This one is of shape {rows.shape}, from {rows.min()} to {rows.max()}.",
            )
        if not self.repeats and (self._shown[:, :, :, None] == rows[:, None, None, :]).any(axis=(1, 2, 3))[live].any():
            raise RecordError("An item was shown twice in a session of a game without repeats.", "Mask what the observation has as `shown`.")

    def _readers(self, options: dict[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if "users" not in options:
            return self._drawn(self.num_envs)
        users = np.asarray(options["users"], dtype=np.int64)
        if users.shape != (self.num_envs,) or users.min() < 0 or users.max() >= self.rewards.size[0]:
            raise ConfigError(
                f"Users are stated for {users.shape} sessions of {self.num_envs}, or are not among the {self.rewards.size[0]} of the game.",
                "State one of its users for each session.",
            )
        return users, np.broadcast_to(np.asarray(options.get("streams", 0), dtype=np.int64), users.shape)

    def _drawn(self, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw the next users, pass after pass, each with the number of times it was drawn before."""
        while len(self._queue) < count:
            self._queue = np.concatenate([self._queue, self._draws.permutation(self.rewards.size[0])])
        users, self._queue = self._queue[:count], self._queue[count:]
        streams = np.empty(count, dtype=np.int64)
        for place, user in enumerate(users.tolist()):
            streams[place] = self._met[user]
            self._met[user] += 1
        return users, streams

    def _begin(self, which: NDArray[np.int64], users: NDArray[np.int64], streams: NDArray[np.int64]) -> None:
        self._user[which], self._step[which], self._over[which] = users, 0, False
        self._shown[which], self._reward[which] = -1, 0
        self._session[which] = noise.session_keys(self._seed, users, streams)
        if self.quit:
            self.quit.begin(self.num_envs, which)

    def _observation(self) -> Observation:
        return {"shown": self._shown.copy(), "reward": self._reward.copy(), "step": self._step.copy(), "user": self._user.copy()}
