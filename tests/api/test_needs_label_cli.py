"""`broadsheet needs label` and `broadsheet needs agree` as a user meets them."""

import csv
import io
import json
import sys

import numpy as np
import pytest

from broadsheet.core import errors
from broadsheet.needs.agree.sheet import read_sheet, write_sheet
from broadsheet.needs.taxonomy import open_taxonomy

LEVELS = [level.id for level in open_taxonomy().levels]


@pytest.fixture
def posts(tmp_path):
    """Sixty posts that say their level, or none, and a labeller who errs on each fifth."""
    truth = np.random.default_rng(2).integers(8, size=60)
    texts = [f"Post {n} speaks of level {level}\nand of nothing else" for n, level in enumerate(truth)]
    lines = [{"id": f"p{n}", "author": "ana", "at": n, "text": text} for n, text in enumerate(texts)]
    (tmp_path / "posts.jsonl").write_text("\n".join(map(json.dumps, lines)))
    said = [(n, level if n % 5 else (level + 1) % 7) for n, level in enumerate(truth)]
    mentions = [
        {"id": n, "post_id": f"p{n}", "level": int(level) + 1, "confidence": 0.5 + n / 200, "evidence": [f"of level {truth[n]}"]}
        for n, level in said
        if level < 7
    ]
    (tmp_path / "mentions.jsonl").write_text("\n".join(map(json.dumps, mentions)))
    return truth


def fill(path, truth, annotator, wrong=()):
    sheet = read_sheet(path)
    for number, row in enumerate(sheet.rows):
        level = truth[int(row["post"][1:])]
        level = (level + 1) % 8 if number in wrong else level
        row |= {"annotator": annotator, "level": "none" if level == 7 else str(level + 1), "evidence": "" if level == 7 else "speaks of level"}
    write_sheet(path, sheet)


def typed(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def terminal(here, *words):
    return here("needs", "label", "--posts", "posts.jsonl", "--out", "ana.csv", "--n", "5", "--annotator", "ana", "--terminal", *words)


def levels_of(path):
    return [row["level"] for row in read_sheet(path).rows]


def test_posts_are_drawn_filled_in_and_compared_with_a_labeller(here, tmp_path, posts):
    draw = ("needs", "label", "--posts", "posts.jsonl", "--mentions", "mentions.jsonl", "--n", "40", "--seed", "3", "--out")
    done = here(*draw, "ana.csv")
    assert done.stdout == "ana.csv\n"
    assert done.stderr.startswith("40 of 60 posts drawn. Levels are 1 survival, 2 cash_flow")
    here(*draw, "bo.csv")
    assert (tmp_path / "ana.csv").read_bytes() == (tmp_path / "bo.csv").read_bytes()
    with (tmp_path / "ana.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert sum(1 / float(row["propensity"]) for row in rows) == pytest.approx(60, rel=0.3)
    fill(tmp_path / "ana.csv", posts, "ana")
    fill(tmp_path / "bo.csv", posts, "bo", wrong=(3, 7))
    words = ("needs", "agree", "--labels", "ana.csv", "--labels", "bo.csv", "--predicted", "mentions.jsonl", "--posts", "posts.jsonl")
    done = here(*words, "--json", "--confusion-out", "confusion.json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["labels"] == {"ana": 40, "bo": 40}
    assert 0.8 < found["alpha"][0]["nominal"]["value"] < 1
    assert found["reference"] == {"rule": "majority", "people": ["ana", "bo"], "posts": 40, "tied": 2, "accuracy": None}
    labeller = found["labeller"]
    assert np.shape(labeller["confusion"]) == (8, 8)
    assert np.sum(labeller["confusion"]) == pytest.approx(40, abs=1e-3)
    assert labeller["spans"]["exact_f1"]["value"] == 0.0
    assert labeller["spans"]["characters_f1"]["value"] > 0.5
    assert [row["level"] for row in labeller["prevalence"]] == [*LEVELS, "none"]
    assert sum(row["corrected"]["value"] for row in labeller["prevalence"]) == pytest.approx(1)
    assert json.loads((tmp_path / "confusion.json").read_text()) == labeller["confusion_of_levels"]
    told = here(*words).stdout
    assert "Krippendorff's alpha, people" in told
    assert "prediction-powered" in told
    inferred = here("needs", "infer", "--posts", "posts.jsonl", "--mentions", "mentions.jsonl", "--confusion", "confusion.json", "--json", "--set", "draws=99")
    assert inferred.returncode == 0, inferred.stderr


def test_labelling_in_the_terminal_goes_on_where_it_stopped(here, tmp_path, posts, monkeypatch):
    typed(monkeypatch, "1\n9\nx\n3 of nothing else\n2 no such words\n0\ns\n")
    done = terminal(here)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "ana.csv\n"
    assert levels_of(tmp_path / "ana.csv") == [LEVELS[0], LEVELS[2], "none", "", ""]
    row = read_sheet(tmp_path / "ana.csv").rows[1]
    assert row["text"][int(row["start"]) : int(row["end"])] == row["evidence"] == "of nothing else"
    assert done.stderr.count("Write 0 to 7, s, u or q.") == 2
    assert "'no such words' does not stand in the post" in done.stderr
    assert "3 of 5 posts labelled. The same command goes on." in done.stderr
    typed(monkeypatch, "u\nu\n2\n4\nq\n")
    done = terminal(here)
    assert "its posts are asked for" in done.stderr
    assert levels_of(tmp_path / "ana.csv") == [LEVELS[0], LEVELS[1], LEVELS[3], "", ""]
    assert [row["annotator"] for row in read_sheet(tmp_path / "ana.csv").rows] == ["ana"] * 5
    typed(monkeypatch, "5\n6\n")
    assert "5 of 5 posts labelled.\n" in terminal(here).stderr
    assert here("needs", "agree", "--labels", "ana.csv").returncode == 0


def test_a_session_that_is_killed_has_saved_every_answer(here, tmp_path, posts, monkeypatch):
    class Killed(io.StringIO):
        def readline(self, *_):
            line = super().readline()
            if not line:
                raise SystemExit(9)
            return line

    monkeypatch.setattr(sys, "stdin", Killed("1\n2\n"))
    assert terminal(here).returncode == 9
    assert levels_of(tmp_path / "ana.csv") == [LEVELS[0], LEVELS[1], "", "", ""]


def test_what_a_post_would_do_to_a_terminal_is_not_done(here, tmp_path, monkeypatch):
    (tmp_path / "posts.jsonl").write_text('{"id": "p1", "text": "Rent\\u001b[2J is due"}')
    typed(monkeypatch, "1\n")
    assert "Rent\ufffd[2J is due" in terminal(here).stderr
    assert "\x1b" in read_sheet(tmp_path / "ana.csv").rows[0]["text"]


def test_tasks_for_label_studio(here, tmp_path, posts):
    assert here("needs", "label", "--posts", "posts.jsonl", "--out", "tasks.json", "--n", "5").stdout == "tasks.json\n"
    tasks = json.loads((tmp_path / "tasks.json").read_text())
    for task in tasks:
        level = posts[int(task["data"]["post"][1:])]
        choice = {"from_name": "level", "type": "choices", "value": {"choices": ["none" if level == 7 else LEVELS[level]]}}
        task["annotations"] = [{"completed_by": 1, "result": [choice]}]
    (tmp_path / "done.json").write_text(json.dumps(tasks))
    found = json.loads(here("needs", "agree", "--labels", "done.json", "--json").stdout)
    assert found["labels"] == {"1": 5}
    assert found["labeller"] is None


def test_many_bad_rows_are_all_told_and_nothing_is_computed(here, tmp_path):
    (tmp_path / "a.csv").write_text("post,text,annotator,level\np1,Rent,ana,nought\np2,Rent,ana,9\np3,Rent,ana,1\n")
    done = here("needs", "agree", "--labels", "a.csv")
    assert (done.returncode, done.stdout) == (errors.RecordError.exit_code, "")
    assert "a.csv, line 2: There is no level 'nought'" in done.stderr
    assert "a.csv, line 3: " in done.stderr
    assert "2 rows cannot be used" in done.stderr


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (("label", "--posts", "posts.jsonl", "--out", "there.csv"), errors.OutputError, "is there already"),
        (("label", "--posts", "posts.jsonl", "--out", "new.csv", "--terminal"), errors.ConfigError, "needs a name"),
        (("label", "--posts", "posts.jsonl", "--out", "there.csv", "--terminal", "--annotator", "bo"), errors.ConfigError, "is filled in by ana"),
        (("label", "--posts", "nowhere.jsonl", "--out", "new.csv"), errors.SourceNotFoundError, "cannot be read"),
        (("label", "--posts", "posts.jsonl", "--out", "new.csv", "--mentions", "no.jsonl"), errors.SourceNotFoundError, "cannot be read"),
        (("agree", "--labels", "nowhere.csv"), errors.SourceNotFoundError, "cannot be read"),
        (("agree", "--labels", "there.csv", "--predicted", "mentions.jsonl"), errors.ConfigError, "on all posts"),
        (("agree", "--labels", "open.csv"), errors.ConfigError, "Nobody has labelled"),
        (("agree", "--labels", "bad.csv"), errors.RecordError, "bad.csv, line 2: "),
        (("agree", "--labels", "mentions.jsonl"), errors.ColumnError, "no column 'post'"),
    ],
)
def test_bad_input_gets_two_lines_and_leaves_nothing(here, tmp_path, posts, words, error, says):
    head = "post,text,annotator,level\n"
    (tmp_path / "there.csv").write_text(f"{head}p1,Rent,ana,1\n")
    (tmp_path / "open.csv").write_text(f"{head}p1,Rent,ana,\n")
    (tmp_path / "bad.csv").write_text(f"{head}p1,Rent,,1\n")
    done = here("needs", *words)
    assert done.returncode == error.exit_code
    assert says in done.stderr
    told = [line for line in done.stderr.strip().splitlines() if "its posts are asked for" not in line]
    assert len(told) == 2
    assert not (tmp_path / "new.csv").exists()
