"""Cypher to a tree and back: what is read, what is not, and that no text at all makes the reader fall or hang."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ask.cypher.faults import SyntaxFault
from broadsheet.ask.cypher.logic import conjunction, conjuncts, disjuncts
from broadsheet.ask.cypher.nodes import Binary, Literal_, Match, NodePattern, Projection, RelationPattern
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.cypher.tokens import tokens
from broadsheet.ask.explain.reader import read_explanation
from broadsheet.ask.explain.writer import explain

QUERIES = (
    "MATCH (p:Person {name: 'Ana'})-[r:DIRECTED]->(f:Film) WHERE f.year > 2000 AND NOT f.title CONTAINS 'x' RETURN p.name AS who, count(DISTINCT f) ORDER BY who DESC LIMIT 3",
    "MATCH (a:A|B)-[:X|Y*1..3]-(b), (c)<--() OPTIONAL MATCH p = shortestPath((a)-[*]-(c)) WITH *, length(p) AS n WHERE n IS NOT NULL RETURN DISTINCT a, n SKIP 1 LIMIT 2",
    "UNWIND [1, -2.5, 'three', true, NULL, $four] AS x RETURN CASE x WHEN 1 THEN 'a' ELSE [y IN range(0, 3) WHERE y % 2 = 0 | y ^ 2] END AS z UNION ALL RETURN {k: 1}['k'] AS z",
    "MATCH (n) WHERE EXISTS { MATCH (n)-[:R]->(m) WHERE m.x = n.x } AND COUNT { (n)--() } > 2 AND any(l IN labels(n) WHERE l STARTS WITH 'P') RETURN n {.a, .*, b: n.c}",
    "MATCH (n:`odd label` {`odd key`: 1}) WHERE n.x < 1 OR n.x = 2 XOR n.y IN [1, 2] RETURN reduce(s = 0, v IN n.list | s + v) AS `order`, [(n)-[:R]->(m) WHERE m.x > 1 | m.y]",
    "CALL { MATCH (n) RETURN n LIMIT 1 } RETURN -n.x + - -3 * (2 + 1), not(n.a = n.b), n.list[0], n.list[1..2], date().year, duration.between(n.a, n.b).days",
    "MATCH (x0:Person WHERE x0.name = \"O'Hara\")-[k:KNOWS WHERE k.since < 3]-(x1) RETURN x0.name =~ '.*\\\\d' AS hit, n:Label AS l, exists((x0)--(x1))",
)


@pytest.mark.parametrize("text", QUERIES)
def test_what_is_printed_is_read_as_the_same_tree_and_printed_alike(text):
    query = parse(text).query
    assert query is not None, parse(text).faults
    again = parse(canonical(query)).query
    assert again == query
    assert canonical(again) == canonical(query)


@pytest.mark.parametrize("text", QUERIES)
def test_an_explanation_is_read_as_the_query_that_it_explains(text):
    query = parse(text).query
    assert read_explanation(explain(query)) == query


def test_parts_of_parts_without_end_are_quoted_and_read_back():
    for text in (
        "RETURN a.b = (c)-[:R]->(d), a.b <> EXISTS { (c) } AND (c)--(d), NOT (c)--(d)",
        "RETURN a" + ".b" * 80,
        "RETURN a" + "[0]" * 80,
        "RETURN a.b.c.d[1].e",
    ):
        query = parse(text).query
        assert read_explanation(explain(query)) == query


def test_a_comparison_with_null_is_told_otherwise_than_what_is_missing_and_read_back():
    said = {}
    for test in ("f.x IS NULL", "f.x = NULL", "f.x IS NOT NULL", "f.x <> NULL", "NULL = f.x", "f.x < NULL", "f.x = f.`null`", "NULL = NULL"):
        query = parse(f"MATCH (f:Film) WHERE {test} RETURN NULL AS `equals`, [NULL] AS n LIMIT 1").query
        said[explain(query)] = test
        assert read_explanation(explain(query)) == query
    assert len(said) == 8
    assert sum("the null that nothing equals" in one for one in said) == 5
    assert all(one.endswith("nothing as `equals`, [nothing] as n; at most 1 row.") for one in said)


def test_an_explanation_says_every_literal_and_every_direction():
    said = explain(
        parse("MATCH (a:A)<-[:R]-(b:B {k: 'v'}) WHERE a.x = -1 AND b.y IN ['p', 'q'] RETURN CASE WHEN a.x < 7 THEN 'old' ELSE 'new' END LIMIT 9").query
    )
    for part in ("'v'", "-1", "'p'", "'q'", "7", "'old'", "'new'", "9", "relation R from", "is less than"):
        assert part in said


def test_places_are_code_points_of_the_text():
    text = "MATCH (é:Ünïcode)-[:𝕏]->(b) RETURN é.名"
    query = parse(text).query
    match, projection = query.parts[0].clauses
    assert isinstance(match, Match)
    assert isinstance(projection, Projection)
    node, relation, _ = match.paths[0].elements
    assert text[slice(*node.place)] == "(é:Ünïcode)"
    assert text[slice(*relation.place)] == "-[:𝕏]->"
    assert text[slice(*projection.items[0].expression.key_place)] == "名"
    assert isinstance(node, NodePattern)
    assert isinstance(relation, RelationPattern)


def test_comments_case_and_white_space_change_nothing():
    one = parse("match /* all */ (n:Film)\n\twhere n.year>2000 // new ones\nreturn N.title, COUNT(n)").query
    other = parse("MATCH (n:Film) WHERE n.year > 2000 RETURN N.title, count(n)").query
    assert one == other


def test_a_query_in_a_fence_or_in_quotation_marks_is_read_at_its_own_places():
    for text in ("```cypher\nMATCH (n) RETURN n\n```", '"MATCH (n) RETURN n"'):
        match = parse(text).query.parts[0].clauses[0]
        assert text[slice(*match.place)] == "MATCH (n)"


def test_operators_bind_as_cypher_says():
    one = parse("RETURN 1 + 2 * 3 ^ 2 = 19 AND NOT false OR true").query
    assert one is not None
    assert one == parse("RETURN ((1 + (2 * (3 ^ 2))) = 19 AND (NOT false)) OR true").query
    chain = parse("RETURN 1 < 2 <= 3").query.parts[0].clauses[0].items[0].expression
    assert chain == Binary("AND", Binary("<", Literal_(1), Literal_(2)), Binary("<=", Literal_(2), Literal_(3)))


@pytest.mark.parametrize(
    ("hops", "said"),
    [
        ("*1", "with exactly 1 relation KNOWS in a row"), ("*1..", "with at least 1 relation KNOWS in a row"), ("*..1", "with at most 1 relation KNOWS in a row"),
        ("*2", "with exactly 2 relations KNOWS in a row"), ("*1..3", "with 1 to 3 relations KNOWS in a row"),
    ],
)  # fmt: skip
def test_one_relation_in_a_row_is_told_in_the_singular(hops, said):
    query = parse(f"MATCH (a:Person)-[:KNOWS{hops}]->(b:Person) RETURN b").query
    assert said in explain(query)
    assert read_explanation(explain(query)) == query


def test_words_of_clauses_may_be_names():
    text = (
        "MATCH (match:Match)-[:IN]->(end) WITH match, end MATCH (end)--(with) WHERE match.id = end.id RETURN match, count(DISTINCT match) AS n, end ORDER BY n"
    )
    query = parse(text).query
    assert query is not None, parse(text).faults
    assert parse(canonical(query)).query == query
    assert read_explanation(explain(query)) == query


@pytest.mark.parametrize(
    ("text", "what", "place"),
    [
        ("MATCH (n:Film RETURN n", "')' is missing before 'RETURN'", 14),
        ("MATCH (n) WHERE n.x != 1 RETURN n", "unequal is written <> in Cypher", 20),
        ("MATCH (n) RETURN n; MATCH (m) RETURN m", "'MATCH' stands behind the end of the query", 20),
        ("RETURN 'open", "a quotation mark is not closed", 7),
        ("SELECT * FROM t", "a query begins with MATCH, OPTIONAL MATCH, UNWIND, WITH, RETURN or CALL, not with 'SELECT'", 0),
        ("MATCH (n) RETURN", "an expression is missing at the end", 16),
        ("RETURN 1x", "'1x' is no number", 7),
        ("ＭＡＴＣＨ (n) RETURN n", "a query begins with", 0),
    ],
)
def test_faults_have_a_place_and_say_what_is_missing(text, what, place):
    parsed = parse(text)
    assert parsed.query is None
    assert what in parsed.faults[0].what
    assert parsed.faults[0].start == place


def test_after_a_fault_the_next_clause_is_read():
    faults = parse("MATCH (n:Film WHERE n.x = 1 MATCH (m RETURN m").faults
    assert [fault.start for fault in faults] == [28, 37]


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from("MATCH ( ) [ ] { } - > < : | RETURN WHERE WITH n 1 'a' , . .. AS CASE END IN NOT = $p `q`".split()), max_size=60).map(" ".join)
)
@settings(max_examples=300, deadline=None)
def test_no_text_makes_the_reader_fall(text):
    query = parse(text).query
    if query is not None:
        assert parse(canonical(query)).query == query
        assert read_explanation(explain(query)) == query


@pytest.mark.parametrize(
    "text",
    [
        "RETURN " + "(" * 5000,
        "RETURN " + "[" * 5000,
        "RETURN " + "-" * 5000 + "1",
        "RETURN 1" + " + 1" * 20000,
        "MATCH (n {x: " * 400,
        "RETURN " + "NOT " * 9000 + "a",
        "(" * 100_000,
        "MATCH " + "(a)-->" * 9000,
    ],
)
def test_what_is_nested_without_end_is_a_fault_and_not_a_fall(text):
    assert parse(text).query is None


def test_mutilated_queries_are_read_or_refused():
    draw = random.Random(0)
    for number in range(1500):
        text = list(QUERIES[number % len(QUERIES)])
        for _ in range(draw.randint(1, 5)):
            place = draw.randrange(len(text))
            text[place : place + draw.randint(0, 4)] = draw.choice("()[]{}-><:|'\"`*.,;$ x1")
        query = parse("".join(text)).query
        if query is not None:
            assert parse(canonical(query)).query == query


def test_a_text_that_is_no_explanation_is_a_fault():
    for text in ("1. Find.", "1. Give back the name of.", "Give back x.", "1. Give back x. And more"):
        with pytest.raises(SyntaxFault):
            read_explanation(text)
    assert [token.text for token in tokens("a.b")] == ["a", ".", "b", ""]


@pytest.mark.data
def test_public_queries_are_read_back_from_print_and_from_words(data):
    read = 0
    lines = (data / "kgqa" / "text2cypher_llm_queries.jsonl").read_text().splitlines()[::9]
    for line in lines:
        query = parse(json.loads(line)["cypher"]).query
        if query is not None:
            read += 1
            assert parse(canonical(query)).query == query
            assert read_explanation(explain(query)) == query
    assert read > 0.98 * len(lines)


@pytest.mark.parametrize(
    ("condition", "all_of", "one_of"),
    [("a.x AND (a.y OR a.z) AND a.w", 3, 1), ("a.x AND a.y OR a.z AND a.w", 1, 2), ("NOT (a.x AND a.y)", 1, 1), ("a.x OR (a.y OR a.z)", 1, 3)],
)
def test_a_condition_is_taken_apart_and_put_together_again(condition, all_of, one_of):
    where = parse(f"MATCH (a) WHERE {condition} RETURN a").query.parts[0].clauses[0].where
    assert (len(conjuncts(where)), len(disjuncts(where))) == (all_of, one_of)
    assert conjunction(conjuncts(where)) == where
