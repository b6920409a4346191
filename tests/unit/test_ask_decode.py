"""Queries written under a schema's grammar: what comes out is always whole, allowed and without an alarm; what is right can be written, what is wrong cannot."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ask.bench.odd import odd_schema
from broadsheet.ask.check.checker import check
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.decode.automaton import Automaton
from broadsheet.ask.decode.given import Given
from broadsheet.ask.decode.masks import SIGNS, Masks, Vocabulary
from broadsheet.ask.decode.writer import Writer, write
from broadsheet.ask.safety import refused
from broadsheet.ask.schema import PropertyFacts, Schema, Triple
from broadsheet.ask.schema_files import schema_of
from broadsheet.core.errors import ConfigError

FILMS = schema_of(
    {
        "node_props": {
            "Person": [{"property": "name", "type": "STRING"}, {"property": "born", "type": "INTEGER", "min": "1900", "max": "2005"}],
            "Film": [
                {"property": "title", "type": "STRING"},
                {"property": "year", "type": "INTEGER", "min": "1950", "max": "2020"},
                {"property": "rating", "type": "FLOAT", "min": "1.5", "max": "9.5"},
                {"property": "shown", "type": "DATE", "min": "1999-01-31", "max": "2020-02-29"},
                {"property": "tags", "type": "LIST"},
            ],
            "Genre": [{"property": "name", "type": "STRING", "values": ["Comedy", "Drama"], "distinct_count": 2}],
        },
        "rel_props": {"ACTED_IN": [{"property": "role", "type": "STRING"}]},
        "relationships": [
            {"start": "Person", "type": "ACTED_IN", "end": "Film"},
            {"start": "Person", "type": "DIRECTED", "end": "Film"},
            {"start": "Film", "type": "IN_GENRE", "end": "Genre"},
            {"start": "Person", "type": "KNOWS", "end": "Person"},
        ],
    },
    "films",
)
GIVEN = Given(("Up", "O'Hara"), {("Person", "name"): ("Ana Bell",)})
SCHEMAS = {"films": FILMS, "odd": odd_schema(), "triples": Schema.of_triples((Triple("A", "TO", "B"), Triple("B", "TO", "A")))}
# A token for each byte, some of several, some of parts of letters and of ends and beginnings together.
TOKENS = [
    *(bytes((byte,)) for byte in range(256)),
    *(said.encode() for said in "MATCH|MAT| RETURN|RETURN| (|]->(|)-[:|})|person|:Person|p.| WHERE p|name|= '|199|20| >= |, |count(|Up'".split("|")),
    *("größer".encode()[at : at + 3] for at in range(5)),
    b"",
]
VOCABULARY = Vocabulary(TOKENS)
END = len(TOKENS) - 1
WRITTEN = [
    "MATCH (p:Person) RETURN p.name",
    "MATCH (p:Person {name: 'Ana Bell'})-[:ACTED_IN]->(f:Film)<-[:DIRECTED]-(p2:Person) RETURN p2, f.title",
    "MATCH (p:Person)-[r:ACTED_IN]->(f:Film {title: 'Up'}) WHERE r.role <> 'Up' OR f.year > 1999 RETURN count(DISTINCT p)",
    "MATCH (f:Film)-[:IN_GENRE]->(g:Genre), (p:Person)-[:ACTED_IN]->(f), (p2:Person)-[:DIRECTED]->(f) WHERE p <> p2 RETURN g, count(f) ORDER BY count(f) DESC LIMIT 3",
    "MATCH (f:Film) WHERE f.year >= 1990 AND f.year < 2000 AND NOT (f)-[:IN_GENRE]->(:Genre {name: 'Drama'}) RETURN f ORDER BY f.rating DESC, f.title",
    "MATCH (f:Film) WHERE f.title CONTAINS 'Up' AND f.rating IN [7.5, 8] AND (f.year = 1990 OR NOT f.shown IS NULL) RETURN DISTINCT f.title LIMIT 10",
    "MATCH (f:Film) WHERE f.shown >= date('1999-01-31') AND 'Up' IN f.tags RETURN min(f.year), max(f.rating), avg(f.rating), collect(f.title)",
    "MATCH (p:Person) OPTIONAL MATCH (p)-[:DIRECTED]->(f:Film) WHERE f.year = 1990 WITH p, count(f) AS count_f WHERE count_f > 2 RETURN p.name, count_f ORDER BY count_f",
    "MATCH (p:Person) OPTIONAL MATCH (p)-[:DIRECTED]->(f:Film) WITH p, f WHERE f IS NULL RETURN count(*)",
    "MATCH (p:Person)-[:KNOWS*1..3]->(p2:Person)-[:KNOWS]-(p3:Person) WHERE p.born < p2.born RETURN p",
]
# What cannot come, behind what can.
SHUT = [
    ("MATCH (p:Per", "t"),
    ("MATCH (p:Person)<-[:", "A"),
    ("MATCH (p:Person)-[:", "I"),
    ("MATCH (f:Film)-[:ACTED_IN]-", ">"),
    ("MATCH (p:Person)-[:ACTED_IN]->(", "p"),
    ("MATCH (f:Film)-[:IN_GENRE]->(:Genre {name: '", "U"),
    ("MATCH (f:Film) WHERE f.", "b"),
    ("MATCH (f:Film) WHERE f.year > ", "'"),
    ("MATCH (f:Film) WHERE f.year = 20", "3"),
    ("MATCH (f:Film) WHERE f.shown.year = 19", "8"),
    ("MATCH (f:Film) WHERE f.shown > date('", "2020"),
    ("MATCH (g:Genre) WHERE g.name CONTAINS '", "U"),
    ("MATCH (f:Film) WHERE f.year >= 1990 AND f.year < 19", "8"),
    ("MATCH (f:Film) WHERE f.year = 1990 AND f.", "y"),
    ("MATCH (f:Film {year: 1990}) WHERE f.", "y"),
    ("MATCH (f:Film) WHERE f.title ", ">"),
    ("MATCH (f:Film) RETURN avg(f.", "t"),
    ("MATCH (f:Film), (g:Genre)", ","),
    ("MATCH (f:Film), (g:Genre)", " "),
    ("MATCH (f:Film)-[r:IN_GENRE", " "),
    ("MATCH (p:Person)-[r:ACTED_IN {role: 'Up'}]->(f:Film) WHERE ", "r"),
    ("MATCH (f:Film) RETURN ", "p"),
    ("MATCH (f:Film) WITH f.year AS f_year RETURN ", "f."),
    ("MATCH (f:Film) RETURN DISTINCT f.title ORDER BY f.", "y"),
    ("MATCH (p:Person) OPTIONAL MATCH (p)-[:DIRECTED]->(f:Film) ", "M"),
    ("MATCH (p:Person) RETURN p", ";"),
]


def drawn(masks, rng, most):
    return write(masks, lambda _: rng.random(len(masks.vocabulary.tokens)), END if masks.vocabulary is VOCABULARY else len(masks.vocabulary.tokens) - 1, most)


@pytest.mark.parametrize("text", WRITTEN)
def test_what_is_asked_can_be_written(text):
    automaton = Automaton(FILMS, GIVEN)
    state = automaton.read(text)
    assert automaton.is_complete(state)
    assert not check(text, FILMS).alarms


@pytest.mark.parametrize(("before", "after"), SHUT)
def test_what_is_against_the_schema_cannot_be_begun(before, after):
    automaton = Automaton(FILMS, GIVEN)
    assert automaton.read(before)
    assert not automaton.read(before + after)


@pytest.mark.parametrize("name", SCHEMAS)
def test_random_weights_write_nothing_but_clean_queries_in_one_attempt(name):
    masks, rng, texts = Masks(SCHEMAS[name], VOCABULARY, GIVEN), np.random.default_rng(3), set()
    for number in range(40):
        most = 40 + 3 * number
        said = drawn(masks, rng, most)
        found = check(said.text, SCHEMAS[name])
        assert found.query is not None, said.text
        assert not found.alarms, (said.text, found.alarms)
        assert refused(found.query) is None
        assert len(said.tokens) <= most
        assert said.query == parse(canonical(said.query)).query
        texts.add(said.text)
    assert len(texts) > 37


def test_a_vocabulary_of_characters_does_as_well():
    letters = Vocabulary([*(sign.encode() for sign in dict.fromkeys(SIGNS)), b""])
    masks, rng = Masks(FILMS, letters, GIVEN), np.random.default_rng(0)
    assert not any(check(drawn(masks, rng, 120).text, FILMS).alarms for _ in range(10))


def test_the_least_room_that_is_allowed_is_enough():
    masks = Masks(FILMS, VOCABULARY, GIVEN)
    least = masks.needs(masks.automaton.start)
    with pytest.raises(ConfigError, match=f"takes {least} tokens"):
        Writer(masks, least - 1)
    rng = np.random.default_rng(1)
    for _ in range(20):
        said = drawn(masks, rng, least)
        assert len(said.tokens) <= least
        assert not check(said.text, FILMS).alarms


@given(st.integers(0, 2**32))
@settings(max_examples=8)
def test_a_mask_is_what_the_automaton_reads_byte_by_byte(seed):
    masks, rng = Masks(odd_schema(), VOCABULARY, GIVEN), np.random.default_rng(seed)
    automaton, state, at = masks.automaton, masks.automaton.start, b""
    for _ in range(25):
        mask = masks.of(state)
        for token, said in enumerate(TOKENS[:-1]):
            after = state
            for byte in said:
                after = automaton.step(after, byte)
            assert bool(after) == (token in mask.tokens), (at, said)
            if after:
                assert after == mask.states[list(mask.tokens).index(token)]
        if not mask.tokens.size:
            break
        place = int(rng.integers(len(mask.tokens)))
        state, at = mask.states[place], at + TOKENS[mask.tokens[place]]


@given(st.integers(0, 2**32))
@settings(max_examples=8)
def test_from_everywhere_there_is_a_way_to_the_end(seed):
    schema = [*SCHEMAS.values()][seed % 3]
    masks, rng = Masks(schema, VOCABULARY, GIVEN), np.random.default_rng(seed)
    state, said = masks.automaton.start, b""
    for _ in range(40):
        for way in state:
            whole = (said + masks.automaton.closing(way)).decode()
            assert masks.automaton.is_complete(masks.automaton.read(whole)), whole
            assert not check(whole, schema).alarms
        mask = masks.of(state)
        if not mask.tokens.size:
            break
        place = int(rng.integers(len(mask.tokens)))
        state, said = mask.states[place], said + TOKENS[mask.tokens[place]]


@given(st.lists(st.binary(min_size=1, max_size=3), max_size=12), st.binary(max_size=9))
def test_the_fewest_tokens_are_those_of_brute_force(tokens, text):
    vocabulary = Vocabulary([*(bytes((byte,)) for byte in range(256)), *tokens])

    def fewest(rest):
        return 0 if not rest else 1 + min(fewest(rest[len(one) :]) for one in [*tokens, rest[:1]] if rest.startswith(one))

    assert vocabulary.fewest(text) == fewest(text)


def test_the_same_draw_writes_the_same_query():
    masks = Masks(FILMS, VOCABULARY, GIVEN)
    assert drawn(masks, np.random.default_rng(5), 90) == drawn(Masks(FILMS, VOCABULARY, GIVEN), np.random.default_rng(5), 90)


def test_what_a_vocabulary_cannot_write_is_left_out_and_told():
    plain = Vocabulary([*(sign.encode() for sign in dict.fromkeys(SIGNS)), b""])
    schema = Schema({"Größe": {"name": PropertyFacts("string")}, "Size": {"größer": PropertyFacts("string", values=("klein", "groß"))}}, {}, ())
    masks = Masks(schema, plain)
    assert masks.automaton.left_out == ("Größe", "größer")
    assert drawn(masks, np.random.default_rng(0), 60).text.startswith("MATCH (s:Size")
    with pytest.raises(ConfigError, match="no token for"):
        Masks(schema, Vocabulary([b"a", b"b"]))
    with pytest.raises(ConfigError, match="no labels"):
        Automaton(Schema({"": {}}, {}, ()))


def test_texts_come_from_the_schema_the_question_and_what_is_linked_to_it():
    automaton = Automaton(FILMS, Given.of_question("Which film, called 'Her', did Zoë Quill shoot in 1999?", {("Person", "name"): ("Cy",)}))
    for value in ("Her", "Zoë Quill", "1999", "Cy"):
        assert automaton.read(f"MATCH (p:Person {{name: '{value}'}})"), value
    assert automaton.read("MATCH (f:Film {title: 'Her'})")
    assert not automaton.read("MATCH (f:Film {title: 'C")
    assert not automaton.read("MATCH (g:Genre {name: 'H")
