"""The report as one self-contained HTML page, and the index of all days."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from broadsheet import __version__
from broadsheet.core.schema import Item
from broadsheet.report.feedback import links
from broadsheet.report.model import Entry, Report
from broadsheet.report.render import drawing
from broadsheet.report.render.maths import plain_tex, render_tex
from broadsheet.report.render.run_picture import run_picture, seconds
from broadsheet.sample import NOTICE
from broadsheet.stack.record import told

SECTIONS = (
    ("new", "New", "Announced for the first time."),
    ("cross", "Cross-listed", "New here, with another first category."),
    ("updated", "Updated", "New versions of what was announced before."),
    ("withdrawn", "Withdrawn", "Taken back by their authors."),
)

# Of what else a table says of an item: so many words of so many letters.
FEW, SHORT = 8, 30
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")


def report_page(report: Report) -> str:
    """Write the page; it makes no request and needs no script."""
    return environment().get_template("report.html").render(report=report, sections=SECTIONS, notice=NOTICE)


def index_page(days: Sequence[dict[str, Any]], title: str, *, judged: bool = False) -> str:
    """Write the index over all days; `days` as `index.json` has them, newest first. `judged` says that there is a page of their quality."""
    return environment().get_template("index.html").render(days=days, title=title, notice=NOTICE, judged=judged)


def abstract(entry: Entry) -> Markup:
    """Render an abstract with its key sentences, and what a summary of it rests on, marked."""
    return render_tex(entry.item.text, [(s.start, s.end) for s in (*entry.key_sentences, *(entry.summary.spans if entry.summary else ()))])


def authors(item: Item, most: int = 8) -> str:
    """Name the authors, at most `most` and then how many more."""
    names = list(item.creators)
    return ", ".join(names) if len(names) <= most + 1 else ", ".join(names[:most]) + f" and {len(names) - most} more"


def said_of(item: Item) -> list[tuple[str, str]]:
    """Return what else a table says of an item, in a few short words: what is long, and the name of a picture, is left out.

    >>> said_of(Item(id="a", title="Tea", attributes={"price_eur": 3.5, "image": "a.png", "note": "x" * 99}))
    [('price eur', '3.5')]
    """
    known = (
        (name.replace("_", " ").strip(), str(value))
        for name, value in item.attributes.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    )
    return [(name, value) for name, value in known if value and len(value) <= SHORT and not value.lower().endswith(PICTURES)][:FEW]


def proposal(report: Report) -> str:
    """Say what a page of proposals holds, and in which order: where a plan held some back, these are not where their score would have them."""
    held_back = report.plan.held_back if report.plan is not None else 0
    order = "the best first" if not held_back else f"the best first, but for {held_back:,} that the plan of categories held back: these stand lower"
    return f"What {report.reader} has not {report.words.had}, {order}."


def percent(share: float) -> str:
    """Write a share as whole percent.

    >>> percent(0.346)
    '35 %'
    """
    return f"{100 * share:.0f} %"


def chance(value: float) -> str:
    """Write a probability with two digits, and never as certain.

    >>> chance(0.314), chance(0.0004), chance(0.9996)
    ('.31', '< .01', '> .99')
    """
    if value < 0.01:
        return "< .01"
    return "> .99" if value > 0.99 else f"{value:.2f}".lstrip("0")


def long_date(day: date) -> str:
    """Write a date in full.

    >>> long_date(date(2026, 2, 9))
    'Monday 9 February 2026'
    """
    return f"{day:%A} {day.day} {day:%B %Y}"


def listening() -> Markup:
    """Return what lets a browser tell the reader's own server that a paper was opened; nothing where no address is configured."""
    base = links.base_address()
    return Markup("; connect-src {}").format("/".join(base.split("/")[:3])) if base else Markup()


def ping(report: Report, entry: Entry) -> Markup:
    """Return the attribute by which a browser posts that a paper was opened: following the link itself is a GET, and no vote."""
    address = links.opened(report, entry)
    return Markup(' ping="{}"').format(address) if address else Markup()


@cache
def environment() -> Environment:
    """Return the templates, with what they may call."""
    environment = Environment(
        loader=PackageLoader("broadsheet.report.render"), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    names: dict[str, Any] = environment.globals
    names.update(
        abstract=abstract,
        authors=authors,
        bars=drawing.category_bars,
        day_map=drawing.day_map,
        feedback=links.of,
        interest_shape=drawing.interest_shape,
        interest_count=len(drawing.SHAPES),
        listening=listening,
        ping=ping,
        proposal=proposal,
        said_of=said_of,
        run_picture=run_picture,
        seconds=seconds,
        shape=drawing.shape,
        strip=drawing.strip,
        ticks=drawing.ticks,
        told=told,
        version=__version__,
    )
    environment.filters.update(tex=render_tex, plain=plain_tex, percent=percent, chance=chance, long_date=long_date)
    return environment
