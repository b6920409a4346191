"""The bench of constrained decoding: queries written by random weights, what people asked that the grammar can say, and a language model held to a schema and free."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from broadsheet.ask.bench.execution import Answers, same
from broadsheet.ask.bench.held import MOST, SHOWN, free, held, likest, plain, questions_of, timed
from broadsheet.ask.bench.odd import odd_schema
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.bench.pole_pairs import read_pairs
from broadsheet.ask.bench.public import QUERIES as WRITTEN
from broadsheet.ask.bench.public import SCHEMAS as DATABASES
from broadsheet.ask.bench.public import llm_queries, schemas_of
from broadsheet.ask.bench.told import quantile, share
from broadsheet.ask.check.checker import Checked, check
from broadsheet.ask.check.findings import Code, Severity
from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.nodes import Literal_, Query
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.decode.automaton import Automaton
from broadsheet.ask.decode.given import Given
from broadsheet.ask.decode.masks import SIGNS, Masks, Vocabulary
from broadsheet.ask.decode.retold import retold
from broadsheet.ask.decode.writer import write
from broadsheet.ask.graph.opened import open_graph
from broadsheet.ask.safety import refused
from broadsheet.ask.schema import Schema
from broadsheet.ask.schema_files import databases, read_schema
from broadsheet.core.bench import Bench, Measured, Outcome, Row, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.llm import open_llm
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator

RANDOM, LETTERS = "random weights: tokens of SmolLM2", "random weights: characters"
CRIMES, MODELS = "can be said: gold queries of ZOGRASCOPE", "can be said: queries of language models"
HELD, LIKE, FREE = "smollm2, held to the schema", f"smollm2, held, {SHOWN} like questions shown", "smollm2, free"
OUTPUTS, QUESTIONS, QUERIES = 10_000, 20, 600
# Random weights that are drawn at once.
REEL = 1 << 22
# The tokens that a query of random weights may have, from the least to the most.
BUDGETS = {RANDOM: (40, 110), LETTERS: (100, 200)}
SCHEMAS = ("ask_paper_schema.json", "text2cypher_schemas.json", "mindthequery_schemas.json", "pole/graph_schema.json")
POLE, GRAPH = "pole/zograscope_train_v1.csv", "pole/pole-data-importer.zip"
GIVEN = Given(("Up", 'O\'Hara "Bo"', "größer", "3/08/2017", "2011-02-28", "\\"), {}, ("up", "per"))
AGAINST_SCHEMA = frozenset(
    {
        Code.UNKNOWN_LABEL,
        Code.UNKNOWN_RELATION,
        Code.UNKNOWN_PROPERTY,
        Code.WRONG_DIRECTION,
        Code.IMPOSSIBLE_PATH,
        Code.UNLABELLED_NODE,
        Code.TYPE_MISMATCH,
        Code.OUT_OF_DOMAIN,
    }
)
TEXT, PARSED, FAULTY, ALARMED, ALLOWED, TOKENS, EXACT, RIGHT, EMPTY, SECONDS, SAYABLE = (
    "text parsed faulty alarmed allowed tokens exact right empty seconds sayable".split()
)


def suite(plan: AskPlan, folder: Path, command: str, progress: Progress = silent, *, outputs: int = OUTPUTS, questions: int = QUESTIONS) -> Bench:
    """Write queries by random weights over every schema at hand, and by SmolLM2 for questions on a graph of crimes; a row each in `folder`."""
    schemas = schemas_at_hand(plan)
    arms = _arms(plan, schemas, outputs, questions, progress)
    tasks = [Task("decoding", arm, 0, *arms[arm]) for arm in wanted_arms(plan.arms, arms)]
    outcome = run_tasks("ask-decoding", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    least, letters = BUDGETS[RANDOM], BUDGETS[LETTERS]
    notes = (
        f"Random weights: every token is wanted as much as any other, over {len(schemas)} schemas, one of them made up of odd names; each output is one attempt.",
        f"It has at most {least[0]} to {least[1]} tokens, or {letters[0]} to {letters[1]} characters. ms: of the mask, the draw and the step, a token.",
        "Against the schema: an unknown name, a wrong direction, an impossible path, a type that does not fit, a value that nothing has. Alarmed: any error or warning.",
        f"Can be said: of at most {QUERIES} queries, drawn at seed 0, in which the checker finds nothing, those that the grammar can write, in its own words.",
        f"SmolLM2: {questions} questions of ZOGRASCOPE's training set with their gold entities, of the part that suite pole holds out iid at seed 0; greedy. Exact: the same",
        "tree in the grammar's words. Right: the rows of the gold query, as suite pole compares them. Free: the same prompt, no mask. Like questions: the likest by TF-IDF of",
        "the part that is not held out, whose queries are others, but often of the same template. Brackets: 95 %, Wilson.",
    )
    data = {"suite": "decoding", "schemas": len(schemas)}
    return Bench.of("ask", command, outcome, _rows(outcome), data=data, seeds=1, notes=notes)


Arm = tuple[Mapping[str, Any], Callable[[], Measured]]


def _arms(plan: AskPlan, schemas: Mapping[str, Schema], outputs: int, questions: int, progress: Progress) -> dict[str, Arm]:
    """Return for each row its configuration, and what measures it."""

    def held_to(*names: str, **settings: int) -> Mapping[str, Any]:
        return {"data": hash_files([_file(plan, name) for name in names]), **settings}

    # Characters take longer, and tell nothing that tokens do not.
    drawn = {RANDOM: outputs, LETTERS: outputs // 4}
    random = {arm: (held_to(*SCHEMAS, outputs=count), _drawing(arm, schemas, count, progress)) for arm, count in drawn.items()}
    said = {
        CRIMES: (held_to(POLE, GRAPH, queries=QUERIES), _saying(lambda: _gold(plan))),
        MODELS: (held_to(WRITTEN, DATABASES, queries=QUERIES), _saying(lambda: _accepted(plan))),
    }
    asked = {arm: (held_to(POLE, GRAPH, questions=questions, most=MOST), _asking(plan, arm, questions, progress)) for arm in (HELD, LIKE, FREE)}
    # What takes longest and tells least comes last, for a budget may cut it off.
    return {RANDOM: random[RANDOM], **said, HELD: asked[HELD], LIKE: asked[LIKE], LETTERS: random[LETTERS], FREE: asked[FREE]}


def _file(plan: AskPlan, name: str) -> Path:
    return plan.file(*name.split("/"))


def schemas_at_hand(plan: AskPlan) -> dict[str, Schema]:
    """Return every public schema by its name, and the odd one."""
    found = {"odd": odd_schema()}
    for name in SCHEMAS:
        path = _file(plan, name)
        several = databases(path)
        found |= {f"{name}: {one}": read_schema(path, one) for one in several} or {name: read_schema(path)}
    return found


# Random weights.


def vocabulary_of(arm: str) -> Vocabulary:
    """Return the tokens of SmolLM2, or a token for each character. Raises MissingExtraError where SmolLM2 is not installed."""
    if arm == LETTERS:
        return Vocabulary([*(letter.encode() for letter in dict.fromkeys(SIGNS)), *(bytes((byte,)) for byte in range(128, 256)), b"\n", b"\t", b""])
    from transformers import AutoTokenizer

    from broadsheet.core.backbones.smollm2 import smollm2_folder
    from broadsheet.core.llm.vocabulary import token_bytes

    return Vocabulary(token_bytes(AutoTokenizer.from_pretrained(smollm2_folder(), local_files_only=True)))


def _drawing(arm: str, schemas: Mapping[str, Schema], outputs: int, progress: Progress) -> Callable[[], Measured]:
    def measure() -> Measured:
        vocabulary = vocabulary_of(arm)
        # The empty token ends a query, whichever it is: none of them is ever written.
        size, end = len(vocabulary.tokens), vocabulary.tokens.index(b"")
        rng, spent, rows, names = generator(0, "ask", "decoding", arm), 0.0, [], list(schemas)
        # Every token begins anywhere in a long row of weights, which costs less than to draw as many for each.
        weights = rng.random(REEL + size, dtype="float32")

        def wanted(_: int | None) -> np.ndarray:
            begin = int(rng.integers(REEL))
            return weights[begin : begin + size]

        for place, name in enumerate(names):
            masks = Masks(schemas[name], vocabulary, GIVEN)
            for _ in range(place, outputs, len(names)):
                most = int(rng.integers(*BUDGETS[arm], endpoint=True))
                began = time.process_time()
                said = write(masks, wanted, end, most)
                spent += time.process_time() - began
                rows.append((name, said.text, len(said.tokens), *_verdict(check(said.text, schemas[name]))))
                progress(f"queries of {arm}", len(rows), outputs)
        kinds = {"schema": pl.String, TEXT: pl.String, TOKENS: pl.Int64, PARSED: pl.Boolean, ALLOWED: pl.Boolean, FAULTY: pl.Boolean, ALARMED: pl.Boolean}
        values = pl.DataFrame(rows, schema=kinds, orient="row")
        return Measured({"ms": 1000 * spent / max(1, int(values[TOKENS].sum()))}, values)

    return measure


def _verdict(found: Checked) -> tuple[bool, bool, bool, bool]:
    """Return whether a query parses, is allowed, is against the schema, and has any alarm."""
    allowed = found.query is not None and refused(found.query) is None
    against = any(one.code in AGAINST_SCHEMA and one.severity is not Severity.INFO for one in found.findings)
    return found.query is not None, allowed, against, bool(found.alarms)


# What can be said.


def _gold(plan: AskPlan) -> list[tuple[str, Schema]]:
    """Return gold queries of questions on the graph of crimes, with what that graph holds."""
    with open_graph(_file(plan, GRAPH)) as graph:
        schema = graph.schema
    pairs = read_pairs(_file(plan, POLE))
    order = generator(0, "ask", "decoding", "gold").permutation(len(pairs))[:QUERIES].tolist()
    return [(canonical(pairs[place].query), schema) for place in order]


def _accepted(plan: AskPlan) -> list[tuple[str, Schema]]:
    """Return queries that language models wrote and Neo4j ran, on databases whose schema is there."""
    schemas = schemas_of(plan.file(DATABASES))
    fine = [one for one in llm_queries(plan) if one.database in schemas and one.verdict.startswith("accepted")]
    order = generator(0, "ask", "decoding", "queries").permutation(len(fine))[:QUERIES].tolist()
    return [(fine[place].text, schemas[fine[place].database]) for place in order]


def _saying(read: Callable[[], Sequence[tuple[str, Schema]]]) -> Callable[[], Measured]:
    def measure() -> Measured:
        rows = []
        for text, schema in read():
            found = check(text, schema)
            if found.query is not None and not found.alarms:
                rows.append((text, can_say(found.query, schema)))
        return Measured({}, pl.DataFrame(rows, schema={TEXT: pl.String, SAYABLE: pl.Boolean}, orient="row"))

    return measure


def can_say(query: Query, schema: Schema) -> bool:
    """Tell whether the grammar of a schema can write a query, its texts given."""
    said = retold(query)
    if said is None:
        return False
    texts = tuple(dict.fromkeys(node.value for node in walk(query) if isinstance(node, Literal_) and isinstance(node.value, str)))
    automaton = Automaton(schema, Given(texts))
    return automaton.is_complete(automaton.read(said))


# A language model.


def _asking(plan: AskPlan, arm: str, count: int, progress: Progress) -> Callable[[], Measured]:
    def measure() -> Measured:
        llm = open_llm("smollm2", progress=progress)
        questions, others = questions_of(_file(plan, POLE), count)
        shown = likest(questions, others) if arm == LIKE else [[]] * len(questions)
        rows = []
        with open_graph(_file(plan, GRAPH)) as graph:
            answer, answers = (free if arm == FREE else held)(llm, graph.schema), Answers(graph)
            for one, examples in zip(questions, shown, strict=True):
                said = timed(answer, one, examples)
                found, gold = check(said.text, graph.schema), answers.of(one.query)
                exact = found.query is not None and plain(found.query) == plain(one.query)
                right = found.query is not None and refused(found.query) is None and same(gold, answers.of(found.query))
                rows.append((*said, *_verdict(found), exact, *((None, None) if gold.fault else (right, gold.empty))))
                progress(f"questions to {arm}", len(rows), len(questions))
        names = (TEXT, TOKENS, SECONDS, PARSED, ALLOWED, FAULTY, ALARMED, EXACT, RIGHT, EMPTY)
        kinds = {name: {TEXT: pl.String, TOKENS: pl.Int64, SECONDS: pl.Float64}.get(name, pl.Boolean) for name in names}
        return Measured({}, pl.DataFrame(rows, schema=kinds, orient="row"), {"llm": llm.model})

    return measure


# The table.


def _rows(outcome: Outcome) -> list[dict[str, Any]]:
    return [{"name": arm, **_counted(rows[0])} for (_, arm), rows in by_arm(outcome).items()]


def _counted(row: Row) -> dict[str, Any]:
    values = row.values()
    line: dict[str, Any] = {"outputs": len(values), "distinct": values[TEXT].n_unique() / max(1, len(values))}
    for name, column in (("parse", PARSED), ("allowed", ALLOWED), ("against_schema", FAULTY), ("alarmed", ALARMED), ("sayable", SAYABLE), ("exact", EXACT)):
        line |= share(name, values[column]) if column in values.columns else {}
    if RIGHT in values.columns:
        right = values.drop_nulls(RIGHT)
        line |= share("right", right[RIGHT]) | share("empty_gold", right[EMPTY])
        line |= {"seconds": quantile(values[SECONDS].to_list(), 0.5)}
    if TOKENS in values.columns:
        line |= {"tokens": quantile(values[TOKENS].to_list(), 0.5)}
    return line | row.metrics
