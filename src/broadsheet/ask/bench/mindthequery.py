"""Our alarms against the verdicts of people on queries that models wrote (Mind-the-Query)."""

from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.bench.public import DOMAINS, JUDGED, JUDGED_SCHEMAS, judged
from broadsheet.ask.bench.told import share
from broadsheet.ask.check.checker import check
from broadsheet.ask.schema_files import read_schema
from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns

WRONG, ALARMED, CODES = "wrong", "alarmed", "codes"
# On this domain rules were looked at; on the others they were not.
LOOKED_AT = "er"


def suite(plan: AskPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Check every query, a row for each domain in `folder`."""
    files = {domain: [plan.file(JUDGED.format(domain)), plan.file(JUDGED_SCHEMAS)] for domain in DOMAINS}
    tasks = [
        Task(domain, "ours", 0, {"data": hash_files(files[domain])}, lambda domain=domain: _measured(plan, domain))
        for domain in wanted_arms(plan.arms, DOMAINS)
    ]
    outcome = run_tasks("ask-mindthequery", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        f"Of {LOOKED_AT} the alarms were looked at while rules were written; of the others afterwards, by which one false alarm was mended (a mean of durations has years).",
        "Recall: of queries that people call logically wrong, those with an alarm; alarms: the same of queries that they call right; precision: wrong ones among all alarmed.",
        "Nothing but the query and the schema is looked at: what is wrong against the question alone is not seen here. Brackets: 95 %, Wilson.",
    )
    data = {"suite": "mindthequery", "queries": sum(len(row.values()) for row in outcome.rows)}
    return Bench.of("ask", command, outcome, _rows(outcome), data=data, seeds=1, notes=notes)


def _measured(plan: AskPlan, domain: str) -> Measured:
    schema = read_schema(plan.file(JUDGED_SCHEMAS), domain)
    rows = []
    for place, one in enumerate(judged(plan, domain)):
        codes = dict.fromkeys(alarm.code.value for alarm in check(one.text, schema).alarms)
        rows.append((place, one.verdict == "wrong", bool(codes), " ".join(codes)))
    return Measured({}, pl.DataFrame(rows, schema=(Columns.POSITION, WRONG, ALARMED, CODES), orient="row"))


def _rows(outcome: Outcome) -> list[dict[str, Any]]:
    lines = [{"name": f"ours: {domain}", **_counted(rows[0].values())} for (domain, _), rows in by_arm(outcome).items()]
    frames = [row.values() for row in outcome.rows]
    if len(frames) > 1:
        unseen = [row.values() for row in outcome.rows if row.data != LOOKED_AT]
        lines += [{"name": f"ours: all but {LOOKED_AT}", **_counted(pl.concat(unseen))}, {"name": "ours: all", **_counted(pl.concat(frames))}]
    return lines


def _counted(values: pl.DataFrame) -> dict[str, Any]:
    wrong, right, alarmed = values.filter(pl.col(WRONG)), values.filter(~pl.col(WRONG)), values.filter(pl.col(ALARMED))
    line = share("recall", wrong[ALARMED]) | share("alarms", right[ALARMED]) | share("precision", alarmed[WRONG])
    for name, own in (("codes of wrong", wrong), ("codes of right", right)):
        counted = Counter(code for codes in own[CODES].to_list() for code in codes.split())
        line[name] = ", ".join(f"{code} {count}" for code, count in counted.most_common())
    return line
