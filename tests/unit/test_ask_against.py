"""Questions held against queries: a query that answers has no alarm, one that does not has one; faults planted by operators are seen."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.ask.bench.asked import NAMED, OPERATORS
from broadsheet.ask.bench.mutants import mutants
from broadsheet.ask.check.findings import QUESTION, Severity
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.question.against import check_against
from broadsheet.ask.schema_files import schema_of

HARBOUR = schema_of(
    {
        "labels": {
            "Boat": {"name": "string", "length": "float", "built": "integer", "colour": "string", "active": "boolean", "launched": "date"},
            "Owner": {"name": "string", "age": "integer", "joined": "date"},
            "Harbour": {"name": "string", "berths": "integer", "country": "string"},
            "Trip": {"miles": "integer", "day": "date"},
        },
        "types": {"SAILED": {"times": "integer"}},
        "relationships": [
            ["Owner", "OWNS", "Boat"], ["Owner", "SAILED", "Boat"], ["Owner", "REPAIRED", "Boat"], ["Boat", "MOORED_IN", "Harbour"], ["Owner", "KNOWS", "Owner"],
            ["Boat", "MADE", "Trip"],
        ],
    },
    "harbour",
)  # fmt: skip


def written(name):
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    return [[part.strip() for part in line.split(" | ")] for line in lines if line and not line.startswith("#")]


PAIRS = written("ask_pairs.txt")


def alarms(question, query, schema=HARBOUR):
    return [(one.code.value, one.message) for one in check_against(question, query, schema).alarms if one.code in QUESTION]


@pytest.mark.parametrize(("question", "right", "wrong"), PAIRS)
def test_a_query_that_answers_has_no_alarm_and_one_that_does_not_has_one(question, right, wrong):
    assert parse(right).query is not None
    assert not alarms(question, right)
    if wrong != "-":
        assert parse(wrong).query is not None
        assert alarms(question, wrong)


WARDS = schema_of(
    {
        "labels": {
            "Doctor": {"name": "string", "school": "string", "started": "date", "ended": "date"},
            "Patient": {"name": "string", "age": "integer", "insured": "boolean"},
            "Ward": {"name": "string", "beds": "integer", "floor": "integer"},
            "Drug": {"name": "string"},
        },
        "types": {"PRESCRIBED": {"dose": "integer", "on": "date"}, "ADMITTED_TO": {"since": "date"}},
        "relationships": [
            ["Doctor", "TREATS", "Patient"], ["Doctor", "PRESCRIBED", "Drug"], ["Patient", "ADMITTED_TO", "Ward"], ["Drug", "INTERACTS_WITH", "Drug"],
            ["Doctor", "SUPERVISES", "Doctor"], ["Doctor", "WORKS_IN", "Ward"], ["Patient", "TAKES", "Drug"],
        ],
    },
    "wards",
)  # fmt: skip
ANSWERS = written("ask_answers.txt")


@pytest.mark.parametrize(("question", "query"), ANSWERS)
def test_other_ways_to_ask_have_no_alarm(question, query):
    assert parse(query).query is not None
    assert not alarms(question, query, WARDS)


def test_planted_faults_are_seen_by_the_question_and_most_fixes_give_the_query_back():
    rng = np.random.default_rng(0)
    made = [(question, right, one) for question, right, _ in PAIRS[:50] for one in mutants(right, HARBOUR, OPERATORS, rng)]
    assert {one.operator for _, _, one in made} >= set(NAMED) - {"other_aggregate"}
    named = [(question, right, one) for question, right, one in made if one.operator in NAMED]
    seen = [(right, check_against(question, one.text, HARBOUR)) for question, right, one in named]
    flagged = [(right, found) for right, found in seen if any(one.code in QUESTION for one in found.alarms)]
    assert len(flagged) > 0.75 * len(seen)
    for _, found in flagged:
        assert found.fixed is None or parse(found.fixed).query is not None


def test_a_finding_has_its_place_in_both_and_the_fix_that_follows():
    question, text = "Which boats are longer than 12 metres? List the first 4.", "MATCH (b:Boat) WHERE b.length < 12 RETURN b.name LIMIT 6"
    sign, limit = (one for one in check_against(question, text, HARBOUR).alarms)
    assert (question[slice(*sign.asked)], text[slice(*sign.place)]) == ("longer than 12", "b.length < 12")
    assert (question[slice(*limit.asked)], text[slice(*limit.place)]) == ("first 4", "6")
    assert "'longer than 12'" in sign.message
    assert check_against(question, text, HARBOUR).fixed == "MATCH (b:Boat) WHERE b.length > 12 RETURN b.name LIMIT 4"


def test_a_doubt_is_told_and_is_no_alarm():
    found = check_against("Which boats are large?", "MATCH (b:Boat) WHERE b.length > 20 RETURN b LIMIT 10", HARBOUR).findings
    assert {one.severity for one in found if one.code in QUESTION} == {Severity.INFO}


def test_a_column_stands_for_the_relation_that_was_made_of_it():
    shop = schema_of(
        {
            "labels": {"Article": {"title": "string", "maker": "string"}, "Maker": {"name": "string"}, "Buyer": {"name": "string"}},
            "relationships": [["Article", "HAS_MAKER", "Maker"], ["Buyer", "BOUGHT", "Article"]],
        },
        "shop",
    )
    question, query = "Which articles are made by Tamura?", "MATCH (a:Article) WHERE a.{} = 'Tamura' RETURN a"
    assert not check_against(question, query.format("maker"), shop).findings
    assert any("does not follow HAS_MAKER" in one.message for one in check_against(question, query.format("title"), shop).findings)


def test_of_another_language_only_figures_are_compared():
    question = "Welche Boote im Hafen von Porto sind länger als 12 Meter und nicht rot?"
    assert not alarms(question, "MATCH (b:Boat) WHERE b.length > 12 RETURN b")
    assert alarms(question, "MATCH (b:Boat) WHERE b.length > 13 RETURN b")


@settings(max_examples=50)
@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from("not no more than 5 the top 3 boats by 'Nina' in 2015 between and or most oldest without average".split()), max_size=12).map(
        " ".join
    )
)
def test_no_question_breaks_the_check(question):
    for _, right, _ in PAIRS[:3]:
        for one in check_against(question, right, HARBOUR).findings:
            assert one.asked is None or 0 <= one.asked.start < one.asked.end <= len(question)
