"""When arXiv announces: labels, deferred mailings, changes of the clocks, and the labels that its lists really carried."""

import gzip
import json
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.errors import ConfigError
from broadsheet.sources.arxiv.calendar import EASTERN, Calendar, read_mailings

CALENDAR = Calendar()
# Weekdays between 18 December 2024 and 21 August 2026 that no list of cs.IR, cs.AI or cs.CL carries.
ABSENT = """2024-12-26 2024-12-27 2025-01-01 2025-01-02 2025-01-21 2025-06-20 2025-07-07 2025-09-02 2025-11-28 2025-12-26 2025-12-31
2026-01-02 2026-01-20 2026-04-06 2026-06-22 2026-07-06""".split()
FIRST, LAST = date(2024, 12, 18), date(2026, 8, 21)


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def lines(file: Path) -> list[bytes]:
    return gzip.decompress(file.read_bytes()).splitlines()


def eastern(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=EASTERN, fold=fold)


@pytest.mark.parametrize("label", ABSENT)
def test_a_label_that_no_list_carries_is_deferred_with_a_reason_and_a_source(label):
    verdict = CALENDAR.verdict(date.fromisoformat(label))
    # One of them no list of arXiv's names, and its row says so.
    assert ("arXiv's own table" in verdict.source) == (label != "2026-04-06")
    assert ("a gap in what was read is possible" in verdict.why) == (label == "2026-04-06")
    assert not verdict.is_label
    assert verdict.certain
    assert verdict.why.startswith("deferred: ")
    assert "absent from the daily lists" in verdict.source


def test_all_other_weekdays_of_those_months_are_labels_and_no_weekend_is():
    for day in days(FIRST, LAST):
        verdict = CALENDAR.verdict(day)
        assert verdict.is_label == (day.weekday() < 5 and str(day) not in ABSENT), day
        assert verdict.certain
        if day.weekday() >= 5:
            assert verdict.why.startswith(f"a {day:%A}: ")


@pytest.mark.data
def test_the_labels_of_real_lists_are_labels_and_what_is_missing_from_them_is_not(data):
    files = [*(data / "arxiv").glob("csir_history_part*.jsonl.gz"), *(data / "arxiv" / "daily").glob("*.jsonl.gz")]
    seen = {date.fromisoformat(json.loads(line)["announced"]) for file in files for line in lines(file)}
    assert len(seen) > 350
    # Five days of November 2025 were cut out of the history by whoever published it.
    cut = set(days(date(2025, 11, 10), date(2025, 11, 14)))
    assert {day for day in days(min(seen), max(seen)) if CALENDAR.verdict(day).is_label} == seen | cut


@pytest.mark.data
def test_numbers_of_new_papers_rise_from_label_to_label_so_back_filled_labels_can_follow_them(data):
    newest = ""
    for file in sorted((data / "arxiv" / "daily").glob("*.jsonl.gz")):
        papers = [json.loads(line) for line in lines(file)]
        new = sorted(p["id"] for p in papers if p["categories"] and p["categories"][0] in p["lists"])
        assert new[0] > newest
        newest = new[-1]


@pytest.mark.parametrize(
    "label", ["2020-06-10", "2022-12-28", "2023-08-18", "2024-10-09", "2026-09-08", "2026-11-27", "2026-12-28", "2026-12-30", "2027-01-01"]
)
def test_days_that_arxiv_has_listed_are_known(label):
    verdict = CALENDAR.verdict(date.fromisoformat(label))
    assert (verdict.is_label, verdict.certain) == (False, True)
    assert "arXiv's own table" in verdict.source


@pytest.mark.parametrize("label", ["2027-01-04", "2027-01-19", "2027-07-06", "2028-01-03", "2031-11-28", "2019-02-01"])
def test_outside_the_years_that_are_known_a_verdict_is_a_guess_and_says_so(label):
    verdict = CALENDAR.verdict(date.fromisoformat(label))
    assert not verdict.certain
    assert "a guess by rule" in verdict.source
    assert "probably" in verdict.why
    assert verdict.is_label == (label == "2019-02-01")


def test_the_end_of_an_unknown_year_is_told_apart():
    assert CALENDAR.verdict(date(2029, 12, 28)).why == "the end of a year, when some mailings are deferred"


def test_the_label_changes_at_eight_in_the_evening_in_the_east():
    assert CALENDAR.label_at(eastern(2026, 2, 8, 19, 59)) == date(2026, 2, 6)
    assert CALENDAR.label_at(eastern(2026, 2, 8, 20, 0)) == date(2026, 2, 9)
    assert CALENDAR.label_at(eastern(2026, 2, 8, 20, 1)) == date(2026, 2, 9)
    assert CALENDAR.label_at(eastern(2026, 2, 9, 19, 59)) == date(2026, 2, 9)


def test_from_friday_to_sunday_evening_it_is_fridays_label():
    for hours in range(72):
        assert CALENDAR.label_at(eastern(2026, 2, 5, 20, 30) + timedelta(hours=hours)) == date(2026, 2, 6)


@pytest.mark.parametrize(("sunday", "before", "after"), [(date(2026, 3, 8), -5, -4), (date(2026, 11, 1), -4, -5)])
def test_on_both_days_on_which_clocks_change_it_is_eight_by_the_clock_there(sunday, before, after):
    evening = datetime(sunday.year, sunday.month, sunday.day, 20, tzinfo=UTC) - timedelta(hours=after)
    monday = sunday + timedelta(days=1)
    assert CALENDAR.announced(monday) == evening
    assert CALENDAR.label_at(evening - timedelta(seconds=1)) == CALENDAR.before(monday)
    assert CALENDAR.label_at(evening) == monday
    friday = CALENDAR.announced(sunday - timedelta(days=2))
    assert (friday.utcoffset(), CALENDAR.announced(monday).utcoffset()) == (timedelta(hours=before), timedelta(hours=after))


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/Los_Angeles"])
def test_the_machines_own_zone_changes_nothing(zone, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        there = [datetime.fromtimestamp(eastern(2026, 2, 8, 20, minute).timestamp()).astimezone() - timedelta(minutes=1) for minute in (0, 2)]
        assert all(instant.utcoffset() != timedelta(hours=-5) for instant in there)
        assert [str(CALENDAR.label_at(instant)) for instant in there] == ["2026-02-06", "2026-02-09"]
    time.tzset()


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        CALENDAR.label_at(datetime(2026, 2, 9))


@pytest.mark.parametrize(
    ("submitted", "label"),
    [
        (eastern(2026, 2, 9, 13, 59), "2026-02-10"),
        (eastern(2026, 2, 9, 14), "2026-02-11"),
        (eastern(2026, 2, 5, 14), "2026-02-09"),
        (eastern(2026, 2, 6, 13, 59), "2026-02-09"),
        (eastern(2026, 2, 6, 14), "2026-02-10"),
        (eastern(2026, 2, 8, 21), "2026-02-10"),
        (eastern(2025, 11, 26, 14), "2025-12-01"),
        (eastern(2026, 7, 2, 14), "2026-07-07"),
    ],
)
def test_a_submission_comes_on_the_first_label_whose_door_it_reached(submitted, label):
    assert str(CALENDAR.label_of(submitted)) == label


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))
def test_the_newest_label_is_announced_and_the_next_one_is_not(instant):
    label = CALENDAR.label_at(instant)
    assert CALENDAR.verdict(label).is_label
    assert CALENDAR.announced(label).astimezone(UTC) <= instant < CALENDAR.announced(CALENDAR.after(label)).astimezone(UTC)


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(ZoneInfo("Asia/Shanghai"))))
def test_what_is_submitted_is_never_announced_before_its_own_hour(submitted):
    label = CALENDAR.label_of(submitted)
    assert CALENDAR.closed(CALENDAR.before(label)).astimezone(UTC) <= submitted < CALENDAR.closed(label).astimezone(UTC)


def test_labels_between_two_dates():
    assert [str(label) for label in CALENDAR.labels(date(2025, 11, 26), date(2025, 12, 2))] == ["2025-11-26", "2025-11-27", "2025-12-01", "2025-12-02"]


def own(tmp_path, text):
    path = tmp_path / "mailings.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_of_ones_own_is_laid_over(tmp_path):
    text = '[covered]\nsince = 2027-01-01\nuntil = 2027-12-31\n[sources]\nmine = "the page, read in January"\n'
    row = '[[deferred]]\nlabel = 2027-03-02\nwhy = "a storm"\nsource = ["mine"]\n'
    calendar = Calendar(own(tmp_path, text + row))
    assert calendar.verdict(date(2027, 3, 2)) == (False, "deferred: a storm", "the page, read in January", True)
    assert calendar.verdict(date(2027, 3, 3)).certain
    with pytest.raises(ConfigError, match="'yours', which is no source"):
        Calendar(own(tmp_path, text + row.replace('["mine"]', '["yours"]')))


def test_a_row_without_a_reason_is_named(tmp_path):
    path = own(tmp_path, "[covered]\nsince = 2027-01-01\nuntil = 2027-12-31\n[sources]\n[[deferred]]\nlabel = 2027-03-02\nsource = []\n")
    with pytest.raises(ConfigError, match=r"deferred\.0\.why"):
        read_mailings(path)
