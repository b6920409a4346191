"""`broadsheet needs gate` as a user meets it: one line for each line, in order, whatever the line is."""

import json

import pytest

from broadsheet.core import errors

POSTS = [
    {"id": "p1", "author": "ana", "at": "2026-02-09T08:00:00Z", "text": "I can’t pay the rent 😭 this month, and the bank keeps calling me."},
    {"id": 2, "author": "bo", "at": "2026-02-09T09:00:00Z", "text": "We want to buy a small flat in three years."},
]
LINES = [
    '{"id": "m1", "post_id": "p1", "level": 1, "evidence": [{"start": 0, "end": 20, "text": "can\'t pay the rent"}]}',
    '{"id": "m2", "post_id": "p1", "need_id": "own_home", "evidence": ["want to buy a small flat"]}',
    "{broken",
    "",
    '{"id": "m1", "post_id": "2", "level": 5, "evidence": ["buy a small flat"]}',
    '{"id": 9, "post_id": 2, "level": 5, "evidence": [{"text": "buy a small flat"}]}',
    '{"id": "m4", "post_id": "nowhere", "level": 5, "evidence": ["buy a small flat"]}',
    '{"id": "\\ud83d", "post_id": 2, "level": 9, "evidence": ["buy a small flat"]}',
]


@pytest.fixture
def files(tmp_path):
    (tmp_path / "posts.jsonl").write_text("\n".join(map(json.dumps, POSTS)))
    (tmp_path / "mentions.jsonl").write_text("\n".join(LINES))
    return tmp_path


def gate(here, *words: str):
    return here("needs", "gate", "--posts", "posts.jsonl", "--mentions", "mentions.jsonl", *words)


def test_every_line_has_its_verdict_in_order(here, files):
    done = gate(here)
    assert done.returncode == 0
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(verdict["id"], verdict["reason"]) for verdict in verdicts] == [
        ("m1", None),
        ("m2", "other_post"),
        (None, "malformed"),
        (None, "malformed"),
        ("m1", "duplicate_id"),
        (9, None),
        ("m4", "unknown_post"),
        ("\ud83d", "unknown_need"),
    ]
    assert [verdict["accepted"] for verdict in verdicts] == [verdict["reason"] is None for verdict in verdicts]
    assert verdicts[0]["spans"] == [{"start": 2, "end": 20, "text": "can’t pay the rent"}]
    assert verdicts[0]["notes"] == ["offsets_corrected"]
    assert done.stderr == "2 of 8 mentions kept; malformed 2, other_post 1, duplicate_id 1, unknown_post 1, unknown_need 1, note offsets_corrected 1.\n"


def test_the_summary_can_be_json(here, files):
    summary = json.loads(gate(here, "--json").stderr)
    assert (summary["mentions"], summary["accepted"], summary["rejected"]["malformed"]) == (8, 2, 2)


def test_with_a_taxonomy_needs_are_its_own(here, files):
    (files / "mentions.jsonl").write_text('{"id": "a", "post_id": 2, "need_id": "find_code", "evidence": ["buy a small flat"]}')
    assert [json.loads(gate(here, *words).stdout)["reason"] for words in ((), ("--taxonomy", "papers"), ("--taxonomy", "financial"))] == [
        None,
        None,
        "unknown_need",
    ]
    assert json.loads(gate(here).stdout)["notes"] == ["need_unchecked"]


def test_no_mention_is_no_line(here, files):
    (files / "mentions.jsonl").write_text("")
    done = gate(here)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "0 of 0 mentions kept.\n")


@pytest.mark.parametrize(
    ("change", "words", "kind"),
    [
        (lambda folder: (folder / "posts.jsonl").unlink(), (), errors.SourceNotFoundError),
        (lambda folder: (folder / "mentions.jsonl").unlink(), (), errors.SourceNotFoundError),
        (lambda folder: (folder / "posts.jsonl").write_text(""), (), errors.EmptySourceError),
        (lambda folder: (folder / "posts.jsonl").write_text("{"), (), errors.RecordError),
        (lambda folder: (folder / "posts.jsonl").write_text('{"id": "a"}'), (), errors.RecordError),
        (lambda folder: (folder / "posts.jsonl").write_text('{"id": 1, "text": "a"}\n{"id": "1", "text": "b"}'), (), errors.RecordError),
        (lambda _: None, ("--taxonomy", "finansial"), errors.TaxonomyError),
    ],
    ids=["no posts", "no mentions", "empty posts", "broken post", "post without text", "two posts of one id", "unknown taxonomy"],
)
def test_a_fault_is_two_lines_with_its_exit_code(here, files, change, words, kind):
    change(files)
    done = gate(here, *words)
    assert (done.returncode, done.stdout) == (kind.exit_code, "")
    assert len(done.stderr.strip().splitlines()) == 2
