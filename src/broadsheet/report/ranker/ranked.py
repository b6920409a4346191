"""What one token an item says of a day's papers: for each library as a history, how well each paper comes next."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch

from broadsheet.core.corpus import Corpus
from broadsheet.core.modality import Content
from broadsheet.core.progress import Progress, silent
from broadsheet.rank.batches import Log, kept
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.fit import Asks, fit_model
from broadsheet.rank.model import SequenceModel
from broadsheet.rank.recipes import RECIPES
from broadsheet.report.authors import AuthorDays
from broadsheet.report.ranker.retrieved import TEXT, sequences


class PapersRanker:
    """A sequence ranker learnt from authors' papers in the order of their labels; later papers are one pass through the compression.

    `vectors` `[N, d]` are of all papers, by row; nothing of those that are not `known` yet is looked at before they are asked for.
    """

    config: ClassVar[RankerConfig] = RankerConfig.model_validate(RECIPES["papers"])

    def __init__(self, vectors: np.ndarray, model: SequenceModel) -> None:
        self._vectors, self._model = vectors, model
        with torch.inference_mode():
            self._tokens, _ = model.table()

    @classmethod
    def fit(cls, days: AuthorDays, vectors: np.ndarray, known: int, *, seed: int = 0, progress: Progress = silent) -> "PapersRanker | None":
        """Fit on the first `known` papers; None where no author has two of them."""
        train = sequences(days, known)
        if not len(train.lengths):
            return None
        corpus = Corpus(tuple(a.item.id for a in days.papers[:known]), {}, {TEXT: Content(vectors[:known], np.ones(known, dtype=bool))})
        nobody = Asks([], np.zeros(0, dtype=np.int64))
        return cls(vectors, fit_model(cls.config, corpus, Log(train), nobody, seed=seed, progress=progress).model)

    def __call__(self, rows: Sequence[int], libraries: Sequence[np.ndarray]) -> np.ndarray:
        """Return scores `[U, N, 1]` of papers for libraries, each centred over the papers."""
        model = self._model
        with torch.inference_mode():
            fresh = [model.items.newcomer({}, {TEXT: self._vectors[row]}) for row in range(len(self._tokens), max(rows) + 1)]
            self._tokens = torch.cat([self._tokens, *(tokens[None] for tokens in fresh)])
            cut = [np.asarray(row)[len(row) - kept(len(row), model.config.longest) :] for row in libraries]
            scores = (model.read(cut, None, self._tokens) @ model.outputs(self._tokens[list(rows)]).T).numpy()
        return (scores - scores.mean(axis=1, keepdims=True))[..., None]
