"""Turns the LaTeX-ish text of titles and abstracts into safe inline HTML, or plain text."""

import re
from collections.abc import Iterator, Sequence

from markupsafe import Markup, escape

from broadsheet.report.render.mathml import mathml
from broadsheet.report.render.tex_pieces import Element, Kind, Piece
from broadsheet.report.render.tex_text import read_tex

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FORMULA = re.compile(r"^(\$\$|\$|\\\(|\\\[)(.*?)(\$\$|\$|\\\)|\\\])$", re.DOTALL)


def render_tex(text: str, marks: Sequence[tuple[int, int]] = ()) -> Markup:
    r"""Render a text as inline HTML that is well-formed, safe, and loses no word of it.

    Formulas become MathML that keeps their TeX, or stay as their source. `marks` are
    half-open ranges of characters of `text` to be wrapped in `<mark>`; one that begins or ends
    inside a formula or a macro takes in the whole of it.

    >>> render_tex(r"M\"obius <b> at \emph{50\%}")
    Markup('Möbius &lt;b&gt; at <em>50%</em>')
    >>> render_tex("One. Two.", [(5, 9)])
    Markup('One. <mark>Two.</mark>')
    """
    marked = [Element("mark") for _ in marks]
    written: list[str] = []
    opened: tuple[Element, ...] = ()
    for piece, mark in _cut(read_tex(_clean(text)), marks):
        path = piece.path if mark is None else (marked[mark], *piece.path)
        written += _step(opened, path)
        written.append(_html(piece))
        opened = path
    written += _step(opened, ())
    return Markup("".join(written))  # noqa: S704 - every part is escaped, made by `mathml`, or a tag of ours


def plain_tex(text: str) -> str:
    r"""Read a text as `render_tex` does, as plain Unicode; formulas stay as their source.

    >>> plain_tex(r"M\"obius \emph{strips} in $\mathbb{R}^3$")
    'Möbius strips in $\\mathbb{R}^3$'
    """
    return " ".join("".join(" " if piece.kind is Kind.BREAK else piece.text for piece in read_tex(_clean(text))).split())


def _clean(text: str) -> str:
    # One character for one, so that offsets stay true.
    return _NOT_XML.sub("\ufffd", text)


def _cut(pieces: Sequence[Piece], marks: Sequence[tuple[int, int]]) -> Iterator[tuple[Piece, int | None]]:
    """Cut text at the borders of marks, and give each piece with the mark it lies in."""
    for piece in pieces:
        touching = [(max(a, piece.start), min(b, piece.end), number) for number, (a, b) in enumerate(marks) if a < piece.end and b > piece.start]
        if piece.kind is not Kind.TEXT:
            yield piece, touching[0][2] if touching else None
            continue
        at = piece.start
        for start, end, number in sorted(touching):
            if start > at:
                yield _part(piece, at, start), None
            if end > max(start, at):
                yield _part(piece, max(start, at), end), number
            at = max(at, end)
        if at < piece.end:
            yield _part(piece, at, piece.end), None


def _part(piece: Piece, start: int, end: int) -> Piece:
    return piece._replace(start=start, end=end, text=piece.text[start - piece.start : end - piece.start])


def _step(opened: tuple[Element, ...], path: tuple[Element, ...]) -> Iterator[str]:
    """Give the tags that lead from one path of elements to another."""
    same = 0
    while same < min(len(opened), len(path)) and opened[same] is path[same]:
        same += 1
    for element in reversed(opened[same:]):
        yield f"</{element.tag}>"
    for element in path[same:]:
        css = f' class="{escape(element.css)}"' if element.css else ""
        href = f' href="{escape(element.href)}" rel="noopener noreferrer"' if element.href else ""
        yield f"<{element.tag}{css}{href}>"


def _html(piece: Piece) -> str:
    if piece.kind is Kind.BREAK:
        return "<br/><br/>"
    if piece.kind is not Kind.MATHS:
        return str(escape(piece.text))
    formula = _FORMULA.match(piece.text)
    display = "block" if formula and formula[1] in ("$$", r"\[") else "inline"
    shown = mathml(formula[2], display) if formula else None
    return shown or f'<code class="tex">{escape(piece.text)}</code>'
