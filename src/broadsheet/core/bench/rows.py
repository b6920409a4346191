"""Rows of a bench on disk: one artefact for each data set, arm and seed, found again by its configuration."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from broadsheet import __version__
from broadsheet.core.artifacts import Artifact, Manifest, read_artifact, write_artifact
from broadsheet.core.bench.provenance import commit
from broadsheet.core.device import threads
from broadsheet.core.errors import ArtifactError, BroadsheetError, ConfigError, did_you_mean
from broadsheet.core.log import get_logger
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind

VALUES = "values"


class Measured(NamedTuple):
    """What an arm gave: metrics by name, and one line for each unit measured, for paired comparisons.

    `models` names what really ran, by role.
    """

    metrics: Mapping[str, float]
    values: pl.DataFrame | None = None
    models: Mapping[str, str] | None = None


class Task(NamedTuple):
    """One row to be made: an arm on a data set at a seed.

    `config` is everything that changes its figures, the hash of the data included: a row made
    under another configuration is another row.
    """

    data: str
    arm: str
    seed: int
    config: Mapping[str, Any]
    measure: Callable[[], Measured]

    def key(self, bench: str) -> str:
        """Return the row's folder name: its readable parts and a hash of all that it depends on."""
        facts = {"bench": bench, "data": self.data, "arm": self.arm, "seed": self.seed, "config": self.config, "version": __version__}
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
        name = "".join(c if c.isalnum() else "-" for c in f"{self.data}-{self.arm}-{self.seed}".lower())
        return f"{name[:80]}-{digest[:12]}"


class Row(NamedTuple):
    """A row that is there: what it is, and its artefact."""

    data: str
    arm: str
    seed: int
    artifact: Artifact
    resumed: bool

    @property
    def metrics(self) -> dict[str, float]:
        """The row's metrics, times included."""
        return self.artifact.manifest.metrics

    def values(self) -> pl.DataFrame:
        """Read the values of the units measured."""
        return self.artifact.frame(VALUES)


class Missing(NamedTuple):
    """A row that is not there, and why."""

    data: str
    arm: str
    seed: int
    why: str


class Outcome(NamedTuple):
    """What a run of a bench left: rows in the order of the tasks, and what is missing."""

    rows: tuple[Row, ...]
    missing: tuple[Missing, ...]


def wanted_arms(wanted: Collection[str], arms: Iterable[str]) -> tuple[str, ...]:
    """Return the arms that are wanted, all where none is named, in the order of the table. Raises ConfigError for one that is not there.

    >>> wanted_arms(["ours"], ["random", "ours"])
    ('ours',)
    """
    known = tuple(arms)
    for name in wanted:
        if name not in known:
            raise ConfigError(f"There is no row {name!r}.{did_you_mean(name, known)}", f"Rows are: {', '.join(map(repr, known))}.")
    return tuple(name for name in known if not wanted or name in wanted)


def run_tasks(
    bench: str,
    tasks: Sequence[Task],
    folder: Path,
    *,
    budget_minutes: float | None = None,
    progress: Progress = silent,
    began: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Make the rows that `folder` lacks, one after the other; each appears whole or not at all.

    A row that is there under the same configuration is read, not made again. No row is begun
    once `budget_minutes` have passed since `began` (by `clock`; None: now); the rest is reported as missing. A row whose arm
    cannot run (`BroadsheetError`: a model that is not installed) is missing with the
    reason, and the others go on.
    """
    began = clock() if began is None else began
    rows: list[Row] = []
    missing: list[Missing] = []
    for number, task in enumerate(tasks, 1):
        path = folder / bench / task.key(bench)
        kept = _kept(path)
        if kept is not None:
            rows.append(Row(task.data, task.arm, task.seed, kept, resumed=True))
        elif budget_minutes is not None and clock() - began >= 60 * budget_minutes:
            missing.append(Missing(task.data, task.arm, task.seed, f"the budget of {budget_minutes:g} minutes was spent"))
        else:
            try:
                rows.append(Row(task.data, task.arm, task.seed, _make(bench, task, path), resumed=False))
            except BroadsheetError as error:
                missing.append(Missing(task.data, task.arm, task.seed, f"{error.what} {error.mend}"))
        progress(f"rows of bench {bench}", number, len(tasks))
    return Outcome(tuple(rows), tuple(missing))


def _kept(path: Path) -> Artifact | None:
    if not path.exists():
        return None
    try:
        return read_artifact(path, ArtifactKind.BENCH_ROW)
    except ArtifactError as error:
        get_logger("bench").warning("a damaged row is made anew", row=path.name, what=error.what)
        return None


def _make(bench: str, task: Task, path: Path) -> Artifact:
    wall, cpu = time.monotonic(), time.process_time()
    measured = task.measure()
    spent = {"wall_s": round(time.monotonic() - wall, 3), "cpu_s": round(time.process_time() - cpu, 3), "load": round(os.getloadavg()[0], 2)}
    manifest = Manifest(
        kind=ArtifactKind.BENCH_ROW,
        config={**task.config, "bench": bench, "data": task.data, "arm": task.arm, "commit": commit(), "threads": threads().name},
        seed=task.seed,
        models=dict(measured.models or {}),
        metrics={**{name: float(value) for name, value in measured.metrics.items()}, **spent},
    )
    return write_artifact(path, manifest, frames={VALUES: measured.values} if measured.values is not None else None)
