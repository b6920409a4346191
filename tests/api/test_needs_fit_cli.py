"""`broadsheet needs fit` as a user meets it, and `needs run` with what it wrote."""

import json

import pytest

from broadsheet.core import errors
from broadsheet.core.artifacts import read_artifact
from broadsheet.core.packages import MINILM
from broadsheet.core.schema import ArtifactKind
from broadsheet.needs.agree.labels import blank_sheet
from broadsheet.needs.agree.sheet import write_sheet

dense = pytest.mark.skipif(not MINILM.is_installed(), reason="MiniLM is not installed")
SAID = {
    "survival": "The rent of {} cannot be paid",
    "debt_credit": "My card of {} is at its limit",
    "none": "The weather of {} was fine",
}


def write_labels(path, count=24, annotator="ana"):
    sheet = blank_sheet([(f"p{n}", list(SAID.values())[n % 3].format(f"street {n}"), 1.0) for n in range(count)], annotator)
    for number, row in enumerate(sheet.rows):
        row["level"] = list(SAID)[number % 3]
    write_sheet(path, sheet)


@dense
def test_a_labeller_is_fitted_and_used_and_stands_in_the_manifest(here, tmp_path):
    write_labels(tmp_path / "ana.csv")
    done = here("needs", "fit", "--labels", "ana.csv", "--out", "labeller", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["texts"] == 24
    assert found["rare"] == ["cash_flow", "protection", "goal_saving", "retirement_investing", "independence_legacy"]
    names = [one["name"] for one in found["compared"]["tried"]]
    assert names[0] == "prototypes"
    assert names[-1] == "chosen in each fold"
    assert all(one["accuracy"]["low"] <= one["accuracy"]["value"] <= one["accuracy"]["high"] for one in found["compared"]["tried"])
    (tmp_path / "posts.jsonl").write_text(json.dumps({"id": 1, "author": "bo", "at": 5, "text": "Hello. My card of street 99 is at its limit."}))
    done = here("needs", "run", "--posts", "posts.jsonl", "--out", "needs", "--labeller", "labeller", "--json")
    assert done.returncode == 0, done.stderr
    manifest, kept = json.loads(done.stdout), read_artifact(tmp_path / "labeller", ArtifactKind.NEEDS_LABELLER)
    assert manifest["parents"]["labeller"] == kept.content_hash
    assert manifest["models"]["labeller"].startswith(f"trained {kept.content_hash[:12]}")
    (mention,) = (tmp_path / "needs" / "mentions.jsonl").read_text().splitlines()
    assert json.loads(mention)["level"] == "debt_credit"
    assert kept.content_hash[:12] in json.loads(mention)["extractor"]
    assert "labelled texts by ana: survival 8" in here("needs", "fit", "--labels", "ana.csv", "--out", "labeller").stdout


@dense
def test_a_labeller_of_another_taxonomy_gets_two_lines(here, tmp_path):
    write_labels(tmp_path / "ana.csv")
    assert here("needs", "fit", "--labels", "ana.csv", "--out", "labeller").returncode == 0
    (tmp_path / "posts.jsonl").write_text(json.dumps({"id": 1, "author": "bo", "at": 5, "text": "Hello."}))
    done = here("needs", "run", "--posts", "posts.jsonl", "--out", "needs", "--labeller", "labeller", "--taxonomy", "papers")
    assert done.returncode == errors.ArtifactError.exit_code
    assert "learnt for another taxonomy" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2


@dense
@pytest.mark.parametrize(
    ("count", "annotator", "says"), [(6, "ana", "Nothing can be learnt"), (24, "llm:m", "Only language models"), (24, "", "nobody who says so")]
)
def test_too_little_to_learn_from_gets_two_lines(here, tmp_path, count, annotator, says):
    write_labels(tmp_path / "ana.csv", count, annotator)
    done = here("needs", "fit", "--labels", "ana.csv", "--out", "labeller")
    assert done.returncode in (errors.ConfigError.exit_code, errors.RecordError.exit_code)
    assert says in done.stderr
    assert not (tmp_path / "labeller").exists()
