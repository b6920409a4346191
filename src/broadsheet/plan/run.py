"""A bundle at work: the next slate for people whose sessions are under way, and whole sessions played in the agent's own copy of the environment."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from broadsheet.core.errors import RecordError
from broadsheet.core.seeds import generator
from broadsheet.plan.bundle import Ask, PlanBundle
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.environment.truth import Truth
from broadsheet.plan.material import Material
from broadsheet.plan.policy.agent import PolicyAgent
from broadsheet.plan.policy.choice import Tier
from broadsheet.plan.protocols import Planner, Source
from broadsheet.plan.session import Observation

PlannerOf = Callable[[Material], Planner | None]


class Shown(NamedTuple):
    """A slate that was shown: items by id, and which of them were liked."""

    items: tuple[str, ...]
    liked: frozenset[str] = frozenset()


class Pick(NamedTuple):
    """An item of a slate, with its categories and the chance that the agent's own model gives it of being liked.

    Where slates are drawn, `propensity` is the chance it had in its slot given the slots before it. `outside` says that it is not of the plan, which had too few.
    """

    item: str
    title: str
    categories: tuple[str, ...]
    chance: float
    propensity: float | None
    outside: bool


class Made(NamedTuple):
    """The plan of a slate: categories it may hold, who chose them, for how many slates (this one counted in) it holds."""

    categories: tuple[str, ...]
    source: str
    ttl: int


class Next(NamedTuple):
    """The slate of a round for one who asks; `propensity` is its chance in its order where it was drawn, the product of its slots'. `liked` are the items that were, in a session that is played."""

    user: str
    round: int
    picks: tuple[Pick, ...]
    plan: Made | None
    propensity: float | None
    liked: tuple[str, ...] | None = None
    left: bool = False

    def plain(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {**self._asdict(), "picks": [pick._asdict() for pick in self.picks], "plan": None if self.plan is None else self.plan._asdict()}


class Answered(NamedTuple):
    """What was asked for: slates in order, round by round, and per asker the ids that were not known; `facts` are what the agent counted."""

    slates: tuple[Next, ...]
    unknown: tuple[tuple[str, ...], ...]
    facts: Mapping[str, Any]


def next_slates(
    bundle: PlanBundle,
    asks: Sequence[Ask],
    shown: Sequence[Shown] = (),
    *,
    draw: bool = False,
    seed: int = 0,
    planner_of: PlannerOf | None = None,
) -> Answered:
    """Return the next slate of everybody who asks, after the slates `shown` so far (to each the same).

    The policy sees the rounds again one by one, so its plans are those it would have had. With `draw` slates are drawn, and propensities are exact. Raises RecordError for a slate that is too long,
    an item that stands on it twice, and a session that is over.
    """
    material, unknown = bundle.asked(asks)
    agent = _agent(bundle, material, planner_of, greedy=not draw)
    if len(shown) >= bundle.horizon:
        raise RecordError(f"{len(shown)} slates were shown, and a session has {bundle.horizon}.", "Begin a new session, or give the last slates alone.")
    seen, strange = _observation(bundle, len(material.users) - len(asks), len(asks), shown)
    agent.begin(len(asks), seed)
    slates: NDArray[np.int64] = np.zeros((0, 0), dtype=np.int64)
    for step in range(len(shown) + 1):
        slates = agent.act({**seen, "step": np.full(len(asks), step, dtype=np.int32)})
    found = _told(agent, material, seen["user"], slates, len(shown), np.ones(len(asks), dtype=bool))
    return Answered(tuple(found), tuple((*one, *strange) for one in unknown), agent.facts())


def simulate(bundle: PlanBundle, asks: Sequence[Ask], rounds: int, *, draw: bool = False, seed: int = 0, planner_of: PlannerOf | None = None) -> Answered:
    """Play sessions of everybody who asks in the copy of the environment whose likings are the agent's own beliefs; return their slates, round by round.

    Raises RecordError for more rounds than a session has.
    """
    if not 1 <= rounds <= bundle.horizon:
        raise RecordError(f"A session has 1 to {bundle.horizon} rounds, not {rounds}.", f"Give --rounds from 1 to {bundle.horizon}.")
    material, unknown = bundle.asked(asks)
    agent = _agent(bundle, material, planner_of, greedy=not draw)
    users = np.arange(len(material.users) - len(asks), len(material.users))
    env = believed(bundle, material).copy(users, len(users))
    seen, _ = env.reset(seed=int(generator(seed, "plan", "run").integers(2**31)), options={"users": users})
    agent.begin(len(users), seed)
    told: list[Next] = []
    over = np.zeros(len(users), dtype=bool)
    for number in range(rounds):
        slates = agent.act(seen)
        made = _told(agent, material, users, slates, number, ~over)
        live = np.flatnonzero(~over)
        seen, _, terminated, truncated, _ = env.step(slates)
        for line, one in zip(live.tolist(), made, strict=True):
            liked = tuple(material.items.ids[row] for row in slates[line][seen["liked"][line, number] > 0])
            told.append(one._replace(liked=liked, left=bool(terminated[line])))
        over |= terminated | truncated
        if over.all():
            break
    return Answered(tuple(told), unknown, agent.facts())


def believed(bundle: PlanBundle, material: Material) -> Pair:
    """Return the pair whose truth is what the agent believes: for playing sessions, never for judging any."""
    return Pair(material, Truth(material.scores, np.eye(len(material.items.categories), dtype=np.float32)), bundle.laws, bundle.slate, bundle.horizon)


def _agent(bundle: PlanBundle, material: Material, planner_of: PlannerOf | None, *, greedy: bool) -> PolicyAgent:
    return bundle.agent(material, planner_of(material) if planner_of else bundle.open_planner(material), greedy=greedy)


def _observation(bundle: PlanBundle, known: int, count: int, shown: Sequence[Shown]) -> tuple[Observation, tuple[str, ...]]:
    place = bundle.material.items.place
    rows = np.full((bundle.horizon, bundle.slate), -1, dtype=np.int32)
    liked = np.full((bundle.horizon, bundle.slate), -1, dtype=np.int8)
    strange: list[str] = []
    for step, slate in enumerate(shown):
        if len(slate.items) > bundle.slate or len(set(slate.items)) < len(slate.items):
            raise RecordError(
                f"Slate {step + 1} has {len(slate.items)} items, {len(set(slate.items))} of them different.", f"A slate has at most {bundle.slate}, each once."
            )
        for slot, item in enumerate(slate.items):
            if item in place:
                rows[step, slot], liked[step, slot] = place[item], item in slate.liked
            else:
                strange.append(item)
    wide = (count, *rows.shape)
    seen = {"shown": np.broadcast_to(rows, wide).copy(), "liked": np.broadcast_to(liked, wide).copy(), "user": known + np.arange(count)}
    return seen, tuple(strange)


def _told(agent: PolicyAgent, material: Material, users: NDArray[np.int64], slates: NDArray[np.int64], number: int, live: NDArray[np.bool_]) -> list[Next]:
    """Say what was just shown in the sessions that are `live`, with the chances it had where slates are drawn."""
    last, items = agent.last, material.items
    assert last is not None
    tier, chosen = last.tier.numpy(), last.chosen.numpy()
    chances = agent.slot_chances()
    plans = None if agent.planning is None else agent.planning.plans
    found = []
    for line in np.flatnonzero(live).tolist():
        picks = []
        for slot in np.flatnonzero(slates[line] >= 0).tolist():
            row = int(slates[line, slot])
            chance = float(expit(float(material.scores[users[line], row])))
            propensity = None if chances is None else float(f"{chances[line, slot]:.6g}")
            groups = tuple(items.categories[one] for one in np.flatnonzero(items.member[row]))
            picks.append(Pick(items.ids[row], items.titles[row], groups, round(chance, 6), propensity, bool(tier[line, chosen[line, slot]] == Tier.OUTSIDE)))
        plan = None
        if plans is not None:
            allowed = tuple(items.categories[one] for one in np.flatnonzero(plans.allowed[line]))
            plan = Made(allowed, Source(int(plans.source[line])).name.lower(), int(plans.ttl[line]))
        whole = None if chances is None else float(f"{chances[line].prod():.6g}")
        found.append(Next(material.users[users[line]], number + 1, tuple(picks), plan, whole))
    return found
