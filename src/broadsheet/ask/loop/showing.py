"""What a query gives, as a state keeps it: the first rows and what each comes from, counts by step, why there are none; and beside the rows before."""

import hashlib
import json
from typing import Any, NamedTuple

from broadsheet.ask.answer.answer import answer
from broadsheet.ask.answer.cited import Answer, Citation
from broadsheet.ask.answer.compare import difference
from broadsheet.ask.answer.empty import emptiness
from broadsheet.ask.answer.steps import STEP, Counter, steps
from broadsheet.ask.answer.values import cut, node_name, value_as_json
from broadsheet.ask.answer.values import shown as in_words
from broadsheet.ask.cypher.nodes import Projection, Query
from broadsheet.ask.cypher.printer import written
from broadsheet.ask.graph.values import Row, Rows
from broadsheet.ask.loop.records import Compared, Preview, Step
from broadsheet.ask.loop.tools import Tools
from broadsheet.core.errors import ConfigError, QueryError

# Nodes of a row that are cited by name; of more the number is told.
NAMED = 6
# Code points of what an engine says is wrong.
LONG = 300
# Nodes and relations that are told of one row.
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
    preview = Preview(
        columns=rows.columns, rows=tuple(held[:most]), total=len(held), cut=rows.cut, hash=digest, steps=told, empty=empty,
        cited=tuple(map(cited, (found.citations or ())[:most])), notes=found.notes,
    )  # fmt: skip
    return Shown(preview, Answer(query, rows, found.citations, found.notes))


def _steps(query: Query, rows: list[tuple[Any, ...]], tools: Tools) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """Return how many rows each step of a query leaves, and why there are none in the end, or none that are counted."""
    caps = STEP._replace(seconds=min(STEP.seconds, tools.settings.seconds))
    if all(value in (0, None) for row in rows for value in row):
        found = emptiness(tools.engine, query, caps)
        why = found.why if found.failing is not None else ()
        changes = [f"{one.words[0].upper()}{one.words[1:]}: {one.rows:,} rows." for one in found.amended if one.rows is not None]
        return tuple(Step(words=one.words(), rows=one.count) for one in found.steps), (*why, *changes)
    return tuple(Step(words=one.words(), rows=one.count) for one in steps(Counter(tools.engine, None, caps), query)), ()


def columns(query: Query, given: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of an answer's columns as the query has them, for engines have their own for what has no name.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> columns(parse("MATCH (f:Film) RETURN f.title, count(*) AS n").query, ("f.title", "COUNT_STAR()"))
    ('f.title', 'n')
    """
    last = query.parts[0].clauses[-1]
    if not isinstance(last, Projection) or last.star or len(last.items) != len(given):
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
    return Answer(found.query, rows, citations, found.notes)


def as_json(row: Row) -> tuple[Any, ...]:
    """Return a row as JSON has it."""
    return tuple(map(value_as_json, row))


def cited(one: Citation) -> tuple[str, ...]:
    """Return what a row comes from, in words: nodes with their labels, the first few by name, and how many relations."""
    nodes = [f"{node.id.label} {node_name(node)!r}" for node in one.nodes[:NAMED]]
    more = [f"{len(one.nodes) - NAMED} more nodes"] if len(one.nodes) > NAMED else []
    edges = [f"{len(one.edges)} relation{'' if len(one.edges) == 1 else 's'}"] if one.edges else []
    return (*nodes, *more, *edges)


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
    """Return which nodes and relations a row comes from, one a line; `number` 0 is the first row. Raises ConfigError for a row that is not there."""
    if found.answer is None or not found.answer.rows.rows:
        raise ConfigError("There are no rows.", "Amend the query; show says at which step none are left.")
    rows, citations = found.answer.rows.rows, found.answer.citations
    if not 0 <= number <= len(rows):
        raise ConfigError(f"There is no row {number}.", f"Give a number from 1 to {len(rows)}.")
    if citations is None:
        return found.answer.notes
    place = max(number, 1) - 1
    one = citations[place]
    names = {node.id: f"{node.id.label} {node_name(node)!r}" for node in one.nodes}
    lines = [f"Row {place + 1}, {', '.join(map(in_words, rows[place]))}, rests on:"]
    lines += [f"  {names[node.id]}, number {node.id.row} of its label" for node in one.nodes]
    lines += [f"  {edge.id.type} from {names.get(edge.start, edge.start.label)} to {names.get(edge.end, edge.end.label)}" for edge in one.edges]
    more = [f"  and {len(lines) - LINES} more"] if len(lines) > LINES else []
    lines = [*lines[:LINES], *more, *(f"  nothing for {text}" for text in one.absent), *(f"  not followed: {text}" for text in one.uncited)]
    return (*lines, *(["  not all is cited: there is more than is shown"] if not one.complete else []))


def why_not(query: Query, words: str, tools: Tools) -> tuple[str, ...]:
    """Return why something is not among the rows."""
    del query, words, tools
    return ()
