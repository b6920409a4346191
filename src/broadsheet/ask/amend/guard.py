"""Watches over an amendment: what has changed that it did not name is told, and put back part by part."""

from collections.abc import Callable
from typing import NamedTuple

from broadsheet.ask.amend import edits
from broadsheet.ask.amend.changes import Change
from broadsheet.ask.amend.diff import aligned, diff
from broadsheet.ask.amend.heard import Heard, hear, name_words, stem, words_of
from broadsheet.ask.amend.names import unnamed
from broadsheet.ask.amend.scene import present_in
from broadsheet.ask.amend.shape import Shape, names_in, shape_of, text_of
from broadsheet.ask.amend.words import read_amendment
from broadsheet.ask.cypher.nodes import Expression, Match, NodePattern, Path, Projection, Query, RelationPattern
from broadsheet.ask.cypher.printer import written
from broadsheet.ask.schema import Schema

# Phrases that name a kind of change, whatever it is of.
CUES: dict[str, tuple[str, ...]] = {
    "direction": ("turn", "either way"), "hops": ("hops", "direct", "far"), "optional": ("optional", "required", "none"), "distinct": ("distinct", "keep twice"),
    "order": ("order", "down", "up"), "skip": ("offset",), "limit": ("limit", "all rows"), "returned": ("count", "avg", "sum", "max", "min", "collect", "per"),
    "step": ("count", "per", "avg", "sum", "max", "min", "<", ">", "<=", ">="), "pattern": ("none", "both"), "filter": ("case", "null", "known", "again"),
}  # fmt: skip
# Words that name a kind of change as such.
NAMES: dict[str, frozenset[str]] = {
    "filter": frozenset("filter filters condition conditions restriction".split()), "order": frozenset("order ordering sorting".split()),
    "limit": frozenset("limit".split()), "direction": frozenset("direction arrow".split()), "label": frozenset("label".split()),
}  # fmt: skip


class Guarded(NamedTuple):
    """A query with the changes that were asked for; what else had changed, which of that was put back, and what could not be."""

    tree: Query
    requested: tuple[Change, ...]
    unrequested: tuple[Change, ...]
    kept: tuple[Change, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was changed unasked, in words."""
        return tuple(f"also {one.words}" for one in self.unrequested)


def guard(before: Query, after: Query, amendment: str, schema: Schema | None = None) -> Guarded:
    """Return an amended query without the changes that the amendment does not name.

    A change is named if the amendment, read in words over the schema, makes it, or if it says what stands or stood there, or speaks of such a part.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> from broadsheet.ask.cypher.printer import canonical
    >>> before = parse("MATCH (f:Film) WHERE f.year > 2000 RETURN DISTINCT f.title").query
    >>> found = guard(before, parse("MATCH (f:Film) WHERE f.year > 2010 RETURN f.title").query, "after 2010 please")
    >>> canonical(found.tree), found.warnings
    ('MATCH (f:Film) WHERE f.year > 2010 RETURN DISTINCT f.title', ('also dropped DISTINCT',))
    """
    changes = diff(before, after)
    heard = hear(amendment, schema or Schema({}, {}, ()), present_in(before))
    read = _read(amendment, before, schema) if schema is not None and changes else ()
    asked = [one for one in changes if _named(one, heard) or any(_same(one, other) for other in read)]
    touched = {name for one in asked if one.kind in {"relation", "label", "pattern"} for name in (*one.key, one.part)}
    asked = [one for one in changes if one in asked or (one.kind == "direction" and _beside(one, asked, touched))]
    unasked = tuple(one for one in changes if one not in asked)
    tree, kept = after, []
    for change in unasked:
        restored = restore(before, tree, change)
        if restored is None:
            kept.append(change)
        else:
            tree = restored
    return Guarded(tree, tuple(asked), unasked, tuple(kept))


def _read(amendment: str, before: Query, schema: Schema) -> tuple[Change, ...]:
    """Return the changes that an amendment makes, or those that it may mean."""
    found = read_amendment(amendment, before, schema)
    return found.changes or tuple(change for one in found.choices for change in diff(before, one))


def _beside(change: Change, asked: list[Change], touched: set[str]) -> bool:
    """Whether a relation was turned whose type or ends were to change."""
    ends = {one.after for one in asked if one.kind == "label"} | {one.before for one in asked if one.kind == "label"}
    return change.part in touched or bool(set(change.key) & touched) or any(end and end in change.after for end in ends)


def _same(one: Change, other: Change) -> bool:
    return one.kind == other.kind and (one.after == other.after if one.kind in {"filter", "returned", "pattern"} else one.part == other.part)


def _named(change: Change, heard: Heard) -> bool:
    """Whether an utterance names a change: by what stands or stood there, or by what such a change is called."""
    said = {stem(one.low) for one in heard.words if one.value is None} | {one.low for one in heard.words}
    said |= {word for one in heard.words if isinstance(one.value, str) for word in one.low.split()}
    if heard.all(*CUES.get(change.kind, ())) or said & NAMES.get(change.kind, frozenset()):
        return True
    mentioned = {one.name.lower() for one in heard.mentions if one.sure > 0.6}
    telling = _telling(change)
    if telling & (said | mentioned | {stem(word) for word in said}):
        return True
    return change.kind == "limit" and bool({change.before, change.after} & {one.low for one in heard.words})


def _telling(change: Change) -> set[str]:
    """Return the words that stand in one of both sides alone; those of both, where that is none."""
    sides = [_words(change.before), _words(change.after)]
    return (
        {stem(one) for one in (sides[0] ^ sides[1]) or sides[0]}
        | (sides[0] ^ sides[1])
        | ({stem(one) for one in sides[0] | sides[1]} if change.kind == "filter" else set())
    )


def _words(text: str) -> set[str]:
    found: set[str] = set()
    for word in words_of(text):
        if word.value is not None:
            found |= {word.low, *word.low.split()}
        elif word.low[0].isalnum():
            found |= {word.low, *name_words(word.text)}
    return found - {"and", "or", "not", "where", "optional", "node", "in", "is", "count", "from", "to", "high", "low", "distinct"}


# What is put back.


def restore(before: Query, after: Query, change: Change) -> Query | None:
    """Return a query with one of its changes undone, nothing else; None where that cannot be done."""
    old, new, changes = aligned(before, after)
    again = next((one for one in changes if one[:4] == change[:4]), None)
    if again is None or again.kind not in _RESTORES:
        return None
    made = _RESTORES[again.kind](old, new, again)
    if made is None:
        return None
    left = diff(old, made)
    expected = [one[:4] for one in changes if one is not again]
    if len(left) > len(expected) or any(one[:4] == again[:4] for one in left):
        return None
    return unnamed(made)


def _element(query: Query, name: str, kind: type) -> NodePattern | RelationPattern | None:
    found = [one for one in edits.elements(query, name) if isinstance(one, kind)]
    return next((one for one in found if getattr(one, "labels", None) is not None), found[0] if found else None)


def _label(old: Query, new: Query, change: Change) -> Query | None:
    element = _element(old, change.key[0], NodePattern)
    return edits.with_label(new, change.key[0], element.labels) if isinstance(element, NodePattern) else None


def _relation(old: Query, new: Query, change: Change) -> Query | None:
    element = _element(old, change.key[0], RelationPattern)
    if not isinstance(element, RelationPattern):
        return None
    return edits.with_type(new, change.key[0], element.types) if change.kind == "relation" else edits.with_hops(new, change.key[0], element.hops)


def _direction(old: Query, new: Query, change: Change) -> Query | None:
    wanted = shape_of(old.parts[-1]).edges.get(change.key[0])
    for way in ("right", "left", "either"):
        made = edits.towards(new, change.key[0], way)
        if shape_of(made.parts[-1]).edges.get(change.key[0]) == wanted:
            return made
    return None


def _filter(old: Query, new: Query, change: Change) -> Query | None:
    was, now = change.key
    held = _test(old, was)
    if now:
        tree, target = new, _test(new, now)
        return edits.each_test(tree, lambda one: (held if was else None) if one is target or text_of(one) == now else one)
    if held is None:
        return None
    shape = shape_of(new.parts[-1])
    optional = any(shape.optional.get(name) for name in names_in(held))
    return edits.with_test(new, held, optional=optional and "optional" in _scope(old, was))


def _test(query: Query, text: str) -> Expression | None:
    return next((one for shape in map(shape_of, query.parts) for one in _held(shape) if written(one) == text), None)


def _held(shape: Shape) -> list[Expression]:
    return [one.expression for one in shape.filters] + [one.expression for step in shape.steps for one in step.where]


def _scope(query: Query, text: str) -> str:
    return next((one.scope for shape in map(shape_of, query.parts) for one in shape.filters if one.text == text), "")


def _steps(old: Query, new: Query, change: Change) -> tuple[Projection, Projection] | None:
    found = [shape_of(query.parts[-1]).steps[int(place)].clause for query, place in ((old, change.key[0]), (new, change.key[1]))]
    return (found[0], found[1]) if found[0] is not None and found[1] is not None else None


def _step(old: Query, new: Query, change: Change) -> Query | None:
    if change.key[0][:1] in {"+", "-"} or (pair := _steps(old, new, change)) is None:
        return None
    was, now = pair
    return edits.with_step(new, now, **{change.kind: getattr(was, change.kind)})


def _distinct(old: Query, new: Query, change: Change) -> Query | None:
    return _returned(old, new, change) if len(change.key) > 2 else _step(old, new, change)


def _returned(old: Query, new: Query, change: Change) -> Query | None:
    pair = _steps(old, new, change)
    if pair is None or len(change.key) < 4:
        return None
    was, now = pair
    lost = next((one for one in was.items if text_of(one.expression) == change.key[2]), None)
    come = next((one for one in now.items if text_of(one.expression) == change.key[3]), None)
    if lost is not None and come is not None:
        return edits.with_item(new, now, come, lost.expression)
    if come is not None:
        return edits.without_item(new, now, come) if len(now.items) > 1 else None
    return edits.with_step(new, now, items=(*now.items, lost)) if lost is not None else None


def _optional(old: Query, new: Query, change: Change) -> Query | None:
    name = change.key[0]
    if change.after == "optional":
        return edits.required_relation(new, name)
    edge = shape_of(new.parts[-1]).edges.get(name)
    if edge is None:
        return None
    tries = [edits.optional_relation(new, name, keep) for keep in (edge.start, edge.end)]
    return min(tries, key=lambda made: len(diff(old, made)))


def _pattern(old: Query, new: Query, change: Change) -> Query | None:
    if not change.before:
        return edits.without_things(new, change.key)
    if change.after:
        return None
    gone, shape = set(change.key), shape_of(old.parts[-1])
    known = set(shape_of(new.parts[-1]).kinds)
    tree = new
    for part in old.parts:
        for clause in part.clauses:
            if isinstance(clause, Match):
                for path in clause.paths:
                    if {one.name for one in path.elements} & gone and (anchor := next((one.name for one in path.elements if one.name in known), None)):
                        tree = edits.with_path(tree, anchor, _bare(path, gone), optional=clause.optional)
    for held in shape.filters:
        if held.reads & gone and tree is not new and text_of(held.expression) not in {text_of(one) for one in edits.tests(tree)}:
            tree = edits.with_test(tree, held.expression, optional="optional" in held.scope)
    return tree if tree is not new else None


def _bare(path: Path, gone: set[str]) -> Path:
    """Return the part of a path that was lost, with the things that it hangs on by their names alone."""
    elements = list(path.elements)
    while len(elements) > 1 and elements[0].name not in gone and elements[1].name not in gone:
        elements = elements[2:]
    while len(elements) > 1 and elements[-1].name not in gone and elements[-2].name not in gone:
        elements = elements[:-2]
    return Path(tuple(one if one.name in gone or isinstance(one, RelationPattern) else NodePattern(one.name) for one in elements))


_RESTORES: dict[str, Callable[[Query, Query, Change], Query | None]] = {
    "label": _label, "relation": _relation, "hops": _relation, "direction": _direction, "filter": _filter, "distinct": _distinct, "returned": _returned,
    "order": _step, "limit": _step, "skip": _step, "optional": _optional, "pattern": _pattern,
}  # fmt: skip
