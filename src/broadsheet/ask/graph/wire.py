"""Values on their way between the engine's process and ours: JSON, with what JSON has not under a mark."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from broadsheet.ask.graph.values import EdgeId, GraphEdge, GraphNode, GraphPath, NodeId, Value


def packed(value: Any) -> Any:
    """Return a value as JSON can hold it.

    >>> packed(date(2026, 2, 9))
    {'date': '2026-02-09'}
    """
    match value:
        case GraphNode():
            held = {"node": [*value.id, _properties(value.properties)]}
        case GraphEdge():
            held = {"edge": [list(value.id), list(value.start), list(value.end), _properties(value.properties)]}
        case GraphPath():
            held = {"path": [[packed(one) for one in value.nodes], [packed(one) for one in value.edges]]}
        case list() | tuple():
            held = [packed(one) for one in value]
        case dict():
            held = {"map": _properties(value)}
        case timedelta():
            held = {"duration": value.total_seconds()}
        case datetime() | date() | time():
            held = {type(value).__name__: value.isoformat()}
        case None | bool() | int() | float() | str():
            held = value
        case _:
            held = str(value)
    return held


def _properties(held: dict[str, Any]) -> dict[str, Any]:
    return {key: packed(value) for key, value in held.items()}


def unpacked(held: Any) -> Value:
    """Return the value that `packed` made JSON of.

    >>> unpacked(packed([timedelta(seconds=3), {"a": None}]))
    [datetime.timedelta(seconds=3), {'a': None}]
    """
    if isinstance(held, list):
        return [unpacked(one) for one in held]
    if not isinstance(held, dict):
        return held
    ((mark, inner),) = held.items()
    return _MARKS[mark](inner)


def _map(inner: dict[str, Any]) -> dict[str, Value]:
    return {key: unpacked(value) for key, value in inner.items()}


def _node(inner: list[Any]) -> GraphNode:
    label, row, properties = inner
    return GraphNode(NodeId(label, row), _map(properties))


def _edge(inner: list[Any]) -> GraphEdge:
    own, start, end, properties = inner
    return GraphEdge(EdgeId(*own), NodeId(*start), NodeId(*end), _map(properties))


def _path(inner: list[Any]) -> GraphPath:
    nodes, edges = ([_MARKS[mark](held) for one in part for mark, held in one.items()] for part in inner)
    return GraphPath(tuple(nodes), tuple(edges))


_MARKS: dict[str, Callable[[Any], Any]] = {
    "map": _map, "node": _node, "edge": _edge, "path": _path,
    "date": date.fromisoformat, "datetime": datetime.fromisoformat, "time": time.fromisoformat, "duration": lambda held: timedelta(seconds=held),
}  # fmt: skip
