"""A classifier of texts by their words and pieces of words, learnt from labelled ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from broadsheet.core.errors import ConfigError
from broadsheet.needs.label.labels import Labels

# Folds of the labelled texts by which a classifier tells how sure it is of what it was not taught.
FOLDS = 4
# A text is told from others by pieces of words of so many letters as well.
PIECES = (3, 5)


class Classifier:
    """Logistic regression on TF-IDF of words, pairs of words and pieces of words. `unseen` are its labels of the texts it learnt from, each told by the others `[N, C]`."""

    name = "TF-IDF + logistic regression"

    def __init__(self, model: Any, names: tuple[str, ...], unseen: np.ndarray) -> None:
        self._model, self.names, self.unseen = model, names, unseen

    @classmethod
    def fit(cls, texts: Sequence[str], labels: Sequence[str], *, seed: int = 0) -> "Classifier":
        """Learn from labelled texts. Raises ConfigError where fewer than two labels have four texts."""
        from sklearn.model_selection import StratifiedKFold, cross_val_predict

        names, counts = np.unique(labels, return_counts=True)
        if len(names) < 2 or counts.min() < FOLDS:
            few = ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True) if count < FOLDS)
            raise ConfigError(
                f"A classifier needs two labels, each with {FOLDS} texts or more{': ' + few if few else ''}.", "Label more texts, or leave rare labels out."
            )
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
        unseen = cross_val_predict(_pipeline(), list(texts), list(labels), cv=folds, method="predict_proba")
        return cls(_pipeline().fit(list(texts), list(labels)), tuple(names.tolist()), unseen)

    def __call__(self, texts: Sequence[str]) -> Labels:
        """Label texts."""
        return Labels(self.names, self._model.predict_proba(list(texts)) if len(texts) else np.zeros((0, len(self.names))))


def words_and_pieces() -> tuple[Any, Any]:
    """Return two vectorisers that are not fitted yet: of words with pairs of words, and of pieces of words."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    return words, TfidfVectorizer(analyzer="char_wb", ngram_range=PIECES, sublinear_tf=True, min_df=2)


def regression() -> Any:
    """Return the regression that is learnt, not fitted yet."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=5.0, max_iter=500)


def _pipeline() -> Any:
    from sklearn.pipeline import make_pipeline, make_union

    return make_pipeline(make_union(*words_and_pieces()), regression())
