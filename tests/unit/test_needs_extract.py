"""From posts to mentions: every one with its own words, personal data gone, nothing guessed."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.core.errors import RecordError, SourceNotFoundError
from broadsheet.core.schema import Columns
from broadsheet.needs.extract import rules
from broadsheet.needs.extract.extractor import Extractor
from broadsheet.needs.extract.sentences import sentences
from broadsheet.needs.label.prototypes import NONE, Prototypes
from broadsheet.needs.label.words import CueWords
from broadsheet.needs.posts import read_posts, written
from broadsheet.needs.taxonomy import open_taxonomy

TAXONOMY = open_taxonomy()
POSTS = [
    ("p1", "ana", 1_700_000_000_000_000, "Hello all. The landlord wants the rent today and I can't pay it. I'm 34, mail me at ana@example.org."),
    ("p2", "bo", 1_700_000_100_000_000, "Once the credit card debt is paid off, we put more into the pension. I earn €2,400 a month."),
    ("p3", "ana", 1_700_000_200_000_000, "It rained all week. Nothing else to say, really."),
]


def extracted(rows=POSTS, key=b"k" * 32):
    frame = pl.DataFrame(rows, schema=[Columns.POST, Columns.AUTHOR, Columns.AT, Columns.TEXT], orient="row")
    return Extractor(TAXONOMY, CueWords(TAXONOMY), key)(frame)


def test_a_mention_is_a_level_with_a_sentence_of_its_own_post():
    found = extracted()
    texts = dict(found.posts.select(Columns.POST, Columns.TEXT).iter_rows())
    assert found.mentions[Columns.LEVEL].to_list()[0] == "survival"
    assert found.mentions[Columns.EXTRACTOR].unique().to_list() == ["rules: cue words"]
    for row in found.mentions.iter_rows(named=True):
        assert texts[row[Columns.POST]][row[Columns.START] : row[Columns.END]] == row[Columns.TEXT]
    assert "p3" not in found.mentions[Columns.POST].to_list()


def test_personal_data_and_names_of_authors_are_in_no_frame():
    found = extracted()
    written = "\n".join(frame.write_json() for frame in (found.posts, found.mentions, found.facts, found.claims, found.rejected))
    assert "ana@example.org" not in written
    assert '"ana"' not in written
    authors = found.posts[Columns.AUTHOR].to_list()
    assert authors[0] == authors[2] != authors[1]
    assert extracted(key=b"l" * 32).posts[Columns.AUTHOR].to_list() != authors


def test_age_and_income_are_those_that_are_said_and_no_others():
    found = extracted()
    facts = found.facts.select(Columns.POST, Columns.KIND, Columns.VALUE, Columns.CURRENCY, Columns.PERIOD).rows()
    assert facts == [("p1", "age", 34.0, "", ""), ("p2", "income", 2400.0, "EUR", "month")]


@pytest.mark.parametrize(
    "text",
    [
        "I'm 100% sure about the 34 offers",
        "I am 20 minutes late",
        "My rent is $900 a month",
        "They earn 4000 a month",
        "I'm 50k in debt",
        "A 34 year old car",
        "I'm 12 and curious",
    ],
)
def test_what_is_no_age_and_no_income_is_not_read_as_one(text):
    assert list(rules.facts(text)) == []


def test_what_comes_first_is_a_claim_where_both_parts_speak_of_levels():
    found = extracted()
    assert found.claims.select(Columns.POST, Columns.BEFORE, Columns.AFTER).rows() == [("p2", "debt_credit", "retirement_investing")]


def test_a_post_of_one_sentence_is_quoted_in_part_and_one_word_evidences_nothing():
    found = extracted([("a", "x", 0, "My rent is overdue again"), ("b", "x", 1, "rent")])
    assert found.mentions.select(Columns.POST, Columns.TEXT).rows() == [("a", "rent is overdue again")]
    assert found.rejected.select(Columns.POST, Columns.REASON).rows() == [("b", "whole_post")]


def test_batches_give_what_all_together_gives():
    whole = extracted()
    parts = [extracted([row]) for row in POSTS]
    for name in ("mentions", "facts", "claims", "posts"):
        assert pl.concat([getattr(part, name) for part in parts]).equals(getattr(whole, name))


@given(st.text(alphabet=st.sampled_from("ab .!?\n,;é。—"), max_size=300))
@settings(max_examples=200, deadline=None)
def test_sentences_are_slices_in_order_that_leave_out_only_white_space(text):
    spans = list(sentences(text))
    end = 0
    for span in spans:
        assert span.start >= end
        assert text[span.start : span.end] == span.text == span.text.strip()
        end = span.end
    assert "".join("".join(span.text.split()) for span in spans) == "".join(text.split())


def test_no_sentence_is_longer_than_may_be_quoted():
    assert max(len(span.text.split()) for span in sentences("word " * 150 + ". And, so, on.")) <= 40


def test_prototypes_label_by_the_nearest_sentence_or_none():
    np = pytest.importorskip("numpy")
    known = [sentence for level in TAXONOMY.levels for node in (level, *level.needs) for sentence in node.prototypes]
    made = Prototypes(TAXONOMY, lambda texts: np.array([[float(text == one) for one in known] for text in texts]), "equality")
    level = TAXONOMY.levels[3]
    assert made([level.prototypes[0], "anything else"]).best == [level.id, NONE]
    assert made.needs([level.needs[0].prototypes[0]]) == [level.needs[0].id]
    assert made.name == "prototypes by equality"


def test_posts_of_a_parquet_file_are_those_of_its_json_lines(tmp_path):
    at = datetime(2026, 2, 9, 8, tzinfo=UTC)
    pl.DataFrame({"post": ["p1", "p2"], "author": ["ana", "bo"], "at": [at, at], "text": ["Rent is due.", "é😀"], "channel": ["x", "y"]}).write_parquet(
        tmp_path / "a.parquet"
    )
    lines = [
        f'{{"id": "p{place}", "author": "{name}", "at": "2026-02-09T08:00:00Z", "text": "{text}"}}'
        for place, name, text in ((1, "ana", "Rent is due."), (2, "bo", "é😀"))
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    assert list(written(tmp_path / "a.parquet")) == list(written(tmp_path / "a.jsonl"))
    assert read_posts(tmp_path / "a.parquet") == read_posts(tmp_path / "a.jsonl")
    (tmp_path / "b.parquet").write_text("no")
    with pytest.raises(RecordError, match="no Parquet file"):
        list(written(tmp_path / "b.parquet"))
    with pytest.raises(SourceNotFoundError):
        list(written(tmp_path / "c.parquet"))
    pl.DataFrame({"post": ["p1"], "author": [None], "at": [at], "text": ["x"]}).write_parquet(tmp_path / "d.parquet")
    with pytest.raises(RecordError, match="row 1 is no post"):
        list(written(tmp_path / "d.parquet"))
