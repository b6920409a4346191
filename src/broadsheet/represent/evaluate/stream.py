"""The best of a pool that passes by in blocks, exact, in memory that does not grow with the pool."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from broadsheet.core.metrics import Ranking
from broadsheet.represent.evaluate.scoring import exact_scores

# Rough scores held at a time: 64 MB of float32.
ENTRIES = 2**24


class _Levels(NamedTuple):
    """The distinct scores `[L]` at and above that of the k-th candidate, best first, with how many candidates and relevant ones have each."""

    scores: np.ndarray
    sizes: np.ndarray
    relevant: np.ndarray

    def merged(self, scores: np.ndarray, relevant: np.ndarray, k: int) -> "_Levels":
        """Return the levels with more candidates, `scores` `[n]` and whether each is `relevant` `[n]`, cut below the k-th."""
        every, level = np.unique(np.concatenate([self.scores, scores]), return_inverse=True)
        sizes = np.bincount(level, weights=np.concatenate([self.sizes, np.ones(len(scores))]), minlength=len(every))[::-1].astype(np.int64)
        marks = np.bincount(level, weights=np.concatenate([self.relevant, relevant]), minlength=len(every))[::-1].astype(np.int64)
        kept = int(np.searchsorted(np.cumsum(sizes), k)) + 1
        return _Levels(every[::-1][:kept], sizes[:kept], marks[:kept])

    def cut(self, k: int) -> float:
        """Return the score below which nothing is among the first k, -inf while there are fewer."""
        return float(self.scores[-1]) if self.sizes.sum() >= k else -np.inf


class Stream:
    """Ranks a pool for queries `[Q, d]` down to the k-th place, whatever ties with it counted; `golds` names the relevant ids of each.

    Rough products pick what could be among the first k given how far they err; each of those is scored again in float64, so that equal
    vectors tie in whichever block they come.
    """

    def __init__(self, queries: np.ndarray, golds: Sequence[frozenset[str]], k: int) -> None:
        self._queries = np.ascontiguousarray(queries, dtype=np.float32)
        self._lengths = np.linalg.norm(self._queries, axis=1)
        self._golds = golds
        self._k = k
        nothing = _Levels(np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))
        self._levels = [nothing] * len(queries)
        self._cuts = np.full(len(queries), -np.inf)
        self._asking: dict[str, list[int]] = {}
        for row, gold in enumerate(golds):
            for name in gold:
                self._asking.setdefault(name, []).append(row)
        self._found = np.zeros(len(queries), dtype=np.int64)
        self.size = 0
        self.seen: set[str] = set()

    def add(self, ids: Sequence[str], vectors: np.ndarray) -> None:
        """Rank a block of candidates, `[B]` and `[B, d]`."""
        self.size += len(ids)
        marks: dict[int, list[int]] = {}
        for place, name in enumerate(ids):
            for row in self._asking.get(name, ()):
                marks.setdefault(row, []).append(place)
                self._found[row] += 1
            if name in self._asking:
                self.seen.add(name)
        longest = float(np.linalg.norm(vectors, axis=1).max(initial=0.0))
        # A sum of d products in float32 errs by up to d / 2^24 of the lengths, in whatever order it is done.
        error = 2 * vectors.shape[1] * 2.0**-24 * longest * self._lengths
        step = max(1, ENTRIES // max(1, len(ids)))
        for start in range(0, len(self._queries), step):
            rough = self._queries[start : start + step] @ vectors.T
            edge = np.partition(rough, len(ids) - self._k, axis=1)[:, len(ids) - self._k] if len(ids) > self._k else np.full(len(rough), -np.inf)
            bar = np.maximum(self._cuts[start : start + step], edge) - error[start : start + step]
            near = rough >= bar[:, None]
            for offset in np.flatnonzero(near.any(axis=1)).tolist():
                self._merge(start + offset, np.flatnonzero(near[offset]), vectors, marks.get(start + offset, []))

    def _merge(self, row: int, places: np.ndarray, vectors: np.ndarray, marks: list[int]) -> None:
        scores = exact_scores(self._queries[row], vectors[places])
        relevant = np.isin(places, marks).astype(np.int64)
        self._levels[row] = self._levels[row].merged(scores, relevant, self._k)
        self._cuts[row] = self._levels[row].cut(self._k)

    def rankings(self) -> list[Ranking]:
        """Return for each query where its relevant candidates stand among the first k and what ties with the k-th."""
        return [_ranking(levels, len(gold)) for levels, gold in zip(self._levels, self._golds, strict=True)]

    def found(self) -> list[int]:
        """Return how many of each query's relevant candidates have passed."""
        return self._found.tolist()


def _ranking(levels: _Levels, relevant: int) -> Ranking:
    before = np.cumsum(levels.sizes) - levels.sizes
    held = np.flatnonzero(levels.relevant)
    group = np.repeat(np.arange(len(held)), levels.relevant[held])
    return Ranking(before[held], levels.sizes[held], group, np.ones(len(group)), np.ones(relevant))
