"""One paper a day, whichever lists carried it and however often."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.schema import Announce, Announcement, Item
from broadsheet.sources.merge import merge

DAY = date(2026, 3, 16)


def seen(item: str, title: str = "T", kind: Announce = Announce.NEW, lists: tuple[str, ...] = (), version: int = 1, day: date = DAY) -> Announcement:
    return Announcement(item=Item(id=item, title=title, announced=day, version=version, categories=lists), kind=kind, lists=lists)


def test_cross_lists_are_joined_and_new_wins():
    (one,) = merge([seen("a", kind=Announce.CROSS, lists=("cs.IR",)), seen("a", lists=("cs.CL",)), seen("a", kind=Announce.CROSS, lists=("cs.AI",))])
    assert one.kind is Announce.NEW
    assert one.lists == ("cs.IR", "cs.CL", "cs.AI")
    assert set(one.item.categories) == {"cs.IR", "cs.CL", "cs.AI"}


def test_a_title_that_changed_is_the_same_paper_and_the_newer_version_stands():
    (one,) = merge([seen("2511.05885", "A remarkably efficient paradigm"), seen("2511.05885", "An item is worth one token", Announce.REPLACE, version=3)])
    assert one.item.title == "An item is worth one token"
    assert one.item.version == 3
    assert one.earlier is not None
    assert one.earlier.title == "A remarkably efficient paradigm"


def test_two_papers_of_one_title_stay_two():
    assert len(merge([seen("a", "Same"), seen("b", "Same")])) == 2


def test_the_same_paper_on_two_days_stays_two_announcements():
    assert len(merge([seen("a"), seen("a", day=date(2026, 3, 17), kind=Announce.REPLACE, version=2)])) == 2


def test_a_withdrawal_is_not_hidden_by_another_list():
    (one,) = merge([seen("a", kind=Announce.REPLACE, version=2), seen("a", kind=Announce.WITHDRAWN, version=2)])
    assert one.kind is Announce.WITHDRAWN


@given(
    st.lists(st.builds(seen, st.sampled_from("abc"), kind=st.sampled_from(Announce), lists=st.sampled_from([("x",), ("y",), ()]), version=st.integers(1, 3)))
)
def test_order_is_kept_nothing_is_lost_and_twice_is_once(announcements):
    merged = merge(announcements)
    assert [a.item.id for a in merged] == list(dict.fromkeys(a.item.id for a in announcements))
    assert merge(merged) == merged
    for one in merged:
        same = [a for a in announcements if a.item.id == one.item.id]
        assert one.item.version == max(a.item.version for a in same)
        assert set(one.lists) == {name for a in same for name in a.lists}
