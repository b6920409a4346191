"""From an archive, a store and a profile to what is known of the pages' quality."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from broadsheet.core.errors import SourceNotFoundError
from broadsheet.core.files import check_writable, write_file
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Item
from broadsheet.core.store import ANNOUNCEMENTS, Store
from broadsheet.report.archive import read_days, write_index
from broadsheet.report.live import calendar
from broadsheet.report.model import Entry, Report
from broadsheet.report.quality.model import DayQuality, ListPool, Quality, Repeat
from broadsheet.report.quality.reading import calibration, misses
from broadsheet.report.quality.texts import PageTexts, by_item
from broadsheet.report.render.quality import quality_page
from broadsheet.sources.arxiv.calendar import Calendar

DATA, PAGE = "quality.json", "quality.html"
_NEWS = ("new", "cross")


def quality(folder: Path, store: Store | None, library: Sequence[Item] = (), *, most: int = 60, progress: Progress = silent) -> Quality:
    """Judge the newest `most` days of an archive, for the reader of the newest page.

    `library` are the reader's papers; without them their titles, as the pages name them, stand for them.
    Raises SourceNotFoundError for a folder without a day, OutputError for a day that cannot be read.
    """
    every = read_days(folder)
    if not every:
        raise SourceNotFoundError(f"{folder} has no day whose quality could be told.", f"Write one: broadsheet report --out {folder}")
    reader = every[0].reader
    own = [report for report in every if report.reader == reader]
    reports = sorted(own[:most], key=lambda report: report.label)
    labels = calendar()
    written = _written(folder, reports, labels)
    texts = PageTexts(reports, library)
    earlier: list[Entry] = []
    days: list[DayQuality] = []
    pools = _pools(store, reports)
    for number, report in enumerate(reports, 1):
        days.append(_day(report, texts, earlier, _hours(report, written.get(report.label), labels), pools))
        earlier += report.picks()
        progress("judging days", number, len(reports))
    events = store.events(reader) if store else []
    pages = by_item(reports)
    unknown = store.items({event.item for event in events if event.item not in pages}) if store else {}
    return Quality(
        reader=reader,
        subject=reports[-1].subject,
        fictional=reports[-1].fictional,
        days=tuple(days),
        calibration=calibration(reports, events),
        misses=tuple(misses(pages, events, unknown, reports[0].label)),
        repeats=tuple(_repeats(reports)),
        notes=tuple(_notes(every, own, reports, days, library=bool(library), store=store is not None)),
    )


def write_quality(found: Quality, folder: Path) -> Path:
    """Write `quality.html` and `quality.json` beside the archive's index, which then links to it; return the page's path."""
    check_writable(folder)
    write_file(folder / DATA, found.model_dump_json(indent=1) + "\n")
    write_file(folder / PAGE, quality_page(found))
    write_index(folder)
    return folder / PAGE


def _day(report: Report, texts: PageTexts, earlier: Sequence[Entry], hours: float | None, pools: "_Pools") -> DayQuality:
    figures = texts.figures(report, earlier)
    near = [interest for interest in report.interests if interest.candidates]
    kept = pools.items.get(report.label)
    on_page = {entry.item.id for entry in report.entries}
    return DayQuality(
        label=report.label,
        papers=len(report.entries),
        picks=len(report.picks()),
        kept=len(kept) if kept else None,
        missing=tuple(sorted((kept or set()) - on_page)),
        lists=tuple(pools.lists.get(report.label, ())),
        interests=len(near),
        covered=sum(1 for interest in near if interest.picks),
        diversity=None if figures.diversity is None else round(figures.diversity, 4),
        novelty=None if figures.novelty is None else round(figures.novelty, 4),
        top=figures.top,
        omitted=figures.omitted,
        explored=sum(entry.explored for entry in report.picks()),
        asked=_asked(report),
        hours=hours,
    )


def _hours(report: Report, written: datetime | None, labels: Calendar) -> float | None:
    """Return how many hours after its label was announced a page was written; None where that is not known, or nothing was announced."""
    if written is None or report.subject != "papers" or report.fictional:
        return None
    return round((written - labels.announced(report.label)).total_seconds() / 3600, 1)


def _asked(report: Report) -> int:
    """Return how many places the profile gives to chance."""
    profile: Any = report.config.get("profile", {})
    places = round(float(profile.get("exploration", 0)) * int(profile.get("budget", 0)))
    return places if any(entry.chance is not None for entry in report.entries) else 0


class _Pools:
    """What the store knows of days: the papers kept, by label, and where each list stands."""

    def __init__(self) -> None:
        self.items: dict[date, set[str]] = {}
        self.lists: dict[date, list[ListPool]] = {}


def _pools(store: Store | None, reports: Sequence[Report]) -> _Pools:
    pools = _Pools()
    if store is None:
        return pools
    since, until = reports[0].label, reports[-1].label
    names = sorted({name for report in reports for name in _names(report)})
    for one in store.list_days(names, since, until):
        pools.lists.setdefault(one.label, []).append(ListPool(name=one.name, state=one.state, kept=one.kept, stated=one.stated))
    columns = ANNOUNCEMENTS.c
    query = sa.select(columns.label, columns["list"].label("on"), columns.item).where(columns.label.between(since, until))
    wanted = {report.label: {*_names(report), ""} for report in reports}
    with store.errors(), store.engine.connect() as connection:
        for row in connection.execute(query):
            if row.on in wanted.get(row.label, ()):
                pools.items.setdefault(row.label, set()).add(row.item)
    return pools


def _names(report: Report) -> set[str]:
    """Return the lists of a page."""
    return {name for entry in report.entries for name in entry.lists}


def _written(folder: Path, reports: Sequence[Report], labels: Calendar) -> dict[date, datetime]:
    """Return when each day was first written, as far as is known: by its file's time, or earlier by what was told before."""
    found: dict[date, datetime] = {}
    before = _told(folder)
    for report in reports:
        path = folder / str(report.label) / "report.json"
        found[report.label] = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        hours = before.get(str(report.label))
        if hours is not None:
            told = datetime.fromtimestamp(labels.announced(report.label).timestamp() + 3600 * hours, UTC)
            found[report.label] = min(found[report.label], told)
    return found


def _told(folder: Path) -> dict[str, float]:
    try:
        days = json.loads((folder / DATA).read_bytes())["days"]
        return {day["label"]: float(day["hours"]) for day in days if day["hours"] is not None}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _repeats(reports: Sequence[Report]) -> list[Repeat]:
    """Return the papers that stand as new, or as cross-listed for the first time, on more than one label."""
    found: list[Repeat] = []
    for item, places in by_item(reports).items():
        labels = [label for label, entry in places if entry.section in _NEWS]
        if len(labels) > 1:
            found.append(Repeat(item=item, title=places[-1][1].item.title, labels=tuple(labels)))
    return found


def _notes(every: Sequence[Report], own: Sequence[Report], reports: Sequence[Report], days: Sequence[DayQuality], *, library: bool, store: bool) -> list[str]:
    notes = []
    if len(every) > len(own):
        notes.append(f"Pages of other readers in this folder, not looked at: {len(every) - len(own)}.")
    if len(own) > len(reports):
        notes.append(f"Older pages, not looked at: {len(own) - len(reports)}.")
    if not store:
        notes.append("No database was given: what was kept and what the reader did are not known.")
    elif all(day.kept is None for day in days):
        notes.append("The database knows none of these days: nothing can be said of what was kept, or counted by the source.")
    elif not any(day.lists for day in days):
        notes.append("How many papers the source counted is known only of days that were fetched: broadsheet report fetch")
    if not library and any(day.top for day in days):
        notes.append("The library is known by its titles alone, as the pages name them; with --profile its texts are read.")
    return notes
