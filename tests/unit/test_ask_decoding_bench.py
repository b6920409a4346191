"""The bench of constrained decoding on a few outputs, and what it counts."""

import csv
from itertools import islice

import pytest

from broadsheet.ask.bench.decoding import LETTERS, suite
from broadsheet.ask.bench.held import SHOWN, given_of, likest, plain, questions_of
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.decode.retold import retold


def test_random_weights_over_every_schema_at_hand_are_counted(data, tmp_path):
    plan = AskPlan(data / "kgqa", arms=(LETTERS,))
    (row,) = suite(plan, tmp_path, "here", outputs=80).rows
    assert (row["outputs"], row["distinct"], row["parse"], row["allowed"], row["against_schema"], row["alarmed"]) == (20, 1, 1, 1, 0, 0)
    assert row["ms"] > 0
    assert suite(plan, tmp_path, "again", outputs=80).rows == (row,)


def test_variables_are_no_part_of_what_a_query_is():
    one, other = (parse(text).query for text in ("MATCH (a:X)-[:T]->(b:Y) RETURN b.k, a", "MATCH (n:X)-[:T]->(a:Y) RETURN a.k, n"))
    assert plain(one) == plain(other)
    assert plain(one) != plain(parse("MATCH (a:X)-[:T]->(b:Y) RETURN a.k, b").query)


def test_likest_questions_are_others_with_their_queries_in_the_words_of_the_grammar(data, tmp_path):
    few = tmp_path / "few.csv"
    with (data / "kgqa" / "pole" / "zograscope_train_v1.csv").open(encoding="utf-8", newline="") as lines, few.open("w", encoding="utf-8", newline="") as kept:
        csv.writer(kept).writerows(islice(csv.reader(lines), 400))
    questions, others = questions_of(few, 3)
    assert not {one.text for one in questions} & {one.text for one in others}
    for one, shown in zip(questions, likest(questions, others), strict=True):
        assert len(shown) == SHOWN
        assert {value for values in given_of(one).linked.values() for value in values} == {entity.value for entity in one.entities}
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
