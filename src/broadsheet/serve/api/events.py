"""`/v1/events`: what a reader did, kept in the database before the answer is sent; the same request again is the same event."""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import AwareDatetime, BeforeValidator, Field, TypeAdapter

from broadsheet.core.database import Instant, upsert
from broadsheet.core.schema import Event
from broadsheet.core.store import EVENTS, METADATA
from broadsheet.report.feedback.record import act_event, acts, standing, undo_of
from broadsheet.serve.api.problems import ALWAYS, Problem, documented
from broadsheet.serve.api.shapes import LISTED, WHOLE, Cursor, ItemId, Name, Shape, cursor_of, place_of
from broadsheet.serve.callers import Caller, Owns, Reads

router = APIRouter(prefix="/v1", tags=["events"])
Act = Literal["opened", "saved", "more", "less", "not-my-field", "read"]
Kind = Literal["shown", "undo"] | Act
# Which answer a key of idempotency had: whoever sends it again gets it again.
ANSWERS = sa.Table(
    "api_answers",
    METADATA,
    sa.Column("caller", sa.String(200), primary_key=True),
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("body", sa.String(64), nullable=False),
    sa.Column("answer", sa.JSON, nullable=False),
    sa.Column("at", Instant, nullable=False),
)
_AHEAD = timedelta(minutes=5)
_INSTANT = TypeAdapter(AwareDatetime)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def _instant(value: Any) -> Any:
    """Read an instant as JSON has it: a text with its offset."""
    return _INSTANT.validate_python(value) if isinstance(value, str) and "T" in value.upper() else value


class EventIn(Shape):
    """One act: on which item, of which kind, when (now, without `at`), in which slot of a page.

    `undo` takes back the newest act on the item that holds. `reader` is whose act it is; who has no key tells their own.
    """

    item: ItemId
    kind: Kind
    reader: Name | None = None
    at: Annotated[AwareDatetime, BeforeValidator(_instant)] | None = None
    slot: Annotated[int, Field(ge=1, le=10_000), WHOLE] | None = None
    propensity: Annotated[float, Field(gt=0, le=1)] | None = None


class EventsIn(Shape):
    """Acts to keep, all or none."""

    events: Annotated[tuple[EventIn, ...], Field(min_length=1, max_length=100), LISTED]


class EventOut(Shape):
    """An act as it is kept."""

    reader: str
    item: str
    kind: str
    at: str
    slot: int | None = None
    propensity: float | None = None


class EventsOut(Shape):
    """Acts that are kept; `replayed` says that they were before, under the same key."""

    events: tuple[EventOut, ...]
    replayed: bool = False


class EventPage(Shape):
    """A page of a reader's events, oldest first."""

    events: tuple[EventOut, ...]
    next: str


Idempotency = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$", examples=["phone-000123"])]


@router.post("/events", status_code=201, responses={**ALWAYS, **documented(409), 200: {"model": EventsOut, "description": "Kept before, under the same key"}})
def record(request: Request, response: Response, asked: EventsIn, caller: Owns, key: Idempotency = None) -> EventsOut:
    """Keep what a reader did. The answer comes after the events are in the database; with `Idempotency-Key` it may be sent again until it does."""
    site = request.app.state.site
    now = site.clock.now()
    events = [event_of(site, caller, one, now) for one in asked.events]
    body = hashlib.sha256(asked.model_dump_json().encode("utf-8", "backslashreplace")).hexdigest()
    answer = EventsOut(events=tuple(map(out, events)))

    def kept(connection: sa.Connection) -> EventsOut:
        if key is not None:
            held = connection.execute(sa.select(ANSWERS).where(ANSWERS.c.caller == caller.name, ANSWERS.c.key == key)).mappings().first()
            if held is not None:
                if held["body"] != body:
                    raise Problem(409, "key-used", "This Idempotency-Key was used for another request.", "Give every request a key of its own.")
                return EventsOut.model_validate_json(json.dumps({**held["answer"], "replayed": True}))
            row = {"caller": caller.name, "key": key, "body": body, "answer": answer.model_dump(mode="json"), "at": now}
            connection.execute(sa.insert(ANSWERS).values(row))
        rows = [{**event.model_dump(), "at": event.at.astimezone(UTC)} for event in events]
        upsert(connection, EVENTS, rows, ("user", "item", "kind", "at"))
        return answer

    made = site.store.write(kept)
    response.status_code = 200 if made.replayed else 201
    return made


@router.get("/events", responses=ALWAYS)
def events(
    request: Request,
    caller: Reads,
    reader: Annotated[Name | None, Query(description="Whose events; without it, those of the server's own reader.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[Cursor, Query()] = "",
) -> EventPage:
    """List a reader's events in the order in which they were kept."""
    del caller
    site = request.app.state.site
    who = reader or site.settings.reader
    after = place_of(cursor, who).after
    query = sa.select(EVENTS).where(EVENTS.c.user == who, EVENTS.c.id > after).order_by(EVENTS.c.id).limit(limit + 1)
    with site.store.errors(), site.store.engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    found = tuple(out(Event.model_validate({name: row[name] for name in Event.model_fields})) for row in rows[:limit])
    return EventPage(events=found, next=cursor_of(rows[limit - 1]["id"], who) if len(rows) > limit else "")


@router.get(
    "/events/export", responses={**ALWAYS, 200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "A table"}}, response_class=Response
)
def export(request: Request, caller: Reads, reader: Annotated[Name | None, Query()] = None) -> Response:
    """Return a reader's events as CSV: a right to one's own data that a spreadsheet can open, and nothing in it is a formula."""
    del caller
    site = request.app.state.site
    kept = site.store.events(reader or site.settings.reader)
    return Response(table(list(map(out, kept))), media_type="text/csv", headers={"Content-Disposition": 'attachment; filename="events.csv"'})


def table(rows: Sequence[EventOut]) -> str:
    """Return events as CSV. A cell that a spreadsheet would take for a formula begins with an apostrophe.

    >>> table([EventOut(reader="ana", item="=1+1", kind="more", at="")]).splitlines()[1]
    "ana,'=1+1,more,,,"
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(list(EventOut.model_fields))
    for row in rows:
        writer.writerow([f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell for cell in row.model_dump().values()])
    return written.getvalue()


def out(event: Event) -> EventOut:
    """Return an event as it is told."""
    at = event.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return EventOut(reader=event.user, item=event.item, kind=event.kind, at=at, slot=event.slot, propensity=event.propensity)


def event_of(site: Any, caller: Caller, one: EventIn, now: datetime) -> Event:
    """Return an act as an event of its reader. Raises Problem for another's act, for one of the future, and for an undo of nothing."""
    reader = one.reader or site.settings.reader
    if reader != site.settings.reader and not caller.may("write"):
        raise Problem(
            403, "not-yours", "Without a key you tell your own acts alone.", f"Leave reader out ({site.settings.reader}), or send a key of scope write."
        )
    at = one.at or now
    if at > now + _AHEAD:
        raise Problem(400, "future", "An act lies in the future.", "Send the time with its offset, or leave it out.")
    before = site.store.events(reader, one.item)
    if one.kind == "undo":
        held = [event for event in acts(standing(before)) if event.item == one.item]
        if not held:
            raise Problem(409, "nothing-to-undo", "There is no act on this item that holds.", "Look at GET /v1/events.")
        return undo_of(held[-1], at)
    if one.kind == "shown":
        return Event(user=reader, item=one.item, kind=one.kind, at=at.astimezone(UTC), slot=one.slot, propensity=one.propensity)
    made = act_event(before, reader, one.item, one.kind, at)
    return made.model_copy(update={name: value for name, value in (("slot", one.slot), ("propensity", one.propensity)) if value is not None})


__all__ = ["ANSWERS", "event_of", "out", "router", "table"]
