"""The bench of constrained decoding on a few outputs, and what it counts."""

import polars as pl

from broadsheet.ask.bench.decoding import LETTERS, plain, read_questions, same_rows, suite
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.tables import Graph


def test_random_weights_over_every_schema_at_hand_are_counted(data, tmp_path):
    plan = AskPlan(data / "kgqa", arms=(LETTERS,))
    (row,) = suite(plan, tmp_path, "here", outputs=20).rows
    assert (row["outputs"], row["distinct"], row["parse"], row["allowed"], row["against_schema"], row["alarmed"]) == (20, 1, 1, 1, 0, 0)
    assert row["ms"] > 0
    assert suite(plan, tmp_path, "again", outputs=20).rows == (row,)


def test_questions_have_their_gold_queries_and_linked_values(data):
    questions = read_questions(data / "kgqa" / "pole" / "zograscope_train_v1.csv", 30)
    assert len(questions) == 30
    assert questions == read_questions(data / "kgqa" / "pole" / "zograscope_train_v1.csv", 30)
    assert all(value in one.question for one in questions for values in one.given.linked.values() for value in values if value.isalpha()) or any(
        one.given.linked for one in questions
    )


def test_variables_are_no_part_of_what_a_query_is():
    one, other = (parse(text).query for text in ("MATCH (a:X)-[:T]->(b:Y) RETURN b.k, a", "MATCH (n:X)-[:T]->(a:Y) RETURN a.k, n"))
    assert plain(one) == plain(other)
    assert plain(one) != plain(parse("MATCH (a:X)-[:T]->(b:Y) RETURN a.k, b").query)


def test_answers_are_bags_of_rows_and_ordered_only_where_that_is_asked():
    with Ladybug(Graph({"Ship": pl.DataFrame({"name": ["Ana", "Bo", "Bo"]})}, ())) as graph:
        up, down, once = (
            graph.run(parse(f"MATCH (s:Ship) RETURN {said}").query) for said in ("s.name ORDER BY s.name", "s.name ORDER BY s.name DESC", "DISTINCT s.name")
        )
    assert same_rows(up, down, ordered=False)
    assert not same_rows(up, down, ordered=True)
    assert not same_rows(up, once, ordered=False)
