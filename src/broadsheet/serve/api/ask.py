"""`/v1/ask`: a question in words, its query explained and answered, amended until it is right; the whole loop is kept in the database."""

import json
import secrets
from collections.abc import Callable
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Request
from pydantic import Field, StringConstraints

from broadsheet.ask.loop.machine import Loop
from broadsheet.ask.loop.outcome import told
from broadsheet.ask.loop.records import Act, Event, Transcript
from broadsheet.core.database import Instant
from broadsheet.core.errors import QueryError
from broadsheet.core.store import METADATA
from broadsheet.serve.api.problems import ALWAYS, Problem, documented
from broadsheet.serve.api.shapes import WHOLE, Cursor, Shape, cursor_of, place_of
from broadsheet.serve.callers import Caller, Reads
from broadsheet.serve.models.parts import Asking

router = APIRouter(prefix="/v1", tags=["ask"])
# So many steps one question may take: each is kept for ever.
STEPS = 100
LOOPS = sa.Table(
    "ask_loops",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(32), nullable=False, unique=True),
    sa.Column("owner", sa.String(200), nullable=False, index=True),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("transcript", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
)
Doing = Literal["choose", "amend", "keep", "fix", "edit", "query", "undo", "branch", "why", "why not", "accept", "quit"]
Words = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")]
LoopId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="The id that asking gave.", examples=["00112233445566778899aabbccddeeff"])]


class AskIn(Shape):
    """A question in words."""

    question: Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00]*\S[^\x00]*$"), Field(examples=["Who wrote the most papers?"])]


class StepIn(Shape):
    """What a person does.

    `choose` a meaning by its number, `amend` in words, `fix` a finding by its number, `edit` a part by its number and its new text,
    `query` with Cypher, `keep`, `undo`, `branch` to a state by its number, `why` a row by its number, `why not` in words, `accept`, `quit`.

    `step` is how many steps the caller knows of; where there are more, somebody else took one.
    """

    act: Doing
    text: Words = ""
    number: Annotated[int, Field(ge=0, le=10_000), WHOLE] = 0
    step: Annotated[int, Field(ge=1, le=STEPS), WHOLE] | None = None


class AskOut(Shape):
    """Where a loop is: its id, how many steps were taken, what was told of the last, what was wrong with it, and all there is to tell of the state."""

    id: str
    step: int
    ended: str
    accepted: int | None
    at: int | None
    states: int
    told: tuple[str, ...]
    fault: tuple[str, ...]
    state: dict[str, Any]


class LoopOut(Shape):
    """A loop in a list."""

    id: str
    question: str
    step: int
    ended: str
    at: str


class LoopsOut(Shape):
    """A page of loops, newest first."""

    loops: tuple[LoopOut, ...]
    next: str


@router.post("/ask", status_code=201, responses=ALWAYS)
async def ask(request: Request, asked: AskIn, caller: Reads) -> AskOut:
    """Ask a question: a query is drafted, checked, explained and run, or it is asked back what words mean."""
    site = request.app.state.site
    name = secrets.token_hex(16)

    def work(loop: Loop) -> AskOut:
        made = loop.begin(asked.question)
        row = {"id": name, "owner": caller.name, "step": len(made.happened), "transcript": made.model_dump_json(), "at": site.clock.now()}
        site.store.write(lambda connection: connection.execute(sa.insert(LOOPS).values(row)))
        return _out(name, loop, made)

    return await _in_lane(site, work)


@router.post("/ask/{id}", responses={**ALWAYS, **documented(404, 409)})
async def step(request: Request, id: LoopId, asked: StepIn, caller: Reads) -> AskOut:  # noqa: A002
    """Choose, amend, fix, undo, accept: one step of the loop. What goes wrong with a step is told, and the state stays as it was."""
    site = request.app.state.site

    def work(loop: Loop) -> AskOut:
        held = _held(site, id, caller)
        if held.ended:
            raise Problem(409, "ended", f"The loop has ended: {held.ended}.", "Ask anew: POST /v1/ask")
        if len(held.happened) >= STEPS:
            raise Problem(409, "long", f"A loop has at most {STEPS} steps.", "Ask anew: POST /v1/ask")
        if asked.step is not None and asked.step != len(held.happened):
            raise Problem(409, "stale", f"{len(held.happened)} steps were taken, not {asked.step}.", f"Look at it: GET /v1/ask/{id}")
        made = loop.step(held, Event(act=Act(asked.act), text=asked.text, number=asked.number))
        _keep(site, id, len(held.happened), made)
        return _out(id, loop, made)

    return await _in_lane(site, work)


@router.get("/ask/{id}", responses={**ALWAYS, **documented(404)})
async def state(request: Request, id: LoopId, caller: Reads) -> AskOut:  # noqa: A002
    """Return where a loop is."""
    site = request.app.state.site
    return await _in_lane(site, lambda loop: _out(id, loop, _held(site, id, caller)))


@router.get("/ask/{id}/transcript", responses={**ALWAYS, **documented(404)})
def transcript(request: Request, id: LoopId, caller: Reads) -> Transcript:  # noqa: A002
    """Return all that happened in a loop, as `broadsheet ask replay` reads it."""
    return _held(request.app.state.site, id, caller)


@router.get("/ask", responses=ALWAYS)
def loops(request: Request, caller: Reads, limit: Annotated[int, Query(ge=1, le=100)] = 20, cursor: Annotated[Cursor, Query()] = "") -> LoopsOut:
    """List the caller's loops, newest first."""
    site = request.app.state.site
    after = place_of(cursor, "ask", caller.name).after
    query = sa.select(LOOPS).where(LOOPS.c.owner == caller.name).order_by(LOOPS.c.number.desc()).limit(limit + 1)
    if after:
        query = query.where(LOOPS.c.number < after)
    with site.store.errors(), site.store.engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    found = []
    for row in rows[:limit]:
        held = json.loads(row["transcript"])
        found.append(LoopOut(id=row["id"], question=held["question"], step=row["step"], ended=held["ended"], at=row["at"].isoformat()))
    return LoopsOut(loops=tuple(found), next=cursor_of(rows[limit - 1]["number"], "ask", caller.name) if len(rows) > limit else "")


async def _in_lane(site: Any, work: Callable[[Loop], AskOut]) -> AskOut:
    """Do work with a loop of its own, in the graph's lane."""
    with site.holder.use("ask", Asking) as part:
        return await part.run(lambda: work(Loop(part.tools)))


def _held(site: Any, id: str, caller: Caller) -> Transcript:  # noqa: A002 - the field's own name
    """Return a caller's loop. Raises Problem where there is none, or it is another's."""
    with site.store.errors(), site.store.engine.connect() as connection:
        row = connection.execute(sa.select(LOOPS.c.transcript).where(LOOPS.c.id == id, LOOPS.c.owner == caller.name)).first()
    if row is None:
        raise Problem(404, "no-loop", "There is no question of that id.", "Ask one: POST /v1/ask")
    return Transcript.model_validate_json(row[0])


def _keep(site: Any, id: str, before: int, made: Transcript) -> None:  # noqa: A002 - the field's own name
    """Keep a step, unless somebody took another one meanwhile."""
    values = {"step": len(made.happened), "transcript": made.model_dump_json(), "at": site.clock.now()}
    kept = site.store.write(lambda connection: connection.execute(sa.update(LOOPS).where(LOOPS.c.id == id, LOOPS.c.step == before).values(values)).rowcount)
    if not kept:
        raise Problem(409, "stale", "Another step was taken meanwhile.", f"Look at it: GET /v1/ask/{id}")


def _out(name: str, loop: Loop, made: Transcript) -> AskOut:
    last = made.happened[-1]
    try:
        said = told(loop, made)
    except QueryError as fault:
        said = {"question": made.question, "fault": [fault.what, fault.mend]}
    plain = json.loads(json.dumps(said, default=str))
    return AskOut(
        id=name,
        step=len(made.happened),
        ended=made.ended,
        accepted=made.accepted,
        at=made.at,
        states=len(made.states),
        told=last.told,
        fault=last.fault,
        state=plain,
    )


__all__ = ["LOOPS", "router"]
