"""Why an expected value is not in an answer: the first step of the query that it does not pass."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from broadsheet.ask.answer.cited import same
from broadsheet.ask.answer.edits import filled
from broadsheet.ask.answer.empty import repr_of, values_of
from broadsheet.ask.answer.near import nearest_values
from broadsheet.ask.answer.steps import STEP, Condition, Counter, Step, steps
from broadsheet.ask.answer.values import NAMING
from broadsheet.ask.check.scope import Scopes, aggregates, walk
from broadsheet.ask.check.shapes import Shapes
from broadsheet.ask.cypher.logic import conjunction
from broadsheet.ask.cypher.nodes import Binary, Expression, Literal_, Match, NodePattern, Path, Projected, Projection, Property, Query, Single, Variable
from broadsheet.ask.cypher.printer import canonical, written
from broadsheet.ask.cypher.rewrite import replaced
from broadsheet.ask.graph.engine import Caps, Engine
from broadsheet.ask.graph.values import Value
from broadsheet.core.errors import QueryError

Wanted = Value | Mapping[str, Value]


class Missing(NamedTuple):
    """A value that was expected: the steps with only it let through, the one that it does not pass (None where it passes all), and why in words.

    `present` is whether it is in the answer after all.
    """

    wanted: str
    steps: tuple[Step, ...]
    failing: Step | None
    why: tuple[str, ...]
    present: bool = False

    def words(self) -> str:
        """Return it all in words: why, then the steps."""
        return "\n".join([*self.why, *(f"{place}. {step.words()}" for place, step in enumerate(self.steps, 1))])

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        failing = None if self.failing is None else self.steps.index(self.failing)
        return {"wanted": self.wanted, "steps": [one.as_json() for one in self.steps], "failing": failing, "why": list(self.why), "present": self.present}


class _Asked(NamedTuple):
    """A column of a part that could have the wanted value, as a condition on what is matched, or on the column where that is worked out from many rows."""

    part: int
    column: str
    condition: Condition
    late: bool


def missing(engine: Engine, query: Query, wanted: Wanted, caps: Caps = STEP, parameters: Mapping[str, Any] | None = None) -> Missing:
    """Let only what has a value through a query, step by step, and tell the first step that it does not pass.

    `wanted` is a value, looked for in every column, or a value for each of some columns. The caps are those of one step.
    """
    counter, query = Counter(engine, parameters, caps), filled(query, parameters)
    named = wanted if isinstance(wanted, Mapping) else None
    told = " with ".join(f"{name} {repr_of(value)}" for name, value in named.items()) if named is not None else repr_of(wanted)  # pyrefly: ignore
    found = [_missing(counter, query, told, one) for one in _asked(engine, query, wanted)]
    if not found:
        return Missing(told, (), None, (f"No column of the answer can have {told}.",))
    # What gets furthest is what was meant.
    return max(found, key=lambda one: (one.present, len([step for step in one.steps if step.count])))


def _missing(counter: Counter, query: Query, told: str, asked: list[_Asked]) -> Missing:
    number = asked[0].part
    early = [one.condition for one in asked if not one.late]
    part = Query((query.parts[number],))
    if any(one.late for one in asked):
        part = _late(part, [one.condition for one in asked if one.late])
    found = tuple(steps(counter, part, {0: early}))
    failing = next((one for one in found if one.count == 0 or one.fails), None)
    if failing is None:
        return _passed(counter, part, told, asked, found)
    return Missing(told, found, failing, tuple(_why(counter, told, failing, [one.condition for one in asked])))


def _why(counter: Counter, told: str, step: Step, wanted: list[Condition]) -> Iterator[str]:
    stage = step.stage
    if step.count is None:
        yield f"{stage.text} cannot be asked: {step.why}"
    elif stage.kind == "condition" and stage.conditions[-1] in wanted:
        others = stage.conditions[:-1]
        if step.alone:
            against = [one for one in others if counter.count(stage.clauses((one, stage.conditions[-1])))[0] == 0]
            yield f"{told} is there, and does not meet {' and '.join(written(one.expression) for one in against or others)}."
            yield from (said for one in against for said in _has(counter, step, one, (stage.conditions[-1],)))
        elif isinstance(stage.under, Match) and _is_somewhere(counter, stage.under, stage.conditions[-1].expression):
            yield f"{told} is there, but not in {written(stage.under.paths[-1])}."
        else:
            yield f"There is no {told} where the query looks for it: nothing meets {stage.text}."
            values = values_of(counter, stage, (), stage.conditions[-1].expression)
            literal = stage.conditions[-1].expression
            near = nearest_values(literal.right.value, values) if isinstance(literal, Binary) and isinstance(literal.right, Literal_) else ()
            if near:
                yield f"The nearest that is there: {', '.join(repr_of(one.value) for one in near)}."
    elif stage.kind == "condition":
        yield f"{told} does not meet {stage.text}."
        yield from _has(counter, step, stage.conditions[-1], stage.conditions[:-1])
    elif stage.kind == "pattern":
        yield f"{told} is there, but not in {stage.text}."
    else:
        yield f"{told} is left out by {stage.text}."


def _is_somewhere(counter: Counter, clause: Match, condition: Expression) -> bool:
    """Whether nodes that a condition reads are there, by themselves, when no relation is asked of them."""
    reads = _variables(condition)
    nodes = {one.name: one for path in clause.paths for one in path.elements if isinstance(one, NodePattern) and one.name in reads}
    if set(nodes) != reads:
        return False
    alone = Match(tuple(Path((one,)) for one in nodes.values()), where=condition)
    return bool(counter.count((alone,))[0])


def _has(counter: Counter, step: Step, condition: Condition, others: tuple[Condition, ...]) -> Iterator[str]:
    """Say what stands in a comparison for rows under other conditions."""
    compared = condition.expression
    values = values_of(counter, step.stage, others, compared)
    if not isinstance(compared, Binary) or not values:
        return
    side = compared.left if not isinstance(compared.left, Literal_) else compared.right
    listed = ", ".join(map(repr_of, values[:3])) + (f", and {len(values) - 3:,} more" if len(values) > 3 else "")
    yield f"There {written(side)} is {listed}."


def _passed(counter: Counter, query: Query, told: str, asked: list[_Asked], found: tuple[Step, ...]) -> Missing:
    """Say where a value that passes every step stands in the answer, or beyond its limit."""
    last = query.parts[0].clauses[-1]
    uncut = last
    if isinstance(last, Projection):
        uncut = replace(last, skip=None, limit=None)
    whole = Query((Single((*query.parts[0].clauses[:-1], uncut)),))
    values = {one.column: one.condition.expression for one in asked}
    try:
        rows = counter.engine.run(whole, counter.parameters, counter.caps)
    except QueryError as fault:
        return Missing(told, found, None, (f"{told} passes every step; where it stands could not be told: {fault.what}",))
    places = [number for number, row in enumerate(rows.rows, 1) if _is_meant(dict(zip(rows.columns, row, strict=True)), values)]
    if not places:
        first = f"none of the first {len(rows.rows):,} rows" if len(rows.rows) > 1 else "no row"
        return Missing(told, found, None, (f"{told} passes every step, and is in {first}.",))
    skip, limit = (_count(one) for one in (last.skip, last.limit)) if isinstance(last, Projection) else (None, None)
    first, most = (skip or 0) + 1, (skip or 0) + limit if limit is not None else len(rows.rows)
    inside = [one for one in places if first <= one <= most]
    if inside:
        return Missing(told, found, None, (f"{told} is in the answer, in row {inside[0] - first + 1:,}.",), present=True)
    return Missing(told, found, None, (f"{told} is row {places[0]:,} of {len(rows.rows):,}; the query gives back rows {first:,} to {most:,}.",))


def _is_meant(row: dict[str, Value], values: dict[str, Expression]) -> bool:
    """Whether a row has the values that were asked for in its columns."""
    for column, condition in values.items():
        literals = {same((one.value,)) for one in _literals(condition)}
        held = row.get(column)
        names = list(held.properties.values()) if hasattr(held, "properties") else [held]  # pyrefly: ignore
        if not any(same((name,)) in literals for name in names):
            return False
    return True


def _literals(node: Expression) -> list[Literal_]:
    if isinstance(node, Binary):
        return [*_literals(node.left), *_literals(node.right)]
    return [node] if isinstance(node, Literal_) else []


def _count(node: Expression | None) -> int | None:
    return node.value if isinstance(node, Literal_) and isinstance(node.value, int) else None


# What is asked for.


def _asked(engine: Engine, query: Query, wanted: Wanted) -> Iterator[list[_Asked]]:
    """Yield for each part, and each column that may be meant, the conditions that let only the wanted through."""
    for number, part in enumerate(query.parts):
        last = part.clauses[-1]
        if not isinstance(last, Projection):
            continue
        columns = {one.name or written(one.expression): one.expression for one in last.items}
        if isinstance(wanted, Mapping):
            if unknown := [name for name in wanted if name not in columns]:
                raise QueryError(f"The answer has no column {unknown[0]}.", f"It has: {', '.join(columns)}.")
            yield [_condition(engine, query, number, name, columns[name], value) for name, value in wanted.items()]  # pyrefly: ignore
        else:
            yield from ([_condition(engine, query, number, name, expression, wanted)] for name, expression in columns.items())


def _condition(engine: Engine, query: Query, number: int, column: str, expression: Expression, value: Value) -> _Asked:
    clauses = query.parts[number].clauses
    traced, late = _origin(expression, clauses[:-1])
    late = late or bool(aggregates(expression))
    literal = Literal_(value)  # pyrefly: ignore
    if late:
        return _Asked(number, column, Condition(Binary("=", Variable(column), literal), None), late)
    keys = _naming(engine, query, traced) if isinstance(traced, Variable) else ()
    either: Expression = Binary("=", Property(traced, keys[0]) if keys else traced, literal)
    for key in keys[1:]:
        either = Binary("OR", either, Binary("=", Property(traced, key), literal))
    return _Asked(number, column, Condition(either, None), late)


def _origin(expression: Expression, clauses: tuple[Any, ...]) -> tuple[Expression, bool]:
    """Return what a column is worked out from, in the names of the patterns; True where rows were put together on the way."""
    for clause in reversed(clauses):
        if not isinstance(clause, Projection):
            continue
        given = {one.name: one.expression for one in clause.items if one.name}
        read = [given[name] for name in given if name in _variables(expression)]
        if any(aggregates(one) for one in read):
            return expression, True
        expression = replaced(expression, lambda node, given=given: given.get(node.name, node) if isinstance(node, Variable) else node)
    return expression, False


def _variables(expression: Expression) -> set[str]:
    return {one.name for one in walk(expression) if isinstance(one, Variable)}


def _naming(engine: Engine, query: Query, variable: Variable) -> tuple[str, ...]:
    """Return the properties by which a node may be called, those of its labels that are texts."""
    scopes = Scopes(query)
    Shapes(scopes, engine.schema, canonical(query))
    things = [one for one in scopes.things if one.name == variable.name and one.kind == "node"]
    labels = frozenset(label for one in things for label in one.possible)
    texts = [key for key, facts in (engine.schema.properties(labels) or {}).items() if any(one.type == "string" for one in facts)]
    return tuple(sorted(texts, key=lambda key: (NAMING.index(key.lower()) if key.lower() in NAMING else len(NAMING), key)))


def _late(query: Query, conditions: list[Condition]) -> Query:
    """Return a query whose last clause is asked only of the wanted, after rows were put together."""
    *clauses, last = query.parts[0].clauses
    assert isinstance(last, Projection)
    items = tuple(replace(one, name=one.name or written(one.expression)) for one in last.items)
    passed = Projection("WITH", items, last.star, last.distinct, where=conjunction([one.expression for one in conditions]))
    back = Projection("RETURN", tuple(Projected(Variable(one.name)) for one in items), last.star)
    return Query((Single((*clauses, passed, back)),))
