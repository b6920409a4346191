"""The paper's 90 queries (arXiv 2602.05512, appendix C): which faults are found, where, which clean queries are left alone, and what explanations leave out."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from broadsheet.ask.bench.disguise import Disguise
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.bench.recordings import Recording, read_recordings
from broadsheet.ask.bench.told import inverts, lacking, quantile, share, told
from broadsheet.ask.check.findings import Code
from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.nodes import Binary, NodePattern, Place, Query, RelationPattern
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.schema import Schema
from broadsheet.ask.schema_files import read_schema
from broadsheet.core.bench import Bench, Measured, Outcome, Row, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.metrics import holm, mcnemar, wilson
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator

QUERIES, SCHEMA, TABLES = "ask_paper_90.json", "ask_paper_schema.json", "ask_paper_tables.json"
PLAIN, DISGUISED = "ours", "ours, in disguise"
RECORDED = "recorded: "
FAULTY, ALARMED, EXACT, COMPLETE, INVERTS, MS = "faulty", "alarmed", "exact", "complete", "inverts", "ms"
# What a planted fault is called here, and which node of the query it is in.
FAULTS: Mapping[str, tuple[Code, Callable[[Sequence[object]], Any]]] = {
    "flip relationship": (Code.WRONG_DIRECTION, lambda nodes: _nth(nodes, RelationPattern)),
    "nonsense relation name": (Code.UNKNOWN_RELATION, lambda nodes: _nth(nodes, RelationPattern).types),
    "nonsense node name": (Code.UNKNOWN_LABEL, lambda nodes: _nth(nodes, NodePattern, 1).labels),
    "no node label, misleading name": (Code.UNLABELLED_NODE, lambda nodes: _nth(nodes, NodePattern)),
    "illogical where value": (Code.OUT_OF_DOMAIN, lambda nodes: _nth(nodes, Binary)),
    "wrong where type": (Code.TYPE_MISMATCH, lambda nodes: _nth(nodes, Binary)),
    "contradictory where values": (Code.CONTRADICTION, lambda nodes: _nth(nodes, Binary)),
}


class Asked(NamedTuple):
    """A query of the paper: its text and tree, and the code and place of the fault that was planted; none in a clean one."""

    id: str
    text: str
    query: Query
    code: Code | None
    place: Place


def suite(plan: AskPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Check and explain the 90 queries as they are and in disguise, a row a seed in `folder`; recorded models and the paper's own stand beside."""
    queries, schema = read_queries(plan.file(QUERIES)), read_schema(plan.file(SCHEMA))
    recordings = {f"{RECORDED}{one.name}": one for one in read_recordings(plan.recordings)}
    identity = {"data": hash_files([plan.file(QUERIES), plan.file(SCHEMA)])}
    tasks = []
    for arm in wanted_arms(plan.arms, (PLAIN, DISGUISED, *recordings)):
        if (recording := recordings.get(arm)) is not None:
            tasks.append(Task("paper90", arm, 0, identity | {"replies": hash_files([recording.path])}, _recorded(queries, recording)))
        else:
            seeds = plan.seeds if arm == DISGUISED else 1
            tasks += [Task("paper90", arm, seed, identity, _measuring(queries, schema, seed if arm == DISGUISED else None)) for seed in range(seeds)]
    outcome = run_tasks("ask-paper90", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        "Exact: faults that are flagged by the right code at the very place; flagged: by any alarm. Clean: clean queries without an alarm.",
        "Complete: explanations that say every literal, label, type and property; of the paper's models a person judged whether one sentence was right.",
        "In disguise: every name exchanged, paths turned, cut and put in another order, comments, backticks and white space anywhere; a disguise for each seed.",
        "Brackets: 95 %, Wilson. p: exact McNemar of right verdicts against ours, by Holm over all recorded models.",
    )
    data = {"suite": "paper90", "queries": len(queries), "faults": sum(one.code is not None for one in queries)}
    return Bench.of("ask", command, outcome, (*_rows(outcome), *_paper(plan.file(TABLES))), data=data, seeds=plan.seeds, notes=notes)


def read_queries(path: Path) -> list[Asked]:
    """Read the queries with the place of each fault."""
    return [_asked(row) for row in json.loads(path.read_text(encoding="utf-8"))]


def _asked(row: Mapping[str, Any]) -> Asked:
    query = parse(row["cypher"]).query
    assert query is not None
    if row["perturbation"] not in FAULTS:
        return Asked(row["id"], row["cypher"], query, None, Place(0, 0))
    code, find = FAULTS[row["perturbation"]]
    return Asked(row["id"], row["cypher"], query, code, find(list(walk(query))).place)


def _nth(nodes: Sequence[object], kind: type, number: int = 0) -> Any:
    return [node for node in nodes if isinstance(node, kind)][number]


def _measuring(queries: Sequence[Asked], schema: Schema, seed: int | None) -> Callable[[], Measured]:
    """Return what checks and explains each query, in the disguise of a seed or as it is."""

    def measure() -> Measured:
        rows = []
        for number, one in enumerate(queries):
            text, query, place, held = one.text, one.query, one.place, schema
            if seed is not None:
                disguise = Disguise(schema, generator(seed, "disguise", one.id))
                (text, query, place), held = disguise.of(query, place), disguise.schema
            found = told(text, held)
            alarms = [(alarm.code, alarm.place) for alarm in found.checked.alarms]
            exact = alarms == ([] if one.code is None else [(one.code, place)])
            rows.append((number, one.code is not None, bool(alarms), exact, not lacking(query, found.explanation), inverts(query, found.explanation), found.ms))
        values = pl.DataFrame(rows, schema=(Columns.POSITION, FAULTY, ALARMED, EXACT, COMPLETE, INVERTS, MS), orient="row")
        return Measured({"ms": float(values[MS].median())}, values)  # pyrefly: ignore

    return measure


def _recorded(queries: Sequence[Asked], recording: Recording) -> Callable[[], Measured]:
    """Return what counts the replies of a model; queries without one are left out, and told."""

    def measure() -> Measured:
        rows = []
        for number, one in enumerate(queries):
            reply = recording.replies.get(one.id)
            if reply is not None and reply.flagged is not None:
                complete = None if reply.summary is None else not lacking(one.query, reply.summary)
                rows.append((number, one.code is not None, reply.flagged, complete))
        kinds = {Columns.POSITION: pl.Int64, FAULTY: pl.Boolean, ALARMED: pl.Boolean, COMPLETE: pl.Boolean}
        return Measured({"unanswered": len(queries) - len(rows)}, pl.DataFrame(rows, schema=kinds, orient="row"), {"llm": recording.name})

    return measure


def _rows(outcome: Outcome) -> list[dict[str, Any]]:
    """Return a line for each arm, seeds counted together; recorded models are held against ours, as it is."""
    arms = {arm: rows for (_, arm), rows in by_arm(outcome).items()}
    lines = [{"name": arm, **_counted(rows)} for arm, rows in arms.items()]
    if PLAIN in arms:
        ours = _right(arms[PLAIN][0])
        recorded = [line for line in lines if str(line["name"]).startswith(RECORDED)]
        apart = [_apart(ours, _right(arms[line["name"]][0])) for line in recorded]
        for line, (only_ours, only_theirs), p in zip(recorded, apart, holm([mcnemar(*one) for one in apart]) if apart else (), strict=True):
            line |= {"only_ours_right": only_ours, "only_theirs_right": only_theirs, "p": float(p)}
    return lines


def _counted(rows: Sequence[Row]) -> dict[str, Any]:
    values = pl.concat([row.values() for row in rows])
    faulty, clean = values.filter(pl.col(FAULTY)), values.filter(~pl.col(FAULTY))
    line = {"runs": len(rows)}
    if EXACT in values.columns:
        line |= share("exact", faulty[EXACT])
    line |= share("flagged", faulty[ALARMED]) | share("clean", ~clean[ALARMED])
    for metric in (COMPLETE, INVERTS):
        if metric in values.columns:
            line |= share(metric, values[metric].drop_nulls())
    if MS in values.columns:
        line |= {"ms": quantile(values[MS].to_list(), 0.5), "ms_p95": quantile(values[MS].to_list(), 0.95)}
    return line | {key: value for key, value in rows[0].metrics.items() if key == "unanswered"}


def _right(row: Row) -> dict[int, bool]:
    values = row.values()
    return dict(zip(values[Columns.POSITION].to_list(), (values[FAULTY] == values[ALARMED]).to_list(), strict=True))


def _apart(ours: Mapping[int, bool], theirs: Mapping[int, bool]) -> tuple[int, int]:
    """Return how many queries only the first, and only the second, is right of, among those of which both say something."""
    both = [(ours[key], theirs[key]) for key in ours if key in theirs]
    return sum(one and not other for one, other in both), sum(other and not one for one, other in both)


def _paper(path: Path) -> list[dict[str, Any]]:
    """Return the paper's own rows."""
    lines = []
    for name, summaries, flagged, clean in json.loads(path.read_text(encoding="utf-8"))["explanation"]["rows"]:
        line: dict[str, Any] = {"name": f"the paper's: {name}"}
        for metric, hits, trials in (("flagged", flagged, 75), ("clean", clean, 15), ("summary_right", summaries, 90)):
            found = wilson(hits, trials)
            line |= {metric: found.mean, f"{metric}_lo": found.low, f"{metric}_hi": found.high, f"{metric}_of": trials}
        lines.append(line)
    return lines
