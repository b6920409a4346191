"""Edits of a query, each of one part and no other. The trees are those that `named` gives: each thing has a name of its own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from broadsheet.ask.amend.shape import names_in
from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.logic import conjunction, conjuncts
from broadsheet.ask.cypher.nodes import (
    OTHER_WAY,
    Binary,
    Clause,
    Expression,
    Hops,
    Label,
    Labels,
    Literal_,
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
    Sorted,
    Unwind,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.rewrite import rewritten, swapped

Test = Callable[[Expression], Expression | None]


def elements(query: Query, name: str = "") -> Iterator[NodePattern | RelationPattern]:
    """Yield the parts of patterns that are matched by clauses, in their order; with a name those of one thing."""
    for part in query.parts:
        for clause in part.clauses:
            if isinstance(clause, Match):
                for path in clause.paths:
                    yield from (one for one in path.elements if not name or one.name == name)


def with_label(query: Query, name: str, labels: Labels | None) -> Query:
    """Give a node other labels, wherever it is matched."""
    held = [one for one in elements(query, name) if isinstance(one, NodePattern)]
    stated = [one for one in held if one.labels is not None] or held[:1]
    for one in stated:
        query = swapped(query, one, replace(one, labels=labels))
    return query


def with_type(query: Query, name: str, types: Labels | None) -> Query:
    """Give a relation other types."""
    return _each_relation(query, name, lambda one: replace(one, types=types))


def with_hops(query: Query, name: str, hops: Hops | None) -> Query:
    """Let so many relations stand in a row."""
    return _each_relation(query, name, lambda one: replace(one, hops=hops))


def turned(query: Query, name: str) -> Query:
    """Turn a relation round."""
    return _each_relation(query, name, lambda one: replace(one, towards=OTHER_WAY[one.towards]))


def towards(query: Query, name: str, way: str) -> Query:
    """Let a relation point to the `right`, the `left`, or `either` way, as it is written."""
    return _each_relation(query, name, lambda one: replace(one, towards=way))  # pyrefly: ignore


def _each_relation(query: Query, name: str, change: Callable[[RelationPattern], RelationPattern]) -> Query:
    for one in [one for one in elements(query, name) if isinstance(one, RelationPattern)]:
        query = swapped(query, one, change(one))
    return query


# Conditions.


def tests(query: Query) -> Iterator[Expression]:
    """Yield every condition of the clauses, each on its own, those in brackets of patterns with them."""
    found: list[Expression] = []
    each_test(query, lambda one: found.append(one) or one)
    yield from found


def each_test(query: Query, change: Test) -> Query:
    """Exchange conditions: each stays where it is (the same object is given back), becomes another, or is taken out (None)."""
    return replace(query, parts=tuple(replace(part, clauses=tuple(_tested(one, change) for one in part.clauses)) for part in query.parts))


def _tested(clause: Clause, change: Test) -> Clause:
    match clause:
        case Match():
            moved: list[Expression] = []
            paths = tuple(replace(path, elements=tuple(_own(one, change, moved) for one in path.elements)) for path in clause.paths)
            return replace(clause, paths=paths, where=conjunction((*moved, *_kept(clause.where, change))))
        case Projection():
            return replace(clause, where=conjunction(_kept(clause.where, change)))
    return clause


def _kept(where: Expression | None, change: Test) -> list[Expression]:
    return [made for one in conjuncts(where) if (made := change(one)) is not None]


def _own(one: Any, change: Test, moved: list[Expression]) -> Any:
    properties = one.properties
    if isinstance(properties, MapOf) and properties.entries:
        kept = []
        for key, value in properties.entries:
            test = Binary("=", Property(Variable(one.name), key), value)
            made = change(test)
            if isinstance(made, Binary) and made.sign == "=" and made.left == test.left:
                kept.append((key, made.right))
            elif made is not None:
                moved.append(made)
        properties = MapOf(tuple(kept)) if kept else None
    return replace(one, properties=properties, where=conjunction(_kept(one.where, change)))


def with_test(query: Query, test: Expression, *, optional: bool = False) -> Query:
    """Add a condition: to the first clause behind which all that it speaks of is known; what an optional pattern finds is only kept out there if `optional`."""
    part = query.parts[-1]
    needed, known = names_in(test), set()
    for clause in part.clauses:
        known |= _binds(clause)
        if not needed & _everything(part) <= known:
            continue
        if isinstance(clause, Match) and (not clause.optional or optional):
            return swapped(query, clause, replace(clause, where=conjunction([*conjuncts(clause.where), test])))
        if isinstance(clause, Projection) and clause.which == "WITH":
            return swapped(query, clause, replace(clause, where=conjunction([*conjuncts(clause.where), test])))
        if isinstance(clause, Match | Unwind):
            return _inserted(query, clause, Projection("WITH", (), star=True, where=test), after=True)
    return query


def _everything(part: Single) -> set[str]:
    return {name for clause in part.clauses for name in _binds(clause)}


def _binds(clause: Clause) -> set[str]:
    match clause:
        case Match():
            return {one.name for path in clause.paths for one in path.elements} | {path.name for path in clause.paths if path.name}
        case Projection():
            return {item.name for item in clause.items if item.name} if clause.which == "WITH" else set()
        case Unwind():
            return {clause.name}
    return set()


def _inserted(query: Query, clause: Clause, new: Clause, *, after: bool) -> Query:
    for part in query.parts:
        for place, one in enumerate(part.clauses):
            if one is clause:
                cut = place + after
                return swapped(query, part, replace(part, clauses=(*part.clauses[:cut], new, *part.clauses[cut:])))
    return query


# Steps.


def steps(query: Query) -> list[Projection]:
    """Return the projections of the last single query, the last of them its RETURN."""
    return [one for one in query.parts[-1].clauses if isinstance(one, Projection)]


def last_step(query: Query) -> Projection:
    """Return what is given back."""
    return steps(query)[-1]


def with_step(query: Query, step: Projection, **changes: Any) -> Query:
    """Exchange parts of a projection: distinct, limit, skip, order, items."""
    return swapped(query, step, replace(step, **changes))


def counted(number: int | None) -> Literal_ | None:
    """Return a number of rows as a tree."""
    return None if number is None else Literal_(number, str(number))


def sorted_by(query: Query, step: Projection, expression: Expression, *, descending: bool) -> Query:
    """Sort by one thing alone."""
    return with_step(query, step, order=(Sorted(expression, descending),))


def without_item(query: Query, step: Projection, item: Projected) -> Query:
    """Give one thing less back; what was sorted by its name is sorted by what it stands for."""
    order = tuple(replace(one, expression=item.expression) if item.name and one.expression == Variable(item.name) else one for one in step.order)
    return with_step(query, step, items=tuple(one for one in step.items if one is not item), order=order)


def with_item(query: Query, step: Projection, old: Projected, new: Expression) -> Query:
    """Give something else back in the place of one thing, under its name; what was sorted by it is sorted by the new."""
    order = tuple(replace(one, expression=new) if one.expression == old.expression else one for one in step.order)
    items = tuple(Projected(new, one.name) if one is old else one for one in step.items)
    return with_step(query, step, items=items, order=order)


# Patterns.


def fresh(query: Query, like: str = "n") -> str:
    """Return a name that nothing has."""
    taken = {*names_in(query), *(one.name for one in walk(query) if isinstance(one, Projected | Path | Unwind))}
    return like if like not in taken else next(made for number in range(2, len(taken) + 3) if (made := f"{like}{number}") not in taken)


def with_path(query: Query, anchor: str, path: Path, where: Expression | None = None, *, optional: bool = False) -> Query:
    """Add a pattern behind the last clause that matches before the first step after its anchor is known; a required one goes before those that are optional."""
    clauses = query.parts[-1].clauses
    start = next((place for place, one in enumerate(clauses) if anchor in _binds(one)), 0)
    end = next((place for place in range(start, len(clauses)) if isinstance(clauses[place], Projection)), len(clauses))
    matches = [one for one in clauses[start:end] if isinstance(one, Match | Unwind)]
    required = [one for one in matches if not (isinstance(one, Match) and one.optional)]
    after = (matches if optional else required or matches)[-1]
    if not optional and isinstance(after, Match) and not after.optional:
        made = replace(after, paths=(*after.paths, path), where=conjunction([*conjuncts(after.where), *conjuncts(where)]))
        return swapped(query, after, made)
    return _inserted(query, after, Match((path,), optional, where), after=True)


def optional_relation(query: Query, name: str, keep: str) -> Query:
    """Make a relation, and all that hangs on it behind the node `keep`, optional."""
    for part in query.parts:
        for clause in part.clauses:
            if isinstance(clause, Match) and not clause.optional and any(one.name == name for path in clause.paths for one in path.elements):
                return _split(query, clause, name, keep)
    return query


def _split(query: Query, clause: Match, name: str, keep: str) -> Query:
    path = next(path for path in clause.paths if any(one.name == name for one in path.elements))
    place = next(number for number, one in enumerate(path.elements) if one.name == name)
    before, after = path.elements[:place], path.elements[place + 1 :]
    if any(one.name == keep for one in after):
        stays, goes = after, (*before, path.elements[place], NodePattern(after[0].name))
    else:
        stays, goes = before, (NodePattern(before[-1].name), path.elements[place], *after)
    lost = {one.name for one in goes} - {one.name for one in stays} - {one.name for other in clause.paths if other is not path for one in other.elements}
    paths = tuple(replace(path, elements=stays) if one is path else one for one in clause.paths)
    tests_ = conjuncts(clause.where)
    inner = conjunction(one for one in tests_ if names_in(one) & lost)
    outer = conjunction(one for one in tests_ if not names_in(one) & lost)
    made = replace(clause, paths=paths, where=outer)
    extra = Match((Path(goes),), optional=True, where=inner)
    return _inserted(swapped(query, clause, made), made, extra, after=True)


def required_relation(query: Query, name: str) -> Query:
    """Make an optional clause required in which a relation is."""
    for part in query.parts:
        for clause in part.clauses:
            if isinstance(clause, Match) and clause.optional and any(one.name == name for path in clause.paths for one in path.elements):
                return swapped(query, clause, replace(clause, optional=False))
    return query


def without_things(query: Query, names: Sequence[str]) -> Query:
    """Take things out of the patterns, with the conditions that speak of them; a path is cut where they stood."""
    gone = set(names)
    query = each_test(query, lambda one: None if names_in(one) & gone else one)
    for part in query.parts:
        clauses: list[Clause] = []
        for clause in part.clauses:
            if not isinstance(clause, Match):
                clauses.append(clause)
            elif paths := tuple(piece for path in clause.paths for piece in _pieces(path, gone)):
                clauses.append(replace(clause, paths=paths))
        query = swapped(query, part, replace(part, clauses=tuple(clauses)))
    return _unpassed(query, gone)


def _pieces(path: Path, gone: set[str]) -> Iterator[Path]:
    """Yield what is left of a path without some of its things; a lone node that stands elsewhere is no pattern of its own."""
    if not any(one.name in gone for one in path.elements):
        yield path
        return
    run: list[Any] = []
    for one in (*path.elements, None):
        if one is not None and one.name not in gone:
            run.append(one)
            continue
        while run and isinstance(run[0], RelationPattern):
            run.pop(0)
        while run and isinstance(run[-1], RelationPattern):
            run.pop()
        if len(run) > 1 or (run and (run[0].labels is not None or run[0].properties is not None)):
            yield replace(path, elements=tuple(run), name="")
        run = []


def _unpassed(query: Query, gone: set[str]) -> Query:
    """Take things that are no longer there out of what steps pass on and give back."""

    def rule(one: Any) -> Any:
        if isinstance(one, Projection):
            items = tuple(item for item in one.items if not names_in(item.expression) & gone)
            return replace(one, items=items or one.items, order=tuple(held for held in one.order if not names_in(held.expression) & gone))
        return one

    return rewritten(query, rule)


def label_of(name: str) -> Label:
    """Return a label as a tree."""
    return Label(name)
