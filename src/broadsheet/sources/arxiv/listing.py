"""The date, the counts and the numbers of papers that arXiv's page of a day's new papers states; nothing else of it is used.

The page replaces addresses in abstracts by words, so a paper's text is never taken from it.
"""

import html
import re
from datetime import date
from typing import NamedTuple

from broadsheet.core.errors import NotAFeedError, RecordError, TruncatedError
from broadsheet.sources.arxiv.ids import as_arxiv_id
from broadsheet.sources.strict import words_of

_MONTHS: tuple[str, ...] = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(r"\b(?:listings?|submissions?|lists?) for (?:[A-Z][a-z]+, )?([0-9]{1,2} [A-Z][a-z]+ (?:[0-9]{2}){1,2})\b")
_PART = re.compile(
    r"\b(new|cross|replacement)[ -](?:submissions?|lists?|listings?)(?: for [a-z0-9, ]{1,40})?\s*\(?\s*showing(?: first)? ([0-9]{1,6}) of ([0-9]{1,6}) entr(?:y|ies)",
    re.IGNORECASE,
)
# A heading of a part, or the link to a paper's own page that opens its entry; links in abstracts have no such title.
_MARKS = re.compile(
    r"<h[2-4]\b[^>]*>\s*(new|cross|replacement)[ -](?:submission|list)"
    r"|<a\s+href\s*=\s*[\"'](?:https?://(?:[a-z]+\.)?arxiv\.org)?/abs/([^\"'\s]+)[\"']\s+title\s*=\s*[\"']Abstract",
    re.IGNORECASE,
)
_TOTAL = re.compile(r"\btotal of ([0-9]{1,6}) entr(?:y|ies)", re.IGNORECASE)
_NOTHING = re.compile(r"\bno updates\b", re.IGNORECASE)
_END = re.compile(rb"</html\s*>\s*(?:<!--.*?-->\s*)*$", re.IGNORECASE | re.DOTALL)
_UNSEEN = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)


class Listing(NamedTuple):
    """A category's newest day by its own page: the label, how many papers of each kind, of all, and how many the page shows.

    `ids` are the papers it shows, entry by entry, each with the heading it stands under: new, cross or replacement.
    """

    label: date
    new: int
    cross: int
    replace: int
    total: int
    shown: int
    ids: tuple[tuple[str, str], ...] = ()


def parse_listing(data: bytes, where: str) -> Listing:
    """Read a listing's date and counts; `where` names it in errors.

    Raises `NotAFeedError` for a page of another kind, `TruncatedError` for a cut one, `RecordError`
    for one whose counts are missing or do not add up.

    >>> page = "<html><h3>Showing new listings for Monday, 9 February 2026</h3><h3>New submissions (showing 2 of 3 entries)</h3></html>"
    >>> parse_listing(page.encode(), "page")
    Listing(label=datetime.date(2026, 2, 9), new=3, cross=0, replace=0, total=3, shown=2, ids=())
    """
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise _no_listing(data, where)
    text = _text(data)
    stated = _DATE.search(text)
    if not stated:
        raise _no_listing(data, where)
    if not _END.search(data):
        raise TruncatedError(f"{where}: The page ends before it is closed.", "Fetch it again; counts of half a page are no counts.")
    parts = {kind.lower(): (int(shown), int(of)) for kind, shown, of in _PART.findall(text)}
    total = _TOTAL.search(text)
    if not parts and not _NOTHING.search(text) and (total is None or int(total.group(1))):
        raise RecordError(f"{where}: the page of {stated.group(1)} states no counts.", "Fetch it again; if it stays so, arXiv's page has changed its form.")
    counted = sum(of for _, of in parts.values())
    if total and parts and int(total.group(1)) != counted:
        raise RecordError(
            f"{where}: the page counts {total.group(1)} papers, and its parts {counted}.", "Fetch it again; a listing that is being rebuilt may not add up."
        )
    new, cross, replace = (parts.get(kind, (0, 0))[1] for kind in ("new", "cross", "replacement"))
    return Listing(_date(stated.group(1), where), new, cross, replace, counted, sum(shown for shown, _ in parts.values()), _ids(data))


def _ids(data: bytes) -> tuple[tuple[str, str], ...]:
    """Return each entry: its paper, and the heading that it stands under."""
    found: list[tuple[str, str]] = []
    heading = ""
    for mark in _MARKS.finditer(_UNSEEN.sub(" ", data.decode("utf-8", "replace"))):
        if mark.group(1):
            heading = mark.group(1).lower()
        elif heading and (paper := as_arxiv_id(html.unescape(mark.group(2)))):
            found.append((paper.key, heading))
    return tuple(found)


def _text(data: bytes) -> str:
    # A tag parts words; a run of white space is one space.
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", _UNSEEN.sub(" ", data.decode("utf-8", "replace")))).split())


def _date(text: str, where: str) -> date:
    day, month, year = text.split()
    try:
        return date(int(year) if len(year) == 4 else 2000 + int(year), _MONTHS.index(month[:3]) + 1, int(day))
    except ValueError:
        raise RecordError(f"{where}: {text!r} is no date.", "Listings are dated like: Monday, 9 February 2026.") from None


def _no_listing(data: bytes, where: str) -> NotAFeedError:
    words = words_of(data)
    says = f" It says: {words}" if words else ""
    return NotAFeedError(f"{where} is no listing of new papers.{says}", "Fetch it again later; open its address in a browser to read the whole.")
