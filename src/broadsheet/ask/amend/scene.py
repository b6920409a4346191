"""A query over a schema, as an amendment finds it: its things and what they may be, its conditions, what was heard."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from broadsheet.ask.amend import edits
from broadsheet.ask.amend.heard import Heard, Links, Mention, Present, hear, name_words
from broadsheet.ask.amend.shape import Edge, Shape, shape_of
from broadsheet.ask.check.findings import Severity
from broadsheet.ask.check.scope import Scopes, aggregates, names_of, walk
from broadsheet.ask.check.shapes import Shapes
from broadsheet.ask.cypher.nodes import (
    Binary,
    Expression,
    Function,
    HasLabels,
    Literal_,
    MapOf,
    NodePattern,
    Projected,
    Projection,
    Property,
    Query,
    RelationPattern,
    Unary,
    Variable,
)  # fmt: skip
from broadsheet.ask.schema import NUMBERS, TIMES, PropertyFacts, Schema

# Below this a mention is too doubtful to act on.
SURE = 0.62
TIME_WORDS = frozenset("year date time day born since founded".split())
CURRENT_YEARS = (1000, 2200)
# What things are known by, the likeliest first.
NAMING = ("name", "title", "label")


class Candidate(NamedTuple):
    """A query that an utterance may mean, the words that it explains, and how likely it is apart from these."""

    tree: Query
    words: frozenset[int]
    sure: float


class Tested(NamedTuple):
    """A condition that compares something with a value: the condition, what is compared (within functions), the sign, the value, whether it stands in NOT."""

    test: Expression
    left: Expression
    sign: str
    value: Literal_
    negated: bool

    @property
    def of(self) -> Property | Variable | None:
        """The property or computed value that is compared."""
        return next((node for node in walk(self.left) if isinstance(node, Property | Variable)), None)


def tested(test: Expression) -> Tested | None:
    """Return what a condition compares, None for another kind of condition."""
    inner, negated = test, False
    while isinstance(inner, Unary) and inner.sign == "NOT":
        inner, negated = inner.of, not negated
    if not isinstance(inner, Binary) or inner.sign in {"AND", "OR", "XOR"}:
        return None
    value = next((node for node in walk(inner.right) if isinstance(node, Literal_)), None)
    if value is None or any(isinstance(node, Property) for node in walk(inner.right)):
        return None
    return Tested(test, inner.left, inner.sign, value, negated)


@dataclass(frozen=True)
class Scene:
    """A tree whose things have a name each, a schema, and what was heard."""

    tree: Query
    schema: Schema
    heard: Heard

    @classmethod
    def of(cls, tree: Query, schema: Schema, text: str, links: Links | None = None) -> "Scene":
        """Return the scene of an utterance about a named tree."""
        return cls(tree, schema, hear(text, schema, present_in(tree), links))

    @cached_property
    def shape(self) -> Shape:
        """What the last single query says."""
        return shape_of(self.tree.parts[-1])

    @cached_property
    def _narrowed(self) -> tuple[dict[str, frozenset[str]], int]:
        scopes = Scopes(self.tree)
        found = Shapes(scopes, self.schema, "").check()
        return {one.name: one.possible for one in scopes.things if one.kind in {"node", "relation", "relations"}}, sum(
            one.severity is Severity.ERROR for one in found
        )

    @property
    def possible(self) -> dict[str, frozenset[str]]:
        """The labels or types that each thing may have."""
        return self._narrowed[0]

    def worse(self, tree: Query) -> int:
        """Return how many more faults of labels, types and directions another tree has."""
        found = Shapes(Scopes(tree), self.schema, "").check()
        return sum(one.severity is Severity.ERROR for one in found) - self._narrowed[1]

    @cached_property
    def nodes(self) -> list[str]:
        """The names of nodes."""
        return [name for name, kind in self.shape.kinds.items() if kind == "node"]

    @cached_property
    def edges(self) -> dict[str, Edge]:
        """The relations."""
        return self.shape.edges

    def labelled(self, label: str) -> list[str]:
        """Return the nodes of a label: those that say so, else those that can be nothing else."""
        said = [name for name in self.nodes if label in self.shape.labels.get(name, "").replace("&", "|").split("|")]
        return said or [name for name in self.nodes if name not in self.shape.labels and self.possible.get(name) == {label}]

    def facts(self, name: str, key: str) -> PropertyFacts | None:
        """Return what is known of a thing's property."""
        relation = self.shape.kinds.get(name) == "relation"
        held = self.schema.properties(self.possible.get(name, frozenset()), relation=relation) or {}
        return held[key][0] if key in held else None

    @cached_property
    def _read(self) -> set[Property]:
        return {node for node in walk(self.tree) if isinstance(node, Property)}

    def owners(self, key: str) -> list[str]:
        """Return the things that have a property, those first that labels are named of, and that something is given back of."""
        found = [name for name in self.shape.kinds if self.facts(name, key) is not None]
        found += [] if found else [name for name in self.shape.kinds if Property(Variable(name), key) in self._read]
        named = {name for one in self.heard.named("label") if one.sure >= SURE for name in self.labelled(one.name)}
        return sorted(found, key=lambda name: (name not in named, name not in self.given, self.nodes.index(name) if name in self.nodes else 99))

    @cached_property
    def given(self) -> list[str]:
        """The things of which something is given back, in this order."""
        if not self.shape.steps:
            return []
        names = [node.name for item in self.shape.steps[-1].items for node in walk(item) if isinstance(node, Variable)]
        values = {name: value for step in self.shape.steps for name, value in step.values.items()}
        found = [inner.name for name in names for inner in (walk(values[name]) if name in values else (Variable(name),)) if isinstance(inner, Variable)]
        return list(dict.fromkeys(found))

    @cached_property
    def tests(self) -> list[Expression]:
        """The conditions."""
        return list(edits.tests(self.tree))

    @cached_property
    def compared(self) -> list[Tested]:
        """The conditions that compare something with a value."""
        return [found for one in self.tests if (found := tested(one)) is not None]

    @cached_property
    def values(self) -> dict[str, Expression]:
        """What steps compute, by name; what is given back under a name with them."""
        found = {name: value for step in self.shape.steps for name, value in step.values.items()}
        last = edits.last_step(self.tree)
        return found | {item.name: item.expression for item in last.items if item.name and not isinstance(item.expression, Property | Variable)}

    @cached_property
    def figures(self) -> list[Projected]:
        """What is given back that is put together of rows."""
        return [item for item in self.last.items if is_aggregate(item.expression)]

    @property
    def last(self) -> Projection:
        """What is given back."""
        return edits.last_step(self.tree)

    # What was heard.

    def properties(self) -> Iterator[tuple[Mention, str]]:
        """Yield properties that are named, each with a thing that has it, the likeliest first."""
        for one in self.heard.named("property"):
            if one.sure >= 0.55:
                for name in self.owners(one.name):
                    yield one, name

    def said_of(self, node: Property | Variable | None) -> frozenset[int]:
        """Return the places of the words that name a property, or a value that is computed by what it counts."""
        if isinstance(node, Property):
            return frozenset().union(*(one.words for one in self.heard.mentions if one.kind == "property" and one.name == node.key and one.sure >= 0.55))
        if isinstance(node, Variable):
            named: frozenset[int] = frozenset()
            value = self.values.get(node.name)
            for one in self.heard.mentions:
                if one.sure < SURE or value is None:
                    continue
                labels = {self.shape.labels.get(inner.name, "") for inner in walk(value) if isinstance(inner, Variable)}
                keys = {inner.key for inner in walk(value) if isinstance(inner, Property)}
                if (one.kind == "label" and one.name in labels) or (one.kind == "property" and one.name in keys):
                    named |= one.words
            if value is not None and any(call.name == "count" for call in aggregates(value)):
                named |= self.heard.all("count")
            return named | frozenset(place for place, word in enumerate(self.heard.words) if word.low == node.name.lower())
        return frozenset()

    def said_value(self, value: object) -> frozenset[int]:
        """Return the places of the words that say a value of the query."""
        if isinstance(value, str):
            return frozenset().union(*(one.words for one in self.heard.mentions if one.kind == "value" and one.name == value))
        return frozenset(
            place for place, word in enumerate(self.heard.words) if word.value is not None and word.value == value and not isinstance(word.value, str)
        )

    def is_time(self, name: str, key: str) -> bool:
        """Whether a property tells when something was."""
        facts = self.facts(name, key)
        if facts is None:
            return False
        low, high = facts.low, facts.high
        years = isinstance(low, float) and isinstance(high, float) and CURRENT_YEARS[0] <= low and high <= CURRENT_YEARS[1] and facts.type in NUMBERS
        return facts.type in TIMES or years or any(part in TIME_WORDS for part in name_words(key)) or name_words(key)[-1] == "at"

    def is_number(self, name: str, key: str) -> bool:
        """Whether a property is a number."""
        facts = self.facts(name, key)
        return facts is not None and facts.type in NUMBERS

    def naming(self, label: str) -> str | None:
        """Return the property that nodes of a label are known by."""
        held = self.schema.properties(frozenset({label})) or {}
        texts = [key for key, facts in held.items() if facts[0].type in {"string", "any"}]
        for known in NAMING:
            found = next((key for key in texts if key.lower() == known), None) or next((key for key in texts if key.lower().endswith(known)), None)
            if found is not None:
                return found
        return None


def present_in(tree: Query) -> Present:
    """Return the texts and the names that a query has."""
    nodes = list(walk(tree))
    texts = [one.value for one in nodes if isinstance(one, Literal_) and isinstance(one.value, str)]
    labels = [label.name for one in nodes if isinstance(one, NodePattern | HasLabels) for label in names_of(one.labels)]
    types = [label.name for one in nodes if isinstance(one, RelationPattern) for label in names_of(one.types)]
    keys = [one.key for one in nodes if isinstance(one, Property)] + [key for one in nodes if isinstance(one, MapOf) for key, _ in one.entries]
    return Present(*(tuple(dict.fromkeys(one)) for one in (texts, labels, types, keys)))


def is_aggregate(node: Any) -> bool:
    """Whether an expression puts rows together."""
    return isinstance(node, Function) and bool(aggregates(node))
