"""The benches of intents and spans: on made-up files by every arm, on a slice of the public ones; nothing of what is told is learnt from."""

import csv
import hashlib
import json

import numpy as np
import pytest

from broadsheet.core.errors import BroadsheetError
from broadsheet.needs.bench import slots as slots_module
from broadsheet.needs.bench.intents import BOTH, BOUND, CASCADE, DENSE, FEW, LEARNT, LOCAL, MAJORITY, NAMED, SHARES, IntentsPlan, bench_intents
from broadsheet.needs.bench.slots import BOTH as BOTH_SEVERAL
from broadsheet.needs.bench.slots import OWN, RULES, SEEN, TAGGERS, WORDS, SlotsPlan, bench_slots

NAMES = {"card_arrival": "card arrival post track", "pin_change": "pin change number new", "top_up": "top up money add"}


def embed(texts):
    """Unit vectors of texts by their words, each word at a random place of its own."""
    rows = np.zeros((len(texts), 64), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in text.lower().replace("_", " ").split():
            row[int(hashlib.sha256(word.encode()).hexdigest(), 16) % 64] += 1
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def questions(path, count, seed):
    draw = np.random.default_rng(seed)
    names = list(NAMES)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "category"])
        for number in range(count):
            name = names[number % 3]
            words = [*draw.choice(NAMES[name].split(), 2), *draw.choice(" ".join(NAMES.values()).split(), 2)]
            writer.writerow([" ".join(words), name])
    return path


def intents(plan, folder):
    return {row["name"].partition(": ")[2]: row for row in bench_intents(plan, embed, "words at random", folder, "ours").rows}


def test_every_arm_has_its_row_and_the_curve_goes_from_the_cheap_one_to_the_dear_one(tmp_path):
    found = intents(IntentsPlan(questions(tmp_path / "train.csv", 120, 0), seeds=2), tmp_path / "rows")
    curve = [f"{kind}, {share:.0%} to be sent" for kind in (CASCADE, BOUND) for share in SHARES]
    assert list(found) == [MAJORITY, NAMED, *(f"{arm}, {FEW} texts a label" for arm in LEARNT), *LEARNT, *curve]
    assert found[MAJORITY]["accuracy"] == pytest.approx(1 / 3, abs=0.01)
    none, every = found[curve[0]], found[curve[5]]
    assert (none["share_sent"], every["share_sent"]) == (0, 1)
    assert none["accuracy"] == found[LOCAL]["accuracy"]
    assert none["cpu_ms_a_text"] < every["cpu_ms_a_text"]
    shares = [found[name]["share_sent"] for name in curve[:6]]
    assert shares == sorted(shares)
    bounds = [found[name] for name in curve[6:]]
    assert [row["share_sent"] for row in bounds] == shares
    assert bounds[0]["accuracy"] == found[LOCAL]["accuracy"]
    assert bounds[-1]["accuracy"] == 1
    assert all("cpu_ms_a_text" not in row and row["model"] == "no labeller" for row in bounds)
    assert found[LOCAL]["accuracy_lo"] < found[LOCAL]["accuracy"] < found[LOCAL]["accuracy_hi"]
    assert found[BOTH]["accuracy"] > found[f"{BOTH}, {FEW} texts a label"]["accuracy"] - 0.1


def test_with_a_file_to_learn_from_truth_of_the_asked_changes_no_answer(tmp_path):
    train, asked = questions(tmp_path / "train.csv", 120, 1), questions(tmp_path / "test.csv", 30, 2)
    arms = (NAMED, f"{DENSE}, {FEW} texts a label", LOCAL, BOTH, f"{CASCADE}, 30% to be sent")
    plan = IntentsPlan(asked, train, seeds=1, arms=arms)
    one = intents(plan, tmp_path / "a")
    asked.write_text(asked.read_text().replace(",pin_change", ",never_seen"))
    other = intents(plan, tmp_path / "b")
    for arm in arms:
        assert one[arm]["share_sent"] == other[arm]["share_sent"]
        assert one[arm]["model"] == other[arm]["model"]
        assert one[arm]["accuracy"] > other[arm]["accuracy"]


def test_texts_of_the_asked_change_no_answer_to_others(tmp_path):
    train, asked = questions(tmp_path / "train.csv", 120, 1), questions(tmp_path / "test.csv", 30, 2)
    plan = IntentsPlan(asked, train, seeds=1, arms=(LOCAL, BOTH))
    right = {arm: [] for arm in plan.arms}
    for name in ("a", "b"):
        bench_intents(plan, embed, "words at random", tmp_path / name, "")
        for arm in plan.arms:
            (row,) = [one for one in (tmp_path / name / "needs-banking77").iterdir() if json.loads((one / "manifest.json").read_text())["config"]["arm"] == arm]
            import polars as pl

            right[arm].append(pl.read_parquet(row / "values.parquet")["right"].to_list()[:30])
        asked.write_text(asked.read_text() + "wholly different words,card_arrival\n" * 40)
    assert all(first == second for first, second in right.values())


def test_a_file_that_is_both_and_files_with_faults_are_refused_in_two_lines(tmp_path):
    train = questions(tmp_path / "train.csv", 30, 0)
    cases = {
        "both learnt from and labelled": IntentsPlan(train, tmp_path),
        "no CSV file": IntentsPlan(tmp_path / "empty"),
        "no column 'category'": IntentsPlan(tmp_path / "bad.csv"),
        "record 2, lacks": IntentsPlan(tmp_path / "gap.csv"),
        "cannot be read": IntentsPlan(tmp_path / "none.csv"),
        "holds no text": IntentsPlan(tmp_path / "head.csv"),
        "not CSV": IntentsPlan(tmp_path / "bytes.csv"),
    }
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.csv").write_text("text,label\na,b\n")
    (tmp_path / "gap.csv").write_text("text,category\na,b\nc\n")
    (tmp_path / "head.csv").write_text("text,category\n")
    (tmp_path / "bytes.csv").write_bytes(b"text,category\n\xff\xfe,b\n")
    for said, plan in cases.items():
        with pytest.raises(BroadsheetError, match=said) as fault:
            intents(plan, tmp_path / "rows")
        assert fault.value.mend


def folds(folder, count, seed, *, wrong=False):
    draw = np.random.default_rng(seed)
    folder.mkdir()
    for number in range(count):
        held = []
        for _ in range(24):
            amount, name = f"{draw.integers(3, 900)} pounds", str(draw.choice(["Ines", "Bogdan"]))
            kind = int(draw.integers(3))
            text = (f"please transfer {amount} to {name}", f"did {name} cancel the card", "why is the card new")[kind]
            meant = (["transfer"], ["cancel", "card"], ["why", "card", "new"])[kind]
            slots = {}
            for slot, part in (("amount_of_money", amount), ("person_name", name)):
                if part in text:
                    slots[slot] = {"text": part, "span": [text.index(part), text.index(part) + len(part)]}
            held.append({"text": text} | ({"intents": ["never"]} if wrong else {"intents": meant, **({"slots": slots} if slots else {})}))
        (folder / f"fold{number}.json").write_text(json.dumps(held))
    return folder


@pytest.fixture
def quick(monkeypatch):
    """Taggers of few rounds, and none that needs MiniLM."""
    words = next(iter(TAGGERS))
    monkeypatch.setattr(slots_module, "TAGGERS", {words: "none"})
    return words


def told(plan, folder):
    return {row["name"].partition(": ")[2]: row for row in bench_slots(plan, embed, "words at random", folder, "ours").rows}


def test_intents_and_spans_have_f1_with_intervals_over_utterances(tmp_path, quick):
    found = told(SlotsPlan(folds(tmp_path / "data", 5, 0), seeds=2), tmp_path / "rows")
    assert list(found) == [OWN, WORDS, slots_module.DENSE, BOTH_SEVERAL, SEEN, RULES, quick]
    assert found[BOTH_SEVERAL]["micro_f1"] > 0.95 > 0.9 > found[OWN]["micro_f1"] or found[OWN]["micro_f1"] == 1
    assert found[quick]["micro_f1"] > 0.9
    assert found[RULES]["f1 amount_of_money"] == 1
    assert found[SEEN]["f1 person_name"] == 1
    for row in found.values():
        assert row["micro_f1_lo"] <= row["micro_f1"] <= row["micro_f1_hi"]
    assert found[quick]["runs"] == 2
    assert found[SEEN]["runs"] == 1


def test_with_folds_to_learn_from_truth_of_the_told_changes_nothing_said(tmp_path, quick):
    train = folds(tmp_path / "train", 4, 0)
    said = []
    for name, wrong in (("right", False), ("wrong", True)):
        plan = SlotsPlan(folds(tmp_path / name, 2, 1, wrong=wrong), train, seeds=1)
        bench_slots(plan, embed, "words at random", tmp_path / f"rows-{name}", "")
        said.append({})
        for folder in (tmp_path / f"rows-{name}" / "needs-nlupp").iterdir():
            import polars as pl

            frame = pl.read_parquet(folder / "values.parquet").filter(pl.col("said") > 0)
            said[-1][json.loads((folder / "manifest.json").read_text())["config"]["arm"]] = sorted(frame.select("post", "kind", "said").rows())
    assert said[0] == said[1]
    assert set(said[0]) == {OWN, WORDS, slots_module.DENSE, BOTH_SEVERAL, SEEN, RULES, quick}


def test_a_folder_that_is_both_and_one_fold_alone_are_refused(tmp_path):
    with pytest.raises(BroadsheetError, match="both learnt from and told"):
        told(SlotsPlan(folds(tmp_path / "two", 2, 0), tmp_path / "two"), tmp_path / "rows")
    missing = bench_slots(SlotsPlan(folds(tmp_path / "one", 1, 0), seeds=1, arms=(SEEN,)), embed, "", tmp_path / "rows", "").missing
    assert "One fold alone" in missing[0]["why"]


def test_the_public_data_are_read_and_told(data, tmp_path):
    posts = data / "posts"
    found = intents(IntentsPlan(posts / "banking77", seeds=1, arms=(MAJORITY,)), tmp_path / "rows")
    assert found[MAJORITY]["accuracy"] < 0.05
    spans = told(SlotsPlan(posts / "nlupp_banking", seeds=1, arms=(OWN, SEEN, RULES)), tmp_path / "rows")
    assert spans[RULES]["f1 amount_of_money"] > spans[SEEN]["f1 amount_of_money"]
    assert 0.3 < spans[SEEN]["micro_f1"] < 0.8
    assert 0.2 < spans[OWN]["micro_f1"] < 0.8
