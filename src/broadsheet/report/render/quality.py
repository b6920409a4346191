"""The quality of an archive as one self-contained HTML page: lines over time, a curve of chances, what was missed."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from markupsafe import Markup

from broadsheet.report.quality.model import Calibration, DayQuality, Quality
from broadsheet.report.render.page import environment, percent
from broadsheet.sample import NOTICE

WIDTH, HEIGHT = 640, 132
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 10, 24
SIDE = 300


class Line(NamedTuple):
    """A figure over time: its name, a sentence on what it says, its value a day (None where it has none), and how a value is written."""

    name: str
    what: str
    of: Callable[[DayQuality], float | None]
    written: Callable[[float], str] = percent
    top: float | None = 1.0


def quality_page(found: Quality) -> str:
    """Write the page; it makes no request and needs no script."""
    return environment().get_template("quality.html").render(
        quality=found, notice=NOTICE, chart=chart, curve=curve, pool=POOL, interests=INTERESTS, choice=CHOICE, lateness=LATENESS, exploration=EXPLORATION, hours=hours
    )  # fmt: skip


def hours(value: float) -> str:
    """Write hours as hours, or as days and hours.

    >>> hours(4.0), hours(51.0), hours(0.4)
    ('4 h', '2 d 3 h', '0.4 h')
    """
    if value < 10:
        return f"{value:.1f}".removesuffix(".0") + " h"
    days, rest = divmod(round(value), 24)
    return f"{days} d {rest} h" if days else f"{rest} h"


def share(part: int, whole: int) -> float | None:
    """Return a share, None of nothing.

    >>> share(1, 4), share(0, 0)
    (0.25, None)
    """
    return part / whole if whole else None


def _counted(day: DayQuality) -> float | None:
    told = [one for one in day.lists if one.stated is not None]
    return share(sum(min(one.kept, one.stated or 0) for one in told), sum(one.stated or 0 for one in told))


POOL = (
    Line("Kept, of what the source counted", "Over the lists whose source says how many papers it has.", _counted),
    Line(
        "On the page, of what was kept",
        "Every paper of a day stands on its page, picked or not.",
        lambda day: share(day.kept - len(day.missing), day.kept) if day.kept else None,
    ),
)
INTERESTS = (Line("Interests with a pick", "Of those for which the day had something.", lambda day: share(day.covered, day.interests)),)
CHOICE = (
    Line(
        "Of a plain ranker’s top 20, not picked",
        "A linear SVM on words, the library against the day’s own list. Where the page is good this need not be small, but a jump is worth a look.",
        lambda day: share(day.omitted, day.top),
    ),
    Line("Diversity", "The mean distance between two picks of a day, 1 - cosine of words.", lambda day: day.diversity, lambda value: f"{value:.2f}"),
    Line("Novelty", "The mean distance of a pick to the nearest earlier pick or library paper.", lambda day: day.novelty, lambda value: f"{value:.2f}"),
)
LATENESS = (
    Line(
        "From the announcement to the page",
        "By the time of the file; an archive that was copied shows the time of the copy.",
        lambda day: day.hours,
        hours,
        None,
    ),
)
EXPLORATION = (Line("Places given by chance", "Of all places on the page.", lambda day: share(day.explored, day.picks)),)


def chart(line: Line, days: Sequence[DayQuality]) -> Markup:
    """Draw a figure over time: a line with a mark for each day that has it, broken where one has not."""
    values = [line.of(day) for day in days]
    known = [value for value in values if value is not None]
    if not known:
        return Markup('<p class="empty">{}: not known for any day.</p>').format(line.name)
    top = line.top or max(*known, 1e-9, 24.0)
    last = next(value for value in reversed(values) if value is not None)
    label = f"{line.name}: {line.written(last)} on the last day that has it, {line.written(min(known))} to {line.written(max(known))} over {len(known)} days"
    places = [(_x(at, len(days)), None if value is None else _y(value, top)) for at, value in enumerate(values)]
    parts = [_axis(line, top), _path(places), *(_mark(x, y, day, line) for (x, y), day in zip(places, days, strict=True) if y is not None), _dates(days)]
    return Markup('<svg class="chart" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">{parts}</svg>').format(
        w=WIDTH, h=HEIGHT, label=label, parts=Markup("").join(parts)
    )


def curve(found: Calibration) -> Markup:
    """Draw the reliability curve: the share taken up over the stated chance, an interval on each point, the diagonal where both agree."""
    low, side = 34, SIDE - 48
    most = min(1.0, max([0.1, *(one.high for one in found.bins), *(one.predicted for one in found.bins)]) * 1.05)

    def place(value: float) -> float:
        return round(side * value / most, 1)

    marks = Markup("").join(
        Markup('<path class="range" d="M{x:g} {a:g}V{b:g}"/><circle class="point" cx="{x:g}" cy="{y:g}" r="{r:g}"><title>{title}</title></circle>').format(
            x=low + place(one.predicted),
            a=10 + side - place(one.low),
            b=10 + side - place(one.high),
            y=10 + side - place(one.observed),
            r=4,
            title=f"{one.count} picks: stated {one.predicted:.2f}, taken up {one.observed:.2f} ({one.low:.2f} to {one.high:.2f})",
        )
        for one in found.bins
    )
    label = "Reliability curve: " + "; ".join(f"stated {one.predicted:.2f}, taken up {one.observed:.2f} of {one.count}" for one in found.bins)
    return Markup(
        '<svg class="curve" viewBox="0 0 {s} {s}" role="img" aria-label="{label}"><path class="frame" d="M{l} 10V{b}H{r}"/><path class="even" d="M{l} {b}L{r} 10"/>{marks}'
        '<text x="{l}" y="{t}">0</text><text x="{r}" y="{t}" text-anchor="end">stated {most}</text><text x="{tl}" y="18" text-anchor="end">{most}</text></svg>'
    ).format(s=SIDE, label=label, l=low, b=10 + side, r=low + side, t=26 + side, tl=low - 4, most=f"{most:.2f}".lstrip("0"), marks=marks)


def _x(at: int, count: int) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * (at / (count - 1) if count > 1 else 0.5), 1)


def _y(value: float, top: float) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - min(value / top, 1)), 1)


def _axis(line: Line, top: float) -> Markup:
    return Markup(
        '<path class="frame" d="M{l} {a}V{b}H{r}"/><text x="{t}" y="{ya}" text-anchor="end">{high}</text><text x="{t}" y="{yb}" text-anchor="end">{zero}</text>'
    ).format(
        l=LEFT, a=TOP, b=HEIGHT - BOTTOM, r=WIDTH - RIGHT, t=LEFT - 5, ya=TOP + 9, yb=HEIGHT - BOTTOM, high=line.written(top).replace(" ", "\u202f"), zero="0"
    )  # fmt: skip


def _path(places: Sequence[tuple[float, float | None]]) -> Markup:
    said, pen = [], "M"
    for x, y in places:
        if y is None:
            pen = "M"
            continue
        said.append(f"{pen}{x:g} {y:g}")
        pen = "L"
    return Markup('<path class="line" d="{}"/>').format("".join(said))


def _mark(x: float, y: float, day: DayQuality, line: Line) -> Markup:
    return Markup('<circle class="point" cx="{x:g}" cy="{y:g}" r="3"><title>{label}: {value}</title></circle>').format(
        x=x, y=y, label=day.label, value=line.written(line.of(day) or 0.0)
    )


def _dates(days: Sequence[DayQuality]) -> Markup:
    first, last = days[0].label, days[-1].label
    drawn = [Markup('<text x="{x}" y="{y}">{d}</text>').format(x=LEFT, y=HEIGHT - 7, d=_short(first))]
    if last != first:
        drawn.append(Markup('<text x="{x}" y="{y}" text-anchor="end">{d}</text>').format(x=WIDTH - RIGHT, y=HEIGHT - 7, d=_short(last)))
    return Markup("").join(drawn)


def _short(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
