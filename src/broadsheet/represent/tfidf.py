"""A lexical embedder: words and word pairs weighted by their rarity."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from broadsheet.core.artifacts import Artifact, write_artifact
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import Embedder
from broadsheet.core.config import Config, Size
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind, Columns

# A word is two letters or more; an apostrophe or a hyphen may stand inside.
WORD = r"(?u)\b\w[\w'-]*\w\b"


class TfidfConfig(Config):
    """`size` is the longest phrase: 1, 2 or 3 words; `sublinear` damps counts to 1 + ln(count)."""

    size: Size = "small"
    sublinear: bool = True

    @property
    def longest(self) -> int:
        """The longest phrase that is a term, in words."""
        return {"tiny": 1, "small": 2, "base": 3}[self.size]


class TfidfEmbedder(Embedder[TfidfConfig]):
    """TF-IDF vectors, sparse `[N, V]`, with smooth inverse document frequency.

    idf(t) = ln((1 + n) / (1 + df(t))) + 1, as in Salton and Buckley (1988) with scikit-learn's
    smoothing. A term that the fitted catalogue lacks has no column; its weight still counts
    in the length of its text's vector, so a text about something else does not look close.
    """

    config_type = TfidfConfig
    kind = ArtifactKind.EMBEDDER

    def __init__(self, config: TfidfConfig | None = None) -> None:
        super().__init__(config)
        self._column: dict[str, int] = {}
        self._idf: np.ndarray | None = None
        self._unseen_idf = 1.0

    @property
    def model(self) -> str:
        """Name the vocabulary by its size."""
        return f"tf-idf, {len(self._column):,} terms of up to {self.config.longest} words"

    @cached_property
    def analyse(self) -> Callable[[str], list[str]]:
        """The function from a text to its terms."""
        vectorizer = CountVectorizer(ngram_range=(1, self.config.longest), stop_words="english", token_pattern=WORD, strip_accents="unicode")
        return vectorizer.build_analyzer()

    def fit(self, catalogue: Catalogue, folder: Path, *, seed: int = 0) -> Artifact:
        """Count in how many items each term stands."""
        self.fit_texts(catalogue.texts())
        assert self._idf is not None
        manifest = self.manifest({"catalogue": catalogue.content_hash()}, seed, {"items": float(len(catalogue)), "unseen_idf": self._unseen_idf})
        return write_artifact(folder, manifest, frames={"terms": self.frame()})

    def fit_texts(self, texts: Sequence[str]) -> Self:
        """Fit in memory only."""
        counts = Counter(term for text in texts for term in set(self.analyse(text)))
        self._column = {term: column for column, term in enumerate(sorted(counts))}
        frequency = np.array([counts[term] for term in self._column], dtype=np.float64)
        self._idf = np.log((1 + len(texts)) / (1 + frequency)) + 1
        self._unseen_idf = float(np.log(1 + len(texts)) + 1)
        return self

    @classmethod
    def load(cls, artifact: Artifact) -> Self:
        """Return the embedder that `fit` wrote."""
        config = TfidfConfig.model_validate(artifact.manifest.config)
        return cls.of_terms(artifact.frame("terms"), artifact.manifest.metrics["unseen_idf"], config)

    @classmethod
    def of_terms(cls, terms: pl.DataFrame, unseen_idf: float, config: TfidfConfig | None = None) -> Self:
        """Return the embedder of a frame of terms with their inverse document frequencies, columns in its order."""
        self = cls(config)
        self._column = {term: column for column, term in enumerate(terms[Columns.TERM])}
        self._idf = terms[Columns.IDF].to_numpy()
        self._unseen_idf = unseen_idf
        return self

    def frame(self) -> pl.DataFrame:
        """Return the terms with their inverse document frequencies, in the order of the columns."""
        return pl.DataFrame({Columns.TERM: list(self._column), Columns.IDF: self._idf}, schema=[(Columns.TERM, pl.String), (Columns.IDF, pl.Float64)])

    @property
    def unseen_idf(self) -> float:
        """The weight of a term that the fitted catalogue lacks."""
        return self._unseen_idf

    @property
    def terms(self) -> list[str]:
        """The terms in the order of the columns."""
        return list(self._column)

    def __call__(self, texts: Sequence[str], progress: Progress = silent) -> sparse.csr_array:
        """Embed texts as sparse rows `[N, V]` of length 1 or less (see the class)."""
        if self._idf is None:
            raise self.not_fitted()
        indices: list[int] = []
        values: list[float] = []
        starts = [0]
        for done, text in enumerate(texts, 1):
            row = self._row(text, self._idf)
            indices.extend(row)
            values.extend(row.values())
            starts.append(len(indices))
            progress("reading words", done, len(texts))
        return sparse.csr_array((values, indices, starts), shape=(len(texts), len(self._column)), dtype=np.float64)

    def _row(self, text: str, idf: np.ndarray) -> dict[int, float]:
        row: dict[int, float] = {}
        square = 0.0
        for term, count in Counter(self.analyse(text)).items():
            frequency = 1 + float(np.log(count)) if self.config.sublinear else float(count)
            column = self._column.get(term)
            weight = frequency * (self._unseen_idf if column is None else float(idf[column]))
            square += weight * weight
            if column is not None:
                row[column] = weight
        length = square**0.5
        return {column: row[column] / length for column in sorted(row)}
