"""The benches of planners by a language model at toy size: rows of reading and calling, tables of the arms of names."""

import dataclasses

import numpy as np
import pytest
from tests.unit.plan_llm import QUICK, client_of
from tests.unit.test_plan_llm_replay import Scoring

from broadsheet.core.errors import LLMError
from broadsheet.core.llm import Client
from broadsheet.core.store import Store
from broadsheet.plan.bench.filled import CALLED
from broadsheet.plan.bench.planners import FAULTY, READ, SOUND, TABLE, PlannersPlan, bench_planners, corpus
from broadsheet.plan.bench.tables import BY_RULE, NAME_ARMS, copied, met_codes, name_planners, name_tables, reflected
from broadsheet.plan.datasets.made import made
from broadsheet.plan.environment.truth import Truth
from broadsheet.plan.material import Split
from broadsheet.plan.planners.keys import KeysConfig, fit_keys
from broadsheet.plan.planners.llm import require_llm
from broadsheet.plan.planners.reading import read_plan
from broadsheet.plan.protocols import Source
from broadsheet.sample.llm import LLMServer

PAIR = dataclasses.replace(made(users=24, items=80, categories=8), horizon=4)
COARSE = KeysConfig(tastes=2, relevant=2, offered=8)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store.sqlite")
    yield store
    store.close()


def test_rows_say_how_plans_came_about(tmp_path):
    bench = bench_planners(PlannersPlan(PAIR, codes=6, streams=1, keys=COARSE), tmp_path, "bench")
    rows = {row["name"]: row for row in bench.rows}
    assert not bench.missing
    assert rows[READ]["as known"] == 1
    assert rows[SOUND]["fallback"] < 0.1
    assert rows[FAULTY]["fallback"] > rows[SOUND]["fallback"]
    assert rows[FAULTY]["repaired"] > 0
    assert (rows[TABLE]["calls"], rows[TABLE]["calls to fill"]) == (0, 6)


def test_the_corpus_says_of_each_text_whether_a_plan_is_in_it():
    names = ("Crime", "Poems", "Cooking", "Travel")
    held = corpus(names)
    assert {whether for _, whether in held} == {True, False}
    assert all(bool(read_plan(text, names, range(4), 8).rows) == whether for text, whether in held)


def test_tables_of_all_arms_have_the_same_codes_and_are_filled_once(tmp_path, store):
    keys, llm = fit_keys(PAIR.material, COARSE), Scoring()
    tables = name_tables(PAIR, Client(llm, store, limits=QUICK), tmp_path, codes=5, keys=keys)
    assert list(tables) == list(NAME_ARMS)
    for arm, table in tables.items():
        np.testing.assert_array_equal(table.codes, tables[BY_RULE].codes)
        assert (table.source is Source.RULE) == (arm == BY_RULE)
    asked = llm.asked
    again = name_tables(PAIR, Client(llm, store, limits=QUICK), tmp_path, codes=5, keys=keys)
    assert llm.asked == asked
    for arm, table in again.items():
        np.testing.assert_array_equal(table.values, tables[arm].values)
    assert [planner.name for planner in name_planners(tables).values()] == [
        "LLM table, names", "LLM table, shuffled", "LLM table, ids", "table, by rule",
    ]  # fmt: skip
    assert list(name_tables(PAIR, None, tmp_path, codes=5, keys=keys)) == [BY_RULE]


def test_the_table_by_rule_is_not_taken_for_a_language_model():
    for arm, called in CALLED.items():
        if arm == BY_RULE:
            require_llm(f"{called} + greedy", {"rule": 1})
        else:
            with pytest.raises(LLMError):
                require_llm(f"{called} + greedy", {"rule": 1})


def test_what_sessions_come_to_follows_from_what_agents_know_and_from_train_users():
    keys = fit_keys(PAIR.material, COARSE)
    met = met_codes(PAIR, keys, streams=1)
    other = Truth(np.roll(PAIR.truth.logits, 1, axis=1), PAIR.truth.kernel)

    assert met_codes(dataclasses.replace(PAIR, truth=other), keys, streams=1) == met
    np.testing.assert_array_equal(copied(PAIR).truth.logits, PAIR.material.scores)
    # Test users' scores play no part.
    held = PAIR.material.scores.copy()
    try:
        PAIR.material.scores[PAIR.material.of(Split.TEST)] = 0
        assert met_codes(PAIR, keys, streams=1) == met
    finally:
        PAIR.material.scores[:] = held


def test_the_critic_looks_back_on_train_users_sessions_and_the_pool_is_frozen(tmp_path):
    with LLMServer(lambda body: "Rest what was shown twice.") as server:
        pool = reflected(PAIR, client_of(server, tmp_path), fit_keys(PAIR.material, COARSE), sessions=5)
        assert server.served.calls <= 5
    assert 0 < len(pool) <= 5
    assert pool.frozen
    assert set(pool.draw(0)) == {"Rest what was shown twice."}
