"""Queries that language models wrote, with Neo4j's verdict: what is read, what is flagged, what explanations keep, and how long it takes."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from broadsheet.ask.bench.fuzz import fuzzed
from broadsheet.ask.bench.inspected import valid_syntax
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.bench.public import QUERIES, SCHEMAS, Query, llm_queries, schemas_of
from broadsheet.ask.bench.recordings import Recording, read_recordings
from broadsheet.ask.bench.told import inverts, quantile, share, told
from broadsheet.ask.schema import Schema
from broadsheet.core.bench import Bench, Measured, Outcome, Row, Task, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator

OURS, FUZZED, RECORDED = "ours", "fuzzed", "recorded: "
VERDICT, READ, ALARMED, CODES, INVERTS, READ_MS, MS = "verdict", "read", "alarmed", "codes", "inverts", "read_ms", "ms"
KINDS = {
    Columns.POSITION: pl.Int64,
    VERDICT: pl.String,
    READ: pl.Boolean,
    ALARMED: pl.Boolean,
    CODES: pl.String,
    INVERTS: pl.Boolean,
    READ_MS: pl.Float64,
    MS: pl.Float64,
}
FUZZES = 100_000
NOTHING = Schema({}, {}, ())


def suite(plan: AskPlan, folder: Path, command: str, progress: Progress = silent, fuzzes: int = FUZZES) -> Bench:
    """Read, check and explain every query, and texts that nobody writes; recorded models' queries to the same questions stand beside."""
    queries, schemas = llm_queries(plan), schemas_of(plan.file(SCHEMAS))
    identity = {"data": hash_files([plan.file(QUERIES), plan.file(SCHEMAS)])}
    recordings = {f"{RECORDED}{one.name}": one for one in read_recordings(plan.recordings)}
    tasks = []
    for arm in wanted_arms(plan.arms, (OURS, FUZZED, *recordings)):
        config = identity | ({"count": fuzzes} if arm == FUZZED else {"replies": hash_files([recordings[arm].path])} if arm in recordings else {})
        tasks.append(Task("llm-queries", arm, 0, config, _measuring(arm, queries, schemas, recordings, fuzzes)))
    outcome = run_tasks("ask-llm-queries", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        "Read: of queries that Neo4j accepted. Syntax: of queries that it refused for their syntax, those that are not read or have an alarm; the same without those that we looked",
        "at one by one and find nothing wrong with. Schema: of queries that name what the graph has not, those with an alarm. Alarms: of accepted queries that gave rows.",
        "The database slack has no schema: it is read and not checked. Times are the processor's, of one thread. Brackets: 95 %, Wilson.",
    )
    data = {"suite": "llm-queries", "queries": len(queries), "databases": len({one.database for one in queries})}
    return Bench.of("ask", command, outcome, _rows(outcome, queries), data=data, seeds=1, notes=notes)


def _measuring(arm: str, queries: Sequence[Query], schemas: Mapping[str, Schema], recordings: Mapping[str, Recording], fuzzes: int) -> Callable[[], Measured]:
    if arm == FUZZED:
        return lambda: _fuzzed([one.text for one in queries], next(iter(schemas.values())), fuzzes)
    if arm in recordings:
        return lambda: _recorded(queries, schemas, recordings[arm])
    return lambda: _measured([(place, one.verdict, one.text, schemas.get(one.database)) for place, one in enumerate(queries)])


def _measured(asked: Sequence[tuple[int, str, str, Schema | None]]) -> Measured:
    rows = []
    for place, verdict, text, schema in asked:
        found = told(text, schema or NOTHING)
        query = found.checked.query
        codes = found.codes if schema is not None else []
        inverted = None if query is None else inverts(query, found.explanation)
        rows.append((place, verdict, query is not None, bool(codes) if schema is not None else None, " ".join(codes), inverted, found.parse_ms, found.ms))
    return Measured({}, pl.DataFrame(rows, schema=KINDS, orient="row"))


def _recorded(queries: Sequence[Query], schemas: Mapping[str, Schema], recording: Recording) -> Measured:
    """Check what a model wrote in answer to the same questions, and count what it flagged of the queries that it was shown."""
    written = [(place, one, recording.replies[one.id]) for place, one in enumerate(queries) if one.id in recording.replies]
    found = _measured([(place, "written", reply.query, schemas.get(one.database)) for place, one, reply in written if reply.query is not None])
    flagged = [
        (place, one.verdict, True, reply.flagged, "", None, None, None) for place, one, reply in written if reply.query is None and reply.flagged is not None
    ]
    assert found.values is not None
    values = pl.concat([found.values, pl.DataFrame(flagged, schema=KINDS, orient="row")])
    return Measured({}, values, {"llm": recording.name})


def _fuzzed(texts: Sequence[str], schema: Schema, count: int) -> Measured:
    """Read, check and explain texts that nobody writes: any fall ends the bench."""
    spent, read, kept = [], 0, 0
    for text in fuzzed(texts, count, generator(0, "fuzz")):
        found = told(text, schema)
        spent.append(found.parse_ms + found.ms)
        if found.checked.query is not None:
            read += 1
            kept += inverts(found.checked.query, found.explanation)
    return Measured({"texts": count, "queries": read, "lost": read - kept, "worst_ms": max(spent), "ms": quantile(spent, 0.5), "ms_p95": quantile(spent, 0.95)})


def _rows(outcome: Outcome, queries: Sequence[Query]) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for row in outcome.rows:
        if row.arm == FUZZED:
            lines.append({"name": FUZZED, **{key: row.metrics[key] for key in ("texts", "queries", "lost", "worst_ms", "ms", "ms_p95")}})
        elif row.arm.startswith(RECORDED):
            lines += _of_recorded(row)
        else:
            lines += _of_ours(row, queries)
    return lines


def _of_ours(row: Row, queries: Sequence[Query]) -> list[dict[str, Any]]:
    """Return a line for all, for each model that wrote, and for each database."""
    values = row.values()
    seen = valid_syntax()
    lines = [{"name": OURS, **_counted(values, queries, seen), **_times(values)}]
    groups = {"written by": [one.writer for one in queries], "of": [one.database for one in queries]}
    for word, names in groups.items():
        for name in sorted(set(names)):
            own = values.filter(pl.Series([names[place] == name for place in values[Columns.POSITION].to_list()]))
            lines.append({"name": f"{OURS}: {word} {name}", **_counted(own, queries, seen)})
    return lines


def _counted(values: pl.DataFrame, queries: Sequence[Query], seen: frozenset[str]) -> dict[str, Any]:
    accepted = values.filter(pl.col(VERDICT).str.starts_with("accepted"))
    syntax, schema = (values.filter(pl.col(VERDICT) == verdict) for verdict in ("syntax", "schema"))
    told_of = [one for one in zip(syntax[Columns.POSITION], syntax[ALARMED], syntax[READ], strict=True) if one[1] is not None]
    flagged = [(queries[place].id in seen, alarmed or not read) for place, alarmed, read in told_of]
    rows = accepted.filter(pl.col(VERDICT) == "accepted, rows")
    codes = Counter(code for one in rows[CODES].to_list() for code in one.split())
    line = share("read", accepted[READ]) | share("syntax", [one for _, one in flagged])
    line |= share("syntax_but_valid", [one for valid, one in flagged if not valid]) | share("schema", schema[ALARMED].drop_nulls())
    line |= share("alarms", rows[ALARMED].drop_nulls()) | share("inverts", values[INVERTS].drop_nulls())
    return line | {"codes of alarms": ", ".join(f"{code} {count}" for code, count in codes.most_common())}


def _times(values: pl.DataFrame) -> dict[str, float]:
    return {f"{name}{end}": quantile(values[name].to_list(), part) for name in (READ_MS, MS) for end, part in (("", 0.5), ("_p95", 0.95))}


def _of_recorded(row: Row) -> list[dict[str, Any]]:
    values = row.values()
    written, shown = values.filter(pl.col(VERDICT) == "written"), values.filter(pl.col(VERDICT) != "written")
    line: dict[str, Any] = {"name": row.arm}
    if len(written):
        line |= share("read", written[READ]) | share("faults", written[ALARMED].drop_nulls()) | share("inverts", written[INVERTS].drop_nulls())
    for verdict, metric in (("syntax", "syntax"), ("schema", "schema"), ("accepted, rows", "alarms")):
        own = shown.filter(pl.col(VERDICT) == verdict)
        if len(own):
            line |= share(metric, own[ALARMED])
    return [line]
