"""The bench of the report: its tasks, and the one object they come to."""

from collections.abc import Callable, Collection, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.bench import Bench, Measured, Missing, Outcome, Task, run_tasks, wanted_arms
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.embeddings import embed_catalogue
from broadsheet.core.errors import NoPapersError
from broadsheet.core.home import artifact_folder
from broadsheet.core.metrics import evaluate_scores
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.report.authors import ALL_LISTS, AuthorDays, clusters
from broadsheet.report.bench.arms import ARMS, COMPARED, Arm
from broadsheet.report.bench.forward import Judged, content_hash, walk
from broadsheet.report.bench.summary import METRICS, summarise
from broadsheet.report.ranker.stream import Stream
from broadsheet.represent import MiniLMConfig, MiniLMEmbedder
from broadsheet.represent.linked import LinkedConfig
from broadsheet.sources import read_source


class Plan(NamedTuple):
    """What is to be measured: which papers, which labels of which list, how many seeds, within what time."""

    history: tuple[str, ...]
    days: tuple[str, ...] = ()
    announced_on: str = ALL_LISTS
    since: date | None = None
    until: date | None = None
    seeds: int = 3
    budget_minutes: float | None = None
    arms: tuple[str, ...] = COMPARED

    def only(self, names: Collection[str]) -> "Plan":
        """Keep the arms of these names, in the order of the table."""
        return self._replace(arms=wanted_arms(names, ARMS))

    def rows(self) -> list[tuple[str, int]]:
        """Return arm and seed of every row, those of the first seed first: a short budget sees every arm."""
        return [(name, seed) for seed in range(self.seeds) for name in self.arms if seed == 0 or ARMS[name].seeded]


class Setting(NamedTuple):
    """What is walked: papers, the first label and the last, and what makes the stream of them, with dense vectors or without."""

    days: AuthorDays
    since: date
    until: date
    stream: Callable[..., Stream]


def bench_report(plan: Plan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Measure every arm on every seed, row by row in `folder`, and sum up.

    Labels judged are those of `days`, or without them of `history`, from `since` to `until`; with none of
    the three, the last quarter of the history's. Everything announced strictly before a label may be learnt from.
    """
    setting = opened(plan, progress)
    tasks = [_task(plan, setting, name, seed, progress) for name, seed in plan.rows()]
    outcome = run_tasks("report", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    rows, facts = summarise(outcome.rows)
    data = {
        "list": plan.announced_on,
        "since": str(setting.since),
        "until": str(setting.until),
        "papers": len(setting.days.papers),
        "hash": content_hash(setting.days),
        **facts,
    }
    return Bench.of("report", command, outcome, rows, data=data, seeds=plan.seeds, notes=_notes(outcome))


def opened(plan: Plan, progress: Progress) -> Setting:
    """Read the papers of a plan, and find the labels that are judged. Raises NoPapersError where there is none, or no paper of the list."""
    history = read_source(list(plan.history)).announcements
    judged = read_source(list(plan.days)).announcements if plan.days else []
    days = AuthorDays([*history, *judged])
    labels = sorted({a.item.announced for a in judged if a.item.announced}) or days.days()
    if not judged and plan.since is None and plan.until is None:
        labels = labels[-max(1, len(labels) // 4) :]
    wanted = [d for d in labels if (plan.since is None or d >= plan.since) and (plan.until is None or d <= plan.until)]
    if not wanted:
        raise NoPapersError(f"No label from {plan.since or 'the first'} to {plan.until or 'the last'} is there.", f"There are {labels[0]} to {labels[-1]}.")
    if not any(days.candidates(d, plan.announced_on) for d in wanted):
        known = sorted({name for a in days.papers for name in a.lists})
        raise NoPapersError(f"No paper of these labels was on the list {plan.announced_on!r}.", f"Lists are: {', '.join(known)}, or all.")

    def vectors() -> np.ndarray:
        catalogue = Catalogue([a.item for a in days.papers])
        return embed_catalogue(MiniLMEmbedder(MiniLMConfig()), catalogue, artifact_folder(), progress).vectors

    @cache
    def stream(*, dense: bool) -> Stream:
        return Stream(days, vectors() if dense else None, announced_on=plan.announced_on)

    return Setting(days, wanted[0], wanted[-1], stream)


def _task(plan: Plan, setting: Setting, name: str, seed: int, progress: Progress) -> Task:
    arm = ARMS[name]
    config = {
        "list": plan.announced_on,
        "since": str(setting.since),
        "until": str(setting.until),
        "content": content_hash(setting.days),
        "metrics": list(METRICS),
        "links": LinkedConfig().model_dump(mode="json") if arm.links else None,
        **({"papers": arm.stages[0].config.model_dump(mode="json")} if arm.stages else {}),
    }

    def measure() -> Measured:
        stream = setting.stream(dense=arm.dense)
        stream.links = LinkedConfig() if arm.links else None
        stream.stages = arm.stages
        judged = list(walk(arm, stream, setting.since, setting.until, seed=seed, progress=named(progress, name)))
        values = values_of(judged)
        means = {metric: float(np.mean(values[metric].to_numpy())) for metric in METRICS}
        return Measured({**means, "user_days": float(len(judged))}, values, _models(arm))

    return Task(plan.announced_on, name, seed, config, measure)


def values_of(judged: Sequence[Judged]) -> pl.DataFrame:
    """Return one line a user-day: who and when, its cluster, metrics, and chances with what was taken."""
    if not judged:
        raise NoPapersError("No author of these labels has three papers before them.", "Give a longer --history, or later labels.")
    metrics = evaluate_scores([j.scores for j in judged], [j.taken for j in judged], METRICS)
    frame = pl.DataFrame({"label": [str(j.label) for j in judged], Columns.USER: [j.user for j in judged], "cluster": clusters([j.papers for j in judged])})
    lists = {"chances": [j.chances.tolist() for j in judged], "taken": [j.taken.tolist() for j in judged]}
    return frame.with_columns([pl.Series(name, values) for name, values in {**metrics, **lists}.items()])


def _models(arm: Arm) -> dict[str, str]:
    return {"dense": MiniLMEmbedder(MiniLMConfig()).model} if arm.dense else {}


def named(progress: Progress, name: str) -> Progress:
    """Return a progress that says of what it is one."""

    def told(step: str, done: int, total: int) -> None:
        progress(f"{name}: {step}", done, total)

    return told


def _notes(outcome: Outcome) -> tuple[str, ...]:
    absent: Sequence[Missing] = outcome.missing
    return (f"{len(absent)} rows are missing: run the same command again.",) if absent else ()
