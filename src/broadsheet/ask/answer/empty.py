"""Why an answer has no rows: the first step of the query that leaves none, what the graph has instead, and what would give rows."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from broadsheet.ask.answer.edits import dropped, filled
from broadsheet.ask.answer.near import nearest_values
from broadsheet.ask.answer.steps import STEP, Condition, Counter, Stage, Step, steps
from broadsheet.ask.answer.values import shown
from broadsheet.ask.check.scope import names_of, walk
from broadsheet.ask.cypher.logic import disjuncts
from broadsheet.ask.cypher.nodes import (
    OTHER_WAY,
    Binary,
    Expression,
    Function,
    Label,
    ListOf,
    Literal_,
    Match,
    NodePattern,
    Projected,
    Projection,
    Property,
    Query,
    RelationPattern,
)  # fmt: skip
from broadsheet.ask.cypher.printer import canonical, labels_text, written
from broadsheet.ask.cypher.rewrite import swapped
from broadsheet.ask.graph.engine import Caps, Engine
from broadsheet.ask.graph.values import Value
from broadsheet.ask.schema import nearest
from broadsheet.core.errors import QueryError

# Signs by which a value is compared with one that should be like it.
LIKE = frozenset({"=", "IN", "STARTS WITH", "ENDS WITH", "CONTAINS"})
ORDERED = frozenset({"<", "<=", ">", ">="})
# Changes that are tried for each part of a UNION.
TRIED = 8


class Amended(NamedTuple):
    """A query with one change, what the change is, and how many rows it gives (None where that could not be told)."""

    query: Query
    words: str
    rows: int | None

    def as_json(self) -> dict[str, Any]:
        """Return the change as JSON has it."""
        return {"query": canonical(self.query), "change": self.words, "rows": self.rows}


class Emptiness(NamedTuple):
    """The steps of a query with their counts, the first that leaves nothing (None where none does), why in words, and changes that would give rows."""

    steps: tuple[Step, ...]
    failing: Step | None
    why: tuple[str, ...]
    amended: tuple[Amended, ...]

    def words(self) -> str:
        """Return it all in words: a line for each step, the reason, and a line for each change."""
        changes = [f"{one.words[0].upper()}{one.words[1:]}: {one.rows:,} row{'' if one.rows == 1 else 's'}." for one in self.amended if one.rows is not None]
        return "\n".join([*(f"{place}. {step.words()}" for place, step in enumerate(self.steps, 1)), *self.why, *changes])

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        amended = [one.as_json() for one in self.amended]
        failing = None if self.failing is None else self.steps.index(self.failing)
        return {"steps": [one.as_json() for one in self.steps], "failing": failing, "why": list(self.why), "amended": amended}


def emptiness(engine: Engine, query: Query, caps: Caps = STEP, parameters: Mapping[str, Any] | None = None) -> Emptiness:
    """Run a query step by step, and tell the first step that leaves no row. The caps are those of one step. Raises QueryRefusedError."""
    counter, query = Counter(engine, parameters, caps), filled(query, parameters)
    found = tuple(steps(counter, query))
    failing = [one for one in found if one.count == 0 or one.fails]
    if len({one.stage.part for one in failing}) < len(query.parts):
        uncounted = [one for one in found if one.count is None]
        why = "Every part of the query leaves rows." if not uncounted and not failing else "Not every part of the query leaves no row."
        return Emptiness(found, None, (why, *(f"{one.stage.text}: {one.why}." for one in uncounted)), ())
    told = [_why(counter, query, one) for one in failing]
    tried = [Amended(new, words, counter.rows_of(new)) for _, changes in told for new, words in list(changes)[:TRIED]]
    return Emptiness(found, failing[0], tuple(line for why, _ in told for line in why), tuple(one for one in tried if one.rows))


Change = tuple[Query, str]


def _why(counter: Counter, query: Query, step: Step) -> tuple[tuple[str, ...], Iterator[Change]]:
    """Return why a step leaves nothing, in words, and changes that may mend it."""
    stage = step.stage
    if step.count is None:
        return _unknown(counter, query, step)
    if stage.kind == "condition":
        return _condition(counter, query, step)
    if stage.kind == "pattern":
        return _pattern(counter, query, stage)
    if isinstance(stage.under, Projection):
        before, _ = counter.count(stage.done)
        return (f"{stage.told} leaves nothing of {before or 0:,} row{'' if before == 1 else 's'}.",), _uncut(query, stage)
    return (f"{stage.told} gives no row.",), iter(())


def _uncut(query: Query, stage: Stage) -> Iterator[Change]:
    clause = query.parts[stage.part].clauses[len(stage.done)]
    if isinstance(clause, Projection) and (clause.skip is not None or clause.limit is not None):
        yield swapped(query, clause, replace(clause, skip=None, limit=None)), "without SKIP and LIMIT"


def _unknown(counter: Counter, query: Query, step: Step) -> tuple[tuple[str, ...], Iterator[Change]]:
    """Say which names of a step that cannot be asked the graph does not have, and what it has instead."""
    schema = counter.engine.schema
    why, changes = [f"{step.stage.text} cannot be asked: {step.why}"], []
    labels = [(one, schema.all_labels) for node in step.stage.newest if isinstance(node, NodePattern) for one in names_of(node.labels)]
    labels += [(one, schema.all_types) for node in step.stage.newest if isinstance(node, RelationPattern) for one in names_of(node.types)]
    keys = frozenset(key for _, key, _ in schema.everything())
    read = [one for condition in step.stage.conditions[-1:] for one in walk(condition.expression) if isinstance(one, Property)]
    for one, known in (*labels, *((one, keys) for one in read)):
        name = one.key if isinstance(one, Property) else one.name
        if name in known:
            continue
        near = nearest(name, sorted(known))
        why.append(f"The graph has no {name}." + (f" It has {near}." if near else ""))
        if near:
            changes.append((swapped(query, one, replace(one, key=near) if isinstance(one, Property) else Label(near)), f"with {near} for {name}"))
    return tuple(why), iter(changes)


# Conditions.


def _condition(counter: Counter, query: Query, step: Step) -> tuple[tuple[str, ...], Iterator[Change]]:
    condition, others = step.stage.conditions[-1], step.stage.conditions[:-1]
    text = written(condition.expression)
    if step.alone:
        against = [one for one in others if counter.count(step.stage.clauses((one, condition)))[0] == 0]
        with_ = " and ".join(written(one.expression) for one in against or others)
        why = [f"Nothing meets {text} together with {with_}, though {step.alone:,} would meet it alone."]
    else:
        why = [f"Nothing meets {text}."]
    compared = disjuncts(condition.expression)
    found = [(one, ends_of(counter, step.stage, others, one) or values_of(counter, step.stage, others, one)) for one in compared]
    why += [said for one, values in found for said in _instead(one, values, counter.caps.rows)]
    return tuple(why), _mended(query, condition, found)


def values_of(counter: Counter, stage: Stage, others: tuple[Condition, ...], compared: Expression) -> list[Value]:
    """Return the different values that stand in a comparison at a stage, under other conditions, those of lists one by one; of more than the cap the first."""
    side = _side(compared)
    if side is None:
        return []
    try:
        rows = counter.run(stage.clauses(others), Projected(side[0], "value"), distinct=True).rows
    except QueryError:
        return []
    values = [one for row in rows for one in (row[0] if isinstance(row[0], list) else row)]
    return [one for one in values if one is not None]


def ends_of(counter: Counter, stage: Stage, others: tuple[Condition, ...], compared: Expression) -> list[Value]:
    """Return the least and the greatest value that stand in an ordering comparison at a stage, under other conditions; nothing of other comparisons."""
    side = _side(compared)
    if side is None or not isinstance(compared, Binary) or compared.sign not in ORDERED:
        return []
    try:
        (row,) = counter.run(stage.clauses(others), *(Projected(Function(name, (side[0],)), name) for name in ("min", "max"))).rows
    except QueryError:
        return []
    return [one for one in row if one is not None]


def _side(compared: Expression) -> tuple[Expression, Expression] | None:
    """Return what is compared, and the literal that it is compared with."""
    if not isinstance(compared, Binary) or compared.sign not in LIKE | ORDERED:
        return None
    for one, other in ((compared.left, compared.right), (compared.right, compared.left)):
        if isinstance(other, Literal_ | ListOf) and not isinstance(one, Literal_ | ListOf):
            return one, other
    return None


def _instead(compared: Expression, values: list[Value], most: int) -> list[str]:
    """Say what the graph has where a comparison fails."""
    side = _side(compared)
    if side is None:
        return []
    if not values:
        return [f"{written(side[0])} has no value there."]
    if isinstance(compared, Binary) and compared.sign in ORDERED:
        told = f"runs from {shown(values[0])} to {shown(values[-1])}" if values[0] != values[-1] else f"is {shown(values[0])}"
        return [f"{written(side[0])} {told} there."]
    first = f" (the first {most:,} values were looked at)" if len(values) >= most else ""
    near = [one.value for literal in _literals(side[1]) for one in nearest_values(literal.value, values)]
    if near:
        return [f"The nearest that {written(side[0])} has there: {', '.join(dict.fromkeys(map(repr_of, near)))}{first}."]
    return [f"{written(side[0])} has {len(values):,} other value{'' if len(values) == 1 else 's'} there, such as {repr_of(values[0])}{first}."]


def repr_of(value: Value) -> str:
    """Return a value so that text can be told from a number.

    >>> repr_of("7"), repr_of(7)
    ("'7'", '7')
    """
    return f"'{shown(value)}'" if isinstance(value, str) else shown(value)


def _literals(node: Expression) -> list[Literal_]:
    items = node.items if isinstance(node, ListOf) else (node,)
    return [one for one in items if isinstance(one, Literal_)]


def _mended(query: Query, condition: Condition, found: list[tuple[Expression, list[Value]]]) -> Iterator[Change]:
    for compared, values in found:
        side = _side(compared)
        if side is None or not isinstance(compared, Binary) or compared.sign not in LIKE:
            continue
        for literal in _literals(side[1]):
            for near in nearest_values(literal.value, values):
                if isinstance(near.value, str | int | float):
                    yield swapped(query, literal, Literal_(near.value)), f"with {repr_of(near.value)} for {repr_of(literal.value)}"
    if condition.source is not None:
        yield dropped(query, condition.source), f"without {written(condition.expression)}"


# Patterns.


def _pattern(counter: Counter, query: Query, stage: Stage) -> tuple[tuple[str, ...], Iterator[Change]]:
    relation = next((one for one in stage.newest if isinstance(one, RelationPattern)), None)
    node = stage.newest[-1]
    assert isinstance(node, NodePattern)
    if relation is None:
        return (f"There is no {stage.text}.",), _relabelled(counter, query, node)
    first = stage.under.paths[-1].elements[0] if isinstance(stage.under, Match) else node
    from_ = f" from what is left of {written(first)}" if stage.conditions or stage.done else ""
    return (f"Nothing matches {stage.text}{from_}.",), _related(counter, query, relation, node)


def _relabelled(counter: Counter, query: Query, node: NodePattern) -> Iterator[Change]:
    for one in names_of(node.labels):
        near = nearest(one.name, sorted(counter.engine.schema.all_labels))
        if near is not None and near != one.name:
            yield swapped(query, one, Label(near)), f"with {near} for {one.name}"


def _related(counter: Counter, query: Query, relation: RelationPattern, node: NodePattern) -> Iterator[Change]:
    if relation.towards != "either":
        yield swapped(query, relation, replace(relation, towards=OTHER_WAY[relation.towards])), "with the relation the other way round"
    if relation.types is not None:
        kinds = {one.name for one in names_of(relation.types)}
        for kind in sorted(counter.engine.schema.all_types - kinds):
            yield swapped(query, relation, replace(relation, types=Label(kind))), f"with {kind} for {labels_text(relation.types)}"
        yield swapped(query, relation, replace(relation, types=None)), "with a relation of any type"
    if node.labels is not None:
        yield swapped(query, node, replace(node, labels=None)), f"with any node for {labels_text(node.labels)}"
