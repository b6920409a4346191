"""A language model's queries for questions of a collection: held to the schema, or free, and what they answer."""

import asyncio
import csv
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from broadsheet.ask.answer.compare import difference
from broadsheet.ask.cypher.nodes import Node, NodePattern, Projection, Query, RelationPattern, Variable
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.decode.decoder import Decoder
from broadsheet.ask.decode.given import Given
from broadsheet.ask.decode.prompt import Example, asked
from broadsheet.ask.decode.retold import retold
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.graph.values import Rows
from broadsheet.ask.schema import Schema
from broadsheet.core.errors import QueryError
from broadsheet.core.llm import LLM
from broadsheet.core.seeds import generator

MOST, SHOWN = 120, 5
_LINKED = re.compile(r"^\[(.+?)\] = (.+)$", re.MULTILINE)


class Asked(NamedTuple):
    """A question, the query that answers it, and values that are linked to labels in it."""

    question: str
    gold: Query
    given: Given


class Said(NamedTuple):
    """What a model wrote for a question, its tokens, and seconds."""

    text: str
    tokens: int
    seconds: float


Answer = Callable[[Asked, Sequence[Example]], tuple[str, int]]


def read_questions(path: Path, most: int | None = None) -> list[Asked]:
    """Return the questions of a collection (columns nl, mr and nl_gold_linked) in an order drawn at seed 0, or the first of them."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = []
    for place in generator(0, "ask", "decoding", "questions").permutation(len(rows))[:most].tolist():
        row, linked = rows[place], dict[tuple[str, str], tuple[str, ...]]()
        for label, value in _LINKED.findall(row["nl_gold_linked"]):
            linked[label, ""] = (*linked.get((label, ""), ()), value.strip())
        gold = parse(row["mr"]).query
        if gold is not None:
            found.append(Asked(row["nl"], gold, Given((), linked)))
    return found


def held(llm: LLM, schema: Schema) -> Answer:
    """Return what asks a model that is held to a schema."""
    decoder = Decoder(llm)

    def answer(one: Asked, shown: Sequence[Example]) -> tuple[str, int]:
        said = decoder(one.question, schema, one.given, shown, most=MOST)
        return said.text, said.tokens

    return answer


def free(llm: LLM, schema: Schema) -> Answer:
    """Return what asks a model for the same and takes whatever it writes."""

    def answer(one: Asked, shown: Sequence[Example]) -> tuple[str, int]:
        reply = asyncio.run(llm.complete(asked(one.question, schema, one.given, shown, most=MOST)))
        return reply.text, reply.completion_tokens or 0

    return answer


def timed(answer: Answer, one: Asked, shown: Sequence[Example]) -> Said:
    """Return what is answered, and how long it takes."""
    began = time.perf_counter()
    text, tokens = answer(one, shown)
    return Said(text, tokens, time.perf_counter() - began)


def likest(questions: Sequence[Asked], others: Sequence[Asked]) -> list[list[Example]]:
    """Return for each question those of others that are likest by their words (TF-IDF), the likest last; the same question is none of them."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics.pairwise import linear_kernel

    known = [(one, query) for one in others if (query := retold(one.gold)) is not None]
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit([one.question for one, _ in known])
    alike = linear_kernel(words.transform([one.question for one in questions]), words.transform([one.question for one, _ in known]))
    found = []
    for one, row in zip(questions, alike, strict=True):
        nearest = [known[place] for place in row.argsort(kind="stable")[::-1] if known[place][0].question != one.question][:SHOWN]
        found.append([Example(other.question, query, other.given) for other, query in reversed(nearest)])
    return found


def answered(graph: Ladybug, gold: Query, query: Query | None) -> tuple[bool | None, bool | None]:
    """Return whether a query gives the rows of the gold one, and whether these are none; nothing of a gold query that the engine cannot run.

    A gold query that it cannot run as it is written is run in the grammar's words, which ask for the same.
    """
    wanted = _ran(graph, gold)
    if wanted is None and (said := retold(gold)) is not None:
        wanted = _ran(graph, parse(said).query)
    if wanted is None:
        return None, None
    given = _ran(graph, query)
    last = gold.parts[-1].clauses[-1]
    return given is not None and same_rows(wanted, given, ordered=isinstance(last, Projection) and bool(last.order)), not wanted.rows


def _ran(graph: Ladybug, query: Query | None) -> Rows | None:
    try:
        return None if query is None else graph.run(query)
    except QueryError:
        return None


def same_rows(one: Rows, other: Rows, *, ordered: bool) -> bool:
    """Tell whether two answers have the same rows, each as often, and in the same order where that was asked for."""
    found = difference(one, other)
    return not (found.added or found.removed or found.changed or one.cut != other.cut or (ordered and found.moved))


def plain(query: Query) -> str:
    """Return a query in the grammar's words, so that names and where a condition stands are no part of it; one that it has no words for with its variables numbered.

    >>> plain(parse("MATCH (film:Film WHERE film.year = 1999) RETURN film").query)
    "MATCH (f:Film {year: 1999}) RETURN f"
    """
    if (said := retold(query)) is not None:
        return said
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
