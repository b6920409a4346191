"""arXiv's RSS 2.0 and Atom feeds, and Atom pages of its query interface, read strictly."""

import re
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from xml.etree.ElementTree import Element

from broadsheet.core.errors import FeedError, IdentifierError, NotAFeedError, RecordError
from broadsheet.core.schema import Announce, Announcement, Item
from broadsheet.sources.arxiv.ids import ArxivId, as_arxiv_id, parse_arxiv_id
from broadsheet.sources.names import split_names, without_tex
from broadsheet.sources.strict import another_root, parse_xml
from broadsheet.sources.withdrawal import is_withdrawn

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_SEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
_CATEGORY = re.compile(r"^[a-z-]+(?:\.[A-Za-z-]+)?$")
_ABSTRACT = re.compile(r"^\s*arXiv:\S+\s+Announce Type:\s*(\S+)\s+Abstract:\s?", re.IGNORECASE)
_COUNT = re.compile(r"[0-9]{1,9}")
_ROOTS = (b"rss", b"feed")


class MissingResultsError(FeedError):
    """An answer that tells of papers and does not hold them; asking again mends it most times."""


class Feed(NamedTuple):
    """A feed's label (None where it states none), its lists, and what it announces, in order.

    `capped` are the lists whose own feed is as long as arXiv lets one be, so that papers may be missing.
    """

    label: date | None
    lists: tuple[str, ...]
    announcements: tuple[Announcement, ...]
    capped: tuple[str, ...] = ()


class Results(NamedTuple):
    """A page of a query: how many papers there are in all, the place of the first one here (from 0), and those here."""

    total: int
    start: int
    announcements: tuple[Announcement, ...]


def parse_feed(data: bytes, where: str) -> Feed:
    """Read a feed from its bytes; `where` names it in errors.

    A well-formed feed without items is an empty day. Raises `NotAFeedError` for HTML and other
    documents, `TruncatedError` for a cut one, `FeedError` for a feed that reports an error,
    `RecordError` for an item that lacks a field.
    """
    root = parse_xml(data, where, _ROOTS)
    if root.tag == "rss":
        channel = root.find("channel")
        if channel is None:
            raise NotAFeedError(f"{where}: an RSS document without a channel.", "Fetch the feed again; a feed has one channel.")
        return _rss(channel, where)
    if root.tag == f"{_ATOM}feed":
        return _atom(root, where)
    raise another_root(root.tag, where)


def parse_results(data: bytes, where: str) -> Results:
    """Read a page of arXiv's query interface; errors as of `parse_feed`.

    Raises `MissingResultsError` too where it holds fewer papers than it states for itself, and `RecordError` where it states no counts.
    """
    root = parse_xml(data, where, _ROOTS)
    if root.tag != f"{_ATOM}feed":
        raise another_root(root.tag, where)
    found = _atom(root, where)
    total, start = (_text(root, f"{_SEARCH}{name}") for name in ("totalResults", "startIndex"))
    if not _COUNT.fullmatch(total) or not _COUNT.fullmatch(start):
        raise RecordError(
            f"{where}: the page does not state how many papers there are.", "Ask https://export.arxiv.org/api/query; its pages state totalResults."
        )
    return Results(int(total), int(start), found.announcements)


def _rss(channel: Element, where: str) -> Feed:
    title = _text(channel, "title")
    _refuse_error(title, _text(channel, "description"), where)
    lists = _lists(title)
    label = _rss_date(_text(channel, "pubDate") or _text(channel, "lastBuildDate"), where)
    return Feed(label, lists, tuple(_rss_item(item, lists, label, where) for item in channel.findall("item")))


def _rss_item(element: Element, lists: tuple[str, ...], label: date | None, where: str) -> Announcement:
    url = _text(element, "link")
    key, version = _identity(_text(element, "guid") or url, _text(element, "title"), where)
    published = _rss_date(_text(element, "pubDate"), where)
    return _announcement(
        element,
        where,
        key=key,
        version=version,
        url=url,
        title=_text(element, "title"),
        text=_text(element, "description"),
        creators=_text(element, f"{_DC}creator"),
        categories=tuple(c.text.strip() for c in element.findall("category") if c.text),
        lists=lists,
        label=label or published,
    )


def _atom(root: Element, where: str) -> Feed:
    title = _text(root, f"{_ATOM}title")
    entries = root.findall(f"{_ATOM}entry")
    _refuse_error(title, _text(root, f"{_ATOM}subtitle"), where)
    for entry in entries:
        identity = _text(entry, f"{_ATOM}id")
        if "api/errors" in identity or (_text(entry, f"{_ATOM}title") == "Error" and not as_arxiv_id(identity)):
            raise FeedError(f"{where}: the feed reports an error: {_text(entry, f'{_ATOM}summary').rstrip('.')}.", "Mend the query, and fetch it again.")
    total = _text(root, f"{_SEARCH}totalResults")
    if not entries and _count(total) > _count(_text(root, f"{_SEARCH}startIndex")):
        raise MissingResultsError(
            f"{where}: the feed tells of {total} papers and holds none.", "Fetch it again; arXiv now and then answers with an empty page."
        )
    lists = () if total else _lists(title)
    label = None if total else _iso_date(_text(root, f"{_ATOM}updated"), where)
    announcements = tuple(_atom_entry(entry, lists, label, where, is_query=bool(total)) for entry in entries)
    stated = [a.item.announced for a in announcements if a.item.announced]
    return Feed(max(stated, default=label), lists, announcements)


def _atom_entry(element: Element, lists: tuple[str, ...], label: date | None, where: str, *, is_query: bool) -> Announcement:
    key, version = _identity(_text(element, f"{_ATOM}id"), _text(element, f"{_ATOM}title"), where)
    links = {link.get("rel"): link.get("href", "") for link in element.findall(f"{_ATOM}link")}
    names = tuple(_text(author, f"{_ATOM}name") for author in element.findall(f"{_ATOM}author"))
    stated = _iso_date(_text(element, f"{_ATOM}published"), where)
    return _announcement(
        element,
        where,
        key=key,
        version=version,
        url=links.get("alternate", ""),
        title=_text(element, f"{_ATOM}title"),
        text=_text(element, f"{_ATOM}summary"),
        creators=_text(element, f"{_DC}creator"),
        names=names,
        categories=tuple(c.get("term", "") for c in element.findall(f"{_ATOM}category")),
        lists=lists,
        label=None if is_query else stated or label,
        published=stated if is_query else None,
    )


def _announcement(
    element: Element,
    where: str,
    *,
    key: str,
    version: int | None,
    url: str,
    title: str,
    text: str,
    creators: str,
    names: tuple[str, ...] = (),
    categories: tuple[str, ...],
    lists: tuple[str, ...],
    label: date | None,
    published: date | None = None,
) -> Announcement:
    if not title:
        raise RecordError(f"{where}: paper {key} has no title.", "Fetch the feed again; each item of arXiv's has one.")
    head = _ABSTRACT.match(text)
    stated = _text(element, f"{_ARXIV}announce_type") or (head.group(1) if head else "")
    text = text[head.end() :].strip() if head else text
    verbatim = " ".join((creators or ", ".join(names)).split())
    attributes = {
        name: value
        for name, value in {
            "comment": _text(element, f"{_ARXIV}comment"),
            "doi": _text(element, f"{_ARXIV}DOI") or _text(element, f"{_ARXIV}doi"),
            "journal": _text(element, f"{_ARXIV}journal_reference") or _text(element, f"{_ARXIV}journal_ref"),
            "licence": _text(element, f"{_DC}rights"),
            "creators_verbatim": verbatim if verbatim != without_tex(verbatim) else "",
        }.items()
        if value
    }
    primary = element.find(f"{_ARXIV}primary_category")
    if primary is not None:
        attributes["primary"] = primary.get("term", "")
    item = Item(
        id=key,
        title=title,
        text=text,
        url=url or f"https://arxiv.org/abs/{key}",
        creators=tuple(split_names(creators) if creators else filter(None, map(without_tex, names))),
        categories=tuple(dict.fromkeys(c for c in categories if c)),
        attributes=attributes,
        published=published,
        announced=label,
        version=version or 1,
    )
    return Announcement(item=item, kind=_kind(stated, item, where), lists=lists)


def _identity(text: str, title: str, where: str) -> ArxivId:
    try:
        return parse_arxiv_id(text)
    except IdentifierError as fault:
        raise IdentifierError(f"{where}, paper {title!r}: {fault.what}", fault.mend) from None


def _kind(stated: str, item: Item, where: str) -> Announce:
    if is_withdrawn(item):
        return Announce.WITHDRAWN
    if not stated:
        return Announce.NEW
    try:
        return Announce(stated.lower())
    except ValueError:
        known = ", ".join(kind for kind in Announce if kind is not Announce.WITHDRAWN)
        raise RecordError(f"{where}: paper {item.id} has the announce type {stated!r}.", f"Known are: {known}.") from None


def _refuse_error(title: str, description: str, where: str) -> None:
    if "feed error" in title.lower():
        raise FeedError(f"{where}: the feed reports an error: {title}. {description}", "Check the category names, such as cs.IR+cs.CL.")


def _lists(title: str) -> tuple[str, ...]:
    names = re.split(r"[+,\s]+", title.partition(" updates on")[0]) if " updates on" in title else []
    return tuple(name for name in names if _CATEGORY.match(name))


def _text(element: Element, tag: str) -> str:
    found = element.find(tag)
    return "" if found is None else "".join(found.itertext()).strip()


def _count(text: str) -> int:
    return int(text) if _COUNT.fullmatch(text) else 0


def _rss_date(text: str, where: str) -> date | None:
    if not text:
        return None
    try:
        return parsedate_to_datetime(text).date()
    except (ValueError, OverflowError):
        raise RecordError(f"{where}: {text!r} is no date.", "RSS dates read like: Mon, 09 Feb 2026 00:00:00 -0500.") from None


def _iso_date(text: str, where: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date() if text else None
    except ValueError:
        raise RecordError(f"{where}: {text!r} is no date.", "Atom dates read like: 2026-02-09T00:00:00-05:00.") from None
