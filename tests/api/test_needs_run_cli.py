"""`broadsheet needs run` from a file of posts to a folder that the other commands read."""

import json

from broadsheet.core import errors

POSTS = [
    {"id": "p1", "author": "ana", "at": "2026-02-09T08:00:00Z", "text": "Hello. The landlord wants the rent today. Call me on +44 20 7946 0958."},
    {"id": "p2", "author": "bo", "at": 1770624000, "text": "Good day. My credit card balance grows each month."},
]


def test_a_run_leaves_what_gate_and_infer_read(here, tmp_path):
    (tmp_path / "posts.jsonl").write_text("\n".join(map(json.dumps, POSTS)))
    done = here("needs", "run", "--posts", "posts.jsonl", "--out", "needs", "--labeller", "cues")
    assert done.returncode == 0
    assert done.stdout.startswith("2 needs in 2 posts, 0 rejected")
    assert "rules: cue words" in done.stdout
    assert "7946" not in (tmp_path / "needs" / "posts.jsonl").read_text()
    gate = here("needs", "gate", "--posts", "needs/posts.jsonl", "--mentions", "needs/mentions.jsonl", "--taxonomy", "financial")
    assert gate.stderr == "2 of 2 mentions kept.\n"
    found = json.loads(here("needs", "infer", "--posts", "needs/posts.jsonl", "--mentions", "needs/mentions.jsonl", "--json").stdout)
    assert found["people"] == "fewer than 5"
    assert found["mentions"] == "withheld"
    first = (tmp_path / "needs" / "manifest.json").read_bytes()
    assert here("needs", "run", "--posts", "posts.jsonl", "--out", "needs", "--labeller", "cues").returncode == 0
    assert (tmp_path / "needs" / "manifest.json").read_bytes() == first


def test_an_unknown_labeller_gets_two_lines(here, tmp_path):
    (tmp_path / "posts.jsonl").write_text(json.dumps(POSTS[0]))
    done = here("needs", "run", "--posts", "posts.jsonl", "--out", "needs", "--labeller", "minilmm")
    assert done.returncode == errors.ConfigError.exit_code
    assert "Did you mean 'minilm'?" in done.stderr
