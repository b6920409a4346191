"""The bench of real readers' libraries: papers taken out of them, met before (warm) or by nobody (cold), are to be found again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.baselines import BM25, ease, interactions, item_neighbours, popularity
from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.corpus import Corpus
from broadsheet.core.metrics import bootstrap_mean
from broadsheet.core.modality import Content
from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.core.train.checkpoint import run_hash
from broadsheet.rank.batches import Log
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.fit import Asks, fit_model
from broadsheet.rank.recipes import RECIPES
from broadsheet.sources.citeulike import Libraries, read_libraries

FILES = ("users.dat", "item-tag.dat", "tags.dat")
# Of each library a fifth is taken out in the warm half; of all papers a fifth in the cold one.
SHARE, CUT, ROUNDS = 0.2, 20, 2000
ARMS = {
    "warm": ("popularity", "tags", "ItemKNN", "EASE", "Speeder", "Speeder, no text"),
    "cold": ("popularity", "tags", "Speeder"),
}
LIBRARIES = RankerConfig.model_validate(RECIPES["libraries"])


class CiteulikePlan(NamedTuple):
    """What is measured: the folder, seeds of the model, `contents` of the papers' tags, the model."""

    folder: Path
    contents: Callable[[Sequence[str], Sequence[str]], Mapping[str, Content]]
    seeds: int = 3
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None
    config: RankerConfig = LIBRARIES


class Taken(NamedTuple):
    """Libraries that are left, what was taken out of each, and which papers are asked among (all, if None)."""

    left: Ragged
    out: list[np.ndarray]
    among: np.ndarray | None


def take_out(libraries: Ragged, items: int, half: str) -> Taken:
    """Take a fifth of each library of five or more, or all of a fifth of the papers, by a draw that no seed of a model changes.

    >>> take_out(Ragged.of([[0, 1, 2, 3, 4]]), 5, "warm").left.lengths.tolist()
    [4]
    """
    rng = generator(0, "citeulike", half)
    if half == "cold":
        away = np.zeros(items, dtype=bool)
        away[rng.permutation(items)[: round(SHARE * items)]] = True
        return Taken(Ragged.of(row[~away[row]] for row in libraries), [row[away[row]] for row in libraries], np.flatnonzero(away))
    left, out = [], []
    for row in libraries:
        mixed = rng.permutation(row)
        count = round(SHARE * len(row)) if len(row) >= round(1 / SHARE) else 0
        left.append(mixed[count:])
        out.append(mixed[:count])
    return Taken(Ragged.of(left), out, None)


def bench_citeulike(plan: CiteulikePlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Take papers out of libraries and look for them, row by row in `folder`."""
    read = cache(lambda: read_libraries(plan.folder))
    contents = cache(lambda: plan.contents(read().items, read().texts))
    digest = hash_files([plan.folder / name for name in FILES])
    known = [f"{half}: {arm}" for half, arms in ARMS.items() for arm in arms]
    tasks = []
    for name in wanted_arms(plan.arms, known):
        half, _, arm = name.partition(": ")
        learnt = arm.startswith("Speeder")
        for seed in range(plan.seeds if learnt else 1):
            identity = {"data": digest, **({"config": plan.config.model_dump(mode="json")} if learnt else {})}
            tasks.append(Task(half, arm, seed, identity, _measuring(plan, read, contents, half, arm, seed, folder, progress)))
    outcome = run_tasks("rank-citeulike", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        "Warm: a fifth of each library of five papers or more is taken out, and sought among all papers that are not left in it.",
        "Cold: a fifth of all papers is taken out of all libraries and of training, and sought among themselves.",
        f"Recall@{CUT} is the share of what was taken out of a library, nDCG@{CUT} beside it. Brackets: 95 % over readers.",
        "Libraries have no order: the model reads them in an order drawn anew each time.",
    )
    return Bench.of("rank-citeulike", command, outcome, _summary(outcome), data={"citeulike-a": digest}, seeds=plan.seeds, notes=notes)


def _measuring(
    plan: CiteulikePlan,
    read: Callable[[], Libraries],
    contents: Callable[[], Mapping[str, Content]],
    half: str,
    arm: str,
    seed: int,
    folder: Path,
    progress: Progress,
) -> Callable[[], Measured]:
    def measure() -> Measured:
        held = read()
        taken = take_out(held.libraries, len(held.texts), half)
        asked = [number for number, out in enumerate(taken.out) if len(out) and len(taken.left.row(number))]
        rows = [taken.left.row(number) for number in asked]
        facts: dict[str, float] = {}
        model = arm
        if arm.startswith("Speeder"):
            config = plan.config
            known = {} if arm.endswith("no text") else contents()
            identity = {"half": half, "arm": arm, "config": config.model_dump(mode="json")}
            checkpoints = folder / "checkpoints" / f"rank-citeulike-{seed}-{run_hash(identity)[:12]}"
            nobody = Asks([], np.zeros(0, dtype=np.int64))
            fitted = fit_model(
                config, Corpus(held.items, {}, known), Log(taken.left), nobody, seed=seed, folder=checkpoints, identity=identity, progress=progress
            )
            blocks = fitted.model.scores([row[-config.longest :] for row in rows])
            facts, model = {"train_cpu_s": float(fitted.table["cpu_s"].sum())}, fitted.model.reader.name
        else:
            blocks = _cheap(arm, taken.left, held, rows)
        found = _found(blocks, rows, [taken.out[number] for number in asked], taken.among)
        values = pl.DataFrame({Columns.USER: asked, "recall": found[0], "ndcg": found[1]})
        return Measured({f"recall@{CUT}": float(found[0].mean()), f"ndcg@{CUT}": float(found[1].mean()), **facts}, values, {"model": model})

    return measure


def _cheap(arm: str, left: Ragged, held: Libraries, rows: Sequence[np.ndarray], size: int = 256) -> Iterator[np.ndarray]:
    """Yield scores of all papers `[B, N]`, a block of readers at a time."""
    count = len(held.texts)
    words = BM25([text or "nothing" for text in held.texts]) if arm == "tags" else None
    near: Any = item_neighbours(left, count, most=1000, shrink=0.0) if arm == "ItemKNN" else ease(left, count) if arm == "EASE" else None
    counts = popularity(left, count)
    for start in range(0, len(rows), size):
        block: Any = interactions(Ragged.of(rows[start : start + size]), count)
        if words is not None:
            yield words.of_texts(block)
        elif near is None:
            yield np.tile(counts, (block.shape[0], 1))
        else:
            yield (block @ near).toarray() if arm == "ItemKNN" else block.astype(np.float32) @ near


def _found(blocks: Iterator[np.ndarray], rows: Sequence[np.ndarray], out: Sequence[np.ndarray], among: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return recall and nDCG of each reader; equal scores in an order drawn once, so that a constant scorer gets what chance gets."""
    recall, ndcg, start = [], [], 0
    mixed: np.ndarray | None = None
    for scores in blocks:
        if mixed is None:
            mixed = generator(0, "ties").permutation(scores.shape[1])
        allowed = np.zeros(scores.shape[1], dtype=bool)
        allowed[among if among is not None else slice(None)] = True
        for row in scores:
            line = np.where(allowed, row.astype(np.float64), -np.inf)
            line[rows[start]] = -np.inf
            order = mixed[np.argsort(-line[mixed], kind="stable")[:CUT]]
            hits = np.isin(order, out[start])
            gains = 1 / np.log2(np.arange(CUT) + 2)
            recall.append(hits.sum() / len(out[start]))
            ndcg.append((gains * hits).sum() / gains[: len(out[start])].sum())
            start += 1
    return np.array(recall), np.array(ndcg)


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    table = []
    for (half, arm), rows in by_arm(outcome).items():
        line: dict[str, Any] = {"name": f"{half}: {arm}", "runs": len(rows), "model": rows[0].artifact.manifest.models["model"]}
        for name in ("recall", "ndcg"):
            values = np.mean([row.values().sort(Columns.USER)[name].to_numpy() for row in rows], axis=0)
            interval = bootstrap_mean(values, generator(0, "citeulike", half, arm, name), rounds=ROUNDS)
            line |= {f"{name}@{CUT}": interval.mean, f"{name}@{CUT}_lo": interval.low, f"{name}@{CUT}_hi": interval.high}
        line["cpu_s"] = float(np.mean([row.metrics["cpu_s"] for row in rows]))
        table.append(line)
    return tuple(table)
