"""Reading plans out of what models say: recorded traces, halves of JSON, prose, and any text at all."""

import json
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.plan_llm import NAMES

from broadsheet.plan.planners.critic import WORDS, read_reflection
from broadsheet.plan.planners.reading import LONGEST, read_plan

EVERY = range(len(NAMES))
CRIME, POEMS, COOKING = 0, 1, 2

SAID = {
    '["Crime", "Poems"]': (CRIME, POEMS),
    '{"categories": ["Poems", "Crime"]}': (POEMS, CRIME),
    'Of course! Here you are:\n```json\n["Crime",\n "Poems"]\n```\nEnjoy.': (CRIME, POEMS),
    "['Crime', 'Children\\'s Stories']": (CRIME, 7),
    "['Children's Stories', 'Crime']": (7, CRIME),
    "[Crime, Poems]": (CRIME, POEMS),
    '["crime ", "POEMS"]': (CRIME, POEMS),
    '{"categories": ["Crime", "Poe': (CRIME,),
    '["Crime", "Crime", "Poems"]': (CRIME, POEMS),
    '["Crime", 99, -1, "Gardens", "Poems"]': (CRIME, POEMS),
    '{"why": [], "what": [["Crime"]]}': (CRIME,),
    '["Art \\u0026 Design", "Crime"]': (6, CRIME),
}


@pytest.mark.parametrize(("text", "rows"), SAID.items())
def test_names_of_a_list_are_read_in_their_order(text, rows):
    assert read_plan(text, NAMES, EVERY, 8).rows == rows


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("I cannot help with that.", "refusal"),
        ("You should avoid Crime and Poems.", "no list"),
        ("[1, 2, 3]", "no name"),
        ('["Gardens"]', "no name"),
        ("[]", "no name"),
        ("[" * 5000, "no list"),
    ],
)
def test_what_holds_no_plan_says_why(text, reason):
    reading = read_plan(text, NAMES, EVERY, 8)
    assert (reading.rows, reading.reason) == ((), reason) or (text == "[]" and not reading.rows)


def test_only_what_is_on_offer_counts_and_no_more_than_asked_for():
    reading = read_plan('["Crime", "Poems", "Cooking"]', NAMES, [COOKING, POEMS], 1)
    assert (reading.rows, reading.unknown) == ((POEMS,), 1)


def is_read(text):
    """Whether a plan of names that are there, or else a reason, is read; and a reflection is short."""
    for most in (1, 3):
        reading = read_plan(text, NAMES, EVERY, most)
        one_of_both = bool(reading.rows) != bool(reading.reason)
        if not (len(set(reading.rows)) == len(reading.rows) <= most and one_of_both and set(reading.rows) <= set(EVERY)):
            return False
    return len(read_reflection(text).split()) <= 2 * WORDS


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("[]{}\"',\\ Crime")), max_size=300))
@settings(max_examples=100)
def test_any_text_is_a_plan_or_a_reason(text):
    assert is_read(text)


@given(st.recursive(st.one_of(st.sampled_from([*NAMES, 1, -5, None]), st.text(max_size=8)), partial(st.lists, max_size=4), max_leaves=8), st.floats(0, 1))
@settings(max_examples=40)
def test_any_json_cut_anywhere_is_a_plan_or_a_reason(value, share):
    text = json.dumps({"categories": value})
    assert is_read(text[: int(len(text) * share)])


@pytest.mark.parametrize("piece", ["[", '"', "'", "\\", "['a", '["', "'a'a", ",", '\\"'])
def test_a_long_reply_of_one_piece_is_read_within_its_length(piece):
    assert is_read(piece * (LONGEST // len(piece)))


@pytest.mark.data
def test_recorded_traces_of_planners_are_read_without_a_fault(data):
    folder = data / "interactive" / "planner_traces"
    reflections = [line for name in ("books", "steam") for line in (folder / f"reflections_{name}_gpt-3.5.txt").read_text(encoding="utf-8").splitlines()]
    assert len(reflections) >= 400
    memories = [json.loads((folder / f"{name}_memory_steam_gpt-3.5.json").read_text(encoding="utf-8")) for name in ("actor", "critic")]
    said = [text for memory in memories for prompt, answer in memory.items() for text in (prompt, json.dumps(answer))]
    for text in (*reflections, *said):
        assert is_read(text)
    kept = [read_reflection(text) for text in reflections if text.strip()]
    assert all(kept)
