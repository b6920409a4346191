"""A split test: each reader in one arm by a hash, and what the arms' clicks and values say."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from math import inf, nan, sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from broadsheet.core.errors import ConfigError
from broadsheet.core.metrics import Interval, holm
from broadsheet.report.feedback.anytime import Anytime, always_valid

LEVEL, POWER = 0.95, 0.8
# Below this the arms' sizes are not what the hash gives: something loses readers of one arm, and no figure can be trusted.
RATIO_P = 0.001
# An arm of fewer readers has no interval worth the name.
LEAST_READERS = 10
# A test at any look is made for an effect of this share of the first arm's figure.
SCALE = 0.1
CLICK_THROUGH, VALUE = "click-through", "value per reader"


def assign(experiment: str, reader: str, shares: Mapping[str, float]) -> str:
    """Return a reader's arm: the same for ever, independent of every other experiment, arms in proportion to their shares.

    A hash of the experiment's name and the reader's is a number from 0 to 1, and arms lie on that line in the order given. Raises ConfigError for no arms or a share that is not
    above 0.

    >>> assign("words", "ada", {"a": 1, "b": 1}) == assign("words", "ada", {"a": 1, "b": 1})
    True
    """
    if not shares or not all(share > 0 for share in shares.values()):
        raise ConfigError(f"The arms' shares are {dict(shares)}.", "Give each arm a share above 0, such as a=1 b=1.")
    digest = hashlib.sha256(f"{experiment}\x1f{reader}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64 * sum(shares.values())
    reached = 0.0
    for arm, share in shares.items():
        reached += share
        if place < reached:
            return arm
    return list(shares)[-1]


class SampleRatio(NamedTuple):
    """Readers by arm, how many the shares lead one to expect, and the chi-square test that the two agree."""

    counts: dict[str, int]
    expected: dict[str, float]
    p: float

    @property
    def is_broken(self) -> bool:
        """Whether the arms' sizes are not what the assignment gives."""
        return self.p < RATIO_P


def sample_ratio(counts: Mapping[str, int], shares: Mapping[str, float]) -> SampleRatio:
    """Test whether arms have the readers that their shares promise (Pearson 1900).

    >>> sample_ratio({"a": 520, "b": 480}, {"a": 1, "b": 1}).is_broken
    False
    >>> sample_ratio({"a": 600, "b": 400}, {"a": 1, "b": 1}).is_broken
    True
    """
    total, weight = sum(counts.values()), sum(shares.values())
    expected = {arm: total * share / weight for arm, share in shares.items()}
    held = {arm: counts.get(arm, 0) for arm in shares}
    if not total or len(held) < 2:
        return SampleRatio(held, expected, 1.0)
    distance = sum((held[arm] - expected[arm]) ** 2 / expected[arm] for arm in shares)
    return SampleRatio(held, expected, float(stats.chi2.sf(distance, len(shares) - 1)))


class Reader(NamedTuple):
    """What one reader did in all: papers shown, how many of them were clicked, and what that is worth."""

    reader: str
    arm: str
    shown: int
    clicks: int
    value: float


class Difference(NamedTuple):
    """How far an arm's figure is above the first arm's.

    `p` holds for one look that was planned, `adjusted` is Holm's over all comparisons of the test, `anytime` holds for any number of looks. `detectable` is the difference that a
    test with these readers would miss in one case of five.
    """

    figure: str
    arm: str
    mean: float
    low: float
    high: float
    relative: float
    p: float
    adjusted: float
    anytime: Anytime
    detectable: float


class Arm(NamedTuple):
    """An arm's readers, with click-through and value per reader and their intervals."""

    name: str
    readers: int
    shown: int
    clicks: int
    click_through: Interval
    value: Interval


class SplitVerdict(NamedTuple):
    """What a split test says: `said` is the arm that is better, `no difference`, `mixed`, `too little` or `refused`."""

    experiment: str
    ratio: SampleRatio
    arms: tuple[Arm, ...]
    differences: tuple[Difference, ...]
    strays: int
    said: str


class _Estimate(NamedTuple):
    """A figure of one arm, its standard error over readers, and how many they are."""

    mean: float
    error: float
    readers: int


def judge(experiment: str, readers: Iterable[Reader], shares: Mapping[str, float], *, strays: int = 0, level: float = LEVEL) -> SplitVerdict:
    """Compare every arm with the first: click-through by the delta method over readers, value per reader by Welch.

    `strays` are readers who were shown more than one arm, and are left out. No arm is called better where the sample ratio is broken or an arm has fewer than ten readers. Where two
    figures differ in opposite directions the verdict is `mixed`.
    """
    held = list(readers)
    by_arm = {arm: [one for one in held if one.arm == arm] for arm in shares}
    ratio = sample_ratio({arm: len(some) for arm, some in by_arm.items()}, shares)
    figures = {arm: {CLICK_THROUGH: _click_through(some), VALUE: _value(some)} for arm, some in by_arm.items()}
    arms = tuple(_arm(name, some, figures[name], level) for name, some in by_arm.items())
    if ratio.is_broken:
        return SplitVerdict(experiment, ratio, arms, (), strays, "refused")
    if len(by_arm) < 2 or min(len(some) for some in by_arm.values()) < LEAST_READERS:
        return SplitVerdict(experiment, ratio, arms, (), strays, "too little")
    first, *others = shares
    found = [_difference(figure, arm, figures[first][figure], figures[arm][figure], level) for arm in others for figure in (CLICK_THROUGH, VALUE)]
    differences = tuple(one._replace(adjusted=float(p)) for one, p in zip(found, holm([one.p for one in found]), strict=True))
    return SplitVerdict(experiment, ratio, arms, differences, strays, _said(first, differences, 1 - level))


def detectable(first_error: float, second_error: float, *, level: float = LEVEL, power: float = POWER) -> float:
    """Return the least difference that a two-sided test finds with a chance of `power`, from two standard errors.

    >>> round(detectable(0.3, 0.4), 2)
    1.4
    """
    z = NormalDist().inv_cdf
    return (z((1 + level) / 2) + z(power)) * sqrt(first_error**2 + second_error**2)


def _click_through(readers: Sequence[Reader]) -> _Estimate:
    """Return clicks per paper shown; a ratio of two means over readers, so its error is that of the delta method."""
    clicks, shown = _column(readers, "clicks"), _column(readers, "shown")
    count = len(readers)
    if not shown.sum():
        return _Estimate(nan, inf, count)
    rate = float(clicks.sum() / shown.sum())
    if count < 2:
        return _Estimate(rate, inf, count)
    rest = clicks - rate * shown
    return _Estimate(rate, float(sqrt(np.square(rest).sum() / (count - 1) / count) / shown.mean()), count)


def _value(readers: Sequence[Reader]) -> _Estimate:
    values = _column(readers, "value")
    if len(values) < 2:
        return _Estimate(float(values.mean()) if len(values) else nan, inf, len(values))
    return _Estimate(float(values.mean()), float(values.std(ddof=1) / sqrt(len(values))), len(values))


def _column(readers: Sequence[Reader], name: str) -> NDArray[np.float64]:
    return np.array([getattr(one, name) for one in readers], dtype=np.float64)


def _arm(name: str, readers: Sequence[Reader], figures: Mapping[str, _Estimate], level: float) -> Arm:
    told = {figure: _interval(one, level) for figure, one in figures.items()}
    return Arm(name, len(readers), sum(r.shown for r in readers), sum(r.clicks for r in readers), told[CLICK_THROUGH], told[VALUE])


def _interval(one: _Estimate, level: float) -> Interval:
    half = float(stats.t.ppf((1 + level) / 2, max(1, one.readers - 1))) * one.error
    return Interval(one.mean, one.mean - half, one.mean + half)


def _difference(figure: str, arm: str, first: _Estimate, other: _Estimate, level: float) -> Difference:
    mean, error = other.mean - first.mean, sqrt(first.error**2 + other.error**2)
    if not 0 < error < inf:
        # Nobody did anything, or all did the same: there is no spread to judge by.
        return Difference(figure, arm, mean, mean, mean, _relative(mean, first.mean), 1.0, 1.0, Anytime(1.0, -inf, inf), nan)
    freedom = error**4 / sum(one.error**4 / (one.readers - 1) for one in (first, other))
    half = float(stats.t.ppf((1 + level) / 2, freedom)) * error
    p = float(2 * stats.t.sf(abs(mean) / error, freedom))
    pooled = (first.mean * first.readers + other.mean * other.readers) / (first.readers + other.readers)
    anytime = always_valid(mean, error, SCALE * abs(pooled), level=level) if pooled else Anytime(1.0, -inf, inf)
    least = detectable(first.error, other.error, level=level)
    return Difference(figure, arm, mean, mean - half, mean + half, _relative(mean, first.mean), p, p, anytime, least)


def _relative(mean: float, first: float) -> float:
    return mean / first if first else nan


def _said(first: str, differences: Sequence[Difference], alpha: float) -> str:
    found = [one for one in differences if one.adjusted < alpha]
    if not found:
        return "no difference"
    ahead: dict[str, float] = {}
    for arm in {one.arm for one in found}:
        means = [one.mean for one in found if one.arm == arm]
        if min(means) < 0 < max(means):
            return "mixed"
        ahead[arm] = max(means, key=abs) if arm else 0.0
    best = max(ahead, key=lambda arm: (ahead[arm], arm))
    return best if ahead[best] > 0 else first
