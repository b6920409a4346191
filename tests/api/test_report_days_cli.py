"""`broadsheet report fetch`, `backfill`, `status` and `report --live` against the double of arXiv, with a clock that is set."""

import json
from datetime import UTC, datetime

import pytest

from broadsheet.core.clock import SetClock
from broadsheet.report.bench.faults.scenarios import LABEL, MORNING, Scenario
from broadsheet.report.bench.faults.trial import double

LISTS = ("--category", "cs.IR", "--category", "cs.CL")


@pytest.fixture
def clock():
    return SetClock(MORNING)


@pytest.fixture
def server(clock, monkeypatch):
    with double(Scenario(""), clock) as running:
        monkeypatch.setenv("BROADSHEET_ARXIV", running.url)
        monkeypatch.setattr("broadsheet.report.live.stated_clock", lambda: clock)
        yield running


def test_a_day_is_fetched_shown_and_not_asked_for_again(here, server):
    done = here("report", "fetch", *LISTS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["Tue 2026-03-17  announced", "  cs.IR  announced   7 of 7", "  cs.CL  announced   6 of 6"]
    count = len(server.served.requests)
    again = json.loads(here("report", "fetch", *LISTS, "--json").stdout)
    assert (again["label"], again["state"], again["papers"], again["fault"]) == (str(LABEL), "announced", 13, None)
    assert [(one["name"], one["kept"], one["stated"]) for one in again["lists"]] == [("cs.IR", 7, 7), ("cs.CL", 6, 6)]
    assert len(server.served.requests) == count


@pytest.mark.parametrize(
    ("faults", "code", "said"),
    [
        (["stale@cs.CL"], 4, "serves an earlier day than 2026-03-17. cs.CL: "),
        (["cap"], 5, "2026-03-17 is not whole."),
        (["429"], 52, "429 Too Many Requests"),
        (["html-200"], 24, "an HTML page"),
    ],
)
def test_each_end_has_its_exit_code_and_two_lines(here, server, faults, code, said):
    server.faults.set(faults)
    done = here("report", "fetch", *LISTS, "--json")
    assert done.returncode == code
    assert said in done.stderr
    told = json.loads(done.stdout)
    assert (told["state"], told["exit_code"], told["fault"] is None) == ({4: "stale"}.get(code, "incomplete"), code, code < 6)
    assert "Kept of" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_label_to_come_is_waited_for_and_a_sunday_is_skipped(here, server):
    soon = here("report", "fetch", *LISTS, "--label", "2026-03-18", "--wait", "0")
    assert soon.returncode == 3
    assert "it is announced Tuesday 17 March, 20:00 US Eastern, in 12 h 0 min" in soon.stderr
    skipped = here("report", "fetch", *LISTS, "--label", "2026-03-15")
    assert skipped.returncode == 0
    assert "no mailing: a Sunday" in skipped.stdout


def test_missed_days_are_told_and_filled_in_oldest_first(here, server, clock):
    clock.at = datetime(2026, 3, 12, 12, tzinfo=UTC)
    assert here("report", "fetch", *LISTS).returncode == 0
    clock.at = datetime(2026, 3, 18, 12, tzinfo=UTC)
    done = here("report", "fetch", *LISTS)
    assert "Missed before it: 2026-03-13, 2026-03-16, 2026-03-17. Fill them in: broadsheet report backfill --since 2026-03-13" in done.stderr
    days = json.loads(here("report", "backfill", *LISTS, "--json").stdout)["days"]
    assert [(day["label"], day["state"]) for day in days] == [(f"2026-03-{day}", "announced") for day in (13, 16, 17)]
    told = here("report", "status", *LISTS).stdout
    assert [line[4:25].split() for line in told.splitlines() if not line.startswith(" ")] == [
        *([f"2026-03-{day}", "announced"] for day in (12, 13, 16, 17, 18)),
        ["2026-03-19", "waiting"],
    ]
    assert here("report", "backfill", *LISTS).stderr == "Nothing is missing.\n"


def test_a_backfill_that_fails_is_told_as_json_too(here, server):
    server.faults.set(["503-bare@oai"])
    done = here("report", "backfill", *LISTS, "--since", "2026-03-13", "--json")
    days = json.loads(done.stdout)["days"]
    assert (done.returncode, [(day["label"], day["exit_code"]) for day in days]) == (52, [("2026-03-13", 52), ("2026-03-16", 52)])


def test_the_hour_may_be_stated_and_guesses_say_so(here, monkeypatch):
    monkeypatch.setenv("BROADSHEET_NOW", "2026-03-16T20:01-04:00")
    assert here("report", "status", *LISTS).stdout.splitlines()[0] == "Tue 2026-03-17  incomplete"
    monkeypatch.setenv("BROADSHEET_NOW", "2029-01-16T23:00+08:00")
    assert "Whether 2029-01-16 has a mailing is a guess" in here("report", "fetch", *LISTS, "--label", "2029-01-16").stderr
    monkeypatch.setenv("BROADSHEET_NOW", "yesterday")
    assert here("report", "status", *LISTS).returncode == 10


def test_what_cannot_be_known_is_asked_for(here, server, tmp_path):
    assert here("report", "fetch").returncode == 21
    assert here("report", "backfill", "--category", "cs.IR").returncode == 21
    (tmp_path / "me.toml").write_text('name = "Ana"\ncategories = ["cs.AI"]\n')
    assert "cs.AI  announced   8 of 8" in here("report", "fetch", "--profile", "me.toml").stdout


def test_a_page_is_made_of_the_day_in_the_store(here, server, tmp_path):
    made = here("report", "--live", "--source", "arxiv:cs.IR+cs.CL", "--json", "--set", "ranking.use_dense=false")
    assert made.returncode == 0, made.stderr
    report = json.loads(made.stdout)
    assert (report["label"], report["source"], len(report["entries"])) == ("2026-03-17", "arxiv:cs.IR+cs.CL", 13)
    assert "Of 2026-03-17 are kept: cs.IR 7 of 7, cs.CL 6 of 6." in report["notes"]
    server.faults.set(["stale"])
    assert here("report", "--live", "--source", "arxiv:cs.AI", "--out", "none", "--set", "ranking.use_dense=false").returncode == 4
