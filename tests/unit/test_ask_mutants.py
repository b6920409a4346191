"""Planted faults: each operator changes a clean query into another that can be read, and the checker sees what the schema alone tells."""

import numpy as np
import pytest

from broadsheet.ask.bench.mutants import ASKED, STATIC, mutants, seen
from broadsheet.ask.bench.slips import SLIPS
from broadsheet.ask.check.checker import check
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.schema_files import schema_of

SHOP = schema_of(
    {
        "node_props": {
            "Buyer": [
                {"property": "name", "type": "STRING"},
                {"property": "age", "type": "INTEGER", "min": "18", "max": "90"},
                {"property": "since", "type": "DATE"},
            ],
            "Dish": [{"property": "title", "type": "STRING"}, {"property": "price", "type": "FLOAT", "min": "1", "max": "60"}],
            "Tag": [{"property": "word", "type": "STRING"}],
        },
        "rel_props": {"BOUGHT": [{"property": "count", "type": "INTEGER"}]},
        "relationships": [
            {"start": "Buyer", "type": "BOUGHT", "end": "Dish"},
            {"start": "Dish", "type": "TAGGED", "end": "Tag"},
            {"start": "Buyer", "type": "KNOWS", "end": "Buyer"},
        ],
    },
    "shop",
)
CLEAN = (
    "MATCH (b:Buyer {name: 'Ana'})-[r:BOUGHT]->(d:Dish)-[:TAGGED]->(t:Tag) WHERE d.price > 20 AND NOT t.word = 'hot' RETURN d.title, count(DISTINCT b) AS n ORDER BY n DESC LIMIT 3",
    "MATCH (b:Buyer)-[:BOUGHT]->(d:Dish)-[:TAGGED]->(t:Tag) RETURN b.name",
    "MATCH (b:Buyer)-[:BOUGHT]->(d:Dish) WITH b, d MATCH (d)-[:TAGGED]->(t:Tag) WHERE b.since > date('2020-01-01') RETURN t.word, b.since",
    "MATCH (b:Buyer)-[:BOUGHT]->(d:Dish) WHERE b.age < 40 AND d.title = 'Soup' WITH b, avg(d.price) AS mean WHERE mean < 30 RETURN b.name, mean",
)


def made_of(operators):
    rng = np.random.default_rng(0)
    return [one for text in CLEAN for one in mutants(text, SHOP, operators, rng)]


@pytest.mark.parametrize("text", CLEAN)
def test_clean_queries_have_no_alarm(text):
    assert not check(text, SHOP).alarms


def test_every_operator_makes_a_query_that_is_another_and_can_be_read():
    made = made_of(STATIC | SLIPS | ASKED)
    assert {one.operator for one in made} == {*STATIC, *SLIPS, *ASKED}
    for one in made:
        assert parse(one.text).query not in {parse(text).query for text in CLEAN}


def test_what_the_schema_tells_is_seen_and_what_the_question_tells_is_not():
    for one in made_of(STATIC | SLIPS):
        assert check(one.text, SHOP).alarms, one
    assert not any(seen(made_of(ASKED), SHOP))


def test_the_same_seed_plants_the_same_faults():
    assert made_of(STATIC) == made_of(STATIC)
