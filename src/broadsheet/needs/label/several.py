"""Which labels of many a text has, any number of them: each against the rest, said from a chance on that labelled texts choose."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from broadsheet.core.errors import ConfigError
from broadsheet.needs.label.classifier import FOLDS, tfidf
from broadsheet.needs.label.labels import Labels
from broadsheet.needs.label.prototypes import Embed

# How strongly words or vectors are heard; which, is chosen by the labelled texts.
STRENGTHS = (5.0, 20.0, 80.0)
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
LEAST = 1e-6


class Chosen(NamedTuple):
    """From which chance on each label is said `[C]`."""

    least: np.ndarray

    @classmethod
    def fit(cls, chances: np.ndarray, truth: np.ndarray) -> "Chosen":
        """Choose by labelled texts, of which each was told by the others: chances and truth `[N, C]`. Each label's F1 shall be greatest.

        Between two chances that part the texts alike, their middle is taken.

        >>> Chosen.fit(np.array([[0.9], [0.5], [0.1]]), np.array([[True], [True], [False]])).least.tolist()
        [0.3]
        """
        return cls(np.array([_least(one, true) for one, true in zip(chances.T, truth.T, strict=True)]))

    def __call__(self, chances: np.ndarray) -> np.ndarray:
        """Return which labels are said `[N, C]`."""
        return chances >= self.least


def _least(chances: np.ndarray, truth: np.ndarray) -> float:
    order = np.argsort(-chances, kind="stable")
    sorted_chances = chances[order]
    said = np.arange(1, len(order) + 1)
    score = 2 * np.cumsum(truth[order]) / (said + truth.sum())
    # A chance that the next text has too parts nothing.
    parts = np.append(sorted_chances[:-1] > sorted_chances[1:], True)
    best = int(np.where(parts, score, -1.0).argmax())
    below = sorted_chances[best + 1] if best + 1 < len(order) else 0.0
    return float((sorted_chances[best] + below) / 2)


class Several:
    """Logistic regression of each label against the rest, on TF-IDF or on vectors.

    `unseen` are the chances of each label for the texts it learnt from, each told by the others `[N, C]`.
    """

    def __init__(self, models: Sequence[Any], names: tuple[str, ...], unseen: np.ndarray, read: Any) -> None:
        self._models, self._read, self.names, self.unseen = models, read, names, unseen

    @classmethod
    def fit(cls, texts: Sequence[str], labels: Sequence[Sequence[str]], *, seed: int = 0, embed: Embed | None = None) -> "Several":
        """Learn from texts with any number of labels each, by their vectors `[N, d]` where `embed` is given.

        Raises ConfigError where there are fewer than four texts, or none has a label.
        """
        from sklearn.model_selection import KFold

        names = tuple(sorted({name for one in labels for name in one}))
        if not names or len(texts) < FOLDS:
            raise ConfigError("A classifier needs four texts, of which some have labels.", "Label more texts.")
        truth = truth_of(labels, names)
        if embed is None:
            terms = tfidf().fit(list(texts))
            rows, read = terms.transform(list(texts)).tocsr(), lambda asked: terms.transform(list(asked)).tocsr()
        else:
            rows, read = embed(list(texts)), lambda asked: embed(list(asked))
        folds = list(KFold(FOLDS, shuffle=True, random_state=seed).split(truth))
        told = {strength: np.zeros(truth.shape) for strength in STRENGTHS}
        for strength, chances in told.items():
            for learnt, asked in folds:
                chances[asked] = _chances(_models(rows[learnt], truth[learnt], strength), rows[asked])
        best = max(STRENGTHS, key=lambda strength: likely(told[strength], truth))
        return cls(_models(rows, truth, best), names, told[best], read)

    def __call__(self, texts: Sequence[str]) -> Labels:
        """Return the chance of each label for each text; those of a text need not sum to 1."""
        if not len(texts):
            return Labels(self.names, np.zeros((0, len(self.names))))
        return Labels(self.names, _chances(self._models, self._read(texts)))


def truth_of(labels: Sequence[Sequence[str]], names: Sequence[str]) -> np.ndarray:
    """Return which of the names each text has `[N, C]`."""
    return np.array([[name in one for name in names] for one in labels], dtype=bool).reshape(len(labels), len(names))


def likely(chances: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean log-likelihood of a label that is or is not there, by chances `[N, C]`."""
    held = np.clip(chances, LEAST, 1 - LEAST)
    return float(np.where(truth, np.log(held), np.log(1 - held)).mean())


def both(first: np.ndarray, second: np.ndarray, weight: float) -> np.ndarray:
    """Return chances `[N, C]` by two classifiers: the mean of their log-odds, of which the first has the weight."""
    odds = [np.log(held / (1 - held)) for held in (np.clip(chances, LEAST, 1 - LEAST) for chances in (first, second))]
    return 1 / (1 + np.exp(-(weight * odds[0] + (1 - weight) * odds[1])))


def weight_of(first: np.ndarray, second: np.ndarray, truth: np.ndarray) -> float:
    """Choose the weight of `both` by labelled texts, of which each classifier told every one by the others."""
    return max(WEIGHTS, key=lambda weight: likely(both(first, second, weight), truth))


def _models(rows: Any, truth: np.ndarray, strength: float) -> list[Any]:
    """Return a classifier for each label; a label that all texts have, or none, is as likely as it was."""
    from sklearn.linear_model import LogisticRegression

    # Of sparse rows one is the faster, of dense ones the other.
    solver = "lbfgs" if isinstance(rows, np.ndarray) else "liblinear"
    return [
        LogisticRegression(C=strength, solver=solver, max_iter=500).fit(rows, true) if 0 < true.sum() < len(true) else float(true.mean()) for true in truth.T
    ]


def _chances(models: Sequence[Any], rows: Any) -> np.ndarray:
    return np.column_stack([np.full(rows.shape[0], model) if isinstance(model, float) else model.predict_proba(rows)[:, 1] for model in models])
