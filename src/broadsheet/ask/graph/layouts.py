"""How a graph's tables are called in the engine: plain names, each once, whatever labels and properties are called."""

import re
from collections.abc import Iterable

import polars as pl

from broadsheet.ask.cypher.dialects.ladybug.kinds import BOOLEAN, DATE, DATETIME, DURATION, FLOAT, INTEGER, STRING, Kind, listed
from broadsheet.ask.cypher.dialects.ladybug.layout import Layout, Table
from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.schema import Triple
from broadsheet.core.schema import Columns

_ODD = re.compile(r"[^A-Za-z0-9_]")
# What a query's own names are like.
_OURS = re.compile(r"[vxe][0-9]+", re.IGNORECASE)
ENDS = (Columns.GRAPH_START, Columns.GRAPH_END)


class _Names:
    """Gives each name once, whatever its letters' case, for the engine makes no difference of it."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def plain(self, name: str) -> str:
        made = base = _ODD.sub("_", name) or "_"
        if _OURS.fullmatch(base):
            made = base = f"{base}_"
        number = 1
        while made.lower() in self._taken:
            number += 1
            made = f"{base}_{number}"
        self._taken.add(made.lower())
        return made


def layout_of(graph: Graph) -> Layout:
    """Return the layout of a graph: the same for the same labels, types and columns.

    >>> films = Graph({"Film": pl.DataFrame({"box office": [1]}), "FILM": pl.DataFrame({"box office": ["x"]})}, ())
    >>> [(table.name, [column for column, _ in table.columns["box office"]]) for table in layout_of(films).nodes.values()]
    [('Film', ['p_box_office']), ('FILM_2', ['p_box_office_2'])]
    """
    tables, columns = _Names(), _Names()
    known: dict[tuple[str, Kind], str] = {}

    def column(key: str, kind: Kind) -> tuple[str, Kind]:
        if (key, kind) not in known:
            known[key, kind] = columns.plain(f"p_{key}")
        return known[key, kind], kind

    def table(name: str, frames: Iterable[pl.DataFrame]) -> Table:
        held: dict[str, dict[tuple[str, Kind], None]] = {}
        for frame in frames:
            for key, kind in frame.schema.items():
                if key not in ENDS:
                    held.setdefault(key, {})[column(key, kind_of(kind))] = None
        return Table(tables.plain(name), {key: tuple(of) for key, of in held.items()})

    nodes = {label: table(label, [frame]) for label, frame in graph.nodes.items()}
    kinds = dict.fromkeys(one.type for one in graph.joined)
    relations = {kind: table(kind, [one.frame for one in graph.joined if one.type == kind]) for kind in kinds}
    triples = tuple(Triple(one.start, one.type, one.end) for one in graph.joined)
    loops = frozenset(one.type for one in graph.joined if one.start == one.end and (one.frame[Columns.GRAPH_START] == one.frame[Columns.GRAPH_END]).any())
    return Layout(nodes, relations, triples, loops, {label: frame.height for label, frame in graph.nodes.items()})


def kind_of(kind: pl.DataType) -> Kind:
    """Return the type of a column's values as a query sees them."""
    if isinstance(kind, pl.List):
        return listed(kind_of(kind.inner))  # pyrefly: ignore[bad-argument-type]
    if kind.is_integer():
        return INTEGER
    if kind.is_float() or kind.is_decimal():
        return FLOAT
    plain = {pl.Boolean: BOOLEAN, pl.Date: DATE, pl.Datetime: DATETIME, pl.Duration: DURATION}
    return next((name for held, name in plain.items() if kind == held), STRING)
