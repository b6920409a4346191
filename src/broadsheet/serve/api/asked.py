"""Loops that are kept in the database: begun, gone on with and listed, for programs and for pages alike; the graph's own lane does the work."""

import json
import secrets
from collections.abc import Callable
from typing import Literal, NamedTuple, TypeVar

import sqlalchemy as sa

from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.loop.machine import Loop
from broadsheet.ask.loop.records import Event, Transcript
from broadsheet.ask.loop.showing import as_json, cited
from broadsheet.core.database import Instant
from broadsheet.core.store import METADATA
from broadsheet.serve.api.problems import Problem
from broadsheet.serve.callers import Caller
from broadsheet.serve.models.parts import Asking
from broadsheet.serve.site import Site

# So many steps one question may take: each is kept for ever.
STEPS = 100
# So many rows are shown at most: an engine gives no more.
ROWS = 1000
CHANGED = "The graph has changed since this was asked: these are its rows now."
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
T = TypeVar("T")


class Kept(NamedTuple):
    """A loop in a list: its `number` orders all loops, `at` is when its newest step was taken, in ISO form."""

    number: int
    id: str
    question: str
    step: int
    ended: str
    at: str


async def begin(site: Site, caller: Caller, question: str, then: Callable[[str, Loop, Transcript], T]) -> T:
    """Ask a question, keep the loop, and return what `then` makes of its id, the loop and its transcript.

    Words of several meanings are asked back unless all of them give the same rows.
    """
    name = secrets.token_hex(16)

    def work(loop: Loop) -> T:
        made = loop.without_idle_choice(loop.begin(question))
        row = {"id": name, "owner": caller.name, "step": len(made.happened), "transcript": made.model_dump_json(), "at": site.clock.now()}
        site.store.write(lambda connection: connection.execute(sa.insert(LOOPS).values(row)))
        return then(name, loop, made)

    return await in_lane(site, work)


async def take(site: Site, caller: Caller, name: str, event: Event, known: int | None, then: Callable[[str, Loop, Transcript], T]) -> T:
    """Take a step of a loop, keep it, and return what `then` makes of it. `known` is how many steps the caller knows of.

    Raises Problem: 404 where there is no such loop, 409 where it has ended, is too long, or somebody else took a step.
    """

    def work(loop: Loop) -> T:
        before = held(site, name, caller)
        if before.ended:
            raise Problem(409, "ended", f"The loop has ended: {before.ended}.", "Ask anew: POST /v1/ask")
        if len(before.happened) >= STEPS:
            raise Problem(409, "long", f"A loop has at most {STEPS} steps.", "Ask anew: POST /v1/ask")
        if known is not None and known != len(before.happened):
            raise Problem(409, "stale", f"{len(before.happened)} steps were taken, not {known}.", f"Look at it: GET /v1/ask/{name}")
        made = loop.step(before, event)
        _keep(site, name, len(before.happened), made)
        return then(name, loop, made)

    return await in_lane(site, work)


def with_rows(loop: Loop, made: Transcript, rows: int) -> Transcript:
    """Return a transcript whose state shows so many rows, to be told and not to be kept: a kept one has the first rows alone. The query is run for them."""
    state = made.state
    query = None if state is None or state.query is None else parse(state.query).query
    if state is None or state.preview is None or state.preview.fault or query is None:
        return made
    preview, found = loop.shown(query)
    if found is not None:
        notes = (*preview.notes, CHANGED) if preview.hash != state.preview.hash else preview.notes
        told = tuple(cited(one, found.naming) for one in (found.citations or ())[:rows])
        preview = preview.model_copy(update={"rows": tuple(map(as_json, found.rows.rows[:rows])), "cited": told, "notes": notes})
    wide = state.model_copy(update={"preview": preview})
    return made.model_copy(update={"states": (*made.states[: state.number - 1], wide, *made.states[state.number :])})


async def in_lane(site: Site, work: Callable[[Loop], T]) -> T:
    """Do work with a loop of its own, in the graph's lane. Raises BusyError while the graph is being opened."""
    with site.holder.use("ask", Asking) as part:
        return await part.run(lambda: work(Loop(part.tools)))


def held(site: Site, name: str, caller: Caller) -> Transcript:
    """Return a caller's loop. Raises Problem where there is none, or it is another's."""
    with site.store.errors(), site.store.engine.connect() as connection:
        row = connection.execute(sa.select(LOOPS.c.transcript).where(LOOPS.c.id == name, LOOPS.c.owner == caller.name)).first()
    if row is None:
        raise Problem(404, "no-loop", "There is no question of that id.", "Ask one: POST /v1/ask")
    return Transcript.model_validate_json(row[0])


def listed(site: Site, caller: Caller, most: int, after: int = 0) -> list[Kept]:
    """Return at most so many of a caller's loops, the newest first; with `after` those that were begun before the one of that number."""
    query = sa.select(LOOPS).where(LOOPS.c.owner == caller.name).order_by(LOOPS.c.number.desc()).limit(most)
    if after:
        query = query.where(LOOPS.c.number < after)
    with site.store.errors(), site.store.engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    found = []
    for row in rows:
        read = json.loads(row["transcript"])
        found.append(Kept(row["number"], row["id"], read["question"], row["step"], read["ended"], row["at"].isoformat()))
    return found


def _keep(site: Site, name: str, before: int, made: Transcript) -> None:
    """Keep a step, unless somebody took another one meanwhile."""
    values = {"step": len(made.happened), "transcript": made.model_dump_json(), "at": site.clock.now()}
    kept = site.store.write(lambda connection: connection.execute(sa.update(LOOPS).where(LOOPS.c.id == name, LOOPS.c.step == before).values(values)).rowcount)
    if not kept:
        raise Problem(409, "stale", "Another step was taken meanwhile.", f"Look at it: GET /v1/ask/{name}")
