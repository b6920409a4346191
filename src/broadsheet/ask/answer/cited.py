"""What an answer rests on: the nodes and relations of each row, and the matches that they were found in."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.graph.values import EdgeId, GraphEdge, GraphNode, GraphPath, NodeId, Row, Rows
from broadsheet.ask.schema import Naming


class Found(NamedTuple):
    """One match: what each name of the pattern stood for (anonymous parts have no name), and what was put together into it."""

    things: tuple[tuple[str, Any], ...]
    groups: tuple["Group", ...] = ()


class Group(NamedTuple):
    """Matches that were put together into one row: `shown` of `total`; of what EXISTS looks for one witness is enough.

    `sought` is the text of the subquery that found them, and empty for rows of the query itself.
    """

    shown: tuple[Found, ...]
    total: int
    sought: str = ""
    witness: bool = False

    @property
    def complete(self) -> bool:
        """Whether nothing was left off."""
        return self.witness or len(self.shown) >= self.total


class Citation(NamedTuple):
    """What a row rests on.

    `absent` is what was not found, or must not be, in words that follow "no": of it nothing can be cited. `uncited` are the parts whose
    matches are not followed. A row that is `standing` would be there in an empty graph, if with other values.
    """

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    found: tuple[Found, ...]
    absent: tuple[str, ...] = ()
    uncited: tuple[str, ...] = ()
    standing: bool = False

    @property
    def ids(self) -> frozenset[NodeId | EdgeId]:
        """The nodes and relations that are cited."""
        return frozenset((*(one.id for one in self.nodes), *(one.id for one in self.edges)))

    @property
    def complete(self) -> bool:
        """Whether all that the row rests on is cited: no list was cut, and every part of the query was followed."""
        return not self.uncited and all(group.complete for group in self.groups())

    def groups(self) -> Iterator[Group]:
        """Yield every group of matches, the outer before the inner."""
        left = list(self.found)
        while left:
            for group in left.pop(0).groups:
                yield group
                left += group.shown


@dataclass(frozen=True)
class Answer:
    """Rows, what each rests on (None where rows could not be traced), what was cut or done otherwise, in words, and by which properties nodes are called."""

    query: Query
    rows: Rows
    citations: tuple[Citation, ...] | None
    notes: tuple[str, ...] = ()
    naming: Naming = field(default_factory=dict)


def citation(found: tuple[Found, ...], absent: tuple[str, ...], uncited: tuple[str, ...], *, standing: bool) -> Citation:
    """Return the citation of a row from its matches: each node and relation once, in the order in which they were met."""
    nodes: dict[NodeId, GraphNode] = {}
    edges: dict[EdgeId, GraphEdge] = {}
    for thing in _things(found):
        match thing:
            case GraphNode():
                nodes.setdefault(thing.id, thing)
            case GraphEdge():
                edges.setdefault(thing.id, thing)
            case GraphPath():
                nodes |= {one.id: one for one in thing.nodes if one.id not in nodes}
                edges |= {one.id: one for one in thing.edges if one.id not in edges}
    return Citation(tuple(nodes.values()), tuple(edges.values()), found, absent, uncited, standing)


def _things(found: tuple[Found, ...]) -> Iterator[Any]:
    for one in found:
        yield from (thing for _, thing in one.things)
        for group in one.groups:
            yield from _things(group.shown)


def merged(citations: list[Citation]) -> Citation:
    """Return the citation of a row that several parts of a UNION gave: it rests on all of them."""
    absent = tuple(dict.fromkeys(text for one in citations for text in one.absent))
    uncited = tuple(dict.fromkeys(text for one in citations for text in one.uncited))
    return citation(tuple(found for one in citations for found in one.found), absent, uncited, standing=any(one.standing for one in citations))


def same(row: Row) -> str:
    """Return what two rows of equal values have alike: a truth value is no number, and what is nothing equals itself.

    >>> same((1, True)) == same((1, 1)), same((1,)) == same((1.0,)), same((None,)) == same((None,))
    (False, True, True)
    """
    return repr([_plain(value) for value in row])


def _plain(value: Any) -> Any:
    match value:
        case GraphNode() | GraphEdge():
            return value.id
        case GraphPath():
            return [one.id for one in value.nodes], [one.id for one in value.edges]
        case float() if value.is_integer():
            return int(value)
        case list() | tuple():
            return [_plain(one) for one in value]
        case dict():
            return sorted((key, _plain(one)) for key, one in value.items())
    return value
