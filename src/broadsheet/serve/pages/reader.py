"""A reader's view: who it is, what interests them, what changed and why, what they told and were shown."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response
from pydantic import AwareDatetime

from broadsheet.core.errors import BroadsheetError
from broadsheet.core.schema import Event
from broadsheet.report.feedback.links import WORDS
from broadsheet.report.feedback.record import WANTED, acts, standing, undo_of
from broadsheet.report.model import Report
from broadsheet.report.render.maths import plain_tex
from broadsheet.serve.api.events import Act
from broadsheet.serve.api.problems import Problem, of_error
from broadsheet.serve.api.reports import labels_of
from broadsheet.serve.api.shapes import ItemId
from broadsheet.serve.histories import had_of
from broadsheet.serve.pages import before
from broadsheet.serve.pages.changed import Change, changes
from broadsheet.serve.pages.frame import Acts, Looks, View
from broadsheet.serve.pages.slope import MARKS, MOST, slope
from broadsheet.serve.pages.today import read_day, run_of
from broadsheet.serve.pages.told import DAYS, Told, page_of, shown_of, titles_of, told_of
from broadsheet.stack.words import ITEMS, counted

router = APIRouter()
Number = Annotated[int, Query(ge=1, le=1_000_000)]


@router.get("/reader")
def reader(view: Looks, page: Number = 1, reader: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Show the reader; the address holds which page of what was told is open. Asked for another reader, it leads to them."""
    if reader and reader != view.reader:
        return view.to(f"/readers?name={quote(reader)}")
    site = view.site
    folder, run = site.settings.report_folder, run_of(site)
    report, fault = _newest(view)
    events = site.store.events(view.reader)
    told, days = page_of(told_of(events), page), shown_of(events)
    try:
        had = tuple(reversed(_without_told(had_of(folder, view.reader), events)))
    except BroadsheetError as changed:
        had, fault = (), of_error(changed)
    left = before.last(site.store, report.reader, report.label) if report else None
    moved = changes(report, left, acts(standing(events))) if report else ()
    wanted = {*(one.event.item for one in told.rows), *(item for day in days[:DAYS] for item in day.items), *had, *_named(moved), *(left.picks if left else ())}
    titles = titles_of(site.store, wanted, report, folder, run)
    named = report.words if report else ITEMS
    return view.page(
        "reader.html", report=report, fault=fault, run=run, told=told, days=days[:DAYS], every_day=len(days), had=had, before=left, changes=moved, titles=titles,
        named=named, different=counted(len(set(had)), named.one, named.many), picture=_picture(report, left, titles), most=MOST, where=_places(report), words=WORDS, marks=MARKS, moment=moment, labels=set(labels_of(folder)),
    )  # fmt: skip


@router.post("/reader/undo")
def undo(
    view: Acts, item: Annotated[ItemId, Form()], kind: Annotated[Act, Form()], at: Annotated[AwareDatetime, Form()], page: Annotated[int, Form(ge=1)] = 1
) -> Response:
    """Take an act back; the next page learns from that."""
    site = view.site
    held = [event for event in acts(standing(site.store.events(view.reader))) if (event.item, event.kind, event.at) == (item, kind, at.astimezone(UTC))]
    if not held:
        raise Problem(409, "nothing-to-undo", "That was taken back before, or was never told.", "Load the page again.")
    now = site.clock.now()
    site.store.record_events([undo_of(held[0], now)])
    if not view.is_part:
        return view.to(f"/reader?page={page}#told")
    report, _ = _newest(view)
    titles = titles_of(site.store, [item], report, site.settings.report_folder, run_of(site))
    row = Told(held[0], now)
    return view.page("reader_act.html", one=row, titles=titles, where=_places(report), words=WORDS, moment=moment, number=page, is_new=True)


def moment(at: datetime) -> str:
    """Write an instant, in UTC.

    >>> moment(datetime(2026, 2, 9, 8, 5, tzinfo=UTC))
    '9 Feb 2026, 08:05 UTC'
    """
    at = at.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def _without_told(had: Sequence[str], events: Sequence[Event]) -> Sequence[str]:
    """Return what a reader had without what they told on a page since, which stands behind it."""
    told = {event.item for event in acts(standing(events)) if event.kind in WANTED}
    count = next((count for count, item in enumerate(reversed(had)) if item not in told), len(had))
    return had[: len(had) - count]


def _newest(view: View) -> tuple[Report | None, Problem | None]:
    """Return the newest report, or why it cannot be read: what was told is shown all the same."""
    labels = labels_of(view.site.settings.report_folder)
    try:
        return (read_day(view.site, labels[0]) if labels else None), None
    except Problem as fault:
        return None, fault


def _named(moved: Iterable[Change]) -> Iterable[str]:
    for one in moved:
        yield one.item
        yield from (learnt.reason.reference for learnt in one.learnt if learnt.reason.reference)


def _picture(report: Report | None, left: before.Before | None, titles: dict[str, str]) -> Any:
    if report is None or left is None:
        return ""
    return slope(left.picks, [entry.item.id for entry in report.picks()], {item: plain_tex(title) for item, title in titles.items()})


def _places(report: Report | None) -> dict[str, str]:
    """Return where items of the newest report are looked at: at their place, else at the way that led to none."""
    if report is None:
        return {}
    return {entry.item.id: f"/day/{report.label}#p{entry.slot}" for entry in report.picks()}
