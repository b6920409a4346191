"""What a trained labeller sees of a text: its words and pieces of words, its vector, or both."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Self

import numpy as np
import polars as pl
from scipy import sparse

from broadsheet.core.schema import Columns
from broadsheet.needs.label.classifier import words_and_pieces

Features = Literal["words", "vectors", "words and vectors"]
FEATURES: tuple[Features, ...] = ("words", "vectors", "words and vectors")
_WORDS, _PIECES = "word", "piece"


class Words(NamedTuple):
    """Two fitted TF-IDF vectorisers: of words with pairs of words, and of pieces of words."""

    words: Any
    pieces: Any

    @classmethod
    def fit(cls, texts: Sequence[str]) -> Self:
        """Take the vocabulary of texts; what only one text has is left out."""
        return cls(*(one.fit(list(texts)) for one in words_and_pieces()))

    @classmethod
    def of_frame(cls, frame: pl.DataFrame) -> Self:
        """Return the vectorisers whose terms `frame` holds."""
        made = []
        for kind, one in zip((_WORDS, _PIECES), words_and_pieces(), strict=True):
            held = frame.filter(pl.col(Columns.KIND) == kind)
            one.vocabulary = dict(zip(held[Columns.TERM].to_list(), range(len(held)), strict=True))
            one.idf_ = held[Columns.IDF].to_numpy()
            made.append(one)
        return cls(*made)

    def frame(self) -> pl.DataFrame:
        """Return the terms (kind, term, idf) in the order of the columns."""
        parts = [
            pl.DataFrame({Columns.TERM: one.get_feature_names_out().tolist(), Columns.IDF: one.idf_}).select(pl.lit(kind).alias(Columns.KIND), pl.all())
            for kind, one in zip((_WORDS, _PIECES), self, strict=True)
        ]
        return pl.concat(parts)

    def __call__(self, texts: Sequence[str]) -> sparse.csr_array:
        """Return rows `[N, V]`; those of words and those of pieces have length 1 each, or 0."""
        return sparse.csr_array(sparse.hstack([one.transform(list(texts)) for one in self]))


def matrix(features: Features, words: Words | None, texts: Sequence[str], vectors: np.ndarray) -> sparse.csr_array:
    """Return what is seen of texts `[N, F]`; `vectors` `[N, d]` are theirs."""
    parts = [words(texts)] if words is not None and features != "vectors" else []
    parts += [sparse.csr_array(vectors.astype(np.float64))] if features != "words" else []
    return sparse.csr_array(sparse.hstack(parts))
