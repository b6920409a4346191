"""Cypher as a row of tokens, each with its place; comments and white space are left out."""

import re
from enum import StrEnum
from typing import NamedTuple

from broadsheet.ask.cypher.faults import SyntaxFault


class Kind(StrEnum):
    """What a token is."""

    NAME = "name"
    QUOTED = "quoted"
    STRING = "string"
    NUMBER = "number"
    PARAMETER = "parameter"
    SIGN = "sign"
    END = "end"


class Token(NamedTuple):
    """A token, what it says (a string without its quotation marks, a name without its backticks), and its place in code points."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """A name in capitals, as keywords are compared; nothing for any other token, and for a quoted name."""
        return self.text.upper() if self.kind is Kind.NAME and self.text.isascii() else ""


# The longest text that is read: nobody asks a question of more.
LONGEST = 100_000
_NEXT = re.compile(
    r"(?P<space>(?:\s|//[^\n]*|/\*.*?\*/)+)"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<quoted>`(?:[^`]|``)*`)"
    r"|(?P<string>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<number>0[xX][0-9a-fA-F]+|0[oO][0-7]+|[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<parameter>\$(?:\w+|`(?:[^`]|``)*`))"
    r"|(?P<sign><>|!=|<=|>=|=~|\.\.|\+=|\|\||::|[-<>=+*/%^()\[\]{},.:;|&!?])",
    re.DOTALL,
)
_GOES_ON = re.compile(r"\w+")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_OPEN = {"`": "a backtick is not closed", "'": "a quotation mark is not closed", '"': "a quotation mark is not closed", "/": "a comment is not closed"}


def tokens(text: str) -> list[Token]:
    """Return the tokens of a text, the last of them an end.

    A keyword has Latin letters: full-width ones and the like make a name. Raises SyntaxFault for what is no token.

    >>> [token.text for token in tokens("MATCH (n) // all")]
    ['MATCH', '(', 'n', ')', '']
    """
    if len(text) > LONGEST:
        raise SyntaxFault(f"the query has {len(text):,} characters; at most {LONGEST:,} are read", LONGEST, len(text))
    found, place = [], 0
    while place < len(text):
        match = _NEXT.match(text, place)
        if match is None or (match.lastgroup == "sign" and text.startswith("/*", place)):
            what = _OPEN.get(text[place], f"{text[place]!r} is no part of Cypher")
            raise SyntaxFault(what, place, len(text) if text[place] in _OPEN else place + 1)
        place = match.end()
        if match.lastgroup != "space":
            found.append(_token(Kind(str(match.lastgroup)), match, text))
    found.append(Token(Kind.END, "", len(text), len(text)))
    return found


def _token(kind: Kind, match: re.Match[str], text: str) -> Token:
    said = match[0]
    if kind is Kind.NUMBER and (more := _GOES_ON.match(text, match.end())):
        raise SyntaxFault(f"{said + more[0]!r} is no number", match.start(), more.end())
    if kind is Kind.PARAMETER:
        said = said[1:]
    if said.startswith("`"):
        said = said[1:-1].replace("``", "`")
    elif kind is Kind.STRING:
        said = _ESCAPE.sub(_unescaped, said[1:-1]) if "\\" in said else said[1:-1]
    return Token(kind, said, match.start(), match.end())


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    if not code:
        return _PLAIN.get(match[3], match[3])
    point = int(code, 16)
    return chr(point) if point <= 0x10FFFF and not 0xD800 <= point < 0xE000 else "\ufffd"
