"""The bench of constrained decoding: queries written by random weights, and by a language model held to a schema and free."""

import asyncio
import csv
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from broadsheet.ask.bench.odd import odd_schema
from broadsheet.ask.bench.plan import AskPlan
from broadsheet.ask.bench.told import quantile, share
from broadsheet.ask.check.checker import Checked, check
from broadsheet.ask.check.findings import Code, Severity
from broadsheet.ask.cypher.nodes import Node, NodePattern, Projection, Query, RelationPattern, Variable
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.decode.decoder import Decoder
from broadsheet.ask.decode.given import Given
from broadsheet.ask.decode.masks import SIGNS, Masks, Vocabulary
from broadsheet.ask.decode.prompt import asked
from broadsheet.ask.decode.writer import write
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.opened import open_graph
from broadsheet.ask.graph.values import Rows
from broadsheet.ask.safety import refused
from broadsheet.ask.schema import Schema
from broadsheet.ask.schema_files import databases, read_schema
from broadsheet.core.bench import Bench, Measured, Outcome, Row, Task, by_arm, run_tasks, wanted_arms
from broadsheet.core.bench.provenance import hash_files
from broadsheet.core.errors import QueryError, QueryRefusedError, QueryTimeoutError
from broadsheet.core.llm import LLM, open_llm
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator

RANDOM, LETTERS, HELD, FREE = "random weights: tokens of SmolLM2", "random weights: characters", "smollm2, held to the schema", "smollm2, free"
OUTPUTS, QUESTIONS, MOST = 10_000, 40, 120
# The tokens that a query of random weights may have, from the least to the most.
BUDGETS = {RANDOM: (50, 160), LETTERS: (120, 400)}
SCHEMAS = ("ask_paper_schema.json", "text2cypher_schemas.json", "mindthequery_schemas.json", "pole/graph_schema.json")
POLE, GRAPH = "pole/zograscope_train_v1.csv", "pole/pole-data-importer.zip"
GIVEN = Given(("Up", 'O\'Hara "Bo"', "größer", "3/08/2017", "2011-02-28", "\\"))
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
TEXT, PARSED, FAULTY, ALARMED, ALLOWED, TOKENS, EXACT, RIGHT, EMPTY, SECONDS = "text parsed faulty alarmed allowed tokens exact right empty seconds".split()
_LINKED = re.compile(r"^\[(.+?)\] = (.+)$", re.MULTILINE)


class Asked(NamedTuple):
    """A question, the query that answers it, and values that are linked to labels in it."""

    question: str
    gold: Query
    given: Given


def suite(plan: AskPlan, folder: Path, command: str, progress: Progress = silent, *, outputs: int = OUTPUTS, questions: int = QUESTIONS) -> Bench:
    """Write queries by random weights over every schema at hand, and by SmolLM2 for questions on a graph of crimes; a row each in `folder`."""
    schemas = schemas_at_hand(plan)
    identity = {"data": hash_files([plan.file(*name.split("/")) for name in SCHEMAS]), "outputs": outputs}
    pole = {"data": hash_files([plan.file(*name.split("/")) for name in (POLE, GRAPH)]), "questions": questions, "most": MOST}
    tasks = [
        Task("decoding", arm, 0, pole, _asking(plan, arm, questions, progress))
        if arm in {HELD, FREE}
        else Task("decoding", arm, 0, identity, _drawing(arm, schemas, outputs, progress))
        for arm in wanted_arms(plan.arms, (RANDOM, LETTERS, HELD, FREE))
    ]
    outcome = run_tasks("ask-decoding", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    least, letters = BUDGETS[RANDOM], BUDGETS[LETTERS]
    notes = (
        f"Random weights: every token is wanted as much as any other, over {len(schemas)} schemas, one of them made up of odd names; each output is one attempt.",
        f"It has at most {least[0]} to {least[1]} tokens, or {letters[0]} to {letters[1]} characters. ms: of the mask, the draw and the step, a token.",
        "Against the schema: an unknown name, a wrong direction, an impossible path, a type that does not fit, a value that nothing has. Alarmed: any error or warning.",
        f"SmolLM2: {questions} questions of ZOGRASCOPE's training set with their gold entities, drawn at seed 0, greedy. Exact: the same tree up to variables' names.",
        "Right: the rows of the gold query as a bag, in order where it orders. Free: the same prompt, no mask. Brackets: 95 %, Wilson.",
    )
    data = {"suite": "decoding", "schemas": len(schemas)}
    return Bench.of("ask", command, outcome, _rows(outcome), data=data, seeds=1, notes=notes)


def schemas_at_hand(plan: AskPlan) -> dict[str, Schema]:
    """Return every public schema by its name, and the odd one."""
    found = {"odd": odd_schema()}
    for name in SCHEMAS:
        path = plan.file(*name.split("/"))
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
        for place, name in enumerate(names):
            masks = Masks(schemas[name], vocabulary, GIVEN)
            for number in range(place, outputs, len(names)):
                most = int(rng.integers(*BUDGETS[arm], endpoint=True))
                began = time.process_time()
                said = write(masks, lambda _: rng.random(size, dtype="float32"), end, most)
                spent += time.process_time() - began
                rows.append((name, said.text, len(said.tokens), *_verdict(check(said.text, schemas[name]))))
                progress(f"queries of {arm}", number, outputs)
        kinds = {"schema": pl.String, TEXT: pl.String, TOKENS: pl.Int64, PARSED: pl.Boolean, ALLOWED: pl.Boolean, FAULTY: pl.Boolean, ALARMED: pl.Boolean}
        values = pl.DataFrame(rows, schema=kinds, orient="row")
        return Measured({"ms": 1000 * spent / max(1, int(values[TOKENS].sum()))}, values)

    return measure


def _verdict(found: Checked) -> tuple[bool, bool, bool, bool]:
    """Return whether a query parses, is allowed, is against the schema, and has any alarm."""
    allowed = found.query is not None and refused(found.query) is None
    against = any(one.code in AGAINST_SCHEMA and one.severity is not Severity.INFO for one in found.findings)
    return found.query is not None, allowed, against, bool(found.alarms)


# A language model.


def read_questions(path: Path, count: int) -> list[Asked]:
    """Return questions of a collection, drawn at seed 0, with their gold queries and linked values."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = []
    for place in generator(0, "ask", "decoding", "questions").permutation(len(rows))[:count].tolist():
        row, linked = rows[place], dict[tuple[str, str], tuple[str, ...]]()
        for label, value in _LINKED.findall(row["nl_gold_linked"]):
            linked[label, ""] = (*linked.get((label, ""), ()), value.strip())
        gold = parse(row["mr"]).query
        if gold is not None:
            found.append(Asked(row["nl"], gold, Given((), linked)))
    return found


def _asking(plan: AskPlan, arm: str, count: int, progress: Progress) -> Callable[[], Measured]:
    def measure() -> Measured:
        llm = open_llm("smollm2", progress=progress)
        questions = read_questions(plan.file(*POLE.split("/")), count)
        with open_graph(plan.file(*GRAPH.split("/"))) as graph:
            answer = _held(llm, graph.schema) if arm == HELD else _free(llm, graph.schema)
            rows = []
            for number, one in enumerate(questions, 1):
                began = time.perf_counter()
                text, tokens = answer(one)
                seconds = time.perf_counter() - began
                found = check(text, graph.schema)
                exact = found.query is not None and plain(found.query) == plain(one.gold)
                rows.append((text, tokens, seconds, *_verdict(found), exact, *_answered(graph, one.gold, found.query)))
                progress(f"questions to {arm}", number, len(questions))
        names = (TEXT, TOKENS, SECONDS, PARSED, ALLOWED, FAULTY, ALARMED, EXACT, RIGHT, EMPTY)
        kinds = {name: {TEXT: pl.String, TOKENS: pl.Int64, SECONDS: pl.Float64}.get(name, pl.Boolean) for name in names}
        return Measured({}, pl.DataFrame(rows, schema=kinds, orient="row"), {"llm": llm.model})

    return measure


def _held(llm: LLM, schema: Schema) -> Callable[[Asked], tuple[str, int]]:
    decoder = Decoder(llm)

    def answer(one: Asked) -> tuple[str, int]:
        said = decoder(one.question, schema, one.given, most=MOST)
        return said.text, said.tokens

    return answer


def _free(llm: LLM, schema: Schema) -> Callable[[Asked], tuple[str, int]]:
    def answer(one: Asked) -> tuple[str, int]:
        reply = asyncio.run(llm.complete(asked(one.question, schema, one.given, most=MOST)))
        return reply.text, reply.completion_tokens or 0

    return answer


def _answered(graph: Ladybug, gold: Query, query: Query | None) -> tuple[bool | None, bool | None]:
    """Return whether a query gives the rows of the gold one, and whether these are none; nothing of a gold query that the engine cannot run."""
    wanted = _ran(graph, gold)
    if wanted is None:
        return None, None
    given = _ran(graph, query) if query is not None and refused(query) is None else None
    last = gold.parts[-1].clauses[-1]
    return given is not None and same_rows(wanted, given, ordered=isinstance(last, Projection) and bool(last.order)), not wanted.rows


def _ran(graph: Ladybug, query: Query) -> Rows | None:
    try:
        return graph.run(query)
    except (QueryError, QueryRefusedError, QueryTimeoutError):
        return None


def same_rows(one: Rows, other: Rows, *, ordered: bool) -> bool:
    """Tell whether two answers have the same rows, each as often, and in the same order where that was asked for."""
    left, right = ([repr(row) for row in answer.rows] for answer in (one, other))
    return one.cut == other.cut and (left == right if ordered else sorted(left) == sorted(right))


def plain(query: Query) -> str:
    """Return a query in its one form, its variables called by their numbers.

    >>> plain(parse("MATCH (film:Film) RETURN film").query)
    'MATCH (v1:Film) RETURN v1'
    """
    names: dict[str, str] = {}

    def called(node: Any) -> Any:
        if isinstance(node, tuple) and not hasattr(node, "_fields"):
            return tuple(map(called, node))
        if not isinstance(node, Node):
            return node
        changed = {one.name: called(getattr(node, one.name)) for one in fields(node) if one.name != "place"}
        if isinstance(node, NodePattern | RelationPattern | Variable) and node.name:
            changed["name"] = names.setdefault(node.name, f"v{len(names) + 1}")
        return replace(node, **changed)

    return canonical(called(query))


# The table.


def _rows(outcome: Outcome) -> list[dict[str, Any]]:
    return [{"name": arm, **_counted(rows[0])} for (_, arm), rows in by_arm(outcome).items()]


def _counted(row: Row) -> dict[str, Any]:
    values = row.values()
    tokens: Sequence[float] = values[TOKENS].to_list()
    line: dict[str, Any] = {"outputs": len(values), "distinct": values[TEXT].n_unique() / max(1, len(values))}
    line |= share("parse", values[PARSED]) | share("allowed", values[ALLOWED]) | share("against_schema", values[FAULTY]) | share("alarmed", values[ALARMED])
    if EXACT in values.columns:
        right = values.drop_nulls(RIGHT)
        line |= share("exact", values[EXACT]) | share("right", right[RIGHT]) | share("empty_gold", right[EMPTY])
        line |= {"seconds": quantile(values[SECONDS].to_list(), 0.5)}
    return line | {"tokens": quantile(tokens, 0.5)} | row.metrics
