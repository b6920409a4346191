"""The report as an Atom feed: one entry for each pick, and one where a paper that was shown before is withdrawn."""

from collections.abc import Iterable, Sequence
from datetime import date
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, fromstring, indent, tostring

from broadsheet.report.model import Entry, Report
from broadsheet.report.render.maths import plain_tex

FICTIONAL = " (fictional sample)"
_NAMESPACE = "http://www.w3.org/2005/Atom"
_NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)))


def atom_feed(reports: Sequence[Report], title: str) -> str:
    """Write the picks of reports, newest first, as Atom (RFC 4287).

    An entry's id follows from paper and label alone, so that a repeated run is no news to a
    feed reader. Times are the label's midnight in UTC.
    """
    newest = max(reports, key=lambda r: r.label)
    entries = (entry for report in sorted(reports, key=lambda r: r.label, reverse=True) for entry in atom_entries(report))
    return atom_document(entries, title + (FICTIONAL if newest.fictional else ""), newest.reader, newest.label)


def atom_entries(report: Report) -> list[Element]:
    """Return the entries of a report's picks, in the order of the slate, then of what was withdrawn since the reader was shown it."""
    gone = [entry for entry in report.section("withdrawn") if entry.told_before is not None]
    return [*(_entry(entry, report) for entry in report.picks()), *(_entry(entry, report, withdrawn=True) for entry in gone)]


def atom_document(entries: Iterable[Element], title: str, reader: str, updated: date, home: str = "", address: str = "") -> str:
    """Write a feed around entries; `home` and `address` are where the page and the feed are published, empty where they are not."""
    feed = Element("feed", {"xmlns": _NAMESPACE, "xml:lang": "en"})
    _add(feed, "id", f"tag:broadsheet.example.org,2026:report:{_in_iri(reader)}")
    _add(feed, "title", title)
    _add(feed, "updated", f"{updated}T00:00:00Z")
    for relation, where in (("alternate", home), ("self", address)):
        if where:
            SubElement(feed, "link", {"rel": relation, "href": where})
    # A feed without an entry needs an author of its own (RFC 4287, 4.1.1).
    _add(SubElement(feed, "author"), "name", "Broadsheet")
    _add(feed, "generator", "Broadsheet")
    feed.extend(entries)
    indent(feed, space=" ")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(feed, encoding="unicode") + "\n"


def entry_id(label: date, item: str) -> str:
    """Return the id of a paper under a label.

    >>> entry_id(date(2026, 2, 9), "2602.06393")
    'tag:broadsheet.example.org,2026-02-09:2602.06393'
    """
    return f"tag:broadsheet.example.org,{label}:{_in_iri(item)}"


def written_entries(entries: Iterable[Element]) -> str:
    """Write entries outside of a feed, to be kept; `read_entries` reads them back."""
    return "<entries>" + "".join(tostring(entry, encoding="unicode") for entry in entries) + "</entries>"


def read_entries(text: str) -> list[Element]:
    """Read what `written_entries` wrote."""
    return list(fromstring(text))  # noqa: S314  our own writing


def as_iri(address: str) -> str:
    """Write what an address may not hold (RFC 3987) in hexadecimal.

    >>> as_iri("https://example.org/a b?q=é")
    'https://example.org/a%20b?q=é'
    """
    return "".join(quote(letter) if letter in ' <>"{}|\\^`' or not letter.isprintable() else letter for letter in address)


def said(names: Iterable[str]) -> list[str]:
    """Return the names of which anything is left without what XML cannot hold."""
    return [left for name in names if (left := name.translate(_NOT_XML).strip())]


def _in_iri(text: str) -> str:
    return quote(text.replace(" ", "-"), safe="-._~:/@!$&'()*+,;=")


def _entry(entry: Entry, report: Report, *, withdrawn: bool = False) -> Element:
    element = Element("entry")
    _add(element, "id", entry_id(report.label, entry.item.id))
    _add(element, "title", ("Withdrawn: " if withdrawn else "") + plain_tex(entry.item.title) + (FICTIONAL if report.fictional else ""))
    _add(element, "updated", f"{report.label}T00:00:00Z")
    if entry.links.abstract:
        SubElement(element, "link", {"rel": "alternate", "href": as_iri(entry.links.abstract)})
    # What nobody is named for is the feed's, which has an author of its own.
    for name in said(entry.item.creators) or ([] if report.proposed else ["Anonymous"]):
        _add(SubElement(element, "author"), "name", name)
    for category in said(entry.item.categories):
        SubElement(element, "category", {"term": category})
    # An entry without a link says what it is about itself (RFC 4287, 4.1.2).
    told = f"{entry.told} " if withdrawn else ""
    _add(element, "summary" if entry.links.abstract else "content", told + plain_tex(entry.item.text))
    return element


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text.translate(_NOT_XML)
