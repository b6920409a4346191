"""A page that a plan of categories fills: what was shown yesterday is held back today, and the page says so."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from broadsheet import sample
from broadsheet.core.errors import BroadsheetError
from broadsheet.core.home import store_path
from broadsheet.core.schema import Event
from broadsheet.core.store import Store
from broadsheet.plan.daily import ShownDay, plan_day
from broadsheet.report.build import choose_day
from broadsheet.report.planned import earlier_pages
from broadsheet.report.run import Request, run

PLAN = ("ranking.use_dense=false", "profile.exploration=0.2", "profile.budget=10")
MASK = "profile.plan.planner=mask-recent:threshold=0.0"


@pytest.fixture
def days(tmp_path):
    """The sample's day under its own label and, with other ids, under that of the next day."""
    first = choose_day(sample.announcements(), None, None, date(2026, 3, 16))
    path = tmp_path / "papers.jsonl"
    with path.open("w") as lines:
        for number in range(2):
            for one in first.announcements[:40]:
                changed = one.item.model_copy(
                    update={"id": f"d{number}.{one.item.id}", "announced": first.label + timedelta(days=number), "creators": ("Ana",)}
                )
                lines.write(changed.model_dump_json(include={"id", "title", "text", "creators", "categories", "announced"}) + "\n")
    return path, first.label


def _run(days, out, number, *settings):
    path, label = days
    return run(Request((str(path),), "ines", label + timedelta(days=number), settings=(*PLAN, *settings)), out)


def test_what_was_shown_yesterday_is_held_back_today_and_the_page_names_the_plan(days, tmp_path):
    _run(days, tmp_path / "plain", 0)
    plain, page = _run(days, tmp_path / "plain", 1)
    assert plain.plan is None
    assert "No plan of categories took part." in page.read_text()
    assert not any(entry.held_back for entry in plain.entries)
    yesterday, _ = _run(days, tmp_path / "out", 0, MASK)
    assert yesterday.plan is not None
    assert (yesterday.plan.days, yesterday.plan.held_back) == (0, 0)
    today, page = _run(days, tmp_path / "out", 1, MASK)
    plan = today.plan
    assert plan is not None
    assert (plan.days, plan.source, plan.planner) == (1, "rule", "mask-recent:threshold=0.0")
    shown = {name for entry in yesterday.picks() for name in entry.item.categories}
    assert not set(plan.categories) & shown
    assert 0 < plan.held_back < plan.candidates
    new, as_before = ([not set(entry.item.categories) <= shown for entry in report.picks() if not entry.explored] for report in (today, plain))
    assert sum(new) > sum(as_before)
    assert new == [not entry.held_back for entry in today.picks() if not entry.explored]
    text = page.read_text()
    assert "A plan chose categories (mask-recent:threshold=0.0), after 1 earlier page:" in text
    assert "plan: mask-recent" in text
    assert today.models["plan"] == plan.planner
    assert today.config["profile"]["plan"]["planner"] == "mask-recent:threshold=0.0"


def test_exploration_keeps_its_exact_propensities_beside_a_plan(days, tmp_path):
    _run(days, tmp_path / "out", 0, MASK)
    today, _ = _run(days, tmp_path / "out", 1, MASK)
    explored = [entry for entry in today.picks() if entry.explored]
    assert len(explored) == 2
    assert all(0 < entry.propensity < 1 for entry in explored)
    assert all(entry.propensity == 1 for entry in today.picks() if not entry.explored)
    assert sum(entry.propensity for entry in today.entries) == pytest.approx(10, abs=1e-3)


def test_earlier_pages_come_from_the_archive_and_from_events_and_know_what_was_taken_up(days, tmp_path):
    report, _ = _run(days, tmp_path / "out", 0)
    picks = report.picks()
    store = Store(store_path())
    at = datetime(2026, 3, 16, 9, tzinfo=UTC)
    store.record_events([Event(user=report.reader, item=picks[2].item.id, kind="opened", at=at)])
    both = earlier_pages(tmp_path / "out", store, report.reader, date(2026, 3, 17), 14)
    events = earlier_pages(tmp_path / "elsewhere", store, report.reader, date(2026, 3, 17), 14)
    for pages in (both, events):
        assert [page.label for page in pages] == [date(2026, 3, 16)]
        assert {item.id for item in pages[0].items} == {pick.item.id for pick in picks}
        assert pages[0].taken_up == {picks[2].item.id}
    assert earlier_pages(tmp_path / "out", store, "Somebody", date(2026, 3, 17), 14) == []
    assert earlier_pages(tmp_path / "out", store, report.reader, date(2026, 3, 16), 14) == []
    assert earlier_pages(tmp_path / "out", store, report.reader, date(2026, 6, 1), 14) == []
    store.close()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (("profile.plan.planner=mask-recnt",), "Did you mean 'mask-recent'"),
        (("profile.plan.planner=all", "profile.plan.bundle=x"), "a bundle that has its own"),
        (("profile.plan.bundle=nowhere",), "no artefact in nowhere"),
        (("profile.plan.match=some",), "match"),
    ],
)
def test_a_plan_that_cannot_be_is_told(days, tmp_path, settings, said):
    with pytest.raises(BroadsheetError, match=said):
        _run(days, tmp_path / "out", 0, *settings)


def test_a_plan_of_a_day_widens_where_it_cannot_fill_the_page():
    earlier = [ShownDay((("a",), ("a",), ("b",)), (True, False, False))]
    plan = plan_day("mask-recent:threshold=0.0", [("a",), ("b",), ("c",), ()], np.array([0.9, 0.1, 0.1, np.nan]), earlier, 2)
    assert plan.allowed.tolist() == [False, False, True, True]
    assert plan.source == "rule"
    assert plan.rested == ("a", "b")
    wide = plan_day("mask-recent:threshold=0.0", [("a",), ("b",), ("c",)], np.array([0.9, 0.1, 0.1]), earlier, 3)
    assert wide.allowed.all()
    assert wide.source == "fallback"
    assert plan_day("all", [("a", "b")], np.array([0.5]), [], 5).allowed.tolist() == [True]
    for match, allowed in (("any", [True, True]), ("all", [False, True])):
        both = plan_day("mask-recent:threshold=0.0,least=1", [("a", "c"), ("c",)], np.array([0.9, 0.2]), earlier, 1, match=match)
        assert both.allowed.tolist() == allowed
