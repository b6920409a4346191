"""Between a planner and whoever fills slates: asks for plans where they are due, and turns them into masks over candidates."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.errors import ConfigError, RecordError
from broadsheet.plan.items import to_bits
from broadsheet.plan.material import Material
from broadsheet.plan.protocols import Planner, Plans, PlanState, Source
from broadsheet.plan.session import Observation, Sessions
from broadsheet.plan.shelves import Shelves, unseen

Match = Literal["any", "all"]


class Planning:
    """The plans of sessions `[B]` side by side.

    A plan is due in the first round of a session, where it has held for its slates, and where fewer unseen candidates are left in it than a slate holds and others could fill it. With
    `match="any"` an item is allowed if one of its categories is in the plan, with `"all"` if all are. A plan in which nothing is available, or that
    cannot fill a slate, is widened by the categories that the user likes best, and counts as FALLBACK. `goals` `[U, C]` are log-odds by user and category.
    """

    def __init__(
        self, material: Material, planner: Planner, *, slate: int, horizon: int, match: Match = "any", goals: NDArray[np.float32] | None = None
    ) -> None:
        shape = (len(material.users), len(material.items.categories))
        if goals is not None and goals.shape != shape:
            raise RecordError(f"Goals are of shape {goals.shape}.", f"Give log-odds for each user and category: {shape}.")
        if match not in {"any", "all"}:
            raise ConfigError(f"A plan cannot match {match!r} of an item's categories.", "Say any or all.")
        self.material, self.planner, self.match, self.goals = material, planner, match, goals
        self.slate, self.horizon = slate, horizon
        self._shelves, self._bits = Shelves(material), material.items.bits
        self.begin(0, 0)

    def begin(self, count: int, seed: int) -> None:
        """Forget all sessions and all counts; `count` new ones begin."""
        self.planner.begin(count, seed)
        self._allowed = np.zeros((count, len(self.material.items.categories)), dtype=bool)
        self._until, self._seen = np.zeros(count, dtype=np.int32), np.zeros(count, dtype=np.int32)
        self._source = np.full(count, Source.FALLBACK, dtype=np.int8)
        self._counts: Counter[str] = Counter()
        self._fallbacks: Counter[str] = Counter()
        self._made = np.zeros(len(Source), dtype=np.int64)

    @property
    def plans(self) -> Plans:
        """The plans that hold now, with how many slates they still hold for, the next one counted in."""
        return Plans(self._allowed.copy(), np.maximum(self._until - self._seen, 0), self._source.copy())

    def mask(self, observation: Observation, sessions: Sessions, candidates: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which candidates `[B, N]` (rows, -1 for none) the plans allow, whether seen before or not.

        To be called once a round, when `sessions` has seen the observation. A session whose round did not move on is over, and asks for no plan.
        """
        step = observation["step"]
        live = (step < self.horizon) & ((step == 0) | (step != self._seen))
        self._seen = step.copy()
        fresh = unseen(self.material, sessions, candidates)
        allowed = self._within(self._allowed, candidates)
        short = (allowed & fresh).sum(axis=1) < self._wanted(fresh)
        due = live & ((step == 0) | (step >= self._until) | short)
        if due.any():
            self._plan(self._state(observation, sessions, due), due, candidates, fresh)
            allowed = self._within(self._allowed, candidates)
        self._counts["rounds"] += int(live.sum())
        self._counts["candidates"] += int(allowed[live].sum())
        return allowed

    def facts(self) -> Mapping[str, Any]:
        """Return what was counted since `begin`.

        `plans`, `sources` (shares of them by name), `fallbacks` by reason, `categories` a plan, `candidates` allowed a round, and the planner's own `counts`.
        """
        made = int(self._made.sum())
        return {
            "planner": self.planner.name,
            "match": self.match,
            "plans": made,
            "sources": {source.name.lower(): int(self._made[source]) / made for source in Source if made and self._made[source]},
            "fallbacks": dict(self._fallbacks),
            "categories": self._counts["categories"] / made if made else 0.0,
            "candidates": self._counts["candidates"] / self._counts["rounds"] if self._counts["rounds"] else 0.0,
            "counts": dict(self.planner.counts()),
        }

    def _plan(self, state: PlanState, due: NDArray[np.bool_], candidates: NDArray[np.int64], fresh: NDArray[np.bool_]) -> None:
        plans = self.planner.plan(state, due)
        if plans.allowed.shape != self._allowed.shape:
            raise RecordError(f"The planner {self.planner.name} gave plans of shape {plans.allowed.shape}.", f"They should be {self._allowed.shape}.")
        which = np.flatnonzero(due)
        allowed, source = plans.allowed[which].copy(), plans.source[which].astype(np.int8)
        if not np.isin(source, list(Source)).all():
            raise RecordError(f"The planner {self.planner.name} names a source of plans that there is not.", f"Known are: {', '.join(Source.__members__)}.")
        self._fallbacks["planner"] += int((source == Source.FALLBACK).sum())
        empty = ~(allowed & state.available[which]).any(axis=1)
        short = self._widen(allowed, state, which, candidates, fresh) & ~empty
        self._fallbacks["empty"] += int(empty.sum())
        self._fallbacks["short"] += int(short.sum())
        source[empty | short] = Source.FALLBACK
        self._allowed[which], self._source[which] = allowed, source
        self._until[which] = state.step[which] + np.clip(plans.ttl[which], 1, self.horizon)
        self._made += np.bincount(source, minlength=len(Source))
        self._counts["categories"] += int(allowed.sum())

    def _widen(
        self, allowed: NDArray[np.bool_], state: PlanState, which: NDArray[np.int64], candidates: NDArray[np.int64], fresh: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Add categories, the best liked first, until a slate can be filled or all are in; return which plans needed it."""
        order = np.argsort(-np.where(state.available[which], state.affinity[which], -1), axis=1, kind="stable")
        needed, lacking = np.zeros(len(which), dtype=bool), np.arange(len(which))
        for place in range(order.shape[1] + 1):
            rows = which[lacking]
            count = (self._within(allowed[lacking], candidates[rows]) & fresh[rows]).sum(axis=1)
            lacking = lacking[(count < self._wanted(fresh[rows])) & ~allowed[lacking].all(axis=1)]
            if not len(lacking) or place == order.shape[1]:
                break
            needed[lacking] = True
            allowed[lacking, order[lacking, place]] = True
        return needed

    def _state(self, observation: Observation, sessions: Sessions, due: NDArray[np.bool_]) -> PlanState:
        user, which = observation["user"], np.flatnonzero(due)
        affinity, available = np.zeros(self._allowed.shape, dtype=np.float32), np.zeros(self._allowed.shape, dtype=bool)
        affinity[which], available[which] = self._shelves.left(user[which], sessions.step[which], sessions.times[which])
        return PlanState(
            user=user,
            step=observation["step"],
            horizon=self.horizon,
            recent=sessions.recent,
            last=sessions.last,
            exposed=sessions.exposed,
            pleased=sessions.pleased,
            affinity=affinity,
            available=available,
            goals=None if self.goals is None else self.goals[user],
        )

    def _wanted(self, fresh: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return how many unseen candidates a plan should hold `[B]`: a slate of them, or all there are."""
        return np.minimum(self.slate, fresh.sum(axis=1))

    def _within(self, allowed: NDArray[np.bool_], candidates: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which candidates `[B, N]` plans `[B, C]` allow."""
        plan, bits = to_bits(allowed), self._bits
        found = np.full(candidates.shape, self.match == "all")
        at = np.maximum(candidates, 0)
        for word in range(bits.shape[1]):
            held, wanted = bits[at, word], plan[:, None, word]
            found = found & ((held & ~wanted) == 0) if self.match == "all" else found | ((held & wanted) != 0)
        return found & (candidates >= 0)
