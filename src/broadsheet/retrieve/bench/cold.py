"""Items that came after the training: hidden from it altogether, inserted by what is said of them, and asked for."""

import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

from broadsheet.core.baselines import popularity, recent
from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, run_tasks
from broadsheet.core.bench.provenance import by_name, hash_files
from broadsheet.core.corpus import Corpus
from broadsheet.core.errors import RecordError
from broadsheet.core.metrics import bootstrap_mean, by_rank
from broadsheet.core.modality import Attributes
from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.retrieve.decoding import Filter
from broadsheet.retrieve.fit import RetrieverConfig, asks, fit_model, gather, list_ranks, weigh
from broadsheet.retrieve.fusion import Fusion
from broadsheet.retrieve.living import LiveIndex, Newcomer
from broadsheet.retrieve.model.requests import Requests
from broadsheet.retrieve.pretrain import Asks, ranked, ranks, score_blocks
from broadsheet.sources.interactions import Interactions, files_of, read_interactions
from broadsheet.sources.leave_one_out import Held, leave_one_out

ARMS = ("popularity", "content kNN", "dense", "generative", "hybrid")
LEARNT = ("dense", "generative", "hybrid")
# Ranked among all items, and among those alone that came after the training.
POOLS = ("all", "new")


class ColdPlan(NamedTuple):
    """What is measured: folders of sequences, the share of items hidden from training, seeds, the model."""

    folders: tuple[Path, ...]
    share: float = 0.1
    seeds: int = 3
    arms: tuple[str, ...] = ARMS
    budget_minutes: float | None = None
    config: RetrieverConfig = RetrieverConfig()


class Hidden(NamedTuple):
    """Items by number, those kept first and in the order of `kept` `[N]`; what is trained on and chosen by, and what is asked: new items alone."""

    kept: np.ndarray
    warm: int
    train: Ragged
    validation: Held
    test: Held


class _Answering(NamedTuple):
    live: LiveIndex
    fusion: Fusion
    seconds: float


def hide_items(read: Interactions, share: float, seed: int) -> Hidden:
    """Hide a share of the items from sequences and number the items anew, the hidden ones last.

    Training and validation never see one, in histories or as targets; tests are the users whose last item is hidden, with all that
    they had before. Raises RecordError where nobody is left to ask.
    """
    order = generator(seed, "cold").permutation(len(read.items))
    away = np.zeros(len(read.items), dtype=bool)
    away[order[: round(share * len(order))]] = True
    kept = np.concatenate([np.flatnonzero(~away), np.flatnonzero(away)])
    number = np.empty(len(kept), dtype=np.int64)
    number[kept] = np.arange(len(kept))
    warm = int((~away).sum())
    split = leave_one_out(Ragged.of(number[row] for row in read.sequences))
    train = Ragged.of(row[row < warm] for row in split.train)
    known = [(row[row < warm], target) for row, target in zip(split.validation.histories, split.validation.targets, strict=True) if target < warm]
    asked = [(row, target) for row, target in zip(split.test.histories, split.test.targets, strict=True) if target >= warm]
    if not asked:
        raise RecordError("No user's last item is among those hidden.", "Give more sequences, or hide a greater share.")
    return Hidden(kept, warm, train, _held(known), _held(asked))


def _held(rows: list[tuple[np.ndarray, Any]]) -> Held:
    return Held(Ragged.of(row for row, _ in rows), np.array([target for _, target in rows], dtype=np.int64))


def bench_cold(plan: ColdPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Fit without the hidden items, insert them, and ask for them, row by row in `folder`."""
    tasks: list[Task] = []
    named = by_name(plan.folders)
    for name, source in named.items():
        tasks += _tasks(plan, name, source, progress)
    outcome = run_tasks("retrieve-cold", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        f"{plan.share:.0%} of the items are hidden from all training, and inserted afterwards by what is said of them; asked are users whose last item is one.",
        "R@20 and N@20 among all items, and among the new ones alone; items that a user has had are removed. Brackets: 95 % over users.",
    )
    data = {name: hash_files(files_of(source)) for name, source in named.items()}
    return Bench.of("retrieve-cold", command, outcome, _summary(outcome), data=data, seeds=plan.seeds, notes=notes)


def _tasks(plan: ColdPlan, name: str, source: Path, progress: Progress) -> list[Task]:
    read = cache(lambda: read_interactions(source))
    hidden = cache(lambda seed: hide_items(read(), plan.share, seed))

    @cache
    def answering(seed: int) -> _Answering:
        return _answering(read(), hidden(seed), plan.config, seed, progress)

    found = []
    for seed in range(plan.seeds):
        for arm in plan.arms:
            identity = {"data": hash_files(files_of(source)), "share": plan.share, **({"config": plan.config.model_dump(mode="json")} if arm in LEARNT else {})}
            found.append(Task(name, arm, seed, identity, _measuring(arm, seed, read, hidden, answering, plan.config)))
    return found


def _answering(read: Interactions, hidden: Hidden, config: RetrieverConfig, seed: int, progress: Progress) -> _Answering:
    """Fit on the items that are kept, then insert the others one by one."""
    tables = {name: _ordered(said, hidden.kept) for name, said in read.attributes.items()}
    warm = {name: _first(said, hidden.warm) for name, said in tables.items()}
    corpus = Corpus(tuple(read.items[row] for row in hidden.kept[: hidden.warm]), warm, {})
    fitted = fit_model(config, corpus, hidden.train, asks(hidden.validation), seed=seed, progress=progress)
    fusion = weigh(fitted.index, asks(hidden.validation), config, seed, progress)["hybrid"]
    live = LiveIndex(fitted.index)
    began = time.perf_counter()
    for row in range(hidden.warm, len(hidden.kept)):
        live.insert(Newcomer({name: said.rows.row(row).tolist() for name, said in tables.items()}, {}))
    return _Answering(live, fusion, (time.perf_counter() - began) / max(1, len(hidden.kept) - hidden.warm))


def _ordered(said: Attributes, order: np.ndarray) -> Attributes:
    return Attributes(said.names, Ragged.of(said.rows.row(int(row)) for row in order))


def _first(said: Attributes, count: int) -> Attributes:
    return Attributes(said.names, Ragged.of(said.rows.row(row) for row in range(count)))


def _measuring(
    arm: str,
    seed: int,
    read: Callable[[], Interactions],
    hidden: Callable[[int], Hidden],
    answering: Callable[[int], _Answering],
    config: RetrieverConfig,
) -> Callable[[], Measured]:
    def measure() -> Measured:
        given = hidden(seed)
        test = asks(given.test)
        if arm in LEARNT:
            made = answering(seed)
            found = _learnt(arm, made, given, test, config)
            return _measured(found, {"insert_s": made.seconds})
        return _measured(_cheap(arm, read(), given, test), {})

    return measure


def _narrow(given: Hidden, test: Asks) -> Asks:
    """Return the same requests with all but the new items hidden."""
    others = np.arange(given.warm)
    return test._replace(hidden=[np.concatenate([others, row]) for row in test.hidden or ()])


def _learnt(arm: str, made: _Answering, given: Hidden, test: Asks, config: RetrieverConfig) -> dict[str, np.ndarray]:
    index = made.live.index
    if arm == "dense":
        return {"all": ranks(index.model, test), "new": ranks(index.model, _narrow(given, test))}
    found = {}
    for pool in POOLS:
        allowed = Filter(np.arange(given.warm, len(given.kept))) if pool == "new" else None
        answered = gather(index, test, config, allowed=allowed)
        lists = answered.beams if arm == "generative" else made.fusion.ranked(answered.candidates)
        found[pool] = list_ranks(lists, test.targets)
    return found


def _cheap(arm: str, read: Interactions, given: Hidden, test: Asks) -> dict[str, np.ndarray]:
    """Return ranks of a baseline among all items, and among the new ones."""
    score = _scored(arm, read, given)
    return {pool: ranked(score_blocks(score, test.requests), asked) for pool, asked in (("all", test), ("new", _narrow(given, test)))}


def _scored(arm: str, read: Interactions, given: Hidden) -> Callable[[Requests], np.ndarray]:
    """Return popularity, or the nearness to what the user had last by rarity-weighted attributes, of all items for requests `[B, N]`."""
    count = len(given.kept)
    if arm == "popularity":
        known = popularity(given.train, count)
        return lambda asked: np.tile(known, (len(asked.asks), 1))
    said = sparse.csr_array(_weighted(read)[given.kept])
    near = sparse.csr_array(said.T)
    return lambda asked: (recent(asked.histories, count) @ said @ near).toarray()


def _weighted(read: Interactions) -> sparse.csr_array:
    """Return items' attributes `[N, A]` as unit rows, rare ones weighing more. Raises RecordError where nothing is said of the items."""
    if not read.attributes:
        raise RecordError(
            "Nothing is said of the items, so none can be known by it.", "Give items.tsv, items.jsonl or item2attributes.json beside the sequences."
        )
    tables = [
        sparse.csr_array((np.ones(len(of.rows.values)), of.rows.values, of.rows.begins), shape=(len(read.items), len(of.names)))
        for of in read.attributes.values()
    ]
    return sparse.csr_array(TfidfTransformer(smooth_idf=False).fit_transform(sparse.hstack(tables)))


def _measured(found: Mapping[str, np.ndarray], facts: Mapping[str, float]) -> Measured:
    values = pl.DataFrame({f"{Columns.RANK} {pool}": ranked.astype(np.float64) for pool, ranked in found.items()})
    means = {f"{name} {pool}": float(column.mean()) for pool, ranked in found.items() for name, column in by_rank(ranked, [20]).items()}
    return Measured({**means, **facts, "users": float(len(next(iter(found.values()))))}, values)


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    table = []
    for (data, arm), rows in by_arm(outcome).items():
        line: dict[str, Any] = {"name": f"{data}: {arm}", "runs": len(rows)}
        for pool in POOLS:
            joined = np.concatenate([row.values()[f"{Columns.RANK} {pool}"].to_numpy() for row in rows])
            for name, values in by_rank(joined, [20]).items():
                interval = bootstrap_mean(values, generator(0, "cold", data, arm, pool, name), rounds=2000)
                line |= {f"{name} {pool}": interval.mean, f"{name} {pool}_lo": interval.low, f"{name} {pool}_hi": interval.high}
        if "insert_s" in rows[0].metrics:
            line["insert_ms"] = 1000 * float(np.mean([row.metrics["insert_s"] for row in rows]))
        table.append(line)
    return tuple(table)
