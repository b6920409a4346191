"""The bench of LERL's rule of leaving: how long readers stay with policies that please nobody."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, over_seeds, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.progress import Progress, silent
from broadsheet.plan.bench.games import Played, play
from broadsheet.plan.bench.turned import MaskLast, Reordered, Same, first_of_each
from broadsheet.plan.coat.loops import Uniform
from broadsheet.plan.datasets.kuai import VIDEOS, read_kuairand
from broadsheet.plan.environment.published import lerl_game
from broadsheet.plan.environment.published.rules import SLATE
from broadsheet.plan.protocols import Agent

QUITS: tuple[Literal["position", "overlap"], ...] = ("position", "overlap")
"""Rules of leaving: the published one, and one that no order of a slate can fool."""
DRAWN = ("random", "random, permuted", "last categories masked", "last categories masked, permuted")
"""Arms that draw; the others are the same at every seed."""
ARMS = (*DRAWN, "the same slate", "the same slate, permuted", "the same slate, turned")
PERMUTED = ", permuted"
FEW = 1000
"""Sessions of arms that do not draw, and that are put in order: 720 orders are tried each."""
PUBLISHED = {
    "published: LERL": {"length": 17.238, "r_cum": 12.284, "r_each": 0.719},
    "published: PPO": {"length": 14.352},
    "published: DNaIR": {"r_cum": 9.824, "r_each": 0.720},
}
"""KuaiRand-Pure, from the paper's second table (arXiv 2601.19585)."""


class LerlPlan(NamedTuple):
    """What is measured: the folder of KuaiRand-Pure's features, seeds, sessions a seed of arms that draw, arms (all, if none is named)."""

    folder: Path
    seeds: int = 3
    sessions: int = 40_000
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None


def bench_lerl(plan: LerlPlan, rows: Path, command: str, progress: Progress = silent) -> Bench:
    """Play LERL's game and its position-free twin with every arm, row by row in the folder `rows`."""
    read = read_kuairand(plan.folder).first
    digest = hash_files([plan.folder / VIDEOS])
    tasks = []
    for arm in wanted_arms(plan.arms, ARMS):
        drawn = arm in DRAWN
        sessions = plan.sessions if arm == "random" else min(plan.sessions, FEW * (10 if drawn else 1))
        for quit_ in QUITS:
            tasks += [
                Task(quit_, arm, seed, {"data": digest, "sessions": sessions}, _measuring(read, arm, quit_, seed, sessions))
                for seed in range(plan.seeds if drawn else 1)
            ]
    outcome = run_tasks("plan-lerl", tasks, rows, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        "This game is won without a reader being pleased: `length` is a count of categories that stand where they stood, and a slate turned by a place keeps everybody to the end.",
        "Any policy's slates can be put in such an order (`permuted`), which changes nothing of what is shown. `length, any place` asks for a category that",
        "two slates running share, wherever it stands: there order is worth nothing, and masking the last categories, which is one line, is worth everything.",
        f"Published figures are of {len(read)} items with the paper's own clicks, which are not to be had: ours have no reward. The paper has neither random, nor masked, nor turned slates.",
        f"With every slate turned, DNaIR's reward a round, .720, would come to {0.720 * 20:.1f} in 20 rounds: arithmetic, not a run.",
        f"overlap: mean Jaccard of the items of two sessions; categories: different ones a session. Brackets: the least and the greatest of {plan.seeds} seeds.",
    )
    return Bench.of("plan-lerl", command, outcome, _summary(outcome), data={"kuairand-pure features": digest}, seeds=plan.seeds, notes=notes)


def arm_of(name: str, category: NDArray[np.int32]) -> Agent:
    """Return the agent of an arm."""
    base = name.removesuffix(PERMUTED)
    agent: Agent
    if base.startswith("the same slate"):
        agent = Same(first_of_each(category, SLATE), turned=base.endswith("turned"))
    else:
        agent = Uniform(len(category), SLATE) if base == "random" else MaskLast(category, SLATE)
    return Reordered(agent, category, SLATE) if name.endswith(PERMUTED) else agent


def _measuring(category: NDArray[np.int32], arm: str, quit_: Literal["position", "overlap"], seed: int, sessions: int) -> Callable[[], Measured]:
    def measure() -> Measured:
        game = lerl_game(category, sessions, quit=quit_)
        played = play(game, arm_of(arm, category), np.zeros(sessions, dtype=np.int64), seed)
        return Measured(_figures(played, category), None, {"model": arm})

    return measure


def _figures(played: Played, category: NDArray[np.int32]) -> dict[str, float]:
    found = played.figures(len(category))
    shown = played.shown.reshape(len(played.shown), -1)[:FEW]
    categories = [len(np.unique(category[row[row >= 0]])) for row in shown]
    return {"length": found["length"], "item_coverage": found["item_coverage"], "overlap": found["overlap"], "categories": float(np.mean(categories))}


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    arms = by_arm(outcome)
    table: list[dict[str, Any]] = []
    for arm in ARMS:
        line: dict[str, Any] = {"name": arm}
        for quit_ in QUITS:
            if (quit_, arm) not in arms:
                continue
            found = over_seeds(arms[quit_, arm], ("length",))
            if quit_ == "position":
                line |= {key: found[key] for key in ("length", "length_lo", "length_hi", "item_coverage", "overlap", "categories", "runs", "cpu_s")}
            else:
                line |= {key.replace("length", "length, any place"): found[key] for key in ("length", "length_lo", "length_hi")}
        if len(line) > 1:
            table.append(line)
    return (*table, *({"name": name, **figures} for name, figures in PUBLISHED.items()))
