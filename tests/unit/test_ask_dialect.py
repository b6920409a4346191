"""Cypher's meaning kept by the engine: held against a reading that tries everything, on small random graphs, and against answers worked out by hand."""

import random
import sys
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from cypher_oracle import Open, Oracle, bag
from cypher_queries import Asked, Shaped, random_graph

from broadsheet.ask.cypher.dialects.neo4j import neo4j
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.graph.engine import Caps
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.tables import Graph, Joined
from broadsheet.ask.graph.values import EdgeId, GraphEdge, GraphNode, GraphPath, NodeId
from broadsheet.core.errors import QueryError
from broadsheet.core.schema import Columns

S, E = Columns.GRAPH_START, Columns.GRAPH_END
# Ana knows Bo twice and herself; Bo knows Cy, Cy knows Ana. A label and a type have one name but for case; keys differ but for case, or have odd letters.
SMALL = Graph(
    {
        "Person": pl.DataFrame(
            {
                "name": ["Ana", "Bo", "Cy"],
                "age": [40, None, 20],
                "tags": [["a", "b"], [], None],
                "Name": ["x", "y", "z"],
                "born": [date(1986, 2, 9), None, None],
            }
        ),
        "Film": pl.DataFrame({"title": ["Up", "Her"], "age": ["12", "16"], "box office": [1.5, 2.5], "at": [datetime(2026, 2, 9, 10, 30), None]}),
        "FILM": pl.DataFrame({"title": ["UP"]}),
        "Alone": pl.DataFrame({"title": ["only"]}),
    },
    (
        Joined("KNOWS", "Person", "Person", pl.DataFrame({S: [0, 0, 0, 1, 2], E: [1, 1, 0, 2, 0], "since": [1, 2, 3, 4, None]})),
        Joined("film", "Person", "Film", pl.DataFrame({S: [0, 1, 2], E: [0, 0, 1]})),
    ),
)


@pytest.fixture(scope="module")
def small():
    with Ladybug(SMALL) as engine:
        yield engine


@pytest.mark.parametrize("seed", range(3))
def test_random_queries_over_random_graphs_have_the_answers_that_trying_everything_gives(seed):
    chance = random.Random(seed)
    graph = random_graph(chance, (4, 6, 9)[seed])
    oracle, asked, refused = Oracle(graph), Asked(chance), 0
    with Ladybug(graph) as engine:
        for _ in range(30):
            text = asked.query()
            query = parse(text).query
            assert query is not None, text
            try:
                found = engine.run(query, caps=Caps(10.0, 10**6, 10**9))
            except QueryError:
                refused += 1
                continue
            assert bag(found.rows) == bag(oracle.run(query)), text
    assert refused < 10


@pytest.mark.parametrize("seed", [5, 16])
def test_rows_that_are_sorted_cut_grouped_and_unwound_are_those_that_trying_everything_gives(seed):
    chance = random.Random(seed)
    graph = random_graph(chance, 4)
    oracle, asked, refused = Oracle(graph), Shaped(chance), 0
    with Ladybug(graph) as engine:
        for _ in range(40):
            text = asked.query()
            query = parse(text).query
            assert query is not None, text
            try:
                found = engine.run(query, caps=Caps(10.0, 10**6, 10**9))
                assert oracle.admits(query, list(found.rows)), text
            except QueryError:
                refused += 1
            except Open:
                continue
    assert refused < 18


# A query, and the rows of its answer; of several rows in any order.
BY_HAND = [
    ("MATCH (a {name: 'Ana'})-[:KNOWS]->(b) RETURN b.name", [("Bo",), ("Bo",), ("Ana",)]),
    ("MATCH (a {name: 'Ana'})-[:KNOWS]-(b) RETURN b.name", [("Bo",), ("Bo",), ("Ana",), ("Cy",)]),
    ("MATCH (a)-[r:KNOWS]-(a) RETURN r.since", [(3,)]),
    ("MATCH (a {name: 'Ana'})-[:KNOWS]->(b {name: 'Bo'})<-[:KNOWS]-(c) RETURN c.name", [("Ana",), ("Ana",)]),
    ("MATCH (a {name: 'Ana'})-[:KNOWS]->(b {name: 'Bo'}) MATCH (b)<-[:KNOWS]-(c) RETURN c.name", [("Ana",)] * 4),
    ("MATCH (a {name: 'Bo'})-[r:KNOWS*2..3]->(b) RETURN b.name, size(r)", [("Ana", 2), ("Ana", 3), ("Bo", 3), ("Bo", 3)]),
    ("MATCH p = shortestPath((a {name: 'Bo'})-[:KNOWS*]->(b {name: 'Ana'})) RETURN length(p), [n IN nodes(p) | n.name]", [(2, ["Bo", "Cy", "Ana"])]),
    ("MATCH (n) WHERE n.title > 2020 RETURN n", []),
    ("MATCH (n) WHERE n.age = 20 OR n.age = '16' RETURN n.age", [(20,), ("16",)]),
    ("MATCH (n) RETURN n.age", [(40,), (None,), (20,), ("12",), ("16",), (None,), (None,)]),
    ("MATCH (p:Person) WHERE p.age > 30 OR NOT p.age > 30 RETURN count(*)", [(2,)]),
    ("MATCH (p:Person) WHERE p.gone IS NULL RETURN count(p.gone), count(*)", [(0, 3)]),
    ("MATCH (n:Nobody)-[:NOTHING]->(m) RETURN n.x, count(m)", []),
    ("MATCH (n:Nobody) RETURN count(n)", [(0,)]),
    ("OPTIONAL MATCH (n:Nobody) RETURN n, labels(n)", [(None, None)]),
    ("MATCH (p:Person) OPTIONAL MATCH (p)-[:film]->(f {title: 'Her'}) RETURN p.name, f.title", [("Ana", None), ("Bo", None), ("Cy", "Her")]),
    ("MATCH (f:FILM) RETURN f.title", [("UP",)]),
    ("MATCH (f:Film) RETURN f.`box office` ORDER BY f.`box office` DESC", [(2.5,), (1.5,)]),
    ("MATCH (p:Person) RETURN p.name, p.Name, p.NAME", [("Ana", "x", None), ("Bo", "y", None), ("Cy", "z", None)]),
    ("MATCH (p:Person) RETURN p.age ORDER BY p.age", [(20,), (40,), (None,)]),
    ("MATCH (p:Person) RETURN p.age ORDER BY p.age DESC", [(None,), (40,), (20,)]),
    ("MATCH (p:Person) RETURN p.tags[0], p.tags[-1], p.tags[5], size(p.tags), head(p.tags)", [("a", "b", None, 2, "a"), (None, None, None, 0, None), (None,) * 5]),
    ("MATCH (p:Person) WHERE 'a' IN p.tags RETURN [t IN p.tags WHERE t > 'a' | toUpper(t)]", [(["B"],)]),
    ("RETURN [1, 2, 3][0], [1, 2, 3][1..], [1, 2, 3][..-1], [1, 2, 3][-2..], [1, 2, 3][0..0]", [(1, [2, 3], [1, 2], [2, 3], [])]),
    ("RETURN 7 / 2, -7 / 2, 7 % 3, 2 ^ 3, 7 / 2.0, 1 + 2 * 3", [(3, -3, 1, 8.0, 3.5, 7)]),
    ("RETURN 'a' + 'b', 'a' + 1, 1 + 'a', 'a' + NULL, [1] + 2, [1] + [2]", [("ab", "a1", "1a", None, [1, 2], [1, 2])]),
    ("RETURN 1 = '1', 1 <> '1', 1 < '1', NULL = NULL, NULL IN [1], 2 IN [1, NULL], NOT (NULL AND false)", [(False, True, None, None, None, None, True)]),
    ("RETURN true XOR false, NULL OR true, NULL AND true, NOT NULL, 1 < 2 < 3", [(True, True, None, None, True)]),
    ("RETURN toInteger('12'), toInteger('3.9'), toInteger('x'), toInteger(-3.9), toFloat('1.5'), toFloat('x')", [(12, 3, None, -3, 1.5, None)]),
    ("RETURN toString(3), toString(true), toBoolean('TRUE'), toBoolean('x'), coalesce(NULL, 2, 3), nullIf(1, 1)", [("3", "true", True, None, 2, None)]),
    ("RETURN substring('hello', 1, 3), substring('hello', 2), left('abc', 0), right('abc', 2), split('a,b', ','), reverse('abc')", [("ell", "llo", "", "bc", ["a", "b"], "cba")]),
    ("RETURN 'abc' =~ 'b', 'abc' =~ '.b.', 'abc' STARTS WITH 'a', 'abc' CONTAINS 1, toUpper('a'), trim(' a ')", [(False, True, True, None, "A", "a")]),
    ("RETURN round(2.5), round(-2.5), round(1.25, 1), ceil(1.2), floor(-1.2), abs(-3), sign(-2), sqrt(9)", [(3.0, -2.0, 1.3, 2.0, -2.0, 3, -1, 3.0)]),
    ("RETURN range(1, 3), range(5, 1, -2), range(3, 1), last([1, 2]), tail([1, 2, 3]), isEmpty([])", [([1, 2, 3], [5, 3, 1], [], 2, [2, 3], True)]),
    ("RETURN date('2026-02-09').year, date('2026-02-09') > date('2025-12-31'), date('2026-02-09') + duration({months: 1})", [(2026, True, date(2026, 3, 9))]),
    ("MATCH (f:Film) WHERE f.at < datetime('2026-02-09T11:00:00') RETURN f.at.hour, f.at", [(10, datetime(2026, 2, 9, 10, 30))]),
    ("MATCH (p:Person) WHERE p.born = date('1986-02-09') RETURN p.born.month, p.name", [(2, "Ana")]),
    ("RETURN all(x IN [1, 2] WHERE x > 0), any(x IN [] WHERE x > 0), none(x IN [1] WHERE x > 1), single(x IN [1, 2] WHERE x = 2)", [(True, False, True, True)]),
    ("RETURN reduce(s = 0, x IN [1, 2, 3] | s + x), reduce(s = 0, x IN [1.5] | s + x), [x IN range(1, 3) | x * x]", [(6, 1.5, [1, 4, 9])]),
    ("MATCH (p:Person) RETURN sum(p.age), avg(p.age), min(p.age), max(p.name), count(p.age), collect(p.age)", [(60, 30.0, 20, "Cy", 2, [40, 20])]),
    ("MATCH (p:Nobody) RETURN sum(p.age), avg(p.age), count(*), collect(p.age)", [(0, None, 0, [])]),
    ("MATCH (p:Person) RETURN stDev(p.age), percentileCont(p.age, 0.5), sum(p.age) / count(*)", [(200**0.5, 30.0, 20)]),
    ("MATCH (p:Person)-[:KNOWS]->(q) RETURN p.name, count(DISTINCT q) AS n ORDER BY n DESC, p.name LIMIT 2", [("Ana", 2), ("Bo", 1)]),
    ("MATCH (p:Person)-[r:KNOWS]->(q) WITH p, count(*) AS n WHERE n > 1 RETURN p.name, n", [("Ana", 3)]),
    ("MATCH (p:Person) RETURN p.name AS name, CASE WHEN p.age > 30 THEN 'old' WHEN p.age IS NULL THEN '?' ELSE 'young' END", [("Ana", "old"), ("Bo", "?"), ("Cy", "young")]),
    ("MATCH (p:Person) RETURN CASE p.age WHEN 40 THEN 1 WHEN '20' THEN 2 ELSE 3 END", [(1,), (3,), (3,)]),
    ("MATCH (p:Person {name: 'Ana'}) RETURN p {.name, age: p.age + 1, .gone}", [({"name": "Ana", "age": 41, "gone": None},)]),
    ("MATCH (p:Person) WHERE EXISTS { (p)-[:film]->(f) WHERE f.title = 'Up' } RETURN p.name", [("Ana",), ("Bo",)]),
    ("MATCH (p:Person) RETURN p.name, COUNT { (p)-[:KNOWS]->() }, (p)-[:film]->({title: 'Her'})", [("Ana", 3, False), ("Bo", 1, False), ("Cy", 1, True)]),
    ("MATCH (p:Person) WHERE NOT (p)-[:KNOWS]->({name: 'Bo'}) AND size((p)-[:film]->()) = 1 RETURN p.name", [("Bo",), ("Cy",)]),
    ("MATCH (n) WHERE n:Film OR n:Alone RETURN labels(n)[0], n.title", [("Film", "Up"), ("Film", "Her"), ("Alone", "only")]),
    ("MATCH (p:Person)-[r]->(x) RETURN DISTINCT type(r), labels(x)", [("KNOWS", ["Person"]), ("film", ["Film"])]),
    ("MATCH (f:Film) RETURN f.title AS t UNION MATCH (f:FILM) RETURN f.title AS t UNION RETURN 'Up' AS t", [("Up",), ("Her",), ("UP",)]),
    ("RETURN 1 AS x UNION ALL RETURN 1.5 AS x", [(1.0,), (1.5,)]),
    ("UNWIND [3, 1, NULL] AS x RETURN x ORDER BY x DESC SKIP 1 LIMIT 1", [(3,)]),
    ("UNWIND [{a: 1, b: 'x'}] AS m RETURN m.a, m['b'], m.c, keys(m)", [(1, "x", None, ["a", "b"])]),
    ("WITH NULL AS x UNWIND x AS y RETURN y", []),
    ("MATCH (p:Person) WITH collect(p) AS ps UNWIND ps AS q MATCH (q)-[:film]->(f) RETURN q.name, f.title", [("Ana", "Up"), ("Bo", "Up"), ("Cy", "Her")]),
    ("CALL { MATCH (p:Person) RETURN p ORDER BY p.age DESC LIMIT 2 } RETURN p.name", [("Bo",), ("Ana",)]),
    ("MATCH (p:Person) CALL { WITH p MATCH (p)-[:KNOWS]->(q {name: 'Cy'}) RETURN count(*) AS n } RETURN p.name, n", [("Ana", 0), ("Bo", 1), ("Cy", 0)]),
    ("MATCH (a:Person), (b:Person) WHERE id(a) < id(b) RETURN a.name, b.name", [("Ana", "Bo"), ("Ana", "Cy"), ("Bo", "Cy")]),
    ("MATCH (a:Person)-[r:KNOWS {since: 4}]->(b) RETURN startNode(r).name, endNode(r).name", [("Bo", "Cy")]),
    ("MATCH (p:Person), (f:Film) WITH p, f ORDER BY f.title, p.name DESC SKIP 1 LIMIT 2 MATCH (p)-[:film]->(g) RETURN p.name, f.title, g.title ORDER BY p.name DESC", [("Bo", "Her", "Up"), ("Ana", "Her", "Up")]),
    ("MATCH (p:Person)-[r:KNOWS]->(q), (f:Film) RETURN p.name, f.title, r.since ORDER BY r.since, f.title LIMIT 3", [("Ana", "Her", 1), ("Ana", "Up", 1), ("Ana", "Her", 2)]),
    ("MATCH (p:Person) WITH p ORDER BY p.name LIMIT 1 MATCH (p)-[:film]->(f) RETURN p.name, f.title", [("Ana", "Up")]),
    ("MATCH (p:Person) WITH p ORDER BY p.name LIMIT 1 MATCH (p)<-[:KNOWS]-(q {name: 'Cy'}) RETURN p.name, count(*)", [("Ana", 1)]),
    ("MATCH (p:Person) OPTIONAL MATCH (p)-[r:KNOWS {since: 4}]->(q) RETURN r.since, r IS NULL, count(DISTINCT p)", [(4, False, 1), (None, True, 2)]),
    ("MATCH (p:Person) OPTIONAL MATCH (p)-[r:KNOWS {since: 4}]->(q) WITH r, count(*) AS n RETURN r.since, n", [(4, 1), (None, 2)]),
    ("MATCH (p:Person) WITH DISTINCT p RETURN DISTINCT p.age, coalesce(p.age, 1) ORDER BY p.age", [(20, 20), (40, 40), (None, 1)]),
    ("MATCH (p:Person) RETURN DISTINCT p.gone SKIP 1", []),
    ("MATCH (p:Person) WITH p.gone AS x LIMIT 2 UNWIND [1, 2] AS y RETURN count(*)", [(4,)]),
    ("MATCH (p:Person) WITH p ORDER BY p.name DESC WITH collect(p.name) AS names RETURN names", [(["Cy", "Bo", "Ana"],)]),
    ("MATCH (p:Person) WITH p ORDER BY p.name DESC LIMIT 2 RETURN min(p.name), count(*)", [("Bo", 2)]),
    ("MATCH (p:Person) WITH collect(p) AS ps UNWIND ps AS q WITH collect(q) AS qs RETURN size(qs)", [(3,)]),
    ("MATCH (p:Person) WITH collect(p) AS ps UNWIND ps AS q OPTIONAL MATCH (q)-[:film]->(f {title: 'Her'}) RETURN q.name, f.title", [("Ana", None), ("Bo", None), ("Cy", "Her")]),
    ("MATCH (n:Person {name: 'Bo'}) RETURN n.name AS a UNION MATCH (n:Film {title: 'Up'}) RETURN n.title AS a", [("Bo",), ("Up",)]),
    ("MATCH (n:Film {title: 'Up'}) WITH n LIMIT 1 RETURN labels(n) AS a UNION MATCH (n:Nobody) RETURN labels(n) AS a", [(["Film"],)]),
    ("MATCH (p:Person {name: 'Cy'}) RETURN keys(p), properties(p)", [(["name", "age", "Name"], {"name": "Cy", "age": 20, "Name": "z"})]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rows"), BY_HAND)
def test_an_answer_is_the_one_that_was_worked_out_by_hand(small, text, rows):
    query = parse(text).query
    assert query is not None, parse(text).faults
    found = small.run(query).rows
    assert sorted(map(repr, found)) == sorted(map(repr, rows))
    if "ORDER BY" in text and "UNION" not in text:
        assert list(found) == rows


def test_columns_have_the_names_that_neo4j_gives_them(small):
    query = parse("match (p:Person)-[r:KNOWS]->(q) return *, p.name, count( * ) AS n, toupper(q.name), 1+1 limit 1").query
    assert small.run(query).columns == ("p", "q", "r", "p.name", "n", "toUpper(q.name)", "1 + 1")


def test_nodes_relations_and_paths_say_which_rows_they_are(small):
    found = small.run(parse("MATCH p = (a:Person {name: 'Bo'})-[r:KNOWS]->(b)-[s:film]->(f) RETURN a, r, p").query)
    ((node, edge, path),) = found.rows
    assert node == GraphNode(NodeId("Person", 1), {"name": "Bo", "tags": [], "Name": "y"})
    assert edge == GraphEdge(EdgeId("KNOWS", "Person", "Person", 3), NodeId("Person", 1), NodeId("Person", 2), {"since": 4})
    assert isinstance(path, GraphPath)
    assert [one.id.row for one in path.nodes] == [1, 2, 1]
    assert [one.id for one in path.edges] == [EdgeId("KNOWS", "Person", "Person", 3), EdgeId("film", "Person", "Film", 2)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("MATCH (p:Person) RETURN [(p)-[:KNOWS]->(q) | q.name]", "every match of a pattern"),
        ("RETURN point({x: 1, y: 2})", "point()"),
        ("MATCH (a)-[:KNOWS*..40]->(b) RETURN count(*)", "more than 30 relations"),
        ("MATCH (a)-[:KNOWS*1..2]-(b) RETURN count(*)", "several hops of KNOWS either way"),
        ("UNWIND [1, 'a'] AS x RETURN x", "a list of numbers and texts"),
        ("MATCH (n) RETURN n ORDER BY n.age", "an order by values of several types"),
        ("RETURN 1 AS a UNION RETURN 2 AS b", "different columns"),
        ("MATCH (p) RETURN p.name LIMIT p.age", "LIMIT p.age"),
        ("RETURN toString(1.5)", "the text of a float"),
        ("MATCH (n) WHERE n.name RETURN n", "the truth of a string"),
        ("RETURN COLLECT { MATCH (n) RETURN n.name }", "COLLECT { }"),
        ("RETURN m.x", "nothing before it binds"),
        ("MATCH (a:Person) OPTIONAL MATCH (a)-[:KNOWS]->(b)-[:KNOWS]->(c)-[:KNOWS]->(d {name: 'Bo'}) RETURN count(*)", "more than 2 relations with conditions"),
    ],
)
def test_what_the_engine_cannot_be_asked_is_named(small, text, named):
    with pytest.raises(QueryError) as told:
        small.run(parse(text).query)
    assert named in told.value.what


def test_a_path_without_an_end_is_followed_so_far_and_the_answer_says_so(small):
    found = small.run(parse("MATCH (a {name: 'Bo'})-[:KNOWS*]->(b {name: 'Bo'}) RETURN count(*)").query)
    assert found.rows == ((4,),)
    assert "30 relations" in found.notes[0]


def test_what_neo4j_knows_no_longer_is_said_as_it_is_said_now():
    said = neo4j(parse("MATCH (n) WHERE exists(n.x) AND NOT exists((n)--()) RETURN lower(n.y), rels(p), length(n.l)").query)
    assert said == "MATCH (n) WHERE n.x IS NOT NULL AND NOT (n)--() RETURN toLower(n.y), relationships(p), length(n.l)"


@pytest.mark.parametrize("nodes", [{}, {"Film": pl.DataFrame({"title": ["Up"]})}, {"Film": pl.DataFrame({"title": []}, schema={"title": pl.String})}])
def test_a_graph_without_relations_or_without_anything_answers_too(nodes):
    with Ladybug(Graph(nodes, ())) as engine:
        assert engine.run(parse("MATCH (f:Film)-[r]->(m) RETURN count(*)").query).rows == ((0,),)
        assert engine.run(parse("MATCH (f:Film) WHERE NOT (f)--() RETURN count(f.title)").query).rows == ((sum(frame.height for frame in nodes.values()),),)
        assert engine.run(parse("RETURN 1 AS x").query).rows == ((1,),)


def test_nodes_of_several_labels_stand_in_one_union(small):
    found = small.run(parse("MATCH (n:Person {name: 'Bo'}) RETURN n UNION MATCH (n:Film {title: 'Up'}) RETURN n").query).rows
    assert {node.id for (node,) in found} == {NodeId("Person", 1), NodeId("Film", 0)}


def test_labels_types_and_keys_of_any_letters_are_found():
    ends = {S: [0], E: [0]}
    graph = Graph(
        {
            "Match where": pl.DataFrame({"a`b": [1], "A`B": ["x"], "größe": [2.5], "ORDER": [3], "v1": [4]}),
            "Straße`": pl.DataFrame({"größe": ["l"]}),
            "RETURN": pl.DataFrame({"x": pl.Series([], dtype=pl.Int64)}),
        },
        (
            Joined("Match where", "Match where", "Straße`", pl.DataFrame({**ends, "größe": [7]})),
            Joined("MATCH WHERE", "Straße`", "Straße`", pl.DataFrame(ends)),
        ),
    )
    with Ladybug(graph) as engine:
        text = "MATCH (n:`Match where`)-[r:`Match where`]->(m:`Straße```)-[q:`MATCH WHERE`]->(m) RETURN n.`a``b`, n.`A``B`, n.größe, n.`ORDER`, n.v1, r.größe, m.größe"
        assert engine.run(parse(f"{text}, labels(n), type(q), labels(m)").query).rows == (
            (1, "x", 2.5, 3, 4, 7, "l", ["Match where"], "MATCH WHERE", ["Straße`"]),
        )
        assert engine.run(parse("MATCH (n:`RETURN`) RETURN n, n.x").query).rows == ()
        assert engine.run(parse("MATCH (n) OPTIONAL MATCH (m:`RETURN`) RETURN labels(n), m, m.x").query).rows[0][1:] == (None, None)
