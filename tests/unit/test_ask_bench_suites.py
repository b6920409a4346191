"""The suites of public queries, as small as they go."""

import json

import pytest

from broadsheet.ask.bench import llm_queries, planted
from broadsheet.ask.bench.fuzz import fuzzed
from broadsheet.ask.bench.inspected import controls, valid_syntax
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.bench.public import llm_queries as written
from broadsheet.ask.bench.suites import suite_of
from broadsheet.ask.check.checker import check
from broadsheet.ask.schema_files import schema_of
from broadsheet.core.seeds import generator

FARM = schema_of("(Farmer, OWNS, Field), (Field, GROWS, Crop)", "farm")


def quiet(*_):
    pass


def rows_of(bench):
    return {row["name"]: row for row in bench.rows}


def test_texts_that_nobody_writes_are_other_texts_and_come_again_with_their_seed():
    texts = ["MATCH (f:Farmer)-[:OWNS]->(x:Field) WHERE x.size > 3 RETURN f.name", "RETURN 1"]
    one, other = (list(fuzzed(texts, 200, generator(0, "fuzz"))) for _ in range(2))
    assert one == other
    assert len(set(one)) > 150
    for text in one:
        check(text, FARM)


@pytest.mark.data
def test_direction_cases_are_all_mended(data, tmp_path):
    rows = rows_of(suite_of("direction")(AskPlan(data / "kgqa"), tmp_path, "ours", quiet))
    assert (rows["ours: all"]["right"], rows["ours: all"]["right_of"]) == (1, 61)
    assert [rows[f"ours: {kind}"]["right_of"] for kind in ("to be turned", "to be left alone", "without a query that is right")] == [28, 31, 2]


@pytest.mark.data
def test_alarms_are_held_against_the_verdicts_of_people(data, tmp_path):
    rows = rows_of(suite_of("mindthequery")(AskPlan(data / "kgqa", arms=("bloom",)), tmp_path, "ours", quiet))
    (row,) = rows.values()
    assert row["recall"] >= 0.4
    assert row["alarms"] <= 0.1
    assert "SYNTAX" in row["codes of wrong"]


@pytest.mark.data
def test_recorded_models_stand_beside_texts_that_nobody_writes(data, tmp_path):
    plan = AskPlan(data / "kgqa")
    first = [one for one in written(plan) if one.database == "movies"][:3]
    flagged = next(one for one in written(plan) if one.verdict == "syntax")
    replies = [
        {"id": one.id, "query": text} for one, text in zip(first, ("MATCH (m:Movie) RETURN m.title", "MATCH (m:Film) RETURN m", "SELECT 1"), strict=True)
    ]
    (tmp_path / "sage.jsonl").write_text("\n".join(map(json.dumps, [*replies, {"id": flagged.id, "flagged": True}])))
    plan = plan._replace(recordings=tmp_path, arms=("fuzzed", "recorded: sage"))
    rows = rows_of(llm_queries.suite(plan, tmp_path / "rows", "ours", quiet, fuzzes=100))
    sage, fuzz = rows["recorded: sage"], rows["fuzzed"]
    assert (sage["read"], sage["faults"], sage["syntax"], sage["inverts"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3), 1, 1)
    assert fuzz["texts"] == 100
    assert fuzz["worst_ms"] > fuzz["ms"]


@pytest.mark.data
def test_faults_planted_into_public_queries_are_seen(data, tmp_path):
    bench = planted.suite(AskPlan(data / "kgqa", seeds=1), tmp_path, "ours", quiet, drawn=2)
    rows = rows_of(bench)
    assert rows["ours"]["seen"] > 0.95
    assert rows["ours"]["alarms_of"] == 2 * bench.data["schemas"]
    assert not {row["looked_at"] for name, row in rows.items() if name.startswith("alarm on")} & {planted.NOT_SEEN}


@pytest.mark.data
def test_what_was_looked_at_is_there(data):
    known = {one.id for one in written(AskPlan(data / "kgqa"))}
    assert valid_syntax() <= known
    assert {name for name in controls() if name.startswith(("gpt", "opus"))} <= known
