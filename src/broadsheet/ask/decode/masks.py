"""Which tokens may come next: a tree over a vocabulary, walked with the automaton of a schema."""

import string
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from broadsheet.ask.decode.automaton import Automaton, Place, State, Way, longer_number
from broadsheet.ask.decode.given import Given
from broadsheet.ask.schema import Schema
from broadsheet.core.errors import ConfigError
from broadsheet.core.llm.acceptor import Acceptor

# States whose tokens are remembered, and endings whose tokens are counted.
REMEMBERED, COUNTED = 20_000, 200_000
# More tokens than any text has: what cannot be written at all.
NEVER = 1 << 30
# All that Cypher is written with, names and values aside.
SIGNS = "`'" + string.digits + string.ascii_letters + " ()[]{}<>=-+*.,:_\\"


class Branch:
    """A place in the tree: tokens that end here, and what goes on by one more byte."""

    __slots__ = ("next", "tokens")

    def __init__(self) -> None:
        self.next: dict[int, Branch] = {}
        self.tokens: tuple[int, ...] = ()


class Vocabulary:
    """Tokens as bytes, as a tree. A token without bytes is never written."""

    def __init__(self, tokens: Sequence[bytes]) -> None:
        self.tokens = tokens
        self.root = Branch()
        for number, said in enumerate(tokens):
            if said:
                branch = self.root
                for byte in said:
                    branch = branch.next.setdefault(byte, Branch())
                branch.tokens = (*branch.tokens, number)
        self._counts: dict[bytes, int] = {b"": 0}

    def can_write(self, text: str) -> bool:
        """Tell whether every byte of a text has a token of its own, so that it can be written from wherever it is begun."""
        return all(byte in self.root.next and self.root.next[byte].tokens for byte in text.encode())

    def fewest(self, text: bytes) -> int:
        """Return in how many tokens, at least, a text can be written.

        >>> Vocabulary([b"a", b"b", b"ab", b"aba"]).fewest(b"ababa")
        2
        """
        if text in self._counts:
            return self._counts[text]
        if len(self._counts) > COUNTED:
            self._counts = {b"": 0}
        for start in range(len(text) - 1, -1, -1):
            if text[start:] not in self._counts:
                self._counts[text[start:]] = 1 + min((self._counts[text[end:]] for end in self._ends(text, start)), default=NEVER)
        return self._counts[text]

    def _ends(self, text: bytes, start: int) -> Iterator[int]:
        """Yield where a token that begins in a text at a place may end."""
        branch: Branch | None = self.root
        for place in range(start, len(text)):
            branch = branch.next.get(text[place]) if branch is not None else None
            if branch is None:
                return
            if branch.tokens:
                yield place + 1


class Mask(NamedTuple):
    """The tokens that may come next [K], how many more each needs to the end at least [K], and the states behind them; whether the query may end here."""

    tokens: np.ndarray
    needs: np.ndarray
    states: tuple[State, ...]
    ends: bool

    def within(self, room: int) -> np.ndarray:
        """Return the places of the tokens after which the end can be written within `room` tokens, themselves included."""
        return np.flatnonzero(self.needs < room)


@dataclass
class _Behind:
    """What may come behind a token, and in how many tokens the end can be written then."""

    ways: set[Way]
    needs: int


class Masks:
    """The masks of one schema, with values that are given, for one vocabulary. What this cannot write is left out.

    Raises ConfigError where nothing is left of the schema, or for a vocabulary that cannot write Cypher.
    """

    def __init__(self, schema: Schema, vocabulary: Vocabulary, given: Given | None = None) -> None:
        if lacking := [sign for sign in SIGNS if not vocabulary.can_write(sign)]:
            raise ConfigError(f"This vocabulary has no token for {', '.join(map(repr, lacking[:5]))}.", "Use a tokenizer that can write every byte.")
        self.automaton, self.vocabulary = Automaton(schema, given, vocabulary.can_write), vocabulary
        self._known: OrderedDict[State, Mask] = OrderedDict()

    def needs(self, state: State) -> int:
        """Return how many tokens lead from a state to an end, by the ways that the grammar knows."""
        return min(self.vocabulary.fewest(self.automaton.closing(way)) for way in state)

    def of(self, state: State) -> Mask:
        """Return the mask of a state."""
        if (known := self._known.get(state)) is not None:
            self._known.move_to_end(state)
            return known
        found: dict[int, _Behind] = {}
        for way in state:
            self._follow(self.vocabulary.root, way, found)
        states = tuple(frozenset(one.ways) for one in found.values())
        needs = np.array([one.needs for one in found.values()], dtype=np.int32)
        mask = Mask(np.array(list(found), dtype=np.int64), needs, states, self.automaton.is_complete(state))
        self._known[state] = mask
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return mask

    def _follow(self, branch: Branch, way: Way, found: dict[int, _Behind]) -> None:
        """Walk the tree along a way, over its end into what may follow, and note each token that ends on it."""
        left, place = way
        if isinstance(left, Acceptor):
            self._number(branch, left, place, found)
            return
        for at, byte in enumerate(left, 1):
            following = branch.next.get(byte)
            if following is None:
                return
            branch = following
            if branch.tokens:
                self._note(branch, Way(left[at:], place), self.automaton.after(left[at:], place), found)
        if branch.next and left:
            self._behind(branch, self.automaton.ways(place), found)

    def _note(self, branch: Branch, way: Way, ways: Sequence[Way], found: dict[int, _Behind]) -> None:
        """Note the tokens that end here, what may come behind them, and how far the end is."""
        needs = self.vocabulary.fewest(self.automaton.closing(way))
        for token in branch.tokens:
            noted = found.setdefault(token, _Behind(set(), needs))
            noted.ways.update(ways)
            noted.needs = min(noted.needs, needs)

    def _behind(self, branch: Branch, ways: Sequence[Way], found: dict[int, _Behind]) -> None:
        for way in ways:
            if isinstance(way.left, Acceptor) or (way.left and way.left[0] in branch.next):
                self._follow(branch, way, found)

    def _number(self, branch: Branch, number: Acceptor, place: Place, found: dict[int, _Behind]) -> None:
        for byte, following in branch.next.items():
            if byte < 128 and (longer := longer_number(number, byte)) is not None:
                if following.tokens:
                    self._note(following, Way(longer, place), (Way(longer, place),), found)
                self._number(following, longer, place, found)
        if number.is_complete:
            self._behind(branch, self.automaton.behind(number, place), found)
