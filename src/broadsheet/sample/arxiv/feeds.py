"""The feeds of a day as arXiv writes them: RSS 2.0 and Atom."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import NamedTuple

from broadsheet.sample.arxiv.archive import Entry
from broadsheet.sample.arxiv.hours import rebuilt_at
from broadsheet.sample.arxiv.markup import DECLARATION, element, escaped, lines, optional
from broadsheet.sample.arxiv.names import joined

MOST = 2000
_LICENCE = "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"
_EXTENSIONS = 'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"'
_RSS = f'<rss {_EXTENSIONS} xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" version="2.0">'
_ATOM = f'<feed {_EXTENSIONS} xmlns="http://www.w3.org/2005/Atom" xml:lang="en-us">'


class Page(NamedTuple):
    """One feed: its categories, when it was built, which instant it is dated, and what it holds; `fault` is what it reports in their place."""

    categories: tuple[str, ...]
    link: str
    built: datetime
    dated: datetime
    entries: Sequence[Entry]
    fault: str = ""

    @property
    def title(self) -> str:
        """The feed's title; that of a feed that reports an error names the query."""
        return f"Feed error for query: {self.link}" if self.fault else f"{', '.join(self.categories)} updates on arXiv.org"

    @property
    def about(self) -> str:
        """The feed's description, or the error that it reports."""
        return self.fault or f"{', '.join(self.categories)} updates on the arXiv.org e-print archive."


def rss(page: Page) -> bytes:
    """Write a feed as RSS 2.0."""
    head = [
        element("title", page.title),
        element("link", page.link),
        element("description", page.about),
        element("atom:link", attributes={"href": page.link, "rel": "self", "type": "application/rss+xml"}),
        element("docs", "http://www.rssboard.org/rss-specification"),
        element("language", "en-us"),
        element("lastBuildDate", format_datetime(page.built.astimezone(UTC))),
        element("managingEditor", "rss-help@arxiv.org"),
        element("pubDate", format_datetime(page.dated)),
        "<skipDays>",
        *(f"  {element('day', day)}" for day in ("Sunday", "Saturday")),
        "</skipDays>",
    ]
    items = "".join(_rss_item(entry) for entry in page.entries)
    return f"{DECLARATION}{_RSS}\n  <channel>\n{lines(head, 4)}{items}  </channel>\n</rss>\n".encode()


def atom(page: Page) -> bytes:
    """Write a feed as Atom."""
    head = [
        element("id", page.link),
        element("title", page.title),
        element("updated", page.built.astimezone(UTC).isoformat(timespec="microseconds")),
        element("link", attributes={"href": page.link, "rel": "self", "type": "application/atom+xml"}),
        element("subtitle", page.about),
    ]
    entries = "".join(_atom_entry(entry, page.built) for entry in page.entries)
    return f"{DECLARATION}{_ATOM}\n{lines(head, 2)}{entries}</feed>\n".encode()


def _rss_item(entry: Entry) -> str:
    paper = entry.paper
    inner = [
        f"<title>{escaped(paper.title)}</title>",
        element("link", f"https://arxiv.org/abs/{paper.id}"),
        element("description", _described(entry)),
        element("guid", _identity(entry), {"isPermaLink": "false"}),
        *(element("category", name) for name in paper.categories or paper.lists),
        element("pubDate", format_datetime(rebuilt_at(entry.dated))),
        *_extensions(entry),
    ]
    return f"    <item>\n{lines(inner, 6)}    </item>\n"


def _atom_entry(entry: Entry, built: datetime) -> str:
    paper = entry.paper
    inner = [
        element("id", _identity(entry)),
        f"<title>{escaped(paper.title)}</title>",
        element("updated", built.astimezone(UTC).isoformat(timespec="microseconds")),
        element("link", attributes={"href": f"https://arxiv.org/abs/{paper.id}", "rel": "alternate", "type": "text/html"}),
        element("summary", _described(entry)),
        *(element("category", attributes={"term": name}) for name in paper.categories or paper.lists),
        element("published", rebuilt_at(entry.dated).isoformat()),
        *_extensions(entry),
    ]
    return f"  <entry>\n{lines(inner, 4)}  </entry>\n"


def _identity(entry: Entry) -> str:
    return f"oai:arXiv.org:{entry.paper.id}v{entry.paper.version}"


def _described(entry: Entry) -> str:
    return f"arXiv:{entry.paper.id}v{entry.paper.version} Announce Type: {entry.kind} \nAbstract: {entry.paper.text}"


def _extensions(entry: Entry) -> list[str]:
    paper = entry.paper
    return [
        element("arxiv:announce_type", entry.kind),
        element("dc:rights", paper.licence or _LICENCE),
        optional("arxiv:DOI", paper.doi),
        optional("arxiv:journal_reference", paper.journal),
        element("dc:creator", paper.verbatim or joined(paper.creators)),
    ]
