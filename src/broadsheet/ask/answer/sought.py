"""Subqueries within an expression: which patterns they look for, and whether these must be there or must not."""

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from broadsheet.ask.cypher.logic import MIRRORED, conjunction
from broadsheet.ask.cypher.nodes import (
    Binary,
    Expression,
    Literal_,
    Match,
    Node,
    Path,
    PatternComprehension,
    PatternTest,
    Projection,
    Query,
    Subquery,
    Unary,
    Variable,
)  # fmt: skip

Pattern = Subquery | PatternTest | PatternComprehension
# What a comparison says when it is turned round.


class Wanted(Enum):
    """What a condition asks of a subquery: that something is found, that nothing is, that no more is, or either."""

    FOUND = "found"
    NONE = "none"
    NO_MORE = "no more"
    EITHER = "either"


class Sought(NamedTuple):
    """A subquery, and what is asked of it."""

    node: Pattern
    wanted: Wanted

    @property
    def counted(self) -> bool:
        """Whether one match is not enough."""
        return isinstance(self.node, PatternComprehension) or (isinstance(self.node, Subquery) and self.node.which != "EXISTS")


def sought_in(expressions: Iterable[Expression | None]) -> Iterator[Sought]:
    """Yield the subqueries of conditions or values, those within others aside.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> where = parse("MATCH (a) WHERE (a)-->() AND NOT (a)-->(:Film) RETURN a").query.parts[0].clauses[0].where
    >>> [one.wanted.value for one in sought_in([where])]
    ['found', 'none']
    """
    for one in expressions:
        if one is not None:
            yield from _sought(one, holds=True, sure=True)


def _sought(node: object, *, holds: bool | None, sure: bool) -> Iterator[Sought]:
    """Yield subqueries; `holds` says whether this part of a condition holds or not (None where nobody can tell), `sure` whether it does in each row."""
    match node:
        case Subquery() | PatternTest() | PatternComprehension():
            yield Sought(node, _wanted(holds=holds, sure=sure) if not isinstance(node, PatternComprehension) else Wanted.EITHER)
        case Unary(sign="NOT"):
            yield from _sought(node.of, holds=None if holds is None else not holds, sure=sure)
        case Binary(sign="AND" | "OR"):
            # Both parts of an AND hold with it; which part of an OR does, nobody can tell, and the other way round under NOT.
            for part in (node.left, node.right):
                yield from _sought(part, holds=holds, sure=sure and (node.sign == "AND") == holds)
        case Binary() if node.sign in MIRRORED and holds is not None:
            for part, sign, number in ((node.left, node.sign, node.right), (node.right, MIRRORED[node.sign], node.left)):
                if isinstance(part, Subquery) and part.which == "COUNT":
                    yield Sought(part, _counted(sign, number, holds=holds, sure=sure))
                else:
                    yield from _sought(part, holds=None, sure=False)
        case Node() | tuple():
            for part in node if isinstance(node, tuple) else vars(node).values():
                yield from _sought(part, holds=None, sure=False)


def _wanted(*, holds: bool | None, sure: bool) -> Wanted:
    if holds:
        return Wanted.FOUND
    return Wanted.NONE if holds is False and sure else Wanted.EITHER


def _counted(sign: str, number: Expression, *, holds: bool, sure: bool) -> Wanted:
    """Return what is asked of a count that must stand so to a number, or must not."""
    value = number.value if isinstance(number, Literal_) and isinstance(number.value, int) else None
    if value is not None:
        none = {"=": 0, "<": 1, "<=": 0}.get(sign) == value
        some = {"<>": 0, ">": 0, ">=": 1}.get(sign) == value
        if none or some:
            return _wanted(holds=holds is some, sure=sure)
    return Wanted.FOUND if (sign in {">", ">="}) == holds and sign not in {"=", "<>"} else Wanted.NO_MORE


def bounded_in(expression: Expression | None, totals: frozenset[str]) -> Iterator[Expression]:
    """Yield the comparisons that hold a total down, so that they rest on there being no more.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> where = parse("MATCH (a) WITH count(*) AS n WHERE n < 3 AND n > 1 RETURN n").query.parts[0].clauses[1].where
    >>> [one.sign for one in bounded_in(where, frozenset({"n"}))]
    ['<']
    """
    left: list[tuple[object, bool]] = [(expression, False)]
    while left:
        node, turned = left.pop()
        match node:
            case Unary(sign="NOT"):
                left.append((node.of, not turned))
            case Binary(sign="AND" | "OR" | "XOR"):
                left += [(node.left, turned), (node.right, turned)]
            case Binary() if node.sign in MIRRORED:
                for part, sign in ((node.left, node.sign), (node.right, MIRRORED[node.sign])):
                    rises = sign in {">", ">="}
                    if _reads(part, totals) and (sign in {"=", "<>"} or rises == turned):
                        yield node
                        break
            case _ if node is not None and _reads(node, totals):
                yield node  # pyrefly: ignore


def _reads(node: object, names: frozenset[str]) -> bool:
    match node:
        case Variable():
            return node.name in names
        case Node():
            return any(_reads(part, names) for part in vars(node).values())
        case tuple():
            return any(_reads(part, names) for part in node)
    return False


def pattern_of(node: Pattern) -> tuple[tuple[Path, ...], Expression | None]:
    """Return the paths that a subquery matches, and their condition; no paths where it does more than match."""
    if isinstance(node, PatternTest):
        return (node.path,), None
    if isinstance(node, PatternComprehension):
        return (node.path,), node.where
    return _matches_of(node.query)


def _matches_of(query: Query) -> tuple[tuple[Path, ...], Expression | None]:
    clauses = query.parts[0].clauses
    matches = [one for one in clauses if isinstance(one, Match) and not one.optional]
    rest = clauses[len(matches) :]
    plain = not rest or (len(rest) == 1 and isinstance(rest[0], Projection) and not (rest[0].limit or rest[0].skip or rest[0].distinct))
    if len(query.parts) > 1 or list(clauses[: len(matches)]) != matches or not plain:
        return (), None
    return tuple(path for one in matches for path in one.paths), conjunction(one.where for one in matches)
