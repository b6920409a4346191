"""What is told of one query, and what it takes: the unit that every static suite counts."""

import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from broadsheet.ask.check.checker import Checked, check
from broadsheet.ask.check.scope import walk
from broadsheet.ask.cypher.faults import SyntaxFault
from broadsheet.ask.cypher.nodes import Label, Literal_, Property, Query
from broadsheet.ask.cypher.parser import parse
from broadsheet.ask.cypher.printer import written
from broadsheet.ask.explain.reader import read_explanation
from broadsheet.ask.explain.writer import explain
from broadsheet.ask.schema import Schema
from broadsheet.core.metrics import wilson


class Told(NamedTuple):
    """A query's findings and explanation, processor milliseconds of reading alone, and of reading, checking and explaining."""

    checked: Checked
    explanation: str
    parse_ms: float
    ms: float

    @property
    def codes(self) -> list[str]:
        """The codes of its alarms, each once."""
        return list(dict.fromkeys(one.code.value for one in self.checked.alarms))


def told(text: str, schema: Schema) -> Told:
    """Read, check and explain a query; time it."""
    began = time.process_time()
    parse(text)
    read = time.process_time()
    checked = check(text, schema)
    explanation = explain(checked.query) if checked.query is not None else ""
    return Told(checked, explanation, 1000 * (read - began), 1000 * (time.process_time() - read))


def inverts(query: Query, explanation: str) -> bool:
    """Whether an explanation, read again, is the query that it explains."""
    try:
        return read_explanation(explanation) == query
    except SyntaxFault:
        return False


def lacking(query: Query, words: str) -> list[str]:
    """Return the literals, labels, types and properties of a query that words about it do not say.

    >>> lacking(parse("MATCH (f:Film) WHERE f.year > 2000 RETURN f").query, "Films after the turn of the century, by year")
    ['2000']
    """
    said = words.lower()
    asked = (_asked(node) for node in walk(query))
    return [one for one in dict.fromkeys(asked) if one and one.lower() not in said]


def _asked(node: object) -> str:
    match node:
        case Literal_(value=str()):
            return node.value
        case Literal_(value=int() | float()) if not isinstance(node.value, bool):
            return written(node)
        case Label():
            return node.name
        case Property():
            return node.key
    return ""


def share(name: str, hits: Iterable[bool]) -> dict[str, Any]:
    """Return a share with its 95 % interval (Wilson) and of how many it is; without any, that there are none."""
    counted = list(hits)
    if not counted:
        return {f"{name}_of": 0}
    found = wilson(sum(counted), len(counted))
    return {name: found.mean, f"{name}_lo": found.low, f"{name}_hi": found.high, f"{name}_of": len(counted)}


def quantile(values: Sequence[float], part: float) -> float:
    """Return the value that such a part of all does not exceed.

    >>> quantile([3.0, 1.0, 2.0], 0.5)
    2.0
    """
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]
