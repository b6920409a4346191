"""The honest environment, natively batched: liking that wears off, a stock of satisfaction, readers who leave."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray
from scipy.special import ndtri

from broadsheet.core.errors import ConfigError, RecordError
from broadsheet.core.seeds import generator
from broadsheet.plan.environment import noise
from broadsheet.plan.environment.truth import Truth
from broadsheet.plan.items import ItemTable, padded_rows
from broadsheet.plan.laws import SESSION, Laws

SLATE, HORIZON = 6, 20
"""Items a slate and slates a session."""
LEAST = 0.02
"""A weight of a kernel below this counts as none."""

Floats = NDArray[np.float32]
Observation = dict[str, NDArray[Any]]


class Outcome(NamedTuple):
    """What a round did to sessions `[B]`: chances `[B, k]`, what was liked `[B, k]`, exposures after it `[B, C]`, stock, chance to leave."""

    chance: Floats
    liked: NDArray[np.bool_]
    exposure: Floats
    stock: Floats
    leaves: Floats


class SlateVecEnv(VectorEnv[Observation, NDArray[np.int64], NDArray[Any]]):
    """Sessions of readers who are shown a slate a round.

    An action is rows of items `[B, k]`, -1 for an empty slot. A slot that is empty, holds an item that stands on the same slate before or one that is not on
    offer is void: nobody can like it. The reward is the share of the k slots that was liked. A session is terminated where the reader left and truncated at the horizon. The observation
    holds `shown` `[B, T, k]` (rows, -1 where nothing was), `liked` `[B, T, k]` (1, 0, or -1), `step` `[B]`, and `user` `[B]` with `expose_user_id`.

    Readers are drawn in passes over `users` in random order; `reset(options={"users": rows, "streams": numbers})` states them. Whatever happens to a reader
    is a function of the seed, the user, the stream (how often the user was drawn before) and the item: two policies meet the same luck, and the order
    of a slate is nothing to it. `autoreset` is Gymnasium's: SAME_STEP (the observation of the end is `final_obs` in the information, with the mask `_final_obs`), NEXT_STEP, or DISABLED,
    where a session that has ended gives nothing until the next reset.
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
        if truth.logits.shape[1] != len(items) or len(truth.kernel) != len(items.categories):
            raise RecordError("The truth is of other items or categories than the table.", "Make both from one catalogue.")
        if not len(users):
            raise ConfigError("No user is given, so no session can begin.", "Give rows of users.")
        self.items, self.truth, self.laws, self.slate, self.horizon = items, truth, laws, slate, horizon
        self.users = np.asarray(users, dtype=np.int64)
        self.num_envs, self.autoreset, self.expose_user_id = num_envs, autoreset, expose_user_id
        self.metadata = {"autoreset_mode": autoreset}
        self._laid = _laid(items, truth)
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
        self._seed, self._begun = 0, False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, dict[str, Any]]:
        """Begin every session anew; `options` may state `users` `[B]` and `streams` `[B]`, and `action_mask` to have it in all information.

        Raises ConfigError for users that the environment does not have, or not one a session.
        """
        if seed is not None or not self._begun:
            self._seed = int(generator(0 if seed is None else seed, "plan", "luck").integers(2**62))
            self._draws = generator(0 if seed is None else seed, "plan", "users")
            self._queue, self._met = np.zeros(0, dtype=np.int64), np.zeros(len(self.truth.logits), dtype=np.int64)
        stated = options or {}
        self._wants_mask = bool(stated.get("action_mask"))
        every = np.arange(self.num_envs)
        if not self._begun:
            self._allocate()
        self._begin(every, *self._stated(stated) if "users" in stated else self._drawn(self.num_envs))
        return self._observation(), self._masked({})

    def step(self, actions: NDArray[np.int64]) -> tuple[Observation, NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Show a slate to every reader. Raises RecordError for rows that are no items."""
        rows = np.asarray(actions, dtype=np.int64)
        if rows.shape != (self.num_envs, self.slate) or rows.min() < -1 or rows.max() >= len(self.items):
            raise RecordError(
                f"An action is {self.num_envs} slates of {self.slate} rows from -1 to {len(self.items) - 1}.",
                f"This one is of shape {rows.shape}, from {rows.min()} to {rows.max()}.",
            )
        fresh = self._over if self.autoreset is AutoresetMode.NEXT_STEP else None
        live = ~self._over
        valid = self._valid(rows) & live[:, None]
        luck = noise.round_keys(self._session, self._step)
        outcome = self._felt(rows, valid, luck)
        reward = (outcome.liked.sum(axis=1) / np.float32(self.slate)).astype(np.float32)
        self._exposure, self._stock = np.where(live[:, None], outcome.exposure, self._exposure), np.where(live, outcome.stock, self._stock)
        self._remember(rows, valid, outcome.liked, live)
        terminated = live & (noise.uniform(luck, noise.LEAVES) < outcome.leaves)
        truncated = live & ~terminated & (self._step >= self.horizon)
        info = {"expected": np.where(valid, outcome.chance, 0).sum(axis=1) / self.slate, "void": (~valid).sum(axis=1), "stock": self._stock.copy()}
        ended = terminated | truncated
        if fresh is not None and fresh.any():
            self._begin(np.flatnonzero(fresh), *self._drawn(int(fresh.sum())))
        self._over = ended if self.autoreset is AutoresetMode.NEXT_STEP else self._over | ended
        if self.autoreset is AutoresetMode.SAME_STEP and ended.any():
            info |= {"final_obs": self._observation(), "_final_obs": ended}
            self._begin(np.flatnonzero(ended), *self._drawn(int(ended.sum())))
        return self._observation(), reward, terminated, truncated, self._masked(info)

    def offered_bits(self) -> NDArray[np.uint64]:
        """Return the categories of which something may be shown in each session's round, as bit masks `[B, W]`."""
        bits = self.items.bits
        if self.items.first is None or self.items.last is None:
            return np.broadcast_to(np.bitwise_or.reduce(bits, axis=0), (self.num_envs, bits.shape[1])).copy()
        steps, place = np.unique(self._step, return_inverse=True)
        on = (self.items.first <= steps[:, None]) & (steps[:, None] <= self.items.last)
        return np.stack([np.bitwise_or.reduce(bits[row], axis=0) for row in on])[place]

    def _allocate(self) -> None:
        count, shape = self.num_envs, (self.num_envs, self.horizon, self.slate)
        self._user, self._step = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int32)
        self._shown, self._liked = np.full(shape, -1, dtype=np.int32), np.full(shape, -1, dtype=np.int8)
        self._exposure = np.zeros((count, len(self.items.categories)), dtype=np.float32)
        self._times = np.zeros((count, len(self.items)), dtype=np.uint8)
        self._stock, self._own = np.zeros(count, dtype=np.float32), np.ones(count, dtype=np.float32)
        self._session = np.zeros(count, dtype=np.uint64)
        self._over, self._begun = np.zeros(count, dtype=bool), True

    def _stated(self, options: dict[str, Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        users = np.asarray(options["users"], dtype=np.int64)
        streams = np.broadcast_to(np.asarray(options.get("streams", 0), dtype=np.int64), users.shape)
        if users.shape != (self.num_envs,) or not np.isin(users, self.users).all():
            raise ConfigError(
                f"Users are stated for {users.shape} sessions of {self.num_envs}, or are not among those of the environment.",
                "State one of its users for each session.",
            )
        return users, streams

    def _drawn(self, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Draw the next users, pass after pass, each with the number of times it was drawn before."""
        while len(self._queue) < count:
            self._queue = np.concatenate([self._queue, self._draws.permutation(self.users)])
        users, self._queue = self._queue[:count], self._queue[count:]
        # A user drawn twice at once has two numbers.
        order = np.argsort(users, kind="stable")
        ranked = users[order]
        within = np.arange(count) - np.searchsorted(ranked, ranked, side="left")
        streams = np.empty(count, dtype=np.int64)
        streams[order] = self._met[ranked] + within
        np.add.at(self._met, users, 1)
        return users, streams

    def _begin(self, which: NDArray[np.int64], users: NDArray[np.int64], streams: NDArray[np.int64]) -> None:
        self._user[which], self._step[which], self._over[which] = users, 0, False
        self._shown[which], self._liked[which] = -1, -1
        self._exposure[which], self._stock[which], self._times[which] = 0, self.laws.start, 0
        self._session[which] = noise.session_keys(self._seed, users, streams)
        # How quickly a reader tires is the reader's, the same in every session and under every seed.
        luck = noise.uniform(noise.session_keys(0, users, np.zeros_like(users)), noise.TEMPER)
        spread = self.laws.spread
        self._own[which] = np.exp(spread * ndtri(np.clip(luck, 1e-6, 1 - 1e-6)) - spread * spread / 2)

    def _valid(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which slots hold an item that is on offer and does not stand on the slate before."""
        same = rows[:, :, None] == rows[:, None, :]
        again = (same & np.tri(self.slate, k=-1, dtype=bool)).any(axis=2)
        valid = (rows >= 0) & ~again
        return valid if self.items.first is None else valid & self.items.offered(self._step, rows)

    def _felt(self, rows: NDArray[np.int64], valid: NDArray[np.bool_], keys: noise.Words) -> Outcome:
        laws, laid, count = self.laws, self._laid, len(self.items.categories)
        at = np.where(valid, rows, 0)
        base = (np.arange(self.num_envs) * count)[:, None, None]
        categories, shares = laid.categories[at], laid.shares[at] * (valid / np.float32(self.slate))[:, :, None]
        flat = np.bincount((base + categories).ravel(), weights=shares.ravel(), minlength=self.num_envs * count)
        slate = flat.reshape(self.num_envs, count).astype(np.float32)
        sum_of = self._exposure + np.float32(laws.beside) * slate
        worn = np.einsum("bkr,bkr->bk", sum_of.ravel()[base + laid.tired[at]], laid.tiring[at]) - np.float32(laws.beside / self.slate) * laid.itself[at]
        logits = self.truth.logits[self._user[:, None], at]
        if self.truth.tides is not None:
            tide = self.truth.tides[np.minimum(self._step, len(self.truth.tides) - 1), self._user]
            logits = logits + np.einsum(
                "bkp,bkp->bk", np.take_along_axis(tide, categories.reshape(self.num_envs, -1), axis=1).reshape(categories.shape), laid.shares[at]
            )
        dial = np.float32(laws.boredom * laws.fatigue) * self._own[:, None]
        logits = logits - dial * worn - np.float32(laws.repeat) * self._times[np.arange(self.num_envs)[:, None], at]
        chance = 1 / (1 + np.exp(-logits))
        liked = (noise.uniform(keys[:, None], at.astype(np.uint64)) < chance) & valid
        exposure = np.float32(laws.decay) * (self._exposure + slate)
        gain = liked.sum(axis=1) / np.float32(self.slate) - np.float32(laws.boredom * laws.cost) * np.where(valid, worn, 0).sum(axis=1) / np.float32(self.slate)
        stock = self._stock + np.float32(laws.learning) * (gain - self._stock)
        impatience = laws.leave - laws.loyal * stock + laws.boredom * laws.restless * exposure.max(axis=1, initial=0)
        return Outcome(chance, liked, exposure, stock.astype(np.float32), (1 / (1 + np.exp(-impatience))).astype(np.float32))

    def _remember(self, rows: NDArray[np.int64], valid: NDArray[np.bool_], liked: NDArray[np.bool_], live: NDArray[np.bool_]) -> None:
        which = np.flatnonzero(live)
        step = self._step[which]
        self._shown[which, step] = np.where(valid, rows, -1)[which]
        self._liked[which, step] = np.where(valid, liked, -1)[which]
        sessions, slots = np.nonzero(valid)
        shown = rows[sessions, slots]
        self._times[sessions, shown] = np.minimum(self._times[sessions, shown], 254) + 1
        self._step[which] += 1

    def _observation(self) -> Observation:
        seen: Observation = {"shown": self._shown.copy(), "liked": self._liked.copy(), "step": self._step.copy()}
        return {**seen, "user": self._user.copy()} if self.expose_user_id else seen

    def _masked(self, info: dict[str, Any]) -> dict[str, Any]:
        return {**info, "action_mask": self.offered_bits()} if self._wants_mask else info


class _Laid(NamedTuple):
    """Items as padded lists `[I, P]` and `[I, R]`: categories with their shares, and the categories that wear an item out with how much; how much it wears out itself `[I]`."""

    categories: NDArray[np.int32]
    shares: Floats
    tired: NDArray[np.int32]
    tiring: Floats
    itself: Floats


def _laid(items: ItemTable, truth: Truth) -> _Laid:
    categories, shares = items.listed
    wearing = items.weights @ truth.kernel
    tired, tiring = padded_rows(wearing.astype(np.float32), LEAST)
    kept = np.where(wearing > LEAST, wearing, 0)
    return _Laid(categories, shares, tired, tiring, (kept * items.weights).sum(axis=1).astype(np.float32))
