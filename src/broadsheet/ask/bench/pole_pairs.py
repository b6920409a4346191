"""ZOGRASCOPE's pairs of questions and queries over the POLE graph, and how they are split."""

import csv
import re
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.nodes import Binary, Literal_, NodePattern, Place, Property, Query, Variable
from broadsheet.ask.cypher.parser import parse
from broadsheet.core.errors import RecordError
from broadsheet.core.seeds import generator

Kind = Literal["iid", "compositional", "length"]
KINDS: tuple[Kind, ...] = ("iid", "compositional", "length")
# The rules were written with questions of these forms before the eyes: every so many of the forms. No test has one of them.
SEEN = 4
# The part of queries or of forms that is held out, and from how many nodes on a query is long.
HELD, LONG = 0.2, 4
_BRACKETS = re.compile(r"\[(x\d+)\.(\w+)\.(\w+):([^\]]*)\]")


class Entity(NamedTuple):
    """A value that a question names: where, of which node of the query, label and property."""

    place: Place
    words: str
    node: str
    label: str
    property: str
    value: str


class Asked(NamedTuple):
    """A question with the query that is right."""

    id: str
    question: str
    query: Query
    text: str
    entities: tuple[Entity, ...]
    form: int
    nodes: int


def read_pairs(path: Path) -> list[Asked]:
    """Read the pairs. Raises RecordError for a row that has no query."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [_asked(row) for row in csv.DictReader(lines)]


def _asked(row: dict[str, str]) -> Asked:
    query = parse(row["mr"]).query
    if query is None:
        raise RecordError(f"Row {row['id']} holds no query.", "Take the file as it was published.")
    text = " ".join(row["mr"].split())
    return Asked(row["id"], row["nl"], query, text, tuple(_entities(row)), int(row["template_id"]), int(row["num_nodes"]))


def _entities(row: dict[str, str]) -> list[Entity]:
    """Return the entities where they stand: brackets of one text say which words of the other they are."""
    surfaces: dict[str, list[str]] = {}
    for line in row["entities"].splitlines():
        key, mark, words = line.rpartition(" = ")
        if mark:
            surfaces.setdefault(key, []).append(words.strip())
    found, at, low = [], 0, row["nl"].lower()
    for match in _BRACKETS.finditer(row["nl_bracketed"]):
        node, label, key, value = match.groups()
        held = surfaces.get(match.group()[1:-1], [])
        words = held.pop(0) if held else value
        start = low.find(words.lower(), at)
        start = low.find(words.lower()) if start < 0 else start
        place = Place(start, start + len(words)) if start >= 0 else Place(0, 0)
        at = max(at, place.end)
        found.append(Entity(place, words, node, label, key, value))
    return found


def split(pairs: Sequence[Asked], kind: Kind, seed: int) -> tuple[list[Asked], list[Asked]]:
    """Return the pairs to learn from and those to be tested.

    iid: some queries with all their questions; compositional: some forms of queries with all theirs; length: all queries with many nodes, and what is learnt
    from is drawn anew for each seed. A test never has a form that was looked at when rules were written.
    """
    rng = generator(seed, "pole", kind)
    if kind == "length":
        train = [one for one in pairs if one.nodes < LONG]
        kept = rng.permutation(len(train))[: int(len(train) * (1 - HELD))]
        return [train[at] for at in kept], [one for one in pairs if one.nodes >= LONG and one.form % SEEN]
    keys = sorted({one.text if kind == "iid" else str(one.form) for one in pairs if one.form % SEEN})
    held = {keys[at] for at in rng.permutation(len(keys))[: int(len(keys) * HELD)]}
    is_held = [(one.text if kind == "iid" else str(one.form)) in held for one in pairs]
    train = [one for one, out in zip(pairs, is_held, strict=True) if not out]
    order: np.ndarray = rng.permutation(len(train))
    return [train[at] for at in order], [one for one, out in zip(pairs, is_held, strict=True) if out]


def filled(query: Query, values: dict[tuple[str, str], str]) -> Query:
    """Return a query with other values, by the node and the property that has them."""
    return _filled(query, values)


def _filled(node: Any, values: dict[tuple[str, str], str]) -> Any:
    if isinstance(node, Binary) and isinstance(node.left, Property) and isinstance(node.left.of, Variable) and isinstance(node.right, Literal_):
        held = values.get((node.left.of.name, node.left.key))
        return node if held is None else replace(node, right=Literal_(held))
    if isinstance(node, tuple) and not hasattr(node, "_fields"):
        return tuple(_filled(one, values) for one in node)
    if is_dataclass(node) and not isinstance(node, type):
        changed = {one.name: _filled(getattr(node, one.name), values) for one in fields(node) if one.compare}
        return replace(node, **changed)
    return node


def kinds_of(query: Query) -> tuple[tuple[str, str, str], ...]:
    """Return node, label and property of each value of a query, in order."""
    found: list[tuple[str, str, str]] = []
    for node in (one for one in walk(query) if isinstance(one, NodePattern)):
        found += [(node.name, str(getattr(node.labels, "name", "")), condition) for condition in _conditions(node.where)]
    return tuple(dict.fromkeys(found))


def _conditions(where: Any) -> list[str]:
    if isinstance(where, Binary) and where.sign == "AND":
        return [*_conditions(where.left), *_conditions(where.right)]
    return [where.left.key] if isinstance(where, Binary) and isinstance(where.left, Property) else []
