"""Faults that only the question tells: how many are flagged by what the question asks for, and how often a query that answers is."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import polars as pl

from broadsheet.ask.bench.asked import NAMED, OPERATORS
from broadsheet.ask.bench.mutants import Mutant, mutants
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.bench.question_cases import FILES, POLE, POLE_GRAPH, POLE_PAIRS, POLE_SCHEMA, Case, read_cases, rejected_cases
from broadsheet.ask.bench.told import share
from broadsheet.ask.check.findings import QUESTION
from broadsheet.ask.cypher.logic import conjunction
from broadsheet.ask.cypher.nodes import Clause, Match, Projection, Query
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.question.against import check_against, figure_doubts
from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.errors import BroadsheetError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator

OURS = "ours"
SOURCE, DATABASE, HELD_OUT, OPERATOR, FLAGGED, FIGURES, MENDED = "source", "database", "held_out", "operator", "flagged", "figures", "mended"
KINDS = {SOURCE: pl.String, DATABASE: pl.String, HELD_OUT: pl.Boolean, OPERATOR: pl.String, FLAGGED: pl.Boolean, FIGURES: pl.Boolean, MENDED: pl.Boolean}
CLEAN, REJECTED = "", "rejected"
# Pairs of one database whose mutants are looked at, for each seed anew; more take long and tell no more.
PAIRS = 40
# An answer that takes longer, or has more rows, decides nothing.
MOST_ROWS, MOST_SECONDS = 1000, 10.0


class Answers(Protocol):
    """Whether two queries have the same answer; None where that is not decided."""

    def __call__(self, one: Query, other: Query) -> bool | None:
        """Run both."""
        ...


def suite(plan: AskPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Plant faults into queries that answer their question, a row a seed in `folder`; the same by figures and quoted texts alone beside."""
    paths = [*map(plan.file, FILES), *(plan.file(*names) for names in (POLE_PAIRS, POLE_SCHEMA, POLE_GRAPH))]
    identity = {"data": hash_files(paths)}
    cases, rejected = read_cases(plan), rejected_cases(plan)
    tasks = [
        Task("questions", arm, seed, identity, _measuring(cases, rejected, plan.file(*POLE_GRAPH), seed))
        for arm in wanted_arms(plan.arms, (OURS,))
        for seed in range(plan.seeds)
    ]
    outcome = run_tasks("ask-questions", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    notes = (
        "Flagged: faults with an alarm that the question raises; alarms: the same on queries taken to answer. Named: the faults that the goal names; all: with those added.",
        "Figures: the same by numbers, dates, codes and quoted texts alone, those of the question that the query lacks.",
        "Which rules are alarms was chosen on seven databases of the language models, two of Mind-the-Query and every other template of ZOGRASCOPE; held out are the others.",
        "Of the half held out 50 alarms were read once, 8 or 9 of them true; what they taught was mended in general, so that this half is not unseen any more.",
        "Over POLE, mutants whose answer is that of the query are left out, where the engine answers both. Mended: flagged faults whose fix gives the query back.",
        "Queries taken to answer: Neo4j ran them and gave rows (GPT-4 Turbo, Opus), gold (ZOGRASCOPE), accepted by a person (Mind-the-Query). Brackets: 95 %, Wilson.",
    )
    data = {"suite": "questions", "pairs": len(cases), "operators": len(OPERATORS)}
    return Bench.of("ask", command, outcome, _lines(outcome), data=data, seeds=plan.seeds, notes=notes)


def _measuring(cases: Sequence[Case], rejected: Sequence[Case], graph: Path, seed: int) -> Callable[[], Measured]:
    """Return what flags each pair, and a mutant of each operator."""

    def measure() -> Measured:
        rng = generator(seed, "questions")
        with ExitStack() as opened:
            same = _answers(graph, opened)
            rows = [row for case in _drawn(cases, rng) for row in _planted(case, rng, same)]
        if not seed:
            # What is not changed is the same at every seed.
            rows += [(*_of(case), CLEAN, *_flagged(case, case.text)[:2], None) for case in cases]
            rows += [(*_of(case), REJECTED, *_flagged(case, case.text)[:2], None) for case in rejected]
        return Measured({"rows": len(rows)}, pl.DataFrame(rows, schema=KINDS, orient="row"))

    return measure


def _drawn(cases: Sequence[Case], rng: np.random.Generator) -> Iterator[Case]:
    """Yield some pairs of each source and database."""
    for kind in dict.fromkeys(map(_of, cases)):
        own = [case for case in cases if _of(case) == kind]
        yield from (own[number] for number in rng.permutation(len(own))[:PAIRS])


def _of(case: Case) -> tuple[str, str, bool]:
    return case.source, case.database, case.held_out


def _flagged(case: Case, text: str) -> tuple[bool, bool, str | None]:
    """Return whether the question raises an alarm, whether its figures alone do, and the text with every fix made."""
    checked = check_against(case.question, text, case.schema)
    figures = checked.query is not None and any(figure_doubts(case.question, text, checked.query, case.schema))
    return any(one.code in QUESTION for one in checked.alarms), figures, checked.fixed


def _planted(case: Case, rng: np.random.Generator, same: Answers) -> Iterator[tuple[Any, ...]]:
    query = parse(case.text).query
    assert query is not None
    for mutant in mutants(case.text, case.schema, OPERATORS, rng):
        if case.source == POLE and _is_same(query, mutant, same):
            continue
        flagged, plain, fixed = _flagged(case, mutant.text)
        mended = parse(fixed).query if flagged and fixed is not None else None
        yield (*_of(case), mutant.operator, flagged, plain, mended is not None and canonical(mended) == canonical(query))


def _is_same(query: Query, mutant: Mutant, same: Answers) -> bool:
    other = parse(mutant.text).query
    return other is not None and bool(same(query, other))


def _answers(graph: Path, opened: ExitStack) -> Answers:
    """Return what runs two queries over the graph of POLE."""
    from broadsheet.ask.graph.engine import Caps
    from broadsheet.ask.graph.opened import open_graph

    engine = opened.enter_context(open_graph(graph))
    known: dict[Query, list[str] | None] = {}

    def answer(query: Query) -> list[str] | None:
        if query not in known:
            try:
                rows = engine.run(plain_conditions(query), caps=Caps(MOST_SECONDS, MOST_ROWS))
            except BroadsheetError:
                # A relation that this graph calls otherwise, or too long: then nothing is decided.
                known[query] = None
            else:
                told = [repr(row) for row in rows.rows]
                last = query.parts[-1].clauses[-1]
                known[query] = None if rows.cut else told if isinstance(last, Projection) and last.order else sorted(told)
        return known[query]

    def same(one: Query, other: Query) -> bool | None:
        first, second = answer(one), answer(other)
        return None if first is None or second is None else first == second

    return same


def plain_conditions(query: Query) -> Query:
    """Return a query whose conditions within patterns stand behind them, as every engine reads them.

    >>> from broadsheet.ask.cypher.printer import canonical
    >>> canonical(plain_conditions(parse("MATCH (p:Person WHERE p.age > 3)-[:KNOWS]->(q) WHERE q.age < 9 RETURN p").query))
    'MATCH (p:Person)-[:KNOWS]->(q) WHERE q.age < 9 AND p.age > 3 RETURN p'
    """
    return replace(query, parts=tuple(replace(part, clauses=tuple(map(_plain, part.clauses))) for part in query.parts))


def _plain(clause: Clause) -> Clause:
    if not isinstance(clause, Match):
        return clause
    where = conjunction([clause.where, *(element.where for path in clause.paths for element in path.elements)])
    paths = tuple(replace(path, elements=tuple(replace(element, where=None) for element in path.elements)) for path in clause.paths)
    return replace(clause, paths=paths, where=where)


def _lines(outcome: Outcome) -> list[dict[str, Any]]:
    """Return a line for each half, for each operator over the half that is held out, and for each source and database."""
    rows = [row.values() for listed in by_arm(outcome).values() for row in listed]
    if not rows:
        return []
    values = pl.concat(rows)
    lines = [
        {"name": f"{name}{half}", **_counted(values.filter(pl.col(HELD_OUT) == held_out), by)}
        for half, held_out in ((", held out", True), (", chosen on", False))
        for name, by in ((OURS, FLAGGED), (FIGURES, FIGURES))
    ]
    lines += [_of_operator(name, values.filter((pl.col(OPERATOR) == name) & pl.col(HELD_OUT))) for name in OPERATORS]
    return [*lines, *_by_database(values)]


def _counted(values: pl.DataFrame, by: str) -> dict[str, Any]:
    planted = values.filter(~pl.col(OPERATOR).is_in([CLEAN, REJECTED]))
    named = planted.filter(pl.col(OPERATOR).is_in(list(NAMED)))
    rejected = values.filter(pl.col(OPERATOR) == REJECTED)
    line = (
        share("named", named[by]) | share("all", planted[by]) | share("alarms", values.filter(pl.col(OPERATOR) == CLEAN)[by]) | share("rejected", rejected[by])
    )
    return line | (share("mended", planted.filter(pl.col(by))[MENDED]) if by == FLAGGED else {})


def _of_operator(name: str, values: pl.DataFrame) -> dict[str, Any]:
    kind = "named" if name in NAMED else "added"
    return {"name": f"{name.replace('_', ' ')} ({kind})", **share("flagged", values[FLAGGED]), **share("figures", values[FIGURES])}


def _by_database(values: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for (source, database, held_out), own in values.sort(SOURCE, DATABASE).group_by(SOURCE, DATABASE, HELD_OUT, maintain_order=True):
        half = "held out" if held_out else "chosen on"
        yield {
            "name": f"{source}, {database} ({half})",
            **share("named", own.filter(pl.col(OPERATOR).is_in(list(NAMED)))[FLAGGED]),
            **share("alarms", own.filter(pl.col(OPERATOR) == CLEAN)[FLAGGED]),
        }
