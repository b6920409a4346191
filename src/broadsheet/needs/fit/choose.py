"""What to learn from labels, chosen by cross-validation within them, beside the labeller that learns nothing."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from broadsheet.core.metrics.resample import bootstrap_ratio
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Record
from broadsheet.core.seeds import generator
from broadsheet.needs.agree.agreement import ROUNDS, Figure, kappa_of
from broadsheet.needs.label.classifier import FOLDS, regression
from broadsheet.needs.label.features import FEATURES, Features, Words, matrix
from broadsheet.needs.label.trained import Regression, together

# Within a fold, what is learnt is chosen by so many folds of the rest.
INNER = 3
# How far the log odds of a regression may be stretched, or shrunk, to be as sure as they are right.
SHARPEST = 8.0
PROTOTYPES, CHOSEN = "prototypes", "chosen in each fold"


class Way(NamedTuple):
    """A way to learn: what is seen of a text, and whether the taxonomy's sentences are rows too."""

    features: Features
    sentences: bool

    @property
    def name(self) -> str:
        """What it is called in figures."""
        return f"{self.features}{', with the sentences of the taxonomy' if self.sentences else ''}"


WAYS = tuple(Way(features, sentences) for features in FEATURES for sentences in (True, False))


class Tried(Record):
    """How a way did on texts it had not learnt from: the share that was right, weighted to all posts, with its interval; macro F1; quadratic kappa without none."""

    name: str
    accuracy: Figure
    macro_f1: float
    quadratic: float | None


class Compared(Record):
    """All ways, the one that is `chosen`, and what choosing gives: `gain` is by how much more often right than the prototypes it is in folds it was not chosen by."""

    tried: tuple[Tried, ...]
    chosen: str
    gain: Figure
    is_better: bool


class Labelled(NamedTuple):
    """Texts with their vectors `[N, d]`, the place of each one's label among `names` `[N]`, what it stands for `[N]`, and its chances by the prototypes `[N, C]`.

    `learnt` are the labels that are told apart; `sentences` are the taxonomy's with their vectors and labels.
    """

    texts: tuple[str, ...]
    vectors: np.ndarray
    truth: np.ndarray
    weights: np.ndarray
    beside: np.ndarray
    names: tuple[str, ...]
    learnt: tuple[str, ...]
    sentences: tuple[tuple[str, ...], np.ndarray, np.ndarray]

    def some(self, rows: np.ndarray) -> "Labelled":
        """Return some of the texts."""
        texts = tuple(self.texts[row] for row in rows.tolist())
        return self._replace(texts=texts, vectors=self.vectors[rows], truth=self.truth[rows], weights=self.weights[rows], beside=self.beside[rows])

    @property
    def is_learnt(self) -> np.ndarray:
        """Whose label is told apart `[N]`."""
        return np.isin(self.truth, [self.names.index(name) for name in self.learnt])


def learn(way: Way, labelled: Labelled) -> Regression:
    """Learn in one way from the texts whose labels are told apart."""
    texts, vectors, truth = labelled.some(np.flatnonzero(labelled.is_learnt))[:3]
    if way.sentences:
        more, beside, of = labelled.sentences
        kept = np.flatnonzero(np.isin(of, [labelled.names.index(name) for name in labelled.learnt]))
        texts, vectors, truth = (*texts, *(more[row] for row in kept.tolist())), np.vstack([vectors, beside[kept]]), np.r_[truth, of[kept]]
    words = Words.fit(texts) if way.features != "vectors" else None
    found = regression().fit(matrix(way.features, words, texts, vectors), truth)
    coefficients, intercepts = found.coef_, found.intercept_
    if len(coefficients) == 1:
        coefficients, intercepts = np.vstack([-coefficients, coefficients]) / 2, np.r_[-intercepts, intercepts] / 2
    order = [found.classes_.tolist().index(labelled.names.index(name)) for name in labelled.learnt]
    return Regression(coefficients[order], intercepts[order], words)


def sharpened(made: Regression, odds: np.ndarray, truth: np.ndarray) -> Regression:
    """Return a regression as sure as it is right: its log odds times the number that makes the labels `[N]` of unseen texts likeliest by their odds `[N, K]`."""
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    def loss(log_power: float) -> float:
        stretched = np.exp(log_power) * odds
        return float((logsumexp(stretched, axis=1) - stretched[np.arange(len(truth)), truth]).mean())

    most = float(np.log(SHARPEST))
    power = float(np.exp(minimize_scalar(loss, bounds=(-most, most), method="bounded").x))
    return made._replace(coefficients=made.coefficients * power, intercepts=made.intercepts * power)


def unseen(way: Way, labelled: Labelled, folds: int, seed: int) -> np.ndarray:
    """Return log odds `[N, K]` of each text by the others."""
    odds = np.zeros((len(labelled.texts), len(labelled.learnt)))
    for learnt, rows in split(labelled, folds, seed):
        part = labelled.some(rows)
        odds[rows] = learn(way, labelled.some(learnt)).odds(way.features, part.texts, part.vectors)
    return odds


def split(labelled: Labelled, folds: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield what is learnt from and what is told by it; a label is in every fold as far as it goes, texts of rare ones are dealt out in turn."""
    from sklearn.model_selection import StratifiedKFold

    fold = np.arange(len(labelled.texts)) % folds
    rows = np.flatnonzero(labelled.is_learnt)
    for number, (_, held) in enumerate(StratifiedKFold(folds, shuffle=True, random_state=seed).split(rows, labelled.truth[rows])):
        fold[rows[held]] = number
    for number in range(folds):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def compare(labelled: Labelled, seed: int, progress: Progress = silent) -> tuple[Way, Compared]:
    """Try every way, and what choosing among them gives, beside the prototypes; the best is chosen by how often it is right, of equals the first."""
    said: dict[str, np.ndarray] = {PROTOTYPES: labelled.beside.argmax(axis=1)}
    for number, way in enumerate(WAYS):
        progress("ways to learn", number, len(WAYS))
        said[way.name] = _told(labelled, unseen(way, labelled, FOLDS, seed))
    progress("ways to learn", len(WAYS), len(WAYS))
    said[CHOSEN] = np.zeros(len(labelled.texts), dtype=int)
    for number, (learnt, rows) in enumerate(split(labelled, FOLDS, seed)):
        progress("folds", number, FOLDS)
        inner, part = labelled.some(learnt), labelled.some(rows)
        way = _best(inner, {one: _told(inner, unseen(one, inner, INNER, seed)) for one in WAYS})
        said[CHOSEN][rows] = _told(part, learn(way, inner).odds(way.features, part.texts, part.vectors))
    progress("folds", FOLDS, FOLDS)
    best = _best(labelled, {way: said[way.name] for way in WAYS})
    difference = (said[CHOSEN] == labelled.truth).astype(float) - (said[PROTOTYPES] == labelled.truth)
    gain = _share(difference, labelled, seed, "gain")
    better = gain.low is not None and gain.low > 0
    return best, Compared(tried=tuple(_tried(name, told, labelled, seed) for name, told in said.items()), chosen=best.name, gain=gain, is_better=better)


def _told(labelled: Labelled, odds: np.ndarray) -> np.ndarray:
    return together(labelled.names, labelled.learnt, odds, labelled.beside).argmax(axis=1)


def _best(labelled: Labelled, said: dict[Way, np.ndarray]) -> Way:
    return max(said, key=lambda way: float(labelled.weights @ (said[way] == labelled.truth)))


def _tried(name: str, said: np.ndarray, labelled: Labelled, seed: int) -> Tried:
    from sklearn.metrics import f1_score

    right = (said == labelled.truth).astype(float)
    present = np.unique(labelled.truth)
    return Tried(
        name=name,
        accuracy=_share(right, labelled, seed, "accuracy"),
        macro_f1=float(f1_score(labelled.truth, said, labels=present, average="macro", zero_division=0)),
        quadratic=kappa_of("people", name, (labelled.truth, said), len(labelled.names) - 1).quadratic,
    )


def _share(parts: np.ndarray, labelled: Labelled, seed: int, name: str) -> Figure:
    """Return a mean over texts, weighted to all posts, with its interval over texts."""
    found = bootstrap_ratio(parts * labelled.weights, labelled.weights, generator(seed, "needs fit", name), rounds=ROUNDS)
    return Figure(value=found.mean, low=found.low, high=found.high, units=len(parts))


def places_of(said: Sequence[str], names: Sequence[str]) -> np.ndarray:
    """Return the places of labels among names `[N]`.

    >>> places_of(["b", "a"], ["a", "b"]).tolist()
    [1, 0]
    """
    place = {name: number for number, name in enumerate(names)}
    return np.array([place[one] for one in said], dtype=int)
