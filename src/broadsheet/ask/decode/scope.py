"""What a query has said so far, and the moves that may come next."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from broadsheet.ask.schema import PropertyFacts

if TYPE_CHECKING:
    from broadsheet.ask.decode.world import World


class Name(NamedTuple):
    """A variable: a node of a label, a relation of a type, or a value with what is known of it. An `optional` one may be null."""

    name: str
    kind: Literal["node", "relation", "value"]
    of: str = ""
    facts: PropertyFacts | None = None
    optional: bool = False


class Item(NamedTuple):
    """What a WITH or RETURN passes on: as it is written, the variable that stands for it after a WITH, and whether rows can be sorted by it or are put together for it."""

    text: str
    name: Name | None
    ordered: bool
    grouped: bool = False


class Scope(NamedTuple):
    """What is known at a place of a query.

    `names` are the variables that may be used, `taken` all that were ever given, `tested` the values of which a condition was made:
    none is tested twice, so that no two conditions are against each other.
    """

    names: tuple[Name, ...] = ()
    taken: frozenset[str] = frozenset()
    tested: frozenset[tuple[str, str]] = frozenset()
    items: tuple[Item, ...] = ()
    matches: int = 0
    withs: int = 0
    optional: bool = False

    def fresh(self, base: str) -> str:
        """Return a name that was not given yet.

        >>> Scope(taken=frozenset({"p", "p2"})).fresh("p")
        'p3'
        """
        number = 1
        while (name := base if number == 1 else f"{base}{number}") in self.taken:
            number += 1
        return name

    def named(self, name: Name) -> "Scope":
        """Return the scope with one more variable."""
        return Scope((*self.names, name), self.taken | {name.name}, self.tested, self.items, self.matches, self.withs, self.optional)

    def passing(self, item: Item) -> "Scope":
        """Return the scope with one more item of a WITH or RETURN; the name that one has after a WITH is taken."""
        taken = self.taken if item.name is None else self.taken | {item.name.name}
        return Scope(self.names, taken, self.tested, (*self.items, item), self.matches, self.withs, self.optional)

    def test(self, name: str, key: str) -> "Scope":
        """Return the scope with one more value tested; one of a node without a name is not kept."""
        if not name:
            return self
        # Made outright, for it is made very often.
        return Scope(self.names, self.taken, self.tested | {(name, key)}, self.items, self.matches, self.withs, self.optional)

    def nodes(self, *, optional: bool) -> tuple[Name, ...]:
        """Return the nodes that may be used: those that may be null only where that is said."""
        return tuple(one for one in self.names if one.kind == "node" and (optional or not one.optional))


class Move(NamedTuple):
    """Some text, what is known behind it, and what must follow before what was open already."""

    text: str
    scope: Scope
    goals: tuple["Goal", ...] = ()


class Goal(Protocol):
    """A part of a query that must still be written."""

    def moves(self, world: "World", scope: Scope) -> Iterator[Move]:
        """Yield what may be written for it. The first leads to the end of the query in the fewest steps."""
        ...
