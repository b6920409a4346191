"""Which level comes before which: by how many speak of it, by when they do, by horizons, and by what they say comes first and then."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from broadsheet.needs.hierarchy.people import People, Rows


class Frequency(NamedTuple):
    """How likely more people speak of one level than of another `[L, L]`, over people drawn anew, and what each level's share was in the draws `[B, L]`."""

    before: np.ndarray
    shares: np.ndarray


def by_frequency(rows: Rows, drawn: np.ndarray) -> Frequency:
    """Return the order by how many people speak of each level, for people drawn anew `[B, R]`; ties count half."""
    shares = drawn @ rows.present / drawn.sum(axis=1, keepdims=True)
    ahead = shares[:, :, None] - shares[:, None, :]
    return Frequency(((ahead > 0) + 0.5 * (ahead == 0)).mean(axis=0), shares)


class InTime(NamedTuple):
    """How many people mention one level sooner than another, on the whole `[L, L]`; how many more than chance gives; and how likely it is that more do, over people drawn anew.

    The last is NaN where nobody tells.
    """

    sooner: np.ndarray
    beyond: np.ndarray
    before: np.ndarray


def in_time(people: People, resamples: int, generator: np.random.Generator) -> InTime:
    """Read order in time: each person is his own measure, and were what he mentions in any order, either of two levels would be as likely the sooner."""
    count = len(people.levels)
    sooner = np.array([[_sooner(people, one, other).sum() for other in range(count)] for one in range(count)], dtype=float)
    total = sooner + sooner.T
    chance = np.divide(sooner, total, out=np.full_like(total, 0.5), where=total > 0)
    draws = generator.binomial(total.astype(int), chance, size=(resamples, count, count))
    before = np.where(total > 0, ((2 * draws > total) + 0.5 * (2 * draws == total)).mean(axis=0), np.nan)
    return InTime(sooner, sooner - total / 2, before)


def by_chance(sooner: np.ndarray) -> np.ndarray:
    """Return how likely chance alone divides people as unevenly between two orders of each pair of levels `[L, L]`, held against all pairs (Holm).

    >>> by_chance(np.array([[0, 12], [2, 0]])).round(4).tolist()
    [[1.0, 0.0129], [0.0129, 1.0]]
    """
    from scipy.stats import binom

    upper = np.triu_indices(len(sooner), 1)
    one, other = sooner[upper], sooner.T[upper]
    raw = np.minimum(1.0, 2 * binom.cdf(np.minimum(one, other), one + other, 0.5))
    sequence = np.argsort(raw, kind="stable")
    held = np.empty_like(raw)
    held[sequence] = np.minimum(1.0, np.maximum.accumulate(raw[sequence] * np.arange(len(raw), 0, -1)))
    found = np.ones(sooner.shape)
    found[upper] = held
    return np.minimum(found, found.T)


class Direction(NamedTuple):
    """How far orders go with an order of levels, from -1 to 1, and how likely chance alone goes as far either way."""

    agreement: float
    p: float
    people: int


def direction(people: People, order: Sequence[int], draws: int, generator: np.random.Generator) -> Direction:
    """Test whether people come to levels in an order, one score a person: if time means nothing each person's sequence is as likely backwards."""
    place = np.empty(len(order))
    place[list(order)] = np.arange(len(order))
    score, told = np.zeros(len(people.posts)), np.zeros(len(people.posts))
    for one in range(len(order)):
        for other in range(len(order)):
            if place[one] < place[other]:
                forth, back = _sooner(people, one, other), _sooner(people, other, one)
                score += forth.astype(float) - back
                told += forth | back
    each = score[told > 0] / told[told > 0]
    if not len(each):
        return Direction(0.0, 1.0, 0)
    return Direction(float(each.mean()), turned(each, draws, generator), len(each))


def turned(each: np.ndarray, draws: int, generator: np.random.Generator) -> float:
    """Return how likely people's scores `[U]` add up to as far from 0 were each as likely the other way round; 1 without anybody."""
    if not len(each):
        return 1.0
    found = np.abs(generator.choice([-1.0, 1.0], size=(draws, len(each))) @ each) if len(each) * draws < 2**25 else _normal(each, draws, generator)
    return float((1 + (found >= abs(each.sum()) - 1e-9).sum()) / (1 + draws))


def claimed(claims: Sequence[tuple[int, int]], levels: int) -> np.ndarray | None:
    """Return the places of levels `[L]`, the first lowest, by what people say comes first and then (before, after), in Bradley and Terry's model; None without any.

    A level that no claim names has no place: NaN.
    """
    if not claims:
        return None
    from sklearn.linear_model import LogisticRegression

    design = np.zeros((2 * len(claims), levels))
    for row, (before, after) in enumerate(claims):
        design[row, after], design[row, before] = 1.0, -1.0
    design[len(claims) :] = -design[: len(claims)]
    answers = np.repeat([1, 0], len(claims))
    places = LogisticRegression(fit_intercept=False).fit(design, answers).coef_[0]
    return np.where(design.any(axis=0), places, np.nan)


def near_and_far(horizons: Mapping[int, Sequence[float]], levels: int) -> np.ndarray:
    """Return the mean horizon of each level `[L]`, in years, where mentions have one, else NaN."""
    return np.array([float(np.mean(horizons[level])) if len(horizons.get(level, ())) else np.nan for level in range(levels)])


def agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Return Kendall's tau of two orders of levels, over the levels that both place."""
    from scipy.stats import kendalltau

    both = ~np.isnan(one) & ~np.isnan(other)
    return float(kendalltau(one[both], other[both]).statistic) if both.sum() > 1 else float("nan")


def _sooner(people: People, one: int, other: int) -> np.ndarray:
    """Return who mentions one level sooner than another, by their mean ranks `[U]`; who mentions both in the same posts alone tells nothing."""
    return people.late[:, one] < people.late[:, other]


def _normal(each: np.ndarray, draws: int, generator: np.random.Generator) -> np.ndarray:
    return np.abs(generator.normal(0.0, np.sqrt((each**2).sum()), size=draws))
