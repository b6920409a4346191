"""Questions of the paper on a made-up graph. Drafts are amended by a simulated user; the paper's own figures stand beside."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from broadsheet.ask.bench.answers import agree, answered, is_ordered
from broadsheet.ask.bench.drafts import Draft, planted
from broadsheet.ask.bench.game_rows import NAMES, counted, line_of
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.bench.played import MOST, play
from broadsheet.ask.bench.recordings import read_recordings
from broadsheet.ask.bench.slot_games import amended_in_words, written_anew
from broadsheet.ask.bench.told import share
from broadsheet.ask.bench.user import User
from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.graph.engine import Engine
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.slots.writer import Slots
from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator

TABLES, RECORDED = "ask_paper_tables.json", "recorded: "
SLOT, ANEW, PLANTED = "slot baseline", "slot baseline, written anew", "planted faults"
ARMS = (SLOT, ANEW, PLANTED)
# Each query is planted with faults so many times.
TIMES = 4


class Fiction(NamedTuple):
    """A made-up graph with the paper's questions and the queries that are meant; `table` is the paper's own, `note` what is not the paper's."""

    name: str
    graph: Callable[[int], Graph]
    meant: tuple[str, ...]
    table: str
    questions: str
    note: str


def measured(fiction: Fiction, plan: AskPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Draft the questions, let a user amend the drafts, a row a seed in `folder`; recorded models and the paper's own stand beside."""
    recordings = {f"{RECORDED}{one.name}": one for one in read_recordings(plan.recordings)}
    questions = _questions(fiction, plan)
    identity = {"data": hash_files([plan.file(TABLES)]), "meant": list(fiction.meant)}
    tasks = []
    for arm in wanted_arms(plan.arms, (*ARMS, *recordings)):
        for seed in range(plan.seeds):
            recording = recordings.get(arm)
            facts = identity | ({"replies": hash_files([recording.path])} if recording is not None else {})
            replies = {} if recording is None else {key: reply.query for key, reply in recording.replies.items()}
            tasks.append(Task(fiction.name, arm, seed, facts, _measuring(fiction, questions, arm, seed, replies)))
    outcome = run_tasks(f"ask-{fiction.name}", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    data = {"suite": fiction.name, "questions": len(fiction.meant)}
    return Bench.of("ask", command, outcome, (*_rows(outcome), *_paper(fiction, plan)), data=data, seeds=plan.seeds, notes=(fiction.note, *NOTES))


NOTES = (
    "Right: the rows that are meant, as a bag, in order where order is meant; further columns do no harm.",
    "First try: as drafted; mended: after the checker's own fixes; then after one and two amendments in words of a simulated user, of phrases that were held out.",
    "May mean several things: the reader asks back with choices; the user picks what was meant, or says that none is; 2 % of picks are mistakes. What is picked and not meant stands apart from what is changed unrequested.",
    "An answer is part of its amendment; where it is counted as one, each question that comes back costs one more. When to ask was set on dev phrases.",
    "Attempts per success: queries shown until one is right, all three where none is, divided by how many came right.",
    "Unrequested: changes of parts that an amendment is not about, wishes read wrongly among them; beside: those made together with what was asked for.",
    "Brackets: 95 %, Wilson. The paper's rows are the paper's: other graphs, other queries, persons who amend.",
)


def _questions(fiction: Fiction, plan: AskPlan) -> list[str]:
    held = json.loads(plan.file(TABLES).read_text(encoding="utf-8"))[fiction.questions]
    return [one["q"] if isinstance(one, Mapping) else str(one) for one in held]


def _drafted(fiction: Fiction, slots: Slots, questions: Sequence[str], arm: str, seed: int) -> list[list[Query]]:
    """Return for each question what the slot baseline drafts; or its meant query with faults planted, several times."""
    if arm != PLANTED:
        return [[one.query for one in slots.write(question, 1)] for question in questions]
    schema, rng = slots.index.schema, generator(seed, fiction.name, "planted")
    return [[found for _ in range(TIMES) if (found := planted(text, schema, rng)) is not None] for text in fiction.meant]


def _measuring(fiction: Fiction, questions: Sequence[str], arm: str, seed: int, replies: Mapping[str, str | None]) -> Callable[[], Measured]:
    """Return what drafts each question, and lets a user amend it."""

    def measure() -> Measured:
        graph = fiction.graph(0)
        slots = Slots.of(graph)
        drafts = _drafted(fiction, slots, questions, arm, seed) if arm in ARMS else _recorded(fiction, replies)
        user = User("held", generator(seed, fiction.name, arm, "user"))
        rows = []
        with Ladybug(graph) as engine:
            for number, (text, held) in enumerate(zip(fiction.meant, drafts, strict=True)):
                meant = parse(text).query
                assert meant is not None
                judge = judged_by(engine, meant)
                for draft in held or [None]:
                    amender = written_anew(slots, questions[number]) if arm == ANEW else amended_in_words(slots)
                    game = None if draft is None else play(Draft(str(number), fiction.name, draft, meant, engine.schema), user, amender, judge)
                    rows.append((number, *line_of(game)))
        return Measured({"drafts": len(rows)}, pl.DataFrame(rows, schema=NAMES, orient="row"))

    return measure


def judged_by(engine: Engine, meant: Query) -> Callable[[Query], bool]:
    """Return what says whether a query has the answer of another."""
    wanted, ordered = answered(engine, meant), is_ordered(meant)

    def judge(query: Query) -> bool:
        got = answered(engine, query)
        return wanted is not None and got is not None and agree(wanted, got, ordered=ordered)

    return judge


def _recorded(fiction: Fiction, replies: Mapping[str, str | None]) -> list[list[Query]]:
    """Return the queries of a recording: of question 1 by the id `q1`, and so on."""
    texts = [replies.get(f"q{number}") for number in range(1, len(fiction.meant) + 1)]
    parsed = [parse(text).query if text else None for text in texts]
    return [[one] if one is not None else [] for one in parsed]


def _rows(outcome: Outcome) -> list[dict[str, Any]]:
    return [{"name": arm, "runs": len(rows), **counted(rows)} for (_, arm), rows in by_arm(outcome).items()]


def _paper(fiction: Fiction, plan: AskPlan) -> list[dict[str, Any]]:
    """Return the paper's own rows."""
    lines = []
    count = len(fiction.meant)
    for name, first, within in json.loads(plan.file(TABLES).read_text(encoding="utf-8"))[fiction.table]["rows"]:
        line: dict[str, Any] = {"name": f"the paper's: {name}"}
        for metric, hits in (("first_try", first), (f"after_{MOST}", within)):
            line |= share(metric, [True] * hits + [False] * (count - hits))
        lines.append(line)
    return lines
