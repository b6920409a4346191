"""Turns the LaTeX-ish text of titles and abstracts into safe inline HTML, or plain text."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from markupsafe import Markup, escape

from broadsheet.report.render.mathml import mathml
from broadsheet.report.render.tex_pieces import Element, Kind, Piece
from broadsheet.report.render.tex_text import read_tex

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BREAK = "<br/><br/>"


def render_tex(text: str, marks: Sequence[tuple[int, int]] = ()) -> Markup:
    r"""Return a title or an abstract as inline HTML that is well-formed XML, too.

    `marks` are half-open ranges of `text`, in characters, to be set in `<mark>`; one that
    begins or ends within a formula or a macro takes in the whole of it. Nothing of the text is
    lost: what cannot be shown as meant is shown as its source in `<code class="tex">`. The
    time is proportional to the length of the text, and no text raises an error.

    >>> print(render_tex(r"The \emph{M\"obius} <think> trick cuts $5 to $3"))
    The <em>Möbius</em> &lt;think&gt; trick cuts $5 to $3
    >>> print(render_tex(r"We \emph{win. They} lose.", [(0, 13)]))
    <mark>We <em>win.</em></mark><em> They</em> lose.
    >>> print(render_tex(r"A \method for all, $\method$"))
    A <code class="tex">\method</code> for all, <code class="tex">$\method$</code>
    """
    pieces = read_tex(_legible(text))
    return Markup("".join(_tags(_marked(pieces, _disjoint(marks, len(text))))))


def plain_tex(text: str, formula: Callable[[str], str] = str) -> str:
    r"""Return the same reading as plain text, formulas as their TeX, or as `formula` says them.

    >>> plain_tex(r"\textbf{M\"obius}: 5\% of $O(n^2)$ at \href{https://x.org}{home} -- for \$5")
    'Möbius: 5% of $O(n^2)$ at home (https://x.org) – for $5'
    """
    said: list[str] = []
    for link, pieces in groupby(read_tex(_legible(text)), key=_link):
        words = "".join(_plain(piece, formula) for piece in pieces)
        said.append(f"{words} ({link.href})" if link and words != link.href else words)
    return "".join(said)


def _link(piece: Piece) -> Element | None:
    return next((element for element in piece.path if element.href), None)


def _plain(piece: Piece, formula: Callable[[str], str]) -> str:
    return formula(" ".join(piece.text.splitlines())) if piece.kind is Kind.MATHS else piece.text


class _Mark(NamedTuple):
    start: int
    end: int
    element: Element


def _legible(text: str) -> str:
    """Replace, one for one, the characters that no XML document may hold."""
    return _NOT_XML.sub(lambda match: " " if match[0].isspace() else "\ufffd", text)


def _disjoint(marks: Iterable[tuple[int, int]], length: int) -> list[_Mark]:
    """Sort the marks, cut them to the text, and join those that overlap."""
    ranges: list[tuple[int, int]] = []
    for start, end in sorted((max(0, start), min(end, length)) for start, end in marks):
        if ranges and start < ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(end, ranges[-1][1]))
        elif start < end:
            ranges.append((start, end))
    return [_Mark(start, end, Element("mark")) for start, end in ranges]


def _marked(pieces: Iterable[Piece], marks: Sequence[_Mark]) -> Iterator[Piece]:
    """Cut the pieces at the borders of the marks and put `<mark>` around those within."""
    ends = [mark.end for mark in marks]
    borders = sorted({place for mark in marks for place in (mark.start, mark.end)})
    for whole in pieces:
        for piece in _cut(whole, borders):
            nearest = bisect_right(ends, piece.start)
            if nearest < len(marks) and marks[nearest].start < piece.end:
                yield piece._replace(path=(marks[nearest].element, *piece.path))
            else:
                yield piece


def _cut(piece: Piece, borders: Sequence[int]) -> Iterator[Piece]:
    inner = borders[bisect_right(borders, piece.start) : bisect_left(borders, piece.end)]
    if piece.kind is not Kind.TEXT or not inner:
        yield piece
        return
    places = (piece.start, *inner, piece.end)
    for start, end in pairwise(places):
        part = piece.text[start - piece.start : end - piece.start]
        yield piece._replace(start=start, end=end, text=part)


def _tags(pieces: Iterable[Piece]) -> Iterator[str]:
    """Write the pieces, closing and opening elements where their paths differ."""
    open_now: tuple[Element, ...] = ()
    for piece in pieces:
        shared = 0
        for left, right in zip(open_now, piece.path, strict=False):
            if left is not right:
                break
            shared += 1
        yield from (f"</{element.tag}>" for element in reversed(open_now[shared:]))
        yield from (_start_tag(element) for element in piece.path[shared:])
        yield _html(piece)
        open_now = piece.path
    yield from (f"</{element.tag}>" for element in reversed(open_now))


def _start_tag(element: Element) -> str:
    css = f' class="{element.css}"' if element.css else ""
    href = f' href="{escape(element.href)}" rel="noopener noreferrer"' if element.href else ""
    return f"<{element.tag}{css}{href}>"


def _html(piece: Piece) -> str:
    if piece.kind is Kind.BREAK:
        return _BREAK
    if piece.kind is not Kind.MATHS:
        return str(escape(piece.text))
    width = 2 if piece.text.startswith(("$$", "\\")) else 1
    display = "block" if piece.text.startswith(("$$", r"\[")) else "inline"
    formula = mathml(piece.text[width:-width], display)
    return formula or f'<code class="tex">{escape(piece.text)}</code>'
