"""The honest environment, natively batched: liking that wears off, a stock of satisfaction, readers who leave."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from broadsheet.core.errors import ConfigError, RecordError, did_you_mean
from broadsheet.core.seeds import generator
from broadsheet.plan.environment import noise
from broadsheet.plan.environment.draws import Draws
from broadsheet.plan.environment.readers import Readers, counted
from broadsheet.plan.environment.truth import Truth
from broadsheet.plan.items import ItemTable
from broadsheet.plan.laws import SESSION, Laws

SLATE, HORIZON = 6, 20
"""Items a slate and slates a session."""
OPTIONS = ("users", "streams", "reset_mask", "action_mask")
"""What `reset` may be told."""

Observation = dict[str, NDArray[Any]]
Stepped = tuple[Observation, NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]


class SlateVecEnv(VectorEnv[Observation, NDArray[np.int64], NDArray[Any]]):
    """Sessions of readers who are shown a slate a round.

    An action is rows of items `[B, k]`, -1 for an empty slot. A slot that is empty, holds an item that stands on the same slate before or one that is not on
    offer is void: nobody can like it. The reward is the share of the k slots that was liked. A session is terminated where the reader left and truncated at the horizon. The observation
    holds `shown` `[B, T, k]` (rows, -1 where nothing was), `liked` `[B, T, k]` (1, 0, or -1), `step` `[B]`, and `user` `[B]` with `expose_user_id`.

    Readers are drawn in passes over `users` in random order; `reset(options={"users": rows, "streams": numbers})` states them. Whatever happens to a reader
    is a function of the seed, the user, the stream (how often the user was drawn before) and the item: two policies meet the same luck, and the order
    of a slate is nothing to it. `autoreset` is Gymnasium's: SAME_STEP (the observation of the end is `final_obs` in the information, with the mask `_final_obs`), NEXT_STEP, or DISABLED,
    where a session that has ended gives nothing until the next reset (of some: `options={"reset_mask": [B]}`). Sessions that begin after stated ones are drawn.

    Raises RecordError for a truth of other items than the table's, ConfigError for users that the truth does not have and for sizes below 1.
    """

    metadata: dict[str, Any]

    def __init__(
        self,
        items: ItemTable,
        truth: Truth,
        users: Sequence[int] | NDArray[np.int64],
        laws: Laws = SESSION,
        *,
        num_envs: int = 1,
        slate: int = SLATE,
        horizon: int = HORIZON,
        expose_user_id: bool = True,
        autoreset: AutoresetMode = AutoresetMode.SAME_STEP,
    ) -> None:
        self.users = _users(users, truth)
        if truth.logits.shape[1] != len(items) or len(truth.kernel) != len(items.categories):
            raise RecordError("The truth is of other items or categories than the table.", "Make both from one catalogue.")
        if min(num_envs, slate, horizon) < 1:
            raise ConfigError(f"{num_envs} sessions of {horizon} slates of {slate} items cannot be.", "Give at least one of each.")
        self.items, self.truth, self.laws, self.slate, self.horizon = items, truth, laws, slate, horizon
        self.num_envs, self.autoreset, self.expose_user_id = num_envs, autoreset, expose_user_id
        self.metadata = {"autoreset_mode": autoreset}
        self.single_action_space = spaces.MultiDiscrete([len(items) + 1] * slate, start=[-1] * slate)
        entries: dict[str, spaces.Space[Any]] = {
            "shown": spaces.Box(-1, len(items) - 1, (horizon, slate), np.int32),
            "liked": spaces.Box(-1, 1, (horizon, slate), np.int8),
            "step": spaces.Box(0, horizon, (), np.int32),
        }
        if expose_user_id:
            entries["user"] = spaces.Box(0, len(truth.logits) - 1, (), np.int64)
        self.single_observation_space = spaces.Dict(entries)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.readers = Readers(items, truth, laws, num_envs, slate, horizon)
        self._shown = np.full((num_envs, horizon, slate), -1, dtype=np.int32)
        self._liked = np.full((num_envs, horizon, slate), -1, dtype=np.int8)
        self._over, self._begun, self._wants_mask = np.zeros(num_envs, dtype=bool), False, False
        self._rounds = np.arange(num_envs) * horizon

    def reset(self, *, seed: int | None = None, options: Mapping[str, Any] | None = None) -> tuple[Observation, dict[str, Any]]:
        """Begin every session anew, with a seed (0 if there never was one) from the first user of the first pass, without one where the last reset left off.

        `options`: `users` `[B]`, with `streams` `[B]` or one for all, states who reads; `reset_mask` `[B]` begins only some; `action_mask` puts `offered_bits` into all
        information, as `action_mask`. Raises ConfigError for options that are unknown or do not fit.
        """
        stated = known_options(options, OPTIONS)
        if "streams" in stated and "users" not in stated:
            raise ConfigError("Streams are stated, and no users.", "State the users too.")
        which = self._which(stated, seed)
        readers = self._stated(stated) if "users" in stated else None
        if seed is not None or not self._begun:
            super().reset(seed=seed or 0)
            self._seed = int(generator(seed or 0, "plan", "luck").integers(2**62))
            self._draws = Draws(self.users, len(self.truth.logits), seed or 0)
        self._wants_mask, self._begun = bool(stated.get("action_mask")), True
        if readers is None:
            self._begin(which, *self._draws.take(len(which)))
        else:
            users, streams = (part[which] for part in readers)
            self._draws.state(users, streams)
            self._begin(which, users, streams)
        return self._observation(), self._masked({})

    def step(self, actions: NDArray[np.int64]) -> Stepped:
        """Show a slate to every reader.

        The information holds, by session, the `expected` reward, how many slots were `void`, and the `stock` of satisfaction after the round. Raises RecordError for
        an action of another shape or of rows that are no items, ConfigError before the first reset.
        """
        rows = self._rows(actions)
        over = self._over if self._over.any() else None
        valid = self.readers.valid(rows)
        if over is not None:
            valid &= ~over
        at = np.where(valid, rows, len(self.items))
        felt = self.readers.felt(at, valid)
        self._remember(rows, valid, felt.liked, over)
        self.readers.move(felt, None if over is None else ~over)
        reward = felt.pleased / np.float32(self.slate)
        terminated, truncated = felt.leaves, self.readers.step >= self.horizon
        if over is not None:
            terminated, truncated = terminated & ~over, truncated & ~over
        truncated &= ~terminated
        info = {"expected": felt.expected, "void": (self.slate - counted(valid)).astype(np.int64), "stock": self.readers.stock.copy()}
        self._end(terminated | truncated, over, info)
        return self._observation(), reward, terminated, truncated, self._masked(info)

    def chances(self, actions: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return with which chance each slot would be liked `[B, k]`, were these slates shown now: 0 for a void one. For oracles and tests; nothing moves."""
        rows = self._rows(actions)
        valid = self.readers.valid(rows) & ~self._over
        return np.ascontiguousarray(self.readers.felt(np.where(valid, rows, len(self.items)), valid).chance.T)

    @property
    def exposure(self) -> NDArray[np.float32]:
        """The decayed exposure of each session to each category, in shares of a slate `[B, C]`."""
        return self.readers.exposure.copy()

    def offered_bits(self) -> NDArray[np.uint64]:
        """Return the categories of which something may be shown in each session's round, as bit masks `[B, W]`."""
        bits = self.items.bits
        if self.items.first is None or self.items.last is None:
            return np.broadcast_to(np.bitwise_or.reduce(bits, axis=0), (self.num_envs, bits.shape[1])).copy()
        steps, place = np.unique(self.readers.step, return_inverse=True)
        on = (self.items.first <= steps[:, None]) & (steps[:, None] <= self.items.last)
        return np.stack([np.bitwise_or.reduce(bits[row], axis=0) for row in on])[place]

    def _end(self, ended: NDArray[np.bool_], over: NDArray[np.bool_] | None, info: dict[str, Any]) -> None:
        """Do with sessions that have ended in this step, and with those that were over before it, what `autoreset` says."""
        if self.autoreset is AutoresetMode.DISABLED:
            self._over = self._over | ended
            return
        if self.autoreset is AutoresetMode.NEXT_STEP:
            fresh, self._over = over, ended
        else:
            fresh = ended
            if ended.any():
                info |= {"final_obs": self._observation(), "_final_obs": ended.copy()}
        if fresh is not None and fresh.any():
            which = np.flatnonzero(fresh)
            self._begin(which, *self._draws.take(len(which)))

    def _begin(self, which: NDArray[np.int64], users: NDArray[np.int64], streams: NDArray[np.int64]) -> None:
        self._over[which] = False
        self._shown[which], self._liked[which] = -1, -1
        self.readers.begin(which, users, noise.session_keys(self._seed, users, streams))

    def _rows(self, actions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Check an action and return it slots first `[k, B]`."""
        if not self._begun:
            raise ConfigError("No session has begun.", "Call reset(seed=...) before the first step.")
        rows = np.asarray(actions)
        if rows.shape != (self.num_envs, self.slate) or rows.dtype.kind not in "iu":
            raise RecordError(
                f"An action is {self.num_envs} slates of {self.slate} rows, whole numbers.", f"This one is of shape {rows.shape} and type {rows.dtype}."
            )
        if rows.min() < -1 or rows.max() >= len(self.items):
            raise RecordError(f"A slate holds rows from -1 to {len(self.items) - 1}.", f"This action goes from {rows.min()} to {rows.max()}.")
        return np.ascontiguousarray(rows.T, dtype=np.int64)

    def _which(self, stated: dict[str, Any], seed: int | None) -> NDArray[np.int64]:
        """Return the sessions that begin."""
        if seed is not None and seed < 0:
            raise ConfigError(f"The seed is {seed}.", "Give one from 0 on.")
        if stated.get("reset_mask") is None:
            return np.arange(self.num_envs)
        mask = np.asarray(stated["reset_mask"])
        if mask.shape != (self.num_envs,) or mask.dtype != bool:
            raise ConfigError(f"The reset_mask is of shape {mask.shape} and type {mask.dtype}.", f"Give {self.num_envs} times true or false.")
        if seed is not None or not self._begun:
            raise ConfigError("A mask begins some sessions anew; the first reset, and one with a seed, begin all.", "Leave out the seed or the reset_mask.")
        return np.flatnonzero(mask)

    def _stated(self, stated: dict[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        users, streams = np.asarray(stated["users"]), np.asarray(stated.get("streams", 0))
        if users.shape != (self.num_envs,) or users.dtype.kind not in "iu" or not np.isin(users, self.users).all():
            raise ConfigError(
                f"Users are stated for {users.shape} sessions of {self.num_envs}, or are not among those of the environment.",
                "State one of its users for each session.",
            )
        if streams.shape not in ((), users.shape) or streams.dtype.kind not in "iu" or streams.min() < 0:
            raise ConfigError(f"Streams are of shape {streams.shape} and type {streams.dtype}, or below 0.", "Give one number from 0 on for each user stated.")
        return users.astype(np.int64), np.broadcast_to(streams.astype(np.int64), users.shape)

    def _remember(self, rows: NDArray[np.int64], valid: NDArray[np.bool_], liked: NDArray[np.bool_], over: NDArray[np.bool_] | None) -> None:
        shown, said = np.empty((self.num_envs, self.slate), dtype=np.int32), np.empty((self.num_envs, self.slate), dtype=np.int8)
        np.copyto(shown, np.where(valid, rows, -1).T, casting="same_kind")
        np.subtract(liked.view(np.int8), ~valid, out=said.T)
        place = self._rounds + self.readers.step
        if over is not None:
            which = np.flatnonzero(~over)
            shown, said, place = shown[which], said[which], place[which]
        self._shown.reshape(-1, self.slate)[place] = shown
        self._liked.reshape(-1, self.slate)[place] = said

    def _observation(self) -> Observation:
        seen: Observation = {"shown": self._shown.copy(), "liked": self._liked.copy(), "step": self.readers.step.copy()}
        return {**seen, "user": self.readers.user.copy()} if self.expose_user_id else seen

    def _masked(self, info: dict[str, Any]) -> dict[str, Any]:
        return {**info, "action_mask": self.offered_bits()} if self._wants_mask else info


def _users(users: Sequence[int] | NDArray[np.int64], truth: Truth) -> NDArray[np.int64]:
    rows = np.asarray(users)
    if not rows.size:
        raise ConfigError("No user is given, so no session can begin.", "Give rows of users.")
    if rows.ndim != 1 or rows.dtype.kind not in "iu" or rows.min() < 0 or rows.max() >= len(truth.logits):
        raise ConfigError("Some users are no rows of the truth.", f"Give whole numbers from 0 to {len(truth.logits) - 1}.")
    return rows.astype(np.int64)


def known_options(options: Mapping[str, Any] | None, known: Sequence[str]) -> dict[str, Any]:
    """Return the options of a reset. Raises ConfigError for one that is not known."""
    stated = dict(options or {})
    for name in stated:
        if name not in known:
            raise ConfigError(f"There is no option {name!r}.{did_you_mean(name, known)}", f"Options are: {', '.join(known)}.")
    return stated
