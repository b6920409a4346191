"""TF-IDF over a stream of texts: counted once, weighed anew by what was known before each day."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from broadsheet.core.progress import Progress, silent
from broadsheet.represent.tfidf import TfidfConfig, TfidfEmbedder


class RollingTfidf:
    """The vectors that a `TfidfEmbedder` fitted on the first texts of a stream would give all of them.

    Columns are in the order in which terms first appear, and a column's weight comes from the
    first `known` texts alone: texts that come later change nothing, not even a rounding.
    """

    def __init__(self, texts: Sequence[str], config: TfidfConfig | None = None, progress: Progress = silent) -> None:
        embedder = TfidfEmbedder(config)
        column: dict[str, int] = {}
        indices: list[int] = []
        values: list[float] = []
        starts = [0]
        for done, text in enumerate(texts, 1):
            for term, count in Counter(embedder.analyse(text)).items():
                indices.append(column.setdefault(term, len(column)))
                values.append(1 + float(np.log(count)) if embedder.config.sublinear else float(count))
            starts.append(len(indices))
            progress("reading words", done, len(texts))
        self.terms = list(column)
        # Indices of 32 bits are what solvers take.
        parts = (np.array(values), np.array(indices, dtype=np.int32), np.array(starts, dtype=np.int32))
        self._counts = sparse.csr_array(parts, shape=(len(texts), len(column)), dtype=np.float64)
        # The frequencies before each text are sums over a prefix: rows are added as the stream goes on.
        self._known = 0
        self._frequency = np.zeros(len(column))

    def at(self, known: int) -> sparse.csr_array:
        """Return unit rows `[N, V]` of all texts, rarities counted on the first `known`.

        A term that none of those has is as rare as a term can be, and its weight counts in the
        length of its text only, as in `TfidfEmbedder`.
        """
        return self._weighed(self.frequency(known), known)

    def among(self, rows: Sequence[int]) -> sparse.csr_array:
        """Return unit rows `[N, V]` of all texts, rarities counted on the texts of `rows` alone."""
        counted: Any = self._counts[np.array(rows, dtype=np.int32)]
        return self._weighed(np.bincount(counted.indices, minlength=len(self.terms)), len(rows))

    def idf(self, known: int) -> np.ndarray:
        """Return the inverse document frequencies `[V]` counted on the first `known` texts, as `TfidfEmbedder` has them."""
        return np.log((1 + known) / (1 + self.frequency(known))) + 1

    def _weighed(self, frequency: np.ndarray, count: int) -> sparse.csr_array:
        idf = np.log((1 + count) / (1 + frequency)) + 1
        weighted = self._counts.copy()
        weighted.data *= idf[weighted.indices]
        squares = np.add.reduceat(np.append(weighted.data**2, 0.0), self._counts.indptr[:-1]) * (np.diff(self._counts.indptr) > 0)
        weighted.data *= (frequency > 0)[weighted.indices]
        lengths = np.sqrt(np.where(squares > 0, squares, 1.0))
        weighted.data /= np.repeat(lengths, np.diff(weighted.indptr))
        weighted.eliminate_zeros()
        return weighted

    def frequency(self, known: int) -> np.ndarray:
        """Return in how many of the first `known` texts each term stands, `[V]`."""
        if known < self._known:
            self._known, self._frequency = 0, np.zeros(len(self.terms))
        start, end = self._counts.indptr[self._known], self._counts.indptr[known]
        self._frequency = self._frequency + np.bincount(self._counts.indices[start:end], minlength=len(self.terms))
        self._known = known
        return self._frequency
