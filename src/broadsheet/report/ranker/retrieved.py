"""What generative retrieval says of a day's papers: for each library as a history, how likely each paper comes next."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from broadsheet.core.corpus import Corpus
from broadsheet.core.modality import Content
from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.report.authors import AuthorDays
from broadsheet.retrieve.decoding import Filter
from broadsheet.retrieve.fit import RetrieverConfig, asks, fit_model
from broadsheet.retrieve.hybrid import retrieve
from broadsheet.retrieve.living import LiveIndex, Newcomer
from broadsheet.retrieve.model.requests import Requests
from broadsheet.retrieve.recipes import RECIPES
from broadsheet.sources.leave_one_out import Held

TEXT = "text"
NOBODY = Held(Ragged.of([]), np.zeros(0, dtype=np.int64))


class PapersRetriever:
    """Semantic IDs and states learnt from authors' papers in the order of their labels; later papers are inserted without training.

    `vectors` `[N, d]` are of all papers, by row; nothing of those that are not `known` yet is looked at before they are asked for.
    """

    config: ClassVar[RetrieverConfig] = RetrieverConfig.model_validate(RECIPES["papers"])

    def __init__(self, vectors: np.ndarray, live: LiveIndex) -> None:
        self._vectors, self._live = vectors, live

    @classmethod
    def fit(cls, days: AuthorDays, vectors: np.ndarray, known: int, *, seed: int = 0, progress: Progress = silent) -> "PapersRetriever | None":
        """Fit on the first `known` papers; None where no author has two of them."""
        train = sequences(days, known)
        if not len(train.lengths):
            return None
        corpus = Corpus(tuple(a.item.id for a in days.papers[:known]), {}, {TEXT: Content(vectors[:known], np.ones(known, dtype=bool))})
        fitted = fit_model(cls.config, corpus, train, asks(NOBODY), seed=seed, progress=progress)
        return cls(vectors, LiveIndex(fitted.index))

    def __call__(self, rows: Sequence[int], libraries: Sequence[np.ndarray]) -> np.ndarray:
        """Return features `[U, N, F]` of papers for libraries, as the index names them, each centred over the papers."""
        for row in range(len(self._live), max(rows) + 1):
            self._live.insert(Newcomer({}, {TEXT: self._vectors[row]}))
        wanted = np.array(rows, dtype=np.int64)
        nothing = [np.zeros(0, dtype=np.int64)] * len(libraries)
        found = np.zeros((len(libraries), len(rows), len(self._live.index.features)))
        for block in retrieve(self._live.index, Requests.of_histories(Ragged.of(libraries)), nothing, allowed=Filter(wanted), width=len(rows), top=len(rows)):
            for row, items, features in zip(block.rows.tolist(), block.candidates.items, block.candidates.features, strict=True):
                order = np.argsort(items)
                found[row] = features[order[np.searchsorted(items[order], wanted)]]
        return found - found.mean(axis=1, keepdims=True)


def sequences(days: AuthorDays, known: int) -> Ragged:
    """Return the papers of each author with two or more among the first `known`, oldest first."""
    rows = ([row for row in of if row < known] for of in days.by_author.values())
    return Ragged.of(row for row in rows if len(row) > 1)
