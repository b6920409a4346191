"""Intervals and tests by resampling users, or clusters of them.

Values that share a cluster (the seeds of one user, the readers of one paper) are not
independent: they are drawn, or change sign, together.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from broadsheet.core.errors import ConfigError, RecordError
from broadsheet.core.metrics.vectors import (
    SHARE,
    Span,
    require_entries,
    require_same_length,
    vector,
)

Floats = NDArray[np.float64]
Clusters = Sequence[str] | Sequence[int] | NDArray[np.generic]

# Up to this many units all 2 ** n sign patterns are fewer than the default of rounds.
_EXACT_UNITS = 12
_BLOCK_ENTRIES = 2**21
_LARGEST = float(np.finfo(np.float64).max)


class Interval(NamedTuple):
    """A mean and the ends of its confidence interval."""

    mean: float
    low: float
    high: float


class PairedTest(NamedTuple):
    """A mean paired difference and its two-sided p-value.

    `patterns` counts the sign patterns looked at, `exact` says that they were all.
    """

    difference: float
    p: float
    exact: bool
    patterns: int


class _Units(NamedTuple):
    """What is resampled as one: the sum `[C]` and the count `[C]` of its values."""

    total: Floats
    count: Floats


def bootstrap_mean(
    values: ArrayLike,
    rng: np.random.Generator,
    *,
    clusters: Clusters | None = None,
    level: float = 0.95,
    rounds: int = 10_000,
) -> Interval:
    """Return the mean of `values` `[U]` and its percentile bootstrap interval.

    `clusters` `[U]` names the cluster of each value; whole clusters are drawn, and a
    round's mean is over all values drawn (Efron and Tibshirani, 1993, chapters 13 and
    8). For a paired comparison pass the differences. Raises RecordError for NaN or
    infinite values and for fewer than two values or clusters, which have no interval;
    ConfigError for a `level` outside 0 to 1 or no rounds.

    >>> bootstrap_mean([2.0, 2.0, 2.0], np.random.default_rng(0))
    Interval(mean=2.0, low=2.0, high=2.0)
    """
    numbers = vector(values, "values")
    units = _units(numbers, clusters)
    require_entries("Values to resample", units.total, least=2)
    means = [units.total[drawn].sum(axis=1) / units.count[drawn].sum(axis=1) for drawn in _draws(rng, len(units.total), level, rounds)]
    low, high = _ends(means, level)
    return Interval(float(numbers.mean()), low, high)


def bootstrap_ratio(
    parts: ArrayLike,
    wholes: ArrayLike,
    rng: np.random.Generator,
    *,
    clusters: Clusters | None = None,
    level: float = 0.95,
    rounds: int = 10_000,
) -> Interval:
    """Return `sum(parts) / sum(wholes)`, both `[U]`, and its percentile bootstrap interval.

    For figures that are a ratio of sums, such as one less a skill score: units, or whole
    clusters `[U]`, are drawn with both of their numbers. Raises as `bootstrap_mean` does, and
    RecordError for wholes that do not all lie above 0.

    >>> bootstrap_ratio([1.0, 2.0], [2.0, 4.0], np.random.default_rng(0))
    Interval(mean=0.5, low=0.5, high=0.5)
    """
    top, bottom = vector(parts, "parts"), vector(wholes, "wholes", Span(float(np.finfo(np.float64).tiny), _LARGEST, "Give a number above 0."))
    require_same_length(parts=top, wholes=bottom)
    tops, bottoms = _units(top, clusters).total, _units(bottom, clusters).total
    require_entries("Values to resample", tops, least=2)
    ratios = [tops[drawn].sum(axis=1) / bottoms[drawn].sum(axis=1) for drawn in _draws(rng, len(tops), level, rounds)]
    low, high = _ends(ratios, level)
    return Interval(float(top.sum() / bottom.sum()), low, high)


def bootstrap_f1(
    right: ArrayLike,
    said: ArrayLike,
    true: ArrayLike,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    rounds: int = 10_000,
) -> Interval:
    """Return F1, `2 right / (said + true)`, of counts `[U]` of units, and its percentile bootstrap interval over them; of counts `[U, K]` the mean of K kinds.

    A kind that is neither said nor true, as a whole or in a round, has no F1 and is left out of the mean there. Raises RecordError for counts
    below 0 or of two shapes, fewer than two units, and where nothing is said or true; ConfigError as `bootstrap_mean` does.

    >>> bootstrap_f1([1, 1], [1, 1], [1, 1], np.random.default_rng(0))
    Interval(mean=1.0, low=1.0, high=1.0)
    """
    hits, claimed, held = (np.asarray(values, dtype=np.float64) for values in (right, said, true))
    if not hits.shape == claimed.shape == held.shape or hits.ndim not in {1, 2} or min(hits.min(initial=0), claimed.min(initial=0), held.min(initial=0)) < 0:
        raise RecordError(f"Counts have the shapes {hits.shape}, {claimed.shape} and {held.shape}.", "Give three of one shape [U] or [U, K], none below 0.")
    top, bottom = 2 * hits.reshape(len(hits), -1), (claimed + held).reshape(len(hits), -1)
    require_entries("Units to resample", top[:, :1].ravel(), least=2)
    whole = _mean_f1(np.ones((1, len(top))), top, bottom)
    if not len(whole):
        raise RecordError("Nothing is said and nothing is true, so there is no F1.", "Give units of which some have a label.")
    parts = []
    for drawn in _draws(rng, len(top), level, rounds):
        times = np.stack([np.bincount(one, minlength=len(top)) for one in drawn]).astype(np.float64)
        parts.append(_mean_f1(times, top, bottom))
    low, high = _ends(parts, level)
    return Interval(float(whole[0]), low, high)


def _mean_f1(times: Floats, top: Floats, bottom: Floats) -> Floats:
    """Return for each row of how often units are taken `[R, U]` the mean F1 of kinds that are there; rows without any are left out."""
    above, below = times @ top, times @ bottom
    there = below > 0
    kinds = there.sum(axis=1)
    shares = np.divide(above, below, out=np.zeros_like(above), where=there)
    return shares.sum(axis=1)[kinds > 0] / kinds[kinds > 0]


def crossed_sums(values: ArrayLike, rng: np.random.Generator, *, rounds: int = 10_000) -> Floats:
    """Return sums `[R, K]` of K quantities `[K, S, U]` over S seeds and U users, both drawn with replacement, a round a row.

    For figures whose luck is in both: a seed that is drawn twice counts twice for all users, and a user for all seeds (the pigeonhole bootstrap, Owen 2007; never too narrow,
    too wide where neither matters). All quantities meet the same draws, so that a ratio or a difference of theirs is one of pairs. One seed alone is not drawn.
    Raises RecordError for another shape, numbers that are not finite and fewer than two users; ConfigError for no rounds.

    >>> crossed_sums(np.ones((1, 3, 2)), np.random.default_rng(0), rounds=2).tolist()
    [[6.0], [6.0]]
    """
    sums = np.asarray(values, dtype=np.float64)
    if sums.ndim != 3 or not np.isfinite(sums).all():
        raise RecordError(f"Values have the shape {sums.shape}, or are not all finite.", "Give finite values [K, S, U]: quantities by seeds by users.")
    _require_rounds(rounds)
    count, seeds, users = sums.shape
    require_entries("Users to resample", sums[0, 0] if count and seeds else (), least=2)
    drawn = []
    for size in _blocks(rounds, users):
        who = rng.multinomial(users, np.full(users, 1 / users), size=size).astype(np.float64)
        which = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=size)
        drawn.append(((who @ sums.reshape(-1, users).T).reshape(size, count, seeds) * which[:, None]).sum(axis=2))
    return np.concatenate(drawn)


def paired_permutation(
    first: ArrayLike,
    second: ArrayLike,
    rng: np.random.Generator,
    *,
    clusters: Clusters | None = None,
    rounds: int = 10_000,
) -> PairedTest:
    """Test whether the mean of `first - second`, both `[U]`, differs from 0.

    Under the null each difference is as likely with the other sign (Fisher, 1935); the
    differences of one cluster change sign together. Up to 12 values or clusters all
    sign patterns are counted; beyond, `rounds` of them are drawn and one is added to
    both counts, so that p is never 0 (Phipson and Smyth, 2010). Raises RecordError for
    NaN or infinite values, two lengths or no values; ConfigError for no rounds.

    >>> paired_permutation([1, 2, 3], [0, 0, 0], np.random.default_rng(0))
    PairedTest(difference=2.0, p=0.25, exact=True, patterns=8)
    """
    ours, theirs = vector(first, "first values"), vector(second, "second values")
    require_same_length(first=ours, second=theirs)
    require_entries("Paired values", ours)
    _require_rounds(rounds)
    differences = ours - theirs
    totals = _units(differences, clusters).total
    # A pattern that only reorders the same sum must count as equal despite rounding.
    bound = abs(totals.sum()) - 1e-12 * np.abs(totals).sum()
    n = len(totals)
    exact = n <= _EXACT_UNITS
    if exact:
        bits = np.arange(2**n)[:, None] >> np.arange(n) & 1
        as_far = int((np.abs((1 - 2 * bits) @ totals) >= bound).sum())
        patterns, p = 2**n, as_far / 2**n
    else:
        as_far = 0
        for size in _blocks(rounds, n):
            signs = 1 - 2 * rng.integers(2, size=(size, n), dtype=np.int8)
            as_far += int((np.abs(signs @ totals) >= bound).sum())
        patterns, p = rounds, (as_far + 1) / (rounds + 1)
    return PairedTest(float(differences.mean()), p, exact, patterns)


def holm(p_values: ArrayLike) -> Floats:
    """Return step-down adjusted p-values `[M]` of `M` tests, in their order (Holm, 1979).

    The family-wise error of calling those below a level significant is at most that
    level. Raises RecordError for a p-value outside 0 to 1.

    >>> holm([0.01, 0.04, 0.03]).round(4).tolist()
    [0.03, 0.06, 0.06]
    """
    raw = vector(p_values, "p-values", SHARE)
    order = np.argsort(raw, kind="stable")
    stepped = np.maximum.accumulate(raw[order] * np.arange(len(raw), 0, -1))
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def _units(values: Floats, clusters: Clusters | None) -> _Units:
    """Sum and count values by cluster, or take each value as its own unit."""
    if clusters is None:
        return _Units(values, np.ones_like(values))
    require_same_length(values=values, clusters=clusters)
    _, cluster = np.unique(np.asarray(clusters), return_inverse=True)
    total = np.bincount(cluster, weights=values).astype(np.float64, copy=False)
    return _Units(total, np.bincount(cluster).astype(np.float64))


def _draws(rng: np.random.Generator, units: int, level: float, rounds: int) -> Iterator[NDArray[np.int64]]:
    """Yield blocks of draws `[rounds, units]`; ConfigError for a level outside 0 to 1 or no round."""
    _require_rounds(rounds)
    if not 0 < level < 1:
        what = f"The level is {level}."
        raise ConfigError(what, "Give a level between 0 and 1, such as 0.95.")
    for size in _blocks(rounds, units):
        yield rng.integers(units, size=(size, units))


def _ends(drawn: Sequence[Floats], level: float) -> tuple[float, float]:
    """Return the ends of the percentile interval."""
    tail = (1 - level) / 2
    low, high = np.quantile(np.concatenate(drawn), [tail, 1 - tail])
    return float(low), float(high)


def _require_rounds(rounds: int) -> None:
    """Raise ConfigError if there is no round."""
    if rounds < 1:
        what = f"The number of rounds is {rounds}."
        raise ConfigError(what, "Ask for at least one round.")


def _blocks(rounds: int, units: int) -> Iterator[int]:
    """Split rounds so that one block of draws `[rounds, units]` stays near 16 MB.

    >>> list(_blocks(5, 2**20))
    [2, 2, 1]
    """
    size = max(1, _BLOCK_ENTRIES // units)
    for start in range(0, rounds, size):
        yield min(size, rounds - start)
