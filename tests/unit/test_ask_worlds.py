"""Made-up graphs of different shapes: faults of many kinds, clean queries of the whole breadth that is read, and directions."""

import json
import tomllib
from pathlib import Path

import pytest

from broadsheet.ask.check.checker import check
from broadsheet.ask.check.findings import Severity
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import canonical
from broadsheet.ask.explain.reader import read_explanation
from broadsheet.ask.explain.writer import explain
from broadsheet.ask.safety import refused
from broadsheet.ask.schema_files import schema_of

WORLDS = {path.stem: tomllib.loads(path.read_text()) for path in sorted((Path(__file__).parent / "ask_worlds").glob("*.toml"))}


def lines(name, kind):
    """The lines of a kind of a world; ⏎ stands for a new line."""
    return [line.replace("⏎", "\n") for line in WORLDS[name].get(kind, "").strip().splitlines()]


def schema(name):
    return schema_of(json.loads(WORLDS[name]["schema"]), name)


@pytest.mark.parametrize("name", WORLDS)
def test_clean_queries_have_no_alarm_may_be_run_and_are_explained_whole(name):
    held = schema(name)
    for text in lines(name, "clean"):
        found = check(text, held)
        assert not found.alarms, (text, found.alarms)
        assert found.fixed == text
        assert refused(found.query) is None, text
        assert read_explanation(explain(found.query)) == found.query
        assert parse(canonical(found.query)).query == found.query


@pytest.mark.parametrize(("name", "line"), [(name, line) for name in WORLDS for line in lines(name, "faults")])
def test_a_fault_is_the_one_alarm_at_its_place(name, line):
    code, rest = line.split(" | ", 1)
    marked, _, fixed = rest.partition(" => ")
    text, start, end = marked.replace("«", "").replace("»", ""), marked.index("«"), marked.index("»") - 1
    found = check(text, schema(name))
    assert [(one.code.value, text[slice(*one.place)]) for one in found.alarms] == [(code, text[start:end])]
    assert found.fixed == (None if fixed == "-" else fixed or text)
    if fixed not in {"", "-"}:
        assert not check(fixed, schema(name)).alarms


@pytest.mark.parametrize(("name", "line"), [(name, line) for name in WORLDS for line in lines(name, "directions")])
def test_a_direction_is_turned_where_the_schema_has_one_alone(name, line):
    text, _, mended = line.partition(" => ")
    found = check(text, schema(name))
    assert bool([one for one in found.findings if one.severity is Severity.ERROR]) == (mended != "=")
    if mended == "-":
        assert found.fixed is None
    else:
        assert parse(found.fixed).query == parse(text if mended == "=" else mended).query
