"""Every rule agent and rule planner passes its suite, and does what its name says."""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from plan_conformance import COUNT, HORIZON, PLAIN, SLATE, AgentConformance, PlannerConformance, sessions_of, states

from broadsheet.core.errors import ConfigError
from broadsheet.plan.agents.planned import PlannedGreedy
from broadsheet.plan.agents.registry import AGENTS, open_agent
from broadsheet.plan.agents.scored import NothingConfig
from broadsheet.plan.material import Split
from broadsheet.plan.planners.registry import open_planner
from broadsheet.plan.planners.rules import All, by_rule
from broadsheet.plan.planners.thompson import clusters
from broadsheet.plan.protocols import Source

MATERIAL = PLAIN.material
RULES = ("all", "mask-recent", "least-exposed", "thompson", "saturation-mpc")
SPECS = [*AGENTS, "permuted+greedy", *(f"planned+{rule}" for rule in RULES), "planned:match=all+mask-recent", "planned:spread=0.5+saturation-mpc"]
DRAWS = {"random", "epsilon-greedy", "linear-thompson", "thompson", "permuted"}


def opened(spec, material=MATERIAL):
    return open_agent(spec, material, slate=SLATE, horizon=HORIZON)


@pytest.mark.parametrize("spec", SPECS, scope="class")
class TestAgents(AgentConformance):
    @pytest.fixture(autouse=True)
    def _named(self, spec):
        self.spec, self.draws = spec, bool(DRAWS & set(spec.replace(":", "+").split("+")))

    def make(self, material):
        return opened(self.spec, material)


@pytest.mark.parametrize("spec", [*RULES, "mask-recent:threshold=0.2,ttl=3", "saturation-mpc:ttl=2,keep=2", "least-exposed:keep=1,among=2"], scope="class")
class TestPlanners(PlannerConformance):
    @pytest.fixture(autouse=True)
    def _named(self, spec):
        self.spec, self.draws = spec, "thompson" in spec

    def make(self, material):
        return open_planner(self.spec, material, slate=SLATE, horizon=HORIZON)


def test_a_name_or_setting_that_there_is_not_is_told_with_the_nearest():
    for spec, said in (
        ("gready", "Did you mean 'greedy'"),
        ("worn:fatigu=2", "Did you mean 'fatigue'"),
        ("planned+mask-recnt", "Did you mean 'mask-recent'"),
        ("planned:match=some+all", "match"),
        ("worn+greedy", "cannot stand before"),
        ("worn:2", "cannot be read"),
        ("planned+saturation-mpc:keep=0", "keep"),
    ):
        with pytest.raises(ConfigError, match=said):
            opened(spec)


@given(st.integers(0, 2**32), st.floats(-200, 0), st.sampled_from(["any", "all"]))
@settings(max_examples=12)
def test_what_is_shown_lies_in_the_plan_or_is_counted_even_where_every_score_is_negative(seed, shift, match):
    rng = np.random.default_rng(seed)
    told = rng.random((COUNT, 9)) < rng.random()

    class Told(All):
        def plan(self, state, due):
            return by_rule(told.copy(), 2)

    material = PLAIN.material
    lowered = type(material)(
        material.name,
        material.items,
        material.users,
        material.histories,
        material.liked,
        material.split,
        material.scores - np.abs(material.scores).max() + np.float32(shift),
    )
    held = []

    class Watched(PlannedGreedy):
        def choose(self, observation):
            slates = super().choose(observation)
            held.append(self.planning.plans)
            return slates

    agent = Watched(lowered, Told(), SLATE, HORIZON, match=match)
    fit = np.any if match == "any" else np.all
    for (_, slates), plans in zip(sessions_of(agent, PLAIN, seed=seed % 1000), held, strict=True):
        for session, slate in enumerate(slates):
            inside = all(fit(plans.allowed[session][np.flatnonzero(material.items.member[row])]) for row in slate)
            as_told = all(fit(told[session][np.flatnonzero(material.items.member[row])]) for row in slate)
            assert inside
            assert as_told or plans.source[session] == Source.FALLBACK
    facts = agent.facts()
    assert facts["outside"] == 0
    assert (facts["sources"].get("fallback", 0) > 0) == (sum(facts["fallbacks"].values()) > 0)


def test_greedy_takes_the_highest_scores_and_none_twice():
    seen = sessions_of(opened("greedy"), PLAIN, rounds=2)
    user = seen[0][0]["user"]
    assert np.array_equal(seen[0][1], MATERIAL.shortlist[user][:, :SLATE])
    same = seen[1][0]["step"] == 1
    assert np.array_equal(seen[1][1][same], MATERIAL.shortlist[user][same][:, SLATE : 2 * SLATE])


def test_constants_are_the_same_for_all_and_turn_or_go_in_a_circle():
    def shown(spec):
        agent = opened(spec)
        return np.stack([agent.choose({"step": np.array([number])})[0] for number in range(HORIZON)])

    constant, rotated, loop, popular = (shown(spec) for spec in ("constant", "rotated", "loop:length=3", "popularity"))
    assert (constant == constant[0]).all()
    assert rotated[1].tolist() == np.roll(constant[0], 1).tolist()
    assert np.array_equal(loop[3:6], loop[:3])
    assert len(np.unique(loop[:3])) == 3 * SLATE
    assert len(np.unique(popular)) == HORIZON * SLATE
    train = MATERIAL.split == Split.TRAIN
    assert constant[0][0] == np.argmax(np.bincount(np.concatenate([MATERIAL.histories.row(user) for user in np.flatnonzero(train)]), minlength=60))


def test_worn_greedy_without_fatigue_is_greedy_and_mmr_without_variety_too():
    for spec in ("worn:fatigue=0", "mmr:weight=1", "epsilon-greedy:epsilon=0", "planned+all", "calibrated:weight=0"):
        for (_, one), (_, two) in zip(sessions_of(opened("greedy"), PLAIN), sessions_of(opened(spec), PLAIN), strict=True):
            assert np.array_equal(one, two)


def test_worn_greedy_is_what_a_loop_finds():
    weights = MATERIAL.items.weights
    for seen, slates in sessions_of(opened("worn:fatigue=3,beside=0.5"), PLAIN, rounds=4):
        for session in np.flatnonzero(seen["step"] < 4):
            user, step = seen["user"][session], seen["step"][session]
            exposure, before = np.zeros(9), set()
            for number in range(step):
                rows = seen["shown"][session, number]
                before |= set(rows.tolist())
                exposure = 0.8 * (exposure + weights[rows].sum(axis=0) / SLATE)
            slate = []
            for _ in range(SLATE):
                sum_of = exposure + 0.5 * weights[slate].sum(axis=0) / SLATE
                values = {row: MATERIAL.scores[user, row] - 3 * weights[row] @ sum_of for row in MATERIAL.shortlist[user].tolist() if row not in before}
                slate.append(max((row for row in values if row not in slate), key=values.get))
            assert slates[session].tolist() == slate


def test_a_spread_is_what_stands_beside():
    for (_, one), (_, two) in zip(
        sessions_of(opened("planned:spread=0.5+all"), PLAIN, rounds=1), sessions_of(opened("worn:fatigue=4,beside=0.5"), PLAIN, rounds=1), strict=True
    ):
        assert np.array_equal(one, two)


def test_a_bandit_learns_what_a_ridge_regression_says():
    agent = opened("linucb")
    rounds = sessions_of(agent, PLAIN, rounds=3)
    seen, session = rounds[-1][0], int(np.flatnonzero(rounds[-1][0]["step"] == 2)[0])
    rows = seen["shown"][session, :2].ravel()
    features, chance = agent.features[rows], 1 / (1 + np.exp(-MATERIAL.scores[seen["user"][session], rows]))
    gram = features.T @ features + agent.config.ridge * np.eye(features.shape[1])
    assert agent.mean()[session] == pytest.approx(np.linalg.solve(gram, features.T @ (seen["liked"][session, :2].ravel() - chance)), abs=1e-6)


def test_planners_do_what_their_names_say():
    state, due = states(MATERIAL), np.ones(COUNT, dtype=bool)

    def allowed(spec):
        return open_planner(spec, MATERIAL, slate=SLATE, horizon=HORIZON).plan(state, due).allowed

    strict, mild = allowed("mask-recent:least=1"), allowed("mask-recent:threshold=0.4,least=1")
    kept = strict & (state.last > 0)
    assert (kept.sum(axis=1) <= 1).all()
    assert (strict <= mild).all()
    least = allowed("least-exposed:keep=2,among=5")
    for session in range(1, COUNT):
        liked = np.argsort(-np.where(state.available[session], state.affinity[session], -1), kind="stable")[:5]
        liked = [row for row in liked if state.available[session, row]]
        assert set(np.flatnonzero(least[session])) == set(sorted(liked, key=lambda row: state.exposed[session, row])[:2])
    # Without fatigue nothing is shunned: the best liked categories, whatever was shown.
    likes = np.where(state.available, state.affinity, -1)
    flat = allowed("saturation-mpc:fatigue=0,keep=2")
    for session in range(1, COUNT):
        best = [row for row in np.argsort(-likes[session], kind="stable")[:2] if state.available[session, row]]
        assert set(np.flatnonzero(flat[session])) == set(best)


def test_a_planner_that_looks_ahead_rests_what_is_worn_and_comes_back_to_it():
    state = states(MATERIAL, count=1)
    even = {"affinity": np.full((1, 9), 0.5, dtype=np.float32), "available": np.ones((1, 9), dtype=bool), "recent": np.zeros((1, 9), dtype=np.float32)}
    state = state._replace(**even)
    planner, turns = open_planner("saturation-mpc:keep=3", MATERIAL, slate=SLATE, horizon=HORIZON), []
    for _ in range(6):
        plan = planner.plan(state, np.ones(1, dtype=bool)).allowed
        turns.append(set(np.flatnonzero(plan[0]).tolist()))
        state = state._replace(recent=(0.8 * (state.recent + plan / 3)).astype(np.float32))
    assert all(not one & two for one, two in pairwise(turns))
    assert turns[0] == turns[3]


def test_clusters_read_the_histories_of_train_users_alone():
    train = MATERIAL.split == Split.TRAIN
    users = np.repeat(np.arange(len(MATERIAL.users)), MATERIAL.histories.lengths)
    other = type(MATERIAL)(
        MATERIAL.name,
        MATERIAL.items,
        MATERIAL.users,
        MATERIAL.histories,
        np.where(train[users], MATERIAL.liked, 1 - MATERIAL.liked),
        MATERIAL.split,
        MATERIAL.scores,
    )
    cluster, rates = clusters(MATERIAL)
    assert np.array_equal(rates, clusters(other)[1])
    assert cluster.max() < 9
    assert 0 < rates.min() <= rates.max() < 1


def test_an_agent_without_settings_refuses_one():
    assert NothingConfig.model_fields == {}
    with pytest.raises(ConfigError, match="unknown setting"):
        opened("random:size=3")
