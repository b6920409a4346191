"""Days of pages in a small made world: who is kept, what was seen, drawn."""

from collections.abc import Mapping
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from broadsheet.core.errors import BroadsheetError
from broadsheet.core.seeds import generator
from broadsheet.plan.bench.days import DaysPlan, bench_days, readers
from broadsheet.plan.bench.days_arms import DAYS_ARMS, makers
from broadsheet.plan.bench.days_drawn import curves, drawn
from broadsheet.plan.datasets.made import made
from broadsheet.plan.evaluate.run import run_sessions
from broadsheet.plan.laws import DAYS
from broadsheet.plan.session import Sessions

DAY_COUNT = 12


class _ByScore:
    """The best unseen on offer, or any: the two ends of what an agent may do."""

    def __init__(self, material, slate: int, *, blind: bool) -> None:
        self.material, self.slate, self.blind, self.name = material, slate, blind, "blind" if blind else "by score"

    def begin(self, count: int, seed: int) -> None:
        self.sessions, self.rng = Sessions(self.material.items, count, self.slate), generator(seed, "test")

    def act(self, observation):
        self.sessions.see(observation)
        rows = np.broadcast_to(np.arange(len(self.material.items)), (len(observation["user"]), len(self.material.items)))
        free = self.material.items.offered(observation["step"], rows) & (self.sessions.times == 0)
        score = self.rng.random(rows.shape) if self.blind else self.material.scores[observation["user"]]
        order = np.argsort(-np.where(free, score, -np.inf), axis=1)[:, : self.slate]
        return np.where(np.take_along_axis(free, order, axis=1), order, -1)

    def facts(self) -> Mapping[str, object]:
        return {"pages": 3}


def by_days(users: int = 48, items: int = 240, days: int = DAY_COUNT, seed: int = 0):
    """Return the made pair whose items are on offer for three days each, a page of four a day."""
    pair = made(users, items, seed=seed, laws=DAYS)
    first = np.sort(np.arange(items) % days).astype(np.int32)
    table = replace(pair.material.items, first=first, last=first + 2)
    return replace(pair, material=replace(pair.material, items=table), slate=4, horizon=days)


@pytest.fixture(scope="module")
def plan():
    pair = by_days()
    makers = {
        "ranked": lambda pair, seed, folder, progress: (_ByScore(pair.material, pair.slate, blind=False), "by score"),
        "random": lambda pair, seed, folder, progress: (_ByScore(pair.material, pair.slate, blind=True), "blind"),
    }
    return DaysPlan("made", lambda: pair, makers, seeds=2)


def test_rows_tell_who_is_kept_with_intervals_and_gains_and_a_second_run_reads_them(plan, tmp_path):
    bench = bench_days(plan, tmp_path, "broadsheet bench plan --env days")
    again = bench_days(plan, tmp_path, "broadsheet bench plan --env days")
    assert again.rows == bench.rows
    rows = {row["name"]: row for row in bench.rows}
    assert len(rows) == 2 + 2 * DAY_COUNT
    ranked, random = rows["made: ranked"], rows["made: random"]
    assert ranked["satisfaction"] > random["satisfaction"]
    assert random["satisfaction gain_hi"] < 0
    assert random["categories@12"] > ranked["categories@12"]
    assert "satisfaction gain" not in ranked
    for row in rows.values():
        assert row["kept@7_lo"] <= row["kept@7"] <= row["kept@7_hi"] if "kept@7" in row else 0 <= row["kept_lo"] <= row["kept_hi"] <= 1
    kept = [rows[f"made: random, day {day + 1}"]["kept"] for day in range(DAY_COUNT)]
    assert kept == sorted(kept, reverse=True)
    assert kept[-1] == rows["made: random"]["kept@12"]


def test_what_a_reader_saw_is_counted_as_the_sessions_say(plan):
    pair = plan.pair()
    log = run_sessions(_ByScore(pair.material, 4, blind=False), pair, np.array([3, 9]), streams=1)
    frame = readers(log, pair.material.items)
    for row, line in zip(frame.iter_rows(named=True), range(2), strict=True):
        seen: set[int] = set()
        for day in range(DAY_COUNT):
            for item in log.shown[line, day]:
                seen |= set(np.flatnonzero(pair.material.items.member[item]).tolist()) if item >= 0 else set()
            assert row["seen"][day] == len(seen)
        assert row["length"] == int((log.shown[line] >= 0).any(axis=1).sum())


def test_the_days_are_drawn(plan, tmp_path):
    bench = bench_days(plan, tmp_path, "broadsheet bench plan --env days").model_dump(mode="json")
    image = ET.fromstring(drawn(bench))
    texts = [node.text for node in image.iter() if node.tag.endswith("text")]
    assert {"Readers kept", "Categories seen", "ranked", "random"} <= set(texts)
    assert len(curves(bench["rows"], "kept")) == 2
    assert curves(bench["rows"], "kept")[0].name == "ranked"
    assert f"after {DAY_COUNT} days" in image.attrib["aria-label"]
    with pytest.raises(BroadsheetError, match="no figures by day"):
        drawn({"bench": "x", "rows": [], "seeds": 1})


def test_the_planned_report_is_trained_once_and_every_arm_tells_what_it_is(tmp_path):
    pair = by_days(24, 60, 4)
    some = ("ranked", "planned", "mask-recent")
    plan = DaysPlan("made", lambda: pair, makers({"size": "tiny", "iterations": 1, "sessions_a_rollout": 8}), seeds=1, arms=some)
    assert set(some) < set(DAYS_ARMS)
    bench = bench_days(plan, tmp_path, "broadsheet bench plan --env days")
    arms = {row["name"]: row for row in bench.rows if "agent" in row}
    assert list(arms) == [f"made: {name}" for name in some]
    assert arms["made: ranked"]["agent"] == "greedy"
    assert "policy" in arms["made: planned"]["agent"]
    assert arms["made: planned"]["fallbacks"] <= 1
    assert {"kept@4 gain", "kept@4 gain_lo", "categories@4 gain"} <= set(arms["made: planned"])
    before = sorted((tmp_path / "fits").iterdir())
    assert len(before) == 1
    assert bench_days(plan, tmp_path, "again").rows == bench.rows
    assert sorted((tmp_path / "fits").iterdir()) == before
