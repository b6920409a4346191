"""A question as a tree of nodes, before it is Cypher: what is joined, what is asked of it, in which order."""

from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from broadsheet.ask.cypher.nodes import Place, Towards

Mode = Literal["all", "none", "optional"]


class Because(NamedTuple):
    """Words of the question, and the part of the query that they gave."""

    place: Place
    words: str
    part: str


class Condition(NamedTuple):
    """What a property of a node must be; several values of which one must be there are IN. The value is compared as it is, or as the key of a date or number that is kept as text.

    `folded`: small letters and capitals are the same. `also` are further properties of which it may hold instead, `either` are such conditions, all of one of which must be met instead of this one.
    Of IS NULL and IS NOT NULL the value says nothing.
    """

    property: str
    sign: str
    value: str | float | bool | tuple[str | float, ...]
    keyed: bool = False
    folded: bool = False
    also: tuple[str, ...] = ()
    either: tuple[tuple["Condition", ...], ...] = ()


class Spot(NamedTuple):
    """A node: its label, its conditions, the token at which it is named (-1 where nothing names it), and how many things name it."""

    label: str
    conditions: tuple[Condition, ...] = ()
    at: int = -1
    named: int = 0


class Link(NamedTuple):
    """A relation from an earlier node to a later one, as it is seen from the earlier."""

    start: int
    end: int
    type: str
    towards: Towards
    mode: Mode = "all"


class Asked(NamedTuple):
    """What is returned of a node: itself, a property, or a function over it or its property."""

    node: int
    property: str = ""
    function: str = ""


class Ranked(NamedTuple):
    """What the rows are sorted by: a property of a node, or how many of a node there are; `keyed` as in a condition; `sized` by how long its text is."""

    node: int
    property: str
    descending: bool
    keyed: bool = False
    sized: bool = False


class Having(NamedTuple):
    """How many of a node there must be."""

    node: int
    sign: str
    count: int


class Against(NamedTuple):
    """A property of a node compared with that of another node, which nothing joins to it, or with what a function `of` all nodes like the other gives: their average."""

    node: int
    property: str
    sign: str
    other: int
    keyed: bool = False
    of: Literal["", "avg", "min", "max"] = ""


@dataclass(frozen=True)
class Sketch:
    """A tree of nodes, the first one its root; `groups` are what rows are told for, each; `over` is a function over what is counted for each.

    `place` is the one place in the order that is asked for, from 2 on. `against` are nodes held against others, `difference` asks how far they are apart, and a node is `alone` where it is one row.
    `bounded` is what must hold of what is reckoned for each group.
    """

    spots: tuple[Spot, ...]
    links: tuple[Link, ...] = ()
    asked: tuple[Asked, ...] = ()
    groups: tuple[Asked, ...] = ()
    ranked: Ranked | None = None
    having: Having | None = None
    over: str = ""
    limit: int | None = None
    place: int = 0
    apart: tuple[tuple[int, int], ...] = ()
    against: tuple[Against, ...] = ()
    bounded: tuple[tuple[str, float], ...] = ()
    alone: bool = False
    difference: bool = False
    whether: bool = False
    why: tuple[Because, ...] = field(default=(), compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def told(self) -> bool:
        """Whether two rows are told beside each other: which is more, or how far they are apart."""
        return (self.whether and self.alone) or self.difference

    def with_condition(self, node: int, condition: Condition, because: Because | None = None) -> "Sketch":
        """Return the sketch with a further condition on a node."""
        spot = self.spots[node]
        if condition in spot.conditions:
            return self
        spots = (*self.spots[:node], spot._replace(conditions=(*spot.conditions, condition)), *self.spots[node + 1 :])
        return replace(self, spots=spots, why=self.why if because is None else (*self.why, because))

    def with_either(self, node: int, key: str, value: str, because: Because) -> "Sketch":
        """Return the sketch with a further value that a property may have instead."""
        spot = self.spots[node]
        held = next(one for one in spot.conditions if one.property == key)
        values = held.value if isinstance(held.value, tuple) else (str(held.value),)
        changed = tuple(Condition(key, "IN", (*values, value)) if one is held else one for one in spot.conditions)
        spots = (*self.spots[:node], spot._replace(conditions=changed), *self.spots[node + 1 :])
        return replace(self, spots=spots, why=(*self.why, because))

    def below(self, node: int) -> frozenset[int]:
        """Return the nodes of which a node is an ancestor, itself among them."""
        found = {node}
        for link in self.links:
            if link.start in found:
                found.add(link.end)
        return frozenset(found)
