"""Queries that ask the same in other words: every name another, paths the other way round and in pieces, comments and white space anywhere.

What is said of a query must be said of its disguise, at the same places.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np

from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.nodes import (
    NOWHERE,
    OTHER_WAY,
    Function,
    Label,
    MapOf,
    MapProjection,
    Match,
    Node,
    NodePattern,
    Parameter,
    Path,
    Place,
    Query,
    RelationPattern,
    SubCall,
)  # fmt: skip
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.cypher.tokens import Kind, tokens
from broadsheet.ask.schema import Schema, Triple

T = TypeVar("T")
_SYLLABLES = "ba ko ri zu me fa lo ti vex nor quil dra sho wy pel umb".split()
_BLANKS = (" ", "  ", "\n", "\t", "\n    ", " /* so */ ", " // so\n", "/**/")


class Disguise:
    """Names that stand for those of a schema, and for those of variables as they come; the same generator makes the same disguise."""

    def __init__(self, schema: Schema, rng: np.random.Generator) -> None:
        self._rng, self._names, self._taken = rng, dict[tuple[str, str], str](), set[str]()
        self.schema = self._renamed(schema)

    def _renamed(self, schema: Schema) -> Schema:
        def properties(held: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
            return None if held is None else {self._name("key", key): facts for key, facts in held.items()}

        labels, types = ({self._name("label", name): properties(held) for name, held in listed.items()} for listed in (schema.labels, schema.types))
        triples = tuple(Triple(*(self._name("label", one) for one in triple)) for triple in schema.triples)
        return Schema(labels, types, triples, properties(schema.loose))

    def _name(self, kind: str, name: str) -> str:
        """Return what stands for a name, `kind` apart; it may need backticks."""
        if not name or (kind, name) in self._names:
            return self._names.get((kind, name), "")
        while True:
            parts = [_SYLLABLES[int(one)] for one in self._rng.integers(len(_SYLLABLES), size=4)]
            made = ("".join(parts), "_".join(parts).upper(), " ".join(parts), "é".join(parts))[int(self._rng.integers(4))]
            if made not in self._taken:
                self._taken.add(made)
                self._names[kind, name] = made
                return made

    def of(self, query: Query, place: Place = NOWHERE) -> "Disguised":
        """Return a query in disguise, and where in it stands what stood at a place."""
        tree = self._node(query)
        text = self._spread(canonical(tree))
        again = parse(text).query
        assert again is not None
        moved = [new.place for old, new in zip(walk(tree), walk(again), strict=True) if old.place == place]
        return Disguised(text, again, moved[0] if moved else NOWHERE)

    # The tree.

    def _node(self, node: T) -> T:
        """Return a tree with its names exchanged; nodes keep their places."""
        if isinstance(node, tuple) and not isinstance(node, Place):
            return tuple(map(self._node, node))  # pyrefly: ignore
        if not isinstance(node, Node):
            return node
        changed = {one.name: self._node(getattr(node, one.name)) for one in fields(node) if one.name != "place"} | self._exchanged(node)
        made = replace(node, **changed)
        return replace(made, paths=self._paths(made.paths)) if isinstance(made, Match) else made

    def _exchanged(self, node: Node) -> dict[str, Any]:
        """Return the fields of a node that hold names, these exchanged."""
        match node:
            case MapOf():
                return {"entries": tuple((self._name("key", key), self._node(value)) for key, value in node.entries)}
            case MapProjection():
                return {"items": tuple((kind, self._name("name" if kind == "variable" else "key", key), self._node(value)) for kind, key, value in node.items)}
            case SubCall(imports=tuple()):
                return {"imports": tuple("*" if one == "*" else self._name("name", one) for one in node.imports or ())}
            case Function() | Parameter():
                return {}
        kinds = {"name": "label" if isinstance(node, Label) else "name", "variable": "name", "total": "name", "key": "key"}
        return {one.name: self._name(kinds[one.name], getattr(node, one.name)) for one in fields(node) if one.name in kinds}

    def _paths(self, paths: tuple[Path, ...]) -> tuple[Path, ...]:
        """Return paths in another order, some in two pieces, some the other way round."""
        pieces = [piece for path in paths for piece in self._pieces(path)]
        turned = [self._turned(piece) if self._rng.random() < 0.5 else piece for piece in pieces]
        return tuple(turned[int(one)] for one in self._rng.permutation(len(turned)))

    def _pieces(self, path: Path) -> list[Path]:
        cuts = [place for place, one in enumerate(path.elements) if isinstance(one, NodePattern) and one.name and 0 < place < len(path.elements) - 1]
        if path.name or path.function or not cuts or self._rng.random() < 0.5:
            return [path]
        cut = cuts[int(self._rng.integers(len(cuts)))]
        again = NodePattern(path.elements[cut].name)
        return [replace(path, elements=path.elements[: cut + 1]), Path((again, *path.elements[cut + 1 :]))]

    @staticmethod
    def _turned(path: Path) -> Path:
        if path.name or path.function:
            return path
        elements = [replace(one, towards=OTHER_WAY[one.towards]) if isinstance(one, RelationPattern) else one for one in reversed(path.elements)]
        return replace(path, elements=tuple(elements))

    # The text.

    def _spread(self, text: str) -> str:
        """Return a text with its words of clauses in any case and white space and comments between its tokens."""
        parts, before = [], None
        for token in tokens(text)[:-1]:
            said = text[token.start : token.end]
            close = before is not None and before.end == token.start
            blank = _BLANKS[int(self._rng.integers(len(_BLANKS)))] if self._rng.random() < 0.3 else "" if close else " "
            # `MATCH` is a word of its own; `match` as a name never comes about.
            if token.kind is Kind.NAME and said.isupper() and said.isascii() and "_" not in said and said not in self._taken and self._rng.random() < 0.5:
                said = said.lower()
            parts += [blank, said]
            before = token
        return "".join(parts).lstrip()


class Disguised(NamedTuple):
    """A query in disguise: its text, its tree, and where in it stands what was asked for."""

    text: str
    query: Query
    place: Place
