"""What costs seconds and must be beaten: popularity, items that stand near each other in sequences, and words that are shared."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import eigsh
from sklearn.feature_extraction.text import CountVectorizer

from broadsheet.core.ragged import Ragged
from broadsheet.core.seeds import generator

WINDOW, LAST, DECAY = 5, 6, 0.7
# Up to how many items eigenvectors are all computed.
DENSE = 500


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


def interactions(histories: Ragged, items: int) -> sparse.csr_array:
    """Return `[U, N]`: 1 where a user had an item."""
    users = np.repeat(np.arange(len(histories.lengths)), histories.lengths)
    held = sparse.csr_array((np.ones(len(users)), (users, histories.values)), shape=(len(histories.lengths), items))
    held.data[:] = 1.0
    return held


def item_neighbours(train: Ragged, items: int, most: int = 100, shrink: float = 10.0) -> sparse.csr_array:
    """Return `[N, N]`: the cosine of the users of two items, damped where they share few, of each item's `most` nearest (Sarwar et al. 2001).

    >>> item_neighbours(Ragged.of([[0, 1], [0, 1], [2]]), 3, shrink=0.0).toarray().round(2).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    held = interactions(train, items)
    shared = sparse.csr_array(held.T @ held)
    counts = np.asarray(held.sum(axis=0)).ravel()
    rows = np.repeat(np.arange(items), np.diff(shared.indptr))
    data = shared.data / np.sqrt(np.maximum(counts[rows] * counts[shared.indices], 1)) * (shared.data / (shared.data + shrink))
    data[rows == shared.indices] = 0.0
    kept = np.concatenate([_largest(data[a:b], most) + a for a, b in pairwise(shared.indptr.tolist())]) if items else np.zeros(0, dtype=np.int64)
    return sparse.csr_array((data[kept], (rows[kept], shared.indices[kept])), shape=(items, items))


def _largest(values: np.ndarray, most: int) -> np.ndarray:
    """Return where the largest values above 0 stand."""
    order = np.argsort(-values, kind="stable")[:most]
    return order[values[order] > 0]


def ease(train: Ragged, items: int, penalty: float = 250.0) -> np.ndarray:
    """Return the item weights `[N, N]` of the linear autoencoder whose diagonal is zero (Steck 2019), float32.

    >>> (ease(Ragged.of([[0, 1], [0, 1], [2]]), 3, penalty=1.0) + 0.0).astype(float).round(2).tolist()[0]
    [0.0, 0.67, 0.0]
    """
    held = interactions(train, items)
    gram = (held.T @ held).toarray().astype(np.float32)
    gram[np.diag_indices(items)] += penalty
    inverse = linalg.inv(gram, overwrite_a=True, check_finite=False) if items else gram
    weights = np.asarray(inverse / -np.diag(inverse))
    weights[np.diag_indices(items)] = 0.0
    return weights


def neighbour_vectors(train: Ragged, items: int, width: int) -> np.ndarray:
    """Return `[N, r]`, r at most `width`: the leading eigenvectors of the items' co-occurrences, weighed by the root of their values (Levy and Goldberg 2014).

    They are as wide as there are positive eigenvalues; rows of items that stand beside no other are zero. Their spread is 1.
    """
    near = cooccurrence(train, items)
    if items < 2 or not near.nnz:
        return np.zeros((items, 0))
    if items > DENSE:
        values, vectors = eigsh(near, k=min(width, items - 1), which="LA", v0=generator(0, "eigenvectors").normal(size=items))
    else:
        values, vectors = np.linalg.eigh(near.toarray())
    order = np.argsort(-values)[:width]
    order = order[values[order] > 1e-9]
    vectors = vectors[:, order] * np.sqrt(values[order])
    vectors /= max(float(vectors.std()), 1e-9)
    vectors[np.diff(near.indptr) == 0] = 0.0
    return vectors


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
