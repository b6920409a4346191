"""A place in a row of tokens, from which a parser reads."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn, TypeVar

from broadsheet.ask.cypher.faults import SyntaxFault
from broadsheet.ask.cypher.nodes import Expression, Labels, Path, Place, Query
from broadsheet.ask.cypher.tokens import Kind, Token, tokens

T = TypeVar("T")
# Brackets within brackets that are read; more than anybody writes, and few enough for Python's own stack.
DEEPEST = 30
# Operators in a row, each around the one before it.
LONGEST = 100
# Words that begin a clause: here reading is taken up again after a fault.
CLAUSES = frozenset(
    "MATCH OPTIONAL UNWIND WITH RETURN CALL UNION CREATE MERGE DELETE DETACH NODETACH SET REMOVE FOREACH LOAD USE FINISH INSERT LET FILTER SHOW".split()
)


class Cursor(ABC):
    """Reads tokens from left to right. What it expects and does not find is a SyntaxFault at the place where it was expected."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        self._depth = 0
        # Places at which a pattern was looked for and none found.
        self.no_path: set[int] = set()

    # What one part of the grammar asks of another.

    @abstractmethod
    def expression(self) -> Expression:
        """Read an expression."""

    @abstractmethod
    def path(self) -> Path:
        """Read a path of a pattern."""

    @abstractmethod
    def labels(self, *, either: bool = True) -> Labels:
        """Read labels."""

    @abstractmethod
    def query(self) -> Query:
        """Read a query."""

    # Tokens.

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens[self.at]

    def ahead(self, count: int = 1) -> Token:
        """Return a token after the next one."""
        return self.tokens[min(self.at + count, len(self.tokens) - 1)]

    def is_word(self, *words: str, ahead: int = 0) -> bool:
        """Whether the next tokens are these keywords, one after the other."""
        return all(self.ahead(ahead + number).word == word for number, word in enumerate(words))

    def is_sign(self, *signs: str, ahead: int = 0) -> bool:
        """Whether the next tokens are these signs, one after the other."""
        return all(self.ahead(ahead + number)[:2] == (Kind.SIGN, sign) for number, sign in enumerate(signs))

    def takes_word(self, *words: str) -> bool:
        """Read over keywords if they are next."""
        if not self.is_word(*words):
            return False
        self.at += len(words)
        return True

    def takes(self, *signs: str) -> bool:
        """Read over signs if they are next."""
        if not self.is_sign(*signs):
            return False
        self.at += len(signs)
        return True

    def needs_word(self, *words: str) -> None:
        """Read over keywords that must be next."""
        if not self.takes_word(*words):
            self.fail(f"{' '.join(words)} is missing before {self.shown()}")

    def needs(self, sign: str) -> Token:
        """Read over a sign that must be next."""
        found = self.token
        if not self.takes(sign):
            self.fail(f"{sign!r} is missing before {self.shown()}")
        return found

    def name(self, what: str) -> Token:
        """Read a name of something: any word, or one in backticks."""
        found = self.token
        if found.kind not in {Kind.NAME, Kind.QUOTED} or not found.text:
            self.fail(f"{what} is missing before {self.shown()}")
        self.at += 1
        return found

    def shown(self) -> str:
        """Return the next token as a fault shows it."""
        return "the end" if self.token.kind is Kind.END else repr(self.text[self.token.start : self.token.end][:40])

    def fail(self, what: str, start: int | None = None, end: int | None = None) -> NoReturn:
        """Raise a SyntaxFault at the next token, or at a stated place."""
        raise SyntaxFault(what, self.token.start if start is None else start, max(self.token.end if end is None else end, 0))

    def since(self, start: int) -> Place:
        """Return the place from a start to the end of the token read last."""
        return Place(start, max(start, self.tokens[self.at - 1].end if self.at else start))

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Go one bracket in."""
        self._depth += 1
        if self._depth > DEEPEST:
            self.fail(f"more than {DEEPEST} brackets stand within each other")
        try:
            yield
        finally:
            self._depth -= 1

    def counted(self, count: int) -> int:
        """Return one more, of operators in a row."""
        if count >= LONGEST:
            self.fail(f"more than {LONGEST} operators stand in a row")
        return count + 1

    def listed(self, read: Callable[[], T], close: str) -> tuple[T, ...]:
        """Read what stands between commas, up to a closing sign, which is read too."""
        found: list[T] = []
        if self.takes(close):
            return ()
        while True:
            found.append(read())
            if not self.takes(","):
                break
        self.needs(close)
        return tuple(found)
