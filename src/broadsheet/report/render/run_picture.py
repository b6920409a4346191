"""The picture of a run: steps as boxes from the catalogue down to the page, drawn from `run.json` alone."""

import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import Markup

from broadsheet.stack.record import RunRecord, StepRecord, told

WIDTH, GAP, BOX, MARGIN = 760, 44, 92, 12
WIDEST = 230
# How wide a letter of the small text is drawn, with room to spare.
LETTER = 6.1
SIGNS = {"waiting": "○", "running": "◐", "done": "●", "unchanged": "◉", "off": "–", "failed": "✕"}
"""A sign for each state, so that none is told by its colour alone."""
STYLE = """
.run{color-scheme:light dark;--r-card:#fff;--r-ink:#1d1b18;--r-soft:#5b564e;--r-line:#8a857b;--r-good:#0b6e8f;--r-bad:#a3260f}
@media(prefers-color-scheme:dark){.run{--r-card:#1e2024;--r-ink:#e9e6df;--r-soft:#aea99f;--r-line:#8a857b;--r-good:#5cc0e0;--r-bad:#f28b67}}
.run text{font:12px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;fill:var(--r-soft)}.run .name{font-weight:700;font-size:13.5px;fill:var(--r-ink)}
.run rect{fill:var(--r-card);stroke:var(--r-good);stroke-width:1.6}.run .off rect,.run .waiting rect{stroke:var(--r-line);stroke-dasharray:5 4}
.run .failed rect{stroke:var(--r-bad);stroke-width:2.6}.run .failed .sign{fill:var(--r-bad)}.run .sign{fill:var(--r-good);font-size:14px}.run .off .sign,.run .waiting .sign{fill:var(--r-soft)}
.run .edge{fill:none;stroke:var(--r-line);stroke-width:1.5}.run .edge.none{stroke-dasharray:3 4}.run .tip{fill:var(--r-line)}
"""


class Box(NamedTuple):
    """Where a step is drawn: its left upper corner and its width."""

    step: StepRecord
    x: float
    y: float
    width: float


def layout(run: RunRecord) -> list[Box]:
    """Place each step a row below the lowest of those that it reads; those of a row stand side by side, as wide as there is room for."""
    rows: dict[int, list[StepRecord]] = {}
    depth: dict[str, int] = {}
    for step in run.steps:
        depth[step.name] = 1 + max((depth[name] for name in step.after if name in depth), default=-1)
    last = max(depth.values(), default=0)
    for step in run.steps:
        rows.setdefault(depth[step.name] if step.name != "page" else last, []).append(step)
    boxes = []
    for row, steps in sorted(rows.items()):
        width = min(WIDEST, (WIDTH - 2 * MARGIN - (len(steps) - 1) * 18) / len(steps))
        whole = len(steps) * width + (len(steps) - 1) * 18
        left = (WIDTH - whole) / 2
        boxes += [Box(step, left + place * (width + 18), MARGIN + row * (BOX + GAP), width) for place, step in enumerate(steps)]
    return boxes


def run_picture(run: RunRecord, *, alone: bool = False) -> Markup:
    """Draw a run; `alone` makes a file of its own of it, which brings its colours and its name space."""
    boxes = layout(run)
    place = {box.step.name: box for box in boxes}
    height = max((box.y for box in boxes), default=0) + BOX + MARGIN
    edges = Markup("").join(_edge(place[name], box) for box in boxes for name in box.step.after if name in place)
    drawn = Markup("").join(_box(box) for box in boxes)
    title = f"The run of the recipe {run.recipe}" + (f" for {run.reader}" if run.reader else "") + (f", {run.label}" if run.label else "")
    space = Markup(' xmlns="http://www.w3.org/2000/svg"') if alone else Markup("")
    # The style has no character that markup escapes but quotes, which are as good in an attribute's place.
    return Markup(
        '<svg{space} class="run" viewBox="0 0 {w} {h:g}" role="img" aria-labelledby="run-name run-what"><title id="run-name">{title}</title><desc id="run-what">{what}</desc>'
        "<style>{style}</style>{edges}{drawn}</svg>"
    ).format(space=space, w=WIDTH, h=height, title=title, what=" ".join(run_lines(run)), style=Markup(STYLE), edges=edges, drawn=drawn)


def run_lines(run: RunRecord) -> Iterator[str]:
    """Yield the same in words, a sentence a step: what a terminal without colours prints, and what is read out in place of the picture.

    >>> from broadsheet.stack.record import RunRecord, StepRecord
    >>> list(run_lines(RunRecord(recipe="mine", steps=(StepRecord(name="a", title="Catalogue", state="done", figures={"papers": 3}, seconds=0.5),))))
    ['Catalogue: done, 3 papers, 0.5 s.']
    """
    for step in run.steps:
        parts = [step.state, told(step.figures), seconds(step)]
        yield f"{step.title}: {', '.join(part for part in parts if part)}." + (
            f" {step.note}" if step.note and step.state in {"off", "failed", "waiting"} else ""
        )


def seconds(step: StepRecord) -> str:
    """Write how long a step took; nothing where it did not work."""
    return f"{step.seconds:.1f} s" if step.ready or step.state == "failed" else ""


def _box(box: Box) -> Markup:
    step, pad = box.step, 10
    lines = _wrapped(step, int((box.width - 2 * pad) / LETTER))
    small = Markup("").join(
        Markup('<text x="{x:g}" y="{y:g}">{line}</text>').format(x=box.x + pad, y=box.y + 40 + 16 * number, line=line) for number, line in enumerate(lines)
    )
    return Markup(
        '<g class="{state}"><title>{title}</title><rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h}" rx="6"/>'
        '<text class="sign" x="{x1:g}" y="{y1:g}">{sign}</text><text class="name" x="{x2:g}" y="{y1:g}">{name}</text>{small}</g>'
    ).format(
        state=step.state,
        title=" ".join(part for part in (f"{step.title}: {step.state}.", step.note, _hash(step)) if part),
        x=box.x,
        y=box.y,
        w=box.width,
        h=BOX,
        x1=box.x + pad,
        x2=box.x + pad + 20,
        y1=box.y + 21,
        sign=SIGNS[step.state],
        name=step.title,
        small=small,
    )


def _wrapped(step: StepRecord, letters: int) -> list[str]:
    """Return at most three lines: the figures, or why there are none, and how long it took."""
    body = told(step.figures) if step.ready else step.note
    spent = f"{step.state}{f', {seconds(step)}' if seconds(step) else ''}"
    lines = textwrap.wrap(body, max(12, letters), max_lines=2, placeholder=" …") if body else []
    return [*lines, spent]


def _hash(step: StepRecord) -> str:
    return f"Artefact {step.content_hash[:12]}." if step.content_hash else ""


def _edge(start: Box, end: Box) -> Markup:
    """Draw the way from a step to one that reads it: dashed where it brought nothing."""
    x0, y0 = start.x + start.width / 2, start.y + BOX
    x1, y1 = end.x + end.width / 2, end.y
    if y1 <= y0:
        return Markup("")
    bend = (y1 - y0) / 2
    none = "" if start.step.ready else " none"
    return Markup(
        '<path class="edge{none}" d="M{x0:g} {y0:g}C{x0:g} {b0:g} {x1:g} {b1:g} {x1:g} {y2:g}"/><path class="tip" d="M{x1:g} {y1:g}l-4 -7h8z"/>'
    ).format(none=none, x0=x0, y0=y0, b0=y0 + bend, b1=y1 - bend, x1=x1, y1=y1, y2=y1 - 6)
