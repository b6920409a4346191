"""What a question asks for: a list of phrasings written by hand, each with the facts that its words tell."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.ask.question.reader import read_question

WRITTEN = [
    tuple(line.split(" => "))
    for line in Path(__file__).with_name("ask_phrasings.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
NUMBERS = {"number": "value", "year": "year", "decade": "decade", "date": "date"}


def value_of(value):
    return f"{value.value:g}" if value.is_number and value.value < 10**5 else str(int(value.value)) if value.is_number else str(value.value).replace(" ", "_")


def told(question):
    """Return the facts of a question in the short form of the list."""
    facts = read_question(question)
    compared = {one.value.first for one in facts.comparisons if one.value is not None}
    bounding = [one.place for one in facts.limits]
    said = [f"{'age' * one.of_age}{one.sign}{value_of(one.value)}" if one.value else f"more{one.sign}" for one in facts.comparisons]
    said += [f"{one.sign.replace(' ', '_')}:{value_of(one.value)}" for one in facts.containments]
    said += [f"limit{one.count}{one.which}" for one in facts.limits]
    said += [one.way + "~" * (one.soft and one.words not in {"top", "Bottom"}) for one in facts.superlatives]
    said += [one.way or f"order {one.about}" for one in facts.orders]
    said += [one.which + "~" * one.soft for one in facts.aggregates]
    said += [one.which for one in facts.marks]
    held = {one.value.first for one in facts.containments if one.value is not None}
    for one in facts.values:
        if one.first not in compared | held and not any(place.start <= one.place.start < place.end for place in bounding):
            kind = NUMBERS.get(one.kind, {"quoted": "text:", "name": "name:", "code": "code:"}.get(one.kind, ""))
            said.append((kind.replace(":", "~:") if one.soft else kind) + value_of(one))
    return said


@pytest.mark.parametrize(("question", "expected"), WRITTEN)
def test_a_phrasing_has_its_facts(question, expected):
    found = told(question)
    wanted = [] if expected in {"none", "any"} else (expected.split() if not expected.startswith("order ") else [expected])
    assert set(wanted) <= set(found), found
    if expected == "none":
        assert not [one for one in found if one != "both"], found
    # What no word tells is not told: no comparison, bound or end besides.
    if expected != "any":
        extra = [one for one in found if one[0] in "<>=" or one.startswith(("limit", "age"))]
        assert set(extra) <= set(wanted), found


def test_places_count_code_points_and_hold_the_words():
    question = "Ärzte 🩺 with more than 5 beds in 'Köln'"
    facts = read_question(question)
    (comparison,) = facts.comparisons
    assert question[slice(*comparison.place)] == "more than 5"
    assert question[slice(*facts.values[-1].place)] == "'Köln'"


@given(st.text(max_size=80))
def test_any_text_is_read_and_every_place_lies_within_it(question):
    facts = read_question(question)
    for group in (facts.values, facts.comparisons, facts.limits, facts.superlatives, facts.aggregates, facts.marks, facts.orders, facts.containments):
        for one in group:
            assert 0 <= one.place.start < one.place.end <= len(question)
