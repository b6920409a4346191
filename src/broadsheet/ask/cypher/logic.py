"""Conditions taken apart, put together, and read from their other side."""

from collections.abc import Iterable

from broadsheet.ask.cypher.nodes import Binary, Expression

# What a comparison says, read from its right side to its left.
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}


def conjuncts(condition: Expression | None) -> list[Expression]:
    """Return the parts of a condition of which each must hold, in their order; none of None.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> from broadsheet.ask.cypher.printer import written
    >>> where = parse("MATCH (a) WHERE a.x AND (a.y OR a.z) AND a.w RETURN a").query.parts[0].clauses[0].where
    >>> [written(one) for one in conjuncts(where)]
    ['a.x', 'a.y OR a.z', 'a.w']
    """
    return [] if condition is None else _parts(condition, "AND")


def disjuncts(condition: Expression) -> list[Expression]:
    """Return the parts of a condition of which one must hold, in their order.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> from broadsheet.ask.cypher.printer import written
    >>> where = parse("MATCH (a) WHERE a.x OR (a.y AND a.z) OR a.w RETURN a").query.parts[0].clauses[0].where
    >>> [written(one) for one in disjuncts(where)]
    ['a.x', 'a.y AND a.z', 'a.w']
    """
    return _parts(condition, "OR")


def conjunction(conditions: Iterable[Expression | None]) -> Expression | None:
    """Return what holds if all of some conditions do, those that are None aside; None where there is no other.

    >>> from broadsheet.ask.cypher.nodes import Variable
    >>> from broadsheet.ask.cypher.printer import written
    >>> written(conjunction([Variable("a"), None, Variable("b")])), conjunction([])
    ('a AND b', None)
    """
    whole: Expression | None = None
    for one in conditions:
        whole = one if whole is None else whole if one is None else Binary("AND", whole, one)
    return whole


def _parts(condition: Expression, sign: str) -> list[Expression]:
    if isinstance(condition, Binary) and condition.sign == sign:
        return [*_parts(condition.left, sign), *_parts(condition.right, sign)]
    return [condition]
