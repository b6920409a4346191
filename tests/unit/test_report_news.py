"""No paper comes twice as new to a reader, whatever its title, its list, and the order in which pages are made."""

from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.core.schema import Announce, Announcement, Event, Item
from broadsheet.core.store import Store
from broadsheet.report.build import Day, with_earlier
from broadsheet.report.news import claim, settle, told_before
from broadsheet.sources.merge import merge
from broadsheet.sources.tables import ColumnMap, read_json_lines

MONDAY = date(2026, 2, 2)
NEWS = {Announce.NEW, Announce.CROSS}


@pytest.fixture
def store(database):
    with closing(Store(database)) as opened:
        yield opened


def seen(item: str, day: int = 0, kind: Announce = Announce.NEW, lists: tuple[str, ...] = ("cs.IR",), version: int = 1, title: str = "T") -> Announcement:
    return Announcement(item=Item(id=item, title=title, announced=MONDAY + timedelta(days=day), version=version), kind=kind, lists=lists)


def page(store: Store, *announcements: Announcement, reader: str = "ana", categories: tuple[str, ...] = ()) -> dict[str, Announce]:
    """Make a page of announcements of one day, keep the day, and return how each paper stands on it."""
    day = Day(announcements[0].item.announced, tuple(merge(announcements)))
    news = settle(store, reader, day, categories).day
    store.record_day(day.announcements)
    return {a.item.id: a.kind for a in news.announcements}


def shown(store: Store, item: str, day: int, kind: str = "shown", reader: str = "ana") -> None:
    at = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC) + timedelta(days=day)
    store.record_events([Event(user=reader, item=item, kind=kind, at=at)])


def test_a_paper_announced_again_is_an_update_though_months_lie_between_and_the_title_is_another(store):
    assert page(store, seen("2511.05885", title="A remarkable soup")) == {"2511.05885": "new"}
    again = Day(MONDAY + timedelta(days=90), (seen("2511.05885", 90, title="One spoon", version=2), seen("2602.00001", 90)))
    news = settle(store, "ana", again)
    assert [a.kind for a in news.day.announcements] == ["replace", "new"]
    assert news.day.again == {"2511.05885": MONDAY}
    (note,) = news.notes
    assert "2511.05885 (2026-02-02)" in note
    (changed, _) = with_earlier(news.day, store.earlier_versions(a.item for a in again.announcements)).announcements
    assert changed.earlier.title == "A remarkable soup"


@pytest.mark.parametrize("written", ["2602.05512v1", "arXiv:2602.05512", "oai:arXiv.org:2602.05512v3", "https://arxiv.org/abs/2602.05512v2"])
def test_an_id_is_one_in_every_form(store, written):
    page(store, seen("2602.05512"))
    (read,) = read_json_lines(f'{{"id": "{written}", "title": "Another", "announced": "2026-02-09"}}', ColumnMap(), "x")
    assert page(store, read) == {"2602.05512": "replace"}


def test_a_cross_list_of_a_later_day_is_not_new(store):
    page(store, seen("a", lists=("cs.CL",)))
    assert page(store, seen("a", 2, Announce.CROSS)) == {"a": "replace-cross"}
    assert page(store, seen("a", 2, Announce.CROSS), seen("a", 2, Announce.NEW, ("cs.AI",))) == {"a": "replace"}


def test_a_cross_list_that_first_reaches_the_readers_categories_is_crossed_once(store):
    mine = ("cs.IR",)
    assert page(store, seen("a", lists=("cs.CL",)), categories=mine) == {"a": "new"}
    for _ in range(2):
        assert page(store, seen("a", 2, Announce.CROSS), categories=mine) == {"a": "cross"}
    assert page(store, seen("a", 1, Announce.CROSS), categories=mine) == {"a": "replace-cross"}
    assert page(store, seen("a", 3, Announce.CROSS), categories=mine) == {"a": "replace-cross"}
    page(store, seen("b", lists=("cs.CL",)), categories=mine)
    shown(store, "b", 0)
    assert page(store, seen("b", 2, Announce.CROSS), categories=mine) == {"b": "replace-cross"}, "a rule let it through already"


def test_a_day_made_again_is_the_same_and_a_missed_day_made_later_doubles_nothing(store):
    assert page(store, seen("a", 3, Announce.CROSS), seen("b", 3)) == {"a": "cross", "b": "new"}
    assert page(store, seen("a", 1), seen("c", 1)) == {"a": "replace", "c": "new"}
    shown(store, "b", 3)
    assert page(store, seen("b", 3), reader="ana") == {"b": "new"}
    assert page(store, seen("a", 1), reader="sam") == {"a": "new"}


def test_a_catalogue_without_dates_is_offered_each_day(store):
    for day in range(2):
        item = Item(id="soup", title="Soup", announced=MONDAY + timedelta(days=day))
        announced = Announcement(item=item), Announcement(item=item.model_copy(update={"id": "2602.05512"}))
        news = settle(store, "ana", Day(item.announced, announced, frozenset({"soup", "2602.05512"}))).day
        store.record_day(announced)
        assert [a.kind for a in news.announcements] == ["new", "replace" if day else "new"]


def test_whoever_was_shown_a_paper_or_had_it_delivered_is_told_of_its_withdrawal(store):
    page(store, seen("a"), seen("b"), seen("c"))
    shown(store, "a", 0)
    shown(store, "a", 2)
    shown(store, "b", 1, "delivered")
    shown(store, "c", 0, "opened")
    page(store, seen("a", 3, Announce.REPLACE, version=2))
    gone = Day(MONDAY + timedelta(days=4), tuple(seen(name, 4, Announce.WITHDRAWN, version=3) for name in "abc"))
    news = settle(store, "ana", gone)
    assert news.day.told == {"a": MONDAY + timedelta(days=2), "b": MONDAY + timedelta(days=1)}
    assert news.notes == ("Withdrawn since you were shown it on 2026-02-04: T (a).", "Withdrawn since you were shown it on 2026-02-03: T (b).")
    assert settle(store, "sam", gone).notes == ()
    assert told_before(store, "ana", ["a", "b"], MONDAY + timedelta(days=1)) == {"a": MONDAY}
    assert told_before(store, "ana", []) == {}


def test_a_paper_belongs_to_the_page_that_claimed_it_first(store):
    assert claim(store, "ana", MONDAY, ["a", "b", "a"]) == {"a": MONDAY, "b": MONDAY}
    later = MONDAY + timedelta(days=1)
    assert claim(store, "ana", later, ["b", "c"]) == {"b": MONDAY, "c": later}


papers = st.lists(
    st.builds(
        seen,
        st.sampled_from("abc"),
        st.just(0),
        st.sampled_from(Announce),
        st.sampled_from([("cs.IR",), ("cs.CL",), ("cs.AI", "cs.IR")]),
        st.integers(1, 3),
        st.sampled_from(["T", "Another"]),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 5), papers, st.booleans()), min_size=1, max_size=8), st.sampled_from([(), ("cs.IR",)]))
def test_any_runs_over_any_days_in_any_order_make_each_paper_news_under_one_label(runs, categories):
    with closing(Store("sqlite://")) as store:
        news: dict[str, set[int]] = {}
        for day, found, is_kept in runs:
            dated = [a.model_copy(update={"item": a.item.model_copy(update={"announced": MONDAY + timedelta(days=day)})}) for a in found]
            merged = tuple(merge(dated))
            settled = settle(store, "ana", Day(dated[0].item.announced, merged), categories)
            assert [(a.item, a.lists) for a in settled.day.announcements] == [(a.item, a.lists) for a in merged], "nothing is lost"
            for before, after in zip(merged, settled.day.announcements, strict=True):
                if after.kind in NEWS:
                    assert after.kind is before.kind
                    if not categories or set(categories) & set(after.lists):
                        news.setdefault(after.item.id, set()).add(day)
                elif before.kind in NEWS:
                    assert after.item.id in settled.day.again
            assert settle(store, "ana", Day(dated[0].item.announced, merged), categories) == settled
            # A run may be killed before the day is kept.
            if is_kept:
                store.record_day(merged)
        assert all(len(labels) == 1 for labels in news.values())
