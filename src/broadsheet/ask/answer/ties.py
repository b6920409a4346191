"""Rows that a limit leaves out though they stand as high as the last that it lets in."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from broadsheet.ask.answer.cited import same
from broadsheet.ask.cypher.nodes import Literal_, Projected, Projection, Query, Variable
from broadsheet.ask.graph.engine import Caps, Engine
from broadsheet.ask.graph.values import Rows
from broadsheet.core.errors import QueryError

TIE = "tie"


def tied(engine: Engine, query: Query, had: Rows, caps: Caps, parameters: Mapping[str, Any] | None = None) -> str:
    """Say that others are equal to the last of the rows that an ORDER BY with a LIMIT keeps; nothing where none are, or where that cannot be told.

    The query is asked once more for that: not where the rows that were `had` took half of what they may.
    """
    asked = _further(query)
    if asked is None or had.seconds > caps.seconds / 2:
        return ""
    further, count, names = asked
    try:
        rows = engine.run(further, parameters, caps)
    except QueryError:
        return ""
    places = [rows.columns.index(name) for name in names]
    if len(rows.rows) <= count:
        return ""
    last, following = (tuple(row[place] for place in places) for row in rows.rows[count - 1 : count + 1])
    if same(last) != same(following):
        return ""
    return f"Others are equal to the last of these in what they are sorted by: {count:,} {'was' if count == 1 else 'were'} asked for."


def _further(query: Query) -> tuple[Query, int, list[str]] | None:
    """Return a query for one row more than is kept, how many are kept, and the columns by which they are sorted; None for another form of query."""
    if len(query.parts) != 1:
        return None
    clauses = query.parts[0].clauses
    # The last one, or the one before it, where rows are kept first and then told.
    at = next((at for at, one in reversed(list(enumerate(clauses))[-2:]) if isinstance(one, Projection) and one.order), -1)
    kept = clauses[at] if at >= 0 else None
    if not isinstance(kept, Projection) or kept.skip is not None or not isinstance(kept.limit, Literal_) or not isinstance(kept.limit.value, int) or kept.star:
        return None
    count = kept.limit.value
    own = {one.name or (one.expression.name if isinstance(one.expression, Variable) else "") for one in kept.items}
    items, names = list(kept.items), []
    for number, one in enumerate(kept.order):
        if isinstance(one.expression, Variable) and one.expression.name in own:
            names.append(one.expression.name)
            continue
        names.append(f"{TIE}{number}")
        items.append(Projected(one.expression, names[-1]))
    if count < 1 or any(one.startswith(TIE) for one in own) or (kept.distinct and kept.which == "RETURN" and len(items) > len(kept.items)):
        return None
    wider = replace(kept, which="RETURN", items=tuple(items), limit=Literal_(count + 1), where=None)
    return replace(query, parts=(replace(query.parts[0], clauses=(*clauses[:at], wider)),)), count, names
