"""What of an inference is drawn as SVG: bars with whiskers, arrows from time, lines of months."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from broadsheet.needs.view.sheet import ArrowRow, FactRow, LevelRow, ModelRow, MonthRow

# A step of the ladder that arrows climb, and how wide they may swing, in CSS pixels: text in them is as large on every screen.
STEP, SWING = 56, 132
# Mokken's bounds of a weak, a medium and a strong scale, and the ends of the ruler of H.
BOUNDS = (0.3, 0.4, 0.5)
LEAST, MOST = -0.2, 1.0
MONTH_WIDTH, MONTH_HEIGHT = 200.0, 60.0


class Climbs(NamedTuple):
    """Arrows as drawn: those that go down the taxonomy's order, left of the names, and those that go up, right of them."""

    down: Markup
    up: Markup


def level_bar(row: LevelRow, most: float) -> Markup:
    """Draw a step of the pyramid: a bar about the middle as wide as the share of people, whiskers at both ends; lengths are parts of `most`.

    >>> level = LevelRow(id="a", name="A", order=1, people=5, share=0.5, share_low=0.4, share_high=0.6, H=0, H_low=0, H_high=0, not_monotone=0, crossing=0)
    >>> 'x="25.00%" width="50.00%"' in level_bar(level, 1.0)
    True
    """
    if row.share is None:
        return _svg("step", Markup('<line class="none" x1="49%" x2="51%" y1="50%" y2="50%"/>'))
    drawn = Markup('<rect class="bar" x="{}" width="{}" y="0" height="100%"/>').format(_per(0.5 - row.share / most / 2), _per(row.share / most))
    if row.share_low is not None and row.share_high is not None:
        for side in (-1, 1):
            ends = [0.5 + side * end / most / 2 for end in (row.share_low, row.share_high)]
            drawn += _whisker(min(ends), max(ends))
    return _svg("step", drawn)


def ruler(value: float | None, low: float | None = None, high: float | None = None, mark: str = "dot") -> Markup:
    """Draw an H on a ruler with Mokken's bounds; `mark` is dot, or line for a bound."""
    bands = zip(("weak", "medium", "high"), BOUNDS, (*BOUNDS[1:], MOST), strict=True)
    drawn = Markup("").join(
        Markup('<rect class="{}" x="{}" width="{}" y="0" height="100%"/>').format(name, _per(_on_ruler(low)), _per(_on_ruler(high) - _on_ruler(low)))
        for name, low, high in bands
    )
    drawn += Markup('<line class="axis" x1="0" x2="100%" y1="50%" y2="50%"/><line class="tick" x1="{0}" x2="{0}" y1="20%" y2="80%"/>').format(
        _per(_on_ruler(0.0))
    )
    if low is not None and high is not None:
        drawn += _whisker(_on_ruler(low), _on_ruler(high))
    if value is not None:
        place = _per(_on_ruler(value))
        drawn += Markup(
            '<line class="least" x1="{0}" x2="{0}" y1="0" y2="100%"/>' if mark == "line" else '<circle class="dot" cx="{0}" cy="50%" r="6"/>'
        ).format(place)
    return _svg("ruler", drawn)


def gain_bar(row: ModelRow, rows: Sequence[ModelRow]) -> Markup:
    """Draw what a model gains over independence, or loses, from the middle."""
    most = max((abs(one.gain) for one in rows), default=0.0) or 1.0
    width = abs(row.gain) / most * 0.48
    start = 0.5 if row.gain >= 0 else 0.5 - width
    drawn = Markup('<rect class="{}" x="{}" width="{}" y="15%" height="70%"/>').format("bar" if row.gain >= 0 else "against", _per(start), _per(width))
    return _svg("gain", Markup('<line class="tick" x1="50%" x2="50%" y1="0" y2="100%"/>') + drawn)


def tau_dot(tau: float | None) -> Markup:
    """Draw how an order agrees with the taxonomy's, from contrary to the same."""
    drawn = Markup('<line class="axis" x1="0" x2="100%" y1="50%" y2="50%"/><line class="tick" x1="50%" x2="50%" y1="0" y2="100%"/>')
    if tau is not None:
        place, middle = 0.5 + tau * 0.48, 0.5
        drawn += Markup('<line class="reach {}" x1="{}" x2="{}" y1="50%" y2="50%"/>').format("up" if tau >= 0 else "down", _per(middle), _per(place))
        drawn += Markup('<circle class="{}" cx="{}" cy="50%" r="6"/>').format("dot" if tau >= 0 else "dot down", _per(place))
    return _svg("tau", drawn)


def box(row: FactRow, most: float) -> Markup:
    """Draw quartiles of a fact: the middle half of people as a bar, the median as a line."""
    if row.low is None or row.high is None or row.middle is None:
        return _svg("gain", Markup(""))
    drawn = Markup('<rect class="bar" x="{}" width="{}" y="20%" height="60%"/>').format(_per(row.low / most), _per((row.high - row.low) / most))
    return _svg("gain", drawn + Markup('<line class="middle" x1="{0}" x2="{0}" y1="0" y2="100%"/>').format(_per(row.middle / most)))


def climbs(arrows: Sequence[ArrowRow], levels: Sequence[LevelRow]) -> Climbs:
    """Draw arrows beside a ladder of levels, the lowest at the bottom: up at the right, down at the left, the clear ones thick and with their people."""
    orders = {level.id: level.order for level in levels}
    most = max((arrow.more for arrow in arrows), default=1) or 1
    sides: dict[bool, list[Markup]] = {True: [], False: []}
    # Numbers are drawn last, so that no arrow strikes them through.
    texts: dict[bool, list[Markup]] = {True: [], False: []}
    for arrow in sorted(arrows, key=lambda one: (one.is_clear, one.more)):
        first, last = orders[arrow.start], orders[arrow.end]
        drawn, text = _arrow(arrow, first, last, len(levels), arrow.more / most)
        sides[last > first].append(drawn)
        texts[last > first].append(text)
    return Climbs(*(_side([*sides[up], *texts[up]], len(levels), "up" if up else "down") for up in (False, True)))


def _side(drawn: Sequence[Markup], levels: int, way: str) -> Markup:
    if not drawn:
        return Markup("")
    return Markup(
        '<svg class="arcs {way}" width="{w}" height="{h}" viewBox="0 0 {w} {h}" preserveAspectRatio="none" aria-hidden="true" style="grid-row:1 / span {n}">{drawn}</svg>'
    ).format(way=way, w=SWING, h=STEP * levels, n=levels, drawn=Markup("").join(drawn))


def _arrow(arrow: ArrowRow, first: int, last: int, levels: int, strength: float) -> tuple[Markup, Markup]:
    up, span = last > first, abs(last - first)
    far = 22 + (SWING - 36) * (span - 1) / max(levels - 2, 1)
    # Arrows leave a step on the side to which they go, and come to one on the side from which they come; short ones farther out, so that none cross.
    lean = (3 + 10 * (levels - 1 - span) / max(levels - 2, 1)) * (1 if up else -1)
    start, end = (STEP * (levels - order + 0.5) + shift for order, shift in ((first, -lean), (last, lean)))

    def x(place: float) -> str:
        return f"{place if up else SWING - place:.1f}"

    swing = far / 0.75
    path = f"M{x(2)} {start:.1f}C{x(swing)} {start:.1f} {x(swing)} {end:.1f} {x(7)} {end:.1f}"
    head = f"M{x(1)} {end:.1f}L{x(9)} {end - 4.5:.1f}L{x(9)} {end + 4.5:.1f}z"
    width = 1.2 + 2.2 * strength if arrow.is_clear else 1
    drawn = Markup('<path class="shaft" d="{}" style="stroke-width:{:.1f}px"/><path class="head" d="{}"/>').format(path, width, head)
    text = Markup('<text x="{}" y="{:.1f}">{}</text>').format(x(far), (start + end) / 2 + 4, arrow.more) if arrow.is_clear else Markup("")
    made = Markup('<g class="{}" data-start="{}" data-end="{}">{}</g>').format("clear" if arrow.is_clear else "faint", arrow.start, arrow.end, drawn)
    return made, text


def month_line(rows: Sequence[MonthRow], most: float) -> Markup:
    """Draw a level's share month by month, as a part of `most`; the line breaks where a share is withheld, which is grey, and where nobody wrote."""
    first = _since(rows[0].month) if rows else 0
    width = MONTH_WIDTH / (_since(rows[-1].month) - first + 1) if rows else MONTH_WIDTH
    drawn = Markup("")
    run: list[tuple[float, float]] = []
    last = first
    for row in rows:
        number = _since(row.month) - first
        if run and (row.share is None or number > last + 1):
            drawn, run = drawn + _run(run), []
        if row.share is None:
            drawn += Markup('<rect class="withheld" x="{:.1f}" y="0" width="{:.1f}" height="60"/>').format(number * width, width)
        else:
            run.append(((number + 0.5) * width, MONTH_HEIGHT - 2 - (MONTH_HEIGHT - 6) * row.share / most))
        last = number
    return Markup(
        '<svg class="months" viewBox="0 0 200 60" preserveAspectRatio="none" aria-hidden="true">{}{}<path class="base" d="M0 59.5H200"/></svg>'
    ).format(drawn, _run(run))


def _since(month: str) -> int:
    """Count months from the year nought.

    >>> _since("2021-01") - _since("2020-11")
    2
    """
    year, number = month.rsplit("-", 1)
    return 12 * int(year) + int(number)


def _run(points: Sequence[tuple[float, float]]) -> Markup:
    if not points:
        return Markup("")
    if len(points) == 1:
        points = [(points[0][0] - 2, points[0][1]), (points[0][0] + 2, points[0][1])]
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return Markup('<path class="area" d="M{0:.1f} 60L{1}L{2:.1f} 60z"/><path class="line" d="M{1}"/>').format(points[0][0], line, points[-1][0])


def _svg(kind: str, drawn: Markup) -> Markup:
    return Markup('<svg class="{}" aria-hidden="true">{}</svg>').format(kind, drawn)


def _whisker(low: float, high: float) -> Markup:
    return Markup(
        '<g class="whisker"><line x1="{0}" x2="{1}" y1="50%" y2="50%"/><line x1="{0}" x2="{0}" y1="30%" y2="70%"/><line x1="{1}" x2="{1}" y1="30%" y2="70%"/></g>'
    ).format(_per(low), _per(high))


def _on_ruler(value: float) -> float:
    return (min(max(value, LEAST), MOST) - LEAST) / (MOST - LEAST)


def _per(part: float) -> str:
    return f"{100 * part:.2f}%"
