"""What personal data are replaced by, and how a way of writing them is stated."""

import re
from collections.abc import Callable
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple


class Kind(StrEnum):
    """What a placeholder stands for."""

    EMAIL = "EMAIL"
    URL = "URL"
    SECRET = "SECRET"  # noqa: S105 - the name of a kind
    CARD = "CARD"
    IBAN = "IBAN"
    SSN = "SSN"
    ID = "ID"
    IP = "IP"
    PHONE = "PHONE"
    ACCOUNT = "ACCOUNT"
    BORN = "BORN"
    ADDRESS = "ADDRESS"
    PLACE = "PLACE"
    NAME = "NAME"


_FIRST_DIGIT = re.compile(r"(?:[A-Z]+[ -])+(?=\w*\d)")
Near = Callable[[str, int, int], bool]


class Written:
    """An expression that is compiled when it is first looked for: all of them together take seconds, and most commands look for none."""

    def __init__(self, expression: str, flags: re.RegexFlag = re.IGNORECASE) -> None:
        self._expression, self._flags = expression, flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The expression, compiled."""
        return re.compile(self._expression, self._flags)


class Pattern(NamedTuple):
    """A kind, how it is written (the group `it`, or the whole), what else must be true of it, and of the text around it.

    `digits`: whether there can be none in a text without a digit; `odd`: nor without a sign or capital within a word. `lines`: whether it is told by where lines end; other
    patterns read a line break as a blank. `cased`: whether capitals tell it, so that where words are none the next may be.
    """

    kind: Kind
    written: Written
    holds: Callable[[str], bool]
    near: Near
    digits: bool
    odd: bool
    lines: bool
    cased: bool


def always(_: str) -> bool:
    """Whether any text holds: it does."""
    return True


def anywhere(_text: str, _begin: int, _end: int) -> bool:
    """Whether a place is near what it must be near: nothing is asked."""
    return True


def pattern(kind: Kind, written: str, holds: Callable[[str], bool] = always, near: Near = anywhere, *, cased: bool = False, lines: bool = False) -> Pattern:
    """Return a pattern; capitals count where it is `cased`, or within `(?-i:...)`."""
    return Pattern(kind, Written(written, re.MULTILINE if cased else re.IGNORECASE), holds, near, digits=False, odd=False, lines=lines, cased=cased)


def numbered(kind: Kind, written: str, holds: Callable[[str], bool] = always, near: Near = anywhere) -> Pattern:
    """Return a pattern of what holds a digit."""
    return pattern(kind, written, holds, near)._replace(digits=True)


def odd(kind: Kind, written: str, holds: Callable[[str], bool] = always, near: Near = anywhere) -> Pattern:
    """Return a pattern of what is no word of the language."""
    return pattern(kind, written, holds, near)._replace(odd=True)


def beside(before: str = "", after: str = "", reach: int = 40) -> Near:
    """Return whether a cue ends within `reach` characters before a place (or before the first digit in it), or begins right behind it."""
    ahead = Written(before) if before else None
    behind = Written(after) if after else None

    def near(text: str, begin: int, end: int) -> bool:
        if ahead is not None:
            # A word of capitals before a number may be of it, or announce it.
            digit = _FIRST_DIGIT.match(text, begin, end)
            places = {begin, digit.end()} if digit else {begin}
            if any(ahead.compiled.search(text, max(0, place - reach), place) for place in places):
                return True
        return behind is not None and behind.compiled.match(text, end, end + 50) is not None

    return near
