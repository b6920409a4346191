"""A question to a query by a model on this machine, which can write nothing but queries on the graph's schema."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.decode.given import Given
from broadsheet.ask.decode.masks import Masks, Vocabulary
from broadsheet.ask.decode.prompt import Example, asked
from broadsheet.ask.decode.writer import Writer
from broadsheet.ask.schema import Schema
from broadsheet.core.errors import ConfigError
from broadsheet.core.llm.backends.checkpoint import CheckpointLLM
from broadsheet.core.llm.port import LLM

MOST = 120


class Decoded(NamedTuple):
    """A query, its text, how many tokens it has and how many were read for it, in how many seconds, the model, and names and values that its vocabulary cannot write."""

    query: Query
    text: str
    tokens: int
    prompt_tokens: int
    seconds: float
    model: str
    left_out: tuple[str, ...]


class Decoder:
    """A model that is held to a schema. One call is one attempt: what comes out parses, only reads, and has nothing that the schema has not.

    Raises ConfigError for a model that is not on this machine: an endpoint is given the grammar as text (`gbnf`).
    """

    def __init__(self, llm: LLM) -> None:
        if not isinstance(llm, CheckpointLLM):
            raise ConfigError(
                f"{llm.name} shows no scores of tokens, so that it cannot be held to a schema.", "Name a model on this machine: smollm2, or hf:FOLDER."
            )
        self._llm = llm
        self._vocabulary = Vocabulary(llm.vocabulary)

    def __call__(self, question: str, schema: Schema, given: Given | None = None, shown: Sequence[Example] = (), *, most: int = MOST, seed: int = 0) -> Decoded:
        """Return a query of at most `most` tokens for a question; its texts are values of the schema, and those that are given or stand in the question.

        `shown` are questions with their queries that the model reads before, the likest last; without any, some are made of the schema.

        Raises ConfigError for a schema without labels or a `most` that no query fits into, and `CallError` for a prompt that is too long.
        """
        began = time.perf_counter()
        given = given or Given.of_question(question)
        masks = Masks(schema, self._vocabulary, given)
        writer = Writer(masks, most)
        reply = self._llm.write_held(asked(question, schema, given, shown, most=most, seed=seed), writer)
        query = writer.written().query
        seconds = time.perf_counter() - began
        return Decoded(query, reply.text, len(writer.tokens), reply.prompt_tokens or 0, seconds, self._llm.model, masks.automaton.left_out)
