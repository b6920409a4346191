"""How far a simulated user brings drafts that are not what is meant, in two amendments in words; and what changes that was not asked for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from broadsheet.ask.bench import slot_games
from broadsheet.ask.bench.drafts import Draft, faulty, written_twice
from broadsheet.ask.bench.game_rows import NAMES, counted, line_of
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.bench.played import play
from broadsheet.ask.bench.pole_graph import GRAPH, PAIRS
from broadsheet.ask.bench.public import QUERIES, SCHEMAS, Query, llm_queries, schemas_of
from broadsheet.ask.bench.user import Phrases, User
from broadsheet.ask.schema import Schema
from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator

# Drafts of each arm and seed.
COUNT = 100


class Arm(NamedTuple):
    """Where drafts come from, the phrases of the user, and which half of the databases (by name, in turn) they are of."""

    drafts: Callable[[Sequence[Query], Mapping[str, Schema], int, int], Iterator[Draft]]
    phrases: Phrases
    half: int


ARMS: dict[str, Arm] = {
    "planted faults": Arm(faulty, "held", 1),
    "two models, one question": Arm(written_twice, "held", 1),
    "planted faults, phrases and databases adjusted on": Arm(faulty, "dev", 0),
    "two models, one question, phrases and databases adjusted on": Arm(written_twice, "dev", 0),
}
# Drafts of the slot baseline: amended in words, or written anew with the wish behind the question.
SLOTS = {"slot baseline on POLE": False, "slot baseline on POLE, written anew": True}
NOTES = (
    "Slot baseline on POLE: what it drafts of ZOGRASCOPE's questions of forms that its rules were not written with; right is also what has the same answer by execution.",
    "Written anew: the baseline is given the question with the wishes behind it, and nothing of the query that was there.",
    "Right: the same query as is meant but for names and the order in which it is written. First try: as drafted; mended: after the checker's own fixes.",
    "Then after one and two amendments in words, each about one difference, with slips and half sentences now and then; without a user the figure stays that of the mended drafts.",
    "Planted faults: one to three in a query that ran and gave rows. Two models, one question: one's query is the draft, another's, that ran and gave rows, is what is meant.",
    "The reader of amendments was adjusted on one set of phrases alone, over half of the databases, POLE and the made-up graphs; rows that do not say so have the other phrases.",
    "May mean several things: the reader asks back with choices, and changes nothing. The user picks the choice that is what was meant, or says that none is; 2 % of picks are mistakes.",
    "An answer is part of its amendment; where it is counted as one, each question that comes back costs one more. Changes unrequested: neither asked for nor picked. Picked, and not meant: by mistake, or the nearest of what was offered.",
    "When to ask was set on dev phrases over half of the databases, POLE and the made-up graphs, and on dev phrases with a word left out or replaced by one that is none.",
    "Figures of an earlier reader with these held-out phrases were known (not the phrases, nor what failed), and are why it asks now.",
    "Attempts per success: queries shown until one is right, all three where none is, divided by how many came right.",
    "Unrequested: changes of parts that an amendment is not about, wishes read wrongly among them; beside: those made together with what was asked for.",
    "Brackets: 95 %, Wilson.",
)


def suite(plan: AskPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Let users amend drafts, a row an arm and seed in `folder`."""
    identity = {"data": hash_files([plan.file(QUERIES), plan.file(SCHEMAS)]), "count": COUNT}
    pole = {"data": hash_files([plan.file(*GRAPH), plan.file(*PAIRS)]), "count": slot_games.COUNT}
    with slot_games.PoleGames(plan) as games:
        tasks = []
        for arm in wanted_arms(plan.arms, (*SLOTS, *ARMS)):
            for seed in range(plan.seeds):
                measure = games.measuring(seed, anew=SLOTS[arm]) if arm in SLOTS else _measuring(plan, ARMS[arm], arm, seed)
                tasks.append(Task("simulated-user", arm, seed, pole if arm in SLOTS else identity, measure))
        outcome = run_tasks("ask-simulated-user", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    return Bench.of("ask", command, outcome, _rows(outcome), data={"suite": "simulated-user", "drafts": COUNT}, seeds=plan.seeds, notes=NOTES)


def _measuring(plan: AskPlan, arm: Arm, name: str, seed: int) -> Callable[[], Measured]:
    """Return what makes the drafts of a seed, and lets a user amend each."""

    def measure() -> Measured:
        asked, schemas = llm_queries(plan), schemas_of(plan.file(SCHEMAS))
        half = {database: schemas[database] for database in sorted(schemas)[arm.half :: 2]}
        user = User(arm.phrases, generator(seed, "simulated user", name))
        rows = [(number, *line_of(play(draft, user))) for number, draft in enumerate(arm.drafts(asked, half, COUNT, seed))]
        return Measured({"drafts": len(rows)}, pl.DataFrame(rows, schema=NAMES, orient="row"))

    return measure


def _rows(outcome: Outcome) -> list[dict[str, Any]]:
    lines = []
    for (_, arm), rows in by_arm(outcome).items():
        line: dict[str, Any] = {"name": arm, "runs": len(rows), **counted(rows)}
        lines.append(line | {"gained": line["after_2"] - line["mended"]})
    return lines
