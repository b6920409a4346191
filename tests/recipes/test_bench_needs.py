"""The bench of the cascade on made-up complaints; nothing that is labelled is learnt from."""

import csv
import json

import numpy as np
import pytest

from broadsheet.core.errors import BroadsheetError
from broadsheet.needs.bench.cascade import ACCURATE, LOCAL, MAJORITY, QUICK, VOTE, ComplaintsPlan, bench_complaints
from broadsheet.needs.bench.complaints import read_complaints
from broadsheet.needs.bench.goals import EXCHANGED, GOLD, LAST, SAME, GoalsPlan, bench_goals
from broadsheet.needs.label.words import CueWords
from broadsheet.needs.taxonomy import open_taxonomy
from broadsheet.sample.world import world
from broadsheet.stack.needed import written_in_world

WORDS = {"card": "card fee limit", "loan": "loan house rate", "debt": "debt caller notice"}


def complaints(path, count, seed, *, right=0.9):
    draw = np.random.default_rng(seed)
    names = list(WORDS)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "product", "narrative", "sage_prediction", "time-sage", "quick_prediction", "time-quick"])
        for number in range(count):
            product = names[number % 3]
            words = [*draw.choice(WORDS[product].split(), 2), *draw.choice(" ".join(WORDS.values()).split(), 3)]
            said = [product if draw.random() < chance else "none such" for chance in (right, 0.5)]
            writer.writerow([number, product, " ".join(words), said[0], 2.5, said[1], 0.1])
    return path


def rows_of(bench):
    return {row["name"].partition(": ")[2]: row for row in bench.rows}


def test_every_arm_has_its_row_with_calls_and_seconds(tmp_path):
    plan = ComplaintsPlan(complaints(tmp_path / "all.csv", 90, 0), seeds=2)
    found = rows_of(bench_complaints(plan, tmp_path / "rows", "ours"))
    assert list(found) == [MAJORITY, LOCAL, "sage", "quick", VOTE, ACCURATE, QUICK]
    assert found[MAJORITY]["accuracy"] == pytest.approx(1 / 3, abs=0.01)
    assert found["sage"]["calls"] == 90
    assert found["sage"]["seconds_a_text"] == pytest.approx(2.5)
    assert found[VOTE]["calls"] == 180
    sent = found[ACCURATE]
    assert 0.2 < sent["share_sent"] < 0.6
    assert sent["calls"] == pytest.approx(90 * sent["share_sent"])
    assert sent["seconds_a_text"] == pytest.approx(2.5 * sent["share_sent"])
    assert sent["accuracy"] > found[LOCAL]["accuracy"]
    assert "then sage, recorded" in sent["model"]
    assert "then quick, recorded" in found[QUICK]["model"]
    assert sent["accuracy_lo"] < sent["accuracy"] < sent["accuracy_hi"]


def test_with_other_complaints_to_learn_from_truth_of_the_asked_changes_no_answer(tmp_path):
    train, asked = complaints(tmp_path / "train.csv", 90, 1), complaints(tmp_path / "asked.csv", 30, 2)
    one = rows_of(bench_complaints(ComplaintsPlan(asked, train, arms=(ACCURATE,)), tmp_path / "a", ""))[ACCURATE]
    lines = asked.read_text().splitlines()
    wrong = [lines[0], *(line.replace(",card,", ",loan,", 1) for line in lines[1:])]
    asked.write_text("\n".join(wrong) + "\n")
    other = rows_of(bench_complaints(ComplaintsPlan(asked, train, arms=(ACCURATE,)), tmp_path / "b", ""))[ACCURATE]
    assert one["calls"] == other["calls"]
    assert one["share_sent"] == other["share_sent"]
    assert one["accuracy"] > other["accuracy"]


def test_a_file_without_its_columns_is_refused_in_two_lines(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(BroadsheetError, match="no column 'narrative'"):
        read_complaints(path)


def test_goals_from_own_posts_help_in_the_world_and_others_posts_do_not(tmp_path):
    taxonomy = open_taxonomy()
    worlds = {
        "planted": lambda seed: written_in_world(world(300, 1500, 30, seed, posters=10)),
        "none": lambda seed: written_in_world(world(300, 1500, 30, seed, posters=10, without={"finance"})),
    }
    plan = GoalsPlan(worlds, taxonomy, {"cues": lambda: CueWords(taxonomy)}, "300 readers", seeds=1)
    found = rows_of(bench_goals(plan, tmp_path, ""))
    told = {row["name"]: row for row in bench_goals(plan, tmp_path, "").rows}
    assert list(found) == [LAST, SAME, "cues", GOLD, EXCHANGED]
    for arm in ("cues", GOLD):
        assert told[f"planted: {arm}"]["gain_lo"] > 0
        assert told[f"planted: {arm}"]["right_lo"] > 0.5
        assert told[f"none: {arm}"]["gain_lo"] < 0 < told[f"none: {arm}"]["gain_hi"]
    assert told[f"planted: {EXCHANGED}"]["gain_lo"] < 0.01
    assert told[f"planted: {EXCHANGED}"]["right"] == pytest.approx(0.5, abs=0.05)


def test_with_several_shares_each_has_its_row_from_the_classifier_alone_to_every_text_sent(tmp_path):
    plan = ComplaintsPlan(complaints(tmp_path / "all.csv", 90, 0), seeds=1, shares=(0.0, 0.2, 1.0))
    found = rows_of(bench_complaints(plan, tmp_path / "rows", "ours"))
    curve = [found[f"{ACCURATE}, {share} to be sent"] for share in ("0%", "20%", "100%")]
    assert [row["calls"] for row in curve] == [0, pytest.approx(18, abs=12), 90]
    assert curve[0]["accuracy"] == found[LOCAL]["accuracy"]
    assert curve[2]["seconds_a_text"] == pytest.approx(2.5)
    assert ACCURATE not in found


def test_one_kind_of_data_is_given_and_no_more(here):
    for words in ((), ("--worlds", "--nlupp", "x"), ("--cfpb", "a.csv", "--banking77", "b.csv")):
        done = here("bench", "needs", *words)
        assert done.returncode == 10
        assert "one of them" in done.stderr


def test_questions_are_benched_from_the_command_line(here, tmp_path):
    lines = ["text,category", *(f"{word} number {number},{name}" for number in range(6) for word, name in (("card", "card_lost"), ("pin", "pin_change")))]
    (tmp_path / "train.csv").write_text("\n".join(lines) + "\n")
    done = here("bench", "needs", "--banking77", "train.csv", "--seeds", "1", "--arm", LOCAL, "--rows", "rows", "--json")
    assert done.returncode == 0
    (row,) = json.loads(done.stdout)["rows"]
    assert row["name"] == f"banking77: {LOCAL}"
    assert row["accuracy"] == 1
