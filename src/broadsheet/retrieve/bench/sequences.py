"""The bench of sequences: leave-one-out, the whole catalogue ranked, cheap baselines in the same table."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.backbones.trunk import Trunk
from broadsheet.core.baselines import BM25, cooccurrence, popularity, recent
from broadsheet.core.bench import Bench, Measured, Outcome, Task, run_tasks
from broadsheet.core.bench.provenance import by_name, hash_files
from broadsheet.core.corpus import Corpus
from broadsheet.core.metrics import bootstrap_mean, by_rank, mean_by_rank, paired_permutation
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.core.train.checkpoint import run_hash
from broadsheet.retrieve.fit import WATCHED, Fitted, Retrieved, RetrieverConfig, asks, fit_model, gather, list_ranks, roles_of, some, weigh, within
from broadsheet.retrieve.fusion import Fusion
from broadsheet.retrieve.model.batches import Sampler
from broadsheet.retrieve.model.items import ItemTable
from broadsheet.retrieve.model.requests import Requests
from broadsheet.retrieve.model.search import SearchModel
from broadsheet.retrieve.plan import towers_plan
from broadsheet.retrieve.pretrain import pretrain, ranked, ranks, score_blocks
from broadsheet.sources.interactions import Interactions, files_of, read_interactions
from broadsheet.sources.leave_one_out import Split, leave_one_out

LEARNT = ("sequence dense", "generative", "hybrid", "hybrid+cooc")
TOWERS = ("two-tower joint", "two-tower staged")
CHEAP = ("popularity", "BM25", "co-occurrence")
ARMS = (*CHEAP, *TOWERS, *LEARNT)
RIVALS = ("sequence dense", "generative", "co-occurrence")
ROUNDS = 2000


class SequencesPlan(NamedTuple):
    """What is measured: folders of sequences, arms, seeds, the model; `keep_seen` also ranks what a user has had, `seconds` bound the training of a seed."""

    folders: tuple[Path, ...]
    seeds: int = 3
    arms: tuple[str, ...] = ARMS
    keep_seen: bool = False
    seconds: float | None = None
    budget_minutes: float | None = None
    config: RetrieverConfig = RetrieverConfig()


class _Set(NamedTuple):
    read: Interactions
    split: Split

    @property
    def corpus(self) -> Corpus:
        return Corpus(self.read.items, self.read.attributes, {})


def bench_sequences(plan: SequencesPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Fit and test every arm on every folder, row by row in `folder`; arms of one seed share one model."""
    named = by_name(plan.folders)
    tasks: list[Task] = []
    facts: list[str] = []
    for name, source in named.items():
        found, told = _tasks(plan, name, source, folder, progress)
        tasks += found
        facts += told
    outcome = run_tasks("retrieve", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    data = {name: hash_files(files_of(source)) for name, source in named.items()}
    seen = "kept" if plan.keep_seen else "removed"
    notes = (
        f"Leave-one-out, all items ranked, ties by the mean, in lists of candidates by their order; items that a user has had are {seen}.",
        *facts,
        "Models train for a fixed number of epochs; weights of the fusion are learnt on validation items. BM25: the last six items' words as the query.",
        "Brackets: 95 % over users; p: paired, over users, against the best part of the hybrid.",
    )
    return Bench.of("retrieve", command, outcome, _summary(outcome), data={**data, "seen": seen}, seeds=plan.seeds, notes=notes)


def _tasks(plan: SequencesPlan, name: str, source: Path, folder: Path, progress: Progress) -> tuple[list[Task], list[str]]:
    """Return the tasks of one folder, and what should be known of it."""

    @cache
    def read() -> _Set:
        found = read_interactions(source)
        return _Set(found, leave_one_out(found.sequences))

    identity = {"data": hash_files(files_of(source)), "config": plan.config.model_dump(mode="json"), "seconds": plan.seconds}

    @cache
    def trained(seed: int) -> Fitted:
        held = read()
        checkpoints = folder / "checkpoints" / f"{name}-{seed}-{run_hash(identity)[:12]}"
        # What is chosen by validation is chosen the same way however the test is counted.
        fitted = fit_model(
            plan.config,
            held.corpus,
            held.split.train,
            asks(held.split.validation),
            seed=seed,
            seconds=plan.seconds,
            folder=checkpoints,
            identity=identity,
            progress=progress,
        )
        near = cooccurrence(held.split.train, len(held.read.items))
        return fitted._replace(index=fitted.index._replace(near=near))

    @cache
    def answered(seed: int) -> tuple[Retrieved, dict[str, Fusion]]:
        index, split = trained(seed).index, read().split
        weights = weigh(index, asks(split.validation, keep_seen=plan.keep_seen), plan.config, seed, progress)
        return gather(index, asks(split.test, keep_seen=plan.keep_seen), plan.config, progress), weights

    arms, facts = plan.arms, []
    if not read().read.attributes and not any(read().read.texts):
        arms = tuple(arm for arm in arms if arm != "BM25")
        facts.append(f"{name}: nothing is said of the items, so there is no row of BM25.")
    test = read().split.test
    again = np.mean([target in history for history, target in zip(test.histories, test.targets, strict=True)])
    if again and not plan.keep_seen:
        facts.append(f"{name}: {again:.1%} of the users had their last item before; it is removed with the others, so no row finds it.")
    tasks = []
    for seed in range(plan.seeds):
        for arm in arms:
            if arm not in CHEAP or seed == 0:
                config = {"data": identity["data"], "keep_seen": plan.keep_seen} if arm in CHEAP else {**identity, "keep_seen": plan.keep_seen}
                tasks.append(Task(name, arm, seed, config, _measuring(arm, seed, plan, read, trained, answered, progress)))
    return tasks, facts


def _measuring(
    arm: str,
    seed: int,
    plan: SequencesPlan,
    read: Callable[[], _Set],
    trained: Callable[[int], Fitted],
    answered: Callable[[int], tuple[Retrieved, dict[str, Fusion]]],
    progress: Progress,
) -> Callable[[], Measured]:
    def measure() -> Measured:
        held = read()
        test = asks(held.split.test, keep_seen=plan.keep_seen)
        if arm in CHEAP:
            return _measured(ranked(score_blocks(_scored(arm, held), test.requests), test), arm)
        if arm in TOWERS:
            return _measured(ranks(_two_towers(plan, held, seed, staged=arm == TOWERS[1], progress=progress), test), "two towers")
        if arm == "sequence dense":
            made = trained(seed)
            return _measured(ranks(made.index.model, test), "trunk", dict(made.pretrained.card))
        retrieved, weights = answered(seed)
        if arm == "generative":
            return _measured(list_ranks(retrieved.beams, test.targets), "beam")
        fusion = weights[arm]
        given = retrieved.candidates.first(len(fusion.names))
        facts = {f"weight of {name}": float(weight) for name, weight in zip(fusion.names, fusion.weights, strict=True)}
        return _measured(list_ranks(fusion.ranked(given), test.targets), "fusion", facts)

    return measure


def _two_towers(plan: SequencesPlan, held: _Set, seed: int, *, staged: bool, progress: Progress) -> SearchModel:
    """Train what search systems mostly are: towers of requests and items, contrasted within a batch; stage by stage, or all at once in as many steps."""
    corpus, config = held.corpus, plan.config
    table = ItemTable(len(corpus.items), config.width, corpus.attributes, corpus.contents, hidden=0.1, dropout=config.dropout, seed=seed)
    trunk = Trunk(config.width, config.layers, config.longest, config.dropout, seed)
    model = SearchModel(table, trunk, 1, cosine=True, dropout=config.dropout, seed=seed)
    stages = towers_plan(roles_of(corpus), epochs=config.epochs / 2, batch=config.batch)
    stages = stages if staged else stages.joint()
    watched = some(asks(held.split.validation), WATCHED, seed, "watched")
    sampler = Sampler(held.split.train, None, config.longest, seed)
    if plan.seconds is not None:
        stages = within(plan.seconds, model, stages, sampler, roles_of(corpus))
    pretrain(model, stages, sampler, watched, roles_of(corpus), config.codebook, seed=seed, progress=progress)
    return model


def _scored(arm: str, held: _Set) -> Callable[[Requests], np.ndarray]:
    """Return what scores all items for requests `[B, N]`."""
    count = len(held.read.items)
    if arm == "popularity":
        known = popularity(held.split.train, count)
        return lambda asked: np.tile(known, (len(asked.asks), 1))
    if arm == "co-occurrence":
        near = cooccurrence(held.split.train, count)
        return lambda asked: (recent(asked.histories, count) @ near).toarray()
    words = BM25(_words(held.read))
    return lambda asked: words.of_texts(recent(asked.histories, count))


def _words(read: Interactions) -> list[str]:
    """Return a line of words for each item: its text, or where there are none the names of its attributes."""
    if any(read.texts):
        return list(read.texts)
    lines: list[list[str]] = [["nothing"] for _ in read.items]
    for name, said in read.attributes.items():
        for line, row in zip(lines, said.rows, strict=True):
            line += [re.sub(r"\W", "", f"{name}_{said.names[one]}") for one in row.tolist()]
    return [" ".join(line) for line in lines]


def _measured(found: np.ndarray, model: str, facts: dict[str, float] | None = None) -> Measured:
    values = pl.DataFrame({Columns.USER: np.arange(len(found)), Columns.RANK: found.astype(np.float64)})
    means = {name: float(column.mean()) for name, column in by_rank(found).items()}
    return Measured({**means, **(facts or {}), "users": float(len(found))}, values, {"model": model})


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    table: list[dict[str, Any]] = []
    for data in dict.fromkeys(row.data for row in outcome.rows):
        found = {arm: [row.values().sort(Columns.USER)[Columns.RANK].to_numpy() for row in outcome.rows if row.data == data and row.arm == arm] for arm in ARMS}
        for arm, runs in found.items():
            if runs:
                table.append(_line(data, arm, runs, found))
    return tuple(table)


def _line(data: str, arm: str, runs: list[np.ndarray], found: dict[str, list[np.ndarray]]) -> dict[str, Any]:
    """Mean over seeds with an interval over users; for a hybrid its gain over its best rival, paired by user."""
    line: dict[str, Any] = {"name": f"{data}: {arm}", "runs": len(runs)}
    per_user = mean_by_rank(runs)
    for name, values in per_user.items():
        interval = bootstrap_mean(values, generator(0, "retrieve", data, arm, name), rounds=ROUNDS)
        line |= {name: interval.mean, f"{name}_lo": interval.low, f"{name}_hi": interval.high}
    rivals = {rival: mean_by_rank(found[rival]) for rival in RIVALS if found[rival]}
    if arm.startswith("hybrid") and rivals:
        best = max(rivals, key=lambda rival: rivals[rival]["ndcg@10"].mean())
        gains = per_user["ndcg@10"] - rivals[best]["ndcg@10"]
        interval = bootstrap_mean(gains, generator(0, "retrieve", data, arm, "gain"), rounds=ROUNDS)
        test = paired_permutation(per_user["ndcg@10"], rivals[best]["ndcg@10"], generator(0, "retrieve", data, arm, "p"))
        line |= {"over": best, "ndcg@10_gain": interval.mean, "ndcg@10_gain_lo": interval.low, "ndcg@10_gain_hi": interval.high, "p": test.p}
    return line
