"""A query written token by token, in one attempt."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.decode.masks import Masks
from broadsheet.core.errors import ConfigError

# How much each token is wanted [V], given the one that was written last, or None at the beginning.
Scores = Callable[[int | None], np.ndarray]


class Written(NamedTuple):
    """A query as it was written, and its tokens."""

    text: str
    tokens: tuple[int, ...]

    @property
    def query(self) -> Query:
        """The tree, as our own parser reads it."""
        found = parse(self.text).query
        assert found is not None
        return found


class Writer:
    """Holds whoever chooses tokens to a grammar: says which may come, takes what was chosen, and knows when the query is whole.

    At most `most` tokens are written: of those that may come, only such are allowed from which the end can be reached with the tokens that are left.
    Raises ConfigError where the shortest query takes more.
    """

    def __init__(self, masks: Masks, most: int = 160) -> None:
        self._masks, self._most, self._state = masks, most, masks.automaton.start
        self.tokens: list[int] = []
        if (least := masks.needs(self._state)) > most:
            raise ConfigError(f"The shortest query on this schema takes {least} tokens; {most} are allowed.", f"Allow {least} tokens or more.")
        self._look()

    def _look(self) -> None:
        self._mask = self._masks.of(self._state)
        self._places = self._mask.within(self._most - len(self.tokens))

    @property
    def allowed(self) -> np.ndarray:
        """The tokens that may come next [K]; none where the query must end."""
        return self._mask.tokens[self._places]

    @property
    def may_end(self) -> bool:
        """Whether the query is whole as it stands."""
        return self._mask.ends

    def take(self, token: int) -> None:
        """Write one of the tokens that are allowed."""
        place = self._places[np.flatnonzero(self.allowed == token)[0]]
        self._state = self._mask.states[place]
        self.tokens.append(token)
        self._look()

    def written(self) -> Written:
        """Return the query. It is whole where `may_end` is."""
        said = b"".join(self._masks.vocabulary.tokens[token] for token in self.tokens)
        return Written(said.decode(), tuple(self.tokens))


def write(masks: Masks, scores: Scores, end: int, most: int = 160) -> Written:
    """Write a query by the token that is wanted most of those that may come; `end` is the token that ends it, where it may end."""
    writer = Writer(masks, most)
    last: int | None = None
    while writer.allowed.size or not writer.may_end:
        wanted = scores(last)
        allowed = np.append(writer.allowed, end) if writer.may_end else writer.allowed
        last = int(allowed[wanted[allowed].argmax()])
        if last == end:
            break
        writer.take(last)
    return writer.written()
