"""Whether two queries give the same answer: the same rows as often, with all rows that are tied where only the first are wanted."""

from collections import Counter
from dataclasses import replace
from typing import Any, NamedTuple

from broadsheet.ask.bench.answers import is_ordered
from broadsheet.ask.cypher.nodes import Projected, Projection, Query, Single
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.graph.engine import Caps, Engine
from broadsheet.ask.graph.values import GraphEdge, GraphNode, GraphPath
from broadsheet.core.errors import QueryError

CAPS = Caps(seconds=20.0, rows=60_000)


class Answer(NamedTuple):
    """Rows as often as they are given, in their order; a fault where there is no answer."""

    rows: tuple[Any, ...] = ()
    ordered: bool = False
    fault: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was found: no row, or a count of none."""
        return not self.rows or self.rows == ((0,),)


class Answers:
    """Answers of an engine, each query run once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._held: dict[str, Answer] = {}

    def of(self, query: Query) -> Answer:
        """Return the answer to a query; of one that wants the first rows of an order, all that are tied with the last of them."""
        text = canonical(query)
        if text not in self._held:
            self._held[text] = self._run(query)
        return self._held[text]

    def _run(self, query: Query) -> Answer:
        whole, limit, keys = _whole(query)
        try:
            found = self._engine.run(whole, None, CAPS)
        except QueryError as fault:
            return Answer(fault=fault.what)
        rows = [tuple(map(_plain, row)) for row in found.rows]
        if limit is None:
            return Answer(tuple(rows), is_ordered(query))
        end = limit
        while 0 < end < len(rows) and rows[end][-keys:] == rows[limit - 1][-keys:]:
            end += 1
        return Answer(tuple(row[:-keys] for row in rows[:end]))


def same(one: Answer, other: Answer, *, bags: bool = True) -> bool:
    """Whether two answers are the same, their columns in the same order; without `bags` however often a row is there."""
    if one.fault or other.fault:
        return False
    if not bags:
        return set(one.rows) == set(other.rows)
    if one.ordered and not other.ordered:
        return one.rows == other.rows
    return one.rows == other.rows if one.ordered else Counter(one.rows) == Counter(other.rows)


def _whole(query: Query) -> tuple[Query, int | None, int]:
    """Return a query without its limit, its order's keys as further columns, with the limit and how many keys there are; the query itself where it has none."""
    part = query.parts[0]
    last = part.clauses[-1]
    if len(query.parts) > 1 or not isinstance(last, Projection):
        return query, None, 0
    before = part.clauses[-2] if len(part.clauses) > 1 else None
    sorting = last if last.order else before if isinstance(before, Projection) and before.order and before.where is None else None
    limit = None if sorting is None or sorting.limit is None or sorting.skip is not None else getattr(sorting.limit, "value", None)
    if sorting is None or not isinstance(limit, int) or last.star or (sorting is before and last.distinct):
        return query, None, 0
    keys = tuple(Projected(one.expression, f"key{number}") for number, one in enumerate(sorting.order))
    items = tuple(replace(one, name=one.name or f"item{number}") for number, one in enumerate(last.items))
    whole = replace(last, items=(*items, *keys), order=sorting.order, limit=None)
    clauses = (*part.clauses[:-1], whole) if sorting is last else (*part.clauses[:-2], replace(sorting, order=(), limit=None), whole)
    return Query((Single(clauses),)), limit, len(keys)


def _plain(value: Any) -> Any:
    match value:
        case GraphNode() | GraphEdge():
            return value.id
        case GraphPath():
            return tuple(one.id for one in (*value.nodes, *value.edges))
        case float():
            return round(value, 9)
        case list():
            return tuple(map(_plain, value))
        case dict():
            return tuple(sorted((key, _plain(held)) for key, held in value.items()))
    return value
