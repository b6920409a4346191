"""Small days for the double of arXiv, and strict readers of what it writes; nothing in them is real."""

from contextlib import contextmanager
from datetime import date, datetime
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, fromstring
from zoneinfo import ZoneInfo

from broadsheet.core.clock import SetClock
from broadsheet.core.schema import Announce
from broadsheet.sample.arxiv import ArxivServer, DayList, Listed, Version

EASTERN = ZoneInfo("America/New_York")
THURSDAY, FRIDAY, MONDAY = date(2026, 3, 5), date(2026, 3, 6), date(2026, 3, 9)
SPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "arxiv": "http://arxiv.org/schemas/atom",
    "dc": "http://purl.org/dc/elements/1.1/",
    "search": "http://a9.com/-/spec/opensearch/1.1/",
    "oai": "http://www.openarchives.org/OAI/2.0/",
    "raw": "http://arxiv.org/OAI/arXivRaw/",
    "form": "http://arxiv.org/OAI/arXiv/",
    "oai_dc": "http://www.openarchives.org/OAI/2.0/oai_dc/",
}


def listed(number: int, label: date = MONDAY, **fields) -> Listed:
    """Return a paper with nothing special; its number is one that no month reached."""
    plain = {
        "title": f"Paper {number}",
        "text": f"What paper {number} says.",
        "creators": ("Ana Ruiz", "Ondřej Wójcik"),
        "categories": ("cs.IR",),
        "lists": ("cs.IR",),
        "kind": Announce.NEW,
    }
    return Listed(id=f"2603.9{number:04}", label=label, **{**plain, **fields})


def days() -> list[DayList]:
    """Three labels about a change of clocks: paper 1 is renamed, paper 2 replaced and withdrawn, paper 3 on two lists, paper 4 a cross-list, paper 5 old."""
    renamed, doubted = listed(1, THURSDAY), listed(2, THURSDAY)
    both = listed(3, FRIDAY, categories=("cs.CL", "cs.IR"), lists=("cs.CL", "cs.IR"))
    cross = listed(
        4, FRIDAY, categories=("stat.ML", "cs.IR"), kind=Announce.CROSS, comment="12 pages", doi="10.5555/x", journal="J. Lamps 3", licence="http://cc/by"
    )
    replaced = listed(2, FRIDAY, version=2, kind=Announce.REPLACE, text="Said again.")
    old = listed(
        5,
        categories=("cs.CL", "cs.IR"),
        lists=("cs.CL", "cs.IR"),
        kind=Announce.REPLACE,
        version=3,
        history=(Version(1, date(2025, 1, 7), "First name", "First words."),),
    )
    again = listed(1, version=2, kind=Announce.REPLACE, title="Paper 1, renamed", comment="v2: title changed")
    gone = listed(2, version=3, kind=Announce.WITHDRAWN, text="Said again.", comment="This paper has been withdrawn by the authors")
    today = [listed(number) for number in range(10, 16)]
    return [DayList(THURSDAY, (renamed, doubted)), DayList(FRIDAY, (both, cross, replaced)), DayList(MONDAY, (*today, old, again, gone))]


def eastern(day: date, hour: int, minute: int = 0) -> datetime:
    """Return an instant by the clock of the US East."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=EASTERN)


@contextmanager
def serving(at: datetime, served=None, **options):
    """Serve days with a clock that stands at an instant."""
    with ArxivServer(days() if served is None else served, clock=SetClock(at), **options) as server:
        yield server


def tree(data: bytes) -> Element:
    """Read XML strictly."""
    return fromstring(data)


def told(element: Element, path: str) -> str:
    """Return the text at a path that is there once."""
    (found,) = element.findall(path, SPACES)
    return found.text or ""


def all_told(element: Element, path: str) -> list[str]:
    """Return the texts at a path."""
    return [found.text or "" for found in element.findall(path, SPACES)]


class ListPage(HTMLParser):
    """A reader of the listing page: headings, ids, and the text of each class."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.ids: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        kind = (given.get("class") or "").partition(" ")[0]
        self._open.append((tag, kind))
        if tag == "h3":
            self.headings.append("")
        if tag == "a" and given.get("title") == "Abstract":
            self.ids.append(given["id"])
        if kind:
            self.texts.setdefault(kind, []).append("")

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, data):
        for tag, kind in self._open:
            if tag == "h3":
                self.headings[-1] += data
            if kind:
                self.texts[kind][-1] += data
