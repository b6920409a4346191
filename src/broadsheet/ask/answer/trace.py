"""A query rewritten so that each of its rows brings along what it was matched from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Literal, NamedTuple

from broadsheet.ask.answer.cited import Citation, Found, Group, citation
from broadsheet.ask.answer.sought import Sought, Wanted, bounded_in, pattern_of, sought_in
from broadsheet.ask.check.scope import aggregates
from broadsheet.ask.cypher.nodes import (
    Clause,
    Expression,
    Function,
    Literal_,
    MapOf,
    Match,
    NodePattern,
    Path,
    Projected,
    Projection,
    Query,
    RelationPattern,
    Single,
    Slice,
    SubCall,
    Unwind,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.printer import canonical, written
from broadsheet.ask.graph.values import Row
from broadsheet.core.errors import QueryError

# Matches of a group that are cited.
SHOWN = 20
# Entries of the map in which a group travels: its first matches, and how many there are.
FIRST, TOTAL = "first", "total"


@dataclass(frozen=True)
class Carried:
    """What travels along in a column: something that was matched, a pack of all that one row carries, or a group of matches with what each carries.

    `role` is what the query calls it, `optional` the pattern of an OPTIONAL MATCH that need not be there, `sought` the subquery that found a group.
    """

    column: str
    kind: Literal["thing", "pack", "group"] = "thing"
    role: str = ""
    optional: str = ""
    inside: tuple["Carried", ...] = ()
    sought: Sought | None = None


class Traced(NamedTuple):
    """A rewritten query of one part, and how its rows are read: `own` are names that are no column of the query itself."""

    query: Query
    own: frozenset[str]
    carried: tuple[Carried, ...]
    absent: tuple[str, ...]
    uncited: tuple[str, ...]
    standing: bool

    def columns(self, names: tuple[str, ...]) -> list[int]:
        """Return the places of the columns that the query itself has."""
        return [place for place, name in enumerate(names) if name not in self.own]

    def citation(self, names: tuple[str, ...], row: Row) -> Citation:
        """Return what a row of the rewritten query rests on."""
        held = dict(zip(names, row, strict=True))
        absent = dict.fromkeys(self.absent)
        found = _found(held, self.carried, absent)
        return citation((found,), tuple(absent), self.uncited, standing=self.standing)


def traced(query: Query, shown: int = SHOWN, *, follow: bool = True) -> Iterator[Traced]:
    """Yield each part of a query, rewritten: its matches are named, and what they matched is passed on to its rows; groups pass on their first `shown`.

    What subqueries find is passed on too, if they are to be followed. Raises QueryError for groups that the engine does not keep whole.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> canonical(next(traced(parse("MATCH (a:Person)-[:DIRECTED]->(:Film) RETURN a.name").query)).query)
    'MATCH (a:Person)-[cited1:DIRECTED]->(cited2:Film) RETURN a.name, {a: a, cited1: cited1, cited2: cited2} AS cited3'
    """
    prefix, text = "cited", canonical(query)
    while prefix in text:
        prefix += "_"
    for part in query.parts:
        writer = _Writer(prefix, shown, follow)
        clauses = writer.clauses(part.clauses)
        yield Traced(
            Query((Single(clauses),)),
            frozenset(writer.made),
            tuple(writer.carried),
            tuple(dict.fromkeys(writer.absent)),
            tuple(dict.fromkeys(writer.uncited)),
            not writer.anchored,
        )


@dataclass
class _Writer:
    """Rewrites clauses in a row. `names` are those of the query that are in scope; rows are `anchored` once a match must be there for them."""

    prefix: str
    shown: int
    follow: bool
    names: list[str] = field(default_factory=list)
    carried: list[Carried] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    uncited: list[str] = field(default_factory=list)
    anchored: bool = False
    # Names in scope of which the things are carried; what is carried before `floor` is left as it is.
    cited: set[str] = field(default_factory=set)
    floor: int = 0
    # Names of what aggregates gave.
    totals: set[str] = field(default_factory=set)
    # Relations in scope, and whether anything was matched that need not be there: rows grouped by the former lose nodes where the latter is missing.
    relations: set[str] = field(default_factory=set)
    loose: bool = False
    # Rows may be there twice, with the same matches: they cannot be told apart by what they carry.
    repeated: bool = False
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def clauses(self, clauses: Iterable[Clause]) -> tuple[Clause, ...]:
        """Return clauses rewritten."""
        return tuple(one for clause in clauses for one in self._clause(clause))

    def _fresh(self) -> str:
        self.made.append(f"{self.prefix}{next(self._numbers)}")
        return self.made[-1]

    def _clause(self, clause: Clause) -> Iterator[Clause]:
        match clause:
            case Match():
                yield self._match(clause)
                yield from self._held(clause.where)
            case Unwind():
                self.names.append(clause.name)
                self.repeated = True
                yield clause
            case Projection():
                yield from self._followed(*(item.expression for item in clause.items))
                yield self._grouped(clause) if _groups(clause) else self._passed(clause)
                yield from self._held(clause.where)
            case SubCall():
                yield self._called(clause)
            case _:
                yield clause

    # Matches.

    def _match(self, clause: Match) -> Match:
        paths = tuple(map(self._named, clause.paths))
        text = ", ".join(map(written, clause.paths)) if clause.optional else ""
        for name in (name for path in paths for name in _carrying(path)):
            if name not in self.cited:
                self.cited.add(name)
                self.carried.append(Carried(name, "thing", "" if name in self.made else name, text))
        self.names += [name for name in dict.fromkeys(_bound(clause.paths)) if name not in self.names]
        self.anchored, self.loose = self.anchored or not clause.optional, self.loose or clause.optional
        self.relations |= {one.name for path in clause.paths for one in path.elements if isinstance(one, RelationPattern) and one.name}
        return replace(clause, paths=paths)

    def _named(self, path: Path) -> Path:
        """Give a name to each part of a path; one with relations in a row, of which the engine tells the nodes between, has a name itself."""
        if path.function or any(_is_row(one) for one in path.elements):
            path = path if path.name else replace(path, name=self._fresh())
        if path.function:
            return path
        return replace(path, elements=tuple(one if one.name or _is_row(one) else replace(one, name=self._fresh()) for one in path.elements))

    # Projections.

    def _passed(self, clause: Projection) -> Projection:
        """Return a projection that passes on what is carried."""
        packed = self._packed()
        self.cited = self._still(clause.items, star=clause.star)
        self.names = [*(self.names if clause.star else ()), *_names(clause)]
        return replace(clause, items=(*clause.items, *packed))

    def _packed(self) -> tuple[Projected, ...]:
        """Put all that is carried into one map.

        Ladybug loses rows, makes some up, or loses the ends of relations, where it groups or cuts rows in which several matches stand beside each
        other; a map of all of them it keeps whole.
        """
        outer, own = self.carried[: self.floor], self.carried[self.floor :]
        packed = tuple(_variable(one.column) for one in outer)
        if len(own) == 1 and own[0].kind == "pack":
            return (*packed, _variable(own[0].column))
        if not own:
            return packed
        pack = Carried(self._fresh(), "pack", inside=tuple(own))
        self.carried = [*outer, pack]
        return (*packed, Projected(_each(pack), pack.column))

    def _still(self, items: Iterable[Projected], *, star: bool) -> set[str]:
        """Return the names that a projection gives to what is carried already."""
        passed = {item.name or item.expression.name for item in items if isinstance(item.expression, Variable) and item.expression.name in self.cited}
        return passed | (self.cited if star else set())

    def _grouped(self, clause: Projection) -> Projection:
        """Return a projection that puts what is carried into a group for each of its rows."""
        named = set(_names(clause))
        everything = [_variable(name) for name in self.names if clause.star and name not in named]
        items = (*everything, *clause.items)
        if self.loose and self.carried and any(isinstance(one.expression, Variable) and one.expression.name in self.relations for one in items):
            raise QueryError("Rows grouped by a relation, beside what is matched optionally, cannot be followed.", "Group by a property of the relation.")
        keyed = clause.distinct or any(not aggregates(one.expression) for one in items)
        self.names, self.anchored = [one.name or written(one.expression) for one in items], self.anchored and keyed
        self.cited = self._still(items, star=False)
        self.totals |= {one.name for one in items if one.name and aggregates(one.expression)}
        if not self.carried:
            return clause
        group = Carried(self._fresh(), "group", inside=tuple(self.carried))
        self.carried = [group]
        return replace(clause, items=(*items, _collected(group, Function("count", (), star=True), self.shown)), star=False, distinct=False)

    # Conditions and subqueries.

    def _held(self, where: Expression | None) -> Iterator[Clause]:
        self.absent += [f"more behind {written(one)}" for one in bounded_in(where, frozenset(self.totals))]
        yield from self._followed(where)

    def _followed(self, *expressions: Expression | None) -> Iterator[Clause]:
        """Yield clauses that find again what subqueries of an expression found, and put it beside each row."""
        for one in sought_in(expressions):
            text = written(one.node)
            if one.wanted is Wanted.NO_MORE:
                self.absent.append(f"more for {text}")
            if one.wanted is Wanted.NONE:
                self.absent.append(f"match for {text}")
                continue
            paths, where = pattern_of(one.node)
            if not paths or self.repeated or not self.follow or (self.loose and self.relations & set(self.names)):
                self.uncited.append(text)
            else:
                yield from self._witness(one, paths, where)

    def _witness(self, one: Sought, paths: tuple[Path, ...], where: Expression | None) -> Iterator[Clause]:
        names, cited, held, flags = list(self.names), set(self.cited), list(self.carried), (self.anchored, self.repeated, self.floor, self.loose)
        # No two rows are the same here; a relation either way is asked only of rows of which that is sure.
        either = any(isinstance(one, RelationPattern) and one.towards == "either" for path in paths for one in path.elements)
        before = Projection("WITH", (*map(_variable, names), *self._packed()), distinct=either)
        outer, self.floor = list(self.carried), len(self.carried)
        clause = self._match(Match(paths, optional=True, where=where))
        if len(self.carried) > len(outer):
            yield from (before, clause, *self._followed(where))
            inner = self.carried[len(outer) :]
            group = Carried(self._fresh(), "group", inside=tuple(replace(carried, optional="") for carried in inner), sought=one)
            total = Function("count", (Variable(inner[0].column),))
            passed = map(_variable, (*names, *(carried.column for carried in outer)))
            yield Projection("WITH", (*passed, _collected(group, total, self.shown if one.counted else 1)))
            held = [*outer, group]
        # Where all that is looked for is matched already there is no more to cite.
        self.carried, self.names, self.cited = held, names, cited
        self.anchored, self.repeated, self.floor, self.loose = flags

    def _called(self, clause: SubCall) -> SubCall:
        self.repeated = True
        if len(clause.query.parts) > 1 or not self.follow:
            self.uncited.append(written(clause))
            self.names += [name for name in _given(clause.query) if name not in self.names]
            return clause
        names = list(self.names) if clause.imports is None else list(clause.imports)
        inner = _Writer(
            self.prefix, self.shown, self.follow, names, repeated=True, made=self.made, absent=self.absent, uncited=self.uncited, _numbers=self._numbers
        )
        clauses = inner.clauses(clause.query.parts[0].clauses)
        self.anchored = self.anchored or inner.anchored
        known = {one.column for one in self.carried}
        self.carried += [one for one in inner.carried if one.column not in known]
        self.names += [name for name in _given(clause.query) if name not in self.names]
        return replace(clause, query=Query((Single(clauses),)))


def _variable(name: str) -> Projected:
    return Projected(Variable(name))


def _each(carried: Carried) -> MapOf:
    return MapOf(tuple((one.column, Variable(one.column)) for one in carried.inside))


def _collected(group: Carried, total: Expression, most: int) -> Projected:
    first = Slice(Function("collect", (_each(group),)), Literal_(0), Literal_(most))
    return Projected(MapOf(((FIRST, first), (TOTAL, total))), group.column)


def _groups(clause: Projection) -> bool:
    return clause.distinct or any(aggregates(item.expression) for item in clause.items)


def _is_row(element: NodePattern | RelationPattern) -> bool:
    return isinstance(element, RelationPattern) and element.hops is not None


def _carrying(path: Path) -> Iterator[str]:
    """Yield the names of a path that tell all of it: nodes and relations in their order, and the path itself where relations stand in a row."""
    whole = bool(path.function) or any(map(_is_row, path.elements))
    if not path.function:
        yield from (one.name for one in path.elements if not _is_row(one))
    if whole:
        yield path.name


def _bound(paths: tuple[Path, ...]) -> Iterator[str]:
    """Yield names in the order in which ladybug gives them back for a star: nodes before relations."""
    for path in paths:
        yield from (name for name in (*(one.name for one in path.elements[::2]), *(one.name for one in path.elements[1::2]), path.name) if name)


def _names(clause: Projection) -> list[str]:
    named = (one.name or (one.expression.name if isinstance(one.expression, Variable) else "") for one in clause.items)
    return [name for name in named if name]


def _given(query: Query) -> list[str]:
    last = query.parts[-1].clauses[-1]
    return _names(last) if isinstance(last, Projection) else []


def _found(held: dict[str, Any], carried: Iterable[Carried], absent: dict[str, None]) -> Found:
    """Read what a row carries; what was matched optionally and is not there goes to `absent`."""
    things: list[tuple[str, Any]] = []
    groups: list[Group] = []
    for one in carried:
        value = held[one.column]
        if one.kind == "pack":
            inside = _found(value or {}, one.inside if value else (), absent)
            things += inside.things
            groups += inside.groups
        elif one.kind == "group":
            groups.append(_group(value, one, absent))
        elif value is not None:
            things.append((one.role, value))
        elif one.optional:
            absent[f"match for {one.optional}"] = None
    return Found(tuple(things), tuple(groups))


def _group(value: dict[str, Any] | None, group: Carried, absent: dict[str, None]) -> Group:
    held = value or {FIRST: [], TOTAL: 0}
    shown = tuple(_found(one, group.inside, absent) for one in held[FIRST] or ())
    sought = group.sought
    if sought is None:
        return Group(shown, held[TOTAL])
    if not held[TOTAL] and sought.wanted is not Wanted.FOUND:
        absent[f"match for {written(sought.node)}"] = None
    return Group(tuple(one for one in shown if one.things), held[TOTAL], written(sought.node), witness=not sought.counted)
