"""Whether a reader still wants a channel: unsubscribing is an event, and can be undone."""

from typing import Final

from broadsheet.core.clock import Clock, WallClock
from broadsheet.core.schema import Event
from broadsheet.core.store import Store
from broadsheet.report.feedback.record import standing, undo_of

UNSUBSCRIBED: Final = "unsubscribed"
# The item of such an event is a channel, with this before its name.
CHANNEL: Final = "channel:"


def unsubscription(store: Store, reader: str, channel: str = "mail") -> Event | None:
    """Return the event by which a reader left a channel, None while the reader is on it."""
    held = [e for e in standing(store.events(reader)) if e.kind == UNSUBSCRIBED and e.item == CHANNEL + channel]
    return held[-1] if held else None


def is_unsubscribed(store: Store, reader: str, channel: str = "mail") -> bool:
    """Tell whether a reader has left a channel: what delivers asks before it sends."""
    return unsubscription(store, reader, channel) is not None


def unsubscribe(store: Store, reader: str, channel: str = "mail", clock: Clock | None = None) -> Event:
    """Take a reader off a channel; one who is off already stays so, by the same event."""
    if (held := unsubscription(store, reader, channel)) is not None:
        return held
    event = Event(user=reader, item=CHANNEL + channel, kind=UNSUBSCRIBED, at=(clock or WallClock()).now())
    store.record_events([event])
    return event


def subscribe_again(store: Store, reader: str, channel: str = "mail", clock: Clock | None = None) -> bool:
    """Undo every leaving of a channel; tell whether there was one."""
    held = [e for e in standing(store.events(reader)) if e.kind == UNSUBSCRIBED and e.item == CHANNEL + channel]
    store.record_events([undo_of(event, (clock or WallClock()).now()) for event in held])
    return bool(held)
