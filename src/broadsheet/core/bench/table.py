"""The one object that a bench prints, as JSON or as a table."""

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import Field

from broadsheet.core.bench.provenance import commit
from broadsheet.core.bench.rows import Outcome, Row
from broadsheet.core.device import threads
from broadsheet.core.schema import Record

# Blanks between columns.
GAP = 2


class Bench(Record):
    """All of a bench: where it comes from, its rows, and what is missing.

    A row has a `name` and metrics under their plain names; an interval stands beside as
    `METRIC_lo` and `METRIC_hi`. `commit` names the commit of each row where they differ.
    """

    bench: str
    command: str
    commit: str
    data: dict[str, Any]
    seeds: int
    load: float = Field(default_factory=lambda: round(os.getloadavg()[0], 2))
    threads: str
    rows: tuple[dict[str, Any], ...]
    missing: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, bench: str, command: str, outcome: Outcome, rows: Sequence[dict[str, Any]], *, data: Mapping[str, Any], seeds: int, notes: Sequence[str] = ()
    ) -> "Bench":
        """Sum up what a run left: `rows` are those of the table; commits, threads and what is missing are the outcome's."""
        commits = dict.fromkeys(str(row.artifact.manifest.config["commit"]) for row in outcome.rows)
        return cls(
            bench=bench,
            command=command,
            commit=", ".join(commits) or commit(),
            data=dict(data),
            seeds=seeds,
            threads=threads().name,
            rows=tuple(rows),
            missing=tuple(missing._asdict() for missing in outcome.missing),
            notes=tuple(notes),
        )


def over_seeds(rows: Sequence[Row], ranged: Collection[str] = ()) -> dict[str, float]:
    """Return the mean of each metric over rows of one arm, for those in `ranged` the least and the greatest beside, and how many rows there are."""
    made: dict[str, float] = {}
    for key in rows[0].metrics:
        values = [row.metrics[key] for row in rows]
        made[key] = sum(values) / len(values)
        if key in ranged:
            made |= {f"{key}_lo": min(values), f"{key}_hi": max(values)}
    return {**made, "runs": len(rows)}


def by_arm(outcome: Outcome) -> dict[tuple[str, str], list[Row]]:
    """Return the rows of each data set and arm, in the order of the tasks."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in outcome.rows:
        found.setdefault((row.data, row.arm), []).append(row)
    return found


def render(bench: Bench, width: int | None = None) -> str:
    """Return the bench as a table of plain text, an interval in brackets behind its figure; with a `width` as several, one below the other, none wider if it can be."""
    metrics = list(dict.fromkeys(name for row in bench.rows for name in row if name != "name" and not name.endswith(("_lo", "_hi"))))
    columns = [[name, *(_cell(row, name) for row in bench.rows)] for name in metrics]
    names = ["", *(str(row["name"]) for row in bench.rows)]
    facts = ", ".join(f"{key} {_plain(value)}" for key, value in bench.data.items())
    tail = [f"missing: {m['data']}, {m['arm']}, seed {m['seed']}: {m['why']}" for m in bench.missing]
    lines = [line for table in (_within(names, columns, width) if bench.rows else ()) for line in (*_aligned(list(zip(*table, strict=True))), "")]
    return "\n".join([f"{bench.bench}: {facts}", "", *lines, *bench.notes, *tail]).rstrip()


def _within(names: list[str], columns: Sequence[list[str]], width: int | None) -> list[list[list[str]]]:
    """Share columns out to tables of at most so many characters, each with the names before them; a column that alone is wider has one of its own."""
    tables, room = [[names]], 0
    for column in columns:
        takes = GAP + max(map(len, column))
        if width is not None and len(tables[-1]) > 1 and room + takes > width - max(map(len, names)):
            tables.append([names])
            room = 0
        tables[-1].append(column)
        room += takes
    return tables


def _cell(row: Mapping[str, Any], name: str) -> str:
    if name not in row:
        return ""
    figure = _plain(row[name])
    return f"{figure} ({_plain(row[f'{name}_lo'])} to {_plain(row[f'{name}_hi'])})" if f"{name}_lo" in row else figure


def _plain(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return [(" " * GAP).join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
