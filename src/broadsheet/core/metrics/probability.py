"""Metrics of predicted probabilities against outcomes that are 0 or 1.

Where predictions are equal, their outcomes are replaced by the mean outcome among them:
which of two equal predictions falls into which bin would otherwise be an accident of
the order of the rows.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from broadsheet.core.errors import ConfigError, RecordError
from broadsheet.core.metrics.vectors import (
    SHARE,
    require_entries,
    require_same_length,
    vector,
)

Floats = NDArray[np.float64]


class Reliability(NamedTuple):
    """Equal-mass bins `[B]`, lowest predictions first.

    `count` are the predictions in a bin, `predicted` their mean, `observed` the rate of
    the outcome among them.
    """

    count: NDArray[np.int64]
    predicted: Floats
    observed: Floats


def brier(predicted: ArrayLike, outcomes: ArrayLike) -> float:
    """Return the mean squared error of probabilities `[N]` (Brier, 1950; two classes).

    Raises RecordError for no data, two lengths, a probability outside 0 to 1 or an
    outcome other than 0 and 1.

    >>> brier([1.0, 0.5], [1, 0])
    0.125
    """
    chances, truths = _pair(predicted, outcomes)
    return float(np.square(chances - truths).mean())


def brier_skill(predicted: ArrayLike, outcomes: ArrayLike, base_rate: float | None = None) -> float:
    """Return `1 - Brier / Brier of the base rate`: 1 is perfect, 0 is a constant.

    `base_rate` is the mean outcome of these very data unless one is given, such as the
    rate of the training data. A constant prediction of the base rate scores exactly 0.
    Raises RecordError as `brier` does, and where the base rate makes no error at all.

    >>> brier_skill([0.9, 0.1], [1, 0])
    0.96
    >>> brier_skill([0.5, 0.5], [1, 0])
    0.0
    """
    chances, truths = _pair(predicted, outcomes)
    rate = float(truths.mean()) if base_rate is None else base_rate
    reference = brier(np.full(len(truths), rate), truths)
    if reference == 0:
        what = f"All outcomes equal the base rate {rate:g}: no error is left to reduce."
        mend = "Give outcomes of both kinds, or leave the skill score out."
        raise RecordError(what, mend)
    return 1.0 - brier(chances, truths) / reference


def reliability(predicted: ArrayLike, outcomes: ArrayLike, bins: int = 10) -> Reliability:
    """Sort predictions `[N]` into bins of equal mass; sizes differ by one at most.

    There are fewer bins if there are fewer predictions (Nguyen and O'Connor, EMNLP
    2015). Raises ConfigError for fewer than one bin, RecordError as `brier` does.

    >>> reliability([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 0], bins=2).observed
    array([0. , 0.5])
    """
    chances, truths = _pair(predicted, outcomes)
    if bins < 1:
        what = f"The number of bins is {bins}."
        raise ConfigError(what, "Ask for at least one bin.")
    chances, truths = _sorted_by_mean(chances, truths)
    bins = min(bins, len(chances))
    edges = np.arange(bins + 1) * len(chances) // bins
    count = np.diff(edges)
    return Reliability(
        count,
        np.add.reduceat(chances, edges[:-1]) / count,
        np.add.reduceat(truths, edges[:-1]) / count,
    )


def calibration_error(predicted: ArrayLike, outcomes: ArrayLike, bins: int = 10) -> float:
    """Return the expected calibration error: the mean gap of the bins by their mass.

    With equal-mass bins (Naeini et al., AAAI 2015, whose bins have equal width). Raises
    as `reliability` does.

    >>> round(calibration_error([0.1, 0.1, 0.7, 0.7], [0, 0, 1, 1], bins=2), 4)
    0.2
    """
    count, mean, rate = reliability(predicted, outcomes, bins)
    return float((count * np.abs(mean - rate)).sum() / count.sum())


def top_decile_gap(predicted: ArrayLike, outcomes: ArrayLike) -> float:
    """Return `|mean prediction - rate|` among the highest tenth of predictions.

    The tenth is rounded up, so that it is never empty. Raises RecordError as `brier`
    does.

    >>> round(top_decile_gap([0.9, 0.2, 0.1], [0, 1, 1]), 4)
    0.9
    """
    chances, truths = _sorted_by_mean(*_pair(predicted, outcomes))
    tenth = -(-len(chances) // 10)
    return float(abs(chances[-tenth:].mean() - truths[-tenth:].mean()))


def _pair(predicted: ArrayLike, outcomes: ArrayLike) -> tuple[Floats, Floats]:
    """Return both vectors, checked."""
    chances = vector(predicted, "predictions", SHARE)
    truths = vector(outcomes, "outcomes", SHARE)
    require_same_length(predictions=chances, outcomes=truths)
    require_entries("predictions", chances)
    partial = (truths > 0) & (truths < 1)
    if partial.any():
        at = int(partial.argmax())
        what = f"Entry {at} of outcomes is {truths[at]}."
        raise RecordError(what, "Give 0 or 1.")
    return chances, truths


def _sorted_by_mean(chances: Floats, truths: Floats) -> tuple[Floats, Floats]:
    """Sort by prediction, each outcome the mean outcome among equal predictions.

    >>> _sorted_by_mean(np.array([0.5, 0.5, 0.1]), np.array([1.0, 0.0, 1.0]))
    (array([0.1, 0.5, 0.5]), array([1. , 0.5, 0.5]))
    """
    levels, level, count = np.unique(chances, return_inverse=True, return_counts=True)
    rates = np.bincount(level, weights=truths) / count
    return np.repeat(levels, count), np.repeat(rates, count)
