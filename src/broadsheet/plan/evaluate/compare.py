"""Two agents under the same luck: differences with intervals, tests, and what could have been told from chance."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.errors import RecordError
from broadsheet.core.metrics import Interval, crossed_sums, holm, paired_permutation
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.plan.evaluate.run import SessionLog

ROUNDS, SIGNS = 4_000, 10_000
"""Draws of seeds and users for an interval, and patterns of signs for a p."""
FEWEST_SEEDS: Final = 6
"""Seeds from which on their signs can give a p below .05 (2 of 64 patterns)."""
# Deviations of a normal law: 97.5 %, and 80 % of power beside it.
_SIDE, _POWER = 1.959964, 0.841621

Floats = NDArray[np.float64]
STREAM, R_CUM, LENGTH = "stream", "r_cum", "length"


class Comparison(NamedTuple):
    """How an agent does beside another, in cumulative satisfaction a session.

    `gain` with its 95 % interval, and the same as a `share` of the other's; `each` the relative change of the reward per round; `p` over users, the signs of all of a user's sessions
    changed together; `p_seeds` over training seeds, all sessions of a seed together (not a number below six seeds); `detectable` the least gain that
    would have been found with 80 % power.
    """

    gain: Interval
    share: Interval
    each: Interval
    p: float
    p_seeds: float
    detectable: float
    seeds: int
    users: int


def scored(log: SessionLog) -> pl.DataFrame:
    """Return what a comparison needs of sessions: user, stream, the sum of rewards, the length; a row of a bench keeps it."""
    sums = log.reward.astype(np.float64).sum(axis=1)
    return pl.DataFrame({Columns.USER: log.user, STREAM: log.stream, R_CUM: sums, LENGTH: log.length}).sort(Columns.USER, STREAM)


def compare(ours: Mapping[int, pl.DataFrame], theirs: Mapping[int, pl.DataFrame], *names: str, rounds: int = ROUNDS) -> Comparison:
    """Compare two agents by what `scored` gives, by training seed; seeds that only one has are left out. `names` name what is drawn.

    The interval draws seeds and users anew (`crossed_sums`). Raises RecordError where no seed is common, and for sessions of other users or streams: luck was not the same.
    """
    common = sorted(set(ours) & set(theirs))
    if not common:
        raise RecordError("The two agents have no seed in common.", "Run both with the same seeds.")
    mine, other = _by_user([ours[seed] for seed in common]), _by_user([theirs[seed] for seed in common])
    if mine.users != other.users or mine.streams != other.streams:
        raise RecordError("The two agents did not have the same users and streams of luck.", "Run both on the same users, with as many streams.")
    rng = generator(0, "plan", "compare", *names)
    sums = np.stack([mine.r_cum, other.r_cum, mine.length, other.length])
    whole, drawn = sums.sum(axis=(1, 2))[None], crossed_sums(sums, rng, rounds=rounds)
    sessions = len(common) * mine.sessions
    gain = _interval(lambda s: (s[:, 0] - s[:, 1]) / sessions, whole, drawn)
    share = _interval(lambda s: s[:, 0] / np.maximum(s[:, 1], 1e-12) - 1, whole, drawn)
    each = _interval(lambda s: s[:, 0] * s[:, 3] / np.maximum(s[:, 1] * s[:, 2], 1e-12) - 1, whole, drawn)
    differences = mine.r_cum - other.r_cum
    p = paired_permutation(differences.sum(axis=0), np.zeros(differences.shape[1]), rng, rounds=max(rounds, SIGNS)).p
    enough = len(common) >= FEWEST_SEEDS
    p_seeds = paired_permutation(differences.sum(axis=1), np.zeros(len(common)), rng, rounds=max(rounds, SIGNS)).p if enough else float("nan")
    deviation = float(((drawn[:, 0] - drawn[:, 1]) / sessions).std())
    return Comparison(gain, share, each, p, p_seeds, (_SIDE + _POWER) * deviation, len(common), differences.shape[1])


def alone(ours: Mapping[int, pl.DataFrame], *names: str, rounds: int = ROUNDS) -> Interval:
    """Return the mean cumulative satisfaction of an agent, by training seed, with the interval that `compare` has."""
    mine = _by_user([ours[seed] for seed in sorted(ours)])
    sums, sessions = mine.r_cum[None], len(ours) * mine.sessions
    drawn = crossed_sums(sums, generator(0, "plan", "alone", *names), rounds=rounds)
    return _interval(lambda s: s[:, 0] / sessions, sums.sum(axis=(1, 2))[None], drawn)


def closed(
    ours: Mapping[int, pl.DataFrame], greedy: Mapping[int, pl.DataFrame], oracle: Mapping[int, pl.DataFrame], *names: str, rounds: int = ROUNDS
) -> Interval:
    """Return the share of the way from greedy to the oracle that an agent goes, on the seeds that all three have; not a number where the oracle is not above greedy.

    Its interval leaves out the draws in which there is no way to go. Raises RecordError where no seed is common.
    """
    common = sorted(set(ours) & set(greedy) & set(oracle))
    if not common:
        raise RecordError("The agents have no seed in common.", "Run all with the same seeds.")
    sums = np.stack([_by_user([frames[seed] for seed in common]).r_cum for frames in (ours, greedy, oracle)])
    whole, drawn = sums.sum(axis=(1, 2))[None], crossed_sums(sums, generator(0, "plan", "regret", *names), rounds=rounds)
    some = drawn[drawn[:, 2] > drawn[:, 1]]
    if whole[0, 2] <= whole[0, 1] or not len(some):
        return Interval(float("nan"), float("nan"), float("nan"))
    return _interval(lambda s: (s[:, 0] - s[:, 1]) / (s[:, 2] - s[:, 1]), whole, some)


def corrected(found: Mapping[str, Comparison]) -> dict[str, tuple[float, float]]:
    """Return Holm's p over users and over seeds of a family of comparisons, each by its name; over seeds of those alone that have one."""
    names = list(found)
    by_users = holm([found[name].p for name in names]) if names else []
    some = [name for name in names if not np.isnan(found[name].p_seeds)]
    by_seeds = dict(zip(some, holm([found[name].p_seeds for name in some]), strict=True)) if some else {}
    return {name: (float(p), float(by_seeds.get(name, float("nan")))) for name, p in zip(names, by_users, strict=True)}


class _Summed(NamedTuple):
    """Sums over each user's streams, seeds by users `[S, U]`."""

    users: list[int]
    streams: list[int]
    sessions: int
    r_cum: Floats
    length: Floats


def _by_user(frames: Sequence[pl.DataFrame]) -> _Summed:
    held = [frame.sort(Columns.USER, STREAM) for frame in frames]
    user, stream = held[0][Columns.USER].to_numpy(), held[0][STREAM].to_numpy()
    for frame in held[1:]:
        if not (np.array_equal(frame[Columns.USER].to_numpy(), user) and np.array_equal(frame[STREAM].to_numpy(), stream)):
            raise RecordError("The seeds of an agent are of other users or streams of luck.", "Run all seeds on the same users, with as many streams.")
    users, place = np.unique(user, return_inverse=True)
    r_cum, length = (np.stack([_sums(place, frame[name].to_numpy()) for frame in held]) for name in (R_CUM, LENGTH))
    return _Summed(users.tolist(), stream.tolist(), len(user), r_cum, length)


def _sums(place: NDArray[np.int64], values: NDArray[Any]) -> Floats:
    return np.bincount(place, weights=values).astype(np.float64)


def _interval(statistic: Callable[[Floats], Floats], whole: Floats, drawn: Floats) -> Interval:
    low, high = np.quantile(statistic(drawn), [0.025, 0.975])
    return Interval(float(statistic(whole)[0]), float(low), float(high))
