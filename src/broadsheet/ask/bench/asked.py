"""Faults that only the question tells, planted into clean queries by operators that know nothing of the question."""

import re
from collections.abc import Iterator, Mapping

import numpy as np

from broadsheet.ask.bench.mutants import ASKED, Change, Clean, Operator
from broadsheet.ask.check.findings import Splice
from broadsheet.ask.check.scope import Thing, aggregates, walk
from broadsheet.ask.cypher.nodes import (
    Binary,
    Expression,
    Function,
    Label,
    Literal_,
    MapOf,
    Match,
    NodePattern,
    Place,
    Projection,
    Property,
    RelationPattern,
    Sorted,
    Subquery,
    Unary,
    Variable,
)  # fmt: skip
from broadsheet.ask.cypher.printer import label_name, written

# Texts that no graph and no question has.
OTHERS = ("Quorble Zindle", "fraxel", "Wombit 7", "Ostrel")


def _text(clean: Clean, place: Place) -> str:
    return clean.text[slice(*place)]


def dropped_condition(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Leave a whole WHERE out, or one entry of an inline map."""
    del rng
    for node in walk(clean.query):
        if isinstance(node, Match) and node.where is not None:
            before = clean.text[: node.where.place.start]
            start = re.search(r"\s*\bWHERE\s*\(*\s*$", before, re.IGNORECASE)
            if start is not None and "(" not in start.group():
                yield (Splice(Place(start.start(), node.where.place.end), ""),)
        elif isinstance(node, NodePattern | RelationPattern) and isinstance(node.properties, MapOf) and node.properties.entries:
            left = [f"{label_name(key)}: {written(value)}" for key, value in node.properties.entries[1:]]
            yield (Splice(node.properties.place, f"{{{', '.join(left)}}}" if left else ""),)


def shifted_comparison(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Leave the bound itself in, or out."""
    del rng
    yield from _signed(clean, {"<": "<=", ">": ">=", "<=": "<", ">=": ">"})


def unequal(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Ask for all others."""
    del rng
    yield from _signed(clean, {"=": "<>", "<>": "="})


def other_match(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Look for a text at another end of a text."""
    del rng
    yield from _signed(clean, {"CONTAINS": "STARTS WITH", "STARTS WITH": "ENDS WITH", "ENDS WITH": "STARTS WITH"})


def _signed(clean: Clean, signs: Mapping[str, str]) -> Iterator[Change]:
    for node in walk(clean.query):
        if isinstance(node, Binary) and node.sign in signs:
            between = clean.text[node.left.place.end : node.right.place.start]
            if between.strip().upper() == node.sign:
                start = node.left.place.end + len(between) - len(between.lstrip())
                yield (Splice(Place(start, start + len(between.strip())), signs[node.sign]),)


def other_gathering(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Put rows together in any other way."""
    ways = ("avg", "sum", "min", "max", "count")
    for node in walk(clean.query):
        if isinstance(node, Function) and node.name in ways and not node.star and node.arguments and not node.distinct:
            if node.name == "count" and not isinstance(node.arguments[0], Property):
                continue
            others = [one for one in ways if one != node.name]
            yield (Splice(Place(node.place.start, node.place.start + len(node.name)), others[int(rng.integers(len(others)))]),)


def other_text(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Ask for another text."""
    for value in _compared_values(clean):
        if isinstance(value.value, str) and value.value and not re.search(r"\d{4}", value.value):
            yield (Splice(value.place, written(Literal_(OTHERS[int(rng.integers(len(OTHERS)))]))),)


def other_year(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Ask for another year, as a number or within a date."""
    for value in _compared_values(clean):
        said = _text(clean, value.place)
        match = re.search(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)", said)
        if match is not None:
            new = int(match.group()) + int(rng.integers(2, 9)) * (-1 if rng.integers(2) else 1)
            yield (Splice(value.place, said[: match.start()] + str(new) + said[match.end() :]),)


def _compared_values(clean: Clean) -> Iterator[Literal_]:
    """Yield each literal that something is compared with, within a date too."""
    for node in walk(clean.query):
        sides: tuple[Expression, ...] = ()
        if isinstance(node, Binary) and node.sign in {"=", "<>", "<", "<=", ">", ">=", "CONTAINS", "STARTS WITH", "ENDS WITH"}:
            sides = (node.left, node.right)
        elif isinstance(node, MapOf):
            sides = tuple(value for _, value in node.entries)
        for side in sides:
            inner = side.arguments[0] if isinstance(side, Function) and len(side.arguments) == 1 else side
            if isinstance(inner, Literal_):
                yield inner


def other_truth(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Ask for what is false where what is true is asked for."""
    del rng
    for value in _compared_values(clean):
        if isinstance(value.value, bool):
            yield (Splice(value.place, str(not value.value).lower()),)


def other_null(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Ask for what is missing where what is there is asked for."""
    del rng
    for node in walk(clean.query):
        said = _text(clean, node.place)
        if type(node).__name__ == "IsNull" and (match := re.search(r"\bIS\s+(NOT\s+)?NULL\s*$", said, re.IGNORECASE)):
            new = "IS NULL" if match.group(1) else "IS NOT NULL"
            yield (Splice(node.place, said[: match.start()] + new),)


def dropped_order(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Sort nothing, and keep as many rows as before."""
    del rng
    for node in walk(clean.query):
        if isinstance(node, Projection) and node.order:
            start = clean.text.upper().rfind("ORDER", 0, node.order[0].place.start)
            yield (Splice(Place(start, node.order[-1].place.end), ""),)


def dropped_limit(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Keep every row."""
    del rng
    for node in walk(clean.query):
        if isinstance(node, Projection) and node.limit is not None:
            start = clean.text.upper().rfind("LIMIT", 0, node.limit.place.start)
            yield (Splice(Place(start, node.limit.place.end), ""),)


def other_relation(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Follow another relation between the same two."""
    for one in clean.scopes.joined:
        label = one.relation.types
        if isinstance(label, Label) and one.relation.hops is None:
            ends = (one.left.possible, one.right.possible) if one.relation.towards != "left" else (one.right.possible, one.left.possible)
            others = sorted({triple.type for triple in clean.schema.joins(ends[0], clean.schema.all_types, ends[1])} - {label.name})
            if others:
                yield (Splice(label.place, label_name(others[int(rng.integers(len(others)))])),)


def other_property_of_type(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Read another property of the same type of the same thing, in a condition or an order."""
    for node in walk(clean.query):
        for read in _judged(node):
            thing = clean.scopes.of(read.of) if isinstance(read.of, Variable) else None
            if thing is None or thing.kind not in {"node", "relation"} or not clean.values.facts(read):
                continue
            own = clean.schema.properties(thing.possible, relation=thing.kind == "relation") or {}
            kinds = {facts.type for facts in own[read.key]}
            others = sorted(key for key, facts in own.items() if key != read.key and kinds == {one.type for one in facts})
            if others:
                yield (Splice(read.key_place, label_name(others[int(rng.integers(len(others)))])),)


def _judged(node: object) -> Iterator[Property]:
    if isinstance(node, Binary) and node.sign in {"=", "<", "<=", ">", ">=", "CONTAINS"} and isinstance(node.left, Property):
        yield node.left
    elif isinstance(node, Sorted) and isinstance(node.expression, Property):
        yield node.expression


def other_returned(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Give back another node of the pattern."""
    last = clean.query.parts[-1].clauses[-1]
    if not isinstance(last, Projection) or len(last.items) != 1 or last.order:
        return
    item = last.items[0].expression
    inner = item.arguments[0] if isinstance(item, Function) and item.name == "count" and item.arguments else item
    if isinstance(inner, Variable) and (thing := clean.scopes.of(inner)) is not None and thing.kind == "node":
        others = _others(clean, thing)
        if others:
            yield (Splice(inner.place, others[int(rng.integers(len(others)))]),)


def _others(clean: Clean, thing: Thing) -> list[str]:
    """Return the names of nodes of other labels that stand in the same pattern."""
    return sorted({one.name for one in clean.scopes.things if one.kind == "node" and one.name and one.possible and not one.possible & thing.possible})


def dropped_hop(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Cut the last relation off a pattern, where nothing needs the node behind it."""
    del rng
    for clause in walk(clean.query):
        if not isinstance(clause, Match) or clause.optional:
            continue
        for path in clause.paths:
            if len(path.elements) < 3 or path.function or path.name:
                continue
            end, relation = path.elements[-1], path.elements[-2]
            used = clean.text.count(end.name) if end.name else 1
            if (not end.name or len(re.findall(rf"\b{re.escape(end.name)}\b", clean.text)) == 1) and used and not relation.name:
                yield (Splice(Place(relation.place.start, end.place.end), ""),)


def other_junction(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Ask for one of two conditions where both are asked for, or for both."""
    del rng
    yield from _signed(clean, {"AND": "OR", "OR": "AND"})


def dropped_optional(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Drop the rows that have no more than what must be there."""
    del rng
    for node in walk(clean.query):
        if isinstance(node, Match) and node.optional and (match := re.match(r"OPTIONAL\s+", clean.text[node.place.start :], re.IGNORECASE)):
            yield (Splice(Place(node.place.start, node.place.start + match.end()), ""),)


def dropped_row_distinct(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Give rows back as often as they are found."""
    del rng
    last = clean.query.parts[-1].clauses[-1]
    if isinstance(last, Projection) and last.distinct:
        match = re.compile(r"RETURN(\s+DISTINCT)", re.IGNORECASE).match(clean.text, last.place.start)
        if match is not None:
            yield (Splice(Place(*match.span(1)), ""),)


def planted_not(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Deny a condition."""
    del rng
    for node in walk(clean.query):
        if isinstance(node, Match) and node.where is not None and not isinstance(node.where, Unary) and not isinstance(node.where, Subquery):
            yield (Splice(node.where.place, f"NOT ({_text(clean, node.where.place)})"),)


def planted_filter(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Add a condition that nobody asked for."""
    for node in walk(clean.query):
        if isinstance(node, Match) and not node.optional and node.where is not None:
            for read in walk(node.where):
                if (
                    isinstance(read, Property)
                    and isinstance(read.of, Variable)
                    and (facts := clean.values.facts(read))
                    and facts[0].type in {"integer", "float"}
                ):
                    yield (Splice(node.where.place, f"({_text(clean, node.where.place)}) AND {written(read)} <> {int(rng.integers(21, 97))}"),)


def counted_instead(clean: Clean, rng: np.random.Generator) -> Iterator[Change]:
    """Count what is to be listed."""
    del rng
    last = clean.query.parts[-1].clauses[-1]
    if isinstance(last, Projection) and len(last.items) == 1 and not last.order and last.limit is None and not last.distinct:
        item = last.items[0]
        if not aggregates(item.expression):
            yield (Splice(item.expression.place, f"count({_text(clean, item.expression.place)})"),)


# Those that the goal names, and those that a hostile mind adds.
NAMED: dict[str, Operator] = {**ASKED, **{one.__name__: one for one in (dropped_condition, other_gathering, other_text, other_year, dropped_row_distinct)}}
HOSTILE: dict[str, Operator] = {
    one.__name__: one
    for one in (
        shifted_comparison, unequal, other_match, other_truth, other_null, dropped_order, dropped_limit, other_relation, other_property_of_type, other_returned, dropped_hop,
        other_junction, dropped_optional, planted_not, planted_filter, counted_instead,
    )
}  # fmt: skip
OPERATORS: dict[str, Operator] = {**NAMED, **HOSTILE}
