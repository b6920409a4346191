"""Questions over the POLE graph without a language model: how often the query that is written gives the right answer, beside what models were published to do."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from broadsheet.ask.bench.execution import same
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.bench.pole_graph import GRAPH, PAIRS, SCHEMA, PoleGraph
from broadsheet.ask.bench.pole_pairs import KINDS, LONG, SEEN, Asked, Entity, Kind, read_pairs, split
from broadsheet.ask.bench.pole_rivals import Common, Nearest
from broadsheet.ask.bench.told import quantile
from broadsheet.ask.cypher.nodes import Place, Query
from broadsheet.ask.link.linker import link
from broadsheet.ask.link.links import Links, ValueLink
from broadsheet.ask.slots.habits import OWN
from broadsheet.ask.slots.train import Pair, fit
from broadsheet.ask.slots.writer import Slots
from broadsheet.core.bench import Bench, Measured, Outcome, Row, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.metrics import wilson
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns

RIGHT, RIGHT_SET, ANSWERED, EMPTY, MS = "right", "right_set", "answered", "empty", "ms"
# So many questions, at most, are learnt from by their drafts; words are learnt from all.
RANKED = 1000
PUBLISHED: Mapping[str, tuple[float, float, float]] = {"GPT-4o, no examples, entities given": (0.417, 0.329, 0.163)}


class Arm(NamedTuple):
    """A way of writing queries: what writes, and whether the values of a question are given."""

    name: str
    writer: str
    given: bool


ARMS = (
    Arm("slots, untrained, entities given", "untrained", given=True),
    Arm("slots, untrained, our links", "untrained", given=False),
    Arm("slots, trained, entities given", "trained", given=True),
    Arm("slots, trained, our links", "trained", given=False),
    Arm("slots, untrained, our own habits, entities given", "own", given=True),
    Arm("nearest question's query, entities given", "nearest", given=True),
    Arm("nearest question's query, our links", "nearest", given=False),
    Arm("most common query, entities given", "common", given=True),
)
Write = Callable[[Asked], Query | None]


def suite(plan: AskPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Write and run queries for held-out questions, three splits and a row a seed in `folder`; published figures stand beside."""
    files = [plan.file(*names) for names in (GRAPH, SCHEMA, PAIRS)]
    wanted = wanted_arms(plan.arms, [arm.name for arm in ARMS])
    identity = {"data": hash_files(files), "ranked": RANKED}
    with _Pole(plan, progress) as pole:
        # What takes long comes last, the first seed of each split before the others.
        arms = sorted((arm for arm in ARMS if arm.name in wanted), key=lambda arm: arm.writer == "trained")
        each = [(arm.writer == "trained", seed, kind, arm) for arm in arms for seed in range(plan.seeds) for kind in KINDS]
        each.sort(key=lambda one: (one[0], one[1]))
        tasks = [Task(kind, arm.name, seed, identity, pole.measuring(kind, arm, seed)) for _, seed, kind, arm in each]
        outcome = run_tasks("ask-pole", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    data = {"suite": "pole", "questions": len(read_pairs(files[-1])), "queries": "ZOGRASCOPE, its training file"}
    return Bench.of("ask", command, outcome, (*_rows(outcome), *_published()), data=data, seeds=plan.seeds, notes=NOTES)


NOTES = (
    "Right: the rows of the answer are those of the collection's query, as often, in the same columns; of the first rows of an order, all that are tied are held.",
    "Right as sets: however often a row is there.",
    "The splits are our own, of the file that is public as training data: iid holds out a fifth of the queries with all their questions, compositional a fifth of the forms.",
    f"Length holds out all queries with {LONG} nodes or more. Rules were written with every {SEEN}th form before the eyes; no test has one of these.",
    "Of the other forms too, a question each and some drafts that failed had been read before that: so the figures of untrained slots are no blind ones.",
    "Published figures are of the collection's own test sets, which we do not have: they are no comparison on equal questions.",
    "Untrained slots know the schema with its descriptions, and general English. Trained slots learn of the training part alone.",
    "All but our own habits write as the collection does: no DISTINCT, no direction, text sorted as text, what is null among it.",
    "Our own habits: each answer once, directions of the schema, dates and numbers in text sorted by value. Gold sorts dates as text, which is no order of days.",
    "The nearest question is sought among those whose values are of the same labels and properties; where there is none, it is not answered.",
    "Entities given: label, property, value and place of each; the published models were given entities too.",
    "Brackets: 95 %, Wilson, over the questions of all seeds, one that several have counted once.",
)


class _Pole(PoleGraph):
    """POLE, with what is learnt of its questions and with rivals."""

    def __init__(self, plan: AskPlan, progress: Progress) -> None:
        super().__init__(plan)
        self._progress = progress
        self._trained: dict[tuple[Kind, int], Slots] = {}
        self._rivals: dict[tuple[str, Kind, int], Nearest | Common] = {}
        self._written: dict[tuple[str, bool, str], tuple[Query | None, float]] = {}

    def measuring(self, kind: Kind, arm: Arm, seed: int) -> Callable[[], Measured]:
        """Return what writes and runs the queries of one split."""

        def measure() -> Measured:
            _, test = split(self.pairs, kind, seed)
            rows = []
            for number, one in enumerate(test):
                query, ms = self._write(arm, kind, seed, one)
                gold = self.answers.of(one.query)
                found = None if query is None else self.answers.of(query)
                right = found is not None and same(gold, found)
                as_sets = found is not None and same(gold, found, bags=False)
                rows.append((one.id, right, as_sets, found is not None and not found.fault, gold.empty, ms))
                self._progress(f"{kind}, {arm.name}", number + 1, len(test))
            values = pl.DataFrame(rows, schema=(Columns.ITEM, RIGHT, RIGHT_SET, ANSWERED, EMPTY, MS), orient="row")
            return Measured({"accuracy": float(values[RIGHT].mean() or 0.0)}, values, {"writer": arm.writer})  # pyrefly: ignore

        return measure

    def _write(self, arm: Arm, kind: Kind, seed: int, one: Asked) -> tuple[Query | None, float]:
        """Return the query for a question and the milliseconds that it took; what was not trained writes each once."""
        key = (arm.writer, arm.given, one.id)
        if key in self._written:
            return self._written[key]
        writer = self._writer(arm, kind, seed)
        began = time.perf_counter()
        made = writer(one), 1000 * (time.perf_counter() - began)
        if arm.writer in {"untrained", "own"}:
            self._written[key] = made
        return made

    def _writer(self, arm: Arm, kind: Kind, seed: int) -> Write:
        if arm.writer in {"nearest", "common"}:
            rival = self._rival(arm.writer, kind, seed)
            return lambda one: rival.write(one.question, one.entities if arm.given else self._linked(one.question))
        slots = self.slots
        if arm.writer == "own":
            slots = slots.with_habits(OWN)
        elif arm.writer == "trained":
            slots = self._fitted(kind, seed)
        return lambda one: next((draft.query for draft in slots.write(one.question, 1, self._given(one) if arm.given else None)), None)

    def _rival(self, writer: str, kind: Kind, seed: int) -> Nearest | Common:
        key = (writer, kind, seed)
        if key not in self._rivals:
            train, _ = split(self.pairs, kind, seed)
            self._rivals[key] = Nearest(train) if writer == "nearest" else Common(train)
        return self._rivals[key]

    def _fitted(self, kind: Kind, seed: int) -> Slots:
        if (kind, seed) not in self._trained:
            train, _ = split(self.pairs, kind, seed)
            pairs = [Pair(one.question, one.query, self._given(one)) for one in train]
            weights = fit(self.slots, pairs, "pole-train", ranked=RANKED, progress=self._progress)
            self._trained[kind, seed] = self.slots.with_weights(weights)
        return self._trained[kind, seed]

    def _given(self, one: Asked) -> Links:
        """Return the links of a question with its values as they were published."""
        facts = self.slots.facts(one.question)
        values = tuple(
            ValueLink(held.place, held.words, held.label, held.property, held.value, 1, 1.0, "exact")
            for held in sorted(one.entities, key=lambda held: held.place)
        )
        return Links(one.question, values, self.slots.index.names.links(facts.tokens))

    def _linked(self, question: str) -> list[Entity]:
        """Return the values that our linker finds, the surest meaning of each."""
        best: dict[Place, ValueLink] = {}
        for one in link(question, self.slots.index).values:
            if one.place not in best or one.score > best[one.place].score:
                best[one.place] = one
        return [Entity(one.place, one.words, "", one.label, one.property, one.value) for one in best.values()]


def _rows(outcome: Outcome) -> list[dict[str, Any]]:
    found = by_arm(outcome)
    keys = [(kind, arm.name) for kind in KINDS for arm in ARMS if (kind, arm.name) in found]
    return [{"name": f"{kind}: {arm}", **_counted(found[kind, arm])} for kind, arm in keys]


def _counted(rows: Sequence[Row]) -> dict[str, Any]:
    values = pl.concat([row.values() for row in rows])
    line: dict[str, Any] = {"runs": len(rows), **_share(values, RIGHT), **_share(values, RIGHT_SET)}
    line |= _share(values.filter(~pl.col(EMPTY)), RIGHT, "right_where_found")
    line |= {"answered": float(values[ANSWERED].mean() or 0.0), "gold_empty": float(values[EMPTY].mean() or 0.0)}  # pyrefly: ignore
    return line | {"ms": quantile(values[MS].to_list(), 0.5), "ms_p95": quantile(values[MS].to_list(), 0.95)}


def _share(values: pl.DataFrame, column: str, name: str = "") -> dict[str, Any]:
    """Return a share over questions: one that several seeds have tested counts once, by how often it was right."""
    means = values.group_by(Columns.ITEM).agg(pl.col(column).mean())[column]
    found = wilson(float(means.sum()), len(means)) if len(means) else None
    name = name or column
    return {} if found is None else {name: found.mean, f"{name}_lo": found.low, f"{name}_hi": found.high, f"{name}_of": len(means)}


def _published() -> list[dict[str, Any]]:
    return [{"name": f"{kind}: published: {name}", "right": figure} for name, figures in PUBLISHED.items() for kind, figure in zip(KINDS, figures, strict=True)]
