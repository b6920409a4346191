"""The bench of the report on a small stream: nothing leaks, nothing later counts, rows are kept."""

import json
from datetime import date

import numpy as np
import polars as pl
import pytest
from tests.recipes.bench_world import write_stream

from broadsheet.core.bench import render
from broadsheet.core.errors import ConfigError, NoPapersError
from broadsheet.core.metrics import brier_skill
from broadsheet.core.schema import Item
from broadsheet.report.authors import AuthorDays
from broadsheet.report.bench.arms import ARMS
from broadsheet.report.bench.forward import walk
from broadsheet.report.bench.run import Plan, bench_report
from broadsheet.report.ranker.fit import fit_history
from broadsheet.report.ranker.ranker import ReaderRanker, Situation, shipped
from broadsheet.report.ranker.stream import Stream
from broadsheet.represent.linked import LinkedConfig
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
    assert rows["TF-IDF mean"]["ndcg@10"] > rows["random"]["ndcg@10"] + 0.1
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


@pytest.mark.parametrize("arm", ["ours, words alone", "TF-IDF SVM", "ours"])
def test_what_is_taken_on_a_day_or_written_after_it_moves_nothing_of_the_day(stream, monkeypatch, arm):
    monkeypatch.setattr("broadsheet.report.ranker.stream.LEAST_FOR_LINKS", 100)
    announcements = read_source(str(stream)).announcements
    today = [a for a in announcements if a.item.announced == SINCE]
    # The names of the day go to other papers of the day, so its readers stay and their papers change.
    others = {a.item.id: b.item.creators for a, b in zip(today, [*today[1:], today[0]], strict=True)}
    cut = [
        a.model_copy(update={"item": a.item.model_copy(update={"creators": others.get(a.item.id, a.item.creators)})})
        for a in announcements
        if a.item.announced <= SINCE
    ]
    vectors = np.random.default_rng(0).normal(size=(len(announcements), 16))
    first, second = ({j.user: j for j in one_day(arm, papers, vectors[: len(papers)])} for papers in (announcements, cut))
    assert first.keys() == second.keys()
    assert any(not np.array_equal(first[user].taken, second[user].taken) for user in first)
    assert all(np.array_equal(first[user].scores, second[user].scores) and np.array_equal(first[user].chances, second[user].chances) for user in first)


def one_day(arm: str, announcements, vectors):
    stream = Stream(AuthorDays(announcements), vectors if ARMS[arm].dense else None)
    stream.links = LinkedConfig(size="tiny", latent=20, epochs=2) if ARMS[arm].links else None
    return walk(ARMS[arm], stream, SINCE, SINCE)


def test_deleting_later_days_from_the_files_changes_no_row(stream, tmp_path):
    lines = stream.read_text().splitlines()
    early = [line for line in lines if json.loads(line)["announced"] < str(SINCE)]
    judged_lines = [line for line in lines if str(SINCE) <= json.loads(line)["announced"] <= str(UNTIL)]
    for name, kept in (("cut", early + judged_lines), ("early", early), ("late", judged_lines)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(kept) + "\n")
    small = plan(stream).only(["random", "TF-IDF mean", "ours, words alone"])
    whole, cut, apart = (
        rows_of(bench_report(small._replace(**change), tmp_path / "rows", "x"))
        for change in (
            {},
            {"history": (str(tmp_path / "cut.jsonl"),)},
            {"history": (str(tmp_path / "early.jsonl"),), "days": (str(tmp_path / "late.jsonl"),), "since": None, "until": None},
        )
    )
    assert whole == cut == apart


def rows_of(bench):
    return [{key: value for key, value in row.items() if key != "cpu_s"} for row in bench.rows]


def test_deleting_later_days_changes_no_score(stream):
    announcements = read_source(str(stream)).announcements
    cut = [a for a in announcements if a.item.announced <= UNTIL]
    assert len(cut) < len(announcements)
    for arm in ("ours, words alone", "TF-IDF SVM"):
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
    bench_report(plan(stream).only(["random", "TF-IDF mean"]), tmp_path, "x")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    # A table is compressed, so it is read, not searched.
    told = "".join(json.dumps(pl.read_parquet(path).to_dicts()) if path.suffix == ".parquet" else path.read_text() for path in files)
    assert sum(path.suffix == ".parquet" for path in files) == 2
    assert not any(name in told for name in ("Author", "Number"))


FAULTS = {
    "no such row": (["--arm", "TF-IDF meen"], ConfigError, "Did you mean 'TF-IDF mean'?"),
    "no such list": (["--list", "cs.XX"], NoPapersError, "Lists are: cs.CL, cs.IR, or all."),
    "no such label": (["--since", "2027-01-01"], NoPapersError, "There are 2026-01-05 to 2026-02-17."),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_the_command_is_two_lines(stream, tmp_path, here, name):
    words, kind, told = FAULTS[name]
    done = here("bench", "report", "--history", str(stream), "--rows", str(tmp_path), *words)
    assert (done.returncode, done.stdout) == (kind.exit_code, "")
    assert len(done.stderr.strip().splitlines()) == 2
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_spent_budget_is_no_error_of_the_command(stream, tmp_path, here):
    done = here("bench", "report", "--history", str(stream), "--rows", str(tmp_path), "--budget-minutes", "0", "--arm", "random", "--json")
    bench = json.loads(done.stdout)
    assert done.returncode == 0
    assert bench["rows"] == []
    assert [row["arm"] for row in bench["missing"]] == ["random"]
    assert "run the same command again" in bench["notes"][0]


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
    monkeypatch.setattr("broadsheet.core.packages.Packaged.is_installed", lambda _: False)
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
