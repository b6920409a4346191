"""What a query gives back: scalars, and nodes, relations and paths that say which rows of the graph they are."""

from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple


class NodeId(NamedTuple):
    """A node of a graph: its label, and its row among the nodes of that label."""

    label: str
    row: int


class EdgeId(NamedTuple):
    """A relation of a graph: its type, the labels that it joins, and its row among such relations."""

    type: str
    start: str
    end: str
    row: int


class GraphNode(NamedTuple):
    """A node with its properties; those that are null are left out."""

    id: NodeId
    properties: dict[str, Any]


class GraphEdge(NamedTuple):
    """A relation with its ends and its properties; those that are null are left out."""

    id: EdgeId
    start: NodeId
    end: NodeId
    properties: dict[str, Any]


class GraphPath(NamedTuple):
    """Nodes and the relations between them."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]


Value = None | bool | int | float | str | date | datetime | time | timedelta | GraphNode | GraphEdge | GraphPath | list[Any] | dict[str, Any]
Row = tuple[Value, ...]


class Rows(NamedTuple):
    """An answer: names of columns, rows, whether rows were left off at a cap, the seconds that the engine took, and what is to be said of it."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    cut: bool = False
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
