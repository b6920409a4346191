"""Acts of a reader in a real database: each once, each undone by name, each with the page it came from."""

import contextlib
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.core.clock import SetClock
from broadsheet.core.schema import Announcement, Event, Item
from broadsheet.core.store import Store
from broadsheet.report.feedback.record import (
    LESS,
    MORE,
    SAVED,
    SHOWN,
    act_event,
    event_of_link,
    library_change,
    record_act,
    record_library,
    record_once,
    record_undo,
    standing,
    undo_of,
    undone_by,
)
from broadsheet.report.feedback.subscription import is_unsubscribed, subscribe_again, unsubscribe

NINE = datetime(2026, 2, 9, 9, tzinfo=UTC)


@pytest.fixture
def store(database):
    with contextlib.closing(Store(database)) as opened:
        yield opened


def event(kind: str, second: int = 0, item: str = "x", **facts) -> Event:
    return Event(user="ana", item=item, kind=kind, at=NINE + timedelta(seconds=second), **facts)


def shown(label: date, slot: int, propensity: float, item: str = "x") -> Event:
    return Event(user="ana", item=item, kind=SHOWN, at=datetime(label.year, label.month, label.day, tzinfo=UTC), slot=slot, propensity=propensity)


def test_an_undo_takes_back_the_one_event_it_names():
    first, second = event(MORE), event(MORE, 1)
    assert standing([first, second, undo_of(first, NINE + timedelta(hours=1))]) == [second]
    assert undone_by(undo_of(first, NINE).kind) == (MORE, NINE)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from([MORE, LESS, SAVED]), st.integers(0, 9), st.sampled_from("xy")), unique=True, max_size=12), st.data())
def test_what_stands_is_what_was_told_less_what_was_undone(told, data):
    events = [event(kind, second, item) for kind, second, item in told]
    gone = data.draw(st.lists(st.sampled_from(events), unique_by=lambda e: (e.kind, e.at, e.item))) if events else []
    undos = [undo_of(e, NINE + timedelta(days=1)) for e in gone]
    mixed = data.draw(st.permutations([*events, *undos, *undos]))
    assert {(e.kind, e.at, e.item) for e in standing(mixed)} == {(e.kind, e.at, e.item) for e in events if e not in gone}


def test_kinds_that_look_like_an_undo_are_read_or_told_apart():
    assert undone_by("undo") is None
    assert undone_by("undo more") is None
    assert undone_by("undo more yesterday") is None
    assert undone_by("undo not-my-field 2026-02-09T09:00:00+00:00") == ("not-my-field", NINE)


def test_an_act_has_the_slot_and_the_propensity_of_its_page(store):
    store.record_events([shown(date(2026, 2, 6), 3, 1.0), shown(date(2026, 2, 9), 17, 0.25)])
    clock = SetClock(NINE)
    newest = record_act(store, "ana", "x", MORE, clock=clock)
    assert (newest.slot, newest.propensity) == (17, 0.25)
    clock.sleep(1)
    named = record_act(store, "ana", "x", MORE, label=date(2026, 2, 6), clock=clock)
    assert (named.slot, named.propensity) == (3, 1.0)
    assert record_act(store, "ana", "never shown", MORE, clock=clock).slot is None
    assert act_event([shown(date(2026, 2, 10), 1, 1.0)], "ana", "x", MORE, NINE).slot is None


def test_undoing_goes_back_act_by_act(store):
    clock = SetClock(NINE)
    for kind in (MORE, SAVED):
        record_act(store, "ana", "x", kind, clock=clock)
        clock.sleep(60)
    assert record_undo(store, "ana", "x", clock=clock).kind.startswith("undo saved ")
    assert record_undo(store, "ana", "x", kind=LESS, clock=clock) is None
    clock.sleep(60)
    assert record_undo(store, "ana", "x", clock=clock).kind.startswith("undo more ")
    assert record_undo(store, "ana", "x", clock=clock) is None
    assert standing(store.events("ana")) == []


def test_a_link_posted_again_is_the_same_event_at_the_first_instant(store):
    assert event_of_link(store, "token") is None
    first = record_once(store, "token", event(MORE))
    again = record_once(store, "token", event(MORE, 3600))
    assert (first.is_first, again.is_first) == (True, False)
    assert first.event == again.event == event_of_link(store, "token") == event(MORE)
    assert record_once(store, "another", event(MORE, 1)).is_first
    assert len(store.events("ana")) == 2


def test_a_kill_between_a_link_and_its_event_loses_nothing(store, monkeypatch):
    def killed(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "record_events", killed)
        with pytest.raises(KeyboardInterrupt):
            record_once(store, "token", event(MORE))
    assert store.events("ana") == []
    record_once(store, "token", event(MORE, 3600))
    assert store.events("ana") == [event(MORE)]


def reference(key: str, title: str) -> Item:
    return Item(id=key, title=title, text="As the library has it.")


def test_what_came_into_a_library_is_saved_once_and_undone_when_it_goes(store):
    store.record_day([Announcement(item=Item(id="2602.1", title="Soup, again", announced=date(2026, 2, 9)))])
    store.record_events([shown(date(2026, 2, 9), 4, 1.0, "2602.1")])
    old = [reference("a", "Bread")]
    new = [reference("a-renamed", "Bread"), reference("soup2026", "Soup again!"), reference("b", "Salt")]
    change = library_change(old, new)
    assert [item.id for item in change.came] == ["soup2026", "b"]
    found = record_library(store, "ana", change, SetClock(NINE))
    assert [(e.item, e.slot) for e in found.saved] == [("2602.1", 4), ("b", None)]
    assert store.items(["b"])["b"].text == "As the library has it."
    assert store.items(["2602.1"])["2602.1"].title == "Soup, again"
    once = store.events("ana")
    assert record_library(store, "ana", change, SetClock(NINE + timedelta(days=1))) == ((), (), 2)
    assert store.events("ana") == once
    back = record_library(store, "ana", library_change(new, new[:2]), SetClock(NINE + timedelta(days=2)))
    assert [e.item for e in back.undone] == ["b"]
    assert [e.item for e in standing(store.events("ana")) if e.kind == SAVED] == ["2602.1"]


def test_a_reader_who_left_a_channel_is_off_it_until_that_is_undone(store):
    clock = SetClock(NINE)
    assert not is_unsubscribed(store, "ana")
    first = unsubscribe(store, "ana", clock=clock)
    clock.sleep(60)
    assert unsubscribe(store, "ana", clock=clock) == first
    assert is_unsubscribed(store, "ana")
    assert not is_unsubscribed(store, "ana", "atom")
    assert not is_unsubscribed(store, "sam")
    assert subscribe_again(store, "ana", clock=clock)
    assert not is_unsubscribed(store, "ana")
    assert not subscribe_again(store, "ana", clock=clock)
    clock.sleep(60)
    unsubscribe(store, "ana", clock=clock)
    assert is_unsubscribed(store, "ana")
