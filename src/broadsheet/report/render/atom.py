"""The report as an Atom feed: one entry for each pick, and one where a paper that was shown before is withdrawn."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

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
    feed = Element("feed", {"xmlns": _NAMESPACE, "xml:lang": "en"})
    _add(feed, "id", f"tag:broadsheet.example.org,2026:report:{newest.reader}".replace(" ", "-"))
    _add(feed, "title", title + (FICTIONAL if newest.fictional else ""))
    _add(feed, "updated", f"{newest.label}T00:00:00Z")
    _add(feed, "generator", "Broadsheet")
    for report in sorted(reports, key=lambda r: r.label, reverse=True):
        for entry in report.picks():
            _entry(feed, entry, report)
        for entry in report.section("withdrawn"):
            if entry.told_before is not None:
                _entry(feed, entry, report, withdrawn=True)
    indent(feed, space=" ")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(feed, encoding="unicode") + "\n"


def _entry(feed: Element, entry: Entry, report: Report, *, withdrawn: bool = False) -> None:
    element = SubElement(feed, "entry")
    _add(element, "id", f"tag:broadsheet.example.org,{report.label}:{entry.item.id}".replace(" ", "-"))
    _add(element, "title", ("Withdrawn: " if withdrawn else "") + plain_tex(entry.item.title) + (FICTIONAL if report.fictional else ""))
    _add(element, "updated", f"{report.label}T00:00:00Z")
    if entry.links.abstract:
        SubElement(element, "link", {"rel": "alternate", "href": entry.links.abstract})
    for name in entry.item.creators or ("Anonymous",):
        _add(SubElement(element, "author"), "name", name)
    for category in entry.item.categories:
        SubElement(element, "category", {"term": category})
    _add(element, "summary", (f"It was on your page of {entry.told_before}. " if withdrawn else "") + plain_tex(entry.item.text))


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text.translate(_NOT_XML)
