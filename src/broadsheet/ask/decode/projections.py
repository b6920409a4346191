"""WITH and RETURN: what is passed on, put together, sorted and cut."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from broadsheet.ask.decode.conditions import More, Test, can_test
from broadsheet.ask.decode.figures import Figures
from broadsheet.ask.decode.scope import Item, Move, Name, Scope
from broadsheet.ask.decode.values import Number
from broadsheet.ask.decode.world import World, alias
from broadsheet.ask.schema import PropertyFacts

MOST_ITEMS, MOST_SORTED = 6, 2
LIMITS = Figures(whole=True, low=1, high=1000)
COUNTED = PropertyFacts("integer", 0.0)
SUMMED = PropertyFacts("float")
AGGREGATES = ("count", "sum", "avg", "min", "max", "collect")


@dataclass(frozen=True, slots=True)
class Passed:
    """One thing that is passed on; none is passed twice."""

    which: Literal["WITH", "RETURN"]
    distinct: bool = False

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield variables, properties and aggregates. A first is always there: a count of rows where nothing else is."""
        if not self.distinct and not scope.items:
            yield from self.made(scope, "count(*)", COUNTED, "count_rows", grouped=True)
        for one in scope.names:
            if all(item.text != one.name for item in scope.items):
                item = Item(one.name, one, ordered=one.kind == "value" and one.facts is not None)
                yield Move(one.name, scope.passing(item), (self.then,))
            for key in world.keys(one.kind, one.of):
                said = f"{one.name}.{key.text}"
                yield from self.made(scope, said, key.facts if key.is_ordered else None, alias(one.name, key.name), grouped=False)
                if key.facts.type == "list":
                    yield from self.made(scope, f"size({said})", COUNTED, alias("size", one.name, key.name), grouped=False)
        if not self.distinct:
            for name in AGGREGATES:
                if next(Aggregate(name, self).moves(world, scope), None) is not None:
                    yield Move(f"{name}(", scope, (Aggregate(name, self),))

    @property
    def then(self) -> "Then":
        """What follows something that is passed on."""
        return Then(self)

    def made(self, scope: Scope, said: str, facts: PropertyFacts | None, called: str, *, grouped: bool, shown: str = "") -> Iterator[Move]:
        """Yield an expression, if it is not passed on yet, with a name for it where it needs one; `shown` is what is still to be written of it."""
        if any(item.text == said for item in scope.items):
            return
        name, named = scope.fresh(called), self.which == "WITH"
        item = Item(said, Name(name, "value", facts=facts), facts is not None, grouped)
        yield Move(f"{shown or said} AS {name}" if named else shown or said, scope.passing(item), (self.then,))


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What stands in the brackets of an aggregate."""

    function: str
    passed: Passed

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield what it can put together."""
        if self.function == "count":
            yield from self._of("*", COUNTED, "rows", scope)
        for one in scope.names:
            if (self.function in {"count", "collect"} and one.kind == "node") or (self.function == "count" and one.kind == "relation"):
                yield from self._both(one.name, self._gives(COUNTED), one.name, scope)
            if one.kind == "value" and one.facts is not None and self._takes(one.facts.type):
                yield from self._of(one.name, self._gives(one.facts), one.name, scope)
            for key in world.keys(one.kind, one.of):
                if self._takes(key.facts.type) and (key.is_ordered or self.function in {"count", "collect"}):
                    said, called = f"{one.name}.{key.text}", alias(one.name, key.name)
                    either = self._both if self.function in {"count", "collect"} else self._of
                    yield from either(said, self._gives(key.facts), called, scope)

    def _takes(self, kind: str) -> bool:
        return self.function not in {"sum", "avg"} or kind in {"integer", "float"}

    def _gives(self, facts: PropertyFacts) -> PropertyFacts | None:
        """Return what is known of the value; nothing of a list. No text is compared that was not given for its property."""
        match self.function:
            case "count":
                return COUNTED
            case "sum":
                return SUMMED
            case "collect":
                return None
            case "avg":
                return facts._replace(type="float")
        return facts._replace(values=(), closed=False)

    def _both(self, said: str, facts: PropertyFacts | None, called: str, scope: Scope) -> Iterator[Move]:
        yield from self._of(said, facts, called, scope)
        yield from self._of(f"DISTINCT {said}", facts, called, scope)

    def _of(self, said: str, facts: PropertyFacts | None, called: str, scope: Scope) -> Iterator[Move]:
        whole = f"{self.function}({said})"
        yield from self.passed.made(scope, whole, facts, alias(self.function, called), grouped=True, shown=f"{said})")


@dataclass(frozen=True, slots=True)
class Then:
    """What follows something that is passed on: more of it, an order, a limit, or the end."""

    passed: Passed

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield the end first."""
        end = End(self.passed.which)
        yield Move("", scope, (end,))
        if len(scope.items) < MOST_ITEMS and next(self.passed.moves(world, scope), None) is not None:
            yield Move(", ", scope, (self.passed,))
        if sorted_by(world, scope, self.passed):
            yield Move(" ORDER BY ", scope, (Order(self.passed), end))
        yield Move(" LIMIT ", scope, (Number(LIMITS), end))


@dataclass(frozen=True, slots=True)
class Order:
    """Something to sort by."""

    passed: Passed
    done: tuple[str, ...] = ()

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield what is there to sort by, upwards and downwards."""
        for said in sorted_by(world, scope, self.passed):
            if said not in self.done:
                for way in ("", " DESC"):
                    yield Move(f"{said}{way}", scope, (Ordered(self.passed, (*self.done, said)),))


@dataclass(frozen=True, slots=True)
class Ordered:
    """What follows something that is sorted by."""

    passed: Passed
    done: tuple[str, ...]

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield the end, a limit, and something more to sort by."""
        yield Move("", scope)
        yield Move(" LIMIT ", scope, (Number(LIMITS),))
        if len(self.done) < MOST_SORTED and len(sorted_by(world, scope, self.passed)) > len(self.done):
            yield Move(", ", scope, (Order(self.passed, self.done),))


def sorted_by(world: World, scope: Scope, passed: Passed) -> list[str]:
    """Return what rows can be sorted by: what is passed on, and properties of what is there still; of rows that are put together, of what is passed on alone."""
    found = [item.text if passed.which == "RETURN" else item.name.name for item in scope.items if item.ordered and item.name is not None]
    together = passed.distinct or any(item.grouped for item in scope.items)
    kept = {item.name.name for item in scope.items if item.name is not None and item.name.kind == "node"}
    for one in scope.names:
        if one.kind == "node" and (one.name in kept or not together):
            found += [f"{one.name}.{key.text}" for key in world.keys(one.kind, one.of) if key.is_ordered]
    return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class End:
    """The end of a WITH or RETURN: what was passed on is all that is known behind it."""

    which: Literal["WITH", "RETURN"]

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield the end, and behind a WITH a condition."""
        names = tuple(item.name for item in scope.items if item.name is not None)
        kept = {one.name for one in names}
        passed = scope._replace(names=names, items=(), tested=frozenset(pair for pair in scope.tested if pair[0] in kept))
        yield Move("", passed)
        if self.which == "WITH" and can_test(world, passed):
            yield Move(" WHERE ", passed, (Test(More()),))
