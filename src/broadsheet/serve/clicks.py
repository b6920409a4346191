"""What a click does to the events of a reader, and what its page says."""

from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa

from broadsheet.core.clock import Clock
from broadsheet.core.schema import Event
from broadsheet.core.store import Store
from broadsheet.report.feedback.links import UNSUBSCRIBE, WORDS, Act, ForgedLinkError, Links
from broadsheet.report.feedback.record import (
    ACTS,
    LESS,
    MORE,
    NOT_MY_FIELD,
    OPENED,
    READ,
    SAVED,
    act_event,
    event_of_link,
    record_once,
    standing,
    undo_kind,
    undone_by,
)
from broadsheet.report.feedback.subscription import CHANNEL, UNSUBSCRIBED, subscribe_again, unsubscribe, unsubscription
from broadsheet.report.references import find_links
from broadsheet.serve.answer import Answer, Button

_WILL: Final = {
    MORE: "Papers like this one move up in the next report.",
    LESS: "Papers like this one move down in the next report.",
    NOT_MY_FIELD: "Papers of this field move down in the next report.",
    SAVED: "It counts as a paper you want to keep: papers like it move up in the next report.",
    READ: "It is left out of later reports.",
    OPENED: "That you opened it is kept: the next report learns from it.",
}


class Clicks:
    """Looks at signed links and follows them, for the readers of one database."""

    def __init__(self, store: Store, links: Links, clock: Clock) -> None:
        self.store, self.links, self.clock = store, links, clock

    def check(self) -> None:
        """Raise StoreError unless the database answers."""
        with self.store.errors(), self.store.engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))

    def see(self, token: str) -> Answer:
        """Say what a link will do, or that it was done; nothing changes."""
        act = self._act(token)
        event = event_of_link(self.store, token)
        if event is not None:
            return self._after(act, event)
        if act.act not in ACTS:
            return self._about(act, Answer("Undo?", ("What you told is taken back, as if it had not been.",), Button("Undo")))
        return self._about(act, Answer(f"{WORDS[act.act]}?", (_WILL[act.act], _page_of(act)), Button(WORDS[act.act])))

    def do(self, token: str) -> Answer:
        """Record what a link does; posted again, it is the same event."""
        act = self._act(token)
        now = self.clock.now()
        if act.act in ACTS:
            before = self.store.events(act.reader)
            event = act_event(before, act.reader, act.item, act.act, now, act.label)
            event = event.model_copy(update={"slot": act.slot if event.slot is None else event.slot})
        else:
            event = Event(user=act.reader, item=act.item, kind=act.act, at=now)
            if act.item.startswith(CHANNEL):
                subscribe_again(self.store, act.reader, act.item.removeprefix(CHANNEL), self.clock)
        return self._after(act, record_once(self.store, token, event).event)

    def see_leaving(self, token: str) -> Answer:
        """Say what unsubscribing ends; nothing changes."""
        act = self._leaving(token)
        held = unsubscription(self.store, act.reader, act.item)
        return self._left(act, held) if held else Answer("Unsubscribe?", (f"You get no more {act.item} from this report.",), Button("Unsubscribe"))

    def leave(self, token: str) -> Answer:
        """Unsubscribe; done again, it changes nothing."""
        act = self._leaving(token)
        return self._left(act, unsubscribe(self.store, act.reader, act.item, self.clock))

    def _act(self, token: str) -> Act:
        act = self.links.open(token)
        if act.act not in ACTS and undone_by(act.act) is None:
            raise ForgedLinkError("a link of another place")
        return act

    def _leaving(self, token: str) -> Act:
        act = self.links.open(token)
        if act.act != UNSUBSCRIBE:
            raise ForgedLinkError("a link of another place")
        return act

    def _after(self, act: Act, event: Event) -> Answer:
        """Say what an event did, with the way back: an undo of it, or the same act once more after an undo."""
        undone = undone_by(event.kind)
        kind, at = undone or (event.kind, event.at)
        if kind == UNSUBSCRIBED:
            return Answer("You get it again", (f"You are subscribed to {act.item.removeprefix(CHANNEL)} again.",), done=True)
        events = self.store.events(act.reader)
        if any((e.item, e.kind, e.at) == (act.item, kind, at) for e in standing(events)):
            back = act._replace(act=undo_kind(kind, at), after="")
            return self._about(act, Answer(f"Recorded: {WORDS[kind].lower()}", (_WILL[kind], _told(at)), Button("Undo", self._beside(back)), done=True))
        gone = max((e.at for e in events if e.item == act.item and undone_by(e.kind) == (kind, at)), default=at)
        again = act._replace(act=kind, after=gone.isoformat())
        return self._about(act, Answer("Undone", ("It is as if you had not told it.",), Button(f"{WORDS[kind]}, again", self._beside(again)), done=True))

    def _left(self, act: Act, event: Event) -> Answer:
        back = Act(act.reader, event.item, None, None, undo_kind(event.kind, event.at))
        return Answer("You are unsubscribed", (f"You get no more {act.item} from this report.",), Button("Undo", self._beside(back)), done=True)

    def _beside(self, act: Act) -> str:
        # Relative, so that it holds behind any proxy and under any path.
        return f"../f/{self.links.token(act)}"

    def _about(self, act: Act, answer: Answer) -> Answer:
        item = self.store.items([act.item]).get(act.item)
        return answer._replace(paper=item.title if item else act.item, url=find_links(item).abstract if item else "")


def _page_of(act: Act) -> str:
    return f"From the page of {act.label:%-d %B %Y}." if act.label else ""


def _told(at: datetime) -> str:
    return f"Recorded on {at.astimezone(UTC):%-d %B %Y at %H:%M} UTC."
