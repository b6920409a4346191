"""A sheet as one self-contained HTML page."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from broadsheet.needs.view import drawing
from broadsheet.needs.view.sheet import PairRow, Quotation, Sheet

HEADLINES = {
    "cumulative": "Needs build on one another",
    "unfolding": "People speak of where they stand",
    "none": "No hierarchy in these posts",
    "undetermined": "These posts do not tell",
}
VERDICTS = {
    "cumulative": "A cumulative hierarchy.",
    "unfolding": "Unfolding, which is no cumulative hierarchy.",
    "none": "No hierarchy.",
    "undetermined": "Undetermined: the posts neither show a hierarchy nor rule one out.",
}
STRENGTHS = {"none": "no scale", "weak": "a weak scale", "medium": "a medium scale", "strong": "a strong scale", "untold": "cannot be told"}
NOTHING = "not told"


def page(sheet: Sheet) -> str:
    """Write the page; it makes no request and needs no script. Every number in it stands in a `data` element that says where in the JSON it is."""
    held = sheet.model_dump(mode="json")
    figures = {(row.one, row.other): number for number, row in enumerate(sheet.pairs)}
    quotes: dict[str, list[Quotation]] = {}
    for quote in sheet.quotations:
        quotes.setdefault(quote.level, []).append(quote)
    shares = [row.share_high or row.share for row in sheet.levels if row.share]
    return (
        _environment()
        .get_template("needs.html")
        .render(
            sheet=sheet,
            num=_numbers(held),
            headline=HEADLINES[sheet.whole.verdict],
            verdict=VERDICTS[sheet.whole.verdict],
            strength=STRENGTHS[sheet.whole.strength],
            widest=max(shares, default=1.0) or 1.0,
            climbs=drawing.climbs(sheet.arrows, sheet.levels),
            at=figures,
            quotes=quotes,
            names={row.id: row.name for row in sheet.levels},
            orders={row.id: row.order for row in sheet.levels},
            months=list(dict.fromkeys(row.month for row in sheet.months)),
            highest=max((row.share for row in sheet.months if row.share), default=0.0) or 1.0,
            tables={name: bool(held[name]) for name in ("facts", "themes", "quotations")},
        )
    )


def _numbers(held: dict[str, Any]) -> Callable[..., Markup]:
    """Return what writes the value at a place in the JSON, such as `levels/3/share`, in a form of `FORMS`."""

    def written(place: str, form: str = "count") -> Markup:
        value: Any = held
        for key in place.split("/"):
            value = value[int(key)] if isinstance(value, list) else value[key]
        if value is None:
            return Markup('<span class="few" data-of="{}">{}</span>').format(place, NOTHING)
        if isinstance(value, str):
            return Markup('<span class="few" data-of="{}">{}</span>').format(place, value)
        return Markup('<data value="{}" data-of="{}">{}</data>').format(json.dumps(value), place, FORMS[form](value))

    return written


def share(value: float) -> str:
    """Write a share as percent, and none as all or nothing that is not.

    >>> share(0.346), share(0.0004), share(0.9996)
    ('35 %', '< 1 %', '> 99 %')
    """
    if 0 < value < 0.005:
        return "< 1 %"
    return "> 99 %" if 0.995 <= value < 1 else f"{100 * value:.0f} %"


def chance(value: float) -> str:
    """Write a probability from resamples, which makes nothing certain.

    >>> chance(0.314), chance(0.0), chance(1.0)
    ('.31', '<.01', '>.99')
    """
    if value < 0.01:
        return "<.01"
    return ">.99" if value > 0.99 else f"{value:.2f}".lstrip("0")


def p_value(value: float) -> str:
    """Write a p-value.

    >>> p_value(0.0), p_value(0.0241)
    ('p < 0.001', 'p = 0.024')
    """
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def signed(value: float) -> str:
    """Write a number with its sign.

    >>> signed(2.25), signed(-12.0), signed(0.0)
    ('+2.2', '−12.0', '0.0')
    """
    return f"{value:+.1f}".replace("-", "−") if abs(value) >= 0.05 else "0.0"


def decimal(value: float) -> str:
    """Write an H or a tau.

    >>> decimal(-0.126)
    '−0.13'
    """
    return f"{value:.2f}".replace("-", "−")


FORMS: dict[str, Callable[[Any], str]] = {
    "count": lambda value: f"{value:,}",
    "share": share,
    "chance": chance,
    "p": p_value,
    "signed": signed,
    "decimal": decimal,
    "round": lambda value: f"{value:,.0f}",
}


def heat(row: PairRow, figure: str) -> Markup:
    """Return class and strength of a cell of a heat table: how far from the middle, and to which side; strong ones are bold too."""
    value = getattr(row, figure)
    if value is None:
        return Markup('class="gap"')
    part = min(abs(value - 0.5) * 2, 1.0) if figure == "below" else min(abs(value) / 6, 1.0)
    strong = part >= 0.9 if figure == "below" else abs(value) >= 3
    sides = ("hot" if value >= (0.5 if figure == "below" else 0) else "cold") + (" strong" if strong else "")
    return Markup('class="{}" style="--v:{:.0f}%"').format(sides, 3 + 45 * part)


@cache
def _environment() -> Environment:
    environment = Environment(loader=PackageLoader("broadsheet.needs.view"), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    names: dict[str, Any] = environment.globals
    names.update(
        box=drawing.box,
        gain_bar=drawing.gain_bar,
        heat=heat,
        level_bar=drawing.level_bar,
        month_line=drawing.month_line,
        ruler=drawing.ruler,
        tau_dot=drawing.tau_dot,
    )
    return environment
