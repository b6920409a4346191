"""Which share of all posts speaks of each level, by a labeller that errs and a few posts that people labelled."""

from typing import NamedTuple

import numpy as np

from broadsheet.core.metrics.resample import bootstrap_ratio
from broadsheet.core.schema import Record
from broadsheet.needs.agree.agreement import ROUNDS, Figure

_NORMAL = 1.959963984540054


class Checked(NamedTuple):
    """What a labeller says of all posts `[N]` (places of labels), and of the posts that people labelled `[n]`, of which `truth` `[n, C]` is what people say.

    `weights` `[n]` are the inverse of the chances at which those were drawn, or ones.
    """

    everywhere: np.ndarray
    said: np.ndarray
    truth: np.ndarray
    weights: np.ndarray

    @property
    def labels(self) -> int:
        """How many labels there are, none among them."""
        return self.truth.shape[1]


class Prevalence(Record):
    """The share of posts with one level: as the labeller says (naive), by people's posts alone, corrected by the confusion, and prediction-powered."""

    level: str
    naive: Figure
    people: Figure
    corrected: Figure
    prediction_powered: Figure


def confusion(checked: Checked) -> np.ndarray:
    """Return how often posts that people give each label (rows) get each from the labeller `[C, C]`; weighted posts sum to as many as there are."""
    weights = checked.weights / checked.weights.mean()
    return (checked.truth * weights[:, None]).T @ _one_hot(checked.said, checked.labels)


def rates(counts: np.ndarray) -> np.ndarray:
    """Return counts `[..., C, C]` as chances; a row without a count is taken as free of error.

    >>> rates(np.array([[3.0, 1.0], [0.0, 0.0]])).tolist()
    [[0.75, 0.25], [0.0, 1.0]]
    """
    sums = counts.sum(axis=-1, keepdims=True)
    return np.where(sums > 0, counts / np.where(sums > 0, sums, 1), np.eye(counts.shape[-1]))


def accuracy(checked: Checked, rng: np.random.Generator) -> Figure:
    """Return the share of posts of which the labeller says what people say."""
    right = checked.truth[np.arange(len(checked.said)), checked.said] * checked.weights
    if len(right) < 2:
        return Figure(value=float(right.sum() / checked.weights.sum()), units=len(right))
    found = bootstrap_ratio(right, checked.weights, rng, rounds=ROUNDS)
    return Figure(value=found.mean, low=found.low, high=found.high, units=len(right))


def prevalences(checked: Checked, names: tuple[str, ...], rng: np.random.Generator) -> list[Prevalence]:
    """Return the share of each label by all four ways of estimating it, each with a 95 % interval."""
    ways = [_figures(way, count) for way, count in ((naive(checked, rng), len(checked.everywhere)), (people(checked), len(checked.said)))]
    ways += [_figures(way, len(checked.said)) for way in (corrected(checked, rng), prediction_powered(checked))]
    return [
        Prevalence(level=name, naive=first, people=second, corrected=third, prediction_powered=fourth)
        for name, first, second, third, fourth in zip(names, *ways, strict=True)
    ]


def naive(checked: Checked, rng: np.random.Generator, rounds: int = ROUNDS) -> np.ndarray:
    """Return the shares of what the labeller says, and the ends of their intervals `[3, C]`. They are wrong by its errors, however many posts there are."""
    shares = _shares(checked)
    drawn = rng.multinomial(len(checked.everywhere), shares, size=rounds) / len(checked.everywhere)
    return np.stack([shares, *np.quantile(drawn, [0.025, 0.975], axis=0)])


def people(checked: Checked) -> np.ndarray:
    """Return weighted shares of what people say `[3, C]`: no labeller is needed for them."""
    return _within(*_weighted(checked.truth, checked.weights))


def corrected(checked: Checked, rng: np.random.Generator, rounds: int = ROUNDS) -> np.ndarray:
    """Return shares by solving `said = confusion.T @ true` `[3, C]`, cut at 0, scaled to sum to 1; the interval redraws both samples.

    A confusion that has no inverse is solved by least squares.
    """
    size, labels = len(checked.said), checked.labels
    weights = checked.weights / checked.weights.mean()
    cells = ((checked.truth * weights[:, None])[:, :, None] * _one_hot(checked.said, labels)[:, None, :]).reshape(size, -1)
    taken = rng.multinomial(size, np.full(size, 1 / size), size=rounds)
    shares = _shares(checked)
    drawn = _solved((taken @ cells).reshape(rounds, labels, labels), rng.multinomial(len(checked.everywhere), shares, size=rounds) / len(checked.everywhere))
    found = _solved(cells.sum(axis=0).reshape(1, labels, labels), shares[None])[0]
    return np.stack([found, *np.quantile(drawn, [0.025, 0.975], axis=0)])


def _solved(counts: np.ndarray, shares: np.ndarray) -> np.ndarray:
    inverses = np.linalg.pinv(np.swapaxes(rates(counts), -1, -2))
    found = np.maximum(np.einsum("rij,rj->ri", inverses, shares), 0)
    return found / found.sum(axis=1, keepdims=True)


def prediction_powered(checked: Checked) -> np.ndarray:
    """Return the labeller's shares, moved by how far people differ from it `[3, C]` (Angelopoulos et al., 2023, the mean).

    The variances of both parts add up. With weights the second part is a ratio of weighted sums, and its variance that of its linear form.
    """
    shares = _shares(checked)
    moved, variance = _weighted(checked.truth - _one_hot(checked.said, checked.labels), checked.weights)
    return _within(shares + moved, variance + shares * (1 - shares) / len(checked.everywhere))


def _weighted(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return weighted means `[C]` of values `[n, C]`, and their variances."""
    parts = weights / weights.sum()
    mean = parts @ values
    size = len(values)
    return mean, (parts**2) @ (values - mean) ** 2 * (size / max(size - 1, 1))


def _within(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    reach = _NORMAL * np.sqrt(variance)
    return np.stack([np.clip(mean, 0, 1), np.clip(mean - reach, 0, 1), np.clip(mean + reach, 0, 1)])


def _shares(checked: Checked) -> np.ndarray:
    return np.bincount(checked.everywhere, minlength=checked.labels) / len(checked.everywhere)


def _one_hot(places: np.ndarray, labels: int) -> np.ndarray:
    return np.eye(labels)[places]


def _figures(found: np.ndarray, units: int) -> list[Figure]:
    return [Figure(value=float(value), low=float(low), high=float(high), units=units) for value, low, high in found.T]
