"""Conditions: each speaks of a value that no other speaks of, but for the two ends of a range, and compares it with what it can meet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

from broadsheet.ask.decode.figures import OTHERS, across, compared
from broadsheet.ask.decode.patterns import Onwards, Trail, is_tested
from broadsheet.ask.decode.scope import Goal, Move, Name, Scope
from broadsheet.ask.decode.values import Listed, Number, OneOf
from broadsheet.ask.decode.world import Key, World, signs
from broadsheet.ask.schema import PropertyFacts

# Tests in one bracket, brackets within each other, and pairs of nodes that are told apart.
MOST_TESTS, DEEPEST = 4, 2
COUNT = Key("count", "count", PropertyFacts("integer", 0.0), ())


@dataclass(frozen=True, slots=True)
class More:
    """What follows a test: the end of the bracket, or another test behind the same word as before. Of an OPTIONAL MATCH what may be null is tested like the rest."""

    depth: int = 0
    sign: str = ""
    count: int = 1
    optional: bool = False

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield the end, AND and OR. Brackets are for two tests at least, while there are any."""
        goes_on = self.count < MOST_TESTS and can_test(world, scope, optional=self.optional)
        if not self.depth or self.count > 1 or not goes_on:
            yield Move(")" if self.depth else "", scope)
        if goes_on:
            for sign in ("AND", "OR"):
                if self.sign in {"", sign}:
                    yield Move(f" {sign} ", scope, (Test(replace(self, sign=sign, count=self.count + 1)),))


@dataclass(frozen=True, slots=True)
class Test:
    """One test, or tests in brackets; a `negated` one stands behind NOT."""

    more: More
    negated: bool = False

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield the values that can be tested."""
        yield from self.values(world, scope)
        yield from self.patterns(world, scope)
        for one, other in combinations(scope.nodes(optional=self.more.optional), 2):
            if one.of == other.of and (one.name, other.name) not in scope.tested:
                yield Move(f"{one.name} <> {other.name}", scope.test(one.name, other.name), (self.more,))
        if not self.negated:
            yield Move("NOT ", scope, (Test(self.more, negated=True),))
        if self.more.depth < DEEPEST:
            inner = More(self.more.depth + 1, optional=self.more.optional)
            yield Move("(", scope, (Test(inner), self.more))

    def values(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield tests of what is known: of nodes that may be null, only whether they are."""
        for one in scope.names:
            if one.optional and not self.more.optional:
                if one.kind == "node" and (one.name, "") not in scope.tested:
                    yield from (Move(f"{one.name} IS {word}NULL", scope.test(one.name, ""), (self.more,)) for word in ("", "NOT "))
            elif one.kind == "value":
                yield from self._value(one, scope)
            else:
                yield from self._properties(one, world, scope)

    def _properties(self, one: Name, world: World, scope: Scope) -> Iterator[Move]:
        for key in world.keys(one.kind, one.of):
            if (one.name, key.name) in scope.tested:
                continue
            said, tested = f"{one.name}.{key.text}", scope.test(one.name, key.name)
            yield Move(said, tested, (Compare(one.name, key, said, self.more, self.negated),))
            if key.facts.type in {"date", "datetime"}:
                yield Move(f"{said}.year", tested, (Compare("", key.year, f"{said}.year", self.more, self.negated),))
            if key.facts.type == "list":
                yield Move(f"size({said})", tested, (Compare("", COUNT, f"size({said})", self.more, self.negated),))
                yield from (Move(f"{value} IN {said}", tested, (self.more,)) for value in key.values)

    def _value(self, one: Name, scope: Scope) -> Iterator[Move]:
        if (one.name, "") not in scope.tested and one.facts is not None:
            key = Key("", "", one.facts, ())
            yield Move(one.name, scope.test(one.name, ""), (Compare("", key, one.name, self.more, self.negated),))

    def patterns(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield patterns that begin at a node, one for each type of relation."""
        for one in scope.nodes(optional=self.more.optional):
            if not all(is_tested(hop, one.name, scope) for hop in world.hops(one.of)):
                trail = Trail(one.of, one.name, needs=1, test=True, optional=self.more.optional)
                yield Move(f"({one.name})", scope, (Onwards(trail), self.more))


def can_test(world: World, scope: Scope, *, optional: bool = False) -> bool:
    """Tell whether anything can be tested still."""
    test = Test(More(optional=optional), negated=True)
    return any(next(found, None) is not None for found in (test.values(world, scope), test.patterns(world, scope)))


@dataclass(frozen=True, slots=True)
class Compare:
    """What is said of a value, `said` as it is written: how it compares, and with what. `name` is empty where it is no property of a variable."""

    name: str
    key: Key
    said: str
    more: More
    negated: bool

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield comparisons that the type of the value allows."""
        yield from (Move(f" IS {word}NULL", scope, (self.more,)) for word in ("NOT ", ""))
        match self.key.facts.type:
            case "integer" | "float":
                yield from self._numbers(scope)
            case "string":
                yield from self._one_of(("=", "<>", "CONTAINS", "STARTS WITH", "ENDS WITH"), scope)
                if self.key.values:
                    value = OneOf(self.key.values)
                    yield Move(" IN [", scope, (value, Listed(value), self.more))
            case "date" | "datetime":
                yield from self._one_of(("=", "<", "<=", ">", ">="), scope)
            case "boolean" | "any":
                yield from self._one_of(("=", "<>"), scope)
        if self.name:
            yield from self._others(world, scope)

    def _numbers(self, scope: Scope) -> Iterator[Move]:
        for sign in signs(self.key):
            number = Number(compared(self.key.facts, sign))
            ranged = sign in OTHERS and not self.negated
            yield Move(f" {sign} ", scope, (number, Range(self.key, self.said, sign, self.more) if ranged else self.more))
        if self.key.can_equal:
            number = Number(compared(self.key.facts, "="))
            yield Move(" IN [", scope, (number, Listed(number), self.more))

    def _one_of(self, signs: Sequence[str], scope: Scope) -> Iterator[Move]:
        for sign in signs:
            if values := self.key.compared(sign):
                yield Move(f" {sign} ", scope, (OneOf(values), self.more))

    def _others(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield comparisons with the same property of other variables."""
        allowed: tuple[Literal["=", "<>", "<", ">"], ...] = ("=", "<>", "<", ">") if self.key.is_number else ("=", "<>")
        for one in scope.names:
            if one.kind == "value" or one.name == self.name or (one.optional and not self.more.optional):
                continue
            for key in world.keys(one.kind, one.of):
                if key.name == self.key.name and key.facts.type == self.key.facts.type and (one.name, key.name) not in scope.tested:
                    yield from (Move(f" {sign} {one.name}.{key.text}", scope.test(one.name, key.name), (self.more,)) for sign in allowed)


@dataclass(frozen=True, slots=True)
class Range:
    """What follows a bound: what would follow any test, or the other end of a range. `bound` is the number, once it is written."""

    key: Key
    said: str
    sign: str
    more: More
    bound: str = ""

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield what follows, and the other end where numbers lie between."""
        yield from self.more.moves(world, scope)
        if self.more.sign == "OR" or self.more.count >= MOST_TESTS or not self.bound:
            return
        after: Goal = replace(self.more, sign="AND", count=self.more.count + 1)
        for other in OTHERS[self.sign]:
            figures = across(self.key.facts, self.sign, float(self.bound), other)
            if figures.start() is not None:
                yield Move(f" AND {self.said} {other} ", scope, (Number(figures), after))
