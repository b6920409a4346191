"""One paper a day, whichever lists carried it and however often."""

from datetime import date
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.schema import Announce, Announcement, Item
from broadsheet.sources.merge import merge

MONDAY = date(2026, 3, 16)
TUESDAY = date(2026, 3, 17)


def seen(
    item: str, title: str = "T", kind: Announce = Announce.NEW, lists: tuple[str, ...] = (), version: int = 1, day: date | None = MONDAY, **attributes: str
) -> Announcement:
    paper = Item(id=item, title=title, announced=day, version=version, categories=lists, attributes=attributes)
    return Announcement(item=paper, kind=kind, lists=lists)


many = st.lists(
    st.builds(
        seen,
        st.sampled_from("abc"),
        kind=st.sampled_from(Announce),
        lists=st.sampled_from([("x",), ("y", "z"), ()]),
        version=st.integers(1, 3),
        day=st.sampled_from([MONDAY, TUESDAY, None]),
    )
)


def test_a_paper_on_three_lists_is_one_and_new_wins():
    on_three = [seen("a", kind=Announce.CROSS, lists=("cs.IR",)), seen("a", lists=("cs.CL",)), seen("a", kind=Announce.CROSS, lists=("cs.AI",))]
    (one,) = merge(on_three)
    assert one.kind is Announce.NEW
    assert one.lists == one.item.categories == ("cs.IR", "cs.CL", "cs.AI")
    for order in permutations(on_three):
        (same,) = merge(order)
        assert (same.kind, set(same.lists)) == (Announce.NEW, {"cs.IR", "cs.CL", "cs.AI"})


@pytest.mark.parametrize(
    ("stronger", "weaker"), list(zip(merge_order := ["withdrawn", "new", "cross", "replace", "replace-cross"], merge_order[1:], strict=False))
)
def test_of_two_kinds_the_stronger_holds(stronger, weaker):
    for order in permutations([seen("a", kind=Announce(stronger)), seen("a", kind=Announce(weaker))]):
        assert merge(order)[0].kind == stronger


def test_a_title_that_changed_is_the_same_paper_and_the_newer_version_stands():
    versions = [seen("2603.00001", "A remarkable soup"), seen("2603.00001", "Soup is worth one spoon", Announce.REPLACE, version=3)]
    for order in permutations(versions):
        (one,) = merge(order)
        assert (one.item.title, one.item.version) == ("Soup is worth one spoon", 3)
        assert one.earlier is not None
        assert (one.earlier.title, one.earlier.version) == ("A remarkable soup", 1)


def test_of_three_versions_the_newest_stands_and_the_one_before_is_the_earlier():
    for order in permutations([seen("a", version=1), seen("a", version=2), seen("a", version=3)]):
        (one,) = merge(order)
        assert (one.item.version, one.earlier and one.earlier.version) == (3, 2)


def test_the_same_version_twice_has_no_earlier_one():
    assert merge([seen("a", version=2), seen("a", version=2)])[0].earlier is None


def test_facts_of_both_lists_are_kept_and_those_of_the_newer_version_hold():
    (one,) = merge([seen("a", comment="5 pages", doi="10.1/x"), seen("a", version=2, comment="6 pages")])
    assert one.item.attributes == {"comment": "6 pages", "doi": "10.1/x"}


def test_two_papers_of_one_title_stay_two():
    assert [a.item.id for a in merge([seen("a", "Same"), seen("b", "Same")])] == ["a", "b"]


def test_the_same_paper_on_two_days_stays_two_announcements():
    assert len(merge([seen("a"), seen("a", day=TUESDAY, kind=Announce.REPLACE, version=2)])) == 2


def test_a_withdrawal_is_not_hidden_by_another_list():
    (one,) = merge([seen("a", kind=Announce.REPLACE, version=2), seen("a", kind=Announce.WITHDRAWN, version=2)])
    assert one.kind is Announce.WITHDRAWN


def test_nothing_is_nothing():
    assert merge([]) == []


@given(many)
def test_order_is_kept_nothing_is_lost_and_twice_is_once(announcements):
    merged = merge(announcements)
    assert [(a.item.announced, a.item.id) for a in merged] == list(dict.fromkeys((a.item.announced, a.item.id) for a in announcements))
    assert merge(merged) == merged
    assert merge([*merged, *merged]) == merged
    for one in merged:
        same = [a for a in announcements if (a.item.announced, a.item.id) == (one.item.announced, one.item.id)]
        assert one.item.version == max(a.item.version for a in same)
        assert set(one.lists) == {name for a in same for name in a.lists}
        assert one.kind in {a.kind for a in same}
        assert one.earlier is None or one.earlier.version < one.item.version


@given(many, many)
def test_merging_in_parts_is_merging_at_once(first, second):
    def facts(merged):
        return [(a.item.id, a.item.version, a.kind, set(a.lists), a.earlier and a.earlier.version) for a in merged]

    assert facts(merge([*merge(first), *merge(second)])) == facts(merge([*first, *second]))


def test_days_part_no_records_where_they_are_not_to_and_what_is_empty_is_filled_by_the_same_version_alone():
    first, second = seen("a", day=MONDAY), seen("a", day=TUESDAY)
    second = second.model_copy(update={"item": second.item.model_copy(update={"text": "said", "creators": ("Ana",)})})
    (made,) = merge([first, second], by_day=False)
    assert (made.item.announced, made.item.text, made.item.creators) == (MONDAY, "said", ("Ana",))
    (made,) = merge([seen("a", version=2, day=TUESDAY), second])
    assert made.item.text == ""
