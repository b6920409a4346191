"""The bench of Coat's published game: constant loops, oracles, planners and the field's best in one table."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.bench import Bench, Measured, Outcome, Row, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.errors import SourceNotFoundError
from broadsheet.core.metrics import bootstrap_mean
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.plan.bench.coat_arms import ARMS, DRAWN, LOOP, SEQUENCE, Case, errors
from broadsheet.plan.datasets.coat import FILES
from broadsheet.plan.environment.published import Mode

ROUNDS = 2000
ERRORS = "ratings of items drawn at random"
TOLD_BY = ("the mean of all", "item means, shrinkage 5", "likings")
SHOWN = ("length", "r_each", "item_coverage", "overlap", "held_out_mse", "mse", "cpu_s")
PUBLISHED: dict[Mode, dict[str, dict[str, float]]] = {
    Mode.FREE: {
        "A2C": {"r_cum": 81.80, "item_coverage": 0.028, "r_each": 2.73},
        "PG": {"r_cum": 79.34, "item_coverage": 0.044, "r_each": 2.66},
        "Intrinsic": {"r_cum": 77.43, "item_coverage": 0.035, "r_each": 2.59},
        "DORL": {"r_cum": 76.99, "item_coverage": 0.028, "r_each": 2.60},
        "PPO": {"r_cum": 73.03, "item_coverage": 0.030, "r_each": 2.53},
    },
    Mode.NO_REPEATS: {"A2C": {"r_cum": 75.65}, "PG": {"r_cum": 75.54}, "Intrinsic": {"r_cum": 74.71}, "DORL": {"r_cum": 73.29}, "PPO": {"r_cum": 74.61}},
}
"""From the logs that EasyRL4Rec publishes, the last quarter of the epochs, one seed; 100 sessions an epoch."""
NOTES = (
    "This game is won by a loop that is the same for everyone: ratings never wear off, so eight items that are unlike, shown again and again, reach what the best of the field",
    "published. It is a game: no figure of it says how a reader is kept, and it is here for comparison only.",
    "`told`: the agent knows which items are too near, from the completed matrix that evidently was fitted on the test ratings, as in published training; so do sequences for all.",
    "`learnt`: from when readers left in 11,600 random sessions, whose rewards are not looked at. `guessed`: from item features, or also from who should like what; nobody says what",
    "nearness is. Loops for all are guessed from features, too: that readers stay for them is luck, and the whole family of shrinkages is shown.",
    "Likings are fitted to the ratings of training alone, every setting chosen by cross-validation within them. A planner sees the ratings that a session brings back, unless `unseen`,",
    "and forgets them at its end. Oracles know the truth. `over`: the paired difference per user to the loop (or the sequence) for all of shrinkage 5.",
    "Brackets: 95 % over users. The leaving round counts. `window mended`: without the negative slice of the published code. Published rows: 100 sessions an epoch, one seed.",
    "mse: on ratings of items drawn at random, which decide nothing; held_out_mse: within training.",
)


class CoatPlan(NamedTuple):
    """What is measured: Coat's folder, seeds of arms that draw, arms as `mode: arm` (all, if none is named)."""

    folder: Path
    seeds: int = 3
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None


def bench_coat(plan: CoatPlan, rows: Path, command: str, progress: Progress = silent) -> Bench:
    """Play Coat's game with every arm, with and without repeats, and forced, row by row in the folder `rows`.

    Raises SourceNotFoundError where the files are not there.
    """
    lacking = [name for name in FILES if not (plan.folder / name).is_file()]
    if lacking:
        raise SourceNotFoundError(f"There is no {lacking[0]} in {plan.folder}.", "Set BROADSHEET_DATA to the folder that paths begin in.")
    case, digest = Case(plan.folder), hash_files([plan.folder / name for name in FILES])
    known = [f"{mode}: {arm}" for mode, arms in ARMS.items() for arm in arms] + [f"{ERRORS}: {name}" for name in TOLD_BY]
    tasks = []
    for name in wanted_arms(plan.arms, known):
        mode, _, arm = name.partition(": ")
        for seed in range(plan.seeds if arm in DRAWN else 1):
            measure = _told(case, arm) if mode == ERRORS else _played(case, Mode(mode), arm, seed)
            tasks.append(Task(mode, arm, seed, {"data": digest}, measure))
    outcome = run_tasks("plan-coat", tasks, rows, budget_minutes=plan.budget_minutes, progress=progress)
    return Bench.of("plan-coat", command, outcome, _summary(outcome), data={"coat": digest}, seeds=plan.seeds, notes=NOTES)


def _played(case: Case, mode: Mode, arm: str, seed: int) -> Callable[[], Measured]:
    def measure() -> Measured:
        played = case.play(mode, arm, seed)
        return Measured(played.figures(case.coat.train.shape[1]), played.values(), {"model": arm})

    return measure


def _told(case: Case, name: str) -> Callable[[], Measured]:
    def measure() -> Measured:
        held_out = {"held_out_mse": case.likings.held_out} if name == "likings" else {}
        return Measured({**errors(case)[name], **held_out}, None, {"model": name})

    return measure


def _by_user(rows: list[Row]) -> NDArray[np.float64]:
    """Return the mean sum of rewards of each user `[U]`, over sessions and seeds."""
    frame = pl.concat([row.values() for row in rows]).group_by(Columns.USER).agg(pl.col("r_cum").mean()).sort(Columns.USER)
    return frame["r_cum"].to_numpy()


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    found = by_arm(outcome)
    table: list[dict[str, Any]] = []
    for mode, names in ARMS.items():
        base = found.get((mode, f"{LOOP if mode is Mode.FREE else SEQUENCE}5"))
        table += [_line(mode, arm, found[mode, arm], base) for arm in names if (mode, arm) in found]
        table += [{"name": f"{mode}: published, {name}", **figures} for name, figures in PUBLISHED.get(mode, {}).items() if found]
    return (*table, *(_line(ERRORS, name, found[ERRORS, name], None) for name in TOLD_BY if (ERRORS, name) in found))


def _line(mode: str, arm: str, rows: list[Row], base: list[Row] | None) -> dict[str, Any]:
    line: dict[str, Any] = {"name": f"{mode}: {arm}"}
    if mode != ERRORS:
        users = _by_user(rows)
        spread = {"r_cum": users} | ({"over": users - _by_user(base)} if base and base is not rows else {})
        for name, values in spread.items():
            interval = bootstrap_mean(values, generator(0, "plan-coat", mode, arm, name), rounds=ROUNDS)
            line |= {name: interval.mean, f"{name}_lo": interval.low, f"{name}_hi": interval.high}
    shown = [name for name in SHOWN if name in rows[0].metrics]
    return line | {name: float(np.mean([row.metrics[name] for row in rows])) for name in shown} | {"runs": len(rows)}
