"""Small changes of a tree: a condition left out, parameters filled in. All that is not changed stays the very same."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from broadsheet.ask.cypher.nodes import Binary, Expression, Literal_, MapOf, Match, NodePattern, Parameter, Projection, Query, RelationPattern
from broadsheet.ask.cypher.rewrite import replaced


def filled(query: Query, parameters: Mapping[str, Any] | None) -> Query:
    """Return a query with the values of parameters that are texts, numbers or truth values in their places.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> from broadsheet.ask.cypher.printer import canonical
    >>> canonical(filled(parse("MATCH (a {x: $x, y: $y}) RETURN a").query, {"x": "Up"}))
    "MATCH (a {x: 'Up', y: $y}) RETURN a"
    """
    held = {name: value for name, value in (parameters or {}).items() if isinstance(value, str | int | float | bool)}
    return replaced(query, lambda node: Literal_(held[node.name]) if isinstance(node, Parameter) and node.name in held else node)


def dropped(query: Query, condition: Expression) -> Query:
    """Return a query without a condition: a part of an AND, all of a WHERE, or the value of an entry of a pattern's map.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> from broadsheet.ask.cypher.printer import canonical
    >>> query = parse("MATCH (a {y: 2}) WHERE a.x = 1 AND a.z RETURN a").query
    >>> canonical(dropped(query, query.parts[0].clauses[0].where.left))
    'MATCH (a {y: 2}) WHERE a.z RETURN a'
    """

    def change(node: Any) -> Any:
        match node:
            case Binary(sign="AND") if node.left is condition or node.right is condition:
                return node.right if node.left is condition else node.left
            case NodePattern() | RelationPattern() if isinstance(node.properties, MapOf):
                kept = tuple(entry for entry in node.properties.entries if entry[1] is not condition)
                if len(kept) < len(node.properties.entries):
                    return replace(node, properties=MapOf(kept) if kept else None)
        if isinstance(node, Match | Projection | NodePattern | RelationPattern) and node.where is condition:
            return replace(node, where=None)
        return node

    return replaced(query, change)
