"""A question held against a query: what it asks for that the query lacks, has besides, or has otherwise."""

from collections.abc import Iterator
from functools import lru_cache

from broadsheet.ask.check.findings import Finding
from broadsheet.ask.check.scope import Scopes
from broadsheet.ask.check.shapes import Shapes
from broadsheet.ask.check.values import Values
from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.question.doubts import Doubt, finding_of
from broadsheet.ask.question.held import held_in
from broadsheet.ask.question.names_held import NamesHeld
from broadsheet.ask.question.order_held import OrderHeld
from broadsheet.ask.question.reader import read_question
from broadsheet.ask.question.values_held import ValuesHeld
from broadsheet.ask.question.vocabulary import Vocabulary
from broadsheet.ask.schema import Schema

SURE: frozenset[str] = frozenset()


@lru_cache(maxsize=32)
def vocabulary_of(schema: Schema) -> Vocabulary:
    """Return the words of a schema, made once."""
    return Vocabulary(schema)


def doubts(question: str, text: str, query: Query, schema: Schema) -> Iterator[Doubt]:
    """Yield what a question and a query tell differently, sure or not."""
    facts = read_question(question, vocabulary_of(schema))
    scopes = Scopes(query)
    Shapes(scopes, schema, text).check()
    held = held_in(query, scopes)
    yield from ValuesHeld(facts, held, text).doubts()
    yield from OrderHeld(facts, held, Values(scopes, schema), text).doubts()
    yield from NamesHeld(facts, held, schema).doubts()


def asked_findings(question: str, text: str, query: Query, schema: Schema) -> tuple[Finding, ...]:
    """Return what a question and a query tell differently, as findings in the order of the query; what is sure is a warning, the rest an info."""
    return tuple(sorted(dict.fromkeys(finding_of(one, question, SURE) for one in doubts(question, text, query, schema)), key=lambda one: (one.place, one.code)))
