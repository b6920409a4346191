"""Reads the LaTeX-ish text of a title or an abstract as a flat list of pieces."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from broadsheet.report.render import tex_macros
from broadsheet.report.render.tex_delimiters import Delimited, Dollars

# Deeper elements than these add nothing for a reader, and would cost a page its speed.
DEEPEST = 12
LONGEST_URL = 2_000

_SPECIAL = re.compile(
    r"\\(?:[A-Za-z]+|.|\Z)|\$|[{}~]|-{2,3}|``|''|[\r\n]\s*"
    rf"|(?<![A-Za-z0-9])https?://(?:[^\s<>\"`{{}}|\\^$]|\\[_%&#~]){{1,{LONGEST_URL}}}",
    re.DOTALL | re.IGNORECASE,
)
_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)
_BLANK_LINE = re.compile(r"(?:\r\n?|\n)[^\S\r\n]*[\r\n]")
_ADDRESS = re.compile(r"https?://[^\s<>\"`{}|\\^\x00-\x1f]+", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"\\([_%&#~{}$])")
_OPTIONS = re.compile(r"(?:[ ]?\[[^\[\]{}\\$]{0,200}\])*[ ]?")
_ROMAN_NUMERAL = re.compile(r"\s*([1-9]|[12]\d|3\d)(?!\d)")
_WORDS = re.compile(r"[^\W\d_][\w\s()'/.&-]*|,|\\[A-Za-z\"'`^~=.].*|", re.DOTALL)
_DASHES = {"--": "–", "---": "—", "``": "“", "''": "”"}
_PAIRS = {")": "(", "]": "["}


class Kind(StrEnum):
    """What a piece is: text as it stands, text that stands for its source, maths, or a break."""

    TEXT = "text"
    SYMBOL = "symbol"
    MATHS = "maths"
    BREAK = "break"


@dataclass(frozen=True, eq=False, slots=True)
class Element:
    """One element around pieces; two alike are still two, so equality is identity."""

    tag: str
    css: str = ""
    href: str = ""


class Piece(NamedTuple):
    """The range [start, end) of the source, what it says, and the elements around it.

    `text` is the source itself for TEXT and MATHS, and only TEXT may be cut at any character.
    """

    start: int
    end: int
    kind: Kind
    text: str
    path: tuple[Element, ...]


@dataclass(slots=True)
class _Frame:
    """An open group: where it closes, the width of its closer, and what is written there."""

    end: int
    width: int
    path: tuple[Element, ...]
    tail: str = ""
    unknown: bool = False


def read_tex(text: str) -> list[Piece]:
    r"""Read a text piece by piece; every character outside markup is in exactly one piece.

    The time is proportional to the length of the text, whatever stands in it.

    >>> [(p.text, [e.tag for e in p.path]) for p in read_tex(r"M\"obius \emph{strip}")]
    [('M', []), ('ö', []), ('bius ', []), ('strip', ['em'])]
    """
    return _Reader(text).read()
