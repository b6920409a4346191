"""Questions that a graph can answer, made of its own labels, relations and values: each was asked before it is offered."""

from collections.abc import Iterator
from typing import Final
from weakref import WeakKeyDictionary

from broadsheet.ask.graph.engine import Engine
from broadsheet.ask.graph.example import LONGEST, as_word, as_words
from broadsheet.ask.loop.machine import Loop
from broadsheet.ask.loop.outcome import Outcome, outcome_of
from broadsheet.ask.loop.records import State
from broadsheet.ask.loop.tools import Tools
from broadsheet.ask.schema import Schema

OFFERED: Final = 6
TRIED: Final = 24
"""Questions that are tried at most: on a large graph each may take a while."""
TOTAL: Final = "total"
"""What a column of counts is called; where each is one, to ask for the most is idle."""
NUMBERS: Final = frozenset({"integer", "float"})
_known: WeakKeyDictionary[Engine, tuple[str, ...]] = WeakKeyDictionary()


def examples(tools: Tools) -> tuple[str, ...]:
    """Return questions that the graph of these tools answers with rows and without doubt; they are found once, as long as the graph is open."""
    if tools.engine not in _known:
        found: list[str] = []
        for number, one in enumerate(_candidates(tools)):
            if number >= TRIED or len(found) >= OFFERED:
                break
            if one not in found and answers(Loop(tools).begin(one).state):
                found.append(one)
        _known[tools.engine] = tuple(found)
    return _known[tools.engine]


def known(tools: Tools) -> tuple[str, ...] | None:
    """Return the questions of an open graph; None where they have not been looked for yet."""
    return _known.get(tools.engine)


def answers(state: State | None) -> bool:
    """Whether a state has rows, something in them, of what is counted somewhere more than one, and nothing that is doubtful."""
    if state is None or outcome_of(state) is not Outcome.ANSWERED or state.preview is None:
        return False
    counts = [row[state.preview.columns.index(TOTAL)] for row in state.preview.rows] if TOTAL in state.preview.columns else []
    if counts and not any(isinstance(one, int) and one > 1 for one in counts):
        return False
    something = any(value not in (None, 0, "") for row in state.preview.rows for value in row)
    return something and not any(one.severity != "info" or one.asked for one in state.findings)


def _candidates(tools: Tools) -> Iterator[str]:
    """Yield one question of each kind, then the next of each, so that those that are offered differ."""
    schema = tools.schema
    kinds = [list(kind) for kind in (_most(schema), _valued(tools), _newest(schema), _without(schema), _counted(schema), _grouped(tools))]
    for place in range(max(map(len, kinds), default=0)):
        yield from (kind[place] for kind in kinds if place < len(kind))


def _most(schema: Schema) -> Iterator[str]:
    for one in schema.triples:
        if one.start != one.end:
            yield f"Which {as_word(one.end)} has the most {as_words(one.start)}?"
            yield f"Which {as_word(one.start)} has the most {as_words(one.end)}?"


def _valued(tools: Tools) -> Iterator[str]:
    """Ask for what is joined to the commonest value of each property, or has it."""
    starts_of = {one.start for one in tools.schema.triples}
    entries = sorted(tools.index.entries, key=lambda one: (one.label in starts_of, tools.index.counts.get(one.label, 0), -one.count, one.value))
    seen: set[tuple[str, str]] = set()
    for one in entries:
        if (one.label, one.property) in seen or not 2 < len(one.value) <= LONGEST or not one.value.isprintable() or "'" in one.value:
            continue
        seen.add((one.label, one.property))
        starts = [triple.start for triple in tools.schema.triples if triple.end == one.label and triple.start != one.label]
        yield (
            f"Which {as_words(starts[0])} have the {as_word(one.label)} '{one.value}'?"
            if starts
            else f"Which {as_words(one.label)} have the {one.property} '{one.value}'?"
        )


def _newest(schema: Schema) -> Iterator[str]:
    for label, held in schema.labels.items():
        for key, facts in (held or {}).items():
            if facts.type in NUMBERS and isinstance(facts.low, int | float) and isinstance(facts.high, int | float) and facts.low < facts.high:
                middle = (facts.low + facts.high) / 2
                yield f"Which {as_words(label)} have a {as_word(key)} greater than {int(middle) if facts.type == 'integer' else round(middle, 1)}?"
                yield f"Which {as_word(label)} has the highest {as_word(key)}?"


def _without(schema: Schema) -> Iterator[str]:
    for one in schema.triples:
        if one.start != one.end:
            yield f"Which {as_words(one.end)} have no {as_words(one.start)}?"


def _counted(schema: Schema) -> Iterator[str]:
    for label in schema.labels:
        yield f"How many {as_words(label)} are there?"


def _grouped(tools: Tools) -> Iterator[str]:
    for one in sorted(tools.schema.triples, key=lambda one: tools.index.counts.get(one.end, 0)):
        if one.start != one.end:
            yield f"How many {as_words(one.start)} are there for each {as_word(one.end)}?"
