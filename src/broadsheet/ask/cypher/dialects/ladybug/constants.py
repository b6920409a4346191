"""Values that are written out in a query, and expressions that write values out."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from broadsheet.ask.cypher.dialects.ladybug.kinds import cannot
from broadsheet.ask.cypher.nodes import Binary, Expression, Function, ListOf, Literal_, MapOf, Unary

NOT_CONSTANT = object()


def constant(node: Expression | None) -> Any:
    """Return the value of an expression that is written out, or NOT_CONSTANT.

    >>> constant(MapOf((("days", Literal_(3)),)))
    {'days': 3}
    """
    match node:
        case Literal_():
            return node.value
        case ListOf():
            items = [constant(one) for one in node.items]
            return NOT_CONSTANT if NOT_CONSTANT in items else items
        case MapOf():
            held = {key: constant(value) for key, value in node.entries}
            return NOT_CONSTANT if NOT_CONSTANT in held.values() else held
        case Unary(sign="-"):
            value = constant(node.of)
            return -value if isinstance(value, int | float) and not isinstance(value, bool) else NOT_CONSTANT
        case Binary(sign="+" | "-" | "*" as sign):
            left, right = constant(node.left), constant(node.right)
            if type(left) is int and type(right) is int:
                return left + right if sign == "+" else left - right if sign == "-" else left * right
        case Function(name="toInteger" | "toInt", arguments=(inner,)):
            value = constant(inner)
            return int(value) if isinstance(value, int | float) else NOT_CONSTANT
    return NOT_CONSTANT


def as_expression(value: Any, name: str) -> Expression:
    """Return a value as an expression that is written out. Raises QueryError for one that cannot be."""
    match value:
        case None | bool() | int() | float() | str():
            return Literal_(value, repr(value) if isinstance(value, int | float) else "")
        case datetime():
            return Function("datetime", (Literal_(value.isoformat()),))
        case date():
            return Function("date", (Literal_(value.isoformat()),))
        case list() | tuple():
            return ListOf(tuple(as_expression(one, name) for one in value))
        case Mapping():
            return MapOf(tuple((str(key), as_expression(one, name)) for key, one in value.items()))
    return cannot(f"${name}, a {type(value).__name__}", "Give numbers, texts, truth values, dates, lists or maps.")
