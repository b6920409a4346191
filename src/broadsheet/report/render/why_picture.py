"""The way of an item to the page as a picture: a box for each stage, one below the other."""

import textwrap
from collections.abc import Sequence

from markupsafe import Markup

from broadsheet.report.render.run_picture import STYLE
from broadsheet.stack.record import Cause

WIDTH, PAD, LINE, GAP, LETTERS = 680, 14, 17, 26, 96


def why_picture(item: str, title: str, causes: Sequence[Cause]) -> Markup:
    """Draw the way of an item: what each stage says, and the artefact that it was read from. It is a file of its own, readable in the dark."""
    drawn, top = [], 40
    for number, cause in enumerate(causes):
        lines = textwrap.wrap(cause.text, LETTERS) or [""]
        height = 2 * PAD + LINE * (1 + len(lines))
        drawn.append(_box(cause, lines, top, height))
        if number + 1 < len(causes):
            drawn.append(_arrow(top + height))
        top += height + GAP
    words = " ".join(f"{cause.title}: {cause.text}" for cause in causes)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" class="run" viewBox="0 0 {w} {h}" role="img" aria-labelledby="why-name why-what">'
        '<title id="why-name">Why {item}</title><desc id="why-what">{words}</desc><style>{style}</style>'
        '<text class="name" x="{pad}" y="24">{head}</text>{drawn}</svg>'
    ).format(
        w=WIDTH,
        h=top,
        item=item,
        words=words,
        style=Markup(STYLE),
        pad=PAD,
        head=textwrap.shorten(f"{item}  {title}", LETTERS * 4 // 5),
        drawn=Markup("").join(drawn),
    )


def _box(cause: Cause, lines: Sequence[str], top: int, height: int) -> Markup:
    text = Markup("").join(
        Markup('<text x="{x}" y="{y}">{line}</text>').format(x=2 * PAD, y=top + PAD + 12 + LINE * number, line=line) for number, line in enumerate(lines, 1)
    )
    return Markup(
        '<g class="{state}"><rect x="{x}" y="{y}" width="{w}" height="{h}" rx="6"/><text class="name" x="{x2}" y="{ty}">{title}</text>'
        '<text x="{right}" y="{ty}" text-anchor="end">{hash}</text>{text}</g>'
    ).format(
        state="done" if cause.content_hash else "off",
        x=PAD,
        y=top,
        w=WIDTH - 2 * PAD,
        h=height,
        x2=2 * PAD,
        ty=top + PAD + 10,
        right=WIDTH - 2 * PAD,
        title=cause.title,
        hash=f"{cause.artefact} {cause.content_hash[:12]}".strip(),
        text=text,
    )


def _arrow(top: int) -> Markup:
    x = WIDTH // 2
    return Markup('<path class="edge" d="M{x} {y}v{l}"/><path class="tip" d="M{x} {tip}l-4 -7h8z"/>').format(x=x, y=top, l=GAP - 6, tip=top + GAP)
