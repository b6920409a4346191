"""Values that a comparison ends with."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from broadsheet.ask.decode.figures import Figures
from broadsheet.ask.decode.scope import Move, Scope
from broadsheet.ask.decode.world import World

MOST_LISTED = 4


@dataclass(frozen=True, slots=True)
class Number:
    """A number, written digit by digit: whoever walks the grammar asks `figures` in the place of moves."""

    figures: Figures

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield the shortest number."""
        del world
        acceptor = self.figures.start()
        assert acceptor is not None
        yield Move(acceptor.shortest(), scope)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several values, as they are written."""

    values: tuple[str, ...]

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield each."""
        del world
        for value in self.values:
            yield Move(value, scope)


@dataclass(frozen=True, slots=True)
class Listed:
    """The rest of a list: its closing bracket, or another value."""

    value: Number | OneOf
    count: int = 1

    def moves(self, world: World, scope: Scope) -> Iterator[Move]:
        """Yield the end, and another value."""
        del world
        yield Move("]", scope)
        if self.count < MOST_LISTED:
            yield Move(", ", scope, (self.value, replace(self, count=self.count + 1)))
