"""What a session, a log or a planner may bring that nobody planned for: it is met, or told in two lines."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from broadsheet.cli.plan import run
from broadsheet.core.errors import ArtifactError, BroadsheetError, ConfigError, RecordError, RecordingError
from broadsheet.plan.agents.planned import PlannedGreedy
from broadsheet.plan.agents.registry import open_agent
from broadsheet.plan.bundle import Ask, PlanBundle, open_bundle
from broadsheet.plan.datasets.made import made
from broadsheet.plan.laws import level
from broadsheet.plan.planners.reading import read_plan
from broadsheet.plan.planners.registry import open_planner
from broadsheet.plan.protocols import Plans
from broadsheet.plan.replay import Request, record, replay

PAIR = replace(made(24, 60), horizon=6).with_laws(leave=1.0)
USERS = np.arange(10)


@pytest.fixture(scope="module")
def bundle() -> PlanBundle:
    return open_bundle()


@pytest.fixture(scope="module")
def log(bundle) -> str:
    """A slate that was drawn, so that its seed shows."""
    return record(bundle, Request((Ask("r00000"),), draw=True))[1]


def opened(spec, material=PAIR.material):
    return open_agent(spec, material, slate=PAIR.slate, horizon=PAIR.horizon)


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize("spec", ["worn", "linucb", "planned+least-exposed:ttl=3"])
def test_an_agent_in_an_environment_that_begins_anew_by_itself_forgets_what_has_ended(spec, mode):
    """Each session's slate is that of an agent which saw nothing but this session."""
    env = PAIR.judge(USERS, count=len(USERS), autoreset=mode)
    agent = opened(spec)
    agent.begin(len(USERS), 0)
    seen, _ = env.reset(seed=1)
    for _ in range(11):
        slates = agent.act(seen)
        before, (seen, *_) = seen, env.step(slates)
    for row in range(len(USERS)):
        alone, steps = opened(spec), int(before["step"][row])
        alone.begin(1, 0)
        for step in range(steps + 1):
            mine = alone.act({name: np.array([step], np.int32) if name == "step" else part[row : row + 1] for name, part in before.items()})
        assert steps == PAIR.horizon or mine[0].tolist() == slates[row].tolist()


@pytest.mark.parametrize("spec", ["greedy", "mmr", "calibrated", "worn", "planned+mask-recent", "planned:spread=1+saturation-mpc"])
def test_scores_far_below_zero_change_no_rank(spec):
    """A mask that multiplies would turn about here."""
    low = replace(PAIR.material, scores=(PAIR.material.scores - np.float32(64)).astype(np.float32))
    seen, _ = PAIR.copy(USERS, len(USERS)).reset(seed=1)
    for material in (PAIR.material, low):
        agent = opened(spec, material)
        agent.begin(len(USERS), 0)
        slates = agent.act(seen)
        assert all(len(set(slate)) == PAIR.slate for slate in slates.tolist())
        if agent.name.startswith("planned"):
            assert agent.facts()["outside"] == 0
    assert (slates >= 0).all()


class Odd:
    """A planner that gives what it is told to."""

    name = "odd"

    def __init__(self, *, ttl: int = 1, source: int = 0, categories: int = 10) -> None:
        self.ttl, self.source, self.categories = ttl, source, categories

    def begin(self, count, seed):
        pass

    def plan(self, state, due):
        allowed = np.zeros(state.available.shape, dtype=bool)
        allowed[:, : self.categories] = True
        return Plans(allowed, np.full(len(due), self.ttl, np.int32), np.full(len(due), self.source, np.int8))

    def counts(self):
        return {}


@pytest.mark.parametrize("planner", [Odd(ttl=2**31 - 1), Odd(ttl=0), Odd(ttl=-7), Odd(categories=0)])
def test_plans_of_no_sense_still_fill_slates(planner):
    agent, env = PlannedGreedy(PAIR.material, planner, PAIR.slate, PAIR.horizon), PAIR.copy(USERS, len(USERS))
    agent.begin(len(USERS), 0)
    seen, _ = env.reset(seed=1)
    for _ in range(3):
        slates = agent.act(seen)
        seen, *_ = env.step(slates)
    facts = agent.facts()
    assert agent.planning.plans.ttl.max() <= PAIR.horizon
    assert facts["plans"] == (len(USERS) if planner.ttl > 1 else facts["plans"]) > 0
    assert facts["fallbacks"]["empty"] == (0 if planner.categories else facts["plans"])


def test_a_source_that_there_is_not_is_told():
    agent = PlannedGreedy(PAIR.material, Odd(source=9), PAIR.slate, PAIR.horizon)
    seen, _ = PAIR.copy(USERS, len(USERS)).reset(seed=1)
    agent.begin(len(USERS), 0)
    with pytest.raises(RecordError, match="names a source"):
        agent.act(seen)


def test_settings_of_no_sense_are_told():
    for spec in ("all:ttl=99999999999", "mask-recent:treshold=1", "llm", "llm-table"):
        with pytest.raises(ConfigError):
            open_planner(spec, PAIR.material, slate=6, horizon=6)
    with pytest.raises(ConfigError, match="Did you mean 'middle'"):
        level("midle")


ODD = (None, -1, 2.5, 10**30, "x", "", [], ["x"], [-1], [10**6], [[1]], {}, {"a": 1})


def tampered(text, number, place):
    """Yield the log with what stands at a place of a line replaced, by all that is not the same."""
    lines = text.splitlines()
    for value in ODD:
        whole = json.loads(lines[number])
        at = whole
        for part in place[:-1]:
            at = at[part]
        if at[place[-1]] != value:
            at[place[-1]] = value
            yield "\n".join([*lines[:number], json.dumps(whole), *lines[number + 1 :], ""])


@pytest.mark.parametrize("place", [("kind",), ("key",), ("allowed",), ("ttl",), ("source",)])
def test_a_plan_of_a_log_that_was_tampered_with_is_told(bundle, log, place):
    for text in tampered(log, 1, place):
        with pytest.raises(BroadsheetError):
            replay(text, bundle)


@pytest.mark.parametrize("place", [("bundle",), ("request",), ("request", "asks"), ("request", "shown"), ("request", "seed"), ("request", "asks", 0, "user")])
def test_a_request_of_a_log_that_was_tampered_with_is_told(bundle, log, place):
    for text in tampered(log, 0, place):
        with pytest.raises(BroadsheetError):
            replay(text, bundle)


def test_a_category_that_there_is_not_in_a_log_is_told(bundle, log):
    head, plan, *rest = log.splitlines()
    plan = json.dumps({**json.loads(plan), "allowed": [99]})
    with pytest.raises(RecordError, match="none of the"):
        replay("\n".join([head, plan, *rest, ""]), bundle)


def test_every_byte_of_a_log_counts_and_a_title_may_hold_ends_of_lines(bundle):
    items = bundle.material.items
    titled = replace(bundle, material=replace(bundle.material, items=replace(items, titles=tuple(f"one\u2028two\x85{name}" for name in items.ids))))
    _, text = record(titled, Request((Ask("r00000"),), (), 2))
    assert "\u2028" in text
    assert replay(text, titled).differs == 0
    for other in (text[:-1], text.replace("\n", "\r\n"), text + "\n"):
        with pytest.raises((RecordingError, RecordError)):
            replay(other, titled)
    with pytest.raises(ArtifactError, match="written with"):
        replay(text.replace(bundle.artifact.content_hash, "0" * 64, 1), titled)


def test_what_a_model_thinks_aloud_is_not_its_plan():
    said = '<think>perhaps ["Poems"]</think>{"categories": ["Crime"]}'
    assert read_plan(said, ["Poems", "Crime"], [0, 1], 2).rows == (1,)
    assert read_plan("<think>[1]</think>", ["Poems", "Crime"], [0, 1], 2).reason == "empty"


def test_the_example_of_plan_run_is_of_items_that_the_bundle_of_the_package_has(bundle):
    said = re.search(r"--history (\S+) --shown (\S+)", str(run.__doc__))
    assert said
    named = ",".join(said.groups()).replace(":liked", "").split(",")
    assert set(named) <= set(bundle.material.items.ids)
