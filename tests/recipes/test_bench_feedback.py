"""The bench of feedback, small: readers made of authors, clicks, saves, and comparisons whose truth is known."""

import json
from datetime import date, timedelta

import numpy as np
import pytest

from broadsheet.core.errors import ConfigError
from broadsheet.core.schema import Announcement, Item
from broadsheet.report.authors import AuthorDays
from broadsheet.report.bench.feedback.clicks import ReaderConfig, clicks, looked_at
from broadsheet.report.bench.feedback.comparisons import NOISE, Setting, measure
from broadsheet.report.bench.feedback.material import authors_of, make_materials, personas
from broadsheet.report.bench.feedback.play import Way, play
from broadsheet.report.bench.feedback.replay import Replay
from broadsheet.report.bench.feedback.run import FeedbackPlan, bench_feedback
from broadsheet.report.feedback.learning import LearningConfig
from broadsheet.report.ranker.stream import Stream

READER = ReaderConfig(days=8, budget=6)
ARMS = ("one: frozen", "one: learning", "one: learning from oracle clicks")


@pytest.fixture(scope="module")
def papers():
    """Twelve teams of three who write with each other alone, each about a theme of its own."""
    rng = np.random.default_rng(0)
    found = []
    for day in range(30):
        for team in rng.permutation(12)[:9]:
            words = [*rng.choice([f"theme{team}word{n}" for n in range(30)], 8), *rng.choice([f"plain{n}" for n in range(80)], 10)]
            names = tuple(f"Author {team} {member}" for member in rng.permutation(3)[:2])
            item = Item(
                id=f"x{day}-{team}", title=" ".join(words[:4]), text=" ".join(words[4:]), creators=names, announced=date(2026, 1, 5) + timedelta(days=day)
            )
            found.append(Announcement(item=item, lists=("cs.IR",)))
    return found


@pytest.fixture(scope="module")
def material(papers):
    days = AuthorDays(papers)
    labels = days.days()[-8:]
    return make_materials(Stream(days, None), labels, {"one": personas(days, labels, 4, "one")})["one"]


def test_a_fifth_of_the_clicks_is_wrong_and_low_slots_are_seldom_looked_at():
    rng = np.random.default_rng(0)
    config = ReaderConfig(position=1.0, wrong=0.2)
    wanted = [slot % 3 == 0 for slot in range(12)]
    found = [slot for _ in range(2000) for slot in clicks(wanted, config, rng)]
    assert np.mean([not wanted[slot] for slot in found]) == pytest.approx(0.2, abs=0.04)
    seen = np.mean([looked_at(10, config, rng) for _ in range(2000)], axis=0)
    assert seen == pytest.approx(1 / np.arange(1, 11), abs=0.05)


def test_readers_have_written_with_nobody_who_reads_and_want_what_names_tell(papers):
    days = AuthorDays(papers)
    labels = days.days()[-8:]
    readers = personas(days, labels, 2, "half")
    drawn = authors_of(days, labels, 2, "half")
    together = {name: {other for paper in papers if name in paper.item.creators for other in paper.item.creators} for name in drawn}
    assert all(second not in together[first] for first in drawn for second in drawn if first != second)
    assert readers[0].wanted == together[drawn[0]] | together[drawn[1]]


def test_what_is_not_told_stays_unknown_and_the_same_seed_gives_the_same_days(material):
    frozen = list(play(material, Way(None), READER, seed=0))
    learning = [list(play(material, Way(LearningConfig()), READER, seed=0)) for _ in range(2)]
    assert learning[0] == learning[1]
    assert [(one.reader, one.day) for one in frozen] == [(one.reader, one.day) for one in learning[0]]
    # Before anything is clicked there is nothing to learn from.
    first = {one.reader: one for one in reversed(learning[0])}
    assert all(one.value == next(other.value for other in frozen if (other.reader, other.day) == (one.reader, one.day)) for one in first.values())


def test_the_table_has_gains_over_the_frozen_ranker(papers, tmp_path):
    plan = FeedbackPlan(lambda: papers, readers=4, seeds=2, arms=ARMS, dense=False, reader=READER)
    bench = bench_feedback(plan, tmp_path, "broadsheet bench feedback")
    rows = {row["name"]: row for row in bench.rows}
    assert set(rows) == set(ARMS)
    assert rows["one: learning"]["runs"] == 2
    assert rows["one: frozen"]["clicks"] == 0 < rows["one: learning"]["clicks"]
    assert "gain_lo" in rows["one: learning"]
    assert json.loads(bench.model_dump_json())["data"]["wrong clicks"] == 0.2


def test_an_unknown_row_is_an_error(papers, tmp_path):
    with pytest.raises(ConfigError, match="no row"):
        bench_feedback(FeedbackPlan(lambda: papers, arms=("one: learnign",), reader=READER), tmp_path, "x")


@pytest.mark.parametrize("form", ["interleave", "split"])
def test_a_planted_ranker_is_found_and_the_same_is_not(form):
    reader = ReaderConfig(position=0.5)
    planted = measure(form, Setting(80, 3, (3 * NOISE, 0.3)), 3, reader, 0).metrics
    same = measure(form, Setting(36, 2, same=True, looks=True), 6, reader, 0).metrics
    assert planted["found b"] == 1.0
    assert same["no difference"] >= 0.8
    assert same["alarm by what holds at any look"] <= 0.1


@pytest.fixture
def saves(tmp_path):
    rng = np.random.default_rng(0)
    themes = rng.integers(4, size=60)
    lines = []
    for _ in range(30):
        own = np.flatnonzero(themes == rng.integers(4))
        chosen = rng.permutation(own)[:11]
        lines.append(f"{len(chosen)} {' '.join(map(str, chosen))}")
    (tmp_path / "users.dat").write_text("\n".join(lines) + "\n")
    (tmp_path / "item-tag.dat").write_text("".join(f"2 {theme} {4 + row % 3}\n" for row, theme in enumerate(themes)))
    (tmp_path / "tags.dat").write_text("\n".join(f"tag{n}" for n in range(7)))
    return tmp_path


def test_saves_are_replayed_in_the_order_of_the_file(saves, tmp_path):
    replay = Replay(saves, 12)
    reader = replay.readers[0]
    begun, came, asked = replay.parts(reader)
    assert [*begun, *came, *asked] == replay.held.libraries.row(reader).tolist()
    assert not set(asked) & set(replay.others.row(reader).tolist())
    arms = tuple(f"saves: {name}" for name in ("popularity", "item kNN, all saves", "learning, first saves alone", "learning, all saves"))
    plan = FeedbackPlan(list, citeulike=saves, saves=12, arms=arms, dense=False)
    rows = {row["name"]: row for row in bench_feedback(plan, tmp_path / "rows", "x").rows}
    assert rows["saves: learning, all saves"]["recall@20"] > rows["saves: popularity"]["recall@20"]
