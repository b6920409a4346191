"""From rows on disk to the table: means over seeds, intervals over papers, and what ours gains over each."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.bench import Row
from broadsheet.core.metrics import Interval, bootstrap_mean, bootstrap_ratio, top_decile_gap
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.report.bench.arms import OURS

# The page has twenty places, so the cost of a slate shows at 20.
METRICS = ("ndcg@10", "ndcg@20", "hit@5", "mrr")
ROUNDS = 4000


class Arm(NamedTuple):
    """All of one arm: the values of its user-days as means over seeds, and its seeds' chances."""

    means: Mapping[str, np.ndarray]
    clusters: list[str]
    errors: np.ndarray
    reference: np.ndarray
    gap: float
    seeds: int
    cpu_s: float


def summarise(rows: Sequence[Row]) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """Return the rows of the table, and the facts of the user-days judged.

    Intervals are 95 % bootstraps over clusters of user-days that share a paper. The skill is
    against the base rate of these very pairs, so that a constant has none.
    """
    arms = {name: _arm([row for row in rows if row.arm == name]) for name in dict.fromkeys(row.arm for row in rows)}
    if not arms:
        return (), {}
    some = rows[0].values()
    sizes = some["taken"].list.len()
    facts = {
        "user_days": len(some),
        "users": some[Columns.USER].n_unique(),
        "clusters": some["cluster"].n_unique(),
        "pool": round(float(sizes.to_numpy().mean()), 1),
    }
    return tuple(_row(name, arm, arms.get(OURS)) for name, arm in arms.items()), facts


def _arm(rows: Sequence[Row]) -> Arm:
    frames = [row.values().sort("label", Columns.USER) for row in rows]
    means = {metric: np.mean([frame[metric].to_numpy() for frame in frames], axis=0) for metric in METRICS}
    pairs = [(_flat(frame, "chances"), _flat(frame, "taken")) for frame in frames]
    rate = float(pairs[0][1].mean())
    lengths = frames[0]["taken"].list.len().to_numpy()
    unit = np.repeat(np.arange(len(lengths)), lengths)
    # A constant is given the rate in hindsight: that is what the skill is measured against.
    chances = [np.full(len(p), rate) if rows[0].arm == "random" else p for p, _ in pairs]
    errors = np.mean([np.bincount(unit, weights=(p - y) ** 2) for p, (_, y) in zip(chances, pairs, strict=True)], axis=0)
    reference = np.bincount(unit, weights=(rate - pairs[0][1]) ** 2)
    gap = float(np.mean([top_decile_gap(p, y) for p, (_, y) in zip(chances, pairs, strict=True)]))
    cpu = float(np.mean([row.metrics["cpu_s"] for row in rows]))
    return Arm(means, frames[0]["cluster"].to_list(), errors, reference, gap, len(rows), cpu)


def _flat(frame: pl.DataFrame, name: str) -> np.ndarray:
    return frame[name].explode().to_numpy()


def _row(name: str, arm: Arm, ours: Arm | None) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name}
    for metric in METRICS:
        row |= _with_interval(metric, bootstrap_mean(arm.means[metric], generator(0, "bench report"), clusters=arm.clusters, rounds=ROUNDS))
    if ours is not None and ours is not arm:
        difference = ours.means["ndcg@10"] - arm.means["ndcg@10"]
        row |= _with_interval("gain_of_ours", bootstrap_mean(difference, generator(0, "bench report"), clusters=arm.clusters, rounds=ROUNDS))
    lost = bootstrap_ratio(arm.errors, arm.reference, generator(0, "bench report"), clusters=arm.clusters, rounds=ROUNDS)
    row |= _with_interval("brier_skill", Interval(1 - lost.mean, 1 - lost.high, 1 - lost.low))
    return {**row, "top_decile_gap": round(arm.gap, 4), "seeds": arm.seeds, "cpu_s": round(arm.cpu_s, 1)}


def _with_interval(name: str, interval: Interval) -> dict[str, float]:
    return {name: round(interval.mean, 4), f"{name}_lo": round(interval.low, 4), f"{name}_hi": round(interval.high, 4)}
