"""What costs seconds and must be beaten: popularity, items that stand near each other in sequences, and words that are shared."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from broadsheet.core.ragged import Ragged

WINDOW, LAST, DECAY = 5, 6, 0.7


def popularity(train: Ragged, items: int) -> np.ndarray:
    """Return how often each item stands in the sequences `[N]`."""
    return np.bincount(train.values, minlength=items).astype(np.float64)


def cooccurrence(train: Ragged, items: int, window: int = WINDOW) -> sparse.csr_array:
    """Return `[N, N]`: how often two items stand at most `window` places apart, over the root of both items' sums.

    >>> round(float(cooccurrence(Ragged.of([[0, 1], [0, 1]]), 3)[0, 1]), 6)
    1.0
    """
    user = np.repeat(np.arange(len(train.lengths)), train.lengths)
    counts = sparse.coo_array((items, items))
    for step in range(1, window + 1):
        same = np.flatnonzero(user[step:] == user[:-step])
        pairs = (train.values[same], train.values[same + step])
        counts = counts + sparse.coo_array((np.ones(len(same)), pairs), shape=(items, items))
    both = sparse.csr_array(counts + counts.T)
    scale = 1 / np.sqrt(np.maximum(both.sum(axis=1), 1))
    return sparse.csr_array(sparse.diags_array(scale) @ both @ sparse.diags_array(scale))


def recent(histories: Ragged, items: int, last: int = LAST, decay: float = DECAY) -> sparse.csr_array:
    """Return `[U, N]`: the last items of each history, weighted by `decay` to the power of how many came after."""
    ends = histories.begins[1:]
    rows, columns, weights = [], [], []
    for back in range(last):
        users = np.flatnonzero(histories.lengths > back)
        rows.append(users)
        columns.append(histories.values[ends[users] - 1 - back])
        weights.append(np.full(len(users), decay**back))
    shape = (len(histories.lengths), items)
    return sparse.csr_array(sparse.coo_array((np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), shape=shape))


class BM25:
    """Scores of texts by the words that they share with a query, rare ones more (Robertson et al. 1994)."""

    def __init__(self, texts: Sequence[str], k: float = 1.2, b: float = 0.75) -> None:
        # One letter is a word too: names of attributes may be numbers.
        self._counter: Any = CountVectorizer(analyzer=re.compile(r"\w+").findall, lowercase=False)
        counts = sparse.csr_array(self._counter.fit_transform([text.lower() for text in texts]), dtype=np.float64)
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        self._holds = sparse.csr_array(counts > 0, dtype=np.float64)
        held = np.asarray(self._holds.sum(axis=0)).ravel()
        rare = np.log(1 + (len(texts) - held + 0.5) / (held + 0.5))
        rows = np.repeat(np.arange(len(texts)), np.diff(counts.indptr))
        damped = k * (1 - b + b * lengths / max(lengths.mean(), 1e-9))
        weights = rare[counts.indices] * counts.data * (k + 1) / (counts.data + damped[rows])
        self._weights = sparse.csr_array((weights, counts.indices, counts.indptr), shape=counts.shape)

    def of_words(self, queries: Sequence[str]) -> np.ndarray:
        """Return scores `[Q, N]` of queries in words."""
        asked = sparse.csr_array(self._counter.transform([query.lower() for query in queries]) > 0, dtype=np.float64)
        return (asked @ self._weights.T).toarray()

    def of_texts(self, weighted: sparse.csr_array) -> np.ndarray:
        """Return scores `[U, N]` of queries that are weighted texts `[U, N]` themselves."""
        return (weighted @ self._holds @ self._weights.T).toarray()
