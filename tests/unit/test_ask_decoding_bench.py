"""The bench of constrained decoding on a few outputs, and what it counts."""

import polars as pl
import pytest

from broadsheet.ask.bench.decoding import LETTERS, suite
from broadsheet.ask.bench.held import SHOWN, likest, plain, read_questions, same_rows
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.decode.retold import retold
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.tables import Graph


def test_random_weights_over_every_schema_at_hand_are_counted(data, tmp_path):
    plan = AskPlan(data / "kgqa", arms=(LETTERS,))
    (row,) = suite(plan, tmp_path, "here", outputs=80).rows
    assert (row["outputs"], row["distinct"], row["parse"], row["allowed"], row["against_schema"], row["alarmed"]) == (20, 1, 1, 1, 0, 0)
    assert row["ms"] > 0
    assert suite(plan, tmp_path, "again", outputs=80).rows == (row,)


def test_questions_have_their_gold_queries_and_linked_values(data):
    path = data / "kgqa" / "pole" / "zograscope_train_v1.csv"
    questions = read_questions(path, 60)
    assert questions[:9] == read_questions(path, 9)
    assert sum(bool(one.given.linked) for one in questions) > 50


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


def test_likest_questions_are_others_with_their_queries_in_the_words_of_the_grammar(data):
    questions = read_questions(data / "kgqa" / "pole" / "zograscope_train_v1.csv", 60)
    for one, shown in zip(questions[:5], likest(questions[:5], questions), strict=True):
        assert len(shown) == SHOWN
        assert one.question not in [example.question for example in shown]
        assert all(retold(parse(example.query).query) == example.query for example in shown)


WORDS = [
    ("MATCH (a:X)-[:T]->(b) RETURN b", None),
    (
        "MATCH (a:X WHERE a.k = 1 AND a.n > 2)-[e:T]-(:Y) RETURN a.k AS k, count(e) AS c ORDER BY c",
        "MATCH (x:X {k: 1})-[r:T]-(:Y) WHERE x.n > 2 RETURN x.k, count(r) ORDER BY count(r)",
    ),
    ("MATCH (:X)-[:T]->(b:Y) MATCH (b:Y {k: 'a'}) RETURN *", None),
    ("MATCH (:X)-[:T]->(b:Y) MATCH (b:Y {k: 'a'})--(:X) RETURN b", "MATCH (x:X)-[:T]->(y:Y) MATCH (y)--(:X) WHERE y.k = 'a' RETURN y"),
    ("MATCH (a:X) WITH a, max(a.k) AS m WHERE m > 1 RETURN m", "MATCH (x:X) WITH x, max(x.k) AS max_x_k WHERE max_x_k > 1 RETURN max_x_k"),
    ("MATCH (a:X) WHERE EXISTS { MATCH (a)-[:T]->(:Y) } RETURN a", "MATCH (x:X) WHERE (x)-[:T]->(:Y) RETURN x"),
    ("UNWIND [1] AS a RETURN a", None),
]


@pytest.mark.parametrize(("text", "words"), WORDS)
def test_a_query_is_retold_in_the_words_of_the_grammar(text, words):
    assert retold(parse(text).query) == words
