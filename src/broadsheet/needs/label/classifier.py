"""A classifier of texts by their words and pieces of words, or by their vectors, learnt from labelled ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from broadsheet.core.errors import ConfigError
from broadsheet.needs.label.labels import Labels
from broadsheet.needs.label.prototypes import Embed

# Folds of the labelled texts by which a classifier tells how sure it is of what it was not taught.
FOLDS = 4
# A text is told from others by pieces of words of so many letters as well.
PIECES = (3, 5)


# How strongly vectors are heard; which, is chosen by the labelled texts.
STRENGTHS = (5.0, 50.0)


class Classifier:
    """Logistic regression on TF-IDF of words, pairs of words and pieces of words, or on vectors.

    `unseen` are its labels of the texts it learnt from, each told by the others `[N, C]`.
    """

    name = "TF-IDF + logistic regression"

    def __init__(self, model: Any, names: tuple[str, ...], unseen: np.ndarray, embed: Embed | None = None) -> None:
        self._model, self._embed, self.names, self.unseen = model, embed, names, unseen
        if embed is not None:
            self.name = "vectors + logistic regression"

    @classmethod
    def fit(cls, texts: Sequence[str], labels: Sequence[str], *, seed: int = 0, embed: Embed | None = None) -> "Classifier":
        """Learn from labelled texts, by their vectors `[N, d]` where `embed` is given. Raises ConfigError where fewer than two labels have four texts."""
        from sklearn.model_selection import StratifiedKFold, cross_val_predict

        names, counts = np.unique(labels, return_counts=True)
        if len(names) < 2 or counts.min() < FOLDS:
            few = ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True) if count < FOLDS)
            raise ConfigError(
                f"A classifier needs two labels, each with {FOLDS} texts or more{': ' + few if few else ''}.", "Label more texts, or leave rare labels out."
            )
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
        read = embed(list(texts)) if embed is not None else list(texts)
        models = [_pipeline()] if embed is None else [regression(strength) for strength in STRENGTHS]
        told = [cross_val_predict(model, read, list(labels), cv=folds, method="predict_proba") for model in models]
        truth = np.searchsorted(names, labels)
        best = max(range(len(models)), key=lambda number: float(np.log(told[number][np.arange(len(truth)), truth] + 1e-12).mean()))
        return cls(models[best].fit(read, list(labels)), tuple(names.tolist()), told[best], embed)

    def __call__(self, texts: Sequence[str]) -> Labels:
        """Label texts."""
        if not len(texts):
            return Labels(self.names, np.zeros((0, len(self.names))))
        return Labels(self.names, self._model.predict_proba(list(texts) if self._embed is None else self._embed(list(texts))))


def words_and_pieces() -> tuple[Any, Any]:
    """Return two vectorisers that are not fitted yet: of words with pairs of words, and of pieces of words; what is rarer weighs more."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, dtype=np.float32)
    return words, TfidfVectorizer(analyzer="char_wb", ngram_range=PIECES, sublinear_tf=True, min_df=2, dtype=np.float32)


def regression(strength: float = 5.0) -> Any:
    """Return the regression that is learnt, not fitted yet; `strength` is how far its weights may go."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=500)


def tfidf() -> Any:
    """Return what turns texts into sparse rows of words, pairs of words and pieces of words."""
    from sklearn.pipeline import make_union

    return make_union(*words_and_pieces())


def _pipeline() -> Any:
    from sklearn.pipeline import make_pipeline

    return make_pipeline(tfidf(), regression())
