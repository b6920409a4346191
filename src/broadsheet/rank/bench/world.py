"""The bench of the fictional world: what is planted there is asked for, and each arm lacks what one of the truths needs."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch

from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.corpus import Corpus
from broadsheet.core.metrics import bootstrap_mean
from broadsheet.core.modality import Content
from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.core.train.checkpoint import run_hash
from broadsheet.rank.batches import Log, kept
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.fit import Asks, fit_model
from broadsheet.rank.recipes import RECIPES

# What each truth is called where it is asked for, how many candidates there are, and which arm lacks what it needs.
TRUTHS: Mapping[str, tuple[int, str]] = {"figure": (4, "no image"), "order": (2, "mean of items"), "deep": (4, "last 39"), "cold": (6, "ids alone")}
SHORT = 39
HIT = "hit"
WORLD = RankerConfig.model_validate(RECIPES["crowd"])
ARMS: Mapping[str, Mapping[str, Any]] = {
    "Speeder": {},
    "no image": {},
    "no text": {},
    "mean of items": {"backbone": "mean", "places": False, "gaps": False, "proxy": 0.0, "taste": None},
    "last 39": {"longest": SHORT},
    "no proxies": {"proxy": 0.0},
    "ids alone": {},
}
WITHOUT = {"no image": {"image"}, "no text": {"text"}, "ids alone": {"image", "text"}}


class Known(NamedTuple):
    """A world as it is benched: items and their vectors, what readers opened but the last, when, and what they passed over; and the last choice of each."""

    ids: tuple[str, ...]
    contents: Mapping[str, Content]
    histories: list[np.ndarray]
    times: list[np.ndarray]
    passed: Ragged
    probes: pl.DataFrame


class WorldPlan(NamedTuple):
    """What is measured: the world (`known`, by name), arms, seeds, the model."""

    name: str
    known: Callable[[], Known]
    seeds: int = 3
    arms: tuple[str, ...] = tuple(ARMS)
    budget_minutes: float | None = None
    config: RankerConfig = WORLD


def bench_world(plan: WorldPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Fit every arm, and let it choose among what each reader was shown last, row by row in `folder`."""
    known = cache(plan.known)
    tasks = []
    for seed in range(plan.seeds):
        for arm in wanted_arms(plan.arms, ARMS):
            identity = {"config": plan.config.model_dump(mode="json"), "world": plan.name}
            tasks.append(Task(plan.name, arm, seed, identity, _measuring(plan, known, arm, seed, folder, progress)))
    outcome = run_tasks("rank-world", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        "Accuracy among what was shown last to each reader, who had nothing of it in training: figure 4, order 2, deep 4, cold 6 candidates.",
        "Chance is .25, .5, .25 and .167; readers follow the truth but for 2 of 100. Brackets: 95 % over readers.",
    )
    return Bench.of("rank-world", command, outcome, _summary(outcome), data={"world": plan.name}, seeds=plan.seeds, notes=notes)


def _measuring(plan: WorldPlan, known: Callable[[], Known], arm: str, seed: int, folder: Path, progress: Progress) -> Callable[[], Measured]:
    def measure() -> Measured:
        held = known()
        config = plan.config.model_copy(update=dict(ARMS[arm]))
        contents = {name: of for name, of in held.contents.items() if name not in WITHOUT.get(arm, set())}
        log = Log(Ragged.of(held.histories), np.concatenate(held.times), held.passed)
        asked = held.probes.filter(pl.col(Columns.TRUTH).is_in(list(TRUTHS)))
        some = np.arange(0, len(held.histories), max(1, len(held.histories) // 500))
        watched = Asks([held.histories[row][:-1] for row in some], np.array([held.histories[row][-1] for row in some]), [held.times[row][:-1] for row in some])
        identity = {"arm": arm, "config": config.model_dump(mode="json"), "world": plan.name}
        checkpoints = folder / "checkpoints" / f"rank-world-{seed}-{run_hash(identity)[:12]}"
        fitted = fit_model(config, Corpus(held.ids, {}, contents), log, watched, seed=seed, folder=checkpoints, identity=identity, progress=progress)
        values = _asked(fitted.model, held, asked)
        means = {name: float(values.filter(pl.col(Columns.TRUTH) == name)[HIT].to_numpy().mean()) for name in TRUTHS}
        facts = {**means, "train_cpu_s": float(fitted.table["cpu_s"].sum()), **{f"proxy {name}": value for name, value in fitted.proxies.items()}}
        return Measured(facts, values, {"model": fitted.model.reader.name})

    return measure


def _asked(model: Any, held: Known, probes: pl.DataFrame) -> pl.DataFrame:
    """Return for each probe whether the model chose as the reader did, ties by their share."""
    row = {item: number for number, item in enumerate(held.ids)}
    told, found = probes.to_dicts(), []
    with torch.inference_mode():
        vectors, outputs = model.table()
        cut, times = [], []
        for probe in told:
            before = slice(probe[Columns.POSITION] - kept(probe[Columns.POSITION], model.config.longest), probe[Columns.POSITION])
            cut.append(held.histories[probe["reader"]][before])
            times.append(held.times[probe["reader"]][before])
        for probe, state in zip(told, model.read(cut, times, vectors), strict=True):
            # Equal items have equal scores, which a product of matrices need not give them.
            scores = np.einsum("rd,d->r", outputs[[row[item] for item in probe[Columns.CANDIDATES]]].numpy(), state.numpy(), dtype=np.float64)
            best = scores == scores.max()
            found.append(float(best[probe[Columns.CANDIDATES].index(probe[Columns.ANSWER])] / best.sum()))
    return pl.DataFrame({Columns.USER: [probe["reader"] for probe in told], Columns.TRUTH: [probe[Columns.TRUTH] for probe in told], HIT: found})


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    table = []
    for (data, arm), rows in by_arm(outcome).items():
        line: dict[str, Any] = {"name": f"{data}: {arm}", "runs": len(rows), "model": rows[0].artifact.manifest.models["model"]}
        for truth in TRUTHS:
            each = [row.values().filter(pl.col(Columns.TRUTH) == truth).sort(Columns.USER)[HIT].to_numpy() for row in rows]
            interval = bootstrap_mean(np.mean(each, axis=0), generator(0, "rank-world", arm, truth), rounds=2000)
            line |= {truth: interval.mean, f"{truth}_lo": interval.low, f"{truth}_hi": interval.high}
        told = [name for name in rows[0].metrics if name not in line and name not in {"wall_s", "load"}]
        table.append(line | {name: float(np.mean([row.metrics[name] for row in rows if name in row.metrics])) for name in told})
    return tuple(table)
