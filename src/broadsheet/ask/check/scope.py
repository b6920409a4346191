"""Which name means what, where: a walk over a query that tells every variable's thing, and keeps what the checks ask of."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from broadsheet.ask.cypher.functions import AGGREGATES, GIVES
from broadsheet.ask.cypher.nodes import (
    At,
    Binary,
    Comprehension,
    Expression,
    Function,
    HasLabels,
    Label,
    Labels,
    Labels_,
    ListOf,
    Literal_,
    MapOf,
    MapProjection,
    Match,
    Node,
    NodePattern,
    NoLabel,
    Other,
    Path,
    PatternComprehension,
    PatternTest,
    Place,
    Projected,
    Projection,
    Property,
    Quantified,
    Query,
    Reduce,
    RelationPattern,
    Single,
    Slice,
    SubCall,
    Subquery,
    Unwind,
    Variable,
)  # fmt: skip

Kind = Literal["node", "relation", "relations", "path", "value"]
NEVER = 10**9


@dataclass(eq=False)
class Thing:
    """What a name stands for: a node, a relation, a path, or a value that an expression gives.

    `stated` are the labels or types of each place where it is matched; `possible` those that it may have, which the schema narrows. A value that is
    `unwound` is an element of what its expression gives.
    """

    kind: Kind
    name: str
    place: Place
    stated: list[Labels] = field(default_factory=list)
    matched: list[NodePattern | RelationPattern] = field(default_factory=list)
    value: Expression | None = None
    possible: frozenset[str] = frozenset()
    uses: int = 0
    optional: bool = False
    unwound: bool = False


class Joined(NamedTuple):
    """A relation of a pattern between two nodes, as they stand in the text."""

    relation: RelationPattern
    left: Thing
    right: Thing
    thing: Thing


class Condition(NamedTuple):
    """Something that must hold; `optional` where it holds of what is matched optionally, or within EXISTS { } and the like, alone. `tested` is a test within CASE, that no row must pass."""

    expression: Expression
    optional: bool
    tested: bool = False


class Matched(NamedTuple):
    """One MATCH: its things, those that were known before it, and its condition."""

    clause: Match
    paths: tuple[tuple[Thing, ...], ...]
    known: frozenset[int]


Names = Mapping[str, Thing]


class Scopes:
    """What a walk over a query has found."""

    def __init__(self, query: Query) -> None:
        self.things: list[Thing] = []
        self.joined: list[Joined] = []
        self.meant: dict[int, Thing] = {}
        self.unbound: list[tuple[Variable, tuple[str, ...]]] = []
        self.conflicts: list[tuple[Thing, Kind, Place]] = []
        # Patterns in CALL { } that name a thing which is known outside and not within.
        self.shadows: list[tuple[Thing, NodePattern | RelationPattern]] = []
        # Parts of a pattern that is a condition and names what nothing before it does.
        self.introduced: list[NodePattern | RelationPattern] = []
        self._hidden: Names = {}
        self._within = 0
        # Where the things of the pattern that is read begin: a relation of one pattern is matched once.
        self._pattern_from = NEVER
        self.conditions: list[Condition] = []
        self.maps: list[tuple[Thing, MapOf, bool]] = []
        self.matches: list[Matched] = []
        self.projections: list[tuple[Projection, Names]] = []
        self.expressions: list[Expression] = []
        self._query(query, {})

    def of(self, variable: Variable) -> Thing | None:
        """Return what a variable means."""
        return self.meant.get(id(variable))

    # Clauses.

    def _query(self, query: Query, names: Names) -> list[str]:
        """Walk over a query with the names that are known outside; return those that it gives back."""
        given: list[str] = []
        for part in query.parts:
            given = self._single(part, dict(names))
        return given

    def _single(self, part: Single, names: dict[str, Thing]) -> list[str]:
        given: list[str] = []
        for clause in part.clauses:
            match clause:
                case Match():
                    self._match(clause, names)
                case Unwind():
                    self._read(clause.source, names)
                    if clause.name in names and names[clause.name].kind != "value":
                        self.conflicts.append((names[clause.name], "value", clause.place))
                    names[clause.name] = self._gathered(clause.name, clause.source, clause.place) or self._thing(
                        "value", clause.name, clause.place, value=clause.source, unwound=True
                    )
                case Projection():
                    names = self._projection(clause, names)
                    given = list(names)
                case SubCall():
                    names |= {name: self._result(name, clause) for name in self._call(clause, names) if name not in names}
                case Other():
                    names |= {name: self._thing("value", name, clause.place) for name in clause.names if name not in names}
        return given

    def _call(self, clause: SubCall, names: Names) -> list[str]:
        """Walk over `CALL { }`: within it a name is known that stands in its brackets, or in a WITH that it begins with; return what it gives back."""
        if clause.imports is not None:
            return self._query(clause.query, names if clause.imports == ("*",) else {name: names[name] for name in clause.imports if name in names})
        given: list[str] = []
        hidden, self._hidden = self._hidden, names
        for part in clause.query.parts:
            first = part.clauses[0]
            given = self._single(part, dict(names) if isinstance(first, Projection) and first.which == "WITH" else {})
        self._hidden = hidden
        return given

    def _result(self, name: str, clause: SubCall) -> Thing:
        last = self.projections[-1][1].get(name) if self.projections else None
        return last or self._thing("value", name, clause.place)

    def _match(self, clause: Match, names: dict[str, Thing]) -> None:
        known = frozenset(map(id, names.values()))
        before = self._pattern_from = len(self.things)
        paths = tuple(tuple(self._path(path, names, optional=clause.optional)) for path in clause.paths)
        self._pattern_from = NEVER
        self.matches.append(Matched(clause, paths, known))
        if clause.where is not None:
            self._condition(clause.where, names, optional=clause.optional)
        for thing in self.things[before:]:
            thing.optional = thing.optional or clause.optional

    def _projection(self, clause: Projection, names: dict[str, Thing]) -> dict[str, Thing]:
        passed: dict[str, Thing] = dict(names) if clause.star else {}
        if clause.star:
            for thing in names.values():
                thing.uses += 1
        for item in clause.items:
            self._read(item.expression, names)
            name = item.name or (item.expression.name if isinstance(item.expression, Variable) else "")
            of = self._passed(item, name)
            if name:
                passed[name] = of
        # What is sorted by may name what was there before, unless rows were put together.
        seen = {**names, **passed}
        given = [item.expression for item in clause.items]
        for one in clause.order:
            # What is sorted by as it is passed on is that, whatever its name.
            self._read(one.expression, names if one.expression in given else seen)
        for count in (clause.skip, clause.limit):
            if count is not None:
                self._read(count, seen)
        self.projections.append((clause, passed))
        if clause.where is not None:
            # A condition sees what was there before too, unless rows were put together.
            self._condition(clause.where, passed if _puts_together(clause) else seen, optional=False)
        return passed

    def _passed(self, item: Projected, name: str) -> Thing:
        if isinstance(item.expression, Variable) and (same := self.meant.get(id(item.expression))) is not None:
            return same
        given = item.expression
        one_of = (
            given.of
            if isinstance(given, At)
            else given.arguments[0]
            if isinstance(given, Function) and given.name in {"head", "last"} and given.arguments
            else None
        )
        return (self._gathered(name, one_of, item.place) if one_of is not None else None) or self._thing("value", name, item.place, value=given)

    def _condition(self, where: Expression, names: Names, *, optional: bool) -> None:
        self._read(where, names)
        self.conditions.append(Condition(where, optional or self._within > 0))

    # Patterns.

    def _path(self, path: Path, names: dict[str, Thing], *, optional: bool) -> Iterator[Thing]:
        found: list[Thing] = []
        # Names of one pattern may be used in its own maps.
        for element in path.elements:
            if isinstance(element, NodePattern):
                found.append(self._matched("node", element, element.labels, names))
            else:
                found.append(self._matched("relations" if element.hops else "relation", element, element.types, names))
        for element, thing in zip(path.elements, found, strict=True):
            if element.properties is not None:
                self._read(element.properties, names)
                if isinstance(element.properties, MapOf):
                    self.maps.append((thing, element.properties, optional))
            if element.where is not None:
                self._condition(element.where, names, optional=optional)
        for place in range(1, len(found), 2):
            relation = path.elements[place]
            assert isinstance(relation, RelationPattern)
            self.joined.append(Joined(relation, found[place - 1], found[place + 1], found[place]))
        if path.name:
            if path.name in names:
                self.conflicts.append((names[path.name], "path", path.place))
            names[path.name] = self._thing("path", path.name, path.place)
        yield from found

    def _matched(self, kind: Kind, element: NodePattern | RelationPattern, labels: Labels | None, names: dict[str, Thing]) -> Thing:
        thing = names.get(element.name) if element.name else None
        if thing is None:
            thing = self._thing(kind, element.name, element.place)
            if element.name:
                names[element.name] = thing
                if element.name in self._hidden:
                    self.shadows.append((self._hidden[element.name], element))
        else:
            thing.uses += 1
            if thing.kind == "value" and (thing.value is None or (kind == "node" and (thing.unwound or not self._plain(thing.value)))):
                # A node that a value gives (an element of a list, a coalesce): nothing is known of it but what is said here.
                thing.kind = kind
            elif thing.kind != kind or (kind != "node" and any(thing is one for one in self.things[self._pattern_from :])):
                self.conflicts.append((thing, kind, element.place))
                return self._thing(kind, "", element.place)
        if labels is not None:
            thing.stated.append(labels)
        thing.matched.append(element)
        return thing

    def _plain(self, value: Expression) -> bool:
        """Whether an expression gives a value that is no node."""
        match value:
            case Property(of=Variable() as of):
                thing = self.meant.get(id(of))
                return thing is not None and thing.kind in {"node", "relation"}
            case Function():
                return GIVES.get(value.name.lower(), "any") not in {"any", "node", "map"}
            case Literal_():
                return value.value is not None
        return isinstance(value, ListOf | Binary)

    def _thing(self, kind: Kind, name: str, place: Place, *, value: Expression | None = None, unwound: bool = False) -> Thing:
        thing = Thing(kind, name, place, value=value, unwound=unwound)
        self.things.append(thing)
        return thing

    # Expressions.

    def _read(self, node: Expression, names: Names) -> None:
        self.expressions.append(node)
        self._inside(node, names)

    def _inside(self, node: object, names: Names) -> None:
        match node:
            case Variable():
                self._use(node, names)
            case Comprehension() | Quantified():
                self._inside(node.source, names)
                inner = {**names, node.variable: self._element(node.variable, node.source, node.place)}
                self._all((node.where, node.make if isinstance(node, Comprehension) else None), inner)
                self.conditions += [] if node.where is None else [Condition(node.where, optional=True)]
            case Reduce():
                self._all((node.start, node.source), names)
                inner = {
                    **names,
                    node.variable: self._element(node.variable, node.source, node.place),
                    node.total: self._thing("value", node.total, node.place),
                }
                self._inside(node.make, inner)
            case PatternComprehension():
                inner = dict(names)
                list(self._path(node.path, inner, optional=True))
                if node.variable:
                    inner[node.variable] = self._thing("path", node.variable, node.place)
                self._all((node.where, node.make), inner)
                self.conditions += [] if node.where is None else [Condition(node.where, optional=True)]
            case PatternTest():
                new = [one for one in node.path.elements if one.name and one.name not in names]
                self.introduced += [] if node.path.function else new
                list(self._path(node.path, dict(names), optional=True))
            case Subquery():
                # What holds within need not hold of the rows outside.
                self._within += 1
                self._query(node.query, names)
                self._within -= 1
            case HasLabels():
                self._inside(node.of, names)
            case MapProjection():
                self._inside(node.of, names)
                for kind, key, value in node.items:
                    if kind == "variable":
                        self._use(Variable(key, place=node.place), names)
                    elif value is not None:
                        self._inside(value, names)
            case Node():
                self._all(vars(node).values(), names)
            case tuple():
                self._all(node, names)

    def _all(self, nodes: Iterable[object], names: Names) -> None:
        for one in nodes:
            if isinstance(one, Node | tuple):
                self._inside(one, names)

    def _element(self, name: str, source: Expression, place: Place) -> Thing:
        """Return what stands for an element of a list: of the nodes or relations of a path it is one, else a value."""
        if isinstance(source, Function) and source.name in {"nodes", "relationships"}:
            return self._thing("node" if source.name == "nodes" else "relation", name, place)
        return self._gathered(name, source, place) or self._thing("value", name, place, unwound=True)

    def _gathered(self, name: str, source: Expression, place: Place) -> Thing | None:
        """Return what stands for an element of nodes or relations that collect() has put together."""
        of = self._listed(source)
        if of is None or of.kind not in {"node", "relation", "relations"}:
            return None
        element = self._thing("node" if of.kind == "node" else "relation", name, place)
        element.stated += of.stated
        return element

    def _listed(self, source: Expression) -> Thing | None:
        """Return what a list has been made of, where it is one thing of each row."""
        match source:
            case Variable() if (named := self.meant.get(id(source))) is not None:
                return named if named.kind == "relations" else self._listed(named.value) if named.value is not None and not named.unwound else None
            case Function(name="collect") if source.arguments:
                return self.meant.get(id(source.arguments[0]))
            case PatternComprehension():
                return self.meant.get(id(source.make))
            case Slice():
                return self._listed(source.of)
            case Comprehension(make=None):
                return self._listed(source.source)
        return None

    def _use(self, variable: Variable, names: Names) -> None:
        thing = names.get(variable.name)
        if thing is None:
            self.unbound.append((variable, tuple(names)))
        else:
            thing.uses += 1
            self.meant[id(variable)] = thing


def _puts_together(clause: Projection) -> bool:
    return clause.distinct or any(aggregates(item.expression) for item in clause.items)


def walk(node: object) -> Iterator[Node]:
    """Yield a node and all within it, the outer before the inner."""
    left = [node]
    while left:
        one = left.pop()
        if isinstance(one, Node):
            yield one
            left += reversed([value for value in vars(one).values() if isinstance(value, Node | tuple)])
        elif isinstance(one, tuple) and not isinstance(one, Place):
            left += reversed([value for value in one if isinstance(value, Node | tuple)])


def aggregates(node: Expression) -> list[Function]:
    """Return the aggregate functions in an expression, those of its subqueries aside."""
    found, left = [], [node]
    while left:
        one: object = left.pop()
        if isinstance(one, Function) and one.name in AGGREGATES:
            found.append(one)
        if isinstance(one, Node) and not isinstance(one, Subquery):
            left += [value for value in vars(one).values() if isinstance(value, Node | tuple)]  # pyrefly: ignore
        elif isinstance(one, tuple):
            left += [value for value in one if isinstance(value, Node | tuple)]
    return found


def names_of(labels: Labels | None) -> Iterator[Label]:
    """Yield every label that is named, those that must not be there aside."""
    match labels:
        case Label():
            yield labels
        case Labels_():
            for part in labels.parts:
                yield from names_of(part)
        case NoLabel() | None:
            return
