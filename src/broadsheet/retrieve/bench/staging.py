"""Staged pretraining against joint, on items with texts and images and queries made from words that the items do not show."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch

from broadsheet.core.backbones.trunk import Trunk
from broadsheet.core.bench import Bench, Measured, Outcome, Row, Task, run_tasks
from broadsheet.core.metrics import bootstrap_mean, by_rank, own_ranks
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.retrieve.baselines import BM25
from broadsheet.retrieve.model.batches import Pairs, Sampler
from broadsheet.retrieve.model.items import Content, ItemTable
from broadsheet.retrieve.model.requests import Requests
from broadsheet.retrieve.model.search import SearchModel
from broadsheet.retrieve.model.tasks import Roles
from broadsheet.retrieve.plan import Plan, default_plan
from broadsheet.retrieve.pretrain import Asks, Pretrained, pretrain, ranks
from broadsheet.retrieve.tokenizer import CodebookConfig

TEXT, IMAGE = "text", "image"
STAGED, JOINT, LEXICAL = "staged", "joint", "BM25"
ORDERS = (("image", "text", "fuse"), ("fuse", "text", "image"), ("text", "fuse", "image"), ("image", "fuse", "text"))
DROPPED = ("G1", "G3", "G4", "G5", "D1", "D2", "D3")
WIDTH, DROPOUT = 128, 0.2


class Material(NamedTuple):
    """Items with vectors of their texts and images, and queries by part: words, vectors and the item of each.

    `queries` maps train, validation and test to `(words, vectors [Q, C], items [Q])`; a request of the latter two sees the items of its
    own part alone. `attributes` `[N, A]` are what semantic IDs are asked to tell.
    """

    titles: tuple[str, ...]
    text: Content
    image: Content
    attributes: np.ndarray
    queries: Mapping[str, tuple[Sequence[str], np.ndarray, np.ndarray]]


class StagingPlan(NamedTuple):
    """What is measured: seeds for staged and joint; the ablations take one. `epochs` are those of each stage."""

    name: str
    material: Callable[[int], Material]
    seeds: int = 3
    epochs: float = 20
    batch: int = 512
    ablations: bool = True
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None
    codebook: CodebookConfig = CodebookConfig(levels=3, size=64)


def plans(plan: StagingPlan) -> dict[str, tuple[Plan, bool]]:
    """Return every arm's stages, and whether its images are random."""
    staged = default_plan(TEXT, IMAGE, histories=False, queries=True)
    stages = tuple(stage.model_copy(update={"epochs": plan.epochs}) for stage in staged.stages)
    staged = staged.model_copy(update={"stages": stages, "batch": plan.batch})
    found = {STAGED: (staged, False), JOINT: (staged.joint(), False)}
    if plan.ablations:
        found |= {f"order {', '.join(order)}": (staged.ordered(order), False) for order in ORDERS}
        found["random image"] = (staged, True)
        found |= {f"without {task}": (staged.without([task]), False) for task in DROPPED}
    return found


def bench_staging(plan: StagingPlan, folder: Path, command: str, identity: Mapping[str, Any], progress: Progress = silent) -> Bench:
    """Train and test every arm, row by row in `folder`."""
    material = cache(plan.material)
    tasks: list[Task] = []
    chosen = plans(plan)
    for seed in range(plan.seeds):
        config = {**identity, "seed": seed}
        if not plan.arms or LEXICAL in plan.arms:
            tasks.append(Task(plan.name, LEXICAL, seed, config, _lexical(material, seed)))
        for arm, (stages, random) in chosen.items():
            if (not plan.arms or arm in plan.arms) and (seed == 0 or arm in {STAGED, JOINT}):
                stated = {**config, "plan": stages.model_dump(mode="json"), "random": random, "codes": plan.codebook.model_dump(mode="json")}
                tasks.append(Task(plan.name, arm, seed, stated, _trained(plan, material, stages, seed, random=random, progress=progress)))
    outcome = run_tasks("retrieve-staging", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        "Queries are synthetic: key words of an item that its text does not hold, or may hold; recall is of one item among those of unseen families.",
        "Staged and joint take equal steps; differences are paired over requests. Other rows are of one seed.",
    )
    return Bench.of("retrieve-staging", command, outcome, _summary(outcome), data={"name": plan.name, **identity}, seeds=plan.seeds, notes=notes)


def _asks(material: Material, part: str) -> Asks:
    """Return the requests of a part; each may see the items of the part alone."""
    _, vectors, items = material.queries[part]
    others = np.setdiff1d(np.arange(len(material.titles)), items)
    return Asks(Requests.of_queries(vectors), items, [others] * len(items))


def _trained(plan: StagingPlan, material: Callable[[int], Material], stages: Plan, seed: int, *, random: bool, progress: Progress) -> Callable[[], Measured]:
    def measure() -> Measured:
        given = material(seed)
        image = given.image
        if random:
            noise = generator(seed, "random image").normal(size=image.vectors.shape).astype(np.float32)
            image = Content(noise, image.present)
        table = ItemTable(len(given.titles), WIDTH, {}, {TEXT: given.text, IMAGE: image}, own=False, hidden=0.3, dropout=DROPOUT, seed=seed)
        features = given.queries["train"][1].shape[1]
        model = SearchModel(table, Trunk(WIDTH, 1, 2, DROPOUT, seed), features, cosine=True, dropout=DROPOUT, seed=seed)
        _, vectors, items = given.queries["train"]
        sampler = Sampler(None, Pairs(vectors, items), 2, seed)
        roles = Roles(TEXT, IMAGE, torch.from_numpy(given.attributes.astype(np.float32)))
        done = pretrain(model, stages, sampler, _asks(given, "validation"), roles, plan.codebook, seed=seed, progress=progress)
        return _measured(given, model, done)

    return measure


def _measured(given: Material, model: SearchModel, done: Pretrained) -> Measured:
    """Return figures on test requests by all modalities, by each alone and without each, and what training left."""
    asks = _asks(given, "test")
    views: dict[str, tuple[str, str]] = {"": ("fused", ""), "text alone": (TEXT, ""), "image alone": (IMAGE, "")}
    views |= {"without text": ("fused", TEXT), "without image": ("fused", IMAGE)}
    found = {name: ranks(model, asks, view, without) for name, (view, without) in views.items()}
    facts = {f"recall@10 {name}".strip(): float((of < 10).mean()) for name, of in found.items()}
    with torch.inference_mode():
        rows = torch.from_numpy(asks.targets)
        gates = model.table.gates({name: model.table.modality(name, rows) for name in model.table.names}).mean(dim=0)
    facts |= {f"gate of {name}": float(value) for name, value in zip(model.table.names, gates, strict=True)}
    facts |= {f"ids {name}": done.card[name] for name in ("neighbour_recall", "perplexity@1", "collisions") if name in done.card}
    facts["alarms"] = float(len(done.alarms))
    return Measured(facts, _frame(given, found[""]), {"model": "gated towers"})


def _frame(given: Material, found: np.ndarray) -> pl.DataFrame:
    words, _, items = given.queries["test"]
    shared = [bool(set(query.lower().split()) & set(given.titles[item].lower().split())) for query, item in zip(words, items.tolist(), strict=True)]
    return pl.DataFrame({Columns.ITEM: items, Columns.RANK: found.astype(np.float64), "overlap": shared})


def _lexical(material: Callable[[int], Material], seed: int) -> Callable[[], Measured]:
    """Return the row of BM25 over titles."""

    def measure() -> Measured:
        given = material(seed)
        words, _, items = given.queries["test"]
        scores = BM25([given.titles[item] for item in items.tolist()]).of_words(words)
        found = own_ranks(scores, np.arange(len(items)))
        return Measured({"recall@10": float((found < 10).mean())}, _frame(given, found), {"model": "BM25 over titles"})

    return measure


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    arms = list(dict.fromkeys(row.arm for row in outcome.rows))
    found = {arm: {row.seed: row for row in outcome.rows if row.arm == arm} for arm in arms}
    table = []
    for arm in arms:
        line: dict[str, Any] = {"name": arm, "runs": len(found[arm])}
        frames = {seed: row.values() for seed, row in found[arm].items()}
        joined = pl.concat(list(frames.values()))
        for name, part in (("", joined), (" shared words", joined.filter(pl.col("overlap"))), (" no shared word", joined.filter(~pl.col("overlap")))):
            if part.height:
                values = by_rank(part[Columns.RANK].to_numpy(), [10])
                for metric in ("recall@10", "ndcg@10"):
                    interval = bootstrap_mean(values[metric], generator(0, "staging", arm, name, metric), clusters=part[Columns.ITEM].to_numpy(), rounds=2000)
                    line |= {f"{metric}{name}": interval.mean, f"{metric}{name}_lo": interval.low, f"{metric}{name}_hi": interval.high}
        rows = list(found[arm].values())
        line |= {
            key: float(np.mean([row.metrics[key] for row in rows]))
            for key in rows[0].metrics
            if key not in line and key.startswith(("recall", "gate", "ids", "alarms"))
        }
        rival = JOINT if arm == STAGED else STAGED
        if arm not in {LEXICAL, JOINT} and rival in found:
            line |= _against(arm, frames, found[rival])
        table.append(line)
    return tuple(table)


def _against(arm: str, frames: Mapping[int, pl.DataFrame], rivals: Mapping[int, Row]) -> dict[str, float]:
    """Return the paired difference in recall to a rival, joint for staged and staged for the others."""
    gains, where = [], []
    for seed, frame in frames.items():
        if seed in rivals:
            theirs = rivals[seed].values()
            gains.append((frame[Columns.RANK] < 10).to_numpy() * 1.0 - (theirs[Columns.RANK] < 10).to_numpy())
            where.append(frame[Columns.ITEM].to_numpy())
    if not gains:
        return {}
    interval = bootstrap_mean(np.concatenate(gains), generator(0, "staging", "gain", arm), clusters=np.concatenate(where), rounds=2000)
    return {"recall@10_gain": interval.mean, "recall@10_gain_lo": interval.low, "recall@10_gain_hi": interval.high}
