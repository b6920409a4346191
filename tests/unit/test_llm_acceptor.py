"""The acceptor: what it lets through is JSON for the schema, from everywhere there is a way to the end, and nothing valid of its forms is shut out."""

import json
import math
from enum import StrEnum
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, create_model

from broadsheet.core.errors import ConfigError
from broadsheet.core.llm.acceptor import Acceptor
from broadsheet.core.llm.json_schema import is_strict, schema_of

ALPHABET = '{}[]",:.-0123456789 \\\nabcdefghiklnorstuxé/'


class Level(StrEnum):
    LOW = "low"
    HIGH = 'hé"gh'


leaves = st.sampled_from(
    [
        str,
        int,
        float,
        bool,
        Level,
        type(None),
        Literal["a", "ab", 3],
        Annotated[str, Field(min_length=2, max_length=4)],
        Annotated[int, Field(ge=-3, le=12)],
        Annotated[int, Field(gt=99, lt=102)],
        Annotated[float, Field(ge=0, le=1)],
        Annotated[float, Field(gt=-0.5, lt=0.25)],
        Annotated[float, Field(ge=12.25, le=12.75)],
    ]
)


def lists(inner):
    return st.builds(
        lambda kind, least, more: Annotated[list[kind], Field(min_length=least, max_length=least + more)], inner, st.integers(0, 2), st.integers(0, 2)
    )


def models(inner):
    fields = st.dictionaries(st.sampled_from("title default a b kind".split()), st.tuples(inner, st.booleans()), min_size=1, max_size=3)
    return fields.map(
        lambda named: create_model("Made", **{name: (kind | None, None) if optional else (kind, ...) for name, (kind, optional) in named.items()})
    )


outputs = models(st.recursive(leaves, lambda inner: lists(inner) | models(inner), max_leaves=4))


@given(outputs, st.data())
def test_whatever_it_lets_through_is_json_that_the_model_takes(model, data):
    state, text = Acceptor.of(schema_of(model)), ""
    for _ in range(data.draw(st.integers(0, 60))):
        if state.is_complete:
            break
        possible = [character for character in ALPHABET + state.shortest()[0] if state.after(character)]
        character = data.draw(st.sampled_from(possible))
        state, text = state.after(character), text + character
    end = state.shortest()
    assert state.after(end).is_complete
    model.model_validate_json(text + end)


@given(outputs, st.data())
def test_what_the_model_writes_itself_is_let_through(model, data):
    from broadsheet.sample.llm import example

    schema = schema_of(model)
    value = model.model_validate(example(schema, data.draw(st.integers(0, 99))))
    for text in (value.model_dump_json(ensure_ascii=True), json.dumps(value.model_dump(mode="json"))):
        state = Acceptor.of(schema).after(text)
        assert state is not None, text
        assert state.is_complete


@pytest.mark.parametrize(
    ("low", "high", "whole"), [(0, 1, False), (-12.5, -12.25, False), (7, 7, True), (-3, 120, True), (0.001, 0.002, False), (95, 1005, True)]
)
def test_a_number_within_bounds_is_let_through_and_none_without(low, high, whole):
    kind = "integer" if whole else "number"
    start = Acceptor.of({"type": kind, "minimum": low, "maximum": high})
    for step in range(-200, 1300):
        figure = step if whole else step / 80
        state = start.after(str(figure))
        assert (state is not None and state.is_complete) == (low <= figure <= high), figure
    assert low <= float(start.shortest()) <= high


def test_two_choices_of_which_one_begins_the_other():
    start = Acceptor.of({"enum": ["a", "ab"]})
    assert start.after('"a"').is_complete
    assert start.after('"ab"').is_complete
    assert not start.after('"a').is_complete


@pytest.mark.parametrize(
    ("annotation", "named"),
    [
        (Annotated[str, Field(pattern="a+")], "pattern"),
        (dict[str, int], "type object"),
        (set[int], "uniqueItems"),
        (Annotated[float, Field(multiple_of=0.5)], "multipleOf"),
        (list, "type any"),
        (Annotated[int, Field(gt=1, lt=2)], "No number"),
        (Annotated[float, Field(ge=1e30)], "No number"),
    ],
)
def test_what_it_cannot_hold_a_reply_to_is_said(annotation, named):
    with pytest.raises(ConfigError, match=named):
        Acceptor.of(schema_of(create_model("Made", a=(annotation, ...))))


def test_a_model_that_holds_itself_is_refused():
    class Node(BaseModel):
        below: list["Node"]

    with pytest.raises(ConfigError, match="Node"):
        schema_of(Node)


def test_a_schema_is_strict_where_every_field_is_required():
    strict = create_model("Strict", a=(int, ...), b=(create_model("Inner", c=(str, ...)), ...))
    assert is_strict(schema_of(strict))
    assert not is_strict(schema_of(create_model("Loose", a=(int, 1))))
    assert not is_strict(schema_of(create_model("Open", a=(dict[str, int], ...))))


def test_an_unbounded_number_has_as_many_digits_as_a_double_holds():
    start = Acceptor.of(TypeAdapter(int).json_schema())
    assert start.after("9" * 15) is not None
    assert start.after("9" * 16) is None
    assert not math.isinf(float("9" * 15))


def test_a_string_is_as_long_as_its_bounds_say_an_escape_counting_once():
    start = Acceptor.of({"type": "string", "minLength": 2, "maxLength": 3})
    for text, fits in (
        ("", False),
        ("a", False),
        ("ab", True),
        ("é\\n", True),
        ("a\\\\c", True),
        ("abcd", False),
        ("\\n", False),
        ("a\\x", False),
        ("a\nb", False),
    ):
        state = start.after(f'"{text}"')
        assert (state is not None and state.is_complete) == fits, text
