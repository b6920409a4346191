"""Intervals and tests of counts: shares of trials, and pairs of trials."""

from math import comb, sqrt
from statistics import NormalDist

from broadsheet.core.errors import ConfigError, RecordError
from broadsheet.core.metrics.resample import Interval


def wilson(hits: float, trials: int, *, level: float = 0.95) -> Interval:
    """Return `hits / trials` and its score interval (Wilson, 1927), which holds for shares near 0 and 1 too.

    Of trials that are hit in part `hits` is their sum. Raises RecordError for no trials and for hits below 0 or above the trials; ConfigError for a
    `level` outside 0 to 1.

    >>> [round(one, 3) for one in wilson(75, 75)]
    [1.0, 0.951, 1.0]
    """
    if not 0 < level < 1:
        raise ConfigError(f"The level is {level}.", "Give a level between 0 and 1, such as 0.95.")
    if trials < 1 or not 0 <= hits <= trials:
        raise RecordError(f"There are {hits:g} hits of {trials} trials.", "Give at least one trial, and between no and all of them as hits.")
    z, share = NormalDist().inv_cdf((1 + level) / 2), hits / trials
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return Interval(share, centre - half if hits else 0.0, centre + half if hits < trials else 1.0)


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value that two answerers of the same questions are right equally often (McNemar, 1947).

    Told by the questions of which only the first is right and those of which only the second is: each is as likely under the null. Raises RecordError
    for a count below 0.

    >>> mcnemar(8, 0), mcnemar(3, 3)
    (0.0078125, 1.0)
    """
    if min(only_first, only_second) < 0:
        raise RecordError(f"Counts are {only_first} and {only_second}.", "Give how many questions only the first, and only the second, answers rightly.")
    pairs, fewer = only_first + only_second, min(only_first, only_second)
    return min(1.0, 2 * sum(comb(pairs, count) for count in range(fewer + 1)) / 2**pairs)
