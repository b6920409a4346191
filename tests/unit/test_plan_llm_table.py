"""Plan tables, keys and names: filled for what sessions come to, kept as artefacts, looked up by the nearest code."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.plan_llm import KEYS, MATERIAL, NAMES, PAIR, SUBJECTS, affinities, client_of, state_of

from broadsheet.core.errors import ArtifactError, ConfigError, EmptySourceError
from broadsheet.plan.evaluate.run import run_sessions
from broadsheet.plan.material import Split
from broadsheet.plan.planners.asking import WORN, Answer, ListAsker, RuleAsker
from broadsheet.plan.planners.keys import GOAL, LEVELS, LIKED, LITTLE, NOTHING, TASTE, TIRED, Keys, clusters, read_code, written
from broadsheet.plan.planners.llm import LLMPlanner, LLMPlannerConfig, require_llm
from broadsheet.plan.planners.naming import Naming, named
from broadsheet.plan.planners.registry import open_planner
from broadsheet.plan.planners.rules import All
from broadsheet.plan.planners.table import KeyCounter, PlanTable
from broadsheet.plan.planning import Planning
from broadsheet.plan.protocols import Source
from broadsheet.plan.session import Sessions
from broadsheet.sample.llm import LLMServer

USERS = MATERIAL.of(Split.TRAIN)
DUE = np.ones(len(USERS), dtype=bool)


class BestAllowed:
    """Fills slates with the best unseen items that a planner allows."""

    name = "best allowed"

    def __init__(self, planner):
        self.planning = Planning(MATERIAL, planner, slate=PAIR.slate, horizon=PAIR.horizon)

    def begin(self, count, seed):
        self.planning.begin(count, seed)
        self.sessions = Sessions(MATERIAL.items, count, PAIR.slate)

    def act(self, observation):
        self.sessions.see(observation)
        rows = MATERIAL.shortlist[observation["user"]].astype(np.int64)
        mask = self.planning.mask(observation, self.sessions, rows) & (np.take_along_axis(self.sessions.times, rows, axis=1) == 0)
        order = np.argsort(~mask, axis=1, kind="stable")[:, : PAIR.slate]
        return np.where(np.take_along_axis(mask, order, axis=1), np.take_along_axis(rows, order, axis=1), -1)

    def facts(self):
        return self.planning.facts()


def met_codes():
    counter = KeyCounter(All(), KEYS)
    run_sessions(BestAllowed(counter), PAIR, USERS, streams=1)
    return counter.met


MET = met_codes()


def test_a_table_answers_for_sessions_without_a_call(tmp_path):
    with LLMServer(lambda body: json.dumps({"categories": [NAMES[len(body["messages"][-1]["content"]) % 8], "Crime", "Poems"]})) as server:
        asker = ListAsker(client_of(server, tmp_path), KEYS, NAMES, most=3)
        table = PlanTable.fill(MET, asker, KEYS, most=40)
        calls = server.served.calls
    assert calls == len(table.codes) == min(40, len(MET))
    assert table.facts["calls"] == calls
    planner = LLMPlanner("llm table", table=table, config=LLMPlannerConfig(most=3, farthest=9))
    log = run_sessions(BestAllowed(planner), PAIR, USERS, streams=1, seed=1)
    counts = planner.counts()
    assert counts["calls"] == 0
    assert counts["table"] + counts["fallback"] == log.facts["plans"]
    assert counts["codes met"] + counts["codes nearest"] + counts.get("fallback, not in the table", 0) >= 1
    require_llm(planner.name, counts)
    # What follows a session's last plan is not seen by a planner.
    assert counts["steps"] > 0
    assert counts["steps"] <= log.length.sum()


def test_a_table_is_kept_with_its_model_and_reads_back_the_same(tmp_path):
    table = PlanTable.fill(MET, RuleAsker(KEYS), KEYS, most=30, naming=Naming.IDS, reflections=("Rest.",))
    artifact = table.save(tmp_path / "table")
    again = PlanTable.load(tmp_path / "table")
    assert artifact.manifest.models == {"planner": "no model"}
    assert (again.source, again.worn, again.reasons, again.facts["names"]) == (Source.RULE, WORN, table.reasons, "ids")
    for name in ("codes", "values", "times"):
        np.testing.assert_array_equal(getattr(again, name), getattr(table, name))
    np.testing.assert_array_equal(again.keys.centres, KEYS.centres)
    assert table.save(tmp_path / "other").content_hash == artifact.content_hash
    (tmp_path / "table" / "plans.parquet").write_bytes(b"")
    with pytest.raises(ArtifactError):
        PlanTable.load(tmp_path / "table")


def test_a_code_that_is_not_there_takes_the_nearest_of_its_taste_or_none():
    base = np.array([0, -1, 0, 0, 0], dtype=np.int16)
    met = {written(base): 1, "0,-1,1,1,0": 5, "0,-1,2,2,2": 9, "1,-1,0,0,0": 2}
    table = PlanTable.fill(met, RuleAsker(KEYS), KEYS)
    assert table.times.tolist() == [9, 5, 2, 1]
    assert table.find(base, 0) == (3, 0)
    assert table.find(read_code("0,-1,1,1,1"), 3) == (1, 1)
    # Of alike distances the one met most often.
    assert table.find(read_code("0,-1,2,1,1"), 3) == (0, 2)
    assert table.find(read_code("0,-1,3,3,3"), 2) is None
    assert table.find(read_code("2,-1,0,0,0"), 9) is None
    assert table.find(read_code("0,4,0,0,0"), 9) is None


@given(st.lists(st.integers(0, 3), min_size=3, max_size=3), st.integers(0, 3), st.integers(1, 25))
@settings(max_examples=40)
def test_the_nearest_is_the_nearest_by_brute_force(levels, taste, most):
    table = PlanTable.fill(MET, RuleAsker(KEYS), KEYS, most=most)
    code = np.array([taste, -1, *levels], dtype=np.int16)
    far = [(code[LEVELS:] != other[LEVELS:]).sum() if (other[:LEVELS] == code[:LEVELS]).all() else 99 for other in table.codes]
    near = table.find(code, 3)
    assert (near is None) == (min(far) > 3)
    assert near is None or near.distance == min(far)


def test_an_answer_that_failed_falls_back_in_the_table_too():
    class Failing(RuleAsker):
        def ask(self, codes):
            return [Answer(np.full(8, -np.inf, dtype=np.float32), "timeout", Source.LLM) for _ in codes]

    planner = LLMPlanner("llm", table=PlanTable.fill(MET, Failing(KEYS), KEYS), config=LLMPlannerConfig(farthest=9))
    planner.begin(len(USERS), 0)
    assert set(planner.plan(state_of(USERS), DUE).source) == {Source.FALLBACK}
    assert planner.counts()["fallback, timeout"] == len(USERS)


def test_a_table_of_nothing_or_of_another_catalogue_is_refused():
    with pytest.raises(EmptySourceError):
        PlanTable.fill({}, RuleAsker(KEYS), KEYS)
    planner = LLMPlanner("llm", table=PlanTable.fill(MET, RuleAsker(KEYS), KEYS))
    state = state_of(USERS)
    with pytest.raises(ConfigError, match="of 8 categories, the catalogue has 7"):
        planner.plan(state._replace(available=state.available[:, :7]), DUE)


def test_levels_say_how_much_was_shown_and_how_it_was_liked():
    state = state_of(USERS[:1])
    relevant = KEYS.relevant[KEYS.tastes(state.affinity)[0]]
    state.recent[0, relevant] = [0.05, 0.2, 0.6]
    state.exposed[0, relevant] = [0.05, 0.2, 0.6]
    tastes, rows = KEYS.tastes(state.affinity), np.array([0])
    assert KEYS.codes(state, rows, tastes)[0, LEVELS:].tolist() == [NOTHING, LITTLE, TIRED]
    state.pleased[0, relevant] = 0.5
    code = KEYS.codes(state, rows, tastes)[0]
    assert code[LEVELS:].tolist() == [NOTHING, LITTLE, LIKED]
    assert [level for _, level in KEYS.situation(code).shown] == [LITTLE, LIKED]


def test_a_goal_is_part_of_the_code_and_always_on_offer():
    goals = np.zeros((len(USERS), 8), dtype=np.float32)
    goals[:, 7] = 2.0
    codes = KEYS.codes(state_of(USERS, goals=goals), np.arange(len(USERS)), KEYS.tastes(state_of(USERS).affinity))
    assert set(codes[:, GOAL]) == {7}
    assert all(7 in KEYS.situation(code).offered for code in codes)
    assert set(KEYS.codes(state_of(USERS), np.arange(len(USERS)), codes[:, TASTE])[:, GOAL]) == {-1}


def test_clusters_are_lloyds_fixed_points_and_the_same_each_time():
    rows = np.random.default_rng(0).normal(size=(80, 3)).astype(np.float32) + np.repeat(np.eye(4, 3, dtype=np.float32) * 9, 20, axis=0)
    centres = clusters(rows, 4, seed=3)
    np.testing.assert_array_equal(centres, clusters(rows, 4, seed=3))
    of = ((rows[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    assert sorted(np.bincount(of)) == [20] * 4
    np.testing.assert_allclose(centres, [rows[of == one].mean(axis=0) for one in range(4)], atol=1e-5)
    assert len(clusters(np.ones((5, 2), dtype=np.float32), 4, seed=0)) == 1


def test_users_who_are_not_of_train_change_no_key():
    changed = MATERIAL.scores[MATERIAL.of(Split.TEST)].copy()
    try:
        MATERIAL.scores[MATERIAL.of(Split.TEST)] = 0
        again = Keys.fit(affinities(USERS), KEYS.config)
    finally:
        MATERIAL.scores[MATERIAL.of(Split.TEST)] = changed
    np.testing.assert_array_equal(again.centres, KEYS.centres)


@given(st.lists(st.text(max_size=6), min_size=1, max_size=12), st.sampled_from(list(Naming)), st.integers(0, 5))
def test_names_are_distinct_whole_and_never_bare_numbers(categories, naming, seed):
    names = named(categories, naming, seed)
    assert len(names) == len(categories) == len({name.casefold() for name in names})
    assert all(name == name.strip() and name and not name.isdigit() and "\n" not in name for name in names)


def test_shuffled_names_are_the_same_names_elsewhere_and_codes_say_nothing():
    shuffled = named(SUBJECTS, Naming.SHUFFLED, seed=4)
    assert sorted(shuffled) == sorted(NAMES)
    assert shuffled != NAMES
    assert shuffled == named(SUBJECTS, Naming.SHUFFLED, seed=4)
    assert not any(word in " ".join(named(SUBJECTS, Naming.IDS)) for word in NAMES)


def test_planners_by_a_model_are_opened_by_name(tmp_path):
    PlanTable.fill(MET, RuleAsker(KEYS), KEYS, most=30).save(tmp_path / "t")
    planner = open_planner(f"llm-table:path={tmp_path / 't'},most=4", MATERIAL, slate=6, horizon=20)
    planner.begin(len(USERS), 0)
    assert planner.name == "table, by rule"
    assert set(planner.plan(state_of(USERS), DUE).source) <= {Source.RULE, Source.FALLBACK}
    with LLMServer() as server:
        client = client_of(server, tmp_path)
        asked = open_planner("llm:most=3,names=ids", MATERIAL, slate=6, horizon=20, given={"client": client, "keys": KEYS})
        asked.begin(len(USERS), 0)
        assert set(asked.plan(state_of(USERS), DUE).source) == {Source.LLM}
        assert asked.name == "llm double-1, ids"
    with pytest.raises(ConfigError, match="needs a client"):
        open_planner("llm", MATERIAL, slate=6, horizon=20)
    with pytest.raises(ArtifactError):
        open_planner(f"llm-table:path={tmp_path / 'none'}", MATERIAL, slate=6, horizon=20)
