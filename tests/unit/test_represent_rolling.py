"""TF-IDF over a stream equals the embedder fitted anew, and knows nothing of the future."""

import numpy as np
import pytest

from broadsheet.represent import TfidfEmbedder
from broadsheet.represent.rolling import RollingTfidf

TEXTS = ["Soup of leek and potato soup", "", "Leek tart", "Potato gratin with leek; a potato tart", "Unheard of", "soup tart"]


@pytest.mark.parametrize("known", range(len(TEXTS) + 1))
def test_it_equals_the_embedder_fitted_on_what_was_known(known):
    rolling = RollingTfidf(TEXTS)
    embedder = TfidfEmbedder().fit_texts(TEXTS[:known])
    ours, theirs = rolling.at(known), embedder(TEXTS)
    column = {term: i for i, term in enumerate(rolling.terms)}
    dense = np.asarray(ours.todense())
    assert np.allclose(dense[:, [column[t] for t in embedder.terms]], np.asarray(theirs.todense()))
    assert np.allclose((dense**2).sum(), theirs.power(2).sum())


def test_the_order_of_asking_changes_nothing():
    rolling = RollingTfidf(TEXTS)
    late = rolling.at(5).toarray()
    rolling.at(2)
    assert np.array_equal(rolling.at(5).toarray(), late)


def test_texts_that_come_later_change_no_bit():
    whole, cut = RollingTfidf(TEXTS).at(3), RollingTfidf(TEXTS[:4]).at(3)
    assert np.array_equal(whole.toarray()[:4, : cut.shape[1]], cut.toarray())
    assert not whole.toarray()[:4, cut.shape[1] :].any()
