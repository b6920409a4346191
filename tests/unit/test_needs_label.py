"""Labellers: a classifier that says how sure it is of what it was not taught, and a cascade that asks a dear one where it is not."""

import numpy as np
import pytest

from broadsheet.core.errors import BroadsheetError
from broadsheet.needs.label.cascade import Cascade
from broadsheet.needs.label.classifier import Classifier
from broadsheet.needs.label.labels import Labels

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
