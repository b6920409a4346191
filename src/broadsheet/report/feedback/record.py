"""Acts of a reader as events in the store, and which of them hold."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Final, NamedTuple

import sqlalchemy as sa

from broadsheet.core.clock import Clock, WallClock
from broadsheet.core.database import Instant
from broadsheet.core.schema import Announcement, Event, Item
from broadsheet.core.store import METADATA, Store

SHOWN: Final = "shown"
OPENED: Final = "opened"
SAVED: Final = "saved"
MORE: Final = "more"
LESS: Final = "less"
NOT_MY_FIELD: Final = "not-my-field"
READ: Final = "read"
# What a reader can do with a paper, beside undoing it.
ACTS: Final = (OPENED, SAVED, MORE, LESS, NOT_MY_FIELD, READ)
# Those of them that speak for it.
WANTED: Final = (SAVED, MORE, OPENED)
UNDO: Final = "undo"
# An event about a category, and not about one paper, has this before the category's name as its item.
CATEGORY: Final = "category:"
# Which event a signed link made: whoever posts it again meets the same one.
LINKS = sa.Table(
    "feedback_links",
    METADATA,
    sa.Column("link", sa.String(64), primary_key=True),
    sa.Column("user", sa.String, nullable=False),
    sa.Column("item", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("at", Instant, nullable=False),
)


def at_label(label: date) -> datetime:
    """Return the instant that what was shown on a page bears: the start of its label.

    >>> str(at_label(date(2026, 2, 9)))
    '2026-02-09 00:00:00+00:00'
    """
    return datetime.combine(label, time(), UTC)


def undo_of(event: Event, at: datetime) -> Event:
    """Return the event that undoes another one: its kind names the kind and the instant of what it undoes.

    >>> told = Event(user="ana", item="x", kind="more", at=datetime(2026, 2, 9, 9, tzinfo=UTC))
    >>> undo_of(told, datetime(2026, 2, 10, tzinfo=UTC)).kind
    'undo more 2026-02-09T09:00:00+00:00'
    """
    return Event(user=event.user, item=event.item, kind=undo_kind(event.kind, event.at), at=at, slot=event.slot)


def undo_kind(kind: str, at: datetime) -> str:
    """Return the kind of the event that undoes one of a kind and an instant."""
    return f"{UNDO} {kind} {at.astimezone(UTC).isoformat()}"


def undone_by(kind: str) -> tuple[str, datetime] | None:
    """Return the kind and the instant of what an event of this kind undoes; None where it undoes nothing.

    >>> undone_by("undo more 2026-02-09T09:00:00+00:00")[0]
    'more'
    >>> undone_by("more")
    """
    first, _, rest = kind.partition(" ")
    told, _, instant = rest.rpartition(" ")
    if first != UNDO or not told:
        return None
    try:
        return told, datetime.fromisoformat(instant).astimezone(UTC)
    except ValueError:
        return None


def standing(events: Iterable[Event]) -> list[Event]:
    """Return the events that hold, in the order given: no undo, and nothing that one names."""
    kept = list(events)
    gone = {(event.user, event.item, *named) for event in kept if (named := undone_by(event.kind))}
    return [e for e in kept if not e.kind.startswith(f"{UNDO} ") and (e.user, e.item, e.kind, e.at.astimezone(UTC)) not in gone]


def acts(events: Iterable[Event]) -> list[Event]:
    """Return those of the events that a reader did, and not what was shown."""
    return [event for event in events if event.kind in ACTS]


def act_event(before: Sequence[Event], reader: str, item: str, kind: str, at: datetime, label: date | None = None) -> Event:
    """Return an act as an event, with the slot and the propensity of the page on which the paper was shown.

    `before` are the reader's events; the page is that of `label`, or the newest that showed the paper before the act.
    """
    pages = [e for e in before if e.kind == SHOWN and e.item == item and (e.at.date() == label if label else e.at <= at)]
    page = max(pages, key=lambda e: e.at, default=None)
    return Event(user=reader, item=item, kind=kind, at=at.astimezone(UTC), slot=page.slot if page else None, propensity=page.propensity if page else None)


def record_act(store: Store, reader: str, item: str, kind: str, *, label: date | None = None, clock: Clock | None = None) -> Event:
    """Keep an act of a reader and return its event."""
    event = act_event(store.events(reader), reader, item, kind, (clock or WallClock()).now(), label)
    store.record_events([event])
    return event


def record_undo(store: Store, reader: str, item: str, *, kind: str = "", clock: Clock | None = None) -> Event | None:
    """Undo the newest act on an item that holds, of one kind where it is named; None where there is none."""
    held = [e for e in acts(standing(store.events(reader))) if e.item == item and kind in ("", e.kind)]
    if not held:
        return None
    event = undo_of(held[-1], (clock or WallClock()).now())
    store.record_events([event])
    return event


class Once(NamedTuple):
    """The event of a link, and whether it was this call that made it."""

    event: Event
    is_first: bool


def event_of_link(store: Store, link: str) -> Event | None:
    """Return the event that a link made, None where nobody has posted it yet."""
    with store.errors(), store.engine.connect() as connection:
        row = connection.execute(sa.select(LINKS).where(LINKS.c.link == _digest(link))).mappings().first()
    if row is None:
        return None
    return next((e for e in store.events(row["user"]) if (e.item, e.kind, e.at) == (row["item"], row["kind"], row["at"])), None)


def record_once(store: Store, link: str, event: Event) -> Once:
    """Keep the event of a link; the first to post it names the instant, and every later post is the same event.

    The instant is kept before the event: after a kill between the two, the next post makes the event.
    """
    row = {"link": _digest(link), "user": event.user, "item": event.item, "kind": event.kind, "at": event.at}

    def named(connection: sa.Connection) -> datetime | None:
        before = connection.execute(sa.select(LINKS.c.at).where(LINKS.c.link == row["link"])).scalar()
        if before is None:
            connection.execute(sa.insert(LINKS).values(**row))
        return before

    before = store.write(named)
    told = event.model_copy(update={"at": before or event.at.astimezone(UTC)})
    if before is None or told not in store.events(event.user):
        store.record_events([told])
    return Once(told, before is None)


def _digest(link: str) -> str:
    return hashlib.sha256(link.encode()).hexdigest()


class LibraryChange(NamedTuple):
    """How a library changed: what came into it, and what went."""

    came: tuple[Item, ...]
    went: tuple[Item, ...]


def library_change(before: Sequence[Item], after: Sequence[Item]) -> LibraryChange:
    """Compare two versions of a library, by id, else by title: a citation key may have been renamed.

    >>> library_change([Item(id="a", title="Soup")], [Item(id="b", title="soup"), Item(id="c", title="Bread")]).came[0].id
    'c'
    """
    return LibraryChange(_not_among(after, before), _not_among(before, after))


def _not_among(items: Sequence[Item], others: Sequence[Item]) -> tuple[Item, ...]:
    ids, titles = {item.id for item in others}, {folded(item.title) for item in others}
    return tuple(item for item in items if item.id not in ids and folded(item.title) not in titles)


def folded(title: str) -> str:
    """Return a title without case, marks and spaces, to find it again.

    >>> folded("Soup,  again!") == folded("soup again")
    True
    """
    return "".join(c for c in title.casefold() if c.isalnum())


class Recorded(NamedTuple):
    """What a change of a library came to: saved and undone events, and how many references were known as saved before."""

    saved: tuple[Event, ...]
    undone: tuple[Event, ...]
    known: int


def record_library(store: Store, reader: str, change: LibraryChange, clock: Clock | None = None) -> Recorded:
    """Keep what came into a library as saved, and undo the saving of what went; doing so twice changes nothing.

    A reference is the paper that was shown where it has its id or its title; what the store has no text of is kept, on no day's list.
    """
    events = store.events(reader)
    shown = store.items({event.item for event in events if event.kind == SHOWN})
    held = {event.item: event for event in standing(events) if event.kind == SAVED}
    at = (clock or WallClock()).now()
    came, went = (_as_shown(items, shown) for items in (change.came, change.went))
    new = [item for item in came if item.id not in held]
    _keep_texts(store, new)
    saved = tuple(act_event(events, reader, item.id, SAVED, at) for item in new)
    undone = tuple(undo_of(held[item.id], at) for item in went if item.id in held)
    store.record_events([*saved, *undone])
    return Recorded(saved, undone, len(came) - len(new))


def _as_shown(items: Iterable[Item], shown: Mapping[str, Item]) -> list[Item]:
    by_title = {folded(item.title): item for item in shown.values()}
    return list({found.id: found for item in items for found in [shown.get(item.id) or by_title.get(folded(item.title)) or item]}.values())


def _keep_texts(store: Store, items: Sequence[Item]) -> None:
    known = store.items(item.id for item in items)
    store.record_day([Announcement(item=item.model_copy(update={"announced": None})) for item in items if item.id not in known])
