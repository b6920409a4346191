"""A question in words, its query explained and answered, amended until it is right: the loop that programs have at /v1/ask, for people."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Path, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from broadsheet.ask.answer.answer import picture
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.loop.machine import Loop
from broadsheet.ask.loop.records import Act, Event, Transcript
from broadsheet.ask.loop.transcript import dumped
from broadsheet.core.errors import BroadsheetError, QueryError
from broadsheet.serve.api.asked import ROWS, STEPS, Doing, begin, held, in_lane, listed, take, with_rows
from broadsheet.serve.api.problems import Problem, of_error
from broadsheet.serve.models.parts import Asking
from broadsheet.serve.pages.ask_examples import examples, known
from broadsheet.serve.pages.ask_shown import shown_of
from broadsheet.serve.pages.frame import Acts, Looks, View

router = APIRouter()
LoopId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
Words = Annotated[str, Form(max_length=2000)]
LISTED: Final = 20
LONGEST: Final = 1000
# A picture has a style of its own, and runs nothing.
PICTURE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
SAID: Final = {
    "stale": ("This is not where you left it: a step was taken meanwhile, perhaps in another tab.", "It is shown as it is now. Yours was not taken; take it again if you still want it."),
    "ended": ("This question is closed, and takes no more steps.", "Ask it anew below."),
    "long": (f"A question has at most {STEPS} steps.", "Ask it anew below."),
    "busy": ("The graph is still being opened, or others ask it too.", "Nothing was taken. Send it again in a few seconds: what you wrote is kept."),
    "no-loop": ("There is no such question of yours.", "All that you asked stand under Ask."),
    "no-part": ("No graph is open on this server.", "Serve the sample, or a run whose recipe has the stage ask: broadsheet serve --run FOLDER"),
}  # fmt: skip
"""What goes wrong with the loop, in words of a page and not of the interface."""


@router.get("/ask")
async def start(view: Looks, q: Annotated[str, Query(max_length=LONGEST)] = "") -> HTMLResponse:
    """Show the form, questions that the graph can answer, and what the person asked before."""
    return await _start(view, q)


@router.get("/ask/examples")
async def offered(view: Looks) -> Response:
    """Return questions that the graph can answer, each tried; while it is being opened, that it is."""
    names: dict[str, Any] = {"examples": (), "no_examples": None, "looked": True}
    try:
        names["examples"] = await in_lane(view.site, lambda loop: examples(loop.tools))
    except Problem as fault:
        names["no_examples"] = in_words(fault)
    return view.page("ask_examples.html" if view.is_part else "ask_examples_page.html", **names)


@router.post("/ask")
async def ask(view: Acts, question: Annotated[str, Form()] = "") -> Response:
    """Ask a question, and lead to it."""
    words = question.strip().replace("\0", "")
    if not 0 < len(words) <= LONGEST:
        what = "That is too long for a question." if words else "There is no question."
        return await _start(view, words[:LONGEST], Problem(422, "unfit", what, f"Write one of 1 to {LONGEST} letters."))
    try:
        name, _ = await begin(view.site, view.caller, words, _named)
    except (Problem, BroadsheetError) as fault:
        return await _start(view, words, _problem(fault))
    return view.to(f"/ask/{name}")


@router.get("/ask/{name}")
async def state(view: Looks, name: LoopId, rows: Annotated[int, Query(ge=0, le=ROWS)] = 0) -> HTMLResponse:
    """Show where a question is: all of it is kept, so that no graph need be open for that; it must be for more rows than the first."""
    made = await run_in_threadpool(_held, view, name)
    if not rows:
        return _page(view, name, made)
    try:
        return _page(view, name, await in_lane(view.site, lambda loop: with_rows(loop, made, rows)))
    except (Problem, BroadsheetError) as fault:
        return _page(view, name, made, _problem(fault))


@router.post("/ask/{name}")
async def step(
    view: Acts, name: LoopId, act: Annotated[Doing, Form()], text: Words = "", number: Annotated[int, Form(ge=0, le=10_000)] = 0,
    step: Annotated[int | None, Form(ge=1, le=STEPS)] = None,
) -> Response:  # fmt: skip
    """Take a step. What goes wrong with it is told beside the state, which stays as it was, and so do the words."""
    event = Event(act=Act(act), text=text.replace("\0", ""), number=number)
    try:
        _, made = await take(view.site, view.caller, name, event, step, _named)
    except (Problem, BroadsheetError) as fault:
        problem = _problem(fault)
        if problem.kind == "no-loop":
            raise problem from None
        return _page(view, name, await run_in_threadpool(_held, view, name), problem, event)
    return _page(view, name, made) if view.is_part else view.to(f"/ask/{name}#{'why' if act in {'why', 'why not'} else 'now'}")


@router.get("/ask/{name}/subgraph.svg")
async def subgraph(view: Looks, name: LoopId, state: Annotated[int, Query(ge=1)], row: Annotated[int, Query(ge=0)] = 0) -> Response:
    """Return the picture of what the rows of a state rest on, or one of them, counted from 1."""
    made = await run_in_threadpool(_held, view, name)
    text = made.states[state - 1].query if state <= len(made.states) else None
    query = None if text is None else parse(text).query

    def work(loop: Loop) -> str:
        found = None if query is None else loop.shown(query).answer
        if found is None or not found.citations:
            raise Problem(404, "no-picture", "There is nothing to draw: no row that could be traced.", "Its query may have none.")
        return picture(found, row or None)

    try:
        drawn = await in_lane(view.site, work)
    except QueryError as fault:
        raise Problem(404, "no-picture", fault.what, fault.mend) from None
    answer = view.sealed(Response(drawn, media_type="image/svg+xml"))
    answer.headers["content-security-policy"] = PICTURE_POLICY
    return answer


@router.get("/ask/{name}/transcript.json")
async def transcript(view: Looks, name: LoopId) -> Response:
    """Return all that happened, as `broadsheet ask replay` reads it."""
    made = await run_in_threadpool(_held, view, name)
    return view.sealed(Response(dumped(made), media_type="application/json", headers={"content-disposition": 'attachment; filename="loop.json"'}))


def _named(name: str, loop: Loop, made: Transcript) -> tuple[str, Transcript]:
    del loop
    return name, made


def in_words(problem: Problem) -> Problem:
    """Return a problem as a page says it."""
    said = SAID.get(problem.kind)
    return problem if said is None else Problem(problem.status, problem.kind, *said, headers=problem.headers)


def _problem(fault: Problem | BroadsheetError) -> Problem:
    return in_words(fault if isinstance(fault, Problem) else of_error(fault))


def _held(view: View, name: str) -> Transcript:
    try:
        return held(view.site, name, view.caller)
    except Problem as fault:
        raise in_words(fault) from None


def _page(view: View, name: str, made: Transcript, fault: Problem | None = None, event: Event | None = None) -> HTMLResponse:
    shown = shown_of(made)
    if event is not None and fault is not None and fault.kind != "ended":
        shown |= {"kept_act": event.act.value, "kept_words": event.text}
    else:
        shown |= {"kept_act": shown["last"].event.act.value}
    template = "ask_state.html" if view.is_part else "ask_loop.html"
    return view.page(template, status=fault.status if fault else 200, id=name, fault=fault, longest=LONGEST, **shown)


async def _start(view: View, words: str, fault: Problem | None = None) -> HTMLResponse:
    try:
        with view.site.holder.use("ask", Asking) as part:
            found, about = known(part.tools), part.tools.named.name
    except Problem:
        found, about = None, ""
    names: dict[str, Any] = {"words": words, "fault": fault, "longest": LONGEST, "status": fault.status if fault else 200}
    if view.is_part:
        return view.page("ask_form.html", **names)
    before = await run_in_threadpool(listed, view.site, view.caller, LISTED)
    return view.page("ask.html", examples=found or (), no_examples=None, looked=found is not None, graph=about, before=before, **names)
