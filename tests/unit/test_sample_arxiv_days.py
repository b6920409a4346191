"""The days that the double of arXiv serves: day files, hours, versions, and what happens on request."""

import gzip
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from arxiv_days import FRIDAY, MONDAY, THURSDAY, days, eastern, listed

from broadsheet import sample
from broadsheet.core.errors import EmptySourceError, RecordError, SourceNotFoundError, TruncatedError
from broadsheet.core.schema import Announce, Announcement, Item
from broadsheet.sample.arxiv import DayList, fictional_days, read_days
from broadsheet.sample.arxiv.archive import Archive
from broadsheet.sample.arxiv.happenings import with_happenings
from broadsheet.sample.arxiv.hours import announced_at, eastern_day, harvested_at, newest_announced, newest_harvested, rebuilt_at

RECORD = {
    "id": "2603.90001v2",
    "title": "T",
    "abstract": "A",
    "authors": ["Ana Ruiz"],
    "announced": "2026-03-09",
    "lists": ["cs.IR"],
    "categories": "cs.IR cs.CL",
    "comment": None,
}


def written(folder: Path, name: str, *records: dict) -> Path:
    text = "".join(f"{json.dumps(record)}\n" for record in records).encode()
    (folder / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    return folder / name


def test_both_forms_of_a_record_are_read_packed_or_not(tmp_path):
    written(tmp_path, "b.jsonl.gz", RECORD, {**RECORD, "id": "2603.90002", "announced": "2026-03-06", "kind": "replace", "version": 3})
    announced = Announcement(item=Item(id="sample.0003", title="S", announced=MONDAY, version=2), kind=Announce.WITHDRAWN, lists=("cs.CL",))
    written(tmp_path, "a.jsonl", announced.model_dump(mode="json"))
    friday, monday = read_days(tmp_path)
    assert [paper.id for paper in monday.papers] == ["2603.90003", "2603.90001"]
    assert (monday.papers[0].kind, monday.papers[0].version, monday.papers[0].lists) == (Announce.WITHDRAWN, 2, ("cs.CL",))
    assert (monday.papers[1].kind, monday.papers[1].version, monday.papers[1].categories) == (None, 2, ("cs.IR", "cs.CL"))
    assert (friday.label, friday.papers[0].kind, friday.papers[0].version) == (FRIDAY, Announce.REPLACE, 3)


def test_a_paper_named_twice_on_a_label_is_one_on_both_lists(tmp_path):
    path = written(tmp_path, "day.jsonl", RECORD, {**RECORD, "lists": ["cs.CL"]})
    ((_, papers),) = read_days(path)
    assert [paper.lists for paper in papers] == [("cs.IR", "cs.CL")]


@pytest.mark.parametrize(
    ("spoilt", "says"),
    [
        ({"title": None, "id": "nonsense"}, "no arXiv identifier"),
        ({"announced": "monday"}, "Invalid isoformat"),
        ({"lists": [], "categories": None}, "neither lists nor categories"),
        ({"kind": "odd"}, "odd"),
    ],
)
def test_a_record_that_does_not_fit_is_an_error_with_its_place(tmp_path, spoilt, says):
    with pytest.raises(RecordError, match=r"day\.jsonl, line 2") as caught:
        read_days(written(tmp_path, "day.jsonl", RECORD, {**RECORD, **spoilt}))
    assert says in caught.value.what


def test_what_is_missing_cut_or_empty_is_an_error(tmp_path):
    with pytest.raises(SourceNotFoundError):
        read_days(tmp_path / "none")
    with pytest.raises(EmptySourceError):
        read_days(tmp_path)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b"{}" * 99)[:-12])
    with pytest.raises(TruncatedError):
        read_days(tmp_path)
    (tmp_path / "a.jsonl.gz").write_bytes(b"\n")
    with pytest.raises(EmptySourceError):
        read_days(tmp_path)
    with pytest.raises(RecordError, match="no 'title'"):
        read_days(written(tmp_path, "a.jsonl", {name: value for name, value in RECORD.items() if name != "title"}))
    with pytest.raises(RecordError, match="one label, not 2"):
        DayList.of([Announcement(item=Item(id="2603.90001", title="T", announced=day), lists=("cs.IR",)) for day in (FRIDAY, MONDAY)])
    with pytest.raises(RecordError, match="no arXiv identifier"):
        DayList.of([Announcement(item=Item(id="x", title="T", announced=MONDAY), lists=("cs.IR",))])


@pytest.mark.data
def test_the_public_days_are_read(data):
    served = read_days(data / "arxiv" / "daily")
    assert len(served) == 21
    assert sum(len(day.papers) for day in served) == 6104


def test_the_hours_follow_the_us_east_over_its_change_of_clocks():
    assert announced_at(FRIDAY) == datetime(2026, 3, 6, 1, tzinfo=UTC)
    assert announced_at(MONDAY) == datetime(2026, 3, 9, 0, tzinfo=UTC)
    assert harvested_at(MONDAY) == datetime(2026, 3, 9, 2, tzinfo=UTC)
    assert rebuilt_at(MONDAY) == datetime(2026, 3, 9, 4, tzinfo=UTC)
    labels = [THURSDAY, FRIDAY, MONDAY]
    sunday = date(2026, 3, 8)
    assert newest_announced(labels, eastern(sunday, 19, 59)) == FRIDAY
    assert newest_announced(labels, eastern(sunday, 20)) == MONDAY
    assert newest_harvested(labels, eastern(sunday, 21, 59)) == FRIDAY
    assert newest_harvested(labels, eastern(sunday, 22)) == MONDAY
    assert newest_announced(labels, eastern(date(2026, 3, 4), 19, 59)) is None
    assert eastern_day(eastern(sunday, 23, 59).astimezone(UTC)) == sunday


def test_versions_are_put_together_from_all_labels_up_to_one():
    archive = Archive(days())
    assert archive.known(None) == {}
    assert len(archive.known(FRIDAY)["2603.90002"].versions) == 2
    gone, old, renamed = (archive.known(MONDAY)[f"2603.9000{number}"] for number in (2, 5, 1))
    assert [(v.number, v.text, v.withdrawn) for v in gone.versions] == [(1, "What paper 2 says.", False), (2, "Said again.", False), (3, "Said again.", True)]
    assert [v.title for v in renamed.versions] == ["Paper 1", "Paper 1, renamed"]
    assert renamed.changed == MONDAY
    first, second, third = old.versions
    assert (first.title, first.text, second.title) == ("First name", "First words.", "Paper 5")
    assert first.submitted.date() == date(2025, 1, 7)
    assert first.submitted < second.submitted < third.submitted < announced_at(MONDAY)


def test_the_fictional_days_are_the_same_each_time_and_hold_their_stories():
    served = fictional_days()
    assert served == fictional_days()
    assert [str(day.label) for day in served] == ["2026-03-12", "2026-03-13", "2026-03-16", "2026-03-17", "2026-03-18"]
    assert [paper.title for paper in served[2].papers] == [one.item.title for one in sample.announcements()]
    archive = Archive(served)
    known = archive.known(served[-1].label).values()
    assert len({paper.newest.title for paper in known}) == len(known)
    assert any(paper.versions[0].title != paper.versions[-1].title and len(paper.versions) == 2 for paper in known if paper.id.startswith("2603.80"))
    withdrawn = [paper for paper in known if paper.versions[-1].withdrawn]
    assert {len(paper.versions) for paper in withdrawn if paper.id in {"2603.80001", "2603.90003"}} == {3, 2}
    assert all("withdrawn" in paper.versions[-1].comment for paper in withdrawn)
    numbers = [paper.id for day in served for paper in day.papers if paper.kind is Announce.NEW]
    assert numbers == sorted(numbers)
    first_seen = {}
    for day in served:
        for paper in day.papers:
            assert first_seen.setdefault(paper.id, paper.version) <= paper.version
    assert any(paper.kind is Announce.CROSS and paper.id in {one.id for one in served[1].papers} for paper in served[3].papers)


def test_what_happens_on_request_happens_over_the_labels():
    plain = [DayList(label, (listed(number, label),)) for number, label in enumerate((THURSDAY, FRIDAY, MONDAY))]
    thursday, friday, monday = with_happenings(plain, ["replaced-withdrawn"])
    assert thursday == plain[0]
    (again,) = friday.papers[1:]
    (gone,) = monday.papers[1:]
    assert (again.id, again.version, again.kind) == (thursday.papers[0].id, 2, Announce.REPLACE)
    assert again.title != thursday.papers[0].title
    assert (gone.id, gone.version, gone.kind) == (again.id, 3, Announce.WITHDRAWN)
    old = [day.papers[-1].id for day in with_happenings(plain, ["old-id"])]
    assert len(set(old)) == 3
    assert all(one.startswith("cs/0503") for one in old)
