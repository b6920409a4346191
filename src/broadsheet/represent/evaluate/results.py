"""What an evaluation gives: a bench of one row a set, means over sets, and every fault by item."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.bench import Bench, Measured, Outcome, Row
from broadsheet.core.metrics import bootstrap_mean
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.represent.evaluate.scoring import METRICS

QUERIES, CANDIDATES, FAULTS = "queries", "candidates", "faults"
CHANCE = "chance_"
ROUNDS = 2000
TIES = "Ties count by the mean: a model that gives every content one vector earns chance. Brackets: 95 %, bootstrap over queries."


class Evaluation(NamedTuple):
    """A bench, and by set and item two lines on what could not be read."""

    bench: Bench
    faults: Mapping[str, Mapping[str, str]]


def measured(
    names: Sequence[str],
    values: Mapping[str, np.ndarray],
    chance: Mapping[str, np.ndarray],
    candidates: float,
    faults: Mapping[str, str],
    rng: np.random.Generator,
    model: str,
) -> Measured:
    """Return a set's figures: each metric with its interval and its chance, and one line for each query and each fault.

    `names` are the queries' `[Q]`, `values` and `chance` map a metric to `[Q]`, `candidates` is their mean number a query.
    """
    figures: dict[str, float] = {QUERIES: float(len(names)), CANDIDATES: candidates, FAULTS: float(len(faults))}
    for name in METRICS:
        figures[name] = float(values[name].mean())
        if len(names) > 1:
            _, figures[f"{name}_lo"], figures[f"{name}_hi"] = bootstrap_mean(values[name], rng, rounds=ROUNDS)
        figures[f"{CHANCE}{name}"] = float(chance[name].mean())
    lines = pl.DataFrame({Columns.ITEM: list(names), **{name: values[name] for name in METRICS}})
    faulty = pl.DataFrame({Columns.ITEM: list(faults), Columns.FAULT: list(faults.values())}, schema={Columns.ITEM: pl.String, Columns.FAULT: pl.String})
    return Measured(figures, pl.concat([lines, faulty], how="diagonal"), {"embedder": model})


def resampling(seed: int, layout: str, name: str) -> np.random.Generator:
    """Return the generator of a set's intervals."""
    return generator(seed, "evaluate", layout, name)


def set_row(row: Row, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a set's row: its name, further facts, counts, metrics with intervals, and the chance of `hit@1`."""
    metrics = row.metrics
    spread = {key: metrics[key] for name in METRICS for key in (name, f"{name}_lo", f"{name}_hi") if key in metrics}
    counts = {QUERIES: int(metrics[QUERIES]), CANDIDATES: round(metrics[CANDIDATES], 1), FAULTS: int(metrics[FAULTS])}
    return {"name": row.data, **facts, **counts, **spread, f"{CHANCE}hit@1": metrics[f"{CHANCE}hit@1"]}


def mean_row(name: str, rows: Sequence[Mapping[str, Any]], metrics: Iterable[str], known: int) -> dict[str, Any]:
    """Return the mean over sets, each counted once; `known` is how many sets the published mean is over."""
    return {"name": f"{name} ({len(rows)} of {known} sets)", **{metric: float(np.mean([row[metric] for row in rows])) for metric in metrics}}


def evaluation(layout: str, command: str, outcome: Outcome, rows: Sequence[dict[str, Any]], data: Mapping[str, Any], notes: Sequence[str]) -> Evaluation:
    """Put rows, what is missing and every fault together."""
    stated = (f"This runner reads the layout of {layout}; it was never run on the published sets.", TIES, *notes)
    bench = Bench.of(layout, command, outcome, rows, data=data, seeds=1, notes=stated)
    return Evaluation(bench, {row.data: found for row in outcome.rows if (found := _faults(row))})


def _faults(row: Row) -> dict[str, str]:
    values = row.values().drop_nulls(Columns.FAULT)
    return dict(zip(values[Columns.ITEM], values[Columns.FAULT], strict=True))
