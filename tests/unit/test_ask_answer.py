"""Rows of an answer cite what they were matched from: without it they are gone."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from broadsheet.ask.answer.answer import answer, compare, why
from broadsheet.ask.answer.cited import Answer, same
from broadsheet.ask.answer.compare import difference
from broadsheet.ask.answer.words import citation_as_json, sentence, table
from broadsheet.ask.cypher.dialects.ladybug.clauses import ladybug
from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.graph.answers import Answers
from broadsheet.ask.graph.database import DATABASE, build_database
from broadsheet.ask.graph.engine import USUAL, Caps
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.layouts import layout_of
from broadsheet.ask.graph.tables import Graph, Joined
from broadsheet.ask.graph.values import EdgeId, GraphEdge, GraphNode, NodeId, Row, Rows
from broadsheet.ask.graph.wire import unpacked
from broadsheet.ask.graph.without import without
from broadsheet.ask.graph.worker import Connected
from broadsheet.core.errors import QueryError, QueryRefusedError, QueryTimeoutError
from broadsheet.core.schema import Columns

ENDS = (Columns.GRAPH_START, Columns.GRAPH_END)


def joined(kind: str, start: str, end: str, pairs: list[tuple[int, int]]) -> Joined:
    """Return relations between rows."""
    return Joined(kind, start, end, pl.DataFrame(pairs, schema=dict.fromkeys(ENDS, pl.Int64), orient="row"))


ZOO = Graph(
    {
        "Keeper": pl.DataFrame({"name": ["Ada", "Ben", "Cleo"], "age": [30, None, 41]}),
        "Animal": pl.DataFrame({"name": ["Rex", "Tik", "Uno", "Vix"], "legs": [4, 6, 4, 2]}),
    },
    (
        joined("FEEDS", "Keeper", "Animal", [(0, 0), (0, 1), (1, 2)]),
        joined("TRUSTS", "Keeper", "Keeper", [(0, 1), (1, 2)]),
        joined("FEARS", "Animal", "Animal", [(0, 1), (2, 1)]),
    ),
)


@pytest.fixture(scope="module")
def zoo() -> Iterator[Ladybug]:
    """Yield an engine that is asked of a small graph."""
    with Ladybug(ZOO) as engine:
        yield engine


class Inside:
    """Ladybug in this very process, for many small graphs: the same words, the same reader."""

    def __init__(self, graph: Graph, folder: str) -> None:
        self.schema, self._layout = graph.schema(), layout_of(graph)
        build_database(graph, self._layout, Path(folder) / DATABASE)
        self._connected = Connected(str(Path(folder) / DATABASE), Columns.GRAPH_ROW)

    def run(self, query: Query, parameters: Mapping[str, Any] | None = None, caps: Caps = USUAL) -> Rows:
        """Return the answer."""
        printed = ladybug(query, self._layout, parameters)
        held = self._connected.answer({"text": printed.text, **caps._asdict()})
        if "fault" in held:
            raise QueryError(held["fault"], "Amend the query.")
        rows = (Answers(self._layout).row([unpacked(one) for one in json.loads(row)], printed.columns) for row in held["rows"])
        return Rows(tuple(one.name for one in printed.columns), tuple(rows), held["cut"])


def tree(text: str) -> Query:
    """Return the tree of a query."""
    query = parse(text).query
    assert query is not None
    return query


def cites(engine: Any, text: str, row: int = 0, **more: Any) -> tuple[list[str], list[str]]:
    """Return the nodes and relations that a row cites, by type and number."""
    citations = answer(engine, tree(text), **more).citations
    assert citations is not None
    return [f"{one.id.label}{one.id.row}" for one in citations[row].nodes], [f"{one.id.type}{one.id.row}" for one in citations[row].edges]


def bag(rows: tuple[Row, ...]) -> Counter[str]:
    """Return rows as a bag; nodes are known by what they hold, and lists by what is in them."""
    return Counter(same(tuple(map(_told, row))) for row in rows)


def _told(value: Any) -> Any:
    if isinstance(value, GraphNode | GraphEdge):
        return str(value.properties)
    return sorted(map(str, value)) if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("text", "nodes", "edges"),
    [
        ("MATCH (k:Keeper)-[:FEEDS]->(a:Animal) RETURN a.name ORDER BY a.name", ["Keeper0", "Animal0"], ["FEEDS0"]),
        ("MATCH (:Keeper)-[:FEEDS]->(a {legs: 6}) WITH a.name AS n RETURN n", ["Keeper0", "Animal1"], ["FEEDS1"]),
        ("MATCH (k:Keeper)-[:FEEDS]->(a) RETURN k.name AS n, count(*) AS c ORDER BY n", ["Keeper0", "Animal0", "Animal1"], ["FEEDS0", "FEEDS1"]),
        ("MATCH (k:Keeper)-[:FEEDS]->(a) WITH k, count(a) AS c WHERE c = 1 RETURN k.name", ["Keeper1", "Animal2"], ["FEEDS2"]),
        ("MATCH (k:Keeper)-[:FEEDS]->(a) RETURN DISTINCT a.legs AS l ORDER BY l", ["Keeper0", "Animal0", "Keeper1", "Animal2"], ["FEEDS0", "FEEDS2"]),
        ("MATCH (k:Keeper) OPTIONAL MATCH (k)-[:FEEDS]->(a) RETURN k.name, a.name ORDER BY k.name DESC", ["Keeper2"], []),
        ("MATCH (k:Keeper)-[:TRUSTS*2]->(m:Keeper) RETURN m.name", ["Keeper0", "Keeper2", "Keeper1"], ["TRUSTS0", "TRUSTS1"]),
        ("MATCH (a:Animal) WHERE EXISTS { MATCH (a)-[:FEARS]->() } RETURN a.name ORDER BY a.name", ["Animal0", "Animal1"], ["FEARS0"]),
        ("MATCH (a:Animal) WHERE NOT (a)<-[:FEEDS]-() RETURN a.name", ["Animal3"], []),
        ("MATCH (k:Keeper) RETURN k.name, COUNT { MATCH (k)-[:FEEDS]->() } AS c ORDER BY c DESC", ["Keeper0", "Animal0", "Animal1"], ["FEEDS0", "FEEDS1"]),
        ("UNWIND [2, 4] AS l MATCH (a:Animal) WHERE a.legs = l RETURN a.name ORDER BY l", ["Animal3"], []),
        ("MATCH (k:Keeper) RETURN k.name AS n UNION MATCH (k:Keeper {name: 'Ada'})-[:FEEDS]->(a {name: 'Rex'}) RETURN k.name AS n", ["Keeper0", "Animal0"], ["FEEDS0"]),
        ("MATCH (k:Keeper) WITH k ORDER BY k.name DESC LIMIT 1 MATCH (j)-[:TRUSTS]->(k) RETURN j.name", ["Keeper2", "Keeper1"], ["TRUSTS1"]),
        ("MATCH (k:Keeper) WITH count(*) AS c MATCH (a:Animal {legs: 2}) RETURN a.name, c", ["Animal3", "Keeper0", "Keeper1", "Keeper2"], []),
    ],
)  # fmt: skip
def test_a_row_cites_what_it_was_matched_from_and_no_more(zoo: Ladybug, text: str, nodes: list[str], edges: list[str]) -> None:
    found_nodes, found_edges = cites(zoo, text)
    assert (sorted(found_nodes), sorted(found_edges)) == (sorted(nodes), sorted(edges))
    plain, found = zoo.run(tree(text)), answer(zoo, tree(text)).rows
    assert (plain.columns, bag(plain.rows)) == (found.columns, bag(found.rows))
    assert "ORDER" not in text or [same(row) for row in plain.rows] == [same(row) for row in found.rows]


class Spy:
    """An engine that notes what it is asked, and is late where a word occurs."""

    def __init__(self, engine: Ladybug, late: str = "\0", cannot: str = "\0") -> None:
        self.engine, self.schema, self.late, self.cannot = engine, engine.schema, late, cannot
        self.asked: list[str] = []

    def run(self, query: Query, parameters: Mapping[str, Any] | None = None, caps: Caps = USUAL) -> Rows:
        """Return the answer, or be late."""
        self.asked.append(canonical(query))
        if self.late in self.asked[-1]:
            raise QueryTimeoutError("It is late.", "Wait.")
        if self.cannot in self.asked[-1]:
            raise QueryError("It cannot be said.", "Say less.")
        return self.engine.run(query, parameters, caps)


def test_rows_and_what_they_cite_come_from_one_query(zoo: Ladybug) -> None:
    spy = Spy(zoo)
    answer(spy, tree("MATCH (k:Keeper) WHERE EXISTS { MATCH (k)-[:FEEDS]->() } WITH k, count(*) AS c RETURN k.name, c"))
    assert len(spy.asked) == 1


def test_what_cannot_be_traced_is_told_and_not_made_up(zoo: Ladybug) -> None:
    query = tree("MATCH (k:Keeper) WHERE EXISTS { MATCH (k)-[:FEEDS]->() } RETURN k.name")
    late = answer(Spy(zoo, late="cited"), query)
    assert (len(late.rows.rows), late.citations) == (2, None)
    assert late.notes == ("These rows are not traced to the graph: that could not be done within 10 seconds.",)
    assert why(late, 1).endswith(late.notes[0])
    grouped = answer(zoo, tree("MATCH (k:Keeper) OPTIONAL MATCH (k)-[f:FEEDS]->(a) RETURN DISTINCT k, f, a"))
    assert (len(grouped.rows.rows), grouped.citations) == (4, None)
    assert "cannot be followed" in grouped.notes[0]
    part = answer(Spy(zoo, cannot="OPTIONAL"), query).citations
    assert part is not None
    assert [(one.complete, one.uncited) for one in part] == [(False, ("EXISTS { MATCH (k)-[:FEEDS]->() }",))] * 2
    with pytest.raises(QueryRefusedError):
        answer(zoo, tree("MATCH (k:Keeper) DELETE k"))


def test_a_group_is_cut_by_name_and_number(zoo: Ladybug) -> None:
    found = answer(zoo, tree("MATCH (a:Animal) RETURN count(*) AS c"), shown=3)
    assert found.citations is not None
    (cited,) = found.citations
    (group,) = cited.groups()
    assert (len(cited.nodes), len(group.shown), group.total, cited.complete, cited.standing) == (3, 3, 4, False, True)
    assert why(found, 1).splitlines()[-2:] == ["  and 1 more", "A row would be there without any of this, if with other values."]
    assert found.notes == ("Of what was put together into one row, the first 3 matches are cited.",)
    assert citation_as_json(cited)["groups"] == [{"sought": None, "cited": 3, "total": 4}]
    assert answer(zoo, tree("MATCH (a:Animal) RETURN a.name"), Caps(rows=2)).notes == ("There are more rows than the 2 that are shown.",)


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("MATCH (a:Animal) WHERE NOT (a)<-[:FEEDS]-() RETURN a.name", ("match for (a)<-[:FEEDS]-()",)),
        ("MATCH (a:Animal) WHERE NOT (a)<-[:FEEDS]-() OR a.legs = 6 RETURN a.name ORDER BY a.legs DESC", ()),
        ("MATCH (a:Animal) WHERE COUNT { MATCH (a)<-[:FEEDS]-() } < 1 RETURN a.name", ("match for COUNT { MATCH (a)<-[:FEEDS]-() }",)),
        ("MATCH (a:Animal {name: 'Vix'}) OPTIONAL MATCH (a)-[:FEARS]->(b) RETURN a.name, b.name", ("match for (a)-[:FEARS]->(b)",)),
        ("MATCH (k:Keeper)-[:FEEDS]->(a) WITH k, count(a) AS c WHERE c < 2 RETURN k.name", ("more behind c < 2",)),
    ],
)
def test_what_a_row_owes_to_what_is_not_there_is_told(zoo: Ladybug, text: str, absent: tuple[str, ...]) -> None:
    found = answer(zoo, tree(text))
    assert found.citations is not None
    assert found.citations[0].absent == absent
    assert all(f"It rests on there being no {one}." in why(found, 1) for one in absent)


def test_why_a_row_is_there_is_told_with_its_values(zoo: Ladybug) -> None:
    found = answer(zoo, tree("MATCH (k:Keeper {name: 'Ada'})-[:FEEDS]->(a)-[:FEARS]->(b) WHERE a.legs > 2 RETURN a.name"))
    assert why(found, 1).splitlines() == [
        "Row 1: a.name: Rex.",
        "Ada (Keeper) -FEEDS-> Rex (Animal) -FEARS-> Tik (Animal)",
        "  meets k.name = 'Ada': k.name is Ada",
        "  meets a.legs > 2: a.legs is 4",
    ]
    assert sentence(found) == "a.name: Rex."
    with pytest.raises(QueryError, match="no row 2"):
        why(found, 2)


@pytest.mark.parametrize(
    ("count", "said", "below"),
    [(11, "11 rows of n: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, and 1 other.", "1 more row is not shown."), (12, ", 10, and 2 others.", "2 more rows are not shown.")],
)
def test_one_is_told_in_the_singular(count: int, said: str, below: str) -> None:
    found = Answer(tree("MATCH (a:Animal) RETURN a.legs AS n"), Rows(("n",), tuple((number,) for number in range(1, count + 1))), None)
    assert sentence(found).endswith(said)
    assert table(found, 10).caption == below


def test_an_answer_says_only_what_is_in_its_rows(zoo: Ladybug) -> None:
    names = answer(zoo, tree("MATCH (a:Animal) RETURN a.name ORDER BY a.name"))
    assert sentence(names) == "4 rows of a.name: Rex, Tik, Uno, Vix."
    assert sentence(answer(zoo, tree("MATCH (a:Animal) WHERE a.legs > 9 RETURN a.name"))) == "Nothing was found."
    assert table(names, 2).row_count == 2
    assert table(names, 2).caption == "2 more rows are not shown."


def edges_between(starts: int, ends: int, most: int) -> Any:
    """Return pairs of rows."""
    return st.lists(st.tuples(st.integers(0, starts - 1), st.integers(0, ends - 1)), max_size=most)


@st.composite
def graphs(draw: Any) -> Graph:
    """Return a small graph in which names tell nodes apart."""
    keepers, animals = draw(st.integers(2, 4)), draw(st.integers(2, 4))
    ages, legs = (
        draw(st.lists(st.sampled_from([1, 2, None]), min_size=keepers, max_size=keepers)),
        draw(st.lists(st.integers(1, 2), min_size=animals, max_size=animals)),
    )
    nodes = {
        "Keeper": pl.DataFrame({"name": [f"k{one}" for one in range(keepers)], "size": ages}, schema={"name": pl.String, "size": pl.Int64}),
        "Animal": pl.DataFrame({"name": [f"a{one}" for one in range(animals)], "size": legs}),
    }  # fmt: skip
    return Graph(
        nodes,
        (
            joined("FEEDS", "Keeper", "Animal", [(0, 0), *draw(edges_between(keepers, animals, 5))]),
            joined("TRUSTS", "Keeper", "Keeper", [(0, 1), *draw(edges_between(keepers, keepers, 4))]),
            joined("FEARS", "Animal", "Animal", draw(edges_between(animals, animals, 3))),
        ),
    )


HOPS = ["-[:FEEDS]->(b:Animal)", "-[:TRUSTS]->(b:Keeper)", "<-[:TRUSTS]-(b)", "-[:TRUSTS*1..2]->(b:Keeper)", "-[:FEEDS]->(:Animal)-[:FEARS]->(b)", "-[r]->(b)"]
TESTS = ["a.size > 1", "NOT b.size = 2"]
SOUGHT = ["(a)-[:FEEDS]->()", "EXISTS { MATCH (b)<-[:TRUSTS]-(:Keeper) }", "COUNT { MATCH (a)-[:FEEDS]->() } > 0"]
MORE = ["", " OPTIONAL MATCH (a)-[:FEEDS]->(c)", " MATCH (c:Animal) WHERE c.size = a.size"]
# Whether one row must be gone, or one that its key tells apart.
BACK = [
    "RETURN a.name, b.size AS s", "RETURN b.name AS n ORDER BY n", "WITH b, a.size AS s RETURN s, b.name", "RETURN a.name AS k, count(*) AS n",
    "WITH a, collect(b.name) AS xs RETURN a.name, size(xs) AS n", "RETURN DISTINCT b.size AS s", "WITH a, count(b) AS n WHERE n > 1 RETURN a.name, n",
]  # fmt: skip


@st.composite
def queries(draw: Any) -> str:
    """Return a query without negation or limit: what it gives can only become less."""
    tests = [one for of in (TESTS, SOUGHT) for one in draw(st.lists(st.sampled_from(of), max_size=1))]
    where = f" WHERE {draw(st.sampled_from([' AND ', ' OR '])).join(tests)}" if tests else ""
    return f"MATCH (a:Keeper){draw(st.sampled_from(HOPS))}{where}{draw(st.sampled_from(MORE))} {draw(st.sampled_from(BACK))}"


@settings(max_examples=4, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
@given(graph=graphs(), texts=st.lists(queries(), min_size=6, max_size=6), pick=st.integers(0, 1000))
def test_without_what_a_row_cites_the_row_is_gone(graph: Graph, texts: list[str], pick: int) -> None:
    with TemporaryDirectory() as folder:
        whole = Inside(graph, folder)
        found = [answer(whole, tree(text)) for text in texts]
        for text, one in zip(texts, found, strict=True):
            assert bag(whole.run(tree(text)).rows) == bag(one.rows.rows), text
    place, one = max(enumerate(found), key=lambda pair: (bool(pair[1].rows.rows), (pair[0] * 7 + pick) % 11))
    if not one.rows.rows:
        return
    assert one.citations is not None
    number = pick % len(one.rows.rows)
    row, cited = one.rows.rows[number], one.citations[number]
    assert cited.complete
    assert not cited.standing
    with TemporaryDirectory() as folder:
        left = Inside(without(graph, cited.ids), folder).run(tree(texts[place]))
    assert bag(left.rows)[next(iter(bag((row,))))] < bag(one.rows.rows)[next(iter(bag((row,))))], (texts[place], row)


@settings(max_examples=40, deadline=None)
@given(graph=graphs(), data=st.data())
def test_a_graph_without_some_nodes_keeps_what_joins_the_others(graph: Graph, data: st.DataObject) -> None:
    ids = [NodeId(label, row) for label, frame in graph.nodes.items() for row in range(frame.height)]
    ids += [EdgeId(one.type, one.start, one.end, row) for one in graph.joined for row in range(one.frame.height)]
    gone = set(data.draw(st.lists(st.sampled_from(ids), max_size=4)))
    left = without(graph, gone)

    def told(of: Graph, without: set[Any]) -> list[tuple[Any, ...]]:
        names = {NodeId(label, row): name for label, frame in of.nodes.items() for row, name in enumerate(frame["name"])}
        pairs = [
            (one.type, names[NodeId(one.start, start)], names[NodeId(one.end, end)])
            for one in of.joined
            for row, (start, end) in enumerate(one.frame.select(ENDS).iter_rows())
            if not {NodeId(one.start, start), NodeId(one.end, end), EdgeId(one.type, one.start, one.end, row)} & without
        ]
        return [*pairs, *((name,) for node, name in names.items() if node not in without)]

    assert told(left, set()) == told(graph, gone)


ROWS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["x", "y", None])), max_size=6)


@given(before=ROWS, after=ROWS)
def test_a_difference_makes_one_answer_of_the_other(before: list[Row], after: list[Row]) -> None:
    old, new = (Rows(("n", "s"), tuple(rows)) for rows in (before, after))
    found = difference(old, new)
    gone, come = [one.before for one in found.changed], [one.after for one in found.changed]
    assert Counter(found.kept) + Counter(found.removed) + Counter(gone) == Counter(before)
    assert Counter(found.kept) + Counter(found.added) + Counter(come) == Counter(after)
    assert not Counter(found.added) & Counter(found.removed)
    assert difference(old, old).words() == f"0 rows more, 0 fewer, 0 changed, {len(before)} the same."


def test_an_answer_in_another_order_has_moved(zoo: Ladybug) -> None:
    up, down = (answer(zoo, tree(f"MATCH (a:Animal) RETURN a.name, a.legs ORDER BY a.name{way}")) for way in ("", " DESC"))
    found = compare(up, down)
    assert (found.moved, len(found.kept), found.words()) == (True, 4, "0 rows more, 0 fewer, 0 changed, 4 the same. The same rows stand in another order.")
    more = compare(up, answer(zoo, tree("MATCH (a:Animal) RETURN a.name, CASE a.name WHEN 'Rex' THEN 3 ELSE a.legs END AS `a.legs` ORDER BY a.name")))
    assert more.words().splitlines()[1:] == ["~ Rex: a.legs was 4, is 3"]
    assert more.as_json()["key"] == ["a.name"]
