"""Harvests by OAI-PMH: every paper of a category that changed within days, with its versions."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from broadsheet.core.errors import FeedError, IdentifierError, RecordError
from broadsheet.core.schema import Item
from broadsheet.sources.arxiv.addresses import Addresses
from broadsheet.sources.arxiv.ids import parse_arxiv_id
from broadsheet.sources.feeds import MissingResultsError
from broadsheet.sources.names import split_names, without_tex
from broadsheet.sources.strict import parse_xml
from broadsheet.sources.withdrawal import is_withdrawn

PREFIXES = ("arXivRaw", "arXiv")
_GROUPS = {"cs", "econ", "eess", "math", "q-bio", "q-fin", "stat"}
_VERSION = re.compile(r"v([1-9][0-9]{0,3})")
_INNER = re.compile(r"\s*\([^()]*\)")
_AND = re.compile(r",?\s+and\s+(?![^(]*\))")
# What arXiv calls the source of a version that was withdrawn.
_NO_SOURCE = "I"
_RESTARTS = 3


class ExpiredTokenError(FeedError):
    """A token to go on with that the server does not take any more; the harvest begins again from where it is."""


class Version(NamedTuple):
    """One version of a paper: its number, when it was submitted, its size and kind of source as arXiv writes them."""

    number: int
    at: datetime
    size: str = ""
    source: str = ""


@dataclass(frozen=True)
class Harvested:
    """One record of a harvest. `datestamp` is when the record last changed, in UTC: neither submission nor announcement.

    A deleted record has an identifier and a datestamp only. `versions` are those that arXivRaw
    lists, oldest first; of the form `arXiv` there are none, and `published` is all that is known.
    """

    id: str
    datestamp: date
    versions: tuple[Version, ...] = ()
    title: str = ""
    text: str = ""
    creators: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    comment: str = ""
    licence: str = ""
    journal: str = ""
    doi: str = ""
    published: date | None = None
    withdrawn: bool = False
    deleted: bool = False

    @property
    def version(self) -> int:
        """The number of the newest version; 1 where none are listed."""
        return max((v.number for v in self.versions), default=1)

    def item(self, announced: date | None = None) -> Item:
        """Return the paper as its newest version stands, with the label of the list that announced it."""
        stated = {"comment": self.comment, "doi": self.doi, "journal": self.journal, "licence": self.licence}
        attributes: dict[str, Any] = {name: value for name, value in stated.items() if value}
        if self.categories:
            attributes["primary"] = self.categories[0]
        return Item(
            id=self.id,
            title=self.title,
            text=self.text,
            url=f"https://arxiv.org/abs/{self.id}",
            creators=self.creators,
            categories=self.categories,
            attributes=attributes,
            published=self.published,
            announced=announced,
            version=self.version,
        )


class RecordPage(NamedTuple):
    """A page of a harvest, and the token of the next one, empty at the end."""

    records: tuple[Harvested, ...]
    token: str


def set_of(category: str) -> str:
    """Return the set of a category, `group:archive:CATEGORY`.

    >>> set_of("cs.IR"), set_of("astro-ph.GA"), set_of("quant-ph"), set_of("cs")
    ('cs:cs:IR', 'physics:astro-ph:GA', 'physics:quant-ph', 'cs')
    """
    archive, _, subject = category.partition(".")
    group = archive if archive in _GROUPS else "physics"
    if not subject:
        return group if group == archive else f"{group}:{archive}"
    return f"{group}:{archive}:{subject}"


def harvest(
    ask: Callable[[str, Callable[[bytes, str], RecordPage]], RecordPage],
    first: Callable[[date], str],
    since: date,
    say: Callable[[str], None],
    *,
    addresses: Addresses,
) -> Iterator[Harvested]:
    """Yield each record of a harvest once, page after page. `ask(url, read)` fetches a page, `first(day)` is the address of the first.

    A token that is not taken any more loses nothing of a server that gives records by day, as
    arXiv does: the harvest begins again on the last day that was reached, and what was given
    before is left out. Where records were seen not to come by day, it begins on the first. Raises `FeedError` where that happens again and again without a new record.
    """
    given: set[tuple[str, str]] = set()
    reached, by_day, token, idle = since, True, "", 0
    while True:
        try:
            page = ask(addresses.resumed_at(token), _parse_more) if token else ask(first(reached if by_day else since), parse_records)
        except ExpiredTokenError as fault:
            idle += 1
            if not token or idle > _RESTARTS:
                raise
            token = ""
            say(f"{fault.what} The harvest begins again on {reached if by_day else since}.")
            continue
        for record in page.records:
            by_day &= record.datestamp >= reached
            reached = max(reached, record.datestamp)
            if (key := (record.id, record.datestamp.isoformat())) not in given:
                given.add(key)
                idle = 0
                yield record
        if not page.token:
            return
        if page.token == token:
            raise FeedError(f"{addresses.oai}: the same token to go on with comes again: {token!r}.", "Try again later; the harvest would not end.")
        token = page.token


def parse_records(data: bytes, where: str) -> RecordPage:
    """Read a page of `ListRecords` in the form `arXivRaw` or `arXiv`; no matching record is an empty page.

    Raises `ExpiredTokenError` for a token that is not taken, `FeedError` for another error that the server
    reports, `MissingResultsError` for a page without a record, `RecordError` for a record that lacks a
    field, and what `strict.parse_xml` raises.
    """
    root = parse_xml(data, where, (b"OAI-PMH",), "answer of OAI-PMH")
    for error in root.findall("{*}error"):
        code, said = error.get("code", ""), (error.text or "").strip()
        if code == "noRecordsMatch":
            return RecordPage((), "")
        kind = ExpiredTokenError if code == "badResumptionToken" else FeedError
        raise kind(f"{where}: the server reports {code}: {said.rstrip('.') or 'nothing more'}.", "Check the category and the dates, and begin again.")
    listed = root.find("{*}ListRecords")
    if listed is None:
        raise RecordError(f"{where}: the answer lists no records and reports no error.", "Fetch it again; a harvest asks for ListRecords.")
    records = tuple(_record(element, where) for element in listed.findall("{*}record"))
    if not records:
        raise MissingResultsError(f"{where}: the page holds no record, and does not say that none match.", "Fetch it again.")
    return RecordPage(records, _text(listed, "resumptionToken"))


def _parse_more(data: bytes, where: str) -> RecordPage:
    """Read a page that a token stands for: it holds what is left, so that no record matches is no end."""
    page = parse_records(data, where)
    if not page.records:
        raise ExpiredTokenError(f"{where}: a token to go on with brings no record.", "Try again later; a harvest that breaks off is no harvest.")
    return page


def _record(element: Element, where: str) -> Harvested:
    header = element.find("{*}header")
    if header is None:
        raise RecordError(f"{where}: a record has no header.", "Fetch it again; each record of OAI-PMH has one.")
    named = _text(header, "identifier")
    try:
        key = parse_arxiv_id(named).key
    except IdentifierError as fault:
        raise IdentifierError(f"{where}: {fault.what}", fault.mend) from None
    stamp = _day(_text(header, "datestamp"), key, where)
    if stamp is None:
        raise RecordError(f"{where}: the record of {key} has no datestamp.", "Fetch it again; each record of OAI-PMH has one.")
    if header.get("status") == "deleted":
        return Harvested(key, stamp, deleted=True)
    metadata = element.find("{*}metadata")
    paper = None if metadata is None else next((metadata.find(f"{{*}}{prefix}") for prefix in PREFIXES if metadata.find(f"{{*}}{prefix}") is not None), None)
    if paper is None:
        raise RecordError(f"{where}: the record of {key} holds no metadata of a known form.", f"Known are: {', '.join(PREFIXES)}.")
    return _paper(paper, key, stamp, where)


def _paper(paper: Element, key: str, stamp: date, where: str) -> Harvested:
    title, text = _text(paper, "title"), _text(paper, "abstract")
    if not title:
        raise RecordError(f"{where}: paper {key} has no title.", "Fetch it again; each paper of arXiv's has one.")
    versions = tuple(sorted(_version(v, key, where) for v in paper.findall("{*}version")))
    comment = _text(paper, "comments")
    notice = Item(id=key, title=title, text=text, attributes={"comment": comment})
    return Harvested(
        id=key,
        datestamp=stamp,
        versions=versions,
        title=title,
        text=text,
        creators=_creators(paper),
        categories=tuple(_text(paper, "categories").split()),
        comment=comment,
        licence=_text(paper, "license"),
        journal=_text(paper, "journal-ref"),
        doi=_text(paper, "doi"),
        published=versions[0].at.date() if versions else _day(_text(paper, "created"), key, where),
        withdrawn=is_withdrawn(notice) or bool(versions and versions[-1].source == _NO_SOURCE),
    )


def _version(element: Element, key: str, where: str) -> Version:
    number = _VERSION.fullmatch(element.get("version", ""))
    try:
        at = parsedate_to_datetime(_text(element, "date"))
    except (ValueError, OverflowError):
        at = None
    if number is None or at is None:
        raise RecordError(f"{where}: a version of paper {key} has no number or no date.", "Fetch it again; arXivRaw states both.")
    return Version(int(number.group(1)), (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC), _text(element, "size"), _text(element, "source_type"))


def _creators(paper: Element) -> tuple[str, ...]:
    """Return the names of both forms: one string with `and` and affiliations in brackets, or elements."""
    authors = paper.find("{*}authors")
    if authors is None:
        return ()
    each = authors.findall("{*}author")
    if each:
        parts = [" ".join(filter(None, (_text(a, "forenames"), _text(a, "keyname"), _text(a, "suffix")))) for a in each]
        return tuple(filter(None, map(without_tex, parts)))
    text = " ".join("".join(authors.itertext()).split())
    while (bare := _INNER.sub("", text)) != text:
        text = bare
    return tuple(split_names(_AND.sub(", ", text)))


def _day(text: str, key: str, where: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise RecordError(f"{where}: the date {text!r} of paper {key} is none.", "Dates of OAI-PMH read like: 2026-02-09.") from None


def _text(element: Element, tag: str) -> str:
    found = element.find(f"{{*}}{tag}")
    return "" if found is None else "".join(found.itertext()).strip()
