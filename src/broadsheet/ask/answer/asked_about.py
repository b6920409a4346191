"""What a question asks of rows, told beside their names: the fee that is below 30, the day by which they are sorted."""

from collections.abc import Sequence
from typing import Any

from broadsheet.ask.answer.values import CELL, cell, cut, is_node, shown
from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.logic import conjuncts, disjuncts
from broadsheet.ask.cypher.nodes import Binary, Expression, Match, Projection, Property, Query, Variable
from broadsheet.ask.schema import UNNAMED, Naming

COMPARED = frozenset({"<", "<=", ">", ">=", "<>", "IN"})


def asked_about(query: Query) -> tuple[tuple[str, ...], ...]:
    """Return for each column of a query the properties that it compares, or sorts by, of the node in that column, and does not give back.

    What must be one value is not among them: it is told by the query.

    >>> from broadsheet.ask.cypher.parser import parse
    >>> asked_about(parse("MATCH (f:Film) WHERE f.genre = 'noir' AND f.votes < 30 RETURN f, f.title ORDER BY f.year").query)
    (('votes', 'year'), ())
    """
    clauses = query.parts[-1].clauses
    last = clauses[-1] if clauses else None
    if len(query.parts) != 1 or not isinstance(last, Projection):
        return ()
    tests = [one for clause in clauses if isinstance(clause, Match) for one in conjuncts(clause.where)]
    read = [*(one for test in tests for one in _compared(test)), *(one.expression for step in clauses if isinstance(step, Projection) for one in step.order)]
    asked = dict.fromkeys(one for one in read if isinstance(one, Property) and all(one != item.expression for item in last.items))
    return tuple(tuple(one.key for one in asked if one.of == item.expression and isinstance(item.expression, Variable)) for item in last.items)


def _compared(test: Expression) -> list[Expression]:
    """Return the properties that a condition compares with more than one value."""
    parts = disjuncts(test)
    signs = COMPARED if len(parts) == 1 else COMPARED | {"="}
    return [node for one in parts if isinstance(one, Binary) and one.sign in signs for node in walk(one) if isinstance(node, Property)]


def told_cell(value: Any, keys: Sequence[str] = (), naming: Naming = UNNAMED) -> str:
    """Return a value of a row, as JSON has it, in few words: a node by its name, and beside it the properties of these keys.

    >>> told_cell({"label": "Film", "row": 3, "properties": {"title": "Up", "votes": 12}}, ["votes"])
    'Up (votes 12)'
    """
    if not keys or not is_node(value):
        return cell(value, naming)
    held, said = value["properties"], set(naming.get(value["label"], ()))
    more = ", ".join(f"{key} {cut(shown(held.get(key)), CELL)}" for key in keys if key not in said)
    return f"{cell(value, naming)} ({more})" if more else cell(value, naming)
