"""Whether an answer is the one that is meant: the same rows as a bag, in the same order where order is meant; further columns do no harm."""

from collections import Counter
from itertools import permutations
from typing import Any

from broadsheet.ask.cypher.nodes import Projection, Query
from broadsheet.ask.graph.engine import Caps, Engine
from broadsheet.ask.graph.values import GraphNode, Rows
from broadsheet.ask.graph.wire import packed
from broadsheet.core.errors import QueryError, QueryRefusedError, QueryTimeoutError

# Columns beyond this are not tried in every order.
WIDEST = 6
MOST_ROWS = 20_000


def agree(meant: Rows, got: Rows, *, ordered: bool) -> bool:
    """Return whether columns of an answer, in some order, are those that are meant: the same rows, each as often.

    >>> agree(Rows(("a",), (("x",), ("y",))), Rows(("n", "b"), ((1, "y"), (2, "x"))), ordered=False)
    True
    >>> agree(Rows(("a",), (("x",), ("y",))), Rows(("b",), (("y",), ("x",))), ordered=True)
    False
    """
    if len(meant.rows) != len(got.rows) or len(got.columns) < len(meant.columns) or meant.cut or got.cut:
        return False
    wanted, width = [_row(row) for row in meant.rows], min(len(got.columns), WIDEST)
    counted = Counter(wanted)
    for places in permutations(range(width), len(meant.columns)):
        rows = [_row(tuple(row[place] for place in places)) for row in got.rows]
        if rows == wanted if ordered else Counter(rows) == counted:
            return True
    return False


def _row(row: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(repr(_plain(one)) for one in row)


def _plain(value: Any) -> Any:
    """Return a value as it is compared: a node, which says more than its name, by its name."""
    if isinstance(value, GraphNode):
        return value.properties.get("name", value.id)
    return round(value, 9) if isinstance(value, float) else packed(value)


def answered(engine: Engine, query: Query, seconds: float = 10.0) -> Rows | None:
    """Return the answer to a query, None where the engine has none."""
    try:
        return engine.run(query, None, Caps(seconds, MOST_ROWS))
    except (QueryError, QueryRefusedError, QueryTimeoutError):
        return None


def is_ordered(query: Query) -> bool:
    """Whether a query says in which order its rows are meant."""
    last = query.parts[-1].clauses[-1]
    return len(query.parts) == 1 and isinstance(last, Projection) and bool(last.order)
