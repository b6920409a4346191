"""The grammar of a schema as an automaton over bytes: what may come next, and from anywhere the way to the end."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from broadsheet.ask.decode.clauses import Start
from broadsheet.ask.decode.conditions import Range
from broadsheet.ask.decode.given import Given
from broadsheet.ask.decode.scope import Goal, Scope
from broadsheet.ask.decode.values import Number
from broadsheet.ask.decode.world import World
from broadsheet.ask.schema import Schema
from broadsheet.core.llm.acceptor import Acceptor
from broadsheet.core.llm.acceptor import Number as Number_

# Places of queries that are remembered with all that may follow them.
REMEMBERED = 30_000
MINUS = ord("-")


class Place:
    """A place between two moves: what is known there, and the goals that are open, the next one first. One object for each.

    What may follow (`ways`) and the way to the end (`closing`) are kept once they are found.
    """

    __slots__ = ("closing", "goals", "scope", "ways")

    def __init__(self, scope: Scope, goals: tuple[Goal, ...]) -> None:
        self.scope, self.goals = scope, goals
        self.ways: tuple[Way, ...] | None = None
        self.closing: bytes | None = None


class Way(NamedTuple):
    """What is left to write of a move (or a number, as far as it is written), and the place behind it."""

    left: bytes | Acceptor
    place: Place


State = frozenset[Way]


class Automaton:
    """The queries that a schema allows, with values that are given, one byte at a time.

    A state is a set of ways on. Whatever leads from `start` to a state in which `is_complete` is one query: our parser reads it, it only
    reads, and nothing in it is against the schema. Raises ConfigError for a schema without labels.
    """

    def __init__(self, schema: Schema, given: Given | None = None, can_write: Callable[[str], bool] | None = None) -> None:
        self._world = World(schema, given, can_write)
        self._place = lru_cache(maxsize=REMEMBERED)(Place)
        self.start: State = frozenset(self.ways(self._place(Scope(), (Start(),))))

    @property
    def left_out(self) -> tuple[str, ...]:
        """Names and values that no query has, for they cannot be written."""
        return tuple(sorted(self._world.left_out))

    def ways(self, place: Place) -> tuple[Way, ...]:
        """Return what may follow a place, each with something left to write; or nothing left and no goal, where the query may end."""
        if place.ways is None:
            place.ways = tuple(self._found(place))
        return place.ways

    def _found(self, place: Place) -> Iterator[Way]:
        if not place.goals:
            yield Way(b"", place)
            return
        goal, rest = place.goals[0], place.goals[1:]
        if isinstance(goal, Number):
            acceptor = goal.figures.start()
            assert acceptor is not None
            yield Way(acceptor, self._place(place.scope, rest))
            return
        for move in goal.moves(self._world, place.scope):
            behind = self._place(move.scope, (*move.goals, *rest))
            if move.text:
                yield Way(move.text.encode(), behind)
            else:
                yield from self.ways(behind)

    def behind(self, number: Acceptor, place: Place) -> tuple[Way, ...]:
        """Return what may follow a number that is whole: the other end of a range must know it."""
        if place.goals and isinstance(place.goals[0], Range):
            bound = _number(number).written
            place = self._place(place.scope, (replace(place.goals[0], bound=bound), *place.goals[1:]))
        return self.ways(place)

    def step(self, state: State, byte: int) -> State:
        """Return the state after one more byte: empty where it may not come."""
        return frozenset(way for before in state for way in self._stepped(before, byte))

    def _stepped(self, way: Way, byte: int) -> Iterator[Way]:
        left, place = way
        if isinstance(left, bytes):
            if left[:1] == bytes((byte,)):
                yield from self.after(left[1:], place)
            return
        if (longer := longer_number(left, byte)) is not None:
            yield Way(longer, place)
        if left.is_complete:
            for other in self.behind(left, place):
                yield from self._stepped(other, byte)

    def after(self, left: bytes, place: Place) -> tuple[Way, ...]:
        """Return the ways on where some of a move is left to write, or none of it."""
        return (Way(left, place),) if left else self.ways(place)

    def read(self, text: str) -> State:
        """Return the state after a text: empty where it is no beginning of a query of this grammar.

        >>> from broadsheet.ask.schema import Triple
        >>> films = Automaton(Schema.of_triples((Triple("Person", "DIRECTED", "Film"),)))
        >>> bool(films.read("MATCH (p:Person)-[:DIRECTED]->(")), bool(films.read("MATCH (p:Person)<-"))
        (True, False)
        """
        state = self.start
        for byte in text.encode():
            state = self.step(state, byte)
        return state

    def is_complete(self, state: State) -> bool:
        """Tell whether what came is a whole query."""
        return any(map(self._ends, state))

    def _ends(self, way: Way) -> bool:
        if isinstance(way.left, bytes):
            return not way.left
        return way.left.is_complete and any(other.left == b"" for other in self.behind(way.left, way.place))

    def closing(self, way: Way) -> bytes:
        """Return a text that makes a way whole, by the first move of every goal."""
        left = way.left if isinstance(way.left, bytes) else way.left.shortest().encode()
        return left + self._closed(way.place)

    def _closed(self, place: Place) -> bytes:
        passed, at = [], place
        while at.closing is None and at.goals:
            move = next(iter(at.goals[0].moves(self._world, at.scope)))
            passed.append((at, move.text.encode()))
            at = self._place(move.scope, (*move.goals, *at.goals[1:]))
        left = at.closing or b""
        for before, text in reversed(passed):
            left = before.closing = text + left
        return left


def longer_number(number: Acceptor, byte: int) -> Acceptor | None:
    """Return a number with one more character, or None; nought has no sign."""
    if byte == MINUS and _number(number).low >= 0:
        return None
    return number.after(chr(byte))


def _number(number: Acceptor) -> Number_:
    return next(iter(number.ways))[0]  # pyrefly: ignore
