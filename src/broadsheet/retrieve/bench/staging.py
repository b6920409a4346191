"""Staged pretraining against joint at equal steps, other orders, random images, and each task dropped."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch

from broadsheet.core.bench import Bench, Measured, Outcome, Row, Task, run_tasks
from broadsheet.core.metrics import bootstrap_mean, by_rank
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.retrieve.bench.materials import OVERLAP, Setting, Trial
from broadsheet.retrieve.plan import Plan
from broadsheet.retrieve.pretrain import Pretrained, pretrain, ranks
from broadsheet.retrieve.tokenizer import CodebookConfig

STAGED, JOINT, LEXICAL = "staged", "joint", "BM25"
ORDERS = (("image", "text", "fuse"), ("fuse", "text", "image"), ("text", "fuse", "image"), ("image", "fuse", "text"))
# Of sequences, with one modality or two.
SHORT_ORDERS = (("collab", "text"), ("ids", "text", "collab"), ("text", "ids", "collab"))
LONG_ORDERS = (("image", "text", "fuse"), ("fuse", "text", "image"), ("collab", "text", "image", "fuse"), ("text", "collab", "image", "fuse"))
DROPPED = ("G1", "G2", "G3", "G4", "G5", "D1", "D2", "D3")
# Epochs whose figures are shown of each stage, beside the last: one-epoch over-fitting shows at the second.
SHOWN = 3


class StagingPlan(NamedTuple):
    """What is measured: seeds for staged and joint; the ablations take one. `epochs` are those of each stage."""

    name: str
    material: Callable[[int], Trial]
    seeds: int = 3
    epochs: float = 20
    batch: int = 512
    ablations: bool = True
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None
    codebook: CodebookConfig = CodebookConfig(levels=3, size=64)


def plans(plan: StagingPlan, trial: Trial) -> dict[str, tuple[Plan, bool]]:
    """Return every arm's stages, and whether its images are random."""
    staged = trial.plan()
    stages = tuple(stage.model_copy(update={"epochs": plan.epochs}) for stage in staged.stages)
    staged = staged.model_copy(update={"stages": stages, "batch": plan.batch})
    found = {STAGED: (staged, False), JOINT: (staged.joint(), False)}
    if plan.ablations:
        names = {stage.name for stage in stages}
        orders = ORDERS if "collab" not in names else LONG_ORDERS if trial.images else SHORT_ORDERS
        found |= {f"order {', '.join(order)}": (staged.ordered(order), False) for order in orders}
        if trial.images:
            found["random image"] = (staged, True)
        there = {task for stage in stages for task in stage.tasks}
        found |= {f"without {task}": (staged.without([task]), False) for task in DROPPED if task in there}
    return found


def bench_staging(plan: StagingPlan, folder: Path, command: str, identity: Mapping[str, Any], progress: Progress = silent) -> Bench:
    """Train and test every arm, row by row in `folder`."""
    material = cache(plan.material)
    tasks: list[Task] = []
    chosen = plans(plan, material(0))
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
        "Staged and joint take equal steps; differences are paired over requests. Other rows are of one seed.",
        "Queries are synthetic: key words of an item that its text does not hold, or may hold; recall is of one item among those of unseen families.",
        "Of sequences: each user's last item among all, those had removed; negatives of the batch. Share: of the squared norm of the gradient.",
    )
    return Bench.of("retrieve-staging", command, outcome, _summary(outcome), data={"name": plan.name, **identity}, seeds=plan.seeds, notes=notes)


def _trained(plan: StagingPlan, material: Callable[[int], Trial], stages: Plan, seed: int, *, random: bool, progress: Progress) -> Callable[[], Measured]:
    def measure() -> Measured:
        trial = material(seed)
        setting = trial.setting(seed, random=random)
        done = pretrain(setting.model, stages, setting.sampler, setting.validation, setting.roles, plan.codebook, seed=seed, progress=progress)
        return _measured(trial, setting, done)

    return measure


def _measured(trial: Trial, setting: Setting, done: Pretrained) -> Measured:
    """Return figures on test requests by all modalities, by each alone and without each, and what training left."""
    model, asks = setting.model, setting.test
    names = list(model.table.names)
    views: dict[str, tuple[str, str]] = {"": ("fused", ""), **{f"{name} alone": (name, "") for name in names}}
    views |= {f"without {name}": ("fused", name) for name in names if len(names) > 1}
    found = {name: ranks(model, asks, view, without) for name, (view, without) in views.items()}
    facts = {f"recall@10 {name}".strip(): float((of < 10).mean()) for name, of in found.items()}
    with torch.inference_mode():
        rows = torch.from_numpy(asks.targets)
        gates = model.table.gates({name: model.table.modality(name, rows) for name in names}).mean(dim=0)
    facts |= {f"gate of {name}": float(value) for name, value in zip(names, gates, strict=True)}
    facts |= {f"ids {name}": done.card[name] for name in ("neighbour_recall", "perplexity@1", "collisions") if name in done.card}
    facts["alarms"] = float(len(done.alarms))
    return Measured(facts | _course(done.record), trial.frame(found[""]), {"model": "gated towers"})


def _course(record: pl.DataFrame) -> dict[str, float]:
    """Return of each stage the validation of its first epochs and its last, and each modality's mean share of the gradient."""
    found: dict[str, float] = {}
    for (stage,), of in record.group_by(Columns.STAGE, maintain_order=True):
        epochs = of.filter(pl.col("recall@10").is_not_null())
        for number, row in enumerate(epochs.to_dicts(), 1):
            if number <= SHOWN or number == epochs.height:
                label = f"{stage}, epoch {'last' if number == epochs.height else number}"
                found |= {f"{label}: {name}": float(value) for name, value in row.items() if name.startswith("recall@10") and value is not None}
        shares = {name: of[name].mean() for name in of.columns if name.startswith("gradient_share")}
        found |= {f"{stage}: {name}": float(value) for name, value in shares.items() if isinstance(value, float)}
    return found


def _lexical(material: Callable[[int], Trial], seed: int) -> Callable[[], Measured]:
    """Return the row of BM25."""

    def measure() -> Measured:
        trial = material(seed)
        found = trial.lexical()
        return Measured({"recall@10": float((found < 10).mean())}, trial.frame(found), {"model": LEXICAL})

    return measure


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    arms = list(dict.fromkeys(row.arm for row in outcome.rows))
    found = {arm: {row.seed: row for row in outcome.rows if row.arm == arm} for arm in arms}
    table = []
    for arm in arms:
        line: dict[str, Any] = {"name": arm, "runs": len(found[arm])}
        frames = {seed: row.values() for seed, row in found[arm].items()}
        joined = pl.concat(list(frames.values()))
        for name, part in (("", joined), (" shared words", joined.filter(pl.col(OVERLAP))), (" no shared word", joined.filter(~pl.col(OVERLAP)))):
            if part.height:
                values = by_rank(part[Columns.RANK].to_numpy(), [10])
                for metric in ("recall@10", "ndcg@10"):
                    interval = bootstrap_mean(values[metric], generator(0, "staging", arm, name, metric), clusters=part[Columns.ITEM].to_numpy(), rounds=2000)
                    line |= {f"{metric}{name}": interval.mean, f"{metric}{name}_lo": interval.low, f"{metric}{name}_hi": interval.high}
        rows = list(found[arm].values())
        line |= {
            key: float(np.mean([row.metrics[key] for row in rows]))
            for key in rows[0].metrics
            if key not in line and (key.startswith(("recall", "gate", "ids", "alarms")) or ":" in key)
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
