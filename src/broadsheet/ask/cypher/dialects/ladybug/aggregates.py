"""Functions over a group of rows in the engine's words."""

from collections.abc import Sequence

from broadsheet.ask.cypher.dialects.ladybug.kinds import FLOAT, INTEGER, NULL, NUMBERS, Kind, Said, cannot, cast, listed
from broadsheet.ask.cypher.functions import AGGREGATES
from broadsheet.ask.cypher.nodes import Function

AGGREGATED = frozenset(AGGREGATES)


def aggregate(node: Function, arguments: Sequence[Said]) -> Said:
    """Return an aggregate. Raises QueryError for what the engine has not."""
    if node.star:
        return Said("COUNT(*)", INTEGER)
    if not arguments:
        cannot(f"{node.name}() of nothing")
    of, each = arguments[0], "DISTINCT " if node.distinct else ""
    if of.parts:
        if node.name != "count" or node.distinct:
            cannot(f"{node.name}() of values of several types", "Name a label.")
        return Said(f"({' + '.join(f'COUNT({one.text})' for one in of.parts)})", INTEGER)
    if of.kind.name == "null":
        return _of_nothing(node.name)
    match node.name:
        case "count" if node.distinct and of.kind.name in {"picked", "relations", "path"}:
            cannot(f"count(DISTINCT) of {of.kind.name}")
        case "count":
            return Said(f"COUNT({each}{of.text})", INTEGER)
        case "collect":
            if of.kind.name in {"relations", "path", "picked", "id"}:
                cannot(f"collect() of {of.kind.name}", "Collect a property of them.")
            return Said(f"COLLECT({each}{of.text})", listed(of.kind._replace(held=True) if of.kind.name in {"node", "relation"} else of.kind))
        case "min" | "max":
            if of.kind.name in {"node", "relation", "path", "map", "list", "relations", "id"}:
                cannot(f"{node.name}() of a {of.kind.name}", "Take that of a property.")
            return Said(f"{node.name.upper()}({of.text})", of.kind)
    if of.kind.name not in NUMBERS:
        cannot(f"{node.name}() of a {of.kind.name}", "Make numbers of it: toInteger() or toFloat().")
    return _of_numbers(node, of, each, arguments[1:])


def _of_nothing(name: str) -> Said:
    if name in {"count", "sum"}:
        return Said("COUNT(CAST(NULL AS INT64))", INTEGER)
    if name == "collect":
        return Said("COLLECT(CAST(NULL AS INT64))", listed(NULL))
    return Said("MIN(CAST(NULL AS INT64))", INTEGER)


def _of_numbers(node: Function, of: Said, each: str, more: Sequence[Said]) -> Said:
    real = cast(of, FLOAT)
    match node.name:
        case "sum":
            stored = "INT64" if of.kind.name == "integer" else "DOUBLE"
            return Said(f"COALESCE(CAST(SUM({each}{of.text}) AS {stored}), CAST(0 AS {stored}))", of.kind)
        case "avg":
            return Said(f"AVG({each}{real})", FLOAT)
        case "stDev" | "stDevP":
            less = 1 if node.name == "stDev" else 0
            count, total, squares = f"COUNT({each}{real})", f"SUM({each}{real})", f"SUM({each}{real} * {real})"
            spread = f"({squares} - {total} * {total} / CAST({count} AS DOUBLE)) / CAST({count} - {less} AS DOUBLE)"
            return Said(f"(CASE WHEN {count} <= {less} THEN 0.0 WHEN {spread} < 0.0 THEN 0.0 ELSE SQRT({spread}) END)", FLOAT)
        case "percentileCont" | "percentileDisc" if len(more) == 1 and not node.distinct:
            kind = FLOAT if node.name == "percentileCont" else of.kind
            return Said(f"{node.name.upper()}({of.text}, {cast(more[0], FLOAT)})", Kind(kind.name))
    return cannot(f"that {node.name}()", "Write percentileCont(n.x, 0.5).")
