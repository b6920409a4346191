"""`broadsheet needs purge`: an author goes from the folder and from the store, and nothing of anybody else does."""

import json

import polars as pl
import pytest

from broadsheet.core import errors
from broadsheet.core.artifacts import read_artifact
from broadsheet.core.llm import Ledger
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.core.store import Store
from broadsheet.needs.pseudonyms import author_key, pseudonym
from broadsheet.sample.llm import Faults, LLMServer

POSTS = [
    ("p1", "ana", "Hello all. The rent of the attic is due and I cannot pay it. That is all."),
    ("p2", "bo", "Good day. The rent of the cellar is due and I cannot pay it. So it goes."),
    ("p3", "ana", "Once more. The rent of the garage is due as well. That is all there is."),
    ("p4", "ana", "It rained all week. Nothing else to say, really."),
    ("p5", "cy", "It rained all week. Nothing else to say, really."),
]


def answer(body):
    text = body["messages"][1]["content"]
    quotes = [text.split(". ")[1][:30].rsplit(" ", 1)[0], f"made up of {text[-20:]}"] if "rent" in text else []
    mentions = [{"quotes": [quote], "need": "housing_at_risk", "polarity": "lack", "horizon": "now", "confidence": 0.9} for quote in quotes]
    return json.dumps({"mentions": mentions, "age": None, "income": None, "stress": None, "risk": None, "orders": []})


@pytest.fixture
def double():
    with LLMServer(answer, faults=Faults(first=("invalid",) * 4)) as server:  # so that there is a repair of every post, whichever comes first
        yield server


@pytest.fixture
def kept(here, tmp_path, double):
    """Posts of three authors, read by a model."""
    (tmp_path / "posts.jsonl").write_text("\n".join(json.dumps({"id": post, "author": author, "at": 0, "text": text}) for post, author, text in POSTS))
    run(here, double)
    return tmp_path


def run(here, double):
    words = ("--extractor", "llm", "--llm", f"openai:m@{double.url}", "--store", "store.sqlite")
    done = here("needs", "run", "--posts", "posts.jsonl", "--out", "needs", *words)
    assert done.returncode == 0, done.stderr


def rows(folder):
    store = Store(folder / "store.sqlite")
    found = Ledger(store).rows()
    store.close()
    return found


def bytes_of(folder):
    """All that is kept: the folder and the store, without the file that posts were read from."""
    kept = [*sorted((folder / "needs").iterdir()), *sorted(folder.glob("store.sqlite*"))]
    return b"".join(path.read_bytes() for path in kept)


def test_an_author_goes_from_the_folder_and_from_the_store(here, kept, double):
    before = rows(kept)
    hashed = pseudonym("ana", author_key()).encode()
    assert b"attic" in bytes_of(kept)
    done = here("needs", "purge", "--author", "ana", "--in", "needs", "--store", "store.sqlite", "--json")
    assert done.returncode == 0, done.stderr
    gone = json.loads(done.stdout)
    assert gone == {"posts": 3, "mentions": 2, "rejected": 2, "facts": 0, "ratings": 0, "claims": 0, "replies": gone["replies"], "shared": 1}
    assert gone["replies"] >= 2
    left = bytes_of(kept)
    assert b"cellar" in left
    for word in (b"attic", b"garage", hashed):
        assert word not in left, word
    assert rows(kept) == before
    artifact = read_artifact(kept / "needs", ArtifactKind.NEEDS)
    assert artifact.frame("posts")[Columns.POST].to_list() == ["p2", "p5"]
    assert artifact.frame("mentions")[Columns.POST].to_list() == ["p2"]
    assert artifact.manifest.config["purged"] == {"authors": 1, "posts": 3}
    assert artifact.manifest.metrics["posts"] == 2.0
    assert (artifact.manifest.metrics["said"], artifact.manifest.metrics["made_up"]) == (2.0, 1.0)
    assert "ana" not in (kept / "needs" / "manifest.json").read_text().split('"')


def test_replies_about_others_stay_and_those_about_the_author_are_asked_for_anew(here, kept, double):
    first = double.served.calls
    here("needs", "purge", "--author", "ana", "--in", "needs", "--store", "store.sqlite")
    run(here, double)
    # Two of ana's posts; the third was written by somebody else as well.
    again = [row for row in rows(kept) if row["state"] == "paid"]
    assert double.served.calls > first
    assert len({row["item"] for row in again[first:]}) == 2
    assert pl.read_parquet(kept / "needs" / "mentions.parquet")[Columns.POST].to_list() == ["p1", "p2", "p3"]


def test_what_is_left_is_read_by_the_other_commands_and_a_second_author_is_counted(here, kept):
    here("needs", "purge", "--author", "ana", "--in", "needs", "--store", "store.sqlite")
    gate = here("needs", "gate", "--posts", "needs/posts.jsonl", "--mentions", "needs/mentions.jsonl", "--taxonomy", "financial")
    assert gate.stderr == "1 of 1 mentions kept.\n"
    said = here("needs", "purge", "--author", "cy", "--in", "needs", "--store", "store.sqlite").stdout
    assert said.startswith("Removed 1 posts, 0 mentions")
    assert json.loads((kept / "needs" / "manifest.json").read_text())["config"]["purged"] == {"authors": 2, "posts": 4}


@pytest.mark.parametrize(("author", "kind"), [("nobody", errors.SourceNotFoundError), ("ana", errors.OutputError)])
def test_an_unknown_author_and_files_of_others_get_two_lines_and_nothing_changes(here, kept, author, kind):
    if kind is errors.OutputError:
        (kept / "needs" / "verdict.json").write_text("{}")
    before = {path.name: path.read_bytes() for path in (kept / "needs").iterdir()}
    done = here("needs", "purge", "--author", author, "--in", "needs", "--store", "store.sqlite")
    assert done.returncode == kind.exit_code
    assert len(done.stderr.strip().splitlines()) == 2
    assert {path.name: path.read_bytes() for path in (kept / "needs").iterdir()} == before
    assert b"attic" in bytes_of(kept)


def test_a_folder_by_rules_is_purged_too(here, tmp_path):
    (tmp_path / "posts.jsonl").write_text("\n".join(json.dumps({"id": post, "author": author, "at": 0, "text": text}) for post, author, text in POSTS))
    here("needs", "run", "--posts", "posts.jsonl", "--out", "needs", "--labeller", "cues")
    gone = json.loads(here("needs", "purge", "--author", "ana", "--in", "needs", "--json").stdout)
    assert (gone["posts"], gone["replies"]) == (3, 0)
    assert "attic" not in (tmp_path / "needs" / "mentions.jsonl").read_text()
