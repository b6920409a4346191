"""Labellers: a classifier that says how sure it is of what it was not taught, and a cascade that asks a dear one where it is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.errors import BroadsheetError
from broadsheet.needs.label.cascade import Cascade
from broadsheet.needs.label.classifier import Classifier
from broadsheet.needs.label.labels import Labels
from broadsheet.needs.label.prototypes import Named, Prototypes
from broadsheet.needs.label.several import Chosen, Several, both, truth_of, weight_of
from broadsheet.needs.label.together import Together
from broadsheet.needs.taxonomy import open_taxonomy

NAMES = ("card", "loan")


def texts(count):
    draw = np.random.default_rng(0)
    words = {"card": ["card", "fee", "limit", "swipe"], "loan": ["loan", "house", "rate", "lender"]}
    truth = [NAMES[number % 2] for number in range(count)]
    return [" ".join(draw.choice(words[label], 5)) for label in truth], truth


def test_a_classifier_learns_and_tells_what_it_did_not_see():
    some, truth = texts(60)
    made = Classifier.fit(some, truth)
    assert made(["a swipe of my card", "the lender of the house"]).best == ["card", "loan"]
    assert np.allclose(made.unseen.sum(axis=1), 1)
    assert (Labels(made.names, made.unseen).best == np.array(truth)).mean() > 0.9
    assert made([]).best == []


def test_too_few_texts_are_refused_by_name():
    with pytest.raises(BroadsheetError, match="rare 1"):
        Classifier.fit(["a b"] * 8 + ["c"], ["often"] * 8 + ["rare"])


def cascade(said=("card",) * 50 + ("loan",) * 50):
    first = Labels(NAMES, np.array([[0.9, 0.1], [0.55, 0.45]] * 25 + [[0.1, 0.9], [0.45, 0.55]] * 25))
    return Cascade.fit(first, Labels.of(said, NAMES), ["card"] * 50 + ["loan"] * 50, 0.5), first


def test_only_what_is_unsure_is_asked_for_and_each_is_heard_as_often_as_it_is_right():
    made, first = cascade()
    asked = []

    def ask(rows):
        asked.extend(rows.tolist())
        return Labels.of(["loan"] * len(rows), NAMES)

    found = made(first, ask)
    assert asked == np.flatnonzero(first.certainty < 0.6).tolist()
    assert found.sent.mean() == 0.5
    assert [found.labels.best[row] for row in (0, 1, 50, 51)] == ["card", "loan", "loan", "loan"]


def test_a_model_that_says_nothing_of_use_is_not_heard():
    draw = np.random.default_rng(1)
    made, first = cascade(tuple(draw.choice(NAMES, 100).tolist()))
    found = made(first, lambda rows: Labels.of(["no such label"] * len(rows), NAMES))
    assert found.labels.best == first.best


def test_nothing_unsure_asks_nobody():
    made, _ = cascade()
    sure = Labels(NAMES, np.array([[0.99, 0.01]]))
    assert not made(sure, lambda _: pytest.fail("asked")).sent.any()


def test_nothing_and_everything_can_be_sent_on_whatever_the_texts():
    first = Labels(NAMES, np.array([[0.9, 0.1], [0.4, 0.6]] * 20))
    second, truth = Labels.of(["card", "loan"] * 20, NAMES), ["card", "loan"] * 20
    strange = Labels(NAMES, np.array([[1.0, 0.0], [0.5, 0.5]]))
    asked = [Cascade.fit(first, second, truth, share)(strange, lambda rows: Labels.of(["card"] * len(rows), NAMES)).sent.tolist() for share in (0.0, 1.0)]
    assert asked == [[False, False], [True, True]]


def by_words(asked):
    """Unit vectors of made-up texts: which of a few words stand in each."""
    words = ("card", "fee", "loan", "house", "rate")
    rows = np.array([[float(word in text.split()) for word in words] for text in asked]) + 1e-6
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_classifier_by_vectors_learns_too_and_both_are_heard_as_labelled_texts_say():
    some, truth = texts(80)
    words, dense = Classifier.fit(some, truth), Classifier.fit(some, truth, embed=by_words)
    assert dense.name != words.name
    assert dense(["fee card", "house loan"]).best == ["card", "loan"]
    together = Together.fit(Labels(words.names, words.unseen), Labels(dense.names, dense.unseen), truth)
    found = together(words(some), dense(some))
    assert np.allclose(found.chances.sum(axis=1), 1)
    assert (np.array(found.best) == truth).mean() > 0.95
    useless = Labels(words.names, np.full_like(words.unseen, 0.5))
    assert Together.fit(useless, Labels(dense.names, dense.unseen), truth).weight == 0.0
    assert together(words([]), dense([])).best == []


def test_a_label_is_what_its_own_name_is_nearest_to():
    made = Named(["card_fee", "house_loan"], by_words, "words")
    assert made(["my card", "the house"]).best == ["card_fee", "house_loan"]
    assert made([]).best == []


def test_any_number_of_labels_is_said_from_chances_that_labelled_texts_choose():
    draw = np.random.default_rng(0)
    sets = [[name for name in ("card", "loan", "fee") if draw.random() < 0.4] for _ in range(120)]
    some = [" ".join([*one, *draw.choice(["please", "now", "my"], 2)]) for one in sets]
    made = Several.fit(some, sets)
    truth = truth_of(sets, made.names)
    chosen = Chosen.fit(made.unseen, truth)
    assert (chosen(made.unseen) == truth).mean() > 0.95
    assert [[name for name, said in zip(made.names, row, strict=True) if said] for row in chosen(made(["a card and a loan", "now"]).chances)] == [
        ["card", "loan"],
        [],
    ]
    assert made([]).chances.shape == (0, 3)
    vectors = Several.fit(some, sets, embed=by_words)
    assert weight_of(made.unseen, np.full_like(made.unseen, 0.5), truth) == 1.0
    assert both(made.unseen, vectors.unseen, 1.0) == pytest.approx(np.clip(made.unseen, 1e-6, 1 - 1e-6))


def test_a_label_that_one_text_has_and_texts_without_any_are_learnt_from_too():
    made = Several.fit(["a card", "b card", "c rate", "d", "e"], [["card"], ["card"], ["rare"], [], []])
    assert made.names == ("card", "rare")
    with pytest.raises(BroadsheetError, match="some have labels"):
        Several.fit(["a", "b", "c", "d"], [[], [], [], []])


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=12))
def test_no_other_chance_gives_a_greater_f1(pairs):
    chances, truth = (np.array(column)[:, None] for column in zip(*pairs, strict=True))

    def f1(said):
        return 2 * (said & truth).sum() / max(1, said.sum() + truth.sum())

    assert f1(Chosen.fit(chances, truth)(chances)) >= max(f1(chances >= least) for least in chances) - 1e-12


def test_a_text_is_embedded_once_and_few_are_kept(monkeypatch):
    asked = []

    def embed(texts):
        asked.extend(texts)
        return np.stack([np.eye(4)[len(text) % 4] for text in texts])

    labeller = Prototypes(open_taxonomy(), embed, "lengths")
    del asked[:]
    first, again = labeller(["a", "bb", "a"]), labeller(["bb", "a", "a"])
    assert asked == ["a", "bb"]
    assert first.chances[[1, 0, 2]].tolist() == again.chances.tolist()
    monkeypatch.setattr("broadsheet.needs.label.prototypes.KEPT", 1)
    labeller(["ccc"])
    assert labeller.vectors(["a"]).tolist() == [np.eye(4)[1].tolist()]
    assert labeller([]).chances.shape == (0, len(labeller.names))
