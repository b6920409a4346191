"""The A/A test of what compares agents: one policy under two names must be told from itself as often as chance has it, and no more."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from broadsheet.core.bench import Bench, Measured, Task, by_arm, over_seeds, run_tasks, wanted_arms
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.plan.datasets.made import made
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.evaluate.compare import LENGTH, R_CUM, STREAM, Comparison, compare, scored
from broadsheet.plan.evaluate.run import run_sessions
from broadsheet.plan.material import Split
from broadsheet.plan.session import Observation

ALPHA: Final = 0.05
FITS: Final = 10
"""Training seeds of each name where fits are drawn."""
DRAWN: Final = 999
HORIZON: Final = 6
"""Slates of a session: enough for p-values."""


class AAPlan(NamedTuple):
    """How often a policy is set against itself, for how many users of the made catalogue, with how many streams of luck each time."""

    repeats: int = 200
    users: int = 120
    streams: int = 2
    seeds: int = 1
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None


class Walk:
    """Shows a list from its top on, a slate a round, never an item twice: `lists` gives `[B, M]` of a seed when sessions begin."""

    def __init__(self, lists: Callable[[int], NDArray[np.int64]], slate: int) -> None:
        self.name, self.lists, self.slate = "walk", lists, slate

    def begin(self, count: int, seed: int) -> None:
        """Draw the lists of all sessions."""
        self._held = self.lists(seed)
        assert len(self._held) == count

    def act(self, observation: Observation) -> NDArray[np.int64]:
        """Return the next items of each session's list; of one that has ended, whatever."""
        at = np.minimum(observation["step"], self._held.shape[1] // self.slate - 1)[:, None] * self.slate + np.arange(self.slate)
        return np.take_along_axis(self._held, at.astype(np.int64), axis=1)

    def facts(self) -> Mapping[str, Any]:
        """Return nothing: nothing is counted."""
        return {}


def bench_aa(plan: AAPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Set policies against themselves, and hold the p-values against the uniform law, row by row in `folder`."""
    identity = {"repeats": plan.repeats, "users": plan.users, "streams": plan.streams}

    def task(arm: str, seed: int) -> Task:
        return Task("made", arm, seed, identity, lambda: _measured(ARMS[arm](plan, seed)))

    tasks = [task(arm, seed) for arm in wanted_arms(plan.arms, ARMS) for seed in range(plan.seeds)]
    outcome = run_tasks("plan-aa", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    rows = [{"name": arm, **over_seeds(of)} for (_, arm), of in by_arm(outcome).items()]
    notes = (
        f"One policy under two names, {plan.repeats} times. KS p: Kolmogorov and Smirnov's, of p-values against the uniform law.",
        "Below .05: the share of p-values that are, which chance makes .05; of those over users beside it. Covered: the share of 95 % intervals that hold 0.",
        f"Other luck, other draws: p over users. Other fits: what a training seed drew is the same for all users, {FITS} seeds a name: p over seeds.",
        "To users alone what a seed drew looks like skill: so arms that are trained have a p over seeds too.",
    )
    return Bench.of("plan-aa", command, outcome, rows, data={"made": f"{plan.users} users"}, seeds=plan.seeds, notes=notes)


def p_values(found: list[Comparison]) -> pl.DataFrame:
    """Return the p-values of comparisons, over seeds where those were compared and over users, and whether their intervals hold 0."""
    seeded = [one.p if np.isnan(one.p_seeds) else one.p_seeds for one in found]
    return pl.DataFrame({"p": seeded, "p_users": [one.p for one in found], "covered": [one.gain.low <= 0 <= one.gain.high for one in found]})


def _measured(values: pl.DataFrame) -> Measured:
    p, by_users, covered = (values[name].to_numpy() for name in ("p", "p_users", "covered"))
    tested = stats.kstest(p, "uniform")
    shares = {"below_05": float((p < ALPHA).mean()), "below_05_users": float((by_users < ALPHA).mean()), "covered": float(covered.mean())}
    return Measured({"ks": float(tested.statistic), "ks_p": float(tested.pvalue), **shares, "repeats": float(len(p))}, values, {"model": "a list, walked down"})


def other_luck(plan: AAPlan, seed: int) -> pl.DataFrame:
    """Set the best items, best first, against themselves under other luck."""
    pair, users = _made(plan, seed)
    count = plan.repeats * plan.streams
    lists = np.repeat(pair.material.shortlist[users].astype(np.int64), count, axis=0)
    first, second = (_scored(pair, users, lambda _: lists, count, luck=2 * seed + name, draw=0) for name in (0, 1))
    return p_values([compare({0: _block(first, plan, n)}, {0: _block(second, plan, n)}, str(n), rounds=DRAWN) for n in range(plan.repeats)])


def other_draws(plan: AAPlan, seed: int) -> pl.DataFrame:
    """Set items drawn in every session anew against others so drawn, under the same luck."""
    pair, users = _made(plan, seed)
    count, best = plan.repeats * plan.streams, pair.material.shortlist[users].astype(np.int64)

    def lists(draw: int) -> NDArray[np.int64]:
        chance = generator(draw, "plan", "aa", "draws").random((len(users) * count, best.shape[1]))
        return np.take_along_axis(np.repeat(best, count, axis=0), chance.argsort(axis=1), axis=1)

    first, second = (_scored(pair, users, lists, count, luck=seed, draw=2 * seed + name) for name in (0, 1))
    return p_values([compare({0: _block(first, plan, n)}, {0: _block(second, plan, n)}, str(n), rounds=DRAWN) for n in range(plan.repeats)])


def other_fits(plan: AAPlan, seed: int) -> pl.DataFrame:
    """Set lists that are the same for all users, drawn by a training seed, against others so drawn, under the same luck."""
    pair, users = _made(plan, seed)
    fits, liked = plan.repeats * FITS, pair.material.scores.mean(axis=0)

    def lists(draw: int) -> NDArray[np.int64]:
        rng = generator(draw, "plan", "aa", "fits")
        # Some fits hit upon what is liked, some upon what is not.
        worth = rng.normal(size=(fits, 1)) * liked + rng.normal(size=(fits, len(liked)))
        return np.tile(np.argsort(-worth, axis=1), (len(users), 1))

    logs = [_scored(pair, users, lists, fits, luck=seed, draw=2 * seed + name) for name in (0, 1)]
    found = []
    for number in range(plan.repeats):
        # Each fit meets a stream of its own; to a comparison it is the first one of its seed.
        first, second = ({fit: _stream(log, number * FITS + fit) for fit in range(FITS)} for log in logs)
        found.append(compare(first, second, str(number), rounds=DRAWN))
    return p_values(found)


ARMS: Final[dict[str, Callable[[AAPlan, int], pl.DataFrame]]] = {
    "other luck": other_luck,
    "other draws": other_draws,
    "other fits": other_fits,
}


class _Sums(NamedTuple):
    """What `scored` gives, as arrays `[U, S]` of users by streams."""

    users: NDArray[np.int64]
    r_cum: NDArray[np.float64]
    length: NDArray[np.int64]


def _made(plan: AAPlan, seed: int) -> tuple[Pair, NDArray[np.int64]]:
    pair = replace(made(users=plan.users, seed=seed), horizon=HORIZON)
    return pair, pair.material.of(Split.TEST)


def _scored(pair: Pair, users: NDArray[np.int64], lists: Callable[[int], NDArray[np.int64]], streams: int, *, luck: int, draw: int) -> _Sums:
    frame = scored(run_sessions(Walk(lists, pair.slate), pair, users, streams=streams, seed=luck, draw=draw))
    shape = (len(users), streams)
    return _Sums(users, frame[R_CUM].to_numpy().reshape(shape), frame[LENGTH].to_numpy().reshape(shape))


def _frame(sums: _Sums, which: slice) -> pl.DataFrame:
    r_cum, length = sums.r_cum[:, which], sums.length[:, which]
    streams = np.tile(np.arange(r_cum.shape[1]), len(sums.users))
    return pl.DataFrame({Columns.USER: np.repeat(sums.users, r_cum.shape[1]), STREAM: streams, R_CUM: r_cum.ravel(), LENGTH: length.ravel()})


def _block(sums: _Sums, plan: AAPlan, number: int) -> pl.DataFrame:
    return _frame(sums, slice(number * plan.streams, (number + 1) * plan.streams))


def _stream(sums: _Sums, number: int) -> pl.DataFrame:
    return _frame(sums, slice(number, number + 1))
