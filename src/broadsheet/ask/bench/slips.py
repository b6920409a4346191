"""Faults that people and models make when they write Cypher, planted into clean queries like those of `mutants`: what the language and the schema tell."""

from collections.abc import Iterator, Sequence

import numpy as np

from broadsheet.ask.bench.mutants import Change, Clean, Operator
from broadsheet.ask.check.findings import Splice
from broadsheet.ask.check.scope import Thing, walk
from broadsheet.ask.cypher.nodes import (
    Binary,
    Function,
    Label,
    ListOf,
    Literal_,
    Match,
    NodePattern,
    Place,
    Projection,
    Property,
    RelationPattern,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.printer import label_name, name, written
from broadsheet.ask.schema import NUMBERS, TIMES


def _compared(clean: Clean, *signs: str) -> Iterator[tuple[Binary, Property]]:
    rights = {id(node.right) for node in walk(clean.query) if isinstance(node, Binary)}
    for node in walk(clean.query):
        # Of `1 < a < 2` the second part has its left side from the first.
        if (
            isinstance(node, Binary)
            and node.sign in signs
            and isinstance(node.left, Property)
            and id(node.left) not in rights
            and clean.values.facts(node.left)
        ):
            yield node, node.left


def _kind(clean: Clean, node: Property) -> str:
    return clean.values.kind_of(node)


def null_compared(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Compare with null instead of asking for it."""
    del rng
    for node, _ in _compared(clean, "=", "<>", "<", ">", "<=", ">="):
        yield (Splice(node.right.place, "null"),)


def listed_type(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Put a value of another type into a list of values."""
    del rng
    for node, left in _compared(clean, "=", "IN"):
        kind = _kind(clean, left)
        if kind in {"integer", "float", "string"}:
            odd = "'7th'" if kind != "string" else "7"
            said = written(node.right)[1:-1] + ", " if isinstance(node.right, ListOf) and node.right.items else "" if isinstance(node.right, ListOf) else None
            if said is not None:
                yield (Splice(node.right.place, f"[{said}{odd}]"),)
            elif isinstance(node.right, Literal_) and node.sign == "=":
                yield (Splice(node.place, f"{written(left)} IN [{written(node.right)}, {odd}]"),)


def text_for_day(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Compare a point in time with a text."""
    del rng
    for node, left in _compared(clean, "=", "<", ">", "<=", ">="):
        if _kind(clean, left) in TIMES:
            yield (Splice(node.right.place, "'2020-01-31'"),)


def number_for_day(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Compare a point in time with a year."""
    del rng
    for node, left in _compared(clean, "=", "<", ">", "<=", ">="):
        if _kind(clean, left) in TIMES:
            yield (Splice(node.right.place, "2020"),)


def forgotten_side(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Leave out what a second value is compared with: `a = 1 OR 2`."""
    del rng
    for node, _ in _compared(clean, "="):
        if isinstance(node.right, Literal_) and not isinstance(node.right.value, bool):
            other = "'other'" if isinstance(node.right.value, str) else "7"
            yield (Splice(node.place, f"({written(node)} OR {other})"),)


def bare_property(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Test a text or a number as if it were true or false."""
    del rng
    for node, left in _compared(clean, "=", "<", ">", "<=", ">="):
        if _kind(clean, left) in {"string", *NUMBERS}:
            yield (Splice(node.place, written(left)),)


def node_as_value(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Compare a node itself with a value of its property."""
    del rng
    for node, left in _compared(clean, "="):
        if isinstance(node.right, Literal_) and isinstance(left.of, Variable) and (thing := clean.scopes.of(left.of)) is not None and thing.kind == "node":
            yield (Splice(left.place, written(left.of)),)


def element_of_value(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Take an element of what is no list."""
    del rng
    for node in walk(clean.query):
        if isinstance(node, Property) and _kind(clean, node) in {"string", *NUMBERS}:
            yield (Splice(node.place, f"{written(node)}[0]"),)


def property_of_value(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Ask for a property of what has none."""
    del rng
    for node in walk(clean.query):
        if isinstance(node, Property) and _kind(clean, node) in {"string", *NUMBERS}:
            yield (Splice(node.place, f"{written(node)}.name"),)


def wrong_function(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Call a function of texts with a number, or one of numbers with a text."""
    of_text, of_number = ("toUpper", "trim", "toLower"), ("abs", "sqrt", "avg", "sum")
    for clause in walk(clean.query):
        if isinstance(clause, Projection) and clause.which == "RETURN":
            for item in clause.items:
                if isinstance(item.expression, Property) and (kind := _kind(clean, item.expression)) in {"string", *NUMBERS}:
                    called = of_number if kind == "string" else of_text
                    yield (Splice(item.expression.place, f"{called[int(rng.integers(len(called)))]}({written(item.expression)})"),)


def misspelt_function(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Misspell a function."""
    for node in walk(clean.query):
        if isinstance(node, Function) and "." not in node.name and len(node.name) > 2:
            cut = int(rng.integers(1, len(node.name) - 1))
            new = node.name[:cut] + node.name[cut + 1 :]
            yield (Splice(Place(node.place.start, node.place.start + len(node.name)), new),)


def argument_too_many(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Give a function an argument too many."""
    del rng
    for node in walk(clean.query):
        if (
            isinstance(node, Function)
            and len(node.arguments) == 1
            and node.name in {"count", "sum", "avg", "min", "max", "collect", "size", "toLower", "toUpper"}
        ):
            yield (Splice(Place(node.arguments[0].place.end, node.arguments[0].place.end), ", 1"),)


def not_passed_on(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Leave out of a WITH what is asked for later."""
    del rng
    for part in clean.query.parts:
        for number, clause in enumerate(part.clauses):
            if (
                isinstance(clause, Projection)
                and clause.which == "WITH"
                and not clause.star
                and len(clause.items) > 1
                and clause.where is None
                and not clause.order
            ):
                read = {node.name for later in part.clauses[number + 1 :] for node in walk(later) if isinstance(node, Variable)}
                for item, after in zip(clause.items, clause.items[1:], strict=False):
                    if (
                        isinstance(item.expression, Variable)
                        and (item.name or item.expression.name) in read
                        and _is_only_read(part.clauses[number + 1 :], item)
                    ):
                        yield (Splice(Place(item.place.start, after.place.start), ""),)


def _is_only_read(clauses: Sequence[object], item: object) -> bool:
    """Whether a name is only read later: a pattern with it would match another of the same name."""
    called = getattr(item, "name", "") or getattr(getattr(item, "expression", None), "name", "")
    return not any(isinstance(node, NodePattern | RelationPattern) and node.name == called for clause in clauses for node in walk(clause))


def same_name_twice(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Give two columns one name."""
    del rng
    for clause in walk(clean.query):
        if isinstance(clause, Projection) and len(clause.items) > 1:
            first, second = clause.items[0], clause.items[1]
            said = first.name or (first.expression.name if isinstance(first.expression, Variable) else "")
            if said and first.expression != second.expression:
                yield (Splice(second.place, f"{written(second.expression)} AS {name(said)}"),)


def other_columns(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Unite with a query that gives back other columns."""
    del rng
    for label in sorted(clean.schema.labels):
        yield (
            Splice(Place(len(clean.text.rstrip(" ;\n")), len(clean.text)), f" UNION MATCH (other:{label_name(label)}) RETURN count(other) AS others, 1 AS one"),
        )
        return


def odd_limit(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Keep a number of rows that is none."""
    for clause in walk(clean.query):
        if isinstance(clause, Projection) and isinstance(clause.limit, Literal_):
            yield (Splice(clause.limit.place, ("-1", "'10'", "2.5")[int(rng.integers(3))]),)


def other_owner(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Ask a neighbour, or the relation between, for a property that it has not."""
    for node in walk(clean.query):
        if isinstance(node, Property) and isinstance(node.of, Variable) and (own := clean.scopes.of(node.of)) is not None and clean.values.facts(node):
            others = [
                thing
                for thing in clean.scopes.things
                if thing.name and thing is not own and thing.kind in {"node", "relation"} and _lacks(clean, thing, node.key)
            ]
            names = [thing.name for thing in others if sum(thing.name == one.name for one in clean.scopes.things) == 1]
            if names and len([one for one in clean.query.parts[0].clauses if isinstance(one, Projection)]) == 1:
                yield (Splice(node.of.place, name(names[int(rng.integers(len(names)))])),)


def _lacks(clean: Clean, thing: Thing, key: str) -> bool:
    held = clean.schema.properties(thing.possible, relation=thing.kind == "relation")
    return bool(thing.stated) and held is not None and key not in held


def exchanged_labels(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Exchange the labels of two nodes that a relation joins."""
    del rng
    for one in clean.scopes.joined:
        ends = [thing.matched[0] for thing in (one.left, one.right) if len(thing.matched) == 1]
        labels = [end.labels for end in ends if isinstance(end, NodePattern) and isinstance(end.labels, Label)]
        if len(labels) == 2 and labels[0] != labels[1] and one.relation.hops is None and one.relation.types is not None and one.relation.towards != "either":
            first, second = labels
            if not _joins(clean, one.thing, first.name, second.name, one.relation.towards):
                yield (Splice(first.place, label_name(second.name)), Splice(second.place, label_name(first.name)))


def _joins(clean: Clean, thing: Thing, left: str, right: str, towards: str) -> bool:
    """Whether, once labels are exchanged, the relation can still be."""
    start, end = (right, left) if towards == "right" else (left, right)
    return bool(clean.schema.joins(frozenset({start}), thing.possible, frozenset({end})))


def left_out_node(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Leave out the node in the middle of a path, and the relation to it."""
    del rng
    for clause in walk(clean.query):
        if isinstance(clause, Match):
            for path in clause.paths:
                for place in range(0, len(path.elements) - 4, 2):
                    first, _, middle, relation, last = path.elements[place : place + 5]
                    assert isinstance(first, NodePattern)
                    assert isinstance(relation, RelationPattern)
                    things = [thing for thing in clean.scopes.things if any(one is element for one in thing.matched for element in (first, last))]
                    used = (
                        isinstance(middle, NodePattern)
                        and middle.name
                        and sum(isinstance(node, Variable) and node.name == middle.name for node in walk(clean.query))
                    )
                    if used or relation.hops is not None or len(things) != 2 or not all(thing.stated for thing in things):
                        continue
                    types = next(one.thing.possible for one in clean.scopes.joined if one.relation is relation)
                    ends = [thing.possible for thing in things]
                    if not clean.schema.joins(ends[0], types, ends[1]) and not clean.schema.joins(ends[1], types, ends[0]):
                        yield (Splice(Place(first.place.end, relation.place.start), ""),)


def turned_row(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Turn a relation and let it go on for several steps."""
    del rng
    for one in clean.scopes.joined:
        types = one.relation.types
        if (
            isinstance(types, Label)
            and one.relation.hops is None
            and one.relation.towards != "either"
            and one.relation.properties is None
            and not one.relation.name
        ):
            start, end = (one.left, one.right) if one.relation.towards == "right" else (one.right, one.left)
            own = {(triple.start, triple.end) for triple in clean.schema.triples if triple.type == types.name}
            if start.stated and end.stated and not {starts for starts, _ in own} & {ends for _, ends in own}:
                said = f"[:{label_name(types.name)}*1..3]"
                yield (Splice(one.relation.place, f"-{said}->" if one.relation.towards == "left" else f"<-{said}-"),)


SLIPS: dict[str, Operator] = {
    one.__name__: one
    for one in (
        null_compared, listed_type, text_for_day, number_for_day, forgotten_side, bare_property, node_as_value, element_of_value, property_of_value, wrong_function,
        misspelt_function, argument_too_many, not_passed_on, same_name_twice, other_columns, odd_limit, other_owner, exchanged_labels, left_out_node, turned_row,
    )
}  # fmt: skip
