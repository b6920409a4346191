"""The engine's answers in the words of the graph: labels, keys of properties, entries of maps."""

from collections.abc import Sequence
from typing import Any

from broadsheet.ask.cypher.dialects.ladybug.clauses import Column
from broadsheet.ask.cypher.dialects.ladybug.kinds import Kind
from broadsheet.ask.cypher.dialects.ladybug.layout import Layout
from broadsheet.ask.graph.values import EdgeId, GraphEdge, GraphNode, GraphPath, NodeId, Row, Value


class Answers:
    """Reads rows of the engine by the layout of a graph."""

    def __init__(self, layout: Layout) -> None:
        self._labels = {table.name: label for label, table in layout.nodes.items()}
        self._types = {table.name: kind for kind, table in layout.relations.items()}
        tables = (*layout.nodes.values(), *layout.relations.values())
        self._keys = {column: key for table in tables for key, of in table.columns.items() for column, _ in of}

    def row(self, held: Sequence[Any], columns: Sequence[Column]) -> Row:
        """Return a row as the query asked for it."""
        left, made = iter(held), []
        for column in columns:
            values = [self._value(next(left), kind) for kind in column.kinds]
            made.append(next((value for value in values if value is not None), None))
        return tuple(made)

    def _value(self, held: Any, kind: Kind) -> Value:  # noqa: PLR0911 - an answer has many kinds of values
        match held:
            case GraphNode() | GraphEdge() if kind.entries:
                return self._properties(held.properties)
            case GraphNode():
                return self._node(held)
            case GraphEdge():
                return self._edge(held)
            case GraphPath():
                edges = tuple(map(self._edge, held.edges))
                return list(edges) if kind.name == "relations" else GraphPath(tuple(map(self._node, held.nodes)), edges)
            case list() if kind.name == "picked":
                return [self._value(one["f1"], kind.of or kind) for one in held if one["f0"]]
            case list():
                return [self._value(one, kind.of or kind) for one in held]
            case dict() if kind.name == "map":
                return {key: self._value(held[f"f{place}"], of) for place, (key, of) in enumerate(kind.entries)}
        return held

    def _node(self, held: GraphNode) -> GraphNode:
        return GraphNode(self._node_id(held.id), self._properties(held.properties))

    def _node_id(self, held: NodeId) -> NodeId:
        return NodeId(self._labels[held.label], held.row)

    def _edge(self, held: GraphEdge) -> GraphEdge:
        start, end = self._node_id(held.start), self._node_id(held.end)
        return GraphEdge(EdgeId(self._types[held.id.type], start.label, end.label, held.id.row), start, end, self._properties(held.properties))

    def _properties(self, held: dict[str, Any]) -> dict[str, Any]:
        return {self._keys[column]: value for column, value in held.items()}
