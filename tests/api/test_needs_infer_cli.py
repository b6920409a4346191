"""`broadsheet needs infer` as a user meets it."""

import json

import numpy as np
import pytest

from broadsheet.core import errors
from broadsheet.needs.bench.planted import planted


def written(folder, world="cumulative", people=120):
    made = planted(world, people, 4)
    draw = np.random.default_rng(0)
    posts, mentions = [], []
    for person, count in enumerate(made.posts.astype(int)):
        for place in range(count):
            at = f"2026-0{1 + place % 9}-1{place % 10}T08:00:00Z"
            posts.append({"id": f"{person}-{place}", "author": f"author {person}", "at": at, "text": f"Post {place} of {person}"})
        for level, times in enumerate(made.mentions[person]):
            mentions += [{"id": f"{person}-{level}-{time}", "post_id": f"{person}-{draw.integers(count)}", "level": level + 1} for time in range(times)]
    (folder / "posts.jsonl").write_text("\n".join(map(json.dumps, posts)))
    (folder / "mentions.jsonl").write_text("\n".join(map(json.dumps, mentions)))


def infer(here, *words: str):
    return here("needs", "infer", "--posts", "posts.jsonl", "--mentions", "mentions.jsonl", *words)


def test_a_planted_hierarchy_is_found_and_told_as_json(here, tmp_path):
    written(tmp_path)
    done = infer(here, "--json", "--set", "draws=199")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert found["verdict"] == "cumulative"
    assert found["intervals"]["H"][0] < found["H"] < found["intervals"]["H"][1]
    first, *_, last = found["order_by_frequency"]
    assert found["order_probabilities"][first][last] == 1.0
    assert len(found["levels"]) == 7
    assert sum(value or 0 for value in found["months"]["2026-01"].values()) > 0
    assert found["left_out"] == {}
    assert json.loads(infer(here, "--json", "--set", "draws=199").stdout) == found


def test_what_is_left_out_is_told_and_figures_that_nobody_tells_are_null(here, tmp_path):
    (tmp_path / "posts.jsonl").write_text('{"id": 1, "author": "ana", "at": 5, "text": "Rent"}')
    (tmp_path / "mentions.jsonl").write_text(
        '{"id": 1, "post_id": 1, "level": 1}\n{"id": 1, "post_id": 1, "level": 2}\n{"id": 2, "post_id": 9, "level": 1}\n'
        '{"id": 3, "post_id": 1, "need_id": "nought"}\n{'
    )
    done = infer(here, "--json")
    found = json.loads(done.stdout)
    assert found["verdict"] == "undetermined"
    assert found["H"] is None
    assert found["finding"]["p"] is None
    assert found["left_out"] == {"duplicate_id": 1, "malformed": 1, "unknown_need": 1, "unknown_post": 1}
    assert done.stderr.startswith("4 mentions left out: duplicate_id 1")
    assert "Verdict: undetermined" in infer(here).stdout


@pytest.mark.parametrize(
    ("name", "text", "error", "says"),
    [
        ("posts.jsonl", "", errors.EmptySourceError, "holds no post"),
        ("posts.jsonl", '{"id": 1, "author": "ana", "text": "x", "at": "yesterday"}', errors.RecordError, "which is no time"),
        ("posts.jsonl", '{"id": 1, "text": "x", "at": 5}', errors.RecordError, "is no post"),
        ("matrix.json", "[[1, 0], [0, 1]]", errors.ConfigError, "is not a matrix of 7 rows"),
    ],
)
def test_bad_input_gets_two_lines(here, tmp_path, name, text, error, says):
    written(tmp_path, people=3)
    (tmp_path / name).write_text(text)
    done = infer(here, *(["--confusion", name] if name == "matrix.json" else []))
    assert done.returncode == error.exit_code
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2


def test_facts_and_claims_of_a_run_are_read_and_shown(here, tmp_path):
    texts = [
        ("I am {age}. I make ${pay} a month.", "The landlord wants the rent today."),
        ("I make ${pay} a month.", "First we pay the rent, then we pay the credit card balance."),
    ]
    posts = [
        {
            "id": f"{person}-{place}",
            "author": f"author {person}",
            "at": 86_400 * place,
            "text": f"{start.format(age=20 + person, pay=1000 + 50 * person)} {end} {person}",
        }
        for person in range(40)
        for place, (start, end) in enumerate(texts)
    ]
    (tmp_path / "all.jsonl").write_text("\n".join(map(json.dumps, posts)))
    assert here("needs", "run", "--posts", "all.jsonl", "--out", "needs", "--labeller", "cues").returncode == 0
    words = ("--posts", "needs/posts.jsonl", "--mentions", "needs/mentions.jsonl", "--set", "draws=99", "--set", "resamples=100")
    found = json.loads(here("needs", "infer", *words, "--facts", "needs", "--claims", "needs", "--json").stdout)
    assert [(one["kind"], one["people"], one["unit"]) for one in found["covariates"]] == [("income", 40, "USD a month"), ("age", 40, "years")]
    assert found["claims"]["people"] == 40
    assert found["claims"]["agreement"] == 1.0
    by_file = here("needs", "infer", *words, "--facts", "needs/facts.parquet", "--claims", "needs/claims.parquet", "--json")
    assert json.loads(by_file.stdout) == found
    assert "With income, USD a month: 40 people tell theirs, 0 do not" in here("needs", "infer", *words, "--facts", "needs").stdout
    assert here("needs", "view", *words, "--facts", "needs", "--claims", "needs", "--out", "view").returncode == 0
    seen = json.loads((tmp_path / "view" / "needs.json").read_text())
    assert [(row["kind"], row["people"]) for row in seen["trends"]] == [("income", 40), ("age", 40)]
    slopes = [level["slope"] for one in found["covariates"] for level in one["levels"]]
    assert [row["slope"] for row in seen["slopes"]] == [None if slope is None else pytest.approx(slope, abs=1e-4) for slope in slopes]
    assert seen["whole"]["claims_people"] == 40
    assert "What goes with income" in (tmp_path / "view" / "needs.html").read_text()
