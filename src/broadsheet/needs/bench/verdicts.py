"""The bench of the verdict: worlds in which the truth is planted, many times over, clean and with mentions taken for others."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.metrics import bootstrap_mean
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.needs.bench.planted import TRUTH, WORLDS, World, planted
from broadsheet.needs.hierarchy.infer import interval
from broadsheet.needs.hierarchy.mokken import pair_shares, scalability, sums
from broadsheet.needs.hierarchy.plan import AnalysisPlan
from broadsheet.needs.hierarchy.verdict import judge, uniform

# People of whom the H is taken that intervals should hold, and in how many draws of so many.
MANY, TIMES = 50_000, 4
ROUNDS = 2000
RIGHT, WRONG, UNTOLD, HELD = "right", "wrong", "undetermined", "held"


class VerdictPlan(NamedTuple):
    """What is measured: how often each world is drawn, of how many people, with which share of mentions taken for others, and whether that is told."""

    draws: int = 40
    people: tuple[int, ...] = (100, 334, 2000)
    errors: tuple[float, ...] = (0.0, 0.2)
    told: bool = True
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None
    plan: AnalysisPlan = AnalysisPlan()


def bench_verdicts(plan: VerdictPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Judge drawn worlds, a row for each kind, number of people and share of mistaken mentions, in `folder`."""
    cells = {_name(world, people, error): (world, people, error) for people in plan.people for error in plan.errors for world in WORLDS}
    identity = {"draws": plan.draws, "told": plan.told, "plan": plan.plan.model_dump(mode="json")}
    tasks = [
        Task("worlds", name, 0, {**identity, "people": cells[name][1], "error": cells[name][2]}, _measuring(plan, *cells[name]))
        for name in wanted_arms(plan.arms, cells)
    ]
    outcome = run_tasks("needs-verdicts", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        f"Each row: {plan.draws} draws of a world whose truth is known; the share of mentions taken for another level is {'told' if plan.told else 'not told'}.",
        "Held: the 95 % interval of H holds the H of very many people of the same world.",
        "Brackets: 95 % over draws.",
    )
    return Bench.of("needs", command, outcome, _summary(outcome), data={"worlds": "planted"}, seeds=plan.draws, notes=notes)


def _name(world: World, people: int, error: float) -> str:
    return f"{world}, {people} people" + (f", {error:.0%} mistaken" if error else "")


def _measuring(plan: VerdictPlan, world: World, people: int, error: float) -> Callable[[], Measured]:
    def measure() -> Measured:
        large = [planted(world, MANY, 1_000_000 + number, error=error).mentions > 0 for number in range(TIMES)]
        truth = float(np.mean([sums(pair_shares(one, np.ones(MANY))).whole for one in large]))
        rows = []
        for seed in range(plan.draws):
            drawn = planted(world, people, seed, error=error)
            found = judge(drawn.mentions > 0, drawn.posts, plan.plan, uniform(drawn.mentions.shape[1], error) if plan.told else None)
            scale = scalability(drawn.mentions > 0)
            low, high = interval(scale.whole, scale.whole_se, people, drawn.mentions.shape[1], plan.plan.confidence) or (np.nan, np.nan)
            right, untold = found.verdict == TRUTH[world], found.verdict == UNTOLD
            rows.append((seed, float(right), float(not right and not untold), float(untold), float(low <= truth <= high), float(found.verdict == "cumulative")))
        columns = (Columns.POSITION, RIGHT, WRONG, UNTOLD, HELD, "cumulative")
        values = pl.DataFrame(rows, schema=columns, orient="row")
        return Measured({**{name: float(values[name].mean()) for name in columns[1:]}, "H": truth}, values)  # pyrefly: ignore

    return measure


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    table = []
    for (_, arm), (row,) in by_arm(outcome).items():
        line: dict[str, Any] = {"name": arm, "draws": len(row.values())}
        for name in (RIGHT, WRONG, UNTOLD, HELD):
            spread = bootstrap_mean(row.values()[name].to_numpy(), generator(0, "verdicts", arm, name), rounds=ROUNDS)
            line |= {name: spread.mean, f"{name}_lo": spread.low, f"{name}_hi": spread.high}
        table.append({**line, "called cumulative": row.metrics["cumulative"], "H": row.metrics["H"], "cpu_s": row.metrics["cpu_s"]})
    return tuple(table)
