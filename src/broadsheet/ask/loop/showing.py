"""What a query gives, as a state keeps it: the first rows and what each comes from, counts by step, why there are none; and beside the rows before."""

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from itertools import zip_longest
from typing import Any, NamedTuple

from broadsheet.ask.answer.answer import answer
from broadsheet.ask.answer.asked_about import asked_about, told_cell
from broadsheet.ask.answer.cited import Answer, Citation
from broadsheet.ask.answer.compare import difference
from broadsheet.ask.answer.empty import emptiness
from broadsheet.ask.answer.expected import Wanted, missing
from broadsheet.ask.answer.steps import STEP, Counter, steps
from broadsheet.ask.answer.values import cell, cut, is_node, node_name, value_as_json
from broadsheet.ask.answer.words import reason, sentence
from broadsheet.ask.cypher.nodes import Projection, Query
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import written
from broadsheet.ask.graph.engine import Caps
from broadsheet.ask.graph.values import Row, Rows
from broadsheet.ask.loop.records import Compared, Preview, State, Step
from broadsheet.ask.loop.tools import Tools
from broadsheet.ask.schema import UNNAMED, Naming
from broadsheet.core.errors import ConfigError, QueryError

# Nodes of a label that are cited by name; of more it is told how many. Of several each name has so many code points.
NAMED, SHORT = 3, 40
# Code points of what an engine says is wrong.
LONG = 300
# Lines that are told of one row.
LINES = 30


class Shown(NamedTuple):
    """A preview, and the answer that it is of; None where the engine gave none."""

    preview: Preview
    answer: Answer | None


def shown(query: Query, tools: Tools) -> Shown:
    """Return what a query gives; that it cannot be answered is part of it."""
    try:
        found = in_order(answer(tools.engine, query, tools.caps))
    except QueryError as fault:
        return Shown(Preview(fault=(cut(fault.what, LONG), fault.mend), code=fault.exit_code), None)
    rows = found.rows._replace(columns=columns(query, found.rows.columns))
    held = [as_json(row) for row in rows.rows]
    digest = hashlib.sha256(json.dumps([rows.columns, held], ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
    most = tools.settings.shown
    told, empty = _steps(query, held, tools)
    named = replace(found, rows=rows)
    preview = Preview(
        sentence=sentence(named),
        columns=rows.columns, rows=tuple(held[:most]), total=len(held), cut=rows.cut, hash=digest, steps=told, empty=empty,
        cited=tuple(cited(one, found.naming) for one in (found.citations or ())[:most]), notes=found.notes,
    )  # fmt: skip
    return Shown(preview, named)


def _steps(query: Query, rows: list[tuple[Any, ...]], tools: Tools) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """Return how many rows each step of a query leaves, and why there are none in the end, or none that are counted."""
    caps = _caps(tools)
    if all(value in (0, None) for row in rows for value in row):
        found = emptiness(tools.engine, query, caps)
        why = found.why if found.failing is not None else ()
        changes = [f"{one.words[0].upper()}{one.words[1:]}: {one.rows:,} row{'' if one.rows == 1 else 's'}." for one in found.amended if one.rows is not None]
        return tuple(Step(words=one.words(), rows=one.count) for one in found.steps), (*why, *changes)
    return tuple(Step(words=one.words(), rows=one.count) for one in steps(Counter(tools.engine, None, caps), query)), ()


def in_words(state: State, naming: Naming = UNNAMED) -> tuple[tuple[str, ...], ...]:
    """Return the rows that a state shows, each cell in words; beside a node's name stands what the query asks about it."""
    query = parse(state.query).query if state.query is not None else None
    about = asked_about(query) if query is not None else ()
    rows = state.preview.rows if state.preview is not None else ()
    return tuple(tuple(told_cell(value, keys, naming) for value, keys in zip_longest(row, about[: len(row)], fillvalue=())) for row in rows)


def rests_on(preview: Preview, number: int, naming: Naming = UNNAMED) -> tuple[str, ...]:
    """Return what the row of a number, from 1, comes from, without the nodes that the row itself names."""
    names = {cell(value, naming) for value in preview.rows[number - 1] if is_node(value)}
    return tuple(one for one in preview.cited[number - 1] if one.partition(" ")[2] not in names) if preview.cited else ()


def _caps(tools: Tools) -> Caps:
    """Return what one step may take."""
    return STEP._replace(seconds=min(STEP.seconds, tools.settings.seconds))


def columns(query: Query, given: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of an answer's columns as the query has them, for engines have their own for what has no name; those `given` where it does not tell.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> columns(parse("MATCH (f:Film) RETURN f.title, count(*) AS n").query, ("f.title", "COUNT_STAR()"))
    ('f.title', 'n')
    """
    last = query.parts[0].clauses[-1]
    if not isinstance(last, Projection) or last.star or (given and len(last.items) != len(given)):
        return given
    return tuple(one.name or written(one.expression) for one in last.items)


def in_order(found: Answer) -> Answer:
    """Return an answer with its rows in an order of their own where the query states none: engines may give them in any."""
    clauses = [clause for part in found.query.parts for clause in part.clauses]
    if any(isinstance(clause, Projection) and clause.order for clause in clauses):
        return found
    order = sorted(range(len(found.rows.rows)), key=lambda place: json.dumps(as_json(found.rows.rows[place]), ensure_ascii=False))
    rows = found.rows._replace(rows=tuple(found.rows.rows[place] for place in order))
    citations = None if found.citations is None else tuple(found.citations[place] for place in order)
    return replace(found, rows=rows, citations=citations)


def as_json(row: Row) -> tuple[Any, ...]:
    """Return a row as JSON has it."""
    return tuple(map(value_as_json, row))


def cited(one: Citation, naming: Naming = UNNAMED) -> tuple[str, ...]:
    """Return what a row comes from: the nodes of each label by their names, by their numbers where they have none, and how many relations.

    >>> from broadsheet.ask.graph.values import GraphNode, NodeId
    >>> nodes = tuple(GraphNode(NodeId("Film", row), {"year": 2009 + row, "title": title}) for row, title in enumerate(("Up", "Her", "Big", "It")))
    >>> cited(Citation(nodes, (), ())), cited(Citation(nodes[:1], (), ()), {"Film": ("year", "title")})
    (('Film Up, Her, Big and 1 more',), ('Film 2009 Up',))
    """
    names: dict[str, list[str]] = {}
    for node in one.nodes:
        names.setdefault(node.id.label, []).append(node_name(node, naming).removeprefix(f"{node.id.label} "))
    nodes = [
        f"{label} {', '.join(cut(name, SHORT if len(held) > 1 else LONG) for name in held[:NAMED])}"
        + (f" and {len(held) - NAMED} more" if len(held) > NAMED else "")
        for label, held in names.items()
    ]
    edges = [f"{len(one.edges)} relation{'' if len(one.edges) == 1 else 's'}"] if one.edges else []
    return (*nodes, *edges)


def compared(before: Rows, after: Rows, most: int) -> Compared:
    """Return the first rows that came, went and changed, and how many of each.

    >>> found = compared(Rows(("film",), (("Up",), ("Her",))), Rows(("film",), (("Up",), ("Big",))), 5)
    >>> found.added, found.removed, found.same_count
    ((('Big',),), (('Her',),), 1)
    """
    found = difference(before, after)
    return Compared(
        added=tuple(map(as_json, found.added[:most])),
        removed=tuple(map(as_json, found.removed[:most])),
        changed=tuple((as_json(one.before), as_json(one.after)) for one in found.changed[:most]),
        added_count=len(found.added),
        removed_count=len(found.removed),
        changed_count=len(found.changed),
        same_count=len(found.kept),
        words=found.words().splitlines()[0],
    )


def reasons(found: Shown, number: int) -> tuple[str, ...]:
    """Return in words what a row rests on; of no number that of the first row. Raises ConfigError for a row that is not there."""
    if found.answer is None or not found.answer.rows.rows:
        raise ConfigError("There are no rows.", "Amend the query; show says at which step none are left.")
    count = len(found.answer.rows.rows)
    if not 0 <= number <= count:
        raise ConfigError(f"There is no row {number}.", f"Give a number from 1 to {count}.")
    lines = reason(found.answer, max(number, 1)).splitlines()
    left = len(lines) - LINES
    return (*lines[:LINES], *([f"And {left} line{'' if left == 1 else 's'} more."] if left > 0 else []))


def why_not(query: Query, words: str, tools: Tools) -> tuple[str, ...]:
    """Return in words why something is not among the rows: a value of any column, or `COLUMN = VALUE` of one."""
    column, equals, value = (one.strip() for one in words.partition("="))
    names = columns(query, ())
    wanted: Wanted = {column: wanted_of(value)} if equals and column in names else wanted_of(words.strip())
    return tuple(missing(tools.engine, query, wanted, _caps(tools)).words().splitlines())


def wanted_of(text: str) -> str | int | float:
    """Return the value that a person names: a number, or a text with or without quotation marks.

    >>> wanted_of("2011"), wanted_of("'2011'"), wanted_of("Ana Bell")
    (2011, '2011', 'Ana Bell')
    """
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text
