"""The day drawn as SVG: a map of its papers, a strip of scores, bars of categories."""

from collections import Counter

from markupsafe import Markup, escape

from broadsheet.report.model import Entry, Report
from broadsheet.report.render.maths import plain_tex

WIDTH, HEIGHT, MARGIN = 760, 300, 20
# Colours are CSS variables so that they follow the dark page; shapes tell the same apart without colour.
SHAPES = ("circle", "square", "triangle", "diamond", "cross", "hexagon", "bar")
BARS = 12
GAP = 20
# A name on the map: how far it stands from its mark, how many letters it has at most, how wide one is drawn with room to spare.
NAME_GAP, NAME_LONGEST, LETTER = 10, 26, 5.6


def day_map(report: Report) -> Markup:
    """Draw the map: picks in the shape and colour of their interest with their number, others as dots; each says its name, and of proposals picks show it where there is room."""
    picks, rest = report.picks(), [e for e in report.entries if e.slot is None]
    dots = [_dot(e) for e in rest]
    spots = _apart([_place(e) for e in picks])
    marks = [_pick(entry, x, y) for entry, (x, y) in zip(picks, spots, strict=True)]
    names = _names(picks, spots) if report.proposed else []
    title = f"Map of the {report.words.whole}: {len(report.entries)} {report.words.many}, {len(picks)} picked; what reads alike lies together."
    return Markup(
        '<svg class="map" viewBox="0 0 {w} {h}" role="group" aria-labelledby="map-title"><title id="map-title">{title}</title>{dots}{names}{marks}</svg>'
    ).format(w=WIDTH, h=HEIGHT, title=title, dots=Markup("").join(dots), names=Markup("").join(names), marks=Markup("").join(marks))


def shape(name: str, x: float, y: float, size: float) -> Markup:
    """Draw one of `SHAPES` around a centre.

    >>> str(shape("square", 10, 10, 4))
    '<path d="M6 6h8v8h-8z"/>'
    """
    s = size
    paths = {
        "square": f"M{x - s:g} {y - s:g}h{2 * s:g}v{2 * s:g}h{-2 * s:g}z",
        "triangle": f"M{x:g} {y - 1.2 * s:g}l{1.2 * s:g} {2.1 * s:g}h{-2.4 * s:g}z",
        "diamond": f"M{x:g} {y - 1.3 * s:g}l{1.3 * s:g} {1.3 * s:g}l{-1.3 * s:g} {1.3 * s:g}l{-1.3 * s:g} {-1.3 * s:g}z",
        "cross": f"M{x - s:g} {y - s / 2:g}h{s / 2:g}v{-s / 2:g}h{s:g}v{s / 2:g}h{s / 2:g}v{s:g}h{-s / 2:g}v{s / 2:g}h{-s:g}v{-s / 2:g}h{-s / 2:g}z",
        "hexagon": f"M{x - 1.1 * s:g} {y:g}l{0.55 * s:g} {-s:g}h{1.1 * s:g}l{0.55 * s:g} {s:g}l{-0.55 * s:g} {s:g}h{-1.1 * s:g}z",
        "bar": f"M{x - 1.4 * s:g} {y - 0.6 * s:g}h{2.8 * s:g}v{1.2 * s:g}h{-2.8 * s:g}z",
    }
    if name in paths:
        return Markup(f'<path d="{paths[name]}"/>')
    return Markup(f'<circle cx="{x:g}" cy="{y:g}" r="{s:g}"/>')


def interest_shape(number: int | None) -> str:
    """Return the shape of an interest by its number; without one, a circle."""
    return SHAPES[(number or 0) % len(SHAPES)]


def ticks(report: Report, width: int = 240) -> Markup:
    """Return the path of all scores of the day, one tick a paper, to be drawn once and used often."""
    places = sorted({round(e.strength * width, 1) for e in report.entries if not e.left_out})
    return Markup("".join(f"M{x:g} 5v8" for x in places))


def strip(entry: Entry, of: str = "day", width: int = 240) -> Markup:
    """Draw a pick's place among all scores of the day, or of the page."""
    x = round(entry.strength * width, 1)
    return Markup(
        '<svg class="strip" viewBox="-4 0 {w} 18" role="img" aria-label="{percent} on the {of}’s scale of scores from 0 to 100">'
        '<use href="#ticks"/><path class="here" d="M{x:g} 1v16"/></svg>'
    ).format(w=width + 8, x=x, of=of, percent=round(100 * entry.strength))


def category_bars(report: Report) -> Markup:
    """Draw how many papers each primary category has, the picked part filled."""
    total = Counter(e.item.categories[0] for e in report.entries if e.item.categories)
    picked = Counter(e.item.categories[0] for e in report.entries if e.item.categories and e.slot is not None)
    if not total:
        return Markup("")
    rows = total.most_common(BARS)
    most, height = rows[0][1], 20 * len(rows) + 4
    drawn = [_bar(name, count, picked[name], most, 20 * row) for row, (name, count) in enumerate(rows)]
    label = "; ".join(f"{name} {count}, {picked[name]} picked" for name, count in rows)
    return Markup('<svg class="bars" viewBox="0 0 360 {h}" role="img" aria-label="{many} by primary category: {label}">{drawn}</svg>').format(
        h=height, many=report.words.many.capitalize(), label=label, drawn=Markup("").join(drawn)
    )


def _bar(name: str, count: int, picked: int, most: int, top: int) -> Markup:
    full, part = round(210 * count / most, 1), round(210 * picked / most, 1)
    return Markup(
        '<text x="92" y="{t}" text-anchor="end">{name}</text><rect class="all" x="100" y="{y}" width="{full}" height="12"/>'
        '<rect class="chosen" x="100" y="{y}" width="{part}" height="12"/><text x="{end}" y="{t}">{count}</text>'
    ).format(t=top + 14, y=top + 4, name=name, full=full, part=part, end=106 + full, count=count)


def _place(entry: Entry) -> tuple[float, float]:
    return round(MARGIN + entry.x * (WIDTH - 2 * MARGIN), 1), round(MARGIN + (1 - entry.y) * (HEIGHT - 2 * MARGIN), 1)


def _apart(places: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Push marks apart until each can be read; the same places always give the same."""
    moved = [list(place) for place in places]
    for _ in range(40):
        for i, one in enumerate(moved):
            for other in moved[:i]:
                dx, dy = one[0] - other[0], one[1] - other[1]
                far = (dx * dx + dy * dy) ** 0.5
                if far < GAP:
                    push = (GAP - far) / 2
                    ux, uy = (dx / far, dy / far) if far else (1.0, 0.0)
                    one[0], one[1] = one[0] + ux * push, one[1] + uy * push
                    other[0], other[1] = other[0] - ux * push, other[1] - uy * push
    return [(round(min(max(x, 12), WIDTH - 12), 1), round(min(max(y, 12), HEIGHT - 12), 1)) for x, y in moved]


def _names(picks: list[Entry], spots: list[tuple[float, float]]) -> list[Markup]:
    """Write the names of picks beside their marks, the first ones first, each where it hides no mark and no other name."""
    taken = [(x - NAME_GAP, y - NAME_GAP, x + NAME_GAP, y + NAME_GAP) for x, y in spots]
    drawn = []
    for entry, (x, y) in zip(picks, spots, strict=True):
        name = plain_tex(entry.item.title)
        name = name if len(name) <= NAME_LONGEST else f"{name[: NAME_LONGEST - 1].rstrip()}…"
        wide = LETTER * len(name)
        for anchor, left in (("start", x + NAME_GAP + 2), ("end", x - NAME_GAP - 2 - wide)):
            box = (left, y - NAME_GAP / 2, left + wide, y + NAME_GAP / 2)
            if left >= 0 and left + wide <= WIDTH and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                at = left if anchor == "start" else left + wide
                drawn.append(
                    Markup('<text class="named" x="{x:g}" y="{y:g}" text-anchor="{a}" aria-hidden="true">{name}</text>').format(
                        x=round(at, 1), y=y + 3.5, a=anchor, name=name
                    )
                )
                break
    return drawn


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _dot(entry: Entry) -> Markup:
    x, y = _place(entry)
    return Markup('<circle class="dot {section}" cx="{x:g}" cy="{y:g}" r="3" role="img"><title>{title}</title></circle>').format(
        section=entry.section, x=x, y=y, title=plain_tex(entry.item.title)
    )


def _pick(entry: Entry, x: float, y: float) -> Markup:
    name = interest_shape(entry.interest)
    drawn = shape(name, x, y, 11 if name == "triangle" else 9)
    return Markup(
        '<a href="#p{slot}"><g class="pick i{interest}"><title>{slot}. {title}</title>{drawn}<text x="{x:g}" y="{ty:g}">{slot}</text></g></a>'
    ).format(
        slot=entry.slot,
        interest=(entry.interest or 0) % len(SHAPES),
        title=escape(plain_tex(entry.item.title)),
        drawn=drawn,
        x=x,
        ty=y + (5.5 if name == "triangle" else 3.5),
    )
