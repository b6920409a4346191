"""Spans: tokens, tags, values that were seen, and a tagger whose every span stands in its text, word for word."""

import json
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.core.errors import ArtifactError, BroadsheetError, ConfigError
from broadsheet.core.packages import MINILM
from broadsheet.needs.bench.counts import frame_of, label_counts, scores, span_counts
from broadsheet.needs.bench.utterances import fold_files, read_folds
from broadsheet.needs.label.chain import Batch, Chain
from broadsheet.needs.label.gazetteer import Gazetteer, amounts
from broadsheet.needs.label.tagger import Tagger, TaggerConfig
from broadsheet.needs.label.tokens import Tagged, spans_of, tags_of, tokens_of
from broadsheet.needs.records import Span

KINDS = ("amount", "person", "date")
TAGS = ("O", *(f"{mark}{kind}" for kind in KINDS for mark in ("B-", "I-")))
# Letters of several scripts, signs, digits, white space, marks that combine.
TEXT = st.text(st.sampled_from("aB é3 90.,'€£-_\n\u00a0你ß\u0301😭k"), max_size=30)


def tagged(text, kind, part):
    return Tagged(kind, Span(start=text.index(part), end=text.index(part) + len(part), text=part))


def made_up(count=80):
    draw = np.random.default_rng(0)
    texts, spans = [], []
    for _ in range(count):
        amount, person, date = f"{draw.integers(2, 900)} pounds", str(draw.choice(["Ines", "Bogdan", "Mei"])), str(draw.choice(["today", "on Friday"]))
        text = str(draw.choice([f"pay {amount} to {person} {date}", f"did {person} send {amount}", "where is my card", f"do it {date}"]))
        texts.append(text)
        spans.append([tagged(text, kind, part) for kind, part in zip(KINDS, (amount, person, date), strict=True) if part in text])
    return texts, spans


@pytest.fixture(scope="module")
def tagger():
    return Tagger.fit(*made_up(), TaggerConfig(epochs=6))


@given(TEXT, st.data())
def test_tags_and_spans_lead_to_each_other_and_every_span_stands_in_its_text(text, data):
    tokens = tokens_of(text)
    assert "".join(token.text for token in tokens) == "".join(text[token.start : token.end] for token in tokens)
    spans = spans_of(text, tokens, data.draw(st.lists(st.sampled_from(TAGS), min_size=len(tokens), max_size=len(tokens))))
    assert all(text[one.span.start : one.span.end] == one.span.text for one in spans)
    assert all(one.span.end <= other.span.start for one, other in pairwise(spans))
    assert spans_of(text, tokens, tags_of(tokens, spans)) == spans


def test_a_tag_that_goes_on_from_another_kind_or_from_nothing_begins_a_span():
    found = spans_of("a b c d e", tokens_of("a b c d e"), ["B-date", "I-date", "O", "I-date", "I-amount"])
    assert [(kind, span.text) for kind, span in found] == [("date", "a b"), ("date", "d"), ("amount", "e")]


@given(TEXT)
def test_whatever_the_text_spans_of_the_tagger_and_of_seen_values_stand_in_it(tagger, text):
    (found,) = tagger([text])
    for kind, span in (*found, *tagger.gazetteer(text), *amounts(text, "amount")):
        assert text[span.start : span.end] == span.text
        assert kind in KINDS


def test_it_finds_what_it_never_saw_and_keeps_the_order_of_texts(tagger):
    texts = ["pay 77 pounds to Mei today", "", "?", "did Ines send 5 pounds"]
    found = [[(kind, span.text) for kind, span in spans] for spans in tagger(texts)]
    assert found == [[("amount", "77 pounds"), ("person", "Mei"), ("date", "today")], [], [], [("person", "Ines"), ("amount", "5 pounds")]]
    assert tagger([]) == []


def test_the_same_seed_gives_the_same_tagger_and_a_saved_one_is_the_same(tagger, tmp_path):
    texts, spans = made_up()
    assert Tagger.fit(texts, spans, TaggerConfig(epochs=6))(texts) == tagger(texts)
    tagger.save(tmp_path / "tagger")
    loaded = Tagger.load(tmp_path / "tagger")
    assert loaded(texts) == tagger(texts)
    assert (loaded.name, loaded.tags, loaded.config) == (tagger.name, tagger.tags, tagger.config)
    assert {path.suffix for path in (tmp_path / "tagger").iterdir()} == {".json", ".parquet", ".safetensors"}
    (tmp_path / "tagger" / "values.parquet").write_bytes(b"")
    with pytest.raises(ArtifactError, match="missing or was changed"):
        Tagger.load(tmp_path / "tagger")


@pytest.mark.skipif(not MINILM.is_installed(), reason="the dense model is not installed")
@pytest.mark.parametrize("vectors", ["frozen", "tuned"])
def test_dense_vectors_are_heard_and_those_that_were_tuned_are_kept(vectors, tmp_path):
    texts, spans = made_up()
    made = Tagger.fit(texts, spans, TaggerConfig(vectors=vectors, tuned_epochs=1))
    assert [set(one) for one in made(texts)] == [set(one) for one in spans]
    made.save(tmp_path / "tagger")
    assert Tagger.load(tmp_path / "tagger")(texts) == made(texts)
    assert vectors in made.name
    size = (tmp_path / "tagger" / "chain.safetensors").stat().st_size
    assert (size > 4e7) == (vectors == "tuned")


def test_without_a_span_nothing_is_learnt():
    with pytest.raises(ConfigError, match="no text has one"):
        Tagger.fit(["a b"], [[]])


@settings(max_examples=25)
@given(st.integers(1, 4), st.integers(0, 10**6))
def test_the_likeliest_tags_and_the_sum_over_all_are_those_of_every_way_counted(length, seed):
    torch.manual_seed(seed)
    tags = ("O", "B-a", "I-a")
    chain = Chain(4, tags)
    for weights in chain.parameters():
        torch.nn.init.normal_(weights)
    own = torch.randint(0, 2, (1, length))
    batch = Batch(torch.arange(length) % 4, torch.arange(length), torch.tensor([length]), own)
    fit, (first, follow) = chain.fits(batch)[0], chain.follows()

    def score(way):
        return float((first[way[0]] + sum(fit[place, tag] for place, tag in enumerate(way)) + sum(follow[one, two] for one, two in pairwise(way))).detach())

    ways = [tuple(place.tolist()) for place in torch.cartesian_prod(*[torch.arange(3)] * length).reshape(-1, length)]
    told = {way: score(way) for way in ways}
    assert tuple(chain.best(batch)[0]) == max(told, key=told.get)
    total = torch.logsumexp(torch.tensor(list(told.values())), dim=0)
    assert float(chain.loss(batch).detach()) == pytest.approx(float(total) - told[tuple(own[0].tolist())], abs=1e-3)


def test_beside_longer_texts_a_text_has_the_same_tags(tagger):
    texts, _ = made_up(20)
    assert tagger(texts) == [tagger([text])[0] for text in texts]


def test_values_of_the_text_itself_do_not_count_as_seen():
    text = "call Priya"
    own = [tagged(text, "person", "Priya")]
    assert Gazetteer.fit([own]).marks(tokens_of(text), own) == ["", ""]
    assert Gazetteer.fit([own, own]).marks(tokens_of(text), own) == ["", "person"]


def test_the_longest_value_wins_and_digits_stand_for_one_another():
    values = [tagged("the Old Bank", "company", "Old Bank"), tagged("Old Bank Road", "place", "Old Bank Road"), tagged("in 20 days", "date", "20 days")]
    found = Gazetteer.fit([[one] for one in values])("old bank road, old bank, in 35 days")
    assert [(kind, span.text) for kind, span in found] == [("place", "old bank road"), ("company", "old bank"), ("date", "35 days")]


SPANS = st.lists(
    st.builds(
        lambda kind, start, size: Tagged(kind, Span(start=start, end=start + size, text="x" * size)),
        st.sampled_from(KINDS),
        st.integers(0, 12),
        st.integers(1, 4),
    ),
    max_size=4,
)


@given(st.lists(st.tuples(SPANS, SPANS), min_size=2, max_size=6))
def test_f1_is_that_of_counting_by_hand(texts):
    def apart(spans):
        kept = []
        for one in spans:
            if all(one.span.end <= other.span.start or other.span.end <= one.span.start for other in kept):
                kept.append(one)
        return kept

    texts = [(apart(true), apart(said)) for true, said in texts]
    right = said = true = letters_right = letters = 0
    for held, told in texts:
        right += sum(any((a.kind, a.span.start, a.span.end) == (b.kind, b.span.start, b.span.end) for b in told) for a in held)
        true, said = true + len(held), said + len(told)
        marked = [{(one.kind, place) for one in spans for place in range(one.span.start, one.span.end)} for spans in (held, told)]
        letters_right += len(marked[0] & marked[1])
        letters += len(marked[0]) + len(marked[1])
    frame = frame_of({number: span_counts(*pair) for number, pair in enumerate(texts)})
    if not said + true:
        assert scores([frame], len(texts), "test", spans=True) == {}
        return
    found = scores([frame], len(texts), "test", spans=True)
    assert found["micro_f1"] == pytest.approx(2 * right / (said + true))
    assert found["letters_f1"] == pytest.approx(2 * letters_right / letters)
    assert found["micro_f1_lo"] <= found["micro_f1"] <= found["micro_f1_hi"] or found["micro_f1"] in {0.0, 1.0}


def test_labels_that_are_said_twice_count_once():
    assert label_counts(["card"], ["card", "card"])["card"][:3] == (1, 1, 1)


def write(path, held):
    path.write_text(json.dumps(held), encoding="utf-8")


def test_folds_come_by_number_and_places_are_those_of_the_text(tmp_path):
    write(tmp_path / "fold10.json", [{"text": "thanks"}])
    write(tmp_path / "fold2.json", [{"text": "on 5 June", "intents": ["when", "when"], "slots": {"date": {"text": "5 June", "span": [3, 9], "values": {}}}}])
    write(tmp_path / "ontology.json", {})
    first, second = read_folds(fold_files(tmp_path))
    assert first[0].intents == ("when",)
    assert first[0].spans == (Tagged("date", Span(start=3, end=9, text="5 June")),)
    assert second[0] == ("thanks", (), ())


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ([], "holds no utterance"),
        ({"text": "a"}, "no list of utterances"),
        ([{"text": 5}], "utterance 0 has no text"),
        ([{"text": "a", "intents": "when"}], "no list of names"),
        ([{"text": "on 5 June", "slots": {"date": {"text": "5 June"}}}], "no text with its span"),
        ([{"text": "on 5 June", "slots": {"date": {"text": "5 June", "span": [3, 8]}}}], "no text with its span"),
        ([{"text": "on 5 June", "slots": {"date": {"text": "5 July", "span": [3, 9]}}}], "'5 June' stands there"),
        ([{"text": "abcd", "slots": {"x": {"text": "abc", "span": [0, 3]}, "y": {"text": "cd", "span": [2, 4]}}}], "x and y that overlap"),
    ],
)
def test_what_is_wrong_with_a_fold_is_said_in_two_lines(tmp_path, held, said):
    write(tmp_path / "fold0.json", held)
    with pytest.raises(BroadsheetError, match=said) as fault:
        read_folds(fold_files(tmp_path))
    assert fault.value.mend


def test_a_folder_without_folds_and_a_file_that_is_no_json_are_refused(tmp_path):
    with pytest.raises(BroadsheetError, match="no folds"):
        fold_files(tmp_path)
    (tmp_path / "fold0.json").write_text("[{")
    with pytest.raises(BroadsheetError, match="not JSON"):
        read_folds(fold_files(tmp_path))


def test_the_spans_of_the_public_utterances_are_runs_of_tokens(data):
    folds = read_folds(fold_files(data / "posts" / "nlupp_banking"))
    assert len(folds) == 15
    for one in (one for fold in folds for one in fold):
        tokens = tokens_of(one.text)
        assert spans_of(one.text, tokens, tags_of(tokens, one.spans)) == one.spans
