"""Patterns: paths whose every relation the schema has between the labels at its ends, the way round that it is written."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from broadsheet.ask.cypher.printer import label_name
from broadsheet.ask.decode.figures import compared
from broadsheet.ask.decode.scope import Goal, Move, Name, Scope
from broadsheet.ask.decode.values import Number, OneOf
from broadsheet.ask.decode.world import Hop, Key, World, base

# Relations in one path, in one pattern that is tested, and entries of one map.
MOST_HOPS, MOST_TESTED, MOST_ENTRIES = 5, 2, 2
# So far from what is known a path may begin that ends there.
FURTHEST = 2
ROWS = ("*1..2", "*1..3", "*2")


class Trail(NamedTuple):
    """A path as far as it is written: its last node, how many relations it has, and how many it needs still.

    Where it is `tied` the last of these leads to a variable that was known before the path. In a `test` no name is new.
    """

    label: str
    name: str = ""
    hops: int = 0
    needs: int = 0
    tied: frozenset[str] = frozenset()
    test: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Begin:
    """The first node of a path behind its bracket: any where nothing is known yet, else one that is known or leads there."""

    optional: bool = False

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield nodes."""
        known = scope.nodes(optional=self.optional)
        if not known:
            for label in world.labels:
                yield _fresh(label, Trail(label, optional=self.optional), scope)
            return
        for one in known:
            if world.hops(one.of):
                yield Move(f"{one.name})", scope, (Onwards(Trail(one.of, one.name, needs=1, optional=self.optional)),))
        tied, goals = frozenset(one.name for one in known), frozenset(one.of for one in known)
        for label in world.labels:
            if (needs := world.distance(label, goals, FURTHEST)) is not None:
                yield _fresh(label, Trail(label, needs=needs, tied=tied, optional=self.optional), scope)


def can_begin(world: World, scope: Scope, *, optional: bool = False) -> bool:
    """Tell whether another path can be joined to what is known."""
    return any(world.hops(one.of) for one in scope.nodes(optional=optional))


def _fresh(label: str, trail: Trail, scope: Scope) -> Move:
    name = scope.fresh(base(label))
    made = Name(name, "node", label, optional=trail.optional)
    return Move(f"{name}:{label_name(label)}", scope.named(made), (Inside("node", label, name, ")"), Onwards(trail._replace(name=name))))


@dataclass(frozen=True, slots=True)
class Onwards:
    """What follows a node: nothing, or a relation."""

    trail: Trail

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield the end of the path where it may end, and the relations that the schema has here."""
        trail = self.trail
        if not trail.needs:
            yield Move("", scope)
        if trail.hops >= (MOST_TESTED if trail.test else MOST_HOPS):
            return
        for hop in world.hops(trail.label):
            if not trail.test:
                yield from self._hop(hop, world, scope)
            elif trail.hops or not is_tested(hop, trail.name, scope):
                yield from self._hop(hop, world, scope if trail.hops else scope.test(trail.name, _mark(hop)))

    def _hop(self, hop: Hop, world: World, scope: Scope) -> Iterator[Move]:
        """Yield the beginnings of a relation, either way round, and of a row of them."""
        trail, kind, allowed = self.trail, label_name(hop.type), self._narrowed(hop, world, scope)
        to, by, ends = (tuple(one for one in labels if one in allowed) for labels in (hop.to, hop.by, hop.ends))
        for name in ("",) if trail.test else ("", scope.fresh("r")):
            inner = scope.named(Name(name, "relation", hop.type, optional=trail.optional)) if name else scope
            inside = Inside("relation", hop.type, name, "")
            if ends:
                yield Move(f"-[{name}:{kind}", inner, (inside, Arrow(trail, to, ends, left=False)))
            if by:
                yield Move(f"<-[{name}:{kind}", inner, (inside, Arrow(trail, by, (), left=True)))
        if trail.label in to and trail.needs < 2:
            own = (trail.label,)
            for row in ROWS:
                yield Move(f"-[:{kind}{row}", scope, (Arrow(trail, own, own, left=False),))

    def _narrowed(self, hop: Hop, world: World, scope: Scope) -> frozenset[str]:
        """Return the labels that may come next: on the shortest way to what is known, where the path must be tied to it."""
        trail = self.trail
        if not trail.tied:
            return frozenset(hop.ends)
        goals = frozenset(one.of for one in scope.names if one.name in trail.tied)
        if trail.needs == 1:
            return goals
        return frozenset(label for label in hop.ends if world.distance(label, goals, trail.needs - 1) == trail.needs - 1)


def is_tested(hop: Hop, name: str, scope: Scope) -> bool:
    """Tell whether a node's relations of a type were asked for already."""
    return (name, _mark(hop)) in scope.tested


def _mark(hop: Hop) -> str:
    """Return what marks relations of a type as tested; no property is called so."""
    return f"[{hop.type}]\0"


@dataclass(frozen=True, slots=True)
class Arrow:
    """The end of a relation: its direction, and with it the labels that may follow."""

    trail: Trail
    ends: tuple[str, ...]
    either: tuple[str, ...]
    left: bool

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield the closing bracket with its arrow."""
        del world
        if self.ends:
            yield Move("]-(" if self.left else "]->(", scope, (Node(self.trail, self.ends),))
        if self.either:
            yield Move("]-(", scope, (Node(self.trail, self.either),))


@dataclass(frozen=True, slots=True)
class Node:
    """A node behind a relation, of one of some labels."""

    trail: Trail
    labels: tuple[str, ...]

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield new nodes, with and without a name, and those that are known."""
        del world
        trail = self.trail
        last = trail.tied and trail.needs == 1
        for label in () if last else self.labels:
            onwards = trail._replace(label=label, name="", hops=trail.hops + 1, needs=max(0, trail.needs - 1))
            if not trail.test:
                yield _fresh(label, onwards, scope)
            yield Move(f":{label_name(label)}", scope, (Inside("node", label, "", ")"), Onwards(onwards)))
        if trail.tied and not last:
            return
        for one in scope.nodes(optional=trail.optional):
            if one.of in self.labels and one.name != trail.name and (not last or one.name in trail.tied):
                onwards = trail._replace(label=one.of, name=one.name, hops=trail.hops + 1, needs=0, tied=frozenset())
                yield Move(f"{one.name})", scope, (Onwards(onwards),))


@dataclass(frozen=True, slots=True)
class Inside:
    """The rest of a node or relation: a map of values or none, then `close`."""

    kind: str
    of: str
    name: str
    close: str
    done: tuple[Key, ...] = ()

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield the end, and properties that can be compared and are not yet."""
        yield Move(("}" if self.done else "") + self.close, scope)
        if len(self.done) >= MOST_ENTRIES:
            return
        for key in world.keys(self.kind, self.of):
            if key not in self.done and key.can_equal and (self.name, key.name) not in scope.tested:
                yield self._entry(key, scope)

    def _entry(self, key: Key, scope: Scope) -> Move:
        value: Goal = Number(compared(key.facts, "=")) if key.is_number else OneOf(key.compared("="))
        said = f"{', ' if self.done else ' {'}{key.text}: "
        return Move(said, scope.test(self.name, key.name), (value, replace(self, done=(*self.done, key))))
