"""What a reading of LaTeX-ish text consists of: pieces, and the elements around them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


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
