"""Whether public logs tell that interest tires, beside made ones in which it does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.bench import Bench, Measured, Outcome, Task, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.home import data_path
from broadsheet.core.progress import Progress, silent
from broadsheet.plan.datasets.asked import asked_of_books, asked_of_films, asked_of_plant
from broadsheet.plan.datasets.books import CATEGORIES, SEQUENCES
from broadsheet.plan.datasets.ml100k import ratings_file
from broadsheet.plan.models.fatigue import ROUNDS, Asked, fatigue_identified, tied

NAME, ARM = "plan-identified", "recent share of the same category"
LOST = 0.5
"""What is taken from a rating where tiring is planted, by a full recent share."""

Read = Callable[[], tuple[Asked, NDArray[np.bool_]]]


class IdentifiedPlan(NamedTuple):
    """Which logs are asked: folders of films and of books, None for one that is not; the made ones always are. `arms` are names of logs, all if none is named."""

    films: Path | None = None
    books: Path | None = None
    rounds: int = ROUNDS
    seed: int = 0
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None


def bench_fatigue(plan: IdentifiedPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Regress liking on recent exposure in each of the logs, row by row in `folder`. Raises SourceNotFoundError where a folder lacks its data."""
    sources: dict[str, tuple[str, Read]] = {f"planted (-{LOST:g})": (f"made with {LOST:g}", lambda: asked_of_plant(LOST, seed=plan.seed))}
    if plan.films is not None:
        films = plan.films
        sources["ml100k"] = (hash_files([ratings_file(films), ratings_file(films).with_suffix(".item")]), lambda: asked_of_films(films))
    if plan.books is not None:
        books = plan.books
        sources["books"] = (hash_files([data_path(books) / name for name in (SEQUENCES, CATEGORIES)]), lambda: asked_of_books(books, plan.seed))
    tasks = [
        Task(name, ARM, plan.seed, {"data": sources[name][0], "rounds": plan.rounds}, _measuring(plan, sources[name][1]))
        for name in wanted_arms(plan.arms, sources)
    ]
    outcome = run_tasks(NAME, tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        "Slope of a value (stars; books: 1 for one that came, 0 for one drawn by popularity) by the share of the last five with a category of the item, less means of items and users.",
        "Shuffled: the same events of each user in random order, a placebo. Tiring would be a difference below zero. Brackets: 95 %, bootstrap over users.",
        "Tied: share of events in the same second as the one before, whose order says nothing.",
        *(f"Not asked, for there is no folder of its data: {name}." for name, folder in (("ml100k", plan.films), ("books", plan.books)) if folder is None),
    )
    return Bench.of(NAME, command, outcome, _summary(outcome), data={name: data for name, (data, _) in sources.items()}, seeds=1, notes=notes)


def _measuring(plan: IdentifiedPlan, read: Read) -> Callable[[], Measured]:
    def measure() -> Measured:
        asked, member = read()
        effects = fatigue_identified(asked, member, seed=plan.seed, rounds=plan.rounds)
        metrics = {"users": float(effects[0].users), "events": float(effects[0].asked)}
        if asked.times is not None:
            metrics["tied"] = tied(asked)
        return Measured(metrics, pl.DataFrame([effect._asdict() for effect in effects]))

    return measure


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    table = []
    for row in outcome.rows:
        for effect in row.values().iter_rows(named=True):
            line = {"name": f"{row.data}, within {effect['held']}: {effect['order']}"}
            table.append({**line, "slope": effect["slope"], "slope_lo": effect["low"], "slope_hi": effect["high"], **row.metrics})
    return tuple(table)
