"""`/v1/jobs`: work that takes longer than a request, kept in the database before the answer is sent."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field, StringConstraints

from broadsheet.core.errors import RecordError
from broadsheet.core.jobs import Job
from broadsheet.serve.api.events import Idempotency
from broadsheet.serve.api.problems import ALWAYS, Problem, documented
from broadsheet.serve.api.shapes import WHOLE, Cursor, Shape, cursor_of, place_of
from broadsheet.serve.callers import Reads, Rules
from broadsheet.serve.work import NAME

router = APIRouter(prefix="/v1", tags=["jobs"])
Named = Annotated[str, StringConstraints(pattern=NAME), Field(examples=["trial"])]


class PageJob(Shape):
    """Write the site's own page anew: it learns from what its reader told since."""

    kind: Literal["page"]


class FitJob(Shape):
    """Fit a bundle on a fictional world; it lies under the name in the server's own folder."""

    kind: Literal["fit"]
    stage: Literal["retrieve", "rank", "plan"]
    name: Named
    seed: Annotated[int, Field(ge=0, lt=2**31), WHOLE] = 0


class RunJob(Shape):
    """Run a recipe that comes with the package; the run lies under the name in the server's own folder."""

    kind: Literal["run"]
    recipe: Literal["sample", "papers", "shop", "menu", "movies"] = "sample"
    name: Named


JobIn = Annotated[PageJob | FitJob | RunJob, Field(discriminator="kind")]


class JobOut(Shape):
    """A job: what it is, where it is, how often it was begun, when it was made and ended, and its result or what is wrong with it and what mends it."""

    id: str
    kind: str
    payload: dict[str, Any]
    state: Literal["waiting", "running", "done", "failed"]
    attempts: int
    made: str
    ended: str | None
    result: dict[str, Any] | None
    fault: tuple[str, ...] | None


class JobPage(Shape):
    """A page of jobs, newest first."""

    jobs: tuple[JobOut, ...]
    next: str


@router.post("/jobs", status_code=202, responses={**ALWAYS, **documented(409), 200: {"model": JobOut, "description": "Kept before, under the same key"}})
def submit(request: Request, response: Response, asked: JobIn, caller: Rules, key: Idempotency = None) -> JobOut:
    """Keep a job; it is in the database before the answer is sent. With `Idempotency-Key` it may be sent again until the answer comes."""
    if asked.kind == "page" and not request.app.state.site.settings.writes:
        raise Problem(409, "no-run", "These reports were not made by a run that this server knows.", "Serve one: broadsheet serve --run FOLDER")
    try:
        made = request.app.state.site.jobs.submit(asked.kind, asked.model_dump(mode="json", exclude={"kind"}), owner=caller.name, key=key)
    except RecordError as fault:
        raise Problem(409, "key-used", fault.what, fault.mend) from None
    response.status_code = 202 if made.is_first else 200
    response.headers["Location"] = f"/v1/jobs/{made.job.id}"
    return told(made.job)


@router.get("/jobs", responses=ALWAYS)
def jobs(request: Request, caller: Reads, limit: Annotated[int, Query(ge=1, le=100)] = 20, cursor: Annotated[Cursor, Query()] = "") -> JobPage:
    """List jobs, newest first."""
    del caller
    found = request.app.state.site.jobs.newest(limit + 1, place_of(cursor, "jobs").after)
    more = cursor_of(found[limit - 1].number, "jobs") if len(found) > limit else ""
    return JobPage(jobs=tuple(map(told, found[:limit])), next=more)


@router.get("/jobs/{id}", responses={**ALWAYS, **documented(404)})
def job(request: Request, caller: Reads, id: Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", examples=["00112233445566aa"])]) -> JobOut:  # noqa: A002
    """Return a job as it stands."""
    del caller
    found = request.app.state.site.jobs.get(id)
    if found is None:
        raise Problem(404, "no-job", "There is no job of that id.", "GET /v1/jobs lists them.")
    return told(found)


def told(job: Job) -> JobOut:
    """Return a job as it is told."""
    return JobOut(
        id=job.id, kind=job.kind, payload=dict(job.payload), state=job.state.value, attempts=job.attempts, made=_at(job.made) or "", ended=_at(job.ended),
        result=dict(job.result) if job.result is not None else None, fault=job.fault,
    )  # fmt: skip


def _at(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at is not None else None
