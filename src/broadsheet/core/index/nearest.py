"""The k nearest by exact score, found by way of a product that may be rough."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from broadsheet.core.index.formats import Encoded, decode

# Scores held at a time, in entries: 64 MB of float32.
_ENTRIES = 2**24
_QUERIES = 64
# Vectors decoded at a time.
_ROWS = 2**14


class Near(NamedTuple):
    """Positions `[n]` of what was found for one query, best first, and their scores `[n]`."""

    rows: np.ndarray
    scores: np.ndarray


class Scorer(NamedTuple):
    """Scores of queries against `size` vectors.

    `products` gives rough scores `[Q, size]` of queries `[Q, d]`, `rows` the float32 vectors of positions. `error` bounds the
    difference of a rough score from the true one, for a query of length 1.
    """

    size: int
    products: Callable[[np.ndarray], np.ndarray]
    rows: Callable[[np.ndarray], np.ndarray]
    error: float


def plain_scorer(kept: Encoded) -> Scorer:
    """Return the scorer of float32 products with vectors `[N, d]` as they are kept; a sum of d terms errs by up to d / 2^24 of the lengths."""
    return Scorer(len(kept.data), lambda queries: products(queries, kept), lambda rows: decode(kept.take(rows)), kept.data.shape[1] * 2.0**-24 * longest(kept))


def products(queries: np.ndarray, kept: Encoded) -> np.ndarray:
    """Return inner products `[Q, N]` in float32; what is not kept as float32 is decoded block by block.

    >>> products(np.ones((1, 2), dtype=np.float32), Encoded("float32", np.eye(2, dtype=np.float32))).tolist()
    [[1.0, 1.0]]
    """
    if kept.format == "float32":
        return queries @ kept.data.T
    scores = np.empty((len(queries), len(kept.data)), dtype=np.float32)
    for block in blocks(len(kept.data)):
        np.matmul(queries, decode(kept.take(block)).T, out=scores[:, block])
    return scores


def blocks(count: int) -> Iterator[slice]:
    """Cut rows into blocks.

    >>> [(block.start, block.stop) for block in blocks(20_000)]
    [(0, 16384), (16384, 32768)]
    """
    for start in range(0, count, _ROWS):
        yield slice(start, start + _ROWS)


def lengths(vectors: np.ndarray) -> np.ndarray:
    """Return the length of each row of `[N, d]`, float64 `[N]`.

    >>> lengths(np.array([[3.0, 4.0], [1.0, 0.0]])).tolist()
    [5.0, 1.0]
    """
    return np.sqrt(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64))


def longest(kept: Encoded) -> float:
    """Return the length of the longest vector."""
    return max((float(lengths(decode(kept.take(block))).max()) for block in blocks(len(kept.data))), default=0.0)


def nearest(scorer: Scorer, queries: np.ndarray, k: int, allowed: np.ndarray | None = None) -> list[Near]:
    """Return for each of `[Q, d]` the k largest inner products, equal ones in the order of the rows.

    Whatever could be among the k given the error of the rough scores is scored again in float64, each row by itself: the
    answer does not depend on how many queries were asked together. `allowed` is a mask `[size]` with at least k set.

    >>> nearest(plain_scorer(Encoded("float32", np.eye(3, dtype=np.float32))), np.array([[0.0, 1.0, 1.0]], dtype=np.float32), 2)[0].rows.tolist()
    [1, 2]
    """
    found: list[Near] = []
    step = max(1, min(_QUERIES, _ENTRIES // max(1, scorer.size)))
    banned = None if allowed is None else ~allowed
    for start in range(0, len(queries), step):
        block = queries[start : start + step]
        rough = scorer.products(block)
        if banned is not None:
            rough[:, banned] = -np.inf
        found += [_best(scorer, query, scores, k) for query, scores in zip(block, rough, strict=True)]
    return found


def _best(scorer: Scorer, query: np.ndarray, rough: np.ndarray, k: int) -> Near:
    cut = len(rough) - k
    edge = np.partition(rough, cut)[cut]
    rows = np.flatnonzero(rough >= edge - 2 * scorer.error * float(np.linalg.norm(query)))
    return rescored(query, rows, scorer.rows(rows), k)


def rescored(query: np.ndarray, rows: np.ndarray, vectors: np.ndarray, k: int) -> Near:
    """Return the best k of ascending positions `rows` `[n]` whose vectors are `[n, d]`, scored in float64."""
    # einsum sums every row in the same order, so equal vectors have equal scores; a matrix product need not.
    scores = np.einsum("nd,d->n", vectors, query, dtype=np.float64)
    order = np.argsort(-scores, kind="stable")[:k]
    return Near(rows[order], scores[order].astype(np.float32))
