"""The bench of days: a report that is planned beside one that is ranked, a page a day, and which readers keep coming."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.bench import Bench, Measured, Outcome, Row, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.metrics import bootstrap_mean
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.plan.bench.players import counted
from broadsheet.plan.datasets import Pair
from broadsheet.plan.evaluate.run import SessionLog, run_sessions
from broadsheet.plan.items import ItemTable
from broadsheet.plan.material import Split
from broadsheet.plan.protocols import Agent

RANKED: Final = "ranked"
"""The row that others are compared with: every day the best unseen papers on offer by the agent's score."""
ROUNDS: Final = 2000
TOLD: Final = (7, 14, 30)
"""Days whose figures stand in the row of an arm; rows of single days have the rest."""
KEPT, CATEGORIES, PAGES, SATISFACTION = "kept", "categories", "pages", "satisfaction"
LENGTH, LEFT, SEEN = "length", "left", "seen"

Floats = NDArray[np.float64]
Maker = Callable[[Pair, int, Path, Progress], tuple[Agent, str]]
"""Makes the agent of an arm, and says what it is: of what it may know of the pair, a training seed, and a folder for checkpoints."""


class DaysPlan(NamedTuple):
    """What is measured: the pair (`pair`, by name) whose rounds are days, makers of agents by the name of their row, seeds, and which rows.

    `settings` are what else changes figures, such as settings of the policy; `identity` names the data, a hash or so.
    """

    name: str
    pair: Callable[[], Pair]
    makers: Mapping[str, Maker]
    seeds: int = 3
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None
    settings: Mapping[str, Any] = {}
    identity: Mapping[str, Any] = {}


def bench_days(plan: DaysPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Fill a page a day for every reader who is left, and count who is; a row for each arm, then one for each arm and day.

    Test readers alone; luck is the same for all arms of a seed. Brackets are 95 % over readers, whose seeds stand together.
    """
    known = cache(plan.pair)
    tasks = []
    for seed in range(plan.seeds):
        for arm in wanted_arms(plan.arms, plan.makers):
            config = {"settings": dict(plan.settings), "identity": dict(plan.identity)}
            tasks.append(Task(plan.name, arm, seed, config, _measuring(plan.makers[arm], known, seed, folder, progress)))
    outcome = run_tasks("plan-days", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    table = summary(outcome)
    horizon = len(_arrays(outcome.rows[0]).seen[0]) if outcome.rows else 0
    notes = (
        f"A page a day for {horizon} days. Kept: the share of readers who come again after a day's page. Categories: how many different ones a reader",
        "was shown so far; one who left is shown no more. Satisfaction: the sum of daily shares of the page that were liked. Readers are of the test split.",
        f"Gains are over {RANKED!r}, reader by reader under the same luck. Brackets: 95 % over readers, a reader's seeds together. Staying and leaving are our own",
        "assumption (design/016-environment.md); how interest tires is the world's.",
    )
    return Bench.of("plan-days", command, outcome, table, data={"world": plan.name, "days": horizon}, seeds=plan.seeds, notes=notes)


def _measuring(maker: Maker, known: Callable[[], Pair], seed: int, folder: Path, progress: Progress) -> Callable[[], Measured]:
    def measure() -> Measured:
        pair = known()
        agent, spec = maker(pair, seed, folder, progress)
        log = run_sessions(agent, pair, pair.material.of(Split.TEST), streams=1, seed=seed, progress=progress)
        values = readers(log, pair.material.items)
        met = {name: float(values[name].mean()) for name in (LENGTH, SATISFACTION)}  # pyrefly: ignore
        return Measured({**met, **counted(spec, log)}, values, {"agent": spec})

    return measure


def readers(log: SessionLog, items: ItemTable) -> pl.DataFrame:
    """Return a row for each reader: pages read, whether the reader left, the sum of rewards, and how many categories were shown up to each day."""
    seen = np.zeros((len(log), len(items.categories)), dtype=bool)
    so_far = np.zeros((len(log), log.shown.shape[1]), dtype=np.int32)
    for day in range(log.shown.shape[1]):
        shown = log.shown[:, day]
        seen |= (items.member[np.maximum(shown, 0)] & (shown >= 0)[:, :, None]).any(axis=1)
        so_far[:, day] = seen.sum(axis=1)
    return pl.DataFrame(
        {
            Columns.USER: log.user,
            LENGTH: log.length,
            LEFT: log.left,
            SATISFACTION: log.reward.astype(np.float64).sum(axis=1),
            SEEN: so_far.tolist(),
        }
    ).sort(Columns.USER)


class _Readers(NamedTuple):
    """Readers `[R]` of a row by day `[R, T]`: who is kept, and categories seen; and the pages they read and what satisfied them `[R]`."""

    kept: Floats
    seen: Floats
    pages: Floats
    satisfied: Floats

    def figures(self) -> dict[str, Floats]:
        """Return what is told of each reader, by name."""
        told = sorted({min(day, self.kept.shape[1]) for day in TOLD})
        found = {f"{KEPT}@{day}": self.kept[:, day - 1] for day in told}
        found |= {f"{CATEGORIES}@{day}": self.seen[:, day - 1] for day in told}
        return {**found, PAGES: self.pages, SATISFACTION: self.satisfied}


def summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    """Return a row for each arm, with its gains over the ranked report, and one for each arm and day."""
    table, by_day = [], []
    held = by_arm(outcome)
    for (data, arm), rows in held.items():
        ours = _mean([_arrays(row) for row in rows])
        line: dict[str, Any] = {"name": f"{data}: {arm}", "runs": len(rows), "agent": rows[0].artifact.manifest.models["agent"]}
        for name, values in ours.figures().items():
            line |= _interval(name, values, data, arm)
        theirs = _same_seeds(rows, held.get((data, RANKED), [])) if arm != RANKED else None
        if theirs is not None:
            mine, other = (_mean([_arrays(row) for row in some]).figures() for some in theirs)
            for name, values in mine.items():
                line |= _interval(f"{name} gain", values - other[name], data, arm)
        told = {name for row in rows for name in row.metrics if name not in {LENGTH, "wall_s", "load", *line}}
        table.append(line | {name: float(np.mean([row.metrics[name] for row in rows if name in row.metrics])) for name in sorted(told)})
        for day in range(ours.kept.shape[1]):
            one: dict[str, Any] = {"name": f"{data}: {arm}, day {day + 1}"}
            by_day.append(one | _interval(KEPT, ours.kept[:, day], data, arm, str(day)) | _interval(CATEGORIES, ours.seen[:, day], data, arm, str(day)))
    return (*table, *by_day)


def _arrays(row: Row) -> _Readers:
    values = row.values().sort(Columns.USER)
    seen = np.array(values[SEEN].to_list(), dtype=np.float64)
    length, left = values[LENGTH].to_numpy(), values[LEFT].to_numpy()
    # A reader who left after the page of a day is not kept on that day.
    kept = np.arange(1, seen.shape[1] + 1) <= (length - left)[:, None]
    return _Readers(kept.astype(np.float64), seen, length.astype(np.float64), values[SATISFACTION].to_numpy())


def _mean(seeds: Sequence[_Readers]) -> _Readers:
    return _Readers(*(np.mean(parts, axis=0) for parts in zip(*seeds, strict=True)))


def _same_seeds(ours: Sequence[Row], theirs: Sequence[Row]) -> tuple[list[Row], list[Row]] | None:
    """Return the rows of the seeds that both have, in the same order; None where there is none."""
    other = {row.seed: row for row in theirs}
    common = [row for row in ours if row.seed in other]
    return (common, [other[row.seed] for row in common]) if common else None


def _interval(name: str, values: Floats, *names: str) -> dict[str, float]:
    found = bootstrap_mean(values, generator(0, "plan-days", name, *names), rounds=ROUNDS)
    return {name: found.mean, f"{name}_lo": found.low, f"{name}_hi": found.high}
