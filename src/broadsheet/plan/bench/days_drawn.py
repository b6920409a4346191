"""The bench of days drawn as SVG: readers kept day by day, and categories seen, a line and a band for each row."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from markupsafe import Markup

from broadsheet.core.errors import RecordError
from broadsheet.plan.bench.days import CATEGORIES, KEPT

WIDTH, HEIGHT, LEFT, TOP, FOOT, SIDE, BETWEEN = 960, 360, 44, 40, 36, 150, 70
COLOURS: Final = ("#0b6e4f", "#b3541e", "#3b5ba5", "#7a6f9b", "#6b705c", "#a23b72", "#4a4a4a")
"""Of lines, in the order of the rows; they keep 4.5 to 1 on white, and stand on a white sheet of their own."""
DASHES: Final = ("", "6 3", "2 3", "8 3 2 3", "1 4", "10 4", "4 4")
"""Lines differ without colour too."""
APART: Final = 15.0


class Curve(NamedTuple):
    """A figure by day with its interval, of the row of that name."""

    name: str
    middle: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def curves(rows: Sequence[Mapping[str, Any]], figure: str) -> list[Curve]:
    """Return the curves of a figure from the rows of single days, in the order of the table."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        arm, comma, day = str(row["name"]).rpartition(", day ")
        if comma and day.isdigit():
            found.setdefault(arm.partition(": ")[2] or arm, []).append(row)
    return [Curve(arm, *(tuple(float(one[key]) for one in days) for key in (figure, f"{figure}_lo", f"{figure}_hi"))) for arm, days in found.items()]


def drawn(bench: Mapping[str, Any]) -> str:
    """Return a bench of days (as JSON has it) as one SVG. Raises RecordError where it has no row of a single day."""
    kept, seen = (curves(bench["rows"], figure) for figure in (KEPT, CATEGORIES))
    if not kept:
        raise RecordError(f"The bench {bench.get('bench')!r} has no figures by day.", "Draw what `broadsheet bench plan --env days --json` printed.")
    panels = (
        _panel(kept, "Readers kept", "share of readers who come again", 1.0, 0),
        _panel(seen, "Categories seen", "different categories a reader was shown so far", max(max(one.high) for one in seen), 1),
    )
    last = [f"{one.name} {one.middle[-1]:.2f} ({one.low[-1]:.2f} to {one.high[-1]:.2f})" for one in kept]
    label = f"Readers kept after {len(kept[0].middle)} days: {'; '.join(last)}."
    return str(
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" role="img" aria-label="{label}" font-family="system-ui, sans-serif" font-size="12">'
            '<rect width="100%" height="100%" fill="#fff"/>{panels}'
            '<text x="{x}" y="{y}" fill="#555">Bands: 95 % over readers, {seeds} seeds.</text></svg>\n'
        ).format(w=WIDTH, h=HEIGHT, label=label, panels=Markup("").join(panels), x=LEFT, y=HEIGHT - 4, seeds=bench["seeds"])
    )


def _panel(lines: Sequence[Curve], title: str, unit: str, most: float, number: int) -> Markup:
    wide = (WIDTH - LEFT - SIDE - BETWEEN) / 2
    x0 = LEFT + number * (wide + BETWEEN)
    y1, days = HEIGHT - FOOT, len(lines[0].middle)
    top = _round_up(most)

    def at(day: float, value: float) -> str:
        return f"{x0 + wide * day / days:.1f} {y1 - (y1 - TOP) * value / top:.1f}"

    parts = [Markup('<text x="{}" y="18" font-weight="600">{}</text><text x="{}" y="32" fill="#555">{}</text>').format(f"{x0:.0f}", title, f"{x0:.0f}", unit)]
    for share in range(5):
        value = top * share / 4
        y = y1 - (y1 - TOP) * share / 4
        parts.append(
            Markup('<path d="M{} {}h{}" stroke="#ddd"/><text x="{}" y="{}" text-anchor="end" fill="#555">{}</text>').format(
                f"{x0:.1f}", f"{y:.1f}", f"{wide:.1f}", f"{x0 - 6:.1f}", f"{y + 4:.1f}", f"{value:g}"
            )
        )
    named = sorted({1, *range(5, days + 1, 5), days})
    day_name = Markup('<text x="{}" y="{}" text-anchor="middle" fill="#555">{}</text>')
    parts += [day_name.format(at(day, 0).split()[0], y1 + 15, day) for day in named]
    parts += [_line(line, place, at) for place, line in enumerate(lines)]
    # Names stand once, beside the right panel, none over another.
    if number:
        parts += _names(lines, [y1 - (y1 - TOP) * line.middle[-1] / top for line in lines], x0 + wide + 8)
    return Markup("").join(parts)


def _line(line: Curve, place: int, at: Any) -> Markup:
    colour, dash = COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)]
    days = range(1, len(line.middle) + 1)
    band = [at(day, value) for day, value in zip(days, line.high, strict=True)] + [at(day, line.low[day - 1]) for day in reversed(days)]
    path = [at(day, value) for day, value in zip(days, line.middle, strict=True)]
    return Markup('<path d="M{}z" fill="{}" opacity=".15"/><path d="M{}" fill="none" stroke="{}" stroke-width="2" stroke-dasharray="{}"/>').format(
        "L".join(band), colour, "L".join(path), colour, dash or "none"
    )


def _names(lines: Sequence[Curve], ends: Sequence[float], x: float) -> list[Markup]:
    order = sorted(range(len(lines)), key=lambda place: ends[place])
    y, parts = -APART, []
    for place in order:
        y = max(ends[place], y + APART)
        colour = COLOURS[place % len(COLOURS)]
        parts.append(Markup('<text x="{}" y="{}" fill="{}">{}</text>').format(f"{x:.0f}", f"{y + 4:.1f}", colour, lines[place].name))
    return parts


def _round_up(value: float) -> float:
    """Return the least of 1, 2, 4, 8, 12, 16, 20, 40, 80 ... that is not below a value.

    >>> _round_up(9.3), _round_up(1.0)
    (12.0, 1.0)
    """
    for step in (1, 2, 4, 8, 12, 16, 20, 24, 32, 40, 60, 80, 100):
        if value <= step:
            return float(step)
    return float(value)
