"""The text macros of LaTeX, and the Unicode or HTML that each of them stands for."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from pylatexenc.latex2text import get_default_latex_context_db
from pylatexenc.macrospec import LatexContextDb

# Macros whose argument becomes an element: tag and class. Without a tag the argument stands bare.
STYLES: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("emph", "textit", "textsl", "mathit"), ("em", "")),
    **dict.fromkeys(("textbf", "mathbf", "boldsymbol", "bm"), ("strong", "")),
    **dict.fromkeys(("texttt", "mathtt"), ("code", "")),
    **dict.fromkeys(("textsc",), ("span", "small-caps")),
    **dict.fromkeys(("underline", "uline"), ("span", "underline")),
    **dict.fromkeys(("textsuperscript",), ("sup", "")),
    **dict.fromkeys(("textsubscript",), ("sub", "")),
    **dict.fromkeys(("text", "textrm", "textnormal", "textup", "textmd", "textsf"), ("", "")),
    **dict.fromkeys(("mathrm", "mathsf", "mathcal", "mathbb", "mathscr", "mathfrak"), ("", "")),
    **dict.fromkeys(("mbox", "hbox", "ensuremath", "ce", "ac", "acp", "acl", "gls"), ("", "")),
}

# Switches that hold until the group ends.
SWITCHES: dict[str, tuple[str, str]] = {
    **dict.fromkeys(("em", "it", "itshape", "sl", "slshape"), ("em", "")),
    **dict.fromkeys(("bf", "bfseries"), ("strong", "")),
    **dict.fromkeys(("tt", "ttfamily"), ("code", "")),
    **dict.fromkeys(("sc", "scshape"), ("span", "small-caps")),
    **dict.fromkeys(("rm", "rmfamily", "sf", "sffamily", "normalfont", "upshape"), ("", "")),
    **dict.fromkeys(("tiny", "small", "normalsize", "large", "Large", "noindent"), ("", "")),
}

# Macros whose argument stands between two marks.
ENCLOSED: dict[str, tuple[str, str]] = {
    "footnote": (" (", ")"),
    "thanks": (" (", ")"),
    "say": ("“", "”"),
    "enquote": ("“", "”"),
}

COLOURED = frozenset({"textcolor", "colorbox"})

CITING = re.compile(r"cite(?:p|t|alp|alt|author|year|yearpar)?|(?:paren|text|auto)cite|(?:eq|auto|[cC])?ref")

ESCAPES: dict[str, str] = {
    **{char: char for char in "%&_#${}."},
    **dict.fromkeys((" ", "\t", "\n", "\r", "\\", ":", ";"), " "),
    **dict.fromkeys(("!", "-", "/", "@"), ""),
    ",": "\u2009",
    "|": "‖",
}

_SYMBOLS: dict[str, str] = {
    "LaTeX": "LaTeX",
    "TeX": "TeX",
    "BibTeX": "BibTeX",
    "S": "§",
    "P": "¶",
    "degree": "°",
    "checkmark": "✓",
    "euro": "€",
    "slash": "/",
    "par": "\n\n",
    **dict.fromkeys(("newline", "linebreak", "space", "quad", "qquad", "enspace", "thinspace"), " "),
    **dict.fromkeys(("xspace", "protect", "relax", "centering", "left", "right"), ""),
}

# pylatexenc has the day of the run for the one, and nothing that is seen for the other.
_NOT_SYMBOLS = frozenset({"today", "vspace"})

_ACCENTS: dict[str, str] = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    "=": "\u0304",
    "u": "\u0306",
    ".": "\u0307",
    '"': "\u0308",
    "r": "\u030a",
    "H": "\u030b",
    "v": "\u030c",
    "d": "\u0323",
    "c": "\u0327",
    "k": "\u0328",
    "b": "\u0331",
    "t": "\u0361",
}

_LETTER = r"(?:\\[ij](?![A-Za-z])|[^\W\d_])"
_ACCENTED = re.compile(
    rf"\\(?:([`'^~=.\"])({_LETTER})"
    rf"|([`'^~=.\"urHvdckbt])[ ]*\{{\s*({_LETTER}?)([^\W\d_]*)\s*\}}"
    rf"|([urHvdckbt])[ ]+({_LETTER}))"
)
_ROMAN = (("x", 10), ("ix", 9), ("v", 5), ("iv", 4), ("i", 1))

# Letters and dashes that TeX writes as a macro: a blank behind one only ends the macro's name.
LETTERS = frozenset({"ss", "o", "O", "l", "L", "aa", "AA", "ae", "AE", "oe", "OE", "i", "j", "dh", "DH", "dj", "DJ", "ng", "NG", "th", "TH"})
DASHES = frozenset({"textendash", "textemdash"})


class Resolved(NamedTuple):
    """The Unicode that a piece of source stands for, and where the source goes on."""

    text: str
    end: int


@lru_cache(maxsize=1024)
def symbol(name: str) -> str | None:
    r"""Return the Unicode of a macro without an argument, or None if nothing is known of it.

    >>> symbol("alpha"), symbol("textendash"), symbol("LaTeX"), symbol("model")
    ('α', '–', 'LaTeX', None)
    """
    if name in _SYMBOLS:
        return _SYMBOLS[name]
    spec = _macro_table().get_macro_spec(name)
    text = getattr(spec, "simplify_repl", None)
    known = isinstance(text, str) and "%" not in text and name not in _NOT_SYMBOLS and not CITING.fullmatch(name)
    return text or None if known else None


def accented(text: str, start: int) -> Resolved | None:
    r"""Resolve an accent at `start`; the backslash stands there.

    arXiv's own accent filter tears some Greek letters apart: `\rho` comes as `\r{ho}`.

    >>> accented(r"\"obius", 0), accented(r"\v{S}", 0), accented(r"\'{\i}", 0)
    (Resolved(text='ö', end=3), Resolved(text='Š', end=5), Resolved(text='í', end=6))
    >>> accented(r"\r{ho} > 0.7", 0), accented(r"\~{}", 0), accented(r"30\. A", 2)
    (Resolved(text='ρ', end=6), Resolved(text='~', end=4), None)
    """
    match = _ACCENTED.match(text, start)
    if not match:
        return None
    accent = match[1] or match[3] or match[6]
    letter = (match[2] or match[4] or match[7] or "").removeprefix("\\")
    rest = match[5] or ""
    torn = symbol(accent + letter + rest) if accent.isalpha() and rest else None
    if torn:
        return Resolved(torn, match.end())
    if not letter:
        return None if accent.isalpha() else Resolved(accent, match.end())
    return Resolved(unicodedata.normalize("NFC", letter + _ACCENTS[accent]) + rest, match.end())


def roman(number: int) -> str:
    """Write a number from 1 to 39 in lower-case Roman numerals.

    >>> roman(4), roman(12)
    ('iv', 'xii')
    """
    text = ""
    for numeral, value in _ROMAN:
        while number >= value:
            text += numeral
            number -= value
    return text


def character(code: str) -> str | None:
    r"""Return the character of MathJax's `\unicode{x2013}`, or None for one no page may hold.

    >>> character("x2013"), character("8211"), character("x0"), character("xD800")
    ('–', '–', None, None)
    """
    try:
        point = int(code[1:], 16) if code[:1] in "xX" else int(code)
    except ValueError:
        return None
    if not 0x20 <= point <= 0x10FFFF or unicodedata.category(chr(point)) in ("Cc", "Cs", "Cn"):
        return None
    return chr(point)


@lru_cache(maxsize=1)
def _macro_table() -> LatexContextDb:
    return get_default_latex_context_db()
