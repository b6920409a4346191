"""Recorded plans: a small made-up recording answers as the model did, and says what it does not hold; a local model's scores."""

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest
from tests.unit.plan_llm import KEYS, NAMES, QUICK, state_of

from broadsheet.core.errors import RecordingError
from broadsheet.core.llm import Client, Reply
from broadsheet.core.llm.backends.recording import RecordingLLM, ReplayLLM
from broadsheet.core.llm.backends.rules import ScriptedLLM
from broadsheet.core.store import Store
from broadsheet.plan.planners.asking import ListAsker
from broadsheet.plan.planners.keys import Situation
from broadsheet.plan.planners.llm import LLMPlanner, LLMPlannerConfig, require_llm
from broadsheet.plan.planners.local import ChoiceAsker
from broadsheet.plan.planners.prompt import list_request
from broadsheet.plan.planners.replay import ReplayPlanner
from broadsheet.plan.protocols import Source

RECORDING = Path(__file__).with_name("plan_recording.jsonl")
USERS = np.arange(20)
DUE = np.ones(len(USERS), dtype=bool)
CONFIG = LLMPlannerConfig(most=3)


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "store.sqlite")
    yield made
    made.close()


def recorded(path, store, planned):
    """Record what rules say, planning the states given."""
    llm = RecordingLLM(ScriptedLLM([("", {"categories": ["Poems", "Crime"]})]), path)
    asker = ListAsker(Client(llm, store, limits=QUICK), KEYS, NAMES, most=3)
    planner = LLMPlanner("llm", asker=asker, keys=KEYS, config=CONFIG)
    planner.begin(len(USERS), 0)
    return [planner.plan(state, DUE) for state in planned]


def test_a_recording_gives_the_same_plans_without_the_model(tmp_path, store):
    states = [state_of(USERS), state_of(USERS, step=2, recent=0.5)]
    live = recorded(tmp_path / "r.jsonl", store, states)
    planner = ReplayPlanner(tmp_path / "r.jsonl", store, KEYS, NAMES, config=CONFIG)
    planner.begin(len(USERS), 0)
    for plans, state in zip(live, states, strict=True):
        again = planner.plan(state, DUE)
        np.testing.assert_array_equal(again.allowed, plans.allowed)
        assert set(again.source) == {Source.REPLAY}
    assert planner.hit_rate == 1
    require_llm(planner.name, planner.counts())


def test_what_is_not_recorded_is_an_error_or_falls_back_and_is_counted(tmp_path, store):
    recorded(tmp_path / "r.jsonl", store, [state_of(USERS)])
    tired = state_of(USERS, step=2, recent=0.5)
    strict = ReplayPlanner(tmp_path / "r.jsonl", store, KEYS, NAMES, config=CONFIG)
    strict.begin(len(USERS), 0)
    with pytest.raises(RecordingError, match="not in the recording"):
        strict.plan(tired, DUE)
    lenient = ReplayPlanner(tmp_path / "r.jsonl", store, KEYS, NAMES, miss="lenient", config=CONFIG)
    lenient.begin(len(USERS), 0)
    lenient.plan(state_of(USERS), DUE)
    assert set(lenient.plan(tired, DUE).source) == {Source.FALLBACK}
    counts = lenient.counts()
    assert counts["fallback, unrecorded"] == len(USERS)
    assert 0 < lenient.hit_rate < 1
    assert lenient.hit_rate == counts["recorded"] / (counts["recorded"] + counts["unrecorded"])


SITUATION = Situation(((0, 0.6), (1, 0.4)), ((0, 3),), -1, tuple(range(8)))


def test_the_recording_that_is_kept_here_still_answers(store):
    """A change of the wording makes another request: then VERSION changes too, and this file is recorded anew (`tests/unit/test_plan_llm_replay.py`)."""
    line = json.loads(RECORDING.read_text(encoding="utf-8").splitlines()[0])
    assert line["key"] == list_request(SITUATION, NAMES, 3).key
    (result,) = Client(ReplayLLM(RECORDING), store, limits=QUICK).run([list_request(SITUATION, NAMES, 3)])
    assert result.value.categories == ["Poems", "Travel", "Physics"]


class Scoring:
    """A model that says how likely names are: more for those that stand in the prompt, and much for short ones whatever the prompt."""

    name, model, at_once = "scoring", "letters", 1

    def __init__(self, *, tells=True):
        self.tells, self.asked = tells, 0

    async def complete(self, request, *, idempotency=""):
        self.asked += 1
        said = request.messages[-1].content
        raw = {name: said.count(name) - 3.0 * len(name) for name in request.choices}
        total = np.logaddexp.reduce(list(raw.values()))
        return Reply(text=max(raw, key=raw.get), logprobs={name: value - total for name, value in raw.items()} if self.tells else None)

    async def close(self):
        await asyncio.sleep(0)


def test_a_name_is_scored_less_what_it_scores_without_a_reader(store):
    llm = Scoring()
    asker = ChoiceAsker(Client(llm, store, limits=QUICK), KEYS, NAMES)
    code = KEYS.codes(state_of(USERS), np.array([0]), np.array([0], dtype=np.int16))[0]
    (answer,) = asker.ask([code])
    told = [row for row, _ in KEYS.situation(code).expected]
    # Names that are told are likelier than without a reader, and their length plays no part.
    assert set(np.argsort(-answer.values, kind="stable")[: len(told)].tolist()) == set(told)
    assert np.ptp(answer.values[told]) < 1e-3
    asker.ask([code])
    assert llm.asked == 2


def test_a_local_planner_is_valid_and_the_same_each_time(store):
    plans = []
    for _ in range(2):
        planner = LLMPlanner("smollm2", asker=ChoiceAsker(Client(Scoring(), store, limits=QUICK), KEYS, NAMES), keys=KEYS, config=CONFIG)
        planner.begin(len(USERS), 0)
        plans.append(planner.plan(state_of(USERS), DUE))
    np.testing.assert_array_equal(plans[0].allowed, plans[1].allowed)
    assert (plans[0].allowed.sum(axis=1) == 3).all()
    require_llm(planner.name, planner.counts())


def test_a_model_that_tells_no_chances_plans_nothing(store):
    planner = LLMPlanner("smollm2", asker=ChoiceAsker(Client(Scoring(tells=False), store, limits=QUICK), KEYS, NAMES), keys=KEYS)
    planner.begin(len(USERS), 0)
    assert set(planner.plan(state_of(USERS), DUE).source) == {Source.FALLBACK}
    assert planner.counts()["fallback, no chances told"] == len(USERS)


def test_likeness_to_what_was_shown_counts_against_a_name_and_is_asked_for_once_a_category(store):
    class Alike(Scoring):
        """Scores the names that begin like one that is told."""

        async def complete(self, request, *, idempotency=""):
            self.asked += 1
            said = request.messages[-1].content
            raw = {name: float("is most like" in said and f"slates: {name[0]}" in said) for name in request.choices}
            total = np.logaddexp.reduce(list(raw.values()))
            return Reply(text=request.choices[0], logprobs={name: value - total for name, value in raw.items()})

    names = tuple(f"{'ab'[row // 4]}{row}" for row in range(8))
    llm = Alike()
    asker = ChoiceAsker(Client(llm, store, limits=QUICK), KEYS, names, contrast=1.0)
    relevant = KEYS.relevant[0].tolist()
    codes = [np.array([0, -1, *levels], dtype=np.int16) for levels in ((2, 0, 0), (0, 3, 0), (2, 3, 0), (0, 0, 0))]
    answers = asker.ask(codes)
    for answer, shown in zip(answers, (relevant[:1], relevant[1:2], relevant[:2], []), strict=True):
        offered = np.flatnonzero(answer.values > -np.inf)
        same = np.array([np.mean([names[place][0] == names[row][0] for row in shown] or [0]) for place in offered])
        values = answer.values[offered]
        assert np.corrcoef(values, -same)[0, 1] > 0.99 if np.ptp(same) else np.ptp(values) < 1e-5
    # One question of likings, one without a reader, one for each of two categories.
    assert llm.asked == 4
