"""Finds where maths begins and ends in a text, and tells a formula from a price."""

import re
from bisect import bisect_left
from typing import NamedTuple

_DELIMITERS = re.compile(r"\\(?P<end>[)\]])|\\.|(?P<dollar>\$)|(?P<blank>(?:\r\n?+|\n)[^\S\r\n]*(?=[\r\n]))", re.DOTALL)
_CLOSER = {r"\(": ")", r"\[": "]"}
_HAS_TEX = re.compile(r"[\\^_={}<>+|]")
_RELATION = re.compile(r"[<>=+\-~]+")  # as in `accuracy $>$0.96`
_IN_WORDS = re.compile(r"\\(?:text[a-z]*|mathrm|operatorname\*?|[mh]box)\s*\{[^{}]*\}")
_WORD = re.compile(r"(?:^|(?<=\s))[(\"']?([A-Za-z]{2,})[,.;:)]*(?=\s|$)")
_FUNCTIONS = frozenset({"log", "ln", "lg", "exp", "max", "min", "sup", "inf", "sin", "cos", "tan", "mod", "poly", "polylog", "arg", "det"})

# A formula may say `x if y and z`; a run of more bare words is a sentence between two prices.
_MOST_WORDS = 2


class Maths(NamedTuple):
    """A range [start, end) of maths with its delimiters, each `width` characters wide."""

    start: int
    end: int
    width: int


class MathsFinder:
    r"""Finds the maths of one text; each question takes the time of its answer's length.

    >>> text = r"costs $5 and $10, or \$7, for $O(n)$ and \(x\)"
    >>> finder = MathsFinder(text)
    >>> [text[m.start:m.end] for i in range(len(text)) if (m := finder.at(i, len(text)))]
    ['$O(n)$', '\\(x\\)']
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._places: dict[str, list[int]] = {"$": [], ")": [], "]": [], "blank": []}
        for match in _DELIMITERS.finditer(text):
            name = match["end"] or match["dollar"] or (match["blank"] and "blank")
            if name:
                self._places[name].append(match.start())

    def at(self, start: int, limit: int) -> Maths | None:
        """Return the maths that opens at `start` and ends before or at `limit`, if there is one."""
        opener = self._text[start : start + 2]
        if opener in _CLOSER:
            close = self._next(_CLOSER[opener], start + 2)
            return self._within(start, close, 2, limit)
        if not self._is_dollar(start):
            return None
        if self._is_dollar(start + 1):
            close = self._next("$", start + 2)
            found = self._within(start, close, 2, limit) if self._is_dollar(close + 1) else None
            return found if found and not is_sentence(self._text[start + 2 : close]) else None
        close = self._next("$", start + 1)
        found = self._within(start, close, 1, limit)
        after = self._text[close + 1 : close + 2]
        return found if found and is_formula(self._text[start + 1 : close], after) else None

    def _within(self, start: int, close: int, width: int, limit: int) -> Maths | None:
        inside = start + width < close and close + width <= limit
        blank = self._next("blank", start)
        return Maths(start, close + width, width) if inside and not 0 <= blank < close else None

    def _next(self, name: str, start: int) -> int:
        places = self._places[name]
        index = bisect_left(places, start)
        return places[index] if index < len(places) else -1

    def _is_dollar(self, place: int) -> bool:
        return place >= 0 and self._next("$", place) == place


def is_formula(content: str, after: str = "") -> bool:
    r"""Tell whether what stands between dollars is maths; `after` is what follows.

    >>> is_formula("x"), is_formula(r">", "1"), is_formula("O(n log n)")
    (True, True, True)
    >>> is_formula("5 and "), is_formula("5-", "1"), is_formula("5 million in revenue, and")
    (False, False, False)
    """
    if content[:1].isspace() or content[-1:].isspace():
        return False
    if _RELATION.fullmatch(content):
        return True
    if after[:1].isdigit() and ("\\" not in content or re.match(r"\d\S*\s", content)):
        return False
    return not is_sentence(content)


def is_sentence(content: str) -> bool:
    r"""Tell whether words, more than a formula would hold, stand between blanks.

    >>> is_sentence("million in revenue"), is_sentence("n log n"), is_sentence("x^2 if x > 0")
    (True, False, False)
    """
    if not re.search(r"\s", content):
        return False
    words = [word for word in _WORD.findall(_IN_WORDS.sub("", content)) if word not in _FUNCTIONS]
    return len(words) > (_MOST_WORDS if _HAS_TEX.search(content) else 0)
