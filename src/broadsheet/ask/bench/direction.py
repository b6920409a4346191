"""Relations the wrong way round, as langchain-neo4j's tests have them: whether they are turned, and all else is left alone."""

from pathlib import Path
from typing import Any

import polars as pl

from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.bench.public import DIRECTIONS, Turned, turned
from broadsheet.ask.bench.told import share
from broadsheet.ask.check.checker import check
from broadsheet.ask.check.findings import Severity
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.core.bench import Bench, Measured, Task, run_tasks
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns

RIGHT = "right"
TURNED, LEFT, HOPELESS = "to be turned", "to be left alone", "without a query that is right"


def suite(plan: AskPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Mend each case, a row for each kind in `folder`."""
    cases = turned(plan)
    task = Task("direction", "ours", 0, {"data": hash_files([plan.file(DIRECTIONS)])}, lambda: _measured(cases))
    outcome = run_tasks("ask-direction", [task], folder, budget_minutes=plan.budget_minutes, progress=progress)
    rows: list[dict[str, Any]] = []
    for row in outcome.rows:
        values = row.values()
        for kind in (TURNED, LEFT, HOPELESS):
            own = values.filter(pl.col(Columns.KIND) == kind)
            wrong = [cases[place].id for place in own.filter(~pl.col(RIGHT))[Columns.POSITION].to_list()]
            rows.append({"name": f"ours: {kind}", **share(RIGHT, own[RIGHT]), "wrong": ", ".join(wrong) or "none"})
        rows.append({"name": "ours: all", **share(RIGHT, values[RIGHT])})
    notes = (
        "Right: the mended query has the tree of the one that its author calls right; with an error where something is to be mended, and without one where not.",
        "Brackets: 95 %, Wilson.",
    )
    return Bench.of("ask", command, outcome, rows, data={"suite": "direction", "cases": len(cases)}, seeds=1, notes=notes)


def _measured(cases: list[Turned]) -> Measured:
    rows = []
    for place, one in enumerate(cases):
        kind = HOPELESS if one.right is None else LEFT if _form(one.text) == _form(one.right) else TURNED
        rows.append((place, kind, is_mended(one)))
    values = pl.DataFrame(rows, schema=(Columns.POSITION, Columns.KIND, RIGHT), orient="row")
    return Measured({RIGHT: float(values[RIGHT].mean())}, values)  # pyrefly: ignore


def is_mended(case: Turned) -> bool:
    """Whether a case is mended as its author did, with an error if and only if there is something to be mended."""
    found = check(case.text, case.schema)
    error = any(one.severity is Severity.ERROR for one in found.findings)
    if case.right is None:
        return error and found.fixed is None
    return found.fixed is not None and _form(found.fixed) == _form(case.right) and error == (_form(case.text) != _form(case.right))


def _form(text: str) -> str | None:
    query = parse(text).query
    return None if query is None else canonical(query)
