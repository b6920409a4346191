"""`/v1/ask`: a question in words, its query explained and answered, amended until it is right; the whole loop is kept in the database."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field, StringConstraints

from broadsheet.ask.loop.machine import Loop
from broadsheet.ask.loop.outcome import told
from broadsheet.ask.loop.records import Act, Event, Transcript
from broadsheet.core.errors import QueryError
from broadsheet.serve.api.asked import ROWS, STEPS, Doing, begin, held, in_lane, listed, take, with_rows
from broadsheet.serve.api.problems import ALWAYS, documented
from broadsheet.serve.api.shapes import WHOLE, Cursor, Shape, cursor_of, place_of
from broadsheet.serve.callers import Reads

router = APIRouter(prefix="/v1", tags=["ask"])
Words = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")]
Rows = Annotated[int, Field(ge=1, le=ROWS)]
LoopId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="The id that asking gave.", examples=["00112233445566778899aabbccddeeff"])]


class AskIn(Shape):
    """A question in words, and how many of its rows are told, where it is not the first ten."""

    question: Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00]*\S[^\x00]*$"), Field(examples=["Who wrote the most papers?"])]
    rows: Annotated[Rows, WHOLE] | None = None


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
    return await begin(request.app.state.site, caller, asked.question, lambda name, loop, made: _out(name, loop, made, rows=asked.rows))


@router.post("/ask/{id}", responses={**ALWAYS, **documented(404, 409)})
async def step(request: Request, id: LoopId, asked: StepIn, caller: Reads) -> AskOut:  # noqa: A002
    """Choose, amend, fix, undo, accept: one step of the loop. What goes wrong with a step is told, and the state stays as it was."""
    event = Event(act=Act(asked.act), text=asked.text, number=asked.number)
    return await take(request.app.state.site, caller, id, event, asked.step, _out)


@router.get("/ask/{id}", responses={**ALWAYS, **documented(404)})
async def state(request: Request, id: LoopId, caller: Reads, rows: Annotated[Rows | None, Query()] = None) -> AskOut:  # noqa: A002
    """Return where a loop is; with `rows` so many of the answer's rows, and not the first ten alone."""
    site = request.app.state.site
    return await in_lane(site, lambda loop: _out(id, loop, held(site, id, caller), rows=rows))


@router.get("/ask/{id}/transcript", responses={**ALWAYS, **documented(404)})
def transcript(request: Request, id: LoopId, caller: Reads) -> Transcript:  # noqa: A002
    """Return all that happened in a loop, as `broadsheet ask replay` reads it."""
    return held(request.app.state.site, id, caller)


@router.get("/ask", responses=ALWAYS)
def loops(request: Request, caller: Reads, limit: Annotated[int, Query(ge=1, le=100)] = 20, cursor: Annotated[Cursor, Query()] = "") -> LoopsOut:
    """List the caller's loops, newest first."""
    found = listed(request.app.state.site, caller, limit + 1, place_of(cursor, "ask", caller.name).after)
    shown = tuple(LoopOut(id=one.id, question=one.question, step=one.step, ended=one.ended, at=one.at) for one in found[:limit])
    return LoopsOut(loops=shown, next=cursor_of(found[limit - 1].number, "ask", caller.name) if len(found) > limit else "")


def _out(name: str, loop: Loop, made: Transcript, *, rows: int | None = None) -> AskOut:
    last = made.happened[-1]
    try:
        said = told(loop, with_rows(loop, made, rows) if rows else made)
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


__all__ = ["router"]
