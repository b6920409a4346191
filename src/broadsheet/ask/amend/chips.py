"""The parts of a query that a person may change by hand, each with what stands there: what a panel shows as chips."""

from typing import Any, Literal, NamedTuple

from broadsheet.ask.amend import edits
from broadsheet.ask.amend.names import named, unnamed
from broadsheet.ask.amend.shape import text_of
from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.nodes import OTHER_WAY, Expression, Label, Labels, Literal_, Match, NodePattern, Projection, Query, RelationPattern, Sorted
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import labels_text, written
from broadsheet.ask.cypher.rewrite import with_parts
from broadsheet.core.errors import RecordError, did_you_mean

ChipKind = Literal["label", "direction", "relation", "filter", "literal", "limit", "order", "distinct", "returned"]


class Chip(NamedTuple):
    """A part that can be changed: its kind, which of its kind it is (by number, in the order of the query), and what stands there."""

    kind: ChipKind
    at: int
    value: str


def chips(query: Query) -> tuple[Chip, ...]:
    """Return the parts of a query that can be changed by hand.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> [(one.kind, one.value) for one in chips(parse("MATCH (f:Film)-[:IN]->() WHERE f.year > 2000 RETURN f.title LIMIT 3").query)]
    [('label', 'Film'), ('label', ''), ('direction', 'right'), ('relation', 'IN'), ('filter', 'f.year > 2000'), ('literal', '2000'), ('returned', 'f.title'), \
('distinct', ''), ('order', ''), ('limit', '3')]
    """
    tree = named(query)
    nodes = list(dict.fromkeys(one.name for one in edits.elements(tree) if isinstance(one, NodePattern)))
    found = [Chip("label", place, _labels(tree, name)) for place, name in enumerate(nodes)]
    relations = _relations(tree)
    found += [Chip("direction", place, one.towards) for place, one in enumerate(relations)]
    found += [Chip("relation", place, "" if one.types is None else labels_text(one.types)) for place, one in enumerate(relations)]
    tests = list(edits.tests(tree))
    found += [Chip("filter", place, written(one)) for place, one in enumerate(tests)]
    found += [Chip("literal", place, written(one)) for place, one in enumerate(_literals(tests))]
    if steps := edits.steps(tree):
        last = steps[-1]
        found += [Chip("returned", place, written(one.expression)) for place, one in enumerate(last.items)]
        order = ", ".join(written(one.expression) + (" DESC" if one.descending else "") for one in last.order)
        found += [Chip("distinct", 0, "yes" if last.distinct else ""), Chip("order", 0, order)]
        found.append(Chip("limit", 0, "" if last.limit is None else written(last.limit)))
    return tuple(found)


def edit(query: Query, chip: Chip, value: str) -> Query:
    """Return a query with one part changed, nothing else; an empty `value` takes a label, a filter, an order, a limit, DISTINCT or a column away.

    A filter, an order and a column are written in Cypher, with the names of the query; a direction is `right`, `left` or `either`. Raises RecordError for a
    chip that the query does not have, or a value that cannot stand there.
    """
    held = {(one.kind, one.at) for one in chips(query)}
    if (chip.kind, chip.at) not in held:
        kinds = list(dict.fromkeys(kind for kind, _ in held))
        raise RecordError(f"The query has no {chip.kind} number {chip.at + 1}.{did_you_mean(chip.kind, kinds)}", f"Change one of: {', '.join(kinds)}.")
    return unnamed(_EDITS[chip.kind](named(query), chip.at, value.strip()))


def _relations(tree: Query) -> list[RelationPattern]:
    return [one for one in edits.elements(tree) if isinstance(one, RelationPattern)]


def _labels(tree: Query, name: str) -> str:
    return next((labels_text(one.labels) for one in edits.elements(tree, name) if isinstance(one, NodePattern) and one.labels is not None), "")


def _literals(tests: list[Expression]) -> list[Literal_]:
    return [node for one in tests for node in walk(one) if isinstance(node, Literal_)]


def _read(text: str, what: str, example: str) -> Query:
    query = parse(text).query
    if query is None or len(query.parts) != 1:
        raise RecordError(f"{what} cannot be read.", f"Write it as Cypher, such as: {example}")
    return query


def read_labels(value: str) -> Labels | None:
    """Return labels or types that are written as in a pattern. Raises RecordError."""
    if not value:
        return None
    if value.replace("_", "").isalnum():
        return Label(value)
    clause = _read(f"MATCH (n:{value}) RETURN n", f"The label {value!r}", "Film").parts[0].clauses[0]
    assert isinstance(clause, Match)
    first = clause.paths[0].elements[0]
    if len(clause.paths) != 1 or len(clause.paths[0].elements) != 1 or not isinstance(first, NodePattern):
        raise RecordError(f"The label {value!r} cannot be read.", "Write it as Cypher, such as: Film")
    return first.labels


def read_expression(value: str) -> Expression:
    """Return an expression that is written in Cypher. Raises RecordError."""
    clauses = _read(f"RETURN {value}", f"{value!r}", "f.year > 2000").parts[0].clauses
    last = clauses[0]
    if len(clauses) != 1 or not isinstance(last, Projection) or len(last.items) != 1 or last.items[0].name or last.order or last.limit is not None:
        raise RecordError(f"{value!r} is no single expression.", "Write it as Cypher, such as: f.year > 2000")
    return last.items[0].expression


def _label(tree: Query, at: int, value: str) -> Query:
    names = list(dict.fromkeys(one.name for one in edits.elements(tree) if isinstance(one, NodePattern)))
    return edits.with_label(tree, names[at], read_labels(value))


def _direction(tree: Query, at: int, value: str) -> Query:
    if value not in OTHER_WAY:
        raise RecordError(f"{value!r} is no direction.", "Give right, left or either.")
    return edits.towards(tree, _relations(tree)[at].name, value)


def _relation(tree: Query, at: int, value: str) -> Query:
    return edits.with_type(tree, _relations(tree)[at].name, read_labels(value))


def _filter(tree: Query, at: int, value: str) -> Query:
    old = list(edits.tests(tree))[at]
    new = read_expression(value) if value else None
    text = text_of(old)
    seen = 0

    def change(one: Expression) -> Expression | None:
        nonlocal seen
        number, seen = seen, seen + 1
        return new if number == at and text_of(one) == text else one

    return edits.each_test(tree, change)


def _literal(tree: Query, at: int, value: str) -> Query:
    new = read_expression(value) if value else None
    if not isinstance(new, Literal_):
        raise RecordError(f"{value!r} is no value.", "Give a number, or a text in quotation marks.")
    seen = 0

    def exchanged(node: Any) -> Any:
        nonlocal seen
        if isinstance(node, Literal_):
            number, seen = seen, seen + 1
            return new if number == at else node
        return with_parts(node, exchanged)

    return edits.each_test(tree, exchanged)


def _limit(tree: Query, at: int, value: str) -> Query:
    del at
    if value and not value.isdigit():
        raise RecordError(f"{value!r} is no number of rows.", "Give a whole number, or nothing for all rows.")
    return edits.with_step(tree, edits.last_step(tree), limit=edits.counted(int(value) if value else None))


def _order(tree: Query, at: int, value: str) -> Query:
    del at
    order: tuple[Sorted, ...] = ()
    if value:
        last = _read(f"RETURN 1 ORDER BY {value}", f"The order {value!r}", "f.year DESC").parts[0].clauses[-1]
        assert isinstance(last, Projection)
        order = last.order
    return edits.with_step(tree, edits.last_step(tree), order=order)


def _distinct(tree: Query, at: int, value: str) -> Query:
    del at
    return edits.with_step(tree, edits.last_step(tree), distinct=value.lower() in {"yes", "true", "on", "distinct"})


def _returned(tree: Query, at: int, value: str) -> Query:
    last = edits.last_step(tree)
    item = last.items[at]
    if value:
        return edits.with_item(tree, last, item, read_expression(value))
    if len(last.items) == 1:
        raise RecordError("A query gives something back: its last column stays.", "Put another in its place instead.")
    return edits.without_item(tree, last, item)


_EDITS = {
    "label": _label, "direction": _direction, "relation": _relation, "filter": _filter, "literal": _literal, "limit": _limit, "order": _order,
    "distinct": _distinct, "returned": _returned,
}  # fmt: skip
