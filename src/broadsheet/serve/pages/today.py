"""The page of a day: what was picked and why, buttons that the next page learns from, and that next page."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Path
from fastapi.responses import FileResponse, HTMLResponse, Response

from broadsheet.core.errors import ArtifactError, OutputError
from broadsheet.core.jobs import Job, JobState
from broadsheet.core.schema import Event
from broadsheet.report.archive import DAY_FILES, names_of
from broadsheet.report.feedback.links import WORDS
from broadsheet.report.feedback.record import LESS, MORE, NOT_MY_FIELD, READ, SAVED, SHOWN, acts, standing
from broadsheet.report.model import Report
from broadsheet.report.render.page import SECTIONS
from broadsheet.sample import NOTICE
from broadsheet.serve.api.events import Act, EventIn, event_of
from broadsheet.serve.api.problems import Problem
from broadsheet.serve.api.reports import day_of, labels_of
from broadsheet.serve.api.shapes import ItemId
from broadsheet.serve.pages import before
from broadsheet.serve.pages.frame import Acts, Looks, View
from broadsheet.serve.site import Site
from broadsheet.serve.work import PAGE
from broadsheet.stack.record import RUN, RunRecord, read_run

router = APIRouter()
OFFERED = (MORE, LESS, SAVED, READ, NOT_MY_FIELD)
OF_A_PROPOSAL = (MORE, LESS, SAVED)
Label = Annotated[date, Path(description="The day, as 2026-03-16.")]
# What is said of how long the page took before, kept with the job that writes it: while a run is made anew its record tells no times.
BEFORE = "before"
# The page as a file has a style of its own, and runs nothing.
FILE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups allow-popups-to-escape-sandbox"


@router.get("/")
def today(view: Looks) -> HTMLResponse:
    """Show the newest day; while there is none, how far the run is that writes it."""
    labels = labels_of(view.site.settings.report_folder)
    return _day(view, labels[0]) if labels else view.page("today_none.html", **_under_way(view.site))


@router.get("/day/{label}")
def day(view: Looks, label: Label) -> HTMLResponse:
    """Show the page of a day."""
    return _day(view, label)


@router.get("/day/{label}/{name}")
def file(view: Looks, label: Label, name: Annotated[str, Path(max_length=40)]) -> Response:
    """Return a file of a day: the page as it can be kept, Markdown, JSON, the feed, BibTeX."""
    path = view.site.settings.report_folder / str(label) / name
    if name not in DAY_FILES or not path.is_file():
        there = [one for one in DAY_FILES if (path.parent / one).is_file()]
        raise Problem(404, "no-file", "There is no such file of that day.", f"It has {', '.join(there)}." if there else "The newest day is at Today.")
    answer = view.sealed(FileResponse(path))
    answer.headers["content-security-policy"] = FILE_POLICY
    return answer


@router.get("/today/run")
def progress(view: Looks) -> Response:
    """Return how far the run is that writes the page, as a part; once it is over, lead to the page."""
    at = _under_way(view.site)
    over = at["job"] is None or at["job"].state in {JobState.DONE, JobState.FAILED}
    if over and labels_of(view.site.settings.report_folder) and (at["job"] is None or at["job"].state is JobState.DONE):
        return view.to("/")
    return view.page("today_run.html", **at)


@router.post("/act")
def act(
    view: Acts,
    item: Annotated[ItemId, Form()],
    kind: Annotated[Act | Literal["undo"], Form()],
    label: Annotated[date, Form()],
) -> Response:
    """Keep what the reader did with an item of a day, or take the newest of it back; the next page learns from it."""
    report = read_day(view.site, label)
    entry = next((one for one in report.entries if one.item.id == item), None)
    if entry is None:
        raise Problem(404, "no-item", "That is not on the page of this day.", "Load the page again.")
    told = EventIn(item=item, kind=kind, slot=entry.slot, propensity=entry.propensity or None)
    view.site.store.record_events([event_of(view.site, view.caller, told, view.site.clock.now())])
    if not view.is_part:
        return view.to(f"/day/{label}#{f'p{entry.slot}' if entry.slot else 'main'}")
    return view.page(
        "today_acts.html",
        entry=entry,
        report=report,
        held=_told(view),
        pending=_pending(view, report),
        kinds=_kinds(report),
        words=WORDS,
        **_under_way(view.site),
    )


@router.post("/anew")
def anew(view: Acts) -> Response:
    """Have the page written anew: what stood on it is kept, so that what moves can be shown."""
    site = view.site
    if not site.settings.writes:
        raise Problem(409, "no-run", "These reports were not made by a run that this server knows.", "Serve one: broadsheet serve --run FOLDER")
    job = newest_job(site)
    if job is None or job.state in {JobState.DONE, JobState.FAILED}:
        for label in labels_of(site.settings.report_folder)[:1]:
            before.keep(site.store, read_day(site, label), site.clock)
        site.jobs.submit(PAGE, {BEFORE: _took(site)}, owner="site")
    return view.page("today_run.html", **_under_way(site)) if view.is_part else view.to("/")


def newest_job(site: Site) -> Job | None:
    """Return the newest job that writes the page."""
    return next((job for job in site.jobs.newest(50) if job.kind == PAGE), None)


def _day(view: View, label: date) -> HTMLResponse:
    site = view.site
    report = read_day(site, label)
    labels = labels_of(site.settings.report_folder)
    at = labels.index(label)
    return view.page(
        "today.html", report=report, sections=SECTIONS, notice=NOTICE, held=_told(view), pending=_pending(view, report), kinds=_kinds(report), words=WORDS,
        moved=before.moves(report, before.last(site.store, report.reader, label)), older=labels[at + 1] if at + 1 < len(labels) else None,
        newer=labels[at - 1] if at else None, files=names_of(report), is_newest=at == 0, **_under_way(site),
    )  # fmt: skip


def read_day(site: Site, label: date) -> Report:
    """Return the report of a label. Raises Problem where there is none, or another version wrote it."""
    try:
        found = day_of(site.settings.report_folder, label)
    except OutputError:
        raise Problem(409, "old-report", "The report of that day was written by another version.", "Write the day again: broadsheet run") from None
    if not found:
        raise Problem(404, "no-report", "There is no report of that day.", "The newest is at Today.")
    return found[0]


def _kinds(report: Report) -> tuple[str, ...]:
    return OF_A_PROPOSAL if report.proposed else OFFERED


def _told(view: View) -> dict[str, Event]:
    """Return the newest act of the reader on each item that holds."""
    return {event.item: event for event in acts(standing(view.site.store.events(view.reader)))}


def _pending(view: View, report: Report) -> int:
    """Return how many acts the page has not learnt from: those that were told, or taken back, after it was last asked for."""
    job = newest_job(view.site)
    path = view.site.settings.report_folder / str(report.label) / "report.json"
    since = job.made if job is not None else datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return sum(1 for event in view.site.store.events(view.reader) if event.kind != SHOWN and event.at > since)


def _under_way(site: Site) -> dict[str, Any]:
    """Return the job that writes the page and the run that it works on, None where there is none."""
    job = newest_job(site)
    now = job if job is not None and job.state in {JobState.WAITING, JobState.RUNNING} else None
    took = str(now.payload.get(BEFORE, "")) if now is not None else _took(site)
    return {"job": job, "run": run_of(site), "writes": site.settings.writes, "took": took, "begun": now is not None and _is_begun(site, now)}


def _is_begun(site: Site, job: Job) -> bool:
    """Whether the record of the run is that of the job: before, it tells of the run before."""
    record = site.settings.report_folder / RUN
    return record.is_file() and record.stat().st_mtime >= job.made.timestamp()


def _took(site: Site) -> str:
    """Say how long the page took the last time it was written, here or by a command; nothing where that is not known."""
    done = next((job for job in site.jobs.newest(50) if job.kind == PAGE and job.state is JobState.DONE and job.ended is not None), None)
    run = run_of(site)
    seconds = (done.ended - done.made).total_seconds() if done is not None and done.ended is not None else run.took if run is not None else 0.0
    return f"The last time it took about {max(1, seconds):.0f} s." if seconds > 0 else ""


def run_of(site: Site) -> RunRecord | None:
    """Return the run whose page is shown, as far as it is; None where there is none."""
    try:
        return read_run(site.settings.report_folder)
    except ArtifactError:
        return None
