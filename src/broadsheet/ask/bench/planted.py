"""Faults planted into queries that others found no fault with, over every public schema: which are seen, and what is said of the queries as they were."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from broadsheet.ask.bench.inspected import controls
from broadsheet.ask.bench.mutants import STATIC, mutants
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.bench.public import JUDGED_SCHEMAS, QUERIES, SCHEMAS, Query, clean_queries
from broadsheet.ask.bench.slips import SLIPS
from broadsheet.ask.bench.told import share
from broadsheet.ask.check.checker import check
from broadsheet.ask.schema import Schema
from broadsheet.core.bench import Bench, Measured, Outcome, Task, run_tasks
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator

# So many clean queries of each database are drawn for a seed.
DRAWN = 40
ALARMED, CODES, DATABASE = "alarmed", "codes", "database"
CONTROL = "control"
OPERATORS = STATIC | SLIPS
NOT_SEEN = "not looked at"


def suite(plan: AskPlan, folder: Path, command: str, progress: Progress = silent, drawn: int = DRAWN) -> Bench:
    """Plant each kind of fault into clean queries drawn by lot, a row a seed in `folder`."""
    pool = list(clean_queries(plan))
    identity = {"data": hash_files([plan.file(name) for name in (QUERIES, SCHEMAS, JUDGED_SCHEMAS)]), "drawn": drawn, "operators": list(OPERATORS)}
    tasks = [Task("mutants", "ours", seed, identity, _measuring(pool, seed, drawn)) for seed in range(plan.seeds)]
    outcome = run_tasks("ask-mutants", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        f"Up to {drawn} queries of each of the schemas, drawn anew for each seed; a fault of each kind is planted into each without an alarm where it has a place for it.",
        "Clean: queries that Neo4j ran and gave rows for, that people called right, or that answer a question by their authors. Every alarm on one was looked at; it is listed with",
        "what was seen: a fault against the schema or the language, that an engine or a person let pass; what older versions of Neo4j allowed; or a false alarm. Brackets: 95 %, Wilson.",
    )
    data = {"suite": "mutants", "schemas": len({one.database for one, _ in pool}), "clean queries": len(pool)}
    return Bench.of("ask", command, outcome, _rows(outcome, {one.id: one for one, _ in pool}), data=data, seeds=plan.seeds, notes=notes)


def _measuring(pool: Sequence[tuple[Query, Schema]], seed: int, drawn: int) -> Callable[[], Measured]:
    def measure() -> Measured:
        rng = generator(seed, "mutants")
        rows = []
        for one, schema in _chosen(pool, rng, drawn):
            codes = dict.fromkeys(alarm.code.value for alarm in check(one.text, schema).alarms)
            rows.append((one.id, one.database, CONTROL, bool(codes), " ".join(codes)))
            if not codes:
                made = mutants(one.text, schema, OPERATORS, rng)
                rows += [(one.id, one.database, mutant.operator, bool(check(mutant.text, schema).alarms), "") for mutant in made]
        columns = (Columns.QUERY, DATABASE, Columns.KIND, ALARMED, CODES)
        return Measured({"rows": len(rows)}, pl.DataFrame(rows, schema=columns, orient="row"))

    return measure


def _chosen(pool: Sequence[tuple[Query, Schema]], rng: np.random.Generator, drawn: int) -> list[tuple[Query, Schema]]:
    """Draw so many queries of each database."""
    found: list[tuple[Query, Schema]] = []
    for database in dict.fromkeys(one.database for one, _ in pool):
        own = [pair for pair in pool if pair[0].database == database]
        found += [own[int(place)] for place in rng.permutation(len(own))[:drawn]]
    return found


def _rows(outcome: Outcome, queries: dict[str, Query]) -> list[dict[str, Any]]:
    if not outcome.rows:
        return []
    values = pl.concat([row.values() for row in outcome.rows])
    planted, clean = values.filter(pl.col(Columns.KIND) != CONTROL), values.filter(pl.col(Columns.KIND) == CONTROL)
    seen = controls()
    false = [alarmed and seen.get(name, NOT_SEEN) in {"a false alarm", NOT_SEEN} for name, alarmed in zip(clean[Columns.QUERY], clean[ALARMED], strict=True)]
    lines = [
        {"name": "ours", **share("seen", planted[ALARMED]), **share("alarms", clean[ALARMED]), **share("false_alarms", false)},
        *(
            {"name": f"ours: {word}", **share("seen", planted.filter(pl.col(Columns.KIND).is_in(list(kinds)))[ALARMED])}
            for word, kinds in (("faults", STATIC), ("slips", SLIPS))
        ),
    ]
    for database in sorted(set(values[DATABASE].to_list())):
        one, other = (frame.filter(pl.col(DATABASE) == database)[ALARMED] for frame in (planted, clean))
        lines.append({"name": f"ours: of {database}", **share("seen", one), **share("alarms", other)})
    lines += [{"name": f"ours: {kind.replace('_', ' ')}", **share("seen", planted.filter(pl.col(Columns.KIND) == kind)[ALARMED])} for kind in OPERATORS]
    for name, codes in dict(clean.filter(pl.col(ALARMED)).select(Columns.QUERY, CODES).sort(Columns.QUERY).iter_rows()).items():
        lines.append({"name": f"alarm on {name}", "of": queries[name].database, "codes": codes, "looked_at": seen.get(name, NOT_SEEN)})
    return lines
