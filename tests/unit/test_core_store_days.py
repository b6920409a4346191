"""What is known of days, in either database: counted where it is written, and written at once or not at all."""

import contextlib
from datetime import UTC, date, datetime

import pytest

from broadsheet.core.errors import StoreError
from broadsheet.core.schema import Announce, Announcement, Item, ListDay
from broadsheet.core.store import Store

MONDAY, TUESDAY = date(2026, 2, 9), date(2026, 2, 10)
NINE = datetime(2026, 2, 9, 9, tzinfo=UTC)


@pytest.fixture
def store(database):
    with contextlib.closing(Store(database)) as opened:
        yield opened


def paper(key: str, label: date = MONDAY, name: str = "cs.IR", kind: Announce = Announce.NEW) -> Announcement:
    return Announcement(item=Item(id=key, title=key, announced=label), kind=kind, lists=(name,))


def day(state: str, label: date = MONDAY, name: str = "cs.IR", **facts) -> ListDay:
    return ListDay(label=label, name=name, state=state, at=NINE, **facts)


def test_how_many_are_kept_is_counted_whatever_is_said(store):
    store.record_day([paper("a"), paper("b"), paper("c", name="cs.CL")], [day("announced", stated=2, kept=99, source="feed")])
    assert store.list_days(["cs.IR"], MONDAY, MONDAY) == [day("announced", stated=2, kept=2, source="feed")]


def test_a_day_recorded_again_is_one_row_and_says_what_was_said_last(store):
    store.record_day([paper("a")], [day("incomplete", stated=2, note="one is missing")])
    store.record_day([paper("a"), paper("b")], [day("announced", stated=2)])
    assert store.list_days(["cs.IR", "cs.CL"], MONDAY, TUESDAY) == [day("announced", stated=2, kept=2)]


def test_days_come_oldest_first_and_only_those_asked_for(store):
    store.record_day((), [day("waiting", TUESDAY), day("announced"), day("stale", name="cs.CL")])
    assert [(one.label, one.name) for one in store.list_days(["cs.IR", "cs.CL"], MONDAY, TUESDAY)] == [(MONDAY, "cs.CL"), (MONDAY, "cs.IR"), (TUESDAY, "cs.IR")]
    assert store.list_days(["cs.AI"], MONDAY, TUESDAY) == []


def test_papers_and_states_are_written_together_or_not_at_all(store):
    with pytest.raises(StoreError):
        store.record_day([paper("a")], [day("announced").model_copy(update={"state": None})])
    assert store.announced_between(MONDAY, MONDAY) == []


def test_what_was_announced_comes_back_by_label_and_list(store):
    store.record_day([paper("a"), paper("a", name="cs.CL", kind=Announce.CROSS), paper("b", TUESDAY)])
    assert [(a.item.id, a.lists, str(a.kind)) for a in store.announced_between(MONDAY, TUESDAY)] == [
        ("a", ("cs.CL",), "cross"),
        ("a", ("cs.IR",), "new"),
        ("b", ("cs.IR",), "new"),
    ]
    assert [a.item.announced for a in store.announced_between(TUESDAY, TUESDAY, ["cs.IR"])] == [TUESDAY]
    assert store.announced_between(MONDAY, MONDAY, []) == []
