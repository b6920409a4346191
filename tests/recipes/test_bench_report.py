"""The bench of the report on a small stream: nothing leaks, nothing later counts, rows are kept."""

import json
from datetime import date

import numpy as np
import pytest
from tests.recipes.bench_world import write_stream

from broadsheet.core.bench import render
from broadsheet.core.errors import ConfigError, NoPapersError
from broadsheet.core.metrics import brier_skill
from broadsheet.core.schema import Item
from broadsheet.report.authors import AuthorDays
from broadsheet.report.bench import ARMS, Plan, bench_report
from broadsheet.report.bench.forward import walk
from broadsheet.report.ranker.fit import fit_history
from broadsheet.report.ranker.ranker import ReaderRanker, Situation, shipped
from broadsheet.report.ranker.stream import Stream
from broadsheet.sources import read_source

SINCE, UNTIL = date(2026, 2, 9), date(2026, 2, 12)
LIGHT = ("random", "four title words", "TF-IDF mean", "max + half mean", "recency-weighted cosine", "TF-IDF SVM", "ours, words alone")


@pytest.fixture(scope="module")
def stream(tmp_path_factory):
    return write_stream(tmp_path_factory.mktemp("stream") / "papers.jsonl")


def plan(stream, **changes) -> Plan:
    return Plan(history=(str(stream),), since=SINCE, until=UNTIL, seeds=2, **changes).only(LIGHT)


def judged(announcements, arm: str = "ours, words alone"):
    stream = Stream(AuthorDays(announcements), None)
    return list(walk(ARMS[arm], stream, SINCE, UNTIL))


def same(first, second) -> bool:
    return len(first) == len(second) and all(
        a.user == b.user and np.array_equal(a.scores, b.scores) and np.array_equal(a.chances, b.chances) for a, b in zip(first, second, strict=True)
    )


def test_the_table_has_every_row_and_ours_is_above_chance(stream, tmp_path):
    bench = bench_report(plan(stream), tmp_path, "broadsheet bench report")
    rows = {row["name"]: row for row in bench.rows}
    assert set(rows) == set(LIGHT)
    assert rows["random"]["brier_skill"] == rows["random"]["brier_skill_lo"] == 0
    assert rows["random"]["top_decile_gap"] == 0
    assert rows["ours, words alone"]["brier_skill_lo"] > 0
    assert rows["ours, words alone"]["ndcg@10"] > rows["random"]["ndcg@10"] + 0.1
    assert rows["TF-IDF SVM"]["seeds"] == 2
    assert bench.missing == ()
    printed = json.loads(bench.model_dump_json())
    assert {"bench", "command", "commit", "data", "seeds", "load", "threads", "rows"} <= printed.keys()
    assert all(f"{metric}_lo" in row and f"{metric}_hi" in row for row in printed["rows"] for metric in ("ndcg@10", "hit@5", "mrr", "brier_skill"))
    assert "TF-IDF SVM" in render(bench)


def test_a_constant_has_no_skill_at_all():
    taken = np.array([1.0, 0, 0, 0, 1, 0, 0])
    assert brier_skill(np.full(7, taken.mean()), taken) == 0


def test_names_of_candidates_move_nothing(stream, monkeypatch):
    announcements = read_source(str(stream)).announcements
    honest = judged(announcements)
    rng = np.random.default_rng(0)
    whole = AuthorDays.blind

    def named(self, row):
        shown = whole(self, row)
        return shown.model_copy(update={"item": Item(**{**shown.item.model_dump(), "creators": (f"Author Number{rng.integers(30)}",)})})

    monkeypatch.setattr(AuthorDays, "blind", named)
    assert same(honest, judged(announcements))


def test_who_wrote_the_day_changes_no_signal_of_it(stream):
    announcements = read_source(str(stream)).announcements
    rng = np.random.default_rng(1)

    def renamed(a):
        names = (f"Author Number{rng.integers(30)}", "Somebody Else")
        return a.model_copy(update={"item": a.item.model_copy(update={"creators": names})}) if a.item.announced == SINCE else a

    first, second = Stream(AuthorDays(announcements), None), Stream(AuthorDays([renamed(a) for a in announcements]), None)
    users = first.moment(SINCE).users
    for user in users:
        ours, theirs = (s.moment(SINCE).sight.signals(s.reading(user, s.moment(SINCE).known), circle=True) for s in (first, second))
        assert np.array_equal(ours, theirs)


def test_deleting_later_days_changes_no_score(stream):
    announcements = read_source(str(stream)).announcements
    cut = [a for a in announcements if a.item.announced <= UNTIL]
    assert len(cut) < len(announcements)
    for arm in ("ours, words alone", "TF-IDF SVM", "TF-IDF mean"):
        assert same(judged(announcements, arm), judged(cut, arm))


def test_a_budget_of_nothing_says_what_is_missing_and_a_second_run_recomputes_nothing(stream, tmp_path, monkeypatch):
    small = plan(stream).only(["random", "TF-IDF mean"])
    nothing = bench_report(small._replace(budget_minutes=0), tmp_path, "x")
    assert nothing.rows == ()
    assert len(nothing.missing) == 2
    assert "missing: all, TF-IDF mean" in render(nothing)
    first = bench_report(small, tmp_path, "x")
    monkeypatch.setattr("broadsheet.report.bench.run.walk", lambda *_, **__: pytest.fail("a row was made again"))
    assert bench_report(small, tmp_path, "x").rows == first.rows


def test_no_name_is_kept(stream, tmp_path):
    bench_report(plan(stream).only(["TF-IDF mean"]), tmp_path, "x")
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"Author Number" not in kept


def test_what_cannot_be_measured_is_two_lines(stream, tmp_path):
    with pytest.raises(ConfigError, match="Did you mean 'TF-IDF mean'"):
        plan(stream).only(["TF-IDF meen"])
    with pytest.raises(NoPapersError, match=r"Lists are: cs\.CL, cs\.IR"):
        bench_report(plan(stream)._replace(announced_on="cs.XX"), tmp_path, "x")
    with pytest.raises(NoPapersError, match="There are 2026-01-05 to"):
        bench_report(plan(stream)._replace(since=date(2027, 1, 1), until=None), tmp_path, "x")
    early = bench_report(Plan(history=(str(stream),), since=date(2026, 1, 8), until=date(2026, 1, 9), seeds=1).only(["ours, words alone"]), tmp_path, "x")
    assert "too little before" in early.missing[0]["why"]


def test_a_ranker_is_fitted_stored_and_read_back(stream, tmp_path, monkeypatch):
    monkeypatch.setattr("broadsheet.report.ranker.ranker.is_installed", lambda: False)
    artifact = fit_history([str(stream)], tmp_path / "ranker", links=False)
    again = fit_history([str(stream)], tmp_path / "again", links=False)
    assert artifact.content_hash == again.content_hash
    ranker = ReaderRanker.load(artifact)
    for history in (True, False):
        situation = Situation(("lexical",), history)
        choice = ranker(situation)
        assert choice.names == situation.signals
        assert np.isfinite(choice.utility(np.zeros((3, len(choice.names))))).all()


def test_the_ranker_that_comes_along_knows_every_situation_without_links():
    ranker = shipped()
    for spaces in (("lexical",), ("lexical", "dense")):
        for history in (True, False):
            assert ranker(Situation(spaces, history)).days > 1000
    assert "authors as readers" in ranker.origin


def test_ours_is_above_random_on_real_days(data):
    source = read_source([str(path) for path in sorted((data / "arxiv").glob("csir_history_part*.jsonl.gz"))])
    early = [a for a in source.announcements if a.item.announced <= date(2025, 3, 14)]
    since, until = date(2025, 3, 10), date(2025, 3, 12)
    found = {}
    for name, papers in (("whole", early), ("cut", [a for a in early if a.item.announced <= until])):
        stream = Stream(AuthorDays(papers), None, announced_on="cs.IR")
        found[name] = list(walk(ARMS["ours, words alone"], stream, since, until))
    assert same(found["whole"], found["cut"])
    hits = [float(j.taken[np.argmax(j.scores)]) for j in found["whole"]]
    assert np.mean(hits) > 3 * np.mean([j.taken.mean() for j in found["whole"]])
