"""The page of a category's newest list, as arXiv shows it to people."""

import re
from collections.abc import Sequence
from datetime import date
from itertools import count
from xml.sax.saxutils import quoteattr

from broadsheet.core.schema import Announce
from broadsheet.sample.arxiv.archive import Entry, is_withdrawn
from broadsheet.sample.arxiv.markup import escaped, lines

MOST = 2000
_SECTIONS = (
    ("New submissions", (Announce.NEW,)),
    ("Cross submissions", (Announce.CROSS,)),
    ("Replacement submissions", (Announce.REPLACE, Announce.REPLACE_CROSS)),
)
_ADDRESS = re.compile(r"(https?://[!-;=?-~]*[!-'*+/-9=?-~-])")


def listing(category: str, label: date | None, entries: Sequence[Entry], *, skip: int = 0, show: int = MOST, hidden: int = 0) -> bytes:
    """Write the page: its date, and by section how many entries it shows of how many there are.

    `hidden` entries at the end are counted as shown, and are not there.
    """
    day = f"{label:%A}, {label.day} {label:%B} {label.year}" if label else ""
    shown = entries[skip : skip + show]
    numbers = count(skip + 1)
    parts = [_section(heading, kinds, entries, shown, numbers, hidden) for heading, kinds in _SECTIONS]
    body = "".join(parts) or "<p>No updates today.</p>\n"
    total = f"<div class='paging'>Total of {len(entries)} entries\n</div>\n<div class='morefewer'>Showing up to {show} entries per page</div>\n"
    return _page(category, f"<h3>Showing new listings for {day}</h3>\n{total if entries else ''}{body}")


def other_layout(category: str, label: date | None, entries: Sequence[Entry]) -> bytes:
    """Write the same papers as a page that nobody has seen before: no date, no counts, other elements."""
    articles = (
        f"<article data-id='{entry.paper.id}'><h2>{escaped(entry.paper.title)}</h2><p>{escaped(', '.join(entry.paper.creators))}</p></article>"
        for entry in entries
    )
    return _page(category, f"<main class='new-listing' data-build='{label.toordinal() if label else 0}'>\n{lines(articles)}</main>\n")


def refusal(text: str) -> bytes:
    """Write the page that says why there is no list."""
    return _page("arXiv", f"<h1>Error</h1>\n<p>{escaped(text)}</p>\n")


def _page(title: str, body: str) -> bytes:
    head = f"<head><title>{escaped(title)}</title><meta charset='utf-8'/></head>"
    return f"<!DOCTYPE html>\n<html lang='en'>\n{head}\n<body>\n<div id='dlpage'>\n<h1>{escaped(title)}</h1>\n{body}</div>\n</body>\n</html>\n".encode()


def _section(heading: str, kinds: Sequence[Announce], entries: Sequence[Entry], shown: Sequence[Entry], numbers: "count[int]", hidden: int) -> str:
    of = [entry for entry in entries if entry.kind in kinds]
    here = [entry for entry in shown if entry.kind in kinds]
    if not here:
        return ""
    last = entries[-1:] and of[-1] is entries[-1]
    items = [_item(next(numbers), entry) for entry in here]
    kept = items[: len(items) - hidden] if last and hidden else items
    return f"<dl id='articles'>\n<h3>{heading} (showing {len(here)} of {len(of)} entries)</h3>\n{''.join(kept)}</dl>\n"


def _item(number: int, entry: Entry) -> str:
    paper, about = entry.paper, ""
    if entry.kind in {Announce.CROSS, Announce.REPLACE_CROSS}:
        about = f" (cross-list from {paper.primary})" if entry.kind is Announce.CROSS else " (replaced)"
    elif entry.kind is Announce.REPLACE:
        about = " (replaced)"
    links = "" if is_withdrawn(paper) else f'[<a href="/pdf/{paper.id}" title="Download PDF" id="pdf-{paper.id}">pdf</a>]'
    names = ", ".join(f'<a href="/a/{number}-{place}">{escaped(name)}</a>' for place, name in enumerate(paper.creators))
    first, *others = paper.categories or paper.lists
    inner = [
        f"<dt>\n<a name='item{number}'>[{number}]</a>",
        f'<a href ="/abs/{paper.id}" title="Abstract" id="{paper.id}">\n  arXiv:{paper.id}\n</a>{about}\n{links}\n</dt>',
        f"<dd>\n<div class='meta'>\n<div class='list-title mathjax'><span class='descriptor'>Title:</span>\n  {escaped(paper.title)}\n</div>",
        f"<div class='list-authors'>{names}</div>",
        f"<div class='list-comments mathjax'><span class='descriptor'>Comments:</span>\n  {_linked(paper.comment)}\n</div>" if paper.comment else "",
        "<div class='list-subjects'><span class='descriptor'>Subjects:</span>",
        f'  <span class="primary-subject">({first})</span>{"".join(f"; ({name})" for name in others)}\n</div>',
        f"<p class='mathjax'>\n  {_linked(paper.text)}\n</p>\n</div>\n</dd>",
    ]
    return lines(inner)


def _linked(text: str) -> str:
    # The pattern has one group: every second part is an address.
    parts = _ADDRESS.split(text)
    return "".join(f"<a href={quoteattr(part)}>this https URL</a>" if place % 2 else escaped(part) for place, part in enumerate(parts))
