"""What a query looks for and the graph has not, with the values that it has and that are nearest to that."""

from collections.abc import Iterator
from typing import NamedTuple

from broadsheet.ask.check.scope import names_of, walk
from broadsheet.ask.cypher.nodes import Binary, Literal_, MapOf, NodePattern, Place, Property, Query, Variable
from broadsheet.ask.link.index import Entry, Near, ValueIndex, folded


class Repair(NamedTuple):
    """A value that no node of these labels has in a property, where it stands, and the nearest that there are, the best first."""

    place: Place
    labels: tuple[str, ...]
    property: str
    value: str
    nearest: tuple[Near, ...]


def repairs(query: Query, index: ValueIndex, limit: int = 3) -> tuple[Repair, ...]:
    """Return what of a query's texts the graph has not, letter by letter; the same in other letters is the nearest.

    >>> import polars as pl
    >>> from broadsheet.ask.cypher.parser import parse
    >>> from broadsheet.ask.graph.tables import Graph
    >>> index = ValueIndex(Graph({"Film": pl.DataFrame({"title": ["Up", "Heat"]})}, ()))
    >>> [(one.value, one.nearest[0].entry.value) for one in repairs(parse("MATCH (f:Film {title: 'heat'}) RETURN f").query, index)]
    [('heat', 'Heat')]
    """
    labels: dict[str, tuple[str, ...]] = {}
    for node in walk(query):
        if isinstance(node, NodePattern) and node.labels is not None and node.name:
            labels[node.name] = tuple(one.name for one in names_of(node.labels))
    return tuple(found for own, key, literal in _texts(query, labels) if (found := _repair(own, key, literal, index, limit)) is not None)


def _texts(query: Query, labels: dict[str, tuple[str, ...]]) -> Iterator[tuple[tuple[str, ...], str, Literal_]]:
    for node in walk(query):
        match node:
            case Binary(sign="=", left=Property(of=Variable(name=name), key=key), right=Literal_(value=str()) as literal):
                yield labels.get(name, ()), key, literal
            case NodePattern(properties=MapOf(entries=entries)) if node.labels is not None:
                own = tuple(one.name for one in names_of(node.labels))
                yield from ((own, key, value) for key, value in entries if isinstance(value, Literal_) and isinstance(value.value, str))


def _repair(labels: tuple[str, ...], key: str, literal: Literal_, index: ValueIndex, limit: int) -> Repair | None:
    value = str(literal.value)
    known = [one for one in labels or index.counts if key in (index.schema.labels.get(one) or {})]
    if not known or any(entry.value == value and entry.property == key and entry.label in known for entry in index.exact(value)):
        return None
    same = [Near(entry, 1.0) for entry in index.exact(value) if _fits(entry, known, key)]
    near = [one for one in index.nearest(value, limit, among=[(label, key) for label in known]) if folded(one.entry.value) != folded(value)]
    return Repair(literal.place, labels, key, value, (*same, *near)[:limit])


def _fits(entry: Entry, labels: list[str], key: str) -> bool:
    return entry.property == key and entry.label in labels
