"""The archive: a folder with one folder a day, an index and a feed over all days."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from broadsheet.core.errors import OutputError
from broadsheet.core.files import check_writable, staged_folder, write_file
from broadsheet.report.model import Report
from broadsheet.report.render.atom import atom_feed
from broadsheet.report.render.markdown import report_markdown
from broadsheet.report.render.maths import plain_tex
from broadsheet.report.render.page import index_page, long_date, report_page

FEED_DAYS = 10
REFERENCES = "papers.bib"
DAY_FILES = ("index.html", "report.md", "report.json", "report.atom", REFERENCES)


def write_day(report: Report, folder: Path) -> Path:
    """Write a day's files, replacing the day if it is there, then the index; return the page's path.

    A day has `index.html`, `report.md`, `report.json`, `report.atom`, and of papers `papers.bib`;
    all of them appear together or not at all.
    """
    check_writable(folder)
    files = day_files(report)
    day = folder / str(report.label)
    with staged_folder(day, "index.html") as stage:
        for name, text in files.items():
            (stage / name).write_text(text, encoding="utf-8")
    write_index(folder)
    return day / "index.html"


def day_files(report: Report) -> dict[str, str]:
    """Write every form of a report from the one model object: file name to text."""
    files = {
        "index.html": report_page(report),
        "report.md": report_markdown(report),
        "report.json": report.model_dump_json(indent=1) + "\n",
        "report.atom": atom_feed([report], f"{report.title} for {report.reader}, {report.label}"),
        REFERENCES: "\n\n".join(entry.bibtex for entry in report.picks()) + "\n",
    }
    return {name: files[name] for name in names_of(report)}


def names_of(report: Report) -> tuple[str, ...]:
    """Return the names of a day's files: items that were proposed are no papers, and nobody cites them."""
    return tuple(name for name in DAY_FILES if name != REFERENCES or not report.proposed)


def write_index(folder: Path) -> None:
    """Write `index.html`, `index.json` and `feed.xml` over all days in the folder."""
    reports = read_days(folder)
    days = [_summary(report) for report in reports]
    title = f"{reports[0].title} for {reports[0].reader}" if reports else "Daily Report"
    write_file(folder / "index.json", json.dumps({"title": title, "days": days}, indent=1, ensure_ascii=False) + "\n")
    write_file(folder / "index.html", index_page(days, title, judged=(folder / "quality.html").is_file()))
    if reports:
        write_file(folder / "feed.xml", atom_feed(reports[:FEED_DAYS], title))


def read_days(folder: Path, since: date = date.min, before: date = date.max) -> list[Report]:
    """Read the reports of the days in the folder, newest first: all, or those from one label on and before another."""
    found: list[Report] = []
    for path in sorted(folder.glob("????-??-??/report.json"), reverse=True):
        try:
            if not since <= date.fromisoformat(path.parent.name) < before:
                continue
            found.append(Report.model_validate_json(path.read_bytes()))
        except OSError as fault:
            raise OutputError(f"{path} cannot be read: {fault.strerror}.", "Check that you may read it, or write the day again.") from None
        except (ValidationError, ValueError):
            raise OutputError(f"{path} is no report that this version can read.", f"Move {path.parent} away, then write the day again.") from None
    return found


def _summary(report: Report) -> dict[str, Any]:
    return {
        "label": str(report.label),
        "title": long_date(report.label),
        "reader": report.reader,
        "fictional": report.fictional,
        "counts": report.totals,
        "picks": [{"id": e.item.id, "title": plain_tex(e.item.title), "url": e.links.abstract, "score": e.score} for e in report.picks()],
        "page": f"{report.label}/index.html",
    }
