"""The suites that every agent and every planner of plan inherits: one class each, with nothing to write but `make`."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from broadsheet.plan.datasets.made import made
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.material import Material
from broadsheet.plan.planning import Planning
from broadsheet.plan.protocols import Agent, Planner, Plans, PlanState, Source
from broadsheet.plan.session import Sessions

SLATE, HORIZON, COUNT, ROUNDS = 4, 8, 10, 11
PLAIN = replace(made(14, 60, 9), slate=SLATE, horizon=HORIZON)


def with_offers(pair: Pair) -> Pair:
    """A pair in which every item may be shown in some rounds only."""
    first = np.random.default_rng(1).integers(-4, HORIZON, len(pair.material.items)).astype(np.int32)
    items = replace(pair.material.items, first=first, last=first + 4)
    return replace(pair, material=replace(pair.material, items=items))


PAIRS = {"plain": PLAIN, "offers": with_offers(PLAIN)}
USERS = np.arange(COUNT)


def sessions_of(agent: Agent, pair: Pair, users: np.ndarray = USERS, seed: int = 3, rounds: int = ROUNDS) -> list[tuple[dict[str, np.ndarray], np.ndarray]]:
    """Let an agent act in sessions that begin anew where they end: each round's observation and slates."""
    env = pair.judge(np.arange(len(pair.material.users)), count=len(users), autoreset=AutoresetMode.SAME_STEP)
    seen, _ = env.reset(seed=seed, options={"users": users, "streams": np.arange(len(users)) * 0 + users})
    agent.begin(len(users), seed)
    found = []
    for _ in range(rounds):
        slates = agent.act(seen)
        found.append((seen, slates.copy()))
        seen, *_ = env.step(slates)
    return found


class AgentConformance:
    """What holds for every agent; `draws` says that chance has a part in it, so that sessions share a stream of it."""

    draws: ClassVar[bool] = False

    def make(self, material: Material) -> Agent:
        """Return the agent."""
        raise NotImplementedError

    @pytest.mark.parametrize("name", PAIRS)
    def test_slates_are_rows_on_offer_and_none_twice(self, name):
        pair, items = PAIRS[name], PAIRS[name].material.items
        for seen, slates in sessions_of(self.make(pair.material), pair):
            assert slates.shape == (COUNT, SLATE)
            assert slates.dtype.kind == "i"
            assert slates.min() >= -1
            assert slates.max() < len(items)
            for session, slate in enumerate(slates):
                held = slate[slate >= 0]
                assert len(set(held.tolist())) == len(held)
                assert items.offered(seen["step"][[session]], held[None]).all()
            if name == "plain":
                assert (slates >= 0).all()

    def test_the_same_seed_gives_the_same_slates_whatever_was_before(self):
        agent = self.make(PLAIN.material)
        first = sessions_of(agent, PLAIN)
        again, other = sessions_of(agent, PLAIN), sessions_of(self.make(PLAIN.material), PLAIN)
        for (_, one), (_, two), (_, three) in zip(first, again, other, strict=True):
            assert np.array_equal(one, two)
            assert np.array_equal(one, three)

    def test_sessions_are_independent(self):
        if self.draws:
            pytest.skip("it draws")
        order = np.random.default_rng(0).permutation(COUNT)
        # Until the first session ends: then another user comes in.
        straight = sessions_of(self.make(PLAIN.material), PLAIN, rounds=HORIZON)
        turned = sessions_of(self.make(PLAIN.material), PLAIN, USERS[order], rounds=HORIZON)
        same = np.ones(COUNT, dtype=bool)
        for number, ((seen, one), (_, two)) in enumerate(zip(straight, turned, strict=True)):
            same &= seen["step"] == number
            assert np.array_equal(one[order][same[order]], two[same[order]])
        assert number > 1

    def test_an_agent_leaves_its_material_as_it_was(self):
        scores, member = PLAIN.material.scores.copy(), PLAIN.material.items.member.copy()
        agent = self.make(PLAIN.material)
        sessions_of(agent, PLAIN)
        assert np.array_equal(PLAIN.material.scores, scores)
        assert np.array_equal(PLAIN.material.items.member, member)
        assert isinstance(agent.name, str)
        assert dict(agent.facts()) is not None


def states(material: Material, seed: int = 0, count: int = COUNT) -> PlanState:
    """A state of numbers at random, with a session in which nothing is available."""
    rng = np.random.default_rng(seed)
    shape = (count, len(material.items.categories))
    available = rng.random(shape) < 0.7
    available[1:] |= ~available[1:].any(axis=1, keepdims=True)
    available[0] = False
    last, exposed = rng.random(shape, dtype=np.float32) * (rng.random(shape) < 0.5), rng.random(shape, dtype=np.float32)
    affinity = rng.random(shape, dtype=np.float32) * available
    step = rng.integers(0, HORIZON, count).astype(np.int32)
    return PlanState(np.arange(count), step, HORIZON, last + exposed, last, last + exposed, 0.5 * exposed, affinity.astype(np.float32), available)


class PlannerConformance:
    """What holds for every planner."""

    draws: ClassVar[bool] = False

    def make(self, material: Material) -> Planner:
        """Return the planner."""
        raise NotImplementedError

    def planned(self, seed: int = 0, state: PlanState | None = None, due: np.ndarray | None = None) -> Plans:
        planner = self.make(PLAIN.material)
        planner.begin(COUNT, seed)
        return planner.plan(states(PLAIN.material) if state is None else state, np.ones(COUNT, dtype=bool) if due is None else due)

    def test_every_plan_holds_something_available_or_says_that_it_is_none(self):
        state, plans = states(PLAIN.material), self.planned()
        assert plans.allowed.shape == state.available.shape
        assert plans.ttl.min() >= 1
        assert np.isin(plans.source, list(Source)).all()
        held = (plans.allowed & state.available).any(axis=1)
        assert held[1:].all()

    def test_the_same_seed_gives_the_same_plans(self):
        for one, two in zip(self.planned(7), self.planned(7), strict=True):
            assert np.array_equal(one, two)

    def test_what_is_not_due_changes_nothing_of_what_is(self):
        if self.draws:
            pytest.skip("it draws")
        due = np.arange(COUNT) % 2 == 0
        assert np.array_equal(self.planned(due=due).allowed[due], self.planned().allowed[due])

    def test_goals_are_taken(self):
        state = states(PLAIN.material)._replace(goals=np.full((COUNT, 9), -2.0, dtype=np.float32))
        assert (self.planned(state=state).allowed & state.available)[1:].any(axis=1).all()

    @pytest.mark.parametrize("match", ["any", "all"])
    def test_masks_can_fill_every_slate(self, match):
        users, material = np.arange(COUNT), PLAIN.material
        planning = Planning(material, self.make(material), slate=SLATE, horizon=HORIZON, match=match)
        planning.begin(COUNT, 0)
        env, sessions = PLAIN.judge(users), Sessions(material.items, COUNT, SLATE)
        seen, _ = env.reset(seed=0, options={"users": users})
        candidates = material.shortlist[users].astype(np.int64)
        for _ in range(HORIZON):
            sessions.see(seen)
            fresh = planning.mask(seen, sessions, candidates) & (np.take_along_axis(sessions.times, candidates, axis=1) == 0)
            assert (fresh.sum(axis=1) >= SLATE).all()
            seen, *_ = env.step(np.stack([rows[held][:SLATE] for rows, held in zip(candidates, fresh, strict=True)]))
        facts = planning.facts()
        assert sum(facts["sources"].values()) == pytest.approx(1)
        assert facts["fallbacks"]["empty"] + facts["fallbacks"]["short"] + facts["fallbacks"]["planner"] == round(
            facts["sources"].get("fallback", 0) * facts["plans"]
        )
