"""Faults that are planted into clean queries, one at a time, over any schema: what a checker should see, and what only the question tells."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from broadsheet.ask.check.checker import check
from broadsheet.ask.check.findings import Splice, spliced
from broadsheet.ask.check.scope import Scopes, Thing, aggregates, walk
from broadsheet.ask.check.shapes import Shapes
from broadsheet.ask.check.types import ORDERED
from broadsheet.ask.check.values import Values
from broadsheet.ask.cypher.logic import MIRRORED
from broadsheet.ask.cypher.nodes import (
    Binary,
    Function,
    Label,
    Labels_,
    Literal_,
    Match,
    NodePattern,
    Place,
    Projection,
    Property,
    Query,
    RelationPattern,
    Sorted,
    Unary,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import label_name, labels_text, written
from broadsheet.ask.schema import Schema

NOBODYS = ("Quorble", "Zindle", "Fraxel", "Wombit")
Change = tuple[Splice, ...]


class Clean(NamedTuple):
    """A query without a fault, with all that an operator asks of it."""

    text: str
    query: Query
    scopes: Scopes
    values: Values
    schema: Schema

    @classmethod
    def of(cls, text: str, schema: Schema) -> "Clean | None":
        """Return a query, its things narrowed by the schema; None where it cannot be read."""
        query = parse(text).query
        if query is None:
            return None
        scopes = Scopes(query)
        Shapes(scopes, schema, text).check()
        return cls(text, query, scopes, Values(scopes, schema), schema)


class Mutant(NamedTuple):
    """A query with a planted fault: which operator planted it, and where."""

    operator: str
    text: str
    place: Place


Operator = Callable[[Clean, np.random.Generator], Iterator[Change]]


def mutants(text: str, schema: Schema, operators: Mapping[str, Operator], rng: np.random.Generator) -> Iterator[Mutant]:
    """Yield at most one mutant of a query for each operator; what is no other query than before is left out."""
    clean = Clean.of(text, schema)
    if clean is None:
        return
    for name, operator in operators.items():
        changes = [change for change in operator(clean, rng) if change]
        if not changes:
            continue
        change = changes[int(rng.integers(len(changes)))]
        made = spliced(text, change)
        again = parse(made).query
        if again is not None and again != clean.query:
            yield Mutant(name, made, change[0].place)


# What the schema alone can tell.


def _directed(clean: Clean) -> Iterator[tuple[RelationPattern, Thing, Thing, Thing]]:
    for one in clean.scopes.joined:
        if one.relation.hops is None and one.relation.towards != "either":
            yield one.relation, one.left, one.right, one.thing


def _turned(clean: Clean, relation: RelationPattern) -> Change:
    said = clean.text[relation.place.start : relation.place.end]
    return (Splice(relation.place, f"{said[1:]}>" if relation.towards == "left" else f"<{said[:-1]}"),)


def flip(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Turn a relation that the schema has one way round."""
    del rng
    for relation, left, right, thing in _directed(clean):
        start, end = (left, right) if relation.towards == "right" else (right, left)
        if not clean.schema.joins(end.possible, thing.possible, start.possible):
            yield _turned(clean, relation)


def _labels_of(clean: Clean, kind: type) -> Iterator[tuple[Label, Thing]]:
    for thing in clean.scopes.things:
        for element in thing.matched:
            labels = element.labels if isinstance(element, NodePattern) else element.types
            if isinstance(element, kind):
                parts = labels.parts if isinstance(labels, Labels_) else (labels,)
                for label in parts:
                    if isinstance(label, Label):
                        yield label, thing


def _renamed(place: Place, new: str) -> Change:
    return (Splice(place, label_name(new)),)


def near_label(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Misspell a label."""
    for label, _ in _labels_of(clean, NodePattern):
        yield _misspelt(label.place, label.name, clean.schema.all_labels, rng)


def near_relation(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Misspell a type of relation."""
    for label, _ in _labels_of(clean, RelationPattern):
        yield _misspelt(label.place, label.name, clean.schema.all_types, rng)


def _misspelt(place: Place, name: str, known: frozenset[str], rng: np.random.Generator) -> Change:
    cut = int(rng.integers(1, max(2, len(name) - 1)))
    ways = (name[:cut] + name[cut + 1 :], name[:cut] + name[cut] + name[cut:] if cut < len(name) else name, name.swapcase(), name + "s")
    new = ways[int(rng.integers(len(ways)))]
    return _renamed(place, new) if new not in known and new and new != name else ()


def unknown_label(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Name a label that nobody has."""
    for label, _ in _labels_of(clean, NodePattern):
        yield _renamed(label.place, NOBODYS[int(rng.integers(len(NOBODYS)))])


def unknown_relation(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Name a type of relation that nobody has."""
    for label, _ in _labels_of(clean, RelationPattern):
        yield _renamed(label.place, f"{NOBODYS[int(rng.integers(len(NOBODYS)))].upper()}_OF")


def other_relation(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Name a type of relation that never joins these two."""
    for one in clean.scopes.joined:
        if isinstance(one.relation.types, Label) and one.relation.hops is None and one.left.stated and one.right.stated:
            starts, ends = one.left.possible, one.right.possible
            held = {t.type for t in (*clean.schema.joins(starts, clean.schema.all_types, ends), *clean.schema.joins(ends, clean.schema.all_types, starts))}
            others = sorted(clean.schema.all_types - held)
            if others:
                yield _renamed(one.relation.types.place, others[int(rng.integers(len(others)))])


def other_label(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Name a label that has no such relation."""
    for one in clean.scopes.joined:
        for thing, other in ((one.left, one.right), (one.right, one.left)):
            if (
                len(thing.matched) == 1
                and isinstance(thing.matched[0], NodePattern)
                and isinstance(thing.matched[0].labels, Label)
                and one.relation.hops is None
            ):
                held = {
                    label
                    for label in clean.schema.all_labels
                    if clean.schema.joins(frozenset({label}), one.thing.possible, other.possible)
                    or clean.schema.joins(other.possible, one.thing.possible, frozenset({label}))
                }
                others = sorted(clean.schema.all_labels - held)
                if others and other.stated and one.relation.types is not None:
                    yield _renamed(thing.matched[0].labels.place, others[int(rng.integers(len(others)))])


def _reads(clean: Clean) -> Iterator[tuple[Property, Thing]]:
    for node in walk(clean.query):
        if isinstance(node, Property) and isinstance(node.of, Variable):
            thing = clean.scopes.of(node.of)
            if thing is not None and thing.kind in {"node", "relation"} and clean.values.facts(node):
                yield node, thing


def near_property(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Misspell a property."""
    for node, thing in _reads(clean):
        held = clean.schema.properties(thing.possible, relation=thing.kind == "relation") or {}
        yield _misspelt(node.key_place, node.key, frozenset(held), rng)


def unknown_property(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Ask for a property that nothing has."""
    for node, _ in _reads(clean):
        yield _renamed(node.key_place, NOBODYS[int(rng.integers(len(NOBODYS)))].lower())


def other_property(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Ask for a property that another label has."""
    everything = sorted({key for _, key, _ in clean.schema.everything()})
    for node, thing in _reads(clean):
        held = clean.schema.properties(thing.possible, relation=thing.kind == "relation") or {}
        others = [key for key in everything if key not in held]
        if others and thing.stated:
            yield _renamed(node.key_place, others[int(rng.integers(len(others)))])


def _compared(clean: Clean, *signs: str) -> Iterator[tuple[Binary, Property, Literal_, str]]:
    for node in walk(clean.query):
        if isinstance(node, Binary) and node.sign in signs and isinstance(node.left, Property) and isinstance(node.right, Literal_):
            kinds = {one.type for one in clean.values.facts(node.left)}
            if len(kinds) == 1:
                yield node, node.left, node.right, next(iter(kinds))


def wrong_type(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Compare a number with a text, or a text with a number."""
    for _, _, value, kind in _compared(clean, "=", "<", ">", "<=", ">="):
        if kind in {"integer", "float"}:
            yield (Splice(value.place, "'many'"),)
        elif kind == "string":
            yield (Splice(value.place, str(int(rng.integers(2, 3000)))),)


def text_of_number(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Look for a text within a number."""
    del rng
    for node, left, _, kind in _compared(clean, "=", "<", ">", "<=", ">="):
        if kind in {"integer", "float"}:
            yield (Splice(node.place, f"{written(left)} CONTAINS '7'"),)


def out_of_range(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Ask for a number that lies beyond all that were seen."""
    del rng
    for node, left, value, _ in _compared(clean, "=", ">", ">=", "<", "<="):
        facts = [one for one in clean.values.facts(left) if isinstance(one.low, float) and isinstance(one.high, float)]
        if facts and isinstance(value.value, int | float):
            high, low = max(one.high for one in facts), min(one.low for one in facts)  # pyrefly: ignore
            yield (Splice(value.place, str(int(high + abs(high) + 10 if node.sign in {"=", ">", ">="} else low - abs(low) - 10))),)  # pyrefly: ignore


def contradiction(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Add a bound that a bound leaves out."""
    del rng
    for node, left, value, kind in _compared(clean, "=", ">", ">=", "<", "<="):
        said = written(left)
        if isinstance(value.value, int | float) and not isinstance(value.value, bool):
            other = f"{said} < {value.value - 1}" if node.sign in {"=", ">", ">="} else f"{said} > {value.value + 1}"
        elif isinstance(value.value, str) and node.sign == "=" and kind == "string":
            other = f"{said} = {written(Literal_(value.value + ' II'))}"
        else:
            continue
        yield (Splice(node.place, f"({written(node)} AND {other})"),)


def disconnected(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Let a pattern begin at a node of its own, which nothing joins to the others."""
    del rng
    for clause in walk(clean.query):
        # Several paths, or a condition of several things, may join what is cut.
        if isinstance(clause, Match) and not clause.optional and len(clause.paths) == 1:
            names = [one.name for one in clause.paths[0].elements if one.name]
            told_of = {one.name for one in walk(clause.where) if isinstance(one, Variable)} if clause.where is not None else set()
            if len(set(names)) < len(names) or len(told_of & set(names)) > 1:
                continue
            for path in clause.paths:
                for before, element in zip(path.elements, path.elements[1:], strict=False):
                    if (
                        isinstance(before, NodePattern)
                        and isinstance(element, RelationPattern)
                        and before.name
                        and isinstance(before.labels, Label)
                        and before is not path.elements[0]
                    ):
                        yield (Splice(Place(before.place.end, before.place.end), f", (other:{labels_text(before.labels)})"),)


def unbound(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Return what is not there."""
    del rng
    last = clean.query.parts[-1].clauses[-1]
    if isinstance(last, Projection):
        for item in last.items:
            for node in walk(item.expression):
                if isinstance(node, Variable):
                    yield (Splice(node.place, f"{node.name}x9"),)


def unlabelled(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Take the label off a node that properties are looked for in."""
    del rng
    for thing, _, _ in clean.scopes.maps:
        if len(thing.matched) == 1 and isinstance(thing.matched[0], NodePattern) and isinstance(thing.matched[0].labels, Label) and thing.name:
            label = thing.matched[0].labels
            yield (Splice(Place(label.place.start - 1, label.place.end), ""),)


def unnamed(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Take the name off what WITH computes."""
    del rng
    for clause in walk(clean.query):
        if isinstance(clause, Projection) and clause.which == "WITH":
            for item in clause.items:
                if item.name and not isinstance(item.expression, Variable):
                    yield (Splice(Place(item.expression.place.end, item.place.end), ""),)


def misplaced(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Put an aggregate into a condition."""
    del rng
    for clause in walk(clean.query):
        if isinstance(clause, Match) and clause.where is not None:
            name = next((element.name for path in clause.paths for element in path.elements if element.name), "")
            if name:
                yield (Splice(clause.where.place, f"count({name}) > 1 AND {clean.text[slice(*clause.where.place)]}"),)


def unknown_function(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Call a function that is none."""
    del rng
    for node in walk(clean.query):
        if isinstance(node, Function) and "." not in node.name:
            yield (Splice(Place(node.place.start, node.place.start + len(node.name)), f"{node.name}Of"),)


STATIC: dict[str, Operator] = {
    one.__name__: one
    for one in (
        flip, near_label, near_relation, unknown_label, unknown_relation, other_relation, other_label, near_property, unknown_property, other_property, wrong_type,
        text_of_number, out_of_range, contradiction, disconnected, unbound, unlabelled, unnamed, misplaced, unknown_function,
    )
}  # fmt: skip


# What only the question tells.


def dropped_filter(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Leave a condition out."""
    del rng
    for node in walk(clean.query):
        if isinstance(node, Binary) and node.sign == "AND":
            yield (Splice(node.place, clean.text[slice(*node.left.place)]),)
            yield (Splice(node.place, clean.text[slice(*node.right.place)]),)


def turned_comparison(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Ask for less where more is asked for."""
    del rng
    for node in walk(clean.query):
        if isinstance(node, Binary) and node.sign in ORDERED:
            between = clean.text[node.left.place.end : node.right.place.start]
            if between.count(node.sign) == 1:
                start = node.left.place.end + between.index(node.sign)
                yield (Splice(Place(start, start + len(node.sign)), MIRRORED[node.sign]),)


def turned_order(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Sort the other way."""
    del rng
    for node in walk(clean.query):
        if isinstance(node, Sorted):
            yield (Splice(node.place, written(node.expression) + ("" if node.descending else " DESC")),)


def other_aggregate(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Put rows together in another way."""
    del rng
    others = {"avg": "sum", "sum": "avg", "min": "max", "max": "min"}
    for node in walk(clean.query):
        if isinstance(node, Function) and node.name in others:
            yield (Splice(Place(node.place.start, node.place.start + len(node.name)), others[node.name]),)


def _limits(clean: Clean) -> Iterator[Literal_]:
    for clause in walk(clean.query):
        if isinstance(clause, Projection) and isinstance(clause.limit, Literal_):
            yield clause.limit


def other_limit(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Keep another number of rows."""
    for limit in _limits(clean):
        yield (Splice(limit.place, str(int(limit.value or 0) + int(rng.integers(1, 9)))),)


def other_literal(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Ask for another number."""
    for _, _, value, _ in _compared(clean, "=", "<", ">", "<=", ">="):
        if isinstance(value.value, int) and not isinstance(value.value, bool):
            yield (Splice(value.place, str(value.value + int(rng.integers(1, 6)))),)


def dropped_not(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Ask for what is, where what is not is asked for."""
    del rng
    for node in walk(clean.query):
        if isinstance(node, Unary) and node.sign == "NOT":
            yield (Splice(Place(node.place.start, node.of.place.start), clean.text[node.place.start + 3 : node.of.place.start]),)


def dropped_distinct(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Count the same thing again."""
    del rng
    for node in walk(clean.query):
        if isinstance(node, Function) and node.distinct and aggregates(node):
            yield (Splice(node.place, f"{node.name}({', '.join(map(written, node.arguments))})"),)


ASKED: dict[str, Operator] = {
    one.__name__: one for one in (dropped_filter, turned_comparison, turned_order, other_aggregate, other_limit, other_literal, dropped_not, dropped_distinct)
}


def seen(made: Sequence[Mutant], schema: Schema) -> Iterator[bool]:
    """Yield of each mutant whether the checker raises an alarm."""
    return (bool(check(one.text, schema).alarms) for one in made)
