"""A query step by step: each pattern grows by one relation at a time, each condition is asked as soon as it can be, and every step is counted."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Literal, NamedTuple

from broadsheet.ask.check.scope import aggregates, walk
from broadsheet.ask.cypher.logic import conjunction, conjuncts
from broadsheet.ask.cypher.nodes import (
    Binary,
    Clause,
    Expression,
    Function,
    MapOf,
    Match,
    NodePattern,
    Path,
    Projected,
    Projection,
    Property,
    Query,
    RelationPattern,
    Single,
    Unwind,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.printer import canonical, written
from broadsheet.ask.graph.engine import Caps, Engine
from broadsheet.ask.graph.values import Rows
from broadsheet.core.errors import QueryError, QueryRefusedError, QueryTimeoutError

# What one step may take.
STEP = Caps(seconds=2.0, rows=5000)
# What all steps together may take, in times of one.
TOGETHER = 10
COUNTED = "counted"


class Condition(NamedTuple):
    """A condition that rows must meet, and the part of the query that says so: itself, or the value of an entry of a map; none where it was asked for."""

    expression: Expression
    source: Expression | None


@dataclass(frozen=True)
class Stage:
    """A beginning of a query: clauses that are done, and one that is under way, with the conditions that are asked of it so far."""

    kind: Literal["pattern", "condition", "clause"]
    part: int
    done: tuple[Clause, ...]
    under: Clause | None
    conditions: tuple[Condition, ...] = ()
    # The last relation of the pattern and the node that it leads to, as they stand in the query.
    newest: tuple[RelationPattern | NodePattern, ...] = ()
    told: str = ""

    @property
    def text(self) -> str:
        """Return what this stage adds, as it is written in a query."""
        if self.kind == "condition":
            return written(self.conditions[-1].expression)
        if self.kind == "pattern" and isinstance(self.under, Match):
            return written(self.under.paths[-1])
        return self.told

    def clauses(self, conditions: Iterable[Condition] | None = None) -> tuple[Clause, ...]:
        """Return the clauses up to here, under the conditions so far or under those that are given."""
        where = conjunction([one.expression for one in (self.conditions if conditions is None else conditions)])
        if isinstance(self.under, Match | Projection):
            return (*self.done, replace(self.under, where=where))
        return self.done if self.under is None else (*self.done, self.under)


class Step(NamedTuple):
    """A stage, the rows that are left (None where that could not be told, and why), and those that a condition leaves when it is asked alone.

    A step that `fails` cannot be asked of the engine at all.
    """

    stage: Stage
    count: int | None
    alone: int | None = None
    why: str = ""
    fails: bool = False

    def words(self) -> str:
        """Return the step in words."""
        left = self.why if self.count is None else f"{self.count:,}"
        said = f"{'where ' if self.stage.kind == 'condition' else ''}{self.stage.text}: {left}"
        return said if self.alone is None or self.alone == self.count else f"{said} ({self.alone:,} by this alone)"

    def as_json(self) -> dict[str, Any]:
        """Return the step as JSON has it."""
        return {"part": self.stage.part, "kind": self.stage.kind, "text": self.stage.text, "count": self.count, "alone": self.alone, "why": self.why or None}


class Counter:
    """Asks an engine for counts, each question once."""

    def __init__(self, engine: Engine, parameters: Mapping[str, Any] | None = None, caps: Caps = STEP) -> None:
        self.engine, self.caps, self.parameters = engine, caps, parameters
        self._known: dict[str, tuple[int | None, str]] = {}
        self._late: set[str] = set()
        self._until = monotonic() + TOGETHER * caps.seconds

    def run(self, clauses: tuple[Clause, ...], *items: Projected, distinct: bool = False) -> Rows:
        """Return rows of what clauses end in. Raises QueryError."""
        return self.engine.run(Query((Single((*clauses, Projection("RETURN", items, distinct=distinct))),)), self.parameters, self.caps)

    def count(self, clauses: tuple[Clause, ...]) -> tuple[int | None, str]:
        """Return how many rows clauses end in, or None and why that cannot be told. Raises QueryRefusedError."""
        text = canonical(Query((Single(clauses),)))
        if text not in self._known and monotonic() > self._until:
            self._late.add(text)
            self._known[text] = None, f"not counted: all steps together took longer than {TOGETHER * self.caps.seconds:g} seconds"
        if text not in self._known:
            try:
                found = self.run(clauses, Projected(Function("count", (), star=True), COUNTED)).rows
                self._known[text] = int(str(found[0][0])), ""
            except QueryRefusedError:
                raise
            except QueryTimeoutError:
                self._late.add(text)
                self._known[text] = None, f"not counted within {self.caps.seconds:g} seconds"
            except QueryError as fault:
                self._known[text] = None, fault.what
        return self._known[text]

    def is_late(self, clauses: tuple[Clause, ...]) -> bool:
        """Whether a count was stopped at its time limit, and is no fault of the query."""
        return canonical(Query((Single(clauses),))) in self._late

    def rows_of(self, query: Query) -> int | None:
        """Return how many rows a query gives, or puts into one; None where that cannot be told. No more than the cap are counted."""
        last = query.parts[-1].clauses[-1]
        if len(query.parts) == 1 and isinstance(last, Projection) and last.items and all(aggregates(one.expression) for one in last.items):
            return self.count(query.parts[0].clauses[:-1])[0]
        try:
            return len(self.engine.run(query, self.parameters, self.caps).rows)
        except QueryError:
            return None


def steps(counter: Counter, query: Query, asked: Mapping[int, Iterable[Condition]] | None = None) -> Iterator[Step]:
    """Yield the steps of each part of a query up to the first that leaves no row; `asked` are conditions that are asked besides, by their part."""
    for number, part in enumerate(query.parts):
        for stage in stages(part, number, (asked or {}).get(number, ())):
            count, why = counter.count(stage.clauses())
            alone = None
            if stage.kind == "condition" and len(stage.conditions) > 1:
                alone = counter.count(stage.clauses(stage.conditions[-1:]))[0] if count == 0 else None
            fails = count is None and not counter.is_late(stage.clauses())
            yield Step(stage, count, alone, why, fails)
            if count == 0 or fails:
                break


def stages(part: Single, number: int = 0, asked: Iterable[Condition] = ()) -> Iterator[Stage]:
    """Yield the stages of a part, one after the other; `asked` conditions are asked before others that could be at the same place.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> query = parse("MATCH (a:Person {name: 'Ann'})-[:DIRECTED]->(f:Film) WHERE f.year > 2000 AND a.age > 3 RETURN f").query
    >>> [one.text for one in stages(query.parts[0])]
    ['(a:Person)', "a.name = 'Ann'", 'a.age > 3', '(a:Person)-[:DIRECTED]->(f:Film)', 'f.year > 2000']
    """
    done: tuple[Clause, ...] = ()
    known: set[str] = set()
    waiting = list(asked)
    for clause in part.clauses:
        whole: tuple[Clause, ...] = (clause,)
        match clause:
            case Match(optional=False):
                found = list(_matched(clause, number, done, known, waiting))
                yield from found
                whole = found[-1].clauses()[len(done) :]
                waiting = [one for one in waiting if one not in found[-1].conditions]
            case Projection():
                yield from _projected(clause, number, done)
                known = known if clause.star else set()
            case Match():
                yield Stage("clause", number, done, clause, tuple(Condition(one, one) for one in conjuncts(clause.where)), told=written(clause))
            case _:
                yield Stage("clause", number, done, clause, told=written(clause))
        known |= _names(clause)
        done = (*done, *whole)


def _matched(clause: Match, number: int, done: tuple[Clause, ...], known: set[str], asked: list[Condition]) -> Iterator[Stage]:
    paths, conditions_of = told(clause)
    own = {name for path in paths for name in _named(path)}
    waiting = [(one, _needs(one.expression)) for one in asked]
    waiting += [(one, _needs(one.expression) & own) for one in conditions_of]
    bound, grown, conditions = set(known), (), ()
    for path, original in zip(paths, clause.paths, strict=True):
        ends = [len(path.elements)] if path.function else range(1, len(path.elements) + 1, 2)
        for end in ends:
            whole = end == len(path.elements)
            part = replace(path, elements=path.elements[:end], name=path.name if whole else "")
            new = original.elements[max(end - 2, 0) : end]
            first = path.elements[0]
            if end > 1 or whole or first.name not in bound or not isinstance(first, NodePattern) or first.labels is not None:
                yield Stage("pattern", number, done, Match((*grown, part)), conditions, new)
            bound |= set(_named(part))
            for condition in [one for one, needs in waiting if needs <= bound]:
                conditions = (*conditions, condition)
                yield Stage("condition", number, done, Match((*grown, part)), conditions, new)
            waiting = [one for one in waiting if not one[1] <= bound]
        grown = (*grown, path)


def told(clause: Match) -> tuple[tuple[Path, ...], list[Condition]]:
    """Return the paths of a match without the conditions within them, and all its conditions."""
    conditions: list[Condition] = []
    paths = []
    for path in clause.paths:
        elements = []
        for element in path.elements:
            entries = element.properties.entries if isinstance(element.properties, MapOf) and not path.function else ()
            single = isinstance(element, NodePattern) or element.hops is None
            if not single or not (entries or element.where is not None):
                elements.append(element)
                continue
            name = element.name or f"{COUNTED}{len(conditions) + 1}"
            conditions += [Condition(Binary("=", Property(Variable(name), key), value), value) for key, value in entries]
            conditions += [Condition(one, one) for one in conjuncts(element.where)]
            elements.append(replace(element, name=name, properties=None if entries else element.properties, where=None))
        paths.append(replace(path, elements=tuple(elements)))
    return tuple(paths), [*conditions, *(Condition(one, one) for one in conjuncts(clause.where))]


def _projected(clause: Projection, number: int, done: tuple[Clause, ...]) -> Iterator[Stage]:
    """Yield a projection, and then its conditions; what is given back is passed on, so that it can be counted."""
    items = tuple(one if _name(one) else replace(one, name=f"{COUNTED}{place}") for place, one in enumerate(clause.items, 1))
    cut = clause.limit is not None or clause.skip is not None
    passed = replace(clause, which="WITH", items=items, order=clause.order if cut else (), where=None)
    if cut or clause.distinct or any(aggregates(one.expression) for one in items):
        yield Stage("clause", number, done, passed, told=written(replace(clause, where=None)))
    conditions: tuple[Condition, ...] = ()
    for one in conjuncts(clause.where):
        conditions = (*conditions, Condition(one, one))
        yield Stage("condition", number, done, passed, conditions)


def _name(item: Projected) -> str:
    return item.name or (item.expression.name if isinstance(item.expression, Variable) else "")


def _named(path: Path) -> list[str]:
    return [name for name in (path.name, *(one.name for one in path.elements)) if name]


def _names(clause: Clause) -> set[str]:
    """Return the names that a clause adds."""
    match clause:
        case Match():
            return {name for path in clause.paths for name in _named(path)}
        case Unwind():
            return {clause.name}
        case Projection():
            return {name for name in map(_name, clause.items) if name}
    return set()


def _needs(expression: Expression) -> set[str]:
    return {one.name for one in walk(expression) if isinstance(one, Variable)}
