"""Why an answer is empty, why a value is not in it, and what is drawn of it."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ask.answer.answer import answer, picture, why_empty, why_not
from broadsheet.ask.answer.cited import Citation, citation
from broadsheet.ask.answer.layout import HIGH, WIDE, placed
from broadsheet.ask.answer.picture import EDGES, NODES, drawn
from broadsheet.ask.answer.steps import Counter, steps
from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.graph.engine import Caps
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.tables import Graph, Joined
from broadsheet.ask.graph.values import EdgeId, GraphEdge, GraphNode, NodeId, Rows
from broadsheet.core.errors import QueryError, QueryRefusedError, QueryTimeoutError
from broadsheet.core.schema import Columns


def joined(kind: str, start: str, end: str, pairs: list[tuple[int, int]]) -> Joined:
    """Return relations between rows."""
    return Joined(kind, start, end, pl.DataFrame(pairs, schema=dict.fromkeys((Columns.GRAPH_START, Columns.GRAPH_END), pl.Int64), orient="row"))


HARBOUR = Graph(
    {
        "Ship": pl.DataFrame({"name": ["Sea Lark", "Sea Lark II", "Gull"], "built": [1988, 2009, 2013]}),
        "Port": pl.DataFrame({"name": ["Oslo", "Bergen"]}),
    },
    (joined("DOCKS_AT", "Ship", "Port", [(0, 0), (1, 0), (1, 1)]), joined("TOWS", "Ship", "Ship", [(2, 0)])),
)


@pytest.fixture(scope="module")
def harbour() -> Iterator[Ladybug]:
    """Yield an engine that is asked of a small graph."""
    with Ladybug(HARBOUR) as engine:
        yield engine


def tree(text: str) -> Query:
    """Return the tree of a query."""
    query = parse(text).query
    assert query is not None
    return query


@pytest.mark.parametrize(
    ("text", "failing", "why", "change", "rows"),
    [
        ("MATCH (s:Ship {name: 'sea lark'})-[:DOCKS_AT]->(p) RETURN p", "s.name = 'sea lark'", "'Sea Lark', 'Sea Lark II'", "with 'Sea Lark' for 'sea lark'", 1),
        ("MATCH (s:Ship) WHERE s.name IN ['Gul', 'x'] RETURN s", "s.name IN ['Gul', 'x']", "'Gull'", "with 'Gull' for 'Gul'", 1),
        ("MATCH (s:Ship) WHERE s.built > 2020 RETURN s.name", "s.built > 2020", "s.built runs from 1988 to 2013 there", "without s.built > 2020", 3),
        ("MATCH (s:Ship) WHERE s.built = 2010 RETURN s.name", "s.built = 2010", "2009", "with 2009 for 2010", 1),
        ("MATCH (p:Port)-[:DOCKS_AT]->(s:Ship) RETURN s", "(p:Port)-[:DOCKS_AT]->(s:Ship)", "Nothing matches", "with the relation the other way round", 3),
        ("MATCH (s:Ship {name: 'Gull'})-[:DOCKS_AT]->(p) RETURN p", "(s:Ship)-[:DOCKS_AT]->(p)", "Nothing matches", "with TOWS for DOCKS_AT", 1),
        ("MATCH (s:Ship)-[:DOCKS_AT]->(p {name: 'Bergen'}) WHERE s.built < 2000 RETURN p", "p.name = 'Bergen'", "together with s.built < 2000", "without p.name = 'Bergen'", 1),
        ("MATCH (s:Ship)-[:DOCKS_AT]->(p) WITH p, count(s) AS n WHERE n > 5 RETURN p.name", "n > 5", "n runs from 1 to 2 there", "without n > 5", 2),
        ("MATCH (s:Ship) RETURN s.name ORDER BY s.name SKIP 3", "RETURN s.name ORDER BY s.name SKIP 3", "leaves nothing of 3 rows", "without SKIP and LIMIT", 3),
        ("MATCH (s:Ship) WHERE s.built > 2020 RETURN count(*) AS n", "s.built > 2020", "Nothing meets", "without s.built > 2020", 3),
    ],
)  # fmt: skip
def test_the_first_step_that_leaves_nothing_is_told_with_what_would_mend_it(
    harbour: Ladybug, text: str, failing: str, why: str, change: str, rows: int
) -> None:
    found = why_empty(harbour, tree(text))
    assert found.failing is not None
    assert (found.failing.stage.text, found.failing.count) == (failing, 0)
    assert why in " ".join(found.why)
    assert {one.words: one.rows for one in found.amended}[change] == rows
    assert all(one.count for one in found.steps[:-1])
    # What a change promises is what it gives.
    for one in found.amended:
        given = harbour.run(one.query).rows
        assert one.rows == (given[0][0] if "count(*)" in text else len(given)), canonical(one.query)


def test_each_part_of_a_union_has_its_reason_and_parameters_are_filled_in(harbour: Ladybug) -> None:
    query = tree("MATCH (s:Ship {name: $who}) RETURN s.name AS n UNION MATCH (p:Port) WHERE p.name = $where RETURN p.name AS n")
    found = why_empty(harbour, query, parameters={"who": "gull", "where": "OSLO"})
    assert found.why == (
        "Nothing meets s.name = 'gull'.",
        "The nearest that s.name has there: 'Gull'.",
        "Nothing meets p.name = 'OSLO'.",
        "The nearest that p.name has there: 'Oslo'.",
    )
    assert {"with 'Gull' for 'gull'": 1, "with 'Oslo' for 'OSLO'": 1}.items() <= {one.words: one.rows for one in found.amended}.items()
    assert why_empty(harbour, query, parameters={"who": "gull", "where": "Oslo"}).failing is None


def test_steps_count_what_each_leaves(harbour: Ladybug) -> None:
    found = why_empty(harbour, tree("MATCH (s:Ship)-[:DOCKS_AT]->(p:Port {name: 'Oslo'}) WHERE s.built > 1900 RETURN s.name"))
    assert [one.words() for one in found.steps] == [
        "(s:Ship): 3",
        "where s.built > 1900: 3",
        "(s:Ship)-[:DOCKS_AT]->(p:Port): 3",
        "where p.name = 'Oslo': 2",
    ]
    assert (found.failing, found.amended, found.why) == (None, (), ("Every part of the query leaves rows.",))
    assert found.as_json()["steps"][3] == {"part": 0, "kind": "condition", "text": "p.name = 'Oslo'", "count": 2, "alone": None, "why": None}


def test_a_step_that_is_late_is_named_and_the_next_is_asked(harbour: Ladybug) -> None:
    class Late:
        schema = harbour.schema

        def run(self, query: Query, parameters: Any = None, caps: Caps | None = None) -> Rows:
            if canonical(query) == "MATCH (s:Ship) RETURN count(*) AS counted":
                raise QueryTimeoutError("It is late.", "Wait.")
            return harbour.run(query, parameters)

    found = list(steps(Counter(Late()), tree("MATCH (s:Ship)-[:DOCKS_AT]->(p) RETURN p")))
    assert [one.words() for one in found] == ["(s:Ship): not counted within 2 seconds", "(s:Ship)-[:DOCKS_AT]->(p): 3"]
    with pytest.raises(QueryRefusedError):
        why_empty(harbour, tree("MATCH (s:Ship) DELETE s"))


@pytest.mark.parametrize(
    ("text", "wanted", "why"),
    [
        ("MATCH (s:Ship)-[:DOCKS_AT]->(p) WHERE s.built > 2000 RETURN s.name", "Sea Lark", "'Sea Lark' does not meet s.built > 2000. There s.built is 1988."),
        ("MATCH (s:Ship)-[:DOCKS_AT]->(p) RETURN s", "Gull", "'Gull' is there, but not in (s:Ship)-[:DOCKS_AT]->(p)."),
        ("MATCH (s:Ship) RETURN s.name", "Gulf", "There is no 'Gulf' where the query looks for it: nothing meets s.name = 'Gulf'. The nearest that is there: 'Gull'."),
        ("MATCH (s:Ship) RETURN s.name AS n ORDER BY s.built LIMIT 1", "Gull", "'Gull' is row 3 of 3; the query gives back rows 1 to 1."),
        ("MATCH (s:Ship)-[:DOCKS_AT]->(p) RETURN p.name AS p, count(s) AS n", {"p": "Oslo", "n": 3}, "p 'Oslo' with n 3 does not meet n = 3. There n is 2."),
        ("MATCH (s:Ship {name: 'Gull'})-[:TOWS]->(t) WITH t.name AS n RETURN n", "Sea Lark II", "'Sea Lark II' is there, but not in (s:Ship)-[:TOWS]->(t)."),
        ("MATCH (p:Port) RETURN p.name AS n UNION MATCH (s:Ship) WHERE s.built > 2000 RETURN s.name AS n", "Gull", "'Gull' is in the answer, in row 2."),
    ],
)  # fmt: skip
def test_the_first_step_that_a_value_does_not_pass_is_told(harbour: Ladybug, text: str, wanted: Any, why: str) -> None:
    found = why_not(harbour, tree(text), wanted)
    assert " ".join(found.why) == why
    assert found.present == ("is in the answer" in why)
    assert found.words().startswith("\n".join(found.why))


def test_a_column_that_is_not_there_is_told(harbour: Ladybug) -> None:
    with pytest.raises(QueryError, match="no column x"):
        why_not(harbour, tree("MATCH (s:Ship) RETURN s.name AS n"), {"x": 1})


HOSTILE = "</title><script>alert('x')</script>&\"<b>"


def test_a_picture_is_whole_and_says_what_it_shows(harbour: Ladybug) -> None:
    found = answer(harbour, tree("MATCH (s:Ship)-[:DOCKS_AT]->(p) RETURN s.name, p.name"))
    svg = picture(found)
    root = ET.fromstring(svg)
    texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Sea Lark", "Oslo", "Ship (2)", "Port (2)"} <= set(texts)
    assert texts.count("DOCKS_AT") == 3
    assert root.attrib["role"] == "img"
    assert root[0].text == "4 nodes and 3 relations that the answer rests on"
    assert "Sea Lark DOCKS_AT Oslo" in (root[1].text or "")
    assert svg == picture(found)
    assert picture(found, 1) != svg
    with pytest.raises(QueryError, match="nothing to draw"):
        picture(found, 9)


def _many(count: int, name: str = "n") -> tuple[tuple[GraphNode, ...], tuple[GraphEdge, ...]]:
    nodes = tuple(GraphNode(NodeId("Ring", one), {"name": f"{name}{one}"}) for one in range(count))
    pairs = [(one, (one + step) % count) for one in range(count) for step in (1, 2, 3)]
    return nodes, tuple(GraphEdge(EdgeId("NEXT", "Ring", "Ring", row), nodes[one].id, nodes[other].id, {"s": name}) for row, (one, other) in enumerate(pairs))


def test_a_picture_draws_no_more_than_can_be_seen_and_says_so() -> None:
    nodes, edges = _many(60)
    (found,) = [citation((), (), (), standing=False)._replace(nodes=nodes, edges=edges)]
    svg = drawn([found])
    assert svg.count('class="node"') == NODES
    assert svg.count('class="edge"') == EDGES
    assert f"Not drawn: {60 - NODES} nodes and {180 - EDGES} relations." in svg


def test_types_of_few_relations_stand_beside_the_names_of_nodes() -> None:
    nodes = [GraphNode(NodeId("Port", place), {"name": f"A port far out, {place}"}) for place in range(5)]
    for count in range(2, 6):
        pairs = [(one, other) for other in range(count) for one in range(other)]
        edges = [GraphEdge(EdgeId("IS_FERRIED_TO", "Port", "Port", row), nodes[one].id, nodes[other].id, {}) for row, (one, other) in enumerate(pairs)]
        root = ET.fromstring(drawn([Citation(tuple(nodes[:count]), tuple(edges), ())]))
        boxes = []
        for text in root.iter("{http://www.w3.org/2000/svg}text"):
            half = {"name": 3.7, "type": 3.2}.get(text.get("class", ""), 0) * len(text.text or "")
            boxes += [(float(text.get("x", 0)), float(text.get("y", 0)), half)] if half else []
        assert len(boxes) == count + len(pairs)
        assert not [1 for place, (x, y, half) in enumerate(boxes) for a, b, other in boxes[:place] if abs(x - a) < half + other - 4 and abs(y - b) < 9]


def test_labels_of_a_schema_are_not_counted() -> None:
    found = Citation((GraphNode(NodeId("Port", 0), {"name": "Port"}),), (), ())
    assert "(1)" in drawn([found])
    assert "(1)" not in drawn([found], schema=True)
    assert "1 label and 0 relations between them" in drawn([found], schema=True)


def test_no_text_breaks_out_of_a_picture() -> None:
    nodes, edges = _many(3, HOSTILE)
    found = citation((), (), (), standing=False)._replace(nodes=nodes, edges=edges)
    svg = drawn([found])
    assert "script" not in {one.tag.rpartition("}")[2] for one in ET.fromstring(svg).iter()}
    assert "<script" not in svg
    assert "<b>" not in svg


@settings(max_examples=20, deadline=None)
@given(count=st.integers(1, 12), data=st.data())
def test_no_node_covers_the_name_of_another(count: int, data: st.DataObject) -> None:
    ends = st.integers(0, count - 1)
    edges = data.draw(st.lists(st.tuples(ends, ends), max_size=16))
    found = placed(count, edges, 900.0)
    assert found == placed(count, edges, 900.0)
    for place, (x, y) in enumerate(found.places):
        assert WIDE / 2 - 1 <= x <= found.width - WIDE / 2 + 1
        assert HIGH / 2 - 1 <= y <= found.height - HIGH / 2 + 1
        assert all(abs(x - left) >= WIDE * 0.7 or abs(y - top) >= HIGH * 0.7 for left, top in found.places[:place])
