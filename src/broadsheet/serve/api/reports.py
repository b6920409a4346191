"""`/v1/reports`: the days of a report, and one of them."""

from datetime import date
from pathlib import Path as Folder
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from broadsheet.core.errors import OutputError
from broadsheet.core.log import get_logger
from broadsheet.report.archive import read_days
from broadsheet.report.model import Report
from broadsheet.serve.api.problems import ALWAYS, Problem, documented
from broadsheet.serve.api.shapes import Cursor, Shape, cursor_of, place_of
from broadsheet.serve.callers import Reads

router = APIRouter(prefix="/v1", tags=["reports"])


class DayOut(Shape):
    """A day of a report: for whom, how many papers there were of each kind, and the picks."""

    label: str
    reader: str
    fictional: bool
    counts: dict[str, int]
    picks: tuple[str, ...]


class DaysOut(Shape):
    """A page of days, newest first; of those that are `unreadable` another version wrote the report."""

    days: tuple[DayOut, ...]
    unreadable: tuple[str, ...]
    next: str


@router.get("/reports", responses=ALWAYS)
def reports(request: Request, caller: Reads, limit: Annotated[int, Query(ge=1, le=100)] = 20, cursor: Annotated[Cursor, Query()] = "") -> DaysOut:
    """List the days that a report was written of."""
    del caller
    folder = request.app.state.site.settings.report_folder
    after = place_of(cursor, "reports").after
    before = date.fromordinal(after) if 1 <= after <= date.max.toordinal() else date.max
    # Reading a report is the work: no more of them than are shown.
    labels = [label for label in labels_of(folder) if label < before]
    days: list[Report] = []
    unreadable: list[str] = []
    for label in labels[:limit]:
        try:
            days += day_of(folder, label)
        except OutputError as fault:
            get_logger("serve").warning("a report cannot be read", what=fault.what, mend=fault.mend)
            unreadable.append(str(label))
    shown = tuple(
        DayOut(label=str(one.label), reader=one.reader, fictional=one.fictional, counts=dict(one.totals), picks=tuple(e.item.id for e in one.picks()))
        for one in days
    )
    more = cursor_of(labels[limit - 1].toordinal(), "reports") if len(labels) > limit else ""
    return DaysOut(days=shown, unreadable=tuple(unreadable), next=more)


@router.get("/reports/{label}", responses={**ALWAYS, **documented(404, 409)})
def report(request: Request, caller: Reads, label: Annotated[date, Path(description="The day, as 2026-03-16.", examples=["2026-03-16"])]) -> Report:
    """Return the report of a day, whole."""
    del caller
    folder = request.app.state.site.settings.report_folder
    try:
        found = day_of(folder, label)
    except OutputError as fault:
        get_logger("serve").warning("a report cannot be read", what=fault.what, mend=fault.mend)
        raise Problem(409, "old-report", "The report of that day was written by another version.", "Write the day again: broadsheet report") from None
    if not found:
        raise Problem(404, "no-report", "There is no report of that day.", "GET /v1/reports lists those that there are.")
    return found[0]


def labels_of(folder: Folder) -> list[date]:
    """Return the labels of which a folder holds a report, newest first."""
    return sorted((found for path in folder.glob("????-??-??/report.json") if (found := _label(path.parent.name)) is not None), reverse=True)


def day_of(folder: Folder, label: date) -> list[Report]:
    """Return the report of a label, in a list that is empty where there is none. Raises OutputError for one that another version wrote."""
    return read_days(folder, label, date.fromordinal(label.toordinal() + 1)) if label < date.max else []


def _label(name: str) -> date | None:
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None
