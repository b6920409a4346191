"""Places before and after, drawn as lines from the left to the right."""

from collections.abc import Mapping, Sequence
from typing import Final

from markupsafe import Markup

ROW: Final = 26
"""Height of a place, in CSS pixels; the lists of titles beside the picture have rows as high."""
MOST: Final = 40
"""More places than these are not drawn."""
WIDTH, LEFT, RIGHT = 160, 26, 134
MARKS: Final = {"up": "↑", "down": "↓", "new": "+", "gone": "×", "same": ""}


def slope(was: Sequence[str], now: Sequence[str], titles: Mapping[str, str]) -> Markup:
    """Draw where each item stood and stands; its description says the same in words. Nothing is drawn of too many places.

    >>> drawn = slope(["a", "b"], ["b", "c"], {"a": "Ale", "b": "Bread", "c": "<Cake>"})
    >>> "Bread from 2 to 1; &lt;Cake&gt; new at 1" in drawn or "Bread from 2 to 1; &lt;Cake&gt; new at 2" in drawn
    True
    """
    rows = max(len(was), len(now))
    if not rows or rows > MOST:
        return Markup("")
    first, last = ({item: place for place, item in enumerate(items)} for items in (was, now))
    # Those that did not move are drawn first, so that the others lie above them.
    every = sorted({*was, *now}, key=lambda item: (way(first.get(item), last.get(item)) != "same", last.get(item, rows), first.get(item, rows)))
    lines = Markup("").join(_line(first.get(item), last.get(item)) for item in every)
    numbers = Markup("").join(
        Markup('<text class="{}" x="{}" y="{:g}">{}</text>').format(side, at, _middle(place) + 4, place + 1)
        for side, at, count in (("was", LEFT - 7, len(was)), ("now", RIGHT + 7, len(now)))
        for place in range(count)
    )
    said = "; ".join(_said(titles.get(item, item), first.get(item), last.get(item)) for item in [*now, *(one for one in was if one not in last)])
    return Markup(
        '<svg class="slope" viewBox="0 0 {width} {height}" role="img" aria-labelledby="slope-title slope-said"><title id="slope-title">Places before and after</title>'
        '<desc id="slope-said">{said}.</desc>{lines}{numbers}</svg>'
    ).format(width=WIDTH, height=rows * ROW, said=said, lines=lines, numbers=numbers)


def way(was: int | None, now: int | None) -> str:
    """Return how an item moved between two places from nought.

    >>> way(3, 1), way(1, 1), way(None, 0), way(2, None)
    ('up', 'same', 'new', 'gone')
    """
    if now is None:
        return "gone"
    if was is None:
        return "new"
    return "same" if was == now else "up" if now < was else "down"


def _line(was: int | None, now: int | None) -> Markup:
    kind = way(was, now)
    # What came or went has half a line, level, with its mark at the loose end.
    start, end = (_middle(place if place is not None else other or 0) for place, other in ((was, now), (now, was)))
    left, right = LEFT if was is not None else RIGHT - 26, RIGHT if now is not None else LEFT + 26
    drawn = Markup('<line x1="{}" y1="{:g}" x2="{}" y2="{:g}"/>').format(left, start, right, end)
    if kind in {"new", "gone"}:
        drawn += Markup('<text class="mark" x="{}" y="{:g}">{}</text>').format(left - 8 if kind == "new" else right + 8, start + 4.5, MARKS[kind])
    else:
        drawn += Markup("").join(Markup('<circle cx="{}" cy="{:g}" r="3"/>').format(x, y) for x, y in ((LEFT, start), (RIGHT, end)))
    return Markup('<g class="{}">{}</g>').format(kind, drawn)


def _middle(place: int) -> float:
    return (place + 0.5) * ROW


def _said(title: str, was: int | None, now: int | None) -> str:
    if now is None:
        return f"{title} gone from {(was or 0) + 1}"
    if was is None:
        return f"{title} new at {now + 1}"
    return f"{title} stays at {now + 1}" if was == now else f"{title} from {was + 1} to {now + 1}"
