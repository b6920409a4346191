"""Mornings on which arXiv does not behave, against its double with a clock that is set: nothing is lost without a word, and each end is told apart."""

import tempfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.processes import run_command, together

from broadsheet.core.clock import SetClock
from broadsheet.core.errors import StaleError
from broadsheet.core.store import ANNOUNCEMENTS, DAYS, VERSIONS, Store
from broadsheet.report.bench.faults import SCENARIOS, Scenario, tried
from broadsheet.report.bench.faults.rival import tried_by_arxiv
from broadsheet.report.bench.faults.scenarios import LABEL, LISTS, MORNING, WEEK
from broadsheet.report.bench.faults.trial import double, morning, on_server
from broadsheet.sample.arxiv import ArxivServer, DayList, fictional_days
from broadsheet.sources.arxiv.addresses import Addresses
from broadsheet.sources.arxiv.calendar import Calendar
from broadsheet.sources.arxiv.client import ArxivClient
from broadsheet.sources.arxiv.days import Days

BY_NAME = {one.name: one for one in SCENARIOS}
ends = lru_cache(maxsize=None)(lambda name: tried(BY_NAME[name]))


@pytest.mark.parametrize("name", BY_NAME)
def test_a_morning_ends_as_it_should_and_nothing_is_lost_in_silence(name):
    end = ends(name)
    assert end.code == BY_NAME[name].code, end.text
    assert (end.lost, end.wrong) == (0, 0), end.text
    assert end.gap >= 3
    if end.code in {4, 5}:
        assert "Kept of" in end.text


def test_there_are_enough_scenarios_and_their_ends_differ_in_text_and_code():
    assert len(SCENARIOS) >= 20
    whole, early, stale, short, throttled, cut = map(
        ends,
        (
            "nothing is wrong",
            "20:01 in the east, feeds not built yet",
            "one of three lists is yesterday's",
            "a limit cuts the feed",
            "429 for ever, with Retry-After",
            "XML that ends too soon",
        ),
    )
    assert [end.code for end in (whole, early, stale, short, throttled, cut)] == [0, 3, 4, 5, 52, 23]
    said = ["announced: ", "is not there yet", "serves an earlier day", "is not whole", "429 Too Many Requests", "ends before its last element"]
    for number, end in enumerate((whole, early, stale, short, throttled, cut)):
        assert [text in end.text for text in said] == [place == number for place in range(len(said))]


def test_an_outcome_names_the_list_and_what_is_missing_and_keeps_the_others():
    text = ends("one of three lists is yesterday's").text
    assert "cs.CL: the feed brings 0 of 6 papers, and " in text
    assert "cs.IR 7 of 7, cs.CL 0 of 6, cs.AI 8 of 8" in text


def test_a_day_that_is_whole_causes_no_request():
    assert ends("fetched ten times").requests == ends("nothing is wrong").requests
    assert ends("fetched ten times").text.endswith("Told 1 ways.")


def test_a_withdrawal_is_asked_for_until_it_was():
    with tempfile.TemporaryDirectory() as folder, morning(BY_NAME["replaced, then withdrawn"], Path(folder)) as one:
        told = {}
        for label in WEEK[:3]:
            one.clock.at = datetime(label.year, label.month, label.day, 12, tzinfo=UTC)
            one.server.faults.set(("replaced-withdrawn", *(("503@api",) if label == WEEK[2] else ())))
            told[label] = one.days.fetch(LISTS)
        days = {label: {a.item.id: a for a in one.days.papers(label, LISTS)} for label in WEEK[:3]}
        changed = next(key for key, a in days[WEEK[1]].items() if a.kind == "replace" and a.item.title.startswith("Revisited"))
        assert [str(days[label][changed].kind) for label in WEEK[:3]] == ["new", "replace", "replace"]
        assert not days[WEEK[0]][changed].item.title.startswith("Revisited")
        assert "could not be asked" in told[WEEK[2]].notes[0]
        one.server.faults.set(("replaced-withdrawn",))
        assert one.days.fetch(LISTS).notes == (f"Withdrawn, as their comments say: {changed}.",)
        assert {a.item.id: str(a.kind) for a in one.days.papers(WEEK[2], LISTS)}[changed] == "withdrawn"
        before = len(one.server.served.requests)
        one.days.fetch(LISTS)
        assert len(one.server.served.requests) == before


def test_what_is_filled_in_is_what_the_lists_had_oldest_first():
    scenario = BY_NAME["five days missed"]
    with tempfile.TemporaryDirectory() as folder, morning(scenario, Path(folder)) as one:
        outcomes = one.days.backfill(LISTS, WEEK[0])
        assert [outcome.label for outcome in outcomes] == list(WEEK)
        assert all("inferred" in day.note for outcome in outcomes[:-1] for day in outcome.lists)
        assert outcomes[-1].lists[0].source == "feed"
        for label in WEEK:
            for name in LISTS:
                kept = {a.item.id for a in one.days.store.announced_between(label, label, [name])}
                held = set(on_server(one.server, label, name))
                # A paper that is crossed to a list days later is on it from its first day on, for all that a harvest tells.
                assert kept - held <= set(on_server(one.server, LABEL, name))
                assert held - kept <= {key for key, kind in on_server(one.server, LABEL, name).items() if kind == "cross"}
        before = len(one.server.served.requests)
        assert one.days.backfill(LISTS, WEEK[0]) == []
        assert len(one.server.served.requests) == before


def test_an_archive_that_is_behind_is_told_and_filled_in_later(monkeypatch):
    with tempfile.TemporaryDirectory() as folder, morning(BY_NAME["five days missed"], Path(folder)) as one:
        whole = one.days.client.harvest
        monkeypatch.setattr(one.days.client, "harvest", lambda *words: (r for r in whole(*words) if r.datestamp < LABEL))
        states = {outcome.label: outcome.lists[0] for outcome in one.days.backfill(["cs"], WEEK[1])}
        assert [states[label].state for label in WEEK[1:]] == ["announced", "announced", "incomplete", "announced"]
        assert "it may be behind" in states[LABEL].note
        monkeypatch.setattr(one.days.client, "harvest", whole)
        assert [(outcome.label, outcome.state) for outcome in one.days.backfill(["cs"], WEEK[1])] == [(LABEL, "announced")]


def test_a_server_that_says_wrongly_that_nothing_changed_is_believed_once():
    with tempfile.TemporaryDirectory() as folder, morning(Scenario("", unknown=True), Path(folder)) as one:
        one.clock.at -= timedelta(days=1)
        one.days.fetch(("cs.IR",))
        one.clock.at += timedelta(days=1)
        one.server.faults.set(("not-modified",))
        with pytest.raises(StaleError):
            one.days.fetch(("cs.IR",))
        assert one.days.fetch(("cs.IR",)).is_done


def test_what_no_listing_names_is_not_kept_and_said(monkeypatch):
    with tempfile.TemporaryDirectory() as folder, morning(Scenario("", unknown=True), Path(folder)) as one:
        feed = one.days.client.feed(("cs.IR",))
        odd = feed.announcements[0].model_copy(update={"item": feed.announcements[0].item.model_copy(update={"id": "2602.00001"})})
        monkeypatch.setattr(one.days.client, "feed", lambda names: feed._replace(announcements=(*feed.announcements, odd)))
        assert one.days.fetch(("cs.IR",)).notes == ("Not kept, since no listing names them, though the feed brings them: 1 papers, such as 2602.00001.",)


def rows(store: Store) -> list[list[tuple]]:
    """Return all that is kept, but for when it was asked for."""
    columns = [VERSIONS.c, ANNOUNCEMENTS.c, [c for c in DAYS.c if c.name != "at"]]
    with store.engine.connect() as connection:
        return [sorted(map(str, connection.execute(sa.select(*of)).all())) for of in columns]


class Killed(BaseException):
    """What no code catches."""


@pytest.mark.parametrize("does", ["fetch", "backfill"])
def test_stopped_between_any_two_steps_and_run_again_the_rows_are_the_same(does, monkeypatch, tmp_path):
    clock = SetClock(MORNING)

    def run(days: Days) -> None:
        days.fetch(["cs.IR"]) if does == "fetch" else days.backfill(["cs.IR"], WEEK[2])

    def stopped(of, name: str, left: list[int]) -> None:
        was = getattr(of, name)

        def step(*words, **named):
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return was(*words, **named)

        monkeypatch.setattr(of, name, step)

    ends, wanted = False, []
    with double(Scenario(""), clock) as server:
        for steps in range(20):
            home, left, clock.at = tmp_path / str(steps), [steps], MORNING
            with closing(Store(home / "store.sqlite")) as store:
                days = Days(store, ArxivClient(home, addresses=Addresses.of(server.url), clock=clock), clock=clock)
                for of, name in ((days.client, "feed"), (days.client, "listing"), (days.client, "harvest"), (store, "write")):
                    stopped(of, name, left)
                try:
                    run(days)
                    ends = True
                except Killed:
                    left[0] = -1
                    run(days)
                wanted.append(rows(store))
            if ends:
                break
    assert steps >= 3
    assert all(found == wanted[-1] for found in wanted)


def test_four_processes_in_real_time_keep_three_seconds_apart(tmp_path):
    """The one run by the machine's own clock: four commands at once, one store, one gate; three of them meet an error that is not asked for again."""
    label = Calendar().label_at(datetime.now(UTC))
    papers = tuple(replace(paper, label=label) for paper in fictional_days()[0].papers)
    with ArxivServer([DayList(label, papers)], faults=[f"error-200@rss/{name}" for name in ("cs.CL", "cs.AI", "cs")]) as server:
        environment = {"BROADSHEET_ARXIV": server.url, "BROADSHEET_HOME": str(tmp_path)}
        # On a weekend, or before midnight in the east, no feed carries the label.
        ends = {"cs.IR": (0, 3, 5), "cs.CL": (25,), "cs.AI": (25,), "cs": (25,)}
        together(run_command, [(("report", "fetch", "--category", name), environment, codes) for name, codes in ends.items()])
        served = server.served
    assert len(served.requests) == 5
    assert min(served.gaps) >= 3
    assert served.at_once == 1


def test_the_other_client_loses_papers_without_a_word_where_ours_says_what_is_missing():
    pytest.importorskip("arxiv", reason="the client arxiv of PyPI is not installed: pip install 'arxiv>=4'")
    for name in ("HTML with status 200", "an error report with status 200"):
        theirs = tried_by_arxiv(BY_NAME[name])
        assert theirs.lost > 0, (name, theirs)
        assert ends(name).lost == 0
    assert tried_by_arxiv(BY_NAME["nothing is wrong"]).lost == 0


def test_a_clock_that_is_wrong_by_a_day_is_told():
    scenario = Scenario("", at=MORNING + timedelta(days=2), unknown=True)
    with tempfile.TemporaryDirectory() as folder, morning(scenario, Path(folder)) as one:
        one.server.clock = type(one.clock)(MORNING)
        state = one.days.ask(("cs.IR",)).lists[0]
    assert (state.state, state.kept) == ("stale", 0)
    assert "its listing is still that of 2026-03-17, and so is the feed" in state.note
