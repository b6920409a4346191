"""The report's picks as JSON Feed 1.1: one item for each paper of a label."""

import json
from collections.abc import Iterable
from typing import Any

from broadsheet.report.model import Report
from broadsheet.report.render.atom import FICTIONAL, as_iri, entry_id, said
from broadsheet.report.render.maths import render_tex
from broadsheet.report.render.readable import readable

VERSION = "https://jsonfeed.org/version/1.1"


def json_items(report: Report) -> list[dict[str, Any]]:
    """Return the items of a report's picks, in the order of the slate, then of what was withdrawn since the reader was shown it; an id follows from paper and label alone."""
    gone = [entry for entry in report.section("withdrawn") if entry.told_before is not None]
    return [
        {
            "id": entry_id(report.label, entry.item.id),
            **({"url": as_iri(entry.links.abstract)} if entry.links.abstract else {}),
            "title": ("Withdrawn: " if entry.section == "withdrawn" else "") + readable(entry.item.title) + (FICTIONAL if report.fictional else ""),
            "content_html": (f"<p>{entry.told}</p>" if entry.section == "withdrawn" else "") + f"<p>{render_tex(entry.item.text)}</p>",
            "date_published": f"{report.label}T00:00:00Z",
            "authors": [{"name": name} for name in said(entry.item.creators)],
            "tags": said(entry.item.categories),
        }
        for entry in (*report.picks(), *gone)
    ]


def json_feed(items: Iterable[dict[str, Any]], title: str, home: str = "", address: str = "") -> str:
    """Write a feed of items, newest first; `home` and `address` are where the page and the feed are published, empty where they are not."""
    places = {name: value for name, value in (("home_page_url", home), ("feed_url", address)) if value}
    return json.dumps({"version": VERSION, "title": title, **places, "language": "en", "items": list(items)}, ensure_ascii=False, indent=1) + "\n"
