"""How a list is judged, and on which label a harvested paper is put: small cases that can be checked by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.core.errors import IncompleteError, NotReadyError, StaleError, ThrottledError
from broadsheet.core.schema import Announce, Announcement, Item, ListDay
from broadsheet.sources.arxiv.backfilling import Gaps, fill, first_labels
from broadsheet.sources.arxiv.calendar import EASTERN, Calendar
from broadsheet.sources.arxiv.judging import Known, complete, judge, known_by
from broadsheet.sources.arxiv.listing import Listing, parse_listing
from broadsheet.sources.arxiv.oai import Harvested, Version
from broadsheet.sources.arxiv.outcome import DayOutcome

CALENDAR = Calendar()
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 2, day) for day in (9, 10, 11, 12))


def paper(key: str, *categories: str, kind: Announce = Announce.NEW, announced: date = MONDAY, version: int = 1) -> Announcement:
    item = Item(id=key, title=key, categories=categories or ("cs.IR",), announced=announced, version=version)
    return Announcement(item=item, kind=kind, lists=("cs.IR", "cs.CL"))


def listing(*ids: tuple[str, str], label: date = MONDAY, total: int | None = None, new: int = 0) -> Listing:
    count = len(ids) if total is None else total
    return Listing(label, new, 0, 0, count, count, ids)


def judged(served, of, known=None, name="cs.IR"):
    return judge(name, MONDAY, served, of, known or Known())


def test_a_list_is_whole_when_the_feed_brings_each_paper_that_the_listing_names():
    served = [paper("2602.00001"), paper("2602.00002", "cs.CL", "cs.IR"), paper("2512.00009", "cs.CL", "cs.IR", kind=Announce.REPLACE, version=2)]
    one = judged(served, listing(("2602.00001", "new"), ("2602.00002", "cross"), ("2512.00009", "replacement")))
    assert (one.day.state, one.day.stated, one.missing) == ("announced", 3, ())
    assert {a.item.id: str(a.kind) for a in one.announcements} == {"2602.00001": "new", "2602.00002": "cross", "2512.00009": "replace-cross"}
    assert {a.lists for a in one.announcements} == {("cs.IR",)}


def test_a_paper_of_another_lists_day_is_not_counted():
    crossed = paper("2601.00003", "cs.IR", "cs.CL", kind=Announce.CROSS)
    one = judged([paper("2602.00001"), crossed], listing(("2602.00001", "new")))
    assert (one.day.state, [a.item.id for a in one.announcements]) == ("announced", ["2602.00001"])


def test_what_is_missing_is_named():
    one = judged([paper("2602.00001")], listing(("2602.00001", "new"), ("2602.00002", "new"), ("2602.00003", "new")))
    assert (one.day.state, one.missing) == ("incomplete", ("2602.00003", "2602.00002"))
    assert one.day.note == "the feed brings 1 of 3 papers, and not 2602.00003 and others"
    filled = complete(one, {"2602.00002": paper("2602.00002", "cs.CL", "cs.IR")})
    assert (filled.day.state, filled.missing) == ("incomplete", ("2602.00003",))
    assert complete(filled, {"2602.00003": paper("2602.00003")}).day.state == "announced"


def test_an_earlier_batch_is_told_by_its_numbers_whatever_its_dates_say():
    one = judged([paper("2602.00001"), paper("2602.00002")], listing(("2602.00005", "new"), ("2602.00006", "new")))
    assert (one.day.state, one.announcements) == ("stale", ())
    assert "2 of an earlier batch in their place (such as 2602.00001)" in one.day.note


def test_a_lagging_date_of_the_feed_is_put_right():
    one = judged([paper("2602.00001", announced=date(2026, 2, 6))], listing(("2602.00001", "new")))
    assert one.day.state == "announced"
    assert one.announcements[0].item.announced == MONDAY


def test_without_names_the_counts_must_fit():
    served = [paper("2602.00001"), paper("2602.00002", "cs.CL", "cs.IR", kind=Announce.CROSS)]
    assert judged(served, listing(total=2, new=1)).day.state == "announced"
    assert judged(served, listing(total=3, new=1)).day.state == "incomplete"
    assert judged(served, listing(total=2, new=2)).day.note == "the feed brings 2 of 2 papers, 1 of 2 new ones"
    assert judged(served, listing(total=1, new=1)).day.note == "the feed brings 2 of 1 papers: some of them were on this list on another day"


def test_without_a_listing_the_numbers_of_other_days_and_lists_still_tell_a_stale_list():
    old = [paper("2602.00001"), paper("2602.00002")]
    assert judged(old, None).day.state == "incomplete"
    assert judged(old, None, Known(before="2602.00002")).day.state == "stale"
    assert judged(old, None, Known(before="2602.00001")).day.state == "incomplete"
    assert judged(old, None, Known(others="2602.00003")).day.state == "stale"
    assert judged([paper("2602.00001", announced=date(2026, 2, 6))], None).day.state == "stale"


def test_a_listing_of_another_day_is_told():
    assert (
        judged([paper("2602.00001")], listing(label=date(2026, 2, 6))).day.note
        == "its listing is still that of 2026-02-06, so what the feed brings could not be counted"
    )
    named = judged([paper("2602.00001")], listing(("2602.00001", "new"), label=date(2026, 2, 6)))
    assert (named.day.state, named.announcements) == ("stale", ())
    assert judged([], listing(label=date(2026, 2, 6))).day.note == "its listing is still that of 2026-02-06, and so is the feed"
    assert judged([], listing(label=TUESDAY)).day.note == "its listing has gone on to 2026-02-10"


def test_what_is_known_of_numbers():
    before = [paper("2602.00004"), paper("2601.09999")]
    assert known_by("cs.IR", before, {"cs.IR": ["2602.00001"], "cs.CL": ["2602.00007"], "cs.AI": ["2602.00003"]}) == Known("2602.00004", "2602.00007")
    assert known_by("cs.IR", [], {"cs.IR": ["2602.00001"]}) == Known("", "")


def test_a_listing_names_its_entries_by_heading():
    page = (
        "<html><h3>Showing new listings for Monday, 9 February 2026</h3><h3>New submissions (showing 1 of 1 entries)</h3>"
        '<a href ="/abs/2602.00001" title="Abstract" id="2602.00001">arXiv:2602.00001</a> <a href="/abs/2602.00009">see also</a>'
        "<h3>Replacement submissions (showing 1 of 1 entries)</h3>"
        '<a href="/abs/cs/0503001" title="Abstract">x</a><a href="/abs/2602.00001" title="Abstract">y</a></html>'
    )
    assert parse_listing(page.encode(), "page").ids == (("2602.00001", "new"), ("cs/0503001", "replacement"), ("2602.00001", "replacement"))


def test_a_listing_in_the_form_of_other_years_is_read_too():
    page = (
        "<html><h2 id='x'>New submissions for Mon, 9 Feb 26 (showing 1 of 1 entries)</h2>"
        "<a href='https://arxiv.org/abs/hep-th/9901001' title='Abstract'>x</a><h3>Cross-lists for Mon, 9 Feb 26 (showing 0 of 2 entries)</h3></html>"
    )
    assert parse_listing(page.encode(), "page") == (MONDAY, 1, 2, 0, 3, 1, (("hep-th/9901001", "new"),))


def test_a_paper_that_a_listing_counts_twice_is_kept_once_in_its_newest_version():
    served = [paper("2602.00001", kind=Announce.REPLACE, version=2), paper("2602.00001")]
    one = judged(served, listing(("2602.00001", "new"), ("2602.00001", "replacement")))
    assert (one.day.state, [(a.item.version, str(a.kind)) for a in one.announcements]) == ("announced", [(2, "new")])


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 2, day, hour, tzinfo=EASTERN).astimezone(UTC)


def record(key: str, *submitted: datetime, categories: tuple[str, ...] = ("cs.IR",), stamp: date = WEDNESDAY, withdrawn: bool = False) -> Harvested:
    versions = tuple(Version(number, when) for number, when in enumerate(submitted, 1))
    return Harvested(key, stamp, versions, title=key, categories=categories, published=submitted[0].date(), withdrawn=withdrawn)


def filled(*records: Harvested, missing=(MONDAY, TUESDAY, WEDNESDAY), name="cs.IR", **known):
    result = fill({name: records}, CALENDAR, Gaps({name: missing}, **known))
    return {(a.item.id, str(a.item.announced), str(a.kind)) for a in result.announcements[name]}, result


def test_the_first_version_comes_on_the_label_whose_door_it_reached_and_a_later_one_on_its_own():
    told, _ = filled(record("2602.00001", at(6, 12)), record("2602.00002", at(9, 12), at(10, 12)), record("2512.00009", at(1, 12), at(10, 12)))
    assert told == {
        ("2602.00001", "2026-02-09", "new"),
        ("2602.00002", "2026-02-10", "new"),
        ("2602.00002", "2026-02-11", "replace"),
        ("2512.00009", "2026-02-11", "replace"),
    }


def test_a_paper_that_moderators_held_is_put_where_its_number_says():
    told, _ = filled(record("2602.00001", at(9, 12)), record("2602.00002", at(6, 12)))
    assert ("2602.00002", "2026-02-10", "new") in told


def test_one_paper_with_an_odd_time_pulls_no_other():
    """A number of long ago, or of the first day, under a late time: as of a cross-list whose first day was not seen."""
    week = [record(f"2602.{number:05}", at(6, 12) if number < 20 else at(9, 12)) for number in range(10, 30)]
    told, _ = filled(record("2410.00001", at(10, 12)), record("2602.00015", at(10, 12)), *(one for one in week if one.id != "2602.00015"))
    labels = {key: label[-2:] for key, label, _ in told}
    assert [labels[one.id] for one in week] == ["09"] * 5 + ["11"] + ["09"] * 4 + ["10"] * 10
    assert labels["2410.00001"] == "11"


def test_numbers_that_are_known_bound_those_between_them():
    told, _ = filled(record("2602.00005", at(6, 12)), missing=(TUESDAY,), first={"2602.00001": TUESDAY, "2602.00009": WEDNESDAY})
    assert told == {("2602.00005", "2026-02-10", "new")}


def test_a_number_against_the_times_loses_no_paper():
    told, result = filled(record("2602.00009", at(6, 12)), missing=(MONDAY,), first={"2602.00001": WEDNESDAY}, fed={(WEDNESDAY, "cs.IR")})
    assert told == {("2602.00009", "2026-02-09", "new")}
    assert result.by_time == 1


def test_a_withdrawal_is_one_and_stands_over_the_first_day():
    told, _ = filled(record("2602.00001", at(6, 12), at(10, 12), withdrawn=True))
    assert told == {("2602.00001", "2026-02-09", "new"), ("2602.00001", "2026-02-11", "withdrawn")}
    told, _ = filled(record("2602.00001", at(6, 10), at(6, 12), withdrawn=True))
    assert told == {("2602.00001", "2026-02-09", "withdrawn")}


def test_what_is_there_is_not_new_again():
    told, _ = filled(record("2602.00001", at(6, 12), at(10, 12)), there={("2602.00001", "cs.IR")})
    assert told == {("2602.00001", "2026-02-11", "replace")}


def test_a_record_that_changed_without_a_version_is_a_cross_list_where_the_list_was_whole_without_it():
    late = record("2602.00001", at(6, 12), categories=("cs.CL", "cs.IR"))
    told, _ = filled(late, missing=(WEDNESDAY,), first={"2602.00001": MONDAY}, fed={(MONDAY, "cs.IR")})
    assert told == {("2602.00001", "2026-02-11", "cross")}
    told, result = filled(late, missing=(WEDNESDAY,), first={"2602.00001": MONDAY})
    assert (told, result.changed) == (set(), 1)


def test_a_deleted_record_is_counted():
    told, result = filled(Harvested("2602.00001", MONDAY, deleted=True))
    assert (told, result.deleted) == (set(), 1)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 4 * 24), min_size=1, max_size=12), st.data())
def test_papers_announced_in_the_order_of_numbers_get_their_labels_back(hours, data):
    """Held or not: a paper's label is no earlier than its door and rises with its number; where one of each day was not held, all are found."""
    start = at(5, 15)
    submitted = sorted(start + timedelta(hours=hour) for hour in hours)
    labels = [CALENDAR.label_of(when) for when in submitted]
    held = data.draw(st.lists(st.integers(0, len(labels) - 1), max_size=4))
    batch = [(label, start if number in held else when) for number, (label, when) in enumerate(zip(labels, submitted, strict=True))]
    anchors = dict(zip(labels, submitted, strict=True))
    papers = sorted([(label, 0, when) for label, when in anchors.items()] + [(label, 1, when) for label, when in batch], key=lambda one: one[:2])
    records = [record(f"2602.{number:05}", when) for number, (_, _, when) in enumerate(papers, 1)]
    found = first_labels(records, CALENDAR, {})
    assert [found[one.id] for one in records] == [label for label, _, _ in papers]


def outcome(*states: str, fault=None) -> DayOutcome:
    return DayOutcome(MONDAY, tuple(ListDay(label=MONDAY, name=f"cs.{n}", state=state, note=f"note {n}") for n, state in enumerate(states)), fault=fault)


def test_the_list_that_is_worst_off_says_where_the_day_stands():
    assert outcome("announced", "skipped").check().is_done
    with pytest.raises(StaleError, match=r"earlier day than 2026-02-09\. cs\.1: note 1\. Kept"):
        outcome("announced", "stale", "incomplete").check()
    with pytest.raises(IncompleteError, match="not whole"):
        outcome("waiting", "incomplete").check()
    with pytest.raises(NotReadyError, match="note 0"):
        outcome("waiting", "announced").check()
    with pytest.raises(ThrottledError, match=r"come later\. Kept of 2026-02-09: cs\.0 0\."):
        outcome("incomplete", fault=ThrottledError("Asked to come later.", "Do so.")).check()
