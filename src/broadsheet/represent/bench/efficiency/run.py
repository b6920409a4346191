"""The bench of many turns: its tasks, and the table they come to."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from broadsheet.core.bench import Bench, Measured, Outcome, Row, Task, run_tasks
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.metrics import bootstrap_mean
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator
from broadsheet.represent.bench.efficiency.data import Data, make_data
from broadsheet.represent.bench.efficiency.measure import Arm, recall, speed
from broadsheet.represent.pictures.labelled import read_labelled

ARMS: dict[str, Arm] = {
    "A: one turn": Arm(turns=1),
    "B: seven turns": Arm(),
    "C: one turn, seven times the pictures": Arm(turns=1, wider=True),
    "D: seven turns, block history": Arm(history="block"),
    "E: seven turns, no same-image mask": Arm(same_image=False),
    "F: seven turns, no same-text mask": Arm(same_text=False),
    "B: two turns": Arm(turns=2),
    "B: four turns": Arm(turns=4),
}
# What is timed: the arms that differ in what is computed; masks cost nothing.
TIMED = ("A: one turn", "B: two turns", "B: four turns", "B: seven turns", "C: one turn, seven times the pictures", "D: seven turns, block history")
FIGURES = ("recall@1", "recall@5", "recall@10", "modality_gap", "alignment", "uniformity", "turn_cosine", "chance")
MOMENTS = {"cpu": "equal CPU seconds", "epochs": "equal epochs"}


class EfficiencyPlan(NamedTuple):
    """What is measured: pictures with texts, arms, image tokens, and for how long each arm is trained."""

    images: Path
    texts: tuple[Path, ...]
    seeds: int = 3
    tokens: tuple[int, ...] = (49, 196)
    backbone: str = "native:2:192:{tokens}"
    batch: int = 24
    most: int = 1200
    tested: int = 300
    seconds: float = 120.0
    epochs: float = 2.0
    steps: int = 3
    budget_minutes: float | None = None
    arms: tuple[str, ...] = tuple(ARMS)
    parts: tuple[str, ...] = ("speed", "recall")


def bench_efficiency(plan: EfficiencyPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Time every arm with the tower's work done before and in each step, and train every arm; rows are kept in `folder`."""
    labelled = read_labelled(plan.texts)
    rows = labelled.rows
    # What the frozen tower saw, kept for all arms of one number of tokens.
    kept: dict[int, dict[str, Any]] = {tokens: {} for tokens in plan.tokens}

    @cache
    def data(seed: int) -> Data:
        return make_data(rows, plan.images, turns=7, seed=seed, most=plan.most, tested=plan.tested)

    tasks: list[Task] = []
    for seed in range(plan.seeds):
        if "speed" in plan.parts:
            tasks += [_speed_task(plan, data, name, tokens, seed, cached=cached) for tokens, cached, name in _timed(plan)]
        if "recall" in plan.parts:
            tasks += [_recall_task(plan, data, kept[tokens], name, tokens, seed, progress) for tokens in plan.tokens for name in plan.arms]
    outcome = run_tasks("represent-efficiency", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    facts = {"hash": hash_files(plan.texts), "pictures": len(rows), "trained_on": plan.most, "tested_on": plan.tested}
    return Bench.of("represent-efficiency", command, outcome, _summary(plan, outcome), data=facts, seeds=plan.seeds, notes=_notes(plan, outcome))


def _timed(plan: EfficiencyPlan) -> list[tuple[int, bool, str]]:
    return [(tokens, cached, name) for tokens in plan.tokens for cached in (True, False) for name in TIMED if name in plan.arms]


def _config(plan: EfficiencyPlan, tokens: int, arm: str, **more: Any) -> dict[str, Any]:
    stated = {"batch": plan.batch, "most": plan.most, "tested": plan.tested, "data": hash_files(plan.texts)}
    return {**stated, "backbone": plan.backbone.format(tokens=tokens), "arm": ARMS[arm]._asdict(), **more}


def _speed_task(plan: EfficiencyPlan, data: Any, name: str, tokens: int, seed: int, *, cached: bool) -> Task:
    config = _config(plan, tokens, name, steps=plan.steps, cached=cached)

    def measure() -> Measured:
        return speed(ARMS[name], data(0), plan.images, config["backbone"], plan.batch, plan.steps, seed, cached=cached)

    return Task(f"speed, {tokens} tokens, tower {'before' if cached else 'in each step'}", name, seed, config, measure)


def _recall_task(plan: EfficiencyPlan, data: Any, kept: dict[str, Any], name: str, tokens: int, seed: int, progress: Progress) -> Task:
    config = _config(plan, tokens, name, seconds=plan.seconds, epochs=plan.epochs)

    def measure() -> Measured:
        return recall(ARMS[name], data(seed), plan.images, kept, config["backbone"], plan.batch, plan.seconds, plan.epochs, seed, progress)

    return Task(f"recall, {tokens} tokens", name, seed, config, measure)


def _summary(plan: EfficiencyPlan, outcome: Outcome) -> tuple[dict[str, Any], ...]:
    table: list[dict[str, Any]] = []
    for name in dict.fromkeys(row.data for row in outcome.rows):
        of = {arm: [row for row in outcome.rows if row.data == name and row.arm == arm] for arm in plan.arms}
        if name.startswith("speed"):
            table += [_speed_row(name, arm, rows, of.get("A: one turn", [])) for arm, rows in of.items() if rows]
        else:
            table += [_recall_row(plan, name, moment, arm, rows, of.get("A: one turn", [])) for moment in MOMENTS for arm, rows in of.items() if rows]
    return tuple(table)


def _speed_row(name: str, arm: str, rows: Sequence[Row], single: Sequence[Row]) -> dict[str, Any]:
    """Means over seeds, the range of pairs a second, and the ratio to one turn, seed by seed."""
    keys = ("pairs_per_cpu_s", "images_per_cpu_s", "updates_per_cpu_s", "tokens_per_cpu_s", "cpu_s_per_image", "looks_per_image", "load")
    means = {key: float(np.mean([row.metrics[key] for row in rows])) for key in keys}
    pairs = [row.metrics["pairs_per_cpu_s"] for row in rows]
    made = {"name": f"{name}; {arm}", **means, "pairs_per_cpu_s_lo": min(pairs), "pairs_per_cpu_s_hi": max(pairs), "runs": len(rows)}
    base = {row.seed: row for row in single}
    ratios = [row.metrics["pairs_per_cpu_s"] / base[row.seed].metrics["pairs_per_cpu_s"] for row in rows if row.seed in base]
    if ratios:
        made.update({"pairs_ratio": float(np.mean(ratios)), "pairs_ratio_lo": min(ratios), "pairs_ratio_hi": max(ratios)})
        turns = ARMS[arm].turns
        if turns > 1:
            # What one more turn costs beside a pair of its own: it pays where it teaches more than this share of one.
            alone = np.mean([1 / row.metrics["pairs_per_cpu_s"] for row in single])
            made["break_even"] = float((means["cpu_s_per_image"] - alone) / (turns - 1) / alone)
    return made


def _recall_row(plan: EfficiencyPlan, name: str, moment: str, arm: str, rows: Sequence[Row], single: Sequence[Row]) -> dict[str, Any]:
    """Means over seeds and unseen pictures with an interval over pictures, and the paired difference to one turn."""
    made: dict[str, Any] = {"name": f"{name}; {MOMENTS[moment]}; {arm}", "runs": len(rows)}
    for key in FIGURES:
        stated = f"{key}@{moment}" if "@" not in key else f"{key}_{moment}"
        made[key] = float(np.mean([row.metrics[stated] for row in rows]))
    made["train_cpu_s"] = plan.seconds if moment == "cpu" else float(np.mean([row.metrics["epochs_s"] for row in rows]))
    for key in ("images", "updates"):
        made[key] = float(np.mean([row.metrics[f"{moment}_{key}"] for row in rows]))
    images = np.concatenate([row.values()["image"].to_numpy() for row in rows])
    for k in (1, 10):
        hits = np.concatenate([row.values()[f"rank_{moment}"].to_numpy() < k for row in rows]).astype(float)
        interval = bootstrap_mean(hits, generator(0, "efficiency", name, moment, arm), clusters=images, rounds=2000)
        made |= {f"recall@{k}_lo": interval.low, f"recall@{k}_hi": interval.high}
    base = {row.seed: row for row in single}
    pairs = [(row, base[row.seed]) for row in rows if row.seed in base]
    if pairs and arm != "A: one turn":
        gains = np.concatenate([(a.values()[f"rank_{moment}"] < 10).to_numpy() * 1.0 - (b.values()[f"rank_{moment}"] < 10).to_numpy() for a, b in pairs])
        where = np.concatenate([a.values()["image"].to_numpy() for a, _ in pairs])
        gain = bootstrap_mean(gains, generator(0, "efficiency", "gain", name, moment, arm), clusters=where, rounds=2000)
        made |= {"recall@10_gain": gain.mean, "recall@10_gain_lo": gain.low, "recall@10_gain_hi": gain.high}
    return made


def _notes(plan: EfficiencyPlan, outcome: Outcome) -> tuple[str, ...]:
    models = sorted({row.artifact.manifest.models["backbone"] for row in outcome.rows})
    return (
        f"Backbones: {'; '.join(models)}.",
        "Both sides, the backward pass and the optimiser are counted; seconds are the process's own processor seconds.",
        f"Recall is that of single turns on unseen families of pictures; training went on until both {plan.seconds:g} processor seconds and {plan.epochs:g} epochs were over.",
        "break_even is the cost of a further turn of a picture beside a pair of its own: many turns pay where a further turn teaches more than that share of one.",
    )
