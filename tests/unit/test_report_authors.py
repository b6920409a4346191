"""Authors as users: what counts as earlier, who is a user, what a ranker may see."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.schema import Announce, Announcement, Item
from broadsheet.report.authors import LEAST_PAPERS, AuthorDays, blind, clusters


def paper(number: int, day: int, *authors: str, lists: tuple[str, ...] = ("cs.IR",)) -> Announcement:
    item = Item(id=f"p{number}", title=f"Paper {number}", creators=authors, announced=date(2026, 3, day), attributes={"creators_verbatim": "X"})
    return Announcement(item=item, lists=lists)


DAYS = AuthorDays(
    [paper(1, 2, "Ana"), paper(2, 3, "Ana", "Bo"), paper(3, 4, "Ana"), paper(4, 5, "Ana", "Bo"), paper(5, 5, "Bo"), paper(6, 5, "Ana", lists=("cs.CL",))]
)


def test_only_strictly_earlier_papers_are_a_library():
    rows = DAYS.candidates(date(2026, 3, 5))
    (user,) = DAYS.users(date(2026, 3, 5), rows)
    assert user.user == "Ana"
    assert [DAYS.papers[row].item.id for row in user.library] == ["p1", "p2", "p3"]
    assert user.relevant.tolist() == [1.0, 0.0, 1.0]


def test_two_earlier_papers_make_no_user():
    assert list(DAYS.users(date(2026, 3, 4), DAYS.candidates(date(2026, 3, 4)))) == []


def test_a_list_has_its_own_candidates_and_an_unknown_one_none():
    assert len(DAYS.candidates(date(2026, 3, 5), "cs.IR")) == 2
    assert len(DAYS.candidates(date(2026, 3, 5), "cs.CL")) == 1
    assert DAYS.candidates(date(2026, 3, 5), "cs.XX") == []


def test_a_paper_counts_under_its_first_label_alone():
    days = AuthorDays([paper(1, 6, "Ana"), paper(1, 2, "Ana"), paper(2, 6, "Bo")])
    assert days.repeats == 1
    assert [days.papers[row].item.id for row in days.candidates(date(2026, 3, 6))] == ["p2"]


def test_a_candidate_is_shown_without_names():
    shown = blind(paper(1, 2, "Ana"))
    assert shown.item.creators == ()
    assert shown.item.attributes == {}
    assert "Ana" not in shown.model_dump_json()
    assert shown.item.title == "Paper 1"


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3), min_size=1, max_size=12))
def test_clusters_are_the_connected_parts(relevant):
    groups = [set(papers) for papers in relevant]
    for _ in groups:
        groups = [set().union(*(other for other in groups if other & group)) for group in groups]
    ours = clusters(relevant)
    for i in range(len(relevant)):
        for j in range(len(relevant)):
            assert (ours[i] == ours[j]) == bool(groups[i] & groups[j])


@pytest.mark.parametrize(("since", "until", "count"), [(None, None, 4), (date(2026, 3, 4), None, 2), (None, date(2026, 3, 2), 1)])
def test_labels_from_and_to_are_both_included(since, until, count):
    assert len(DAYS.days(since, until)) == count


def test_a_paper_without_a_label_is_left_out_and_a_name_twice_on_a_paper_is_one_paper():
    undated = Announcement(item=Item(id="u", title="Undated", creators=("Ana",)))
    days = AuthorDays([undated, paper(1, 2, "Ana", "Ana"), paper(2, 3, "Ana"), paper(3, 4, "Ana", "Ana")])
    assert len(days.papers) == 3
    assert days.by_author["Ana"] == [0, 1, 2]
    assert list(days.users(date(2026, 3, 4), days.candidates(date(2026, 3, 4)))) == []


def test_of_all_that_a_feed_says_only_subject_and_lists_are_shown():
    item = Item(
        id="p1",
        title="Soup",
        text="A soup.",
        url="https://example.org/ana",
        creators=("Ana",),
        categories=("cs.IR",),
        attributes={"comment": "Ana's thesis"},
        images=("ana.png",),
        published=date(2026, 3, 1),
        announced=date(2026, 3, 2),
        version=2,
    )
    shown = blind(Announcement(item=item, kind=Announce.REPLACE, lists=("cs.IR",), earlier=item))
    bare = {"id": "p1", "title": "Soup", "text": "A soup.", "categories": ("cs.IR",), "announced": date(2026, 3, 2)}
    assert shown.model_dump(exclude_defaults=True) == {"item": bare, "lists": ("cs.IR",)}


@given(st.lists(st.tuples(st.integers(0, 15), st.integers(1, 5), st.sets(st.sampled_from("ABC"), max_size=2)), max_size=25))
def test_users_are_those_that_counting_by_hand_finds(stream):
    days = AuthorDays(paper(number, day, *sorted(authors)) for number, day, authors in stream)
    first: dict[int, tuple[int, set[str]]] = {}
    for number, day, authors in sorted(stream, key=lambda seen: seen[1]):
        first.setdefault(number, (day, authors))
    for label in range(1, 6):
        candidates = days.candidates(date(2026, 3, label))
        assert [days.papers[row].item.id for row in candidates] == [f"p{n}" for n, (day, _) in first.items() if day == label]
        by_hand = {name: [f"p{n}" for n, (day, authors) in first.items() if day < label and name in authors] for name in "ABC"}
        today = {name for day, authors in first.values() if day == label for name in authors}
        found = {user.user: [days.papers[row].item.id for row in user.library] for user in days.users(date(2026, 3, label), candidates)}
        assert found == {name: papers for name, papers in by_hand.items() if name in today and len(papers) >= LEAST_PAPERS}
