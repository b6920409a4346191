"""Questions of the paper on a made-up graph. Drafts are amended by a simulated user; the paper's own figures stand beside."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from broadsheet.ask.bench.answers import agree, answered, is_ordered
from broadsheet.ask.bench.drafts import Draft, planted
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.bench.played import MOST, Played, play
from broadsheet.ask.bench.recordings import read_recordings
from broadsheet.ask.bench.told import share
from broadsheet.ask.bench.user import User
from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.graph.engine import Engine
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.tables import Graph
from broadsheet.core.bench import Bench, Measured, Outcome, Row, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator

TABLES, PLANTED, RECORDED = "ask_paper_tables.json", "planted faults", "recorded: "
DRAFTED, TURNS, MADE, UNASKED = "drafted", "turns", "made", "unasked"
NAMES = (Columns.POSITION, DRAFTED, *(f"after_{one}" for one in range(MOST + 1)), TURNS, MADE, UNASKED)
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
    "Attempts per success: queries shown until one is right, all three where none is, divided by how many came right.",
    "Unrequested: changes of parts that an amendment is not about.",
    "Brackets: 95 %, Wilson. The paper's rows are the paper's: other graphs, other queries, persons who amend.",
)


def _questions(fiction: Fiction, plan: AskPlan) -> list[str]:
    held = json.loads(plan.file(TABLES).read_text(encoding="utf-8"))[fiction.questions]
    return [one["q"] if isinstance(one, Mapping) else str(one) for one in held]


Drafter = Callable[[Fiction, Graph, Sequence[str], int], list[list[Query]]]


def _planted(fiction: Fiction, graph: Graph, questions: Sequence[str], seed: int) -> list[list[Query]]:
    """Return for each question its meant query with faults planted, several times."""
    del questions
    schema, rng = graph.schema(), generator(seed, fiction.name, "planted")
    return [[found for _ in range(TIMES) if (found := planted(text, schema, rng)) is not None] for text in fiction.meant]


ARMS: dict[str, Drafter] = {PLANTED: _planted}


def _measuring(fiction: Fiction, questions: Sequence[str], arm: str, seed: int, replies: Mapping[str, str | None]) -> Callable[[], Measured]:
    """Return what drafts each question, and lets a user amend it."""

    def measure() -> Measured:
        graph = fiction.graph(0)
        drafts = ARMS[arm](fiction, graph, questions, seed) if arm in ARMS else _recorded(fiction, replies)
        user = User("held", generator(seed, fiction.name, arm, "user"))
        rows = []
        with Ladybug(graph) as engine:
            for number, (text, held) in enumerate(zip(fiction.meant, drafts, strict=True)):
                meant = parse(text).query
                assert meant is not None
                judge = judged_by(engine, meant)
                for draft in held or [None]:
                    game = None if draft is None else play(Draft(str(number), fiction.name, draft, meant, engine.schema), user, right_one=judge)
                    rows.append((number, *line_of(game)))
        return Measured({"drafts": len(rows)}, pl.DataFrame(rows, schema=NAMES, orient="row"))

    return measure


def line_of(game: Played | None) -> tuple[Any, ...]:
    """Return what a row keeps of one draft: right as drafted, after each amendment, and how many amendments and changes there were."""
    if game is None:
        return (False, *([False] * (MOST + 1)), 0, 0, 0)
    changes = [(len(turn.made), len(turn.unrequested)) for turn in game.turns]
    return (game.drafted, *game.right, len(game.turns), sum(one for one, _ in changes), sum(one for _, one in changes))


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


def counted(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the figures of drafts that were played, over all seeds."""
    values = pl.concat([row.values() for row in rows])
    line = share("first_try", values[DRAFTED]) | share("mended", values["after_0"])
    for number in range(1, MOST + 1):
        line |= share(f"after_{number}", values[f"after_{number}"])
    right = [values[f"after_{number}"].to_list() for number in range(MOST + 1)]
    attempts = sum(next((place + 1 for place, one in enumerate(each) if one), MOST + 1) for each in zip(*right, strict=True))
    successes = sum(right[-1])
    if successes:
        line["attempts_per_success"] = attempts / successes
    made, unasked = int(values[MADE].sum()), int(values[UNASKED].sum())
    if made:
        line |= share("unrequested", [True] * unasked + [False] * (made - unasked))
    return line


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
