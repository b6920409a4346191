"""The picture of a run: steps as boxes from the catalogue down to the page, drawn from `run.json` alone."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from broadsheet.stack.record import RunRecord, StepRecord, told

WIDTH, GAP, SIDE, BOX, MARGIN = 760, 34, 26, 84, 12
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
    """Place each step a row below the lowest of those that it reads. The longest way to the last step is the left lane; what is beside it has a lane as long as its line runs."""
    after = {step.name: [name for name in step.after if run.step(name) is not None] for step in run.steps}
    depth: dict[str, int] = {}
    for step in run.steps:
        depth[step.name] = 1 + max((depth[name] for name in after[step.name]), default=-1)
    if run.steps:
        depth[run.steps[-1].name] = max(depth.values())
    main = _longest(run, after, depth)
    until = {step.name: max((depth[other] for other, read in after.items() if step.name in read), default=depth[step.name] + 1) for step in run.steps}
    lanes: list[list[tuple[int, int]]] = []
    place = dict.fromkeys(main, 0)
    for step in run.steps:
        if step.name not in place:
            own = (depth[step.name], until[step.name])
            free = next((number for number, taken in enumerate(lanes) if all(own[1] <= start or end <= own[0] for start, end in taken)), len(lanes))
            if free == len(lanes):
                lanes.append([])
            lanes[free].append(own)
            place[step.name] = free + 1
    count = len(lanes) + 1
    width = min(WIDEST, (WIDTH - 2 * MARGIN - (count - 1) * SIDE) / count)
    left = (WIDTH - count * width - (count - 1) * SIDE) / 2
    return [Box(step, left + place[step.name] * (width + SIDE), MARGIN + depth[step.name] * (BOX + GAP), width) for step in run.steps]


def drawn_edges(run: RunRecord) -> list[tuple[str, str]]:
    """Return which step reads which, less what another way tells already: who reads the score reads what the score is made of."""
    after = {step.name: [name for name in step.after if run.step(name) is not None] for step in run.steps}
    above: dict[str, set[str]] = {}
    for step in run.steps:
        above[step.name] = {*after[step.name], *(far for name in after[step.name] for far in above.get(name, ()))}
    return [(name, step.name) for step in run.steps for name in after[step.name] if not any(name in above.get(other, ()) for other in after[step.name])]


def _longest(run: RunRecord, after: Mapping[str, Sequence[str]], depth: Mapping[str, int]) -> list[str]:
    """Return the names on the longest way from the first step to the last."""
    way = [run.steps[-1].name] if run.steps else []
    while way and after[way[-1]]:
        way.append(max(after[way[-1]], key=depth.__getitem__))
    return way


def run_picture(run: RunRecord, *, alone: bool = False) -> Markup:
    """Draw a run; `alone` makes a file of its own of it, which brings its colours and its name space."""
    boxes = layout(run)
    place = {box.step.name: box for box in boxes}
    height = max((box.y for box in boxes), default=0) + BOX + MARGIN
    edges = Markup("").join(_edge(place[start], place[end]) for start, end in drawn_edges(run))
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
    return f"{step.seconds:.1f} s" if step.seconds and (step.ready or step.state == "failed") else ""


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
    """Draw the way from a step to one that reads it: down its own lane, then over to the other; dashed where it brought nothing."""
    x0, y0 = start.x + start.width / 2, start.y + BOX
    x1, y1 = end.x + end.width / 2, end.y
    none = "" if start.step.ready else " none"
    # The turn is made in the gap above the one that reads, where no box stands; going out of a lane's head it is made just below the one that is read.
    turn = y1 - GAP / 2 if x0 >= x1 else y0 + GAP / 2
    way = f"M{x0:g} {y0:g}V{turn:g}H{x1:g}V{y1 - 6:g}"
    return Markup('<path class="edge{none}" d="{way}"/><path class="tip" d="M{x1:g} {y1:g}l-4 -7h8z"/>').format(none=none, way=way, x1=x1, y1=y1)
