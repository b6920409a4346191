"""Answers that can be traced: the one place from which a terminal or a page asks for them."""

from collections.abc import Mapping
from typing import Any

from broadsheet.ask.answer.cited import Answer, Citation, merged, same
from broadsheet.ask.answer.compare import Difference, difference
from broadsheet.ask.answer.empty import Emptiness, emptiness
from broadsheet.ask.answer.expected import Missing, Wanted, missing
from broadsheet.ask.answer.picture import drawn
from broadsheet.ask.answer.steps import STEP
from broadsheet.ask.answer.ties import tied
from broadsheet.ask.answer.trace import SHOWN, Traced, traced
from broadsheet.ask.answer.words import reason
from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.graph.engine import USUAL, Caps, Engine
from broadsheet.ask.graph.values import Row, Rows
from broadsheet.core.errors import QueryError, QueryRefusedError, QueryTimeoutError


def answer(engine: Engine, query: Query, caps: Caps = USUAL, parameters: Mapping[str, Any] | None = None, *, shown: int = SHOWN) -> Answer:
    """Return the rows of a query with what each was matched from; of rows that were put together the first `shown` matches are cited.

    Where rows cannot be traced within the caps the query is run as it is, and the notes say so. Raises QueryRefusedError, QueryTimeoutError, or
    QueryError where the engine cannot answer.
    """
    try:
        rows, citations = _followed(engine, query, caps, parameters, shown)
    except QueryRefusedError:
        raise
    except QueryError as fault:
        rows, citations = engine.run(query, parameters, caps), None
        why = f"within {caps.seconds:g} seconds" if isinstance(fault, QueryTimeoutError) else f"by this engine. {fault.what}"
        rows = rows._replace(notes=(*rows.notes, f"These rows are not traced to the graph: that could not be done {why.rstrip('.')}."))
    cut = [f"There are more rows than the {len(rows.rows):,} that are shown."] if rows.cut else []
    if citations is not None and any(not group.complete for one in citations for group in one.groups()):
        cut.append(f"Of what was put together into one row, the first {shown:,} matches are cited.")
    cut += filter(None, [tied(engine, query, rows, caps, parameters)])
    return Answer(query, rows, citations, (*rows.notes, *cut), engine.schema.named)


Traces = tuple[Rows, tuple[Citation, ...]]


def _followed(engine: Engine, query: Query, caps: Caps, parameters: Mapping[str, Any] | None, shown: int) -> Traces:
    """Trace rows and what subqueries found for them; where the engine cannot be asked for the latter, the rows alone."""
    try:
        return _traced_rows(engine, query, caps, parameters, tuple(traced(query, shown)))
    except (QueryRefusedError, QueryTimeoutError):
        raise
    except QueryError:
        return _traced_rows(engine, query, caps, parameters, tuple(traced(query, shown, follow=False)))


def _traced_rows(engine: Engine, query: Query, caps: Caps, parameters: Mapping[str, Any] | None, parts: tuple[Traced, ...]) -> Traces:
    """Run each part of a query and put the parts together as UNION does."""
    found: list[tuple[Row, Citation]] = []
    columns: tuple[str, ...] = ()
    ran: list[Rows] = []
    for number, part in enumerate(parts):
        ran.append(engine.run(part.query, parameters, caps))
        names, own = _own(part, ran[-1])
        if number and len(names) != len(columns):
            raise QueryError(f"The parts of UNION give {len(columns)} and {len(names)} columns.", "Give back as many columns in each part.")
        columns = columns or names
        found += own
        if number and not query.all[number - 1]:
            found = _once(found)
    cut = any(one.cut for one in ran) or len(found) > caps.rows
    found = found[: caps.rows]
    notes = tuple(dict.fromkeys(note for one in ran for note in one.notes))
    rows = Rows(columns, tuple(row for row, _ in found), cut, sum(one.seconds for one in ran), notes)
    return rows, tuple(cited for _, cited in found)


def _own(part: Traced, rows: Rows) -> tuple[tuple[str, ...], list[tuple[Row, Citation]]]:
    places = part.columns(rows.columns)
    own = [(tuple(row[place] for place in places), part.citation(rows.columns, row)) for row in rows.rows]
    return tuple(rows.columns[place] for place in places), own


def _once(found: list[tuple[Row, Citation]]) -> list[tuple[Row, Citation]]:
    alike: dict[str, tuple[Row, list[Citation]]] = {}
    for row, cited in found:
        alike.setdefault(same(row), (row, []))[1].append(cited)
    return [(row, merged(citations) if len(citations) > 1 else citations[0]) for row, citations in alike.values()]


def why(answer: Answer, row: int) -> str:
    """Return in words why a row, counted from 1, is there. Raises QueryError where there is no such row."""
    if not 1 <= row <= len(answer.rows.rows):
        count = len(answer.rows.rows)
        raise QueryError(f"The answer has no row {row:,}.", f"It has {count:,} row{'' if count == 1 else 's'}, counted from 1.")
    return reason(answer, row)


def why_empty(engine: Engine, query: Query, caps: Caps = STEP, parameters: Mapping[str, Any] | None = None) -> Emptiness:
    """Return the steps of a query with what each leaves, the first that leaves nothing, and changes that would give rows. The caps are those of one step.

    Of a query that gives rows the steps are told, and nothing fails: they are the counts of a preview. Raises QueryRefusedError.
    """
    return emptiness(engine, query, caps, parameters)


def why_not(engine: Engine, query: Query, wanted: Wanted, caps: Caps = STEP, parameters: Mapping[str, Any] | None = None) -> Missing:
    """Return the first step of a query that an expected value does not pass: a value of any column, or a value for each of some columns.

    Raises QueryError where the answer has no such column, and QueryRefusedError.
    """
    return missing(engine, query, wanted, caps, parameters)


def compare(before: Answer, after: Answer) -> Difference:
    """Return what came, went, stayed and changed from one answer to another, rows as bags."""
    return difference(before.rows, after.rows)


def picture(answer: Answer, row: int | None = None) -> str:
    """Return the SVG of the part of the graph that the answer rests on, or one of its rows, counted from 1. Raises QueryError where nothing was traced."""
    if answer.citations is None or (row is not None and not 1 <= row <= len(answer.citations)):
        raise QueryError("There is nothing to draw: no such row is traced to the graph.", "Ask for less, or for a row that is there.")
    return drawn(answer.citations if row is None else answer.citations[row - 1 : row], naming=answer.naming)
