"""A row beside the row before it: the gain unit by unit, its interval and its p."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.metrics import Interval, bootstrap_mean, holm, paired_permutation
from broadsheet.core.seeds import generator

ROUNDS = 4000
GAIN, OVER, P, ADJUSTED = "gain", "over", "p", "p_holm"
Floats = NDArray[np.float64]


def averaged(values: Floats, name: str, clusters: Sequence[str]) -> dict[str, float]:
    """Return the mean of values `[U]` under a name, with its 95 % interval over clusters `[U]`."""
    return spread(name, bootstrap_mean(values, generator(0, "bench stack"), clusters=clusters, rounds=ROUNDS))


def gained(ours: Floats, before: Floats, clusters: Sequence[str]) -> dict[str, float]:
    """Return what values `[U]` gain over those of the row before, paired: mean, interval and p of the clusters' signs `[U]`.

    >>> found = gained(np.array([1.0, 2.0, 3.0]), np.zeros(3), ["a", "b", "c"])
    >>> found["gain"], found["p"]
    (2.0, 0.25)
    """
    test = paired_permutation(ours, before, generator(0, "bench stack", "signs"), clusters=clusters, rounds=ROUNDS)
    return averaged(ours - before, GAIN, clusters) | {P: round(test.p, 5)}


def spread(name: str, interval: Interval) -> dict[str, float]:
    """Return an interval as a row of a bench has it."""
    return {name: round(interval.mean, 5), f"{name}_lo": round(interval.low, 5), f"{name}_hi": round(interval.high, 5)}


def adjusted(rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return rows whose p stands beside what Holm makes of it, over all of them."""
    tested = [row[P] for row in rows if P in row]
    after = iter(holm(tested).tolist() if tested else ())
    return tuple({**row, ADJUSTED: round(next(after), 5)} if P in row else dict(row) for row in rows)
