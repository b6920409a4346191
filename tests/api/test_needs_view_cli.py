"""`broadsheet needs view` as a user meets it."""

import json

import numpy as np
import polars as pl
import pytest

from broadsheet.core import errors
from broadsheet.needs.bench.planted import planted


def written(folder, people=60):
    made = planted("cumulative", people, 4)
    draw = np.random.default_rng(0)
    posts, mentions, facts = [], [], []
    for person, count in enumerate(made.posts.astype(int)):
        for place in range(count):
            at = f"2026-0{1 + place % 9}-1{place % 10}T08:00:00Z"
            text = f"I earn 2000 a month. Post {place} of {person}: I am behind on the card again, and would be glad of any advice at all."
            posts.append({"id": f"{person}-{place}", "author": f"secret {person}", "at": at, "text": text})
        for level, times in enumerate(made.mentions[person]):
            for time in range(times):
                post = f"{person}-{draw.integers(count)}"
                mentions.append({"id": f"{person}-{level}-{time}", "post_id": post, "level": level + 1, "evidence": ["behind on the card again"]})
        span = {"start": 0, "end": 19, "text": "I earn 2000 a month"}
        facts.append({"post_id": f"{person}-0", "kind": "income", "value": 2000 + person, "currency": "EUR", "period": "month", "span": span})
    facts += [
        {**facts[0], "span": {**span, "text": "I earn 9000 a month"}},
        {**facts[0], "period": "hour"},
        {**facts[0], "post_id": "nowhere"},
        {"kind": "age"},
    ]
    for name, rows in (("posts", posts), ("mentions", mentions), ("facts", facts)):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))


def view(here, *words: str):
    return here(
        "needs", "view", "--posts", "posts.jsonl", "--mentions", "mentions.jsonl", "--out", "view", "--set", "draws=99", "--set", "resamples=100", *words
    )


def test_a_page_its_numbers_and_a_manifest_are_written_and_the_same_again(here, tmp_path):
    written(tmp_path)
    done = view(here)
    assert (done.returncode, done.stdout) == (0, "view/needs.html\n")
    assert done.stderr.startswith("Verdict: ")
    files = {file.name: file.read_bytes() for file in (tmp_path / "view").iterdir()}
    assert {"needs.html", "needs.json", "manifest.json", "levels.parquet", "months.parquet", "pairs.parquet", "quotations.parquet"} <= set(files)
    held, manifest = json.loads(files["needs.json"]), json.loads(files["manifest.json"])
    assert manifest["config"]["plan_hash"] == held["provenance"]["plan_hash"]
    assert manifest["package_version"] == held["provenance"]["package_version"]
    assert set(manifest["parents"]) == {"posts", "mentions", "taxonomy"}
    assert pl.read_parquet(tmp_path / "view" / "levels.parquet")["share"].to_list() == [row["share"] for row in held["levels"]]
    assert not any(b"secret" in content for content in files.values())
    assert view(here).returncode == 0
    assert {file.name: file.read_bytes() for file in (tmp_path / "view").iterdir()} == files


def test_facts_count_where_their_words_stand_in_a_post(here, tmp_path):
    written(tmp_path)
    (tmp_path / "matrix.json").write_text(json.dumps(np.eye(7).tolist()))
    done = view(here, "--facts", "facts.jsonl", "--confusion", "matrix.json", "--k", "10", "--quotations", "1")
    assert done.returncode == 0
    assert "4 lines left out: fact_not_verbatim 1, fact_of_unknown_post 1, income_without_month 1, malformed_fact 1." in done.stderr
    held = json.loads((tmp_path / "view" / "needs.json").read_text())
    assert held["k"] == 10
    assert held["facts"][0]["middle"] == 2000.0
    assert held["facts"][0]["unit"] == "EUR a month"
    assert held["whole"]["error_given"]
    assert len(held["quotations"]) == sum(isinstance(row["people"], int) for row in held["levels"])


def test_themes_of_a_folder_are_shown_with_the_levels_of_their_posts(here, tmp_path):
    written(tmp_path)
    posts = [json.loads(line) for line in (tmp_path / "posts.jsonl").read_text().splitlines()]
    draw = np.random.default_rng(1)
    kinds = {number: [f"{name}{letter}" for letter in "abcdefghijkl"] for number, name in enumerate(("garden", "harbour", "kitchen"))}
    for post in posts:
        post["text"] += " " + " ".join(draw.choice(kinds[int(draw.integers(3))], 8, replace=False))
    (tmp_path / "posts.jsonl").write_text("\n".join(map(json.dumps, posts)))
    done = here("needs", "themes", "--posts", "posts.jsonl", "--mentions", "mentions.jsonl", "--out", "themes", "--n", "3", "--resamples", "3", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert sum(theme["stable"] for theme in found["themes"]) == 3
    assert view(here, "--themes", "themes").returncode == 0
    held = json.loads((tmp_path / "view" / "needs.json").read_text())
    assert [theme["name"] for theme in held["themes"]] == [theme["name"] for theme in found["themes"]]
    assert "themes" in held["provenance"]["inputs"]
    assert len(held["theme_levels"]) == 3 * 7
    page = (tmp_path / "view" / "needs.html").read_text()
    assert "found again" in page
    assert 'data-of="theme_levels/0/share"' in page
    done = view(here, "--themes", "themes", "--k", "9")
    assert done.returncode == errors.ConfigError.exit_code
    assert "needs themes --k 9" in done.stderr
    assert here("needs", "themes", "--posts", "posts.jsonl", "--out", "themes", "--n", "9000").returncode == errors.ConfigError.exit_code
    assert "found again" not in here("needs", "themes", "--posts", "posts.jsonl", "--out", "themes", "--n", "3", "--resamples", "2", "--all").stdout


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (("--facts", "nowhere.jsonl"), errors.SourceNotFoundError, "Check the path of --facts"),
        (("--taxonomy", "finnancial"), errors.TaxonomyError, "financial"),
        (("--set", "levle=0.1"), errors.ConfigError, "level"),
        (("--k", "1"), errors.ConfigError, "--k 2 or more"),
        (("--quotations", "-1"), errors.ConfigError, "--quotations 0 or more"),
        (("--out", "mine"), errors.OutputError, "not replaced"),
    ],
)
def test_a_fault_is_two_lines_and_leaves_what_was_there(here, tmp_path, words, error, says):
    written(tmp_path, people=3)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Dear")
    done = view(here, *words)
    assert done.returncode == error.exit_code
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2
    assert not (tmp_path / "view").exists()
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["letter.txt"]
