"""Reads the LaTeX-ish text of a title or an abstract as a flat list of pieces."""

import re
from dataclasses import dataclass

from broadsheet.report.render import tex_addresses, tex_macros
from broadsheet.report.render.tex_delimiters import MathsFinder
from broadsheet.report.render.tex_pieces import Element, Kind, Piece

# Deeper elements add nothing for a reader, and would make a page's size quadratic in its source.
DEEPEST = 12

_SPECIAL = re.compile(rf"\\(?:[A-Za-z]+|.|\Z)|\$|[{{}}~]|-{{2,3}}|``|''|[\r\n]\s*|{tex_addresses.PATTERN}", re.DOTALL)
_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)
_BLANK_LINE = re.compile(r"(?:\r\n?+|\n)[^\S\r\n]*[\r\n]")
_OPTIONS = re.compile(r"(?:\[[^\[\]{}\\$]{0,200}\])*")
_BLANKS = re.compile(r"[ \t]*")
_BLANKS_BEFORE_WORD = re.compile(r"[ \t]+(?=\w)")
_NUMERAL = re.compile(r"[ ]?([12]?[1-9]|[123]0|3[1-9])(?!\d)")
_WORDS = re.compile(r"[^\W\d_][\w\s()'/.&-]*|,|")
_TEXT_IN_MATHS = re.compile(r"\\(?:unicode|url)\{[^{}]*\}|\\href\{[^{}]*\}\{(?:[^{}$]++|\{[^{}$]*\})*+\}")
_TYPOGRAPHY = {"--": "–", "---": "—", "``": "“", "''": "”"}


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


class _Reader:
    """One reading of one text, left to right, with a stack of open groups."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.pieces: list[Piece] = []
        self.frames = [_Frame(len(text), 0, ())]
        self.finder = MathsFinder(text)
        self.closer = _matching_braces(text)

    def read(self) -> list[Piece]:
        while True:
            frame = self.frames[-1]
            if self.at < frame.end:
                self._step(frame.end)
            elif len(self.frames) > 1:
                self._leave()
            else:
                return self.pieces

    def _step(self, end: int) -> None:
        match = _SPECIAL.search(self.text, self.at, end)
        self._emit(match.start() if match else end)
        if not match:
            return
        sign, after = match[0], match.end()
        if sign[0] == "\\":
            self._backslash(sign[1:], after)
        elif sign == "$":
            self._maths(after)
        elif sign == "{" and self.at in self.closer:
            self._group(self.closer[self.at])
        elif sign[0] in "\r\n":
            self._line_end(sign, after)
        elif sign == "~" and self._is_tie():
            self._emit(after, "\u00a0")
        elif sign in _TYPOGRAPHY and not self._within("code"):
            self._emit(after, _TYPOGRAPHY[sign])
        elif sign[0] in "hH":
            self._bare_address(sign)
        else:
            self._emit(after)

    @property
    def path(self) -> tuple[Element, ...]:
        return self.frames[-1].path

    def _within(self, tag: str) -> bool:
        return any(element.tag == tag for element in self.path)

    def _inside(self, element: Element) -> tuple[Element, ...]:
        return (*self.path, element) if element.tag and len(self.path) < DEEPEST else self.path

    def _emit(
        self,
        end: int,
        text: str | None = None,
        path: tuple[Element, ...] | None = None,
        kind: Kind = Kind.SYMBOL,
    ) -> None:
        """Move on to `end`; without a text, the source itself is what it says."""
        if text is None:
            text, kind = self.text[self.at : end], Kind.TEXT if kind is Kind.SYMBOL else kind
        if text:
            self.pieces.append(Piece(self.at, end, kind, text, self.path if path is None else path))
        self.at = end

    def _enter(self, close: int, path: tuple[Element, ...], tail: str = "") -> None:
        self.frames.append(_Frame(close, 1, path, tail))

    def _leave(self) -> None:
        frame = self.frames[-1]
        self._emit(frame.end + frame.width, frame.tail)
        self.frames.pop()
        if frame.unknown and self.at in self.closer:
            self._enter_unknown("", self.at, frame.path)

    def _argument(self, start: int) -> tuple[int, int] | None:
        """Return the places of the braces of an argument that begins at `start`."""
        brace = _end(_BLANKS, self.text, start)
        close = self.closer.get(brace, self.frames[-1].end)
        return (brace, close) if close < self.frames[-1].end else None

    def _backslash(self, name: str, after: int) -> None:
        accent = tex_macros.accented(self.text, self.at) if len(name) == 1 else None
        if name in ("(", "["):
            self._maths(after)
        elif accent:
            self._emit(accent.end, accent.text)
        elif name in tex_macros.ESCAPES:
            self._emit(after, tex_macros.ESCAPES[name])
        elif name.isascii() and name.isalpha():
            self._macro(name, after)
        else:
            self._emit(after, self.text[self.at : after], self._inside(Element("code", "tex")))

    def _macro(self, name: str, after: int) -> None:
        argument = self._argument(after)
        cited = self._argument(_end(_OPTIONS, self.text, after))
        numeral = _NUMERAL.match(self.text, after) if name == "romannumeral" else None
        if name in tex_macros.SWITCHES:
            self.frames[-1].path = self._inside(Element(*tex_macros.SWITCHES[name]))
            self.at = _end(_BLANKS, self.text, after)
        elif argument and self._macro_of(name, *argument):
            return
        elif cited and tex_macros.CITING.fullmatch(name):
            self._cite(after, *cited)
        elif numeral:
            self._emit(numeral.end(), tex_macros.roman(int(numeral[1])))
        else:
            self._symbol(name, after)

    def _macro_of(self, name: str, start: int, close: int) -> bool:
        """Read a macro with an argument between the braces at `start` and `close`, if known."""
        content = self.text[start + 1 : close] if name in ("unicode", "url", "href") else ""
        character = tex_macros.character(content.strip()) if name == "unicode" else None
        second = self._argument(close + 1)
        if name in tex_macros.STYLES:
            self.at = start + 1
            self._enter(close, self._inside(Element(*tex_macros.STYLES[name])))
        elif name in tex_macros.ENCLOSED:
            self._enclose(start, close, *tex_macros.ENCLOSED[name])
        elif name in tex_macros.COLOURED and second:
            self.at = second[0] + 1
            self._enter(second[1], self.path)
        elif name == "color":
            self.at = close + 1
        elif name == "href" and second and second[1] > second[0] + 1:
            self._link(content, *second)
        elif name in ("url", "href"):
            self._emit(close + 1, *self._address(content))
        elif character:
            self._emit(close + 1, character)
        else:
            return False
        return True

    def _enclose(self, start: int, close: int, before: str, behind: str) -> None:
        blank = self.text[self.at - 1 : self.at] in (" ", "~", "\n")
        self._emit(start + 1, before.lstrip() if blank else before)
        self._enter(close, self.path, behind)

    def _cite(self, after: int, start: int, close: int) -> None:
        options = re.findall(r"\[(.*?)\]", self.text[after:start], re.DOTALL)
        cited = self.text[start + 1 : close]
        self._emit(close + 1, f"[{', '.join([*filter(None, options), cited])}]")

    def _address(self, source: str) -> tuple[str, tuple[Element, ...]]:
        """Return an address as a reader sees it, and the path that makes it a link if it may be."""
        address = tex_addresses.unescaped(source)
        linked = tex_addresses.linkable(address) and not self._within("a")
        return address, self._inside(Element("a", href=address)) if linked else self.path

    def _link(self, source: str, start: int, close: int) -> None:
        address, path = self._address(source)
        same = source.strip() == self.text[start + 1 : close].strip()
        self.at = start + 1
        self._enter(close, path, "" if same or path != self.path else f" ({address})")

    def _bare_address(self, token: str) -> None:
        source = tex_addresses.without_punctuation(token)
        address, path = self._address(source)
        if not tex_addresses.linkable(address):
            self._emit(self.at + len("http"))
        elif len(token) < tex_addresses.LONGEST:
            self._emit(self.at + len(source), None if address == source else address, path)
        else:
            self._emit(self.at + len(token))  # there may be more of it, and half an address leads nowhere

    def _symbol(self, name: str, after: int) -> None:
        text = tex_macros.symbol(name)
        if text is None:
            self._enter_unknown(f"\\{name}", after, self._inside(Element("code", "tex")))
            return
        if self.text.startswith("{}", after):
            after += 2
        elif name in tex_macros.LETTERS or name in tex_macros.DASHES:
            after = _end(_BLANKS_BEFORE_WORD, self.text, after)
        self._emit(after, text, kind=Kind.BREAK if text == "\n\n" else Kind.SYMBOL)

    def _enter_unknown(self, source: str, after: int, path: tuple[Element, ...]) -> None:
        """Show a macro that nobody here knows as its source, with the arguments that touch it."""
        close = self.closer.get(after, self.frames[-1].end)
        if close >= self.frames[-1].end:
            self._emit(after, source, path)
        elif close == after + 1:
            self._emit(close + 1, source, path)
        else:
            self._emit(after + 1, source + "{", path)
            self.frames.append(_Frame(close, 1, path, "}", unknown=True))

    def _maths(self, after: int) -> None:
        found = self.finder.at(self.at, self.frames[-1].end)
        if not found:
            if self.text[self.at] == "$":
                self._emit(self.at + 1)
            else:
                self._emit(after, self.text[self.at : after], self._inside(Element("code", "tex")))
        elif _TEXT_IN_MATHS.fullmatch(self.text, self.at + found.width, found.end - found.width):
            self.at += found.width
            self.frames.append(_Frame(found.end - found.width, found.width, self.path))
        else:
            self._emit(found.end, kind=Kind.MATHS)

    def _group(self, close: int) -> None:
        start = self.at
        if self._is_grouping(start, close):
            self.at = start + 1
            self._enter(close, self.path)
        else:
            self._emit(start + 1)
            self._enter(close, self.path, "}")

    def _is_grouping(self, start: int, close: int) -> bool:
        """Tell braces that only group, as in `{S}ignal` or `10{,}000`, from braces of the text."""
        before = self.text[start - 1 : start] if start else ""
        if before in ("^", "_", "@") or any(element.css == "tex" for element in self.path):
            return False
        if close == start + 1:
            return before != "" and not before.isspace()
        macro = self.text[start + 1] == "\\" and self.text[start + 2] not in "{}%$_&#"
        return macro or _WORDS.fullmatch(self.text, start + 1, close) is not None

    def _line_end(self, token: str, after: int) -> None:
        if self.at == 0 or after == len(self.text):
            self._emit(after, "")
        elif _BLANK_LINE.match(token):
            self._emit(after, "\n\n", kind=Kind.BREAK)
        else:
            self._emit(after, " ")

    def _is_tie(self) -> bool:
        """Tell the tie of `Table~3` from the tilde of `about ~30%` and of `90%~93%`."""
        before = self.text[self.at - 1] if self.at else ""
        after = self.text[self.at + 1 : self.at + 2]
        span = (before.isdigit() or before == "%") and after.isdigit()
        return bool(after) and before.strip() not in ("", *"([{<=/") and not span


def _matching_braces(text: str) -> dict[int, int]:
    """Return the place of the closing brace for that of each opening one that has one."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACES.finditer(text):
        if match[0] == "{":
            opened.append(match.start())
        elif match[0] == "}" and opened:
            pairs[opened.pop()] = match.start()
    return pairs


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start
