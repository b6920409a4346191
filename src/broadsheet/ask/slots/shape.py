"""What a query of matches asks, without its names: two queries are alike if they join and return the same, however they are written."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from broadsheet.ask.cypher.nodes import (
    Binary,
    Expression,
    Function,
    Label,
    Literal_,
    Match,
    NodePattern,
    Path,
    Projection,
    Property,
    Query,
    RelationPattern,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.printer import written


class Joined(NamedTuple):
    """A relation between two named nodes."""

    start: str
    type: str
    end: str


class Shape:
    """The nodes of a query by name, with labels and conditions, the relations between them, and what is returned."""

    def __init__(self, query: Query) -> None:
        self.labels: dict[str, str] = {}
        self.conditions: dict[str, set[tuple[str, str, str]]] = {}
        self.joined: list[Joined] = []
        self.returned: Projection | None = None
        self.plain = len(query.parts) == 1
        for clause in query.parts[0].clauses:
            if isinstance(clause, Match) and not clause.optional:
                for path in clause.paths:
                    self._path(path)
                self._where(clause.where)
            elif isinstance(clause, Projection) and clause.which == "RETURN":
                self.returned = clause
            else:
                self.plain = False

    def _path(self, path: Path) -> None:
        nodes = [one for one in path.elements if isinstance(one, NodePattern)]
        for node in nodes:
            if isinstance(node.labels, Label):
                self.labels[node.name] = node.labels.name
            self.conditions.setdefault(node.name, set())
            self._where(node.where)
        relations = [one for one in path.elements if isinstance(one, RelationPattern)]
        for start, relation, end in zip(nodes, relations, nodes[1:], strict=False):
            self.joined.append(Joined(start.name, relation.types.name if isinstance(relation.types, Label) else "", end.name))

    def _where(self, where: Expression | None) -> None:
        if where is None:
            return
        match where:
            case Binary(sign="AND"):
                self._where(where.left)
                self._where(where.right)
            case Binary(left=Property(of=Variable(name=node), key=key), right=Literal_(value=value)):
                self.conditions.setdefault(node, set()).add((key, where.sign, str(value)))
            case _:
                self.plain = False

    @property
    def root(self) -> str:
        """The node that is returned, empty where several are or none is."""
        found = list(dict.fromkeys(self._variables(self.returned.items[0].expression))) if self.returned and len(self.returned.items) == 1 else []
        return found[0] if len(found) == 1 else ""

    def _variables(self, node: Expression) -> Iterator[str]:
        match node:
            case Variable():
                yield node.name
            case Property():
                yield from self._variables(node.of)
            case Function():
                for one in node.arguments:
                    yield from self._variables(one)

    def key(self) -> tuple[Any, ...] | None:
        """Return what is asked, alike for queries that ask the same without regard to direction; None for a query that is no plain tree of matches."""
        root = self.root
        if not self.plain or not root or self.returned is None or len(self.joined) != len(self.conditions) - 1:
            return None
        returned = self.returned
        said = written(returned.items[0].expression).replace(root, "·")
        order = tuple((written(one.expression).replace(root, "·"), one.descending) for one in returned.order)
        return said, returned.distinct, order, None if returned.limit is None else written(returned.limit), self._below(root, "")

    def _below(self, node: str, above: str) -> tuple[Any, ...]:
        steps = [(one.type, one.end if one.start == node else one.start) for one in self.joined if node in {one.start, one.end}]
        below = sorted(((kind, self._below(other, node)) for kind, other in steps if other != above), key=repr)
        return self.labels.get(node, ""), tuple(sorted(self.conditions[node])), tuple(below)


def alike(one: Query, other: Query) -> bool:
    """Whether two queries ask the same.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> one, other = "MATCH (a:A WHERE a.x = 1)-[:R]-(b:B) RETURN a", "MATCH (q:B)-[:R]-(p:A) WHERE p.x = 1 RETURN p"
    >>> alike(parse(one).query, parse(other).query)
    True
    """
    key = Shape(one).key()
    return key is not None and key == Shape(other).key()
