"""A profile asks for a comparison: the page, its events, and the verdict over them."""

import contextlib
import json
from datetime import UTC, date, datetime, timedelta

import pytest

from broadsheet.core.errors import ProfileError, RecordError
from broadsheet.core.schema import Event
from broadsheet.core.store import Store
from broadsheet.report.feedback.marks import assigned, draft_events, interleaved, pages, split_event, split_over
from broadsheet.report.feedback.record import at_label, undo_of
from broadsheet.report.run import Request, run

DAY = date(2026, 2, 9)
PAPERS = [
    {"id": f"p{n}", "title": f"{word} models of {other}", "abstract": f"We study {word} with {other}, paper {n}.", "announced": str(DAY)}
    for n, (word, other) in enumerate((w, o) for w in ("soup", "bread", "tram", "harbour") for o in ("winter", "graph", "river", "letter"))
]
PROFILE = """
name = "Ada"
interests = ["soup in winter", "tram graph"]
budget = 8
[compare]
name = "words or rules"
form = "{form}"
a = {{use_dense = false}}
b = {{use_dense = false, affinity = {{lexical_alone = 5.0}}}}
"""


@pytest.fixture
def store(database):
    with contextlib.closing(Store(database)) as opened:
        yield opened


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "day.jsonl"
    path.write_text("\n".join(map(json.dumps, PAPERS)))
    return path


def page(source, tmp_path, form="interleave", *settings):
    profile = tmp_path / "me.toml"
    profile.write_text(PROFILE.format(form=form))
    return run(Request((str(source),), str(profile), settings=settings, store=str(tmp_path / "store.sqlite")), tmp_path / "page").report


def test_an_interleaved_page_says_whose_each_slot_is_and_its_events_do(source, tmp_path):
    report = page(source, tmp_path)
    assert report.compare.form == "interleave"
    assert len(report.compare.teams) == len(report.picks())
    assert set(report.compare.teams) <= {"a", "b", "both", "nobody"}
    assert all(0 < entry.propensity <= 1 for entry in report.picks())
    store = Store(tmp_path / "store.sqlite")
    (one,) = pages("Ada", store.events("Ada"), "words or rules")
    assert one.teams == {entry.item.id: team for entry, team in zip(report.picks(), report.compare.teams, strict=True)}
    assert page(source, tmp_path) == report
    assert any("compared" in note for note in report.notes)


def test_a_split_page_is_one_arms(source, tmp_path):
    report = page(source, tmp_path, "split")
    assert report.compare.arm in ("a", "b")
    store = Store(tmp_path / "store.sqlite")
    told = assigned("Ada", store.events("Ada"), "words or rules")
    assert told.shares == {report.compare.arm: 0.5}
    assert told.reader.shown == len(report.picks())
    # A second arm makes a stray, who is left out and counted.
    other = "b" if report.compare.arm == "a" else "a"
    store.record_events([split_event("words or rules", "Ada", DAY + timedelta(days=1), other, 0.5)])
    assert split_over(store).strays == 1


def test_an_arm_that_lost_everybody_gets_no_verdict_and_a_share_that_changed_is_told(tmp_path):
    store = Store(tmp_path / "s.sqlite")
    store.record_events([split_event("arms", f"r{number}", DAY, "a", 0.5) for number in range(20)])
    found = split_over(store)
    assert (found.said, found.ratio.expected) == ("refused", {"a": 10.0, "without a page": 10.0})
    store.record_events([split_event("arms", "late", DAY, "a", 0.9)])
    with pytest.raises(RecordError, match="changed"):
        split_over(store)


def test_settings_that_are_none_are_refused(source, tmp_path):
    with pytest.raises(ProfileError, match=r"compare\.a"):
        page(source, tmp_path, "interleave", "profile.compare.a.use_dence=true")


def marked(store: Store, readers: int, *, undone: bool = False) -> None:
    """Keep pages on which the first team's paper is clicked, by so many readers."""
    for number in range(readers):
        reader = f"r{number}"
        click = Event(user=reader, item="x", kind="opened", at=datetime(2026, 2, 9, 9, tzinfo=UTC), slot=1)
        store.record_events(
            [*draft_events("test", reader, DAY, ["x", "y"], ["a", "b"]), click, *([undo_of(click, click.at + timedelta(hours=1))] if undone else [])]
        )


def test_a_verdict_needs_nothing_but_the_events_and_what_was_undone_is_no_click(store, tmp_path):
    marked(store, 12)
    assert interleaved(store).said == "a"
    undone = Store(tmp_path / "b.sqlite")
    marked(undone, 12, undone=True)
    assert interleaved(undone, "test").said == "too little"


def test_a_click_is_the_newest_page_s(store):
    later = DAY + timedelta(days=2)
    store.record_events([*draft_events("t", "r", DAY, ["x"], ["a"]), *draft_events("t", "r", later, ["x"], ["b"])])
    store.record_events([Event(user="r", item="x", kind="saved", at=at_label(later) + timedelta(hours=1))])
    first, second = pages("r", store.events("r"), "t")
    assert (first.credit, second.credit) == ((0, 0), (0, 1))


def test_no_experiment_and_several_are_told(store):
    with pytest.raises(RecordError, match="No page"):
        interleaved(store)
    store.record_events([*draft_events("one", "r", DAY, ["x"], ["a"]), *draft_events("two", "r", DAY, ["x"], ["a"])])
    with pytest.raises(RecordError, match="2 experiments"):
        interleaved(store)
    with pytest.raises(RecordError, match="one"):
        interleaved(store, "onne")


def test_the_command_prints_a_verdict_and_json(here, tmp_path):
    store = Store(tmp_path / "s.sqlite")
    marked(store, 12)
    told = here("report", "compare", "interleave", "--store", str(tmp_path / "s.sqlite"))
    assert "Verdict: a is better." in told.stdout
    found = json.loads(here("report", "compare", "interleave", "test", "--store", str(tmp_path / "s.sqlite"), "--json").stdout)
    assert (found["said"], found["credit_a"], found["wins_a"]) == ("a", 12, 12)
    for number in range(40):
        store.record_events([split_event("arms", f"r{number}", DAY, "ab"[number % 2], 0.5)])
    told = here("report", "compare", "split", "arms", "--store", str(tmp_path / "s.sqlite"))
    assert "Verdict: no difference is shown." in told.stdout
    assert here("report", "compare", "split", "arm", "--store", str(tmp_path / "s.sqlite")).returncode == 27
