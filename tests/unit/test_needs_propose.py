"""Needs proposed from what no level was found for: several people's, in words of several, and a taxonomy takes them."""

import hashlib
import json

import numpy as np
import pytest
import yaml

from broadsheet.core.errors import SourceNotFoundError
from broadsheet.core.packages import MINILM
from broadsheet.needs.propose import Options, propose, unmatched, write_proposals
from broadsheet.needs.taxonomy import Need, open_taxonomy

TAXONOMY = open_taxonomy()
PETS = ["The vet wants money for our dog again.", "Our dog must see the vet and the money is gone.", "No money for the vet, and the dog is ill."]
RARE = ["The organ of our parish needs new pipes.", "New pipes for the organ of the parish."]


def embed(texts):
    """Give each word but the shortest a direction of its own."""
    rows = np.zeros((len(texts), 64))
    for number, text in enumerate(texts):
        for word in text.lower().replace(".", "").replace(",", "").split():
            draw = np.random.default_rng(int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "little"))
            rows[number] += draw.normal(size=64) * (len(word) > 2)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


@pytest.fixture
def files(tmp_path):
    """Nine people who speak of a vet, two of an organ, one who says the same ten times, and one whose rent was found already."""
    said = [
        (f"author {number}", f"Good day to you. {PETS[number % 3][:-1]} since week {'abcdefghi'[number]}ly. Mail jo{number}@example.org please do.")
        for number in range(9)
    ]
    said += [(f"other {number}", text) for number, text in enumerate(RARE)]
    said += [
        ("loud", f"My trumpet is out of tune and nobody mends trumpets {word}.") for word in "here there now then ever never soon late early today".split()
    ]
    posts = [{"id": f"p{number}", "author": author, "at": number, "text": text} for number, (author, text) in enumerate(said)]
    posts.append({"id": "rent", "author": "ana", "at": 0, "text": "The rent of our flat is due. The weather is fine today."})
    mentions = [{"id": 1, "post_id": "rent", "level": 1, "evidence": ["rent of our flat"]}]
    for name, rows in (("posts", posts), ("mentions", mentions)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return tmp_path


def proposals(files, **options):
    return propose(files / "posts.jsonl", files / "mentions.jsonl", TAXONOMY, embed, "words by lot", Options(**{"near": 0.45, **options}))


def test_what_several_people_say_is_proposed_and_what_few_or_one_say_is_not(files):
    found = proposals(files)
    vet = next(one for one in found.proposals if "vet" in one.need.cues)
    assert (vet.people, vet.sentences) == (9, 9)
    assert {"dog", "vet", "money"} <= set(vet.need.cues)
    assert len(vet.need.prototypes) == len(set(vet.need.prototypes)) == 6
    everything = found.model_dump_json()
    assert "organ" not in everything
    assert "trumpet" not in everything
    assert "example.org" not in everything
    assert proposals(files) == found


def test_sentences_that_a_mention_was_taken_from_are_not_looked_at(files):
    left = {one.text for one in unmatched(files / "posts.jsonl", files / "mentions.jsonl")}
    assert "The weather is fine today." in left
    assert not any("rent" in text for text in left)
    (files / "mentions.jsonl").write_text(
        '{"id": 1, "post_id": "rent", "level": 1, "evidence": []}\n{"id": 2, "post_id": "p0", "level": 1, "evidence": [{"text": "x", "start": 0, "end": 5}]}'
    )
    left = {one.text for one in unmatched(files / "posts.jsonl", files / "mentions.jsonl")}
    assert "The weather is fine today." not in left
    with pytest.raises(SourceNotFoundError):
        list(unmatched(files / "posts.jsonl", files / "nowhere.jsonl"))


def test_a_word_that_few_people_use_is_neither_a_cue_nor_a_name(files):
    for one in proposals(files, k=4).proposals:
        assert not {"aly", "bly", "jo", "example"} & set(one.need.cues)


def test_a_proposal_is_taken_over_as_it_is(files):
    found = proposals(files)
    write_proposals(files / "out.yaml", found)
    text = (files / "out.yaml").read_text()
    assert [Need.model_validate(held) for held in yaml.safe_load(text)] == [one.need for one in found.proposals]
    held = yaml.safe_dump(TAXONOMY.model_copy(update={"levels": TAXONOMY.levels[:1]}).model_dump(mode="json"), sort_keys=False)
    # As a person pastes it: under `needs:` of the last level.
    head, _, _ = held.rpartition("  needs:")
    (files / "mine.yaml").write_text(f"{head}  needs:\n{text}")
    (level,) = open_taxonomy(str(files / "mine.yaml")).levels
    assert [need.id for need in level.needs] == [one.need.id for one in found.proposals]


def test_nothing_to_propose_is_an_empty_list(files):
    found = proposals(files, k=50)
    assert found.proposals == ()
    write_proposals(files / "out.yaml", found)
    assert yaml.safe_load((files / "out.yaml").read_text()) == []


@pytest.mark.skipif(not MINILM.is_installed(), reason="MiniLM is not installed")
def test_the_command_writes_what_minilm_lays_together(here, files):
    done = here("needs", "propose", "--posts", "posts.jsonl", "--mentions", "mentions.jsonl", "--out", "out.yaml", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["model"].startswith("all-MiniLM")
    assert any("vet" in one["need"]["cues"] for one in found["proposals"])
    assert "needs proposed of" in here("needs", "propose", "--posts", "posts.jsonl", "--mentions", "mentions.jsonl", "--out", "out.yaml").stdout
