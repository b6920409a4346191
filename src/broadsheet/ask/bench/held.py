"""A language model's queries for questions of a collection: held to the schema, or free."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from broadsheet.ask.bench.pole_pairs import Asked, read_pairs, split
from broadsheet.ask.cypher.nodes import Node, NodePattern, Query, RelationPattern, Variable
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.decode.decoder import Decoder
from broadsheet.ask.decode.given import Given
from broadsheet.ask.decode.prompt import Example, asked
from broadsheet.ask.decode.retold import retold
from broadsheet.ask.schema import Schema
from broadsheet.core.llm import LLM
from broadsheet.core.seeds import generator

MOST, SHOWN = 120, 5


class Said(NamedTuple):
    """What a model wrote for a question, its tokens, and seconds."""

    text: str
    tokens: int
    seconds: float


Answer = Callable[[Asked, Sequence[Example]], tuple[str, int]]


def questions_of(path: Path, count: int) -> tuple[list[Asked], list[Asked]]:
    """Return so many questions, drawn at seed 0, and others to learn from, whose queries are other ones."""
    others, tested = split(read_pairs(path), "iid", 0)
    order = generator(0, "ask", "decoding", "questions").permutation(len(tested))[:count].tolist()
    return [tested[place] for place in order], others


def given_of(one: Asked) -> Given:
    """Return the values that a question names, with the properties that have them."""
    linked: dict[tuple[str, str], tuple[str, ...]] = {}
    for entity in one.entities:
        key = (entity.label, entity.property)
        linked[key] = (*linked.get(key, ()), entity.value)
    return Given((), linked)


def held(llm: LLM, schema: Schema) -> Answer:
    """Return what asks a model that is held to a schema."""
    decoder = Decoder(llm)

    def answer(one: Asked, shown: Sequence[Example]) -> tuple[str, int]:
        said = decoder(one.question, schema, given_of(one), shown, most=MOST)
        return said.text, said.tokens

    return answer


def free(llm: LLM, schema: Schema) -> Answer:
    """Return what asks a model for the same and takes whatever it writes."""

    def answer(one: Asked, shown: Sequence[Example]) -> tuple[str, int]:
        reply = asyncio.run(llm.complete(asked(one.question, schema, given_of(one), shown, most=MOST)))
        return reply.text, reply.completion_tokens or 0

    return answer


def timed(answer: Answer, one: Asked, shown: Sequence[Example]) -> Said:
    """Return what is answered, and how long it takes."""
    began = time.perf_counter()
    text, tokens = answer(one, shown)
    return Said(text, tokens, time.perf_counter() - began)


def likest(questions: Sequence[Asked], others: Sequence[Asked]) -> list[list[Example]]:
    """Return for each question those of others that are likest by their words (TF-IDF), the likest last."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.metrics.pairwise import linear_kernel

    known = [(one, query) for one in others if (query := retold(one.query)) is not None]
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit([one.question for one, _ in known])
    alike = linear_kernel(words.transform([one.question for one in questions]), words.transform([one.question for one, _ in known]))
    found = []
    for row in alike:
        nearest = [known[place] for place in row.argsort(kind="stable")[: -SHOWN - 1 : -1]]
        found.append([Example(other.question, query, given_of(other)) for other, query in reversed(nearest)])
    return found


def plain(query: Query) -> str:
    """Return a query in the grammar's words, so that names and where a condition stands are no part of it; one that it has no words for with its variables numbered.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> plain(parse("MATCH (film:Film WHERE film.year = 1999) RETURN film").query)
    'MATCH (f:Film {year: 1999}) RETURN f'
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
