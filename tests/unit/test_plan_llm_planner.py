"""A language model as a planner, against the double over HTTP: every fault falls back and is counted, and little is asked."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.plan_llm import KEYS, NAMES, QUICK, client_of, state_of

from broadsheet.core.errors import ConfigError, LLMError
from broadsheet.core.llm import Budget
from broadsheet.plan.planners.asking import Answer, ListAsker, RuleAsker
from broadsheet.plan.planners.cache import PlanCache
from broadsheet.plan.planners.llm import LLMPlanner, LLMPlannerConfig, require_llm
from broadsheet.plan.planners.table import Tastes
from broadsheet.plan.protocols import Source
from broadsheet.sample.llm import Faults, LLMServer

USERS = np.arange(20)
DUE = np.ones(len(USERS), dtype=bool)


def planner_of(server, folder, *, most=3, cache=None, reflections=(), **settings):
    asker = ListAsker(client_of(server, folder, **settings), KEYS, NAMES, most=most, reflections=reflections)
    planner = LLMPlanner("llm", asker=asker, keys=KEYS, cache=cache, config=LLMPlannerConfig(most=most))
    planner.begin(len(USERS), 0)
    return planner


def says(text):
    return lambda body: text


def test_a_code_is_asked_once_and_then_known(tmp_path):
    with LLMServer() as server:
        planner = planner_of(server, tmp_path)
        state = state_of(USERS)
        first, second = planner.plan(state, DUE), planner.plan(state_of(USERS, step=2), DUE)
        calls = server.served.calls
    assert set(first.source) == {Source.LLM}
    assert set(second.source) == {Source.CACHE}
    np.testing.assert_array_equal(first.allowed, second.allowed)
    counts = planner.counts()
    assert counts["calls"] == calls == len(np.unique(KEYS.tastes(state.affinity)))
    assert counts["llm"] == counts["cache"] == len(USERS)
    assert counts["steps"] == 2 * len(USERS)
    assert counts["calls per 1000 steps"] == pytest.approx(1000 * calls / (2 * len(USERS)))
    require_llm("llm", counts)


def test_what_is_asked_names_categories_and_enumerates_them(tmp_path):
    bodies = []

    def heard(body):
        bodies.append(body)
        return '{"categories": ["Crime"]}'

    with LLMServer(heard) as server:
        planner = planner_of(server, tmp_path, reflections=("Let a category rest.",))
        goals = np.zeros((len(USERS), len(NAMES)), dtype=np.float32)
        goals[:, 4] = 1.0
        planner.plan(state_of(USERS, recent=0.6, goals=goals), DUE)
    for body in bodies:
        said = body["messages"][-1]["content"]
        assert all(name in said for name in NAMES)
        # Percentages and the size of the plan are the only figures: a category is never a number.
        assert not re.search(r"\d", re.sub(r"\d+ %|Choose 3 ", "", said))
        assert "after: Travel" in said
        assert "seldom liked" in said
        assert "Let a category rest." in said
        schema = body["response_format"]["json_schema"]["schema"]
        assert set(NAMES) == set(re.findall("|".join(map(re.escape, NAMES)), json.dumps(schema)))


BROKEN = {
    "": "invalid: empty",
    "no thanks": "invalid: no list",
    "[1, 2, 99]": "invalid: no name",
    '{"categories": []}': "invalid: no name",
    "{" * 400: "invalid: no list",
}


@pytest.mark.parametrize(("text", "reason"), BROKEN.items())
def test_what_is_no_plan_is_asked_for_once_more_and_falls_back(text, reason, tmp_path):
    with LLMServer(says(text)) as server:
        planner = planner_of(server, tmp_path)
        plans = planner.plan(state_of(USERS), DUE)
    check_fallen(planner, plans, reason)
    assert planner.counts()["repairs"] == planner.counts()["calls"] / 2


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("429", "rate-limited"),
        ("500", "server-error"),
        ("drop", "dropped"),
        ("refusal", "refusal"),
        ("truncated", "truncated: no list"),
        ("invalid", "invalid: no list"),
        ("stall", "timeout"),
    ],
)
def test_every_fault_of_an_endpoint_falls_back_and_is_counted(fault, reason, tmp_path):
    with LLMServer(says('{"categories": ["Crime"]}'), faults=Faults({fault: 1.0}), stall=5.0, honours=False) as server:
        limits = QUICK.model_copy(update={"timeout": 0.1 if fault == "stall" else 5.0, "failures": 50})
        planner = planner_of(server, tmp_path, limits=limits)
        plans = planner.plan(state_of(USERS), DUE)
        asked = server.served.requests
        planner.plan(state_of(USERS, step=2), DUE)
        assert server.served.requests == asked
    check_fallen(planner, plans, reason, times=2)


def check_fallen(planner, plans, reason, times=1):
    counts = planner.counts()
    assert set(plans.source) == {Source.FALLBACK}
    assert plans.allowed.any(axis=1).all()
    assert counts[f"fallback, {reason}"] == counts["fallback"] == times * len(USERS)
    with pytest.raises(LLMError, match="made 0%"):
        require_llm("llm", counts)


def test_a_list_that_was_cut_or_stands_in_prose_is_still_a_plan(tmp_path):
    for number, text in enumerate(('Here: ["Crime", "Poems"] - enjoy!', '{"categories": ["Crime", "Crime", "crime", "Gardens"', '["Crime", 99]')):
        folder = tmp_path / str(number)
        folder.mkdir()
        with LLMServer(says(text)) as server:
            planner = planner_of(server, folder)
            plans = planner.plan(state_of(USERS), DUE)
        assert set(plans.source) == {Source.LLM}
        assert plans.allowed[:, 0].all()
        assert planner.counts()["read leniently"] > 0


def test_a_dead_endpoint_is_given_up_and_a_budget_kept(tmp_path):
    with LLMServer(faults=Faults({"500": 1.0})) as server:
        planner = planner_of(server, tmp_path)
        for step in range(0, 60, 2):
            planner.plan(state_of(USERS, step=step, recent=step / 100), DUE)
        assert server.served.requests <= 20
    assert planner.counts()["fallback, circuit-open"] > 0
    with LLMServer() as server:
        (tmp_path / "b").mkdir()
        planner = planner_of(server, tmp_path / "b", budget=Budget(calls=1))
        planner.plan(state_of(USERS), DUE)
        assert server.served.calls == 1
    assert planner.counts()["fallback, budget"] > 0


def test_a_plan_of_what_is_not_available_falls_back_and_never_allows_nothing(tmp_path):
    available = np.ones((len(USERS), len(NAMES)), dtype=bool)
    available[:, 0] = False
    available[0] = False
    with LLMServer(says('{"categories": ["Crime"]}')) as server:
        planner = planner_of(server, tmp_path)
        plans = planner.plan(state_of(USERS, available=available), DUE)
    assert plans.allowed.any(axis=1).all()
    assert not plans.allowed[1:, 0].any()
    assert planner.counts()["fallback, nothing of it is available"] == len(USERS)


def test_rows_that_are_not_due_are_not_planned(tmp_path):
    due = np.arange(len(USERS)) == 3
    with LLMServer() as server:
        planner = planner_of(server, tmp_path)
        planner.plan(state_of(USERS), due)
        planner.plan(state_of(USERS), np.zeros(len(USERS), dtype=bool))
    assert sum(planner.counts()[source.name.lower()] for source in Source) == 1


class Telling:
    """An asker of given values."""

    model, worn, identity = "told", 1.0, "told"

    def __init__(self, values):
        self.values = values

    def ask(self, codes):
        return [Answer(self.values) for _ in codes]

    def counts(self):
        return {}


@given(st.integers(0, 10_000), st.integers(1, 8))
@settings(max_examples=60)
def test_plans_are_of_available_categories_that_were_named_or_are_fallbacks(seed, most):
    rng = np.random.default_rng(seed)
    values = np.where(rng.random(8) < 0.5, rng.normal(size=8) - 5, -np.inf).astype(np.float32)
    available = rng.random((len(USERS), 8)) < 0.4
    planner = LLMPlanner("llm", asker=Telling(values), keys=KEYS, config=LLMPlannerConfig(most=most))
    planner.begin(len(USERS), 0)
    plans = planner.plan(state_of(USERS, recent=rng.random(8), available=available), DUE)
    for row in range(len(USERS)):
        allowed = plans.allowed[row]
        assert allowed.any()
        if plans.source[row] == Source.LLM:
            assert not (allowed & (~available[row] | (values == -np.inf))).any()
            assert allowed.sum() == min(most, (available[row] & (values > -np.inf)).sum())
        elif available[row].any():
            assert not (allowed & ~available[row]).any()


def test_what_was_shown_much_is_taken_down_and_a_cache_forgets():
    values = np.array([2.0, 1.0, 0.5] + [-9.0] * 5, dtype=np.float32)
    planner = LLMPlanner("llm", asker=Telling(values), keys=KEYS, config=LLMPlannerConfig(most=1), cache=PlanCache(ttl=2))
    planner.begin(len(USERS), 0)
    shown = np.zeros(8)
    shown[0] = 1.5
    assert planner.plan(state_of(USERS), DUE).allowed[:, 0].all()
    assert planner.plan(state_of(USERS, recent=shown), DUE).allowed[:, 1].all()
    sources = [planner.plan(state_of(USERS, step=step), DUE).source[0] for step in range(1, 5)]
    assert sources.count(Source.LLM) == sources.count(Source.CACHE) == 2


def test_a_run_named_after_a_model_must_be_of_it():
    with pytest.raises(LLMError, match="made 89%"):
        require_llm("LLM table", {"table": 89, "fallback": 11})
    require_llm("llm", {"llm": 1, "cache": 50, "table": 40, "replay": 0, "fallback": 9})
    require_llm("least-exposed", {"fallback": 100})
    with pytest.raises(LLMError):
        require_llm("smollm2", {"rule": 100})
    with pytest.raises(LLMError):
        require_llm("llm", {})


def test_without_a_model_plans_are_of_a_rule_and_no_llm():
    planner = LLMPlanner("llm", asker=RuleAsker(KEYS), keys=KEYS)
    planner.begin(len(USERS), 0)
    assert set(planner.plan(state_of(USERS), DUE).source) == {Source.RULE}
    with pytest.raises(LLMError):
        require_llm(planner.name, planner.counts())
    with pytest.raises(ConfigError):
        LLMPlanner("llm", keys=KEYS)


def test_the_taste_of_a_session_stays():
    tastes = Tastes(KEYS, len(USERS))
    rows = np.arange(len(USERS))
    first = tastes.of(state_of(USERS), rows)
    later = state_of(USERS, step=3)._replace(affinity=np.zeros((len(USERS), 8), dtype=np.float32))
    np.testing.assert_array_equal(tastes.of(later, rows), first)
    assert len(set(first.tolist())) > 1
