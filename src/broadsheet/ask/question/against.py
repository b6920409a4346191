"""A question held against a query: what it asks for that the query lacks, has besides, or has otherwise."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from broadsheet.ask.check.checker import Checked, check
from broadsheet.ask.check.scope import Scopes
from broadsheet.ask.check.shapes import Shapes
from broadsheet.ask.check.values import Values
from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.question.denied_held import DeniedHeld
from broadsheet.ask.question.doubts import Doubt, finding_of
from broadsheet.ask.question.facts import Facts
from broadsheet.ask.question.gathered_held import GatheredHeld
from broadsheet.ask.question.held import Held, held_in
from broadsheet.ask.question.names_held import NamesHeld
from broadsheet.ask.question.order_held import OrderHeld
from broadsheet.ask.question.reader import read_question
from broadsheet.ask.question.values_held import ValuesHeld
from broadsheet.ask.question.vocabulary import Vocabulary
from broadsheet.ask.question.words import Token
from broadsheet.ask.schema import Schema

# The rules whose doubts are alarms; the others are told as an info. They were chosen on the databases that `bench/questions.py` names for it.
SURE = frozenset(
    "limit limit_of_one limit_missing one_missing sign sign_of_equal strictness number_changed number_missing number_bound_missing decade_changed year_changed date_changed date_missing "
    "date_bound_missing quoted_changed quoted_missing quoted_bound_missing code_changed code_missing code_bound_missing name_changed name_missing name_bound_missing number_extra "
    "truth_denied truth_held truth_missing order order_missing superlative superlative_missing soft_high soft_low soft_old soft_new containment containment_equal "
    "negation_missing negation_extra unequal_extra null_extra avg_changed sum_changed count_changed stDev_changed percentileCont_changed extreme avg_missing how_many count_extra "
    "distinct_counted distinct_rows different_counted count_repeats or_extra or_missing relation property_filtered property_ordered returned property_role order_role interval "
    "interval_half called top_missing property_denied".split()
)

# Words that hardly any English question does without.
_ENGLISH = frozenset(
    "the of in a an and to for is are was were who what which how that with by on at from do does did have has had list show find give all many most not name names their "
    "where when than more me or as it its but without whose after before".split()
)


def is_english(pieces: Sequence[Token]) -> bool:
    """Whether a question reads as English: of many words, some are of those that hardly any question does without."""
    words = [one.low for one in pieces if one.shape == "word"]
    return len(words) < 5 or sum(one in _ENGLISH for one in words) * 8 >= len(words)


@lru_cache(maxsize=32)
def vocabulary_of(schema: Schema) -> Vocabulary:
    """Return the words of a schema, made once."""
    return Vocabulary(schema)


def doubts(question: str, text: str, query: Query, schema: Schema) -> Iterator[Doubt]:
    """Yield what a question and a query tell differently, sure or not."""
    facts, held, scopes = _both(question, text, query, schema)
    values = ValuesHeld(facts, held, text, vocabulary_of(schema))
    if not is_english(facts.tokens):
        # Of another language only figures and what stands in quotation marks are understood.
        yield from values.figures()
        return
    yield from values.doubts()
    yield from OrderHeld(facts, held, Values(scopes, schema), text).doubts()
    yield from GatheredHeld(facts, held).doubts()
    yield from DeniedHeld(facts, held).doubts()
    yield from NamesHeld(facts, held, schema).doubts()


def _both(question: str, text: str, query: Query, schema: Schema) -> tuple[Facts, Held, Scopes]:
    """Return the facts of both; the things of the query are narrowed by the schema."""
    facts = read_question(question, vocabulary_of(schema))
    scopes = Scopes(query)
    Shapes(scopes, schema, text).check()
    return facts, held_in(query, scopes), scopes


def check_against(question: str, text: str, schema: Schema) -> Checked:
    """Hold a query against a schema and a question. What the question says otherwise for sure is a warning, what is only doubtful an info. Never raises.

    >>> from broadsheet.ask.schema import Triple
    >>> films = Schema.of_triples((Triple("Person", "DIRECTED", "Film"),))
    >>> found = check_against("Who directed films after 1999?", "MATCH (p:Person)-[:DIRECTED]->(f:Film) WHERE f.year < 1999 RETURN p", films)
    >>> found.findings[0].message, found.fixed[-24:]
    ("The question says 'after 1999' (at 19); the query has f.year < 1999.", 'E f.year > 1999 RETURN p')
    """
    checked = check(text, schema)
    if checked.query is None:
        return checked
    told = (finding_of(one, question, SURE) for one in doubts(question, text, checked.query, schema))
    return Checked.of(text, checked.query, (*checked.findings, *told))


def figure_doubts(question: str, text: str, query: Query, schema: Schema) -> Iterator[Doubt]:
    """Yield only the numbers, dates, codes and quoted texts of a question that a query lacks: what the least effort sees."""
    facts, held, _ = _both(question, text, query, schema)
    yield from ValuesHeld(facts, held, text, vocabulary_of(schema)).figures()
