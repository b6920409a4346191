"""Dates and numbers that a graph keeps as text: told from the values, and the key by which they are compared."""

import re
from collections.abc import Iterable
from typing import Literal

import polars as pl

from broadsheet.ask.cypher.nodes import Binary, Expression, Function, Literal_
from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.schema import Schema

Kind = Literal["number", "iso", "day first", "month first", "either first", "date", "datetime"]
_SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{2})\2(\d{4})\Z")
_NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
# Years and months have so many digits, a date without its day so many letters.
_YEAR, _MONTH, _REST = 4, 2, 8
TWELVE = 12


class Keys:
    """What the text properties of a graph really hold."""

    def __init__(self, graph: Graph | None = None) -> None:
        self._kinds: dict[tuple[str, str], Kind] = {}
        self._filled: dict[tuple[str, str], float] = {}
        for label, frame in (graph.nodes if graph is not None else {}).items():
            for column in frame.columns:
                self._filled[label, column] = 1 - frame[column].null_count() / max(1, frame.height)
                if frame.schema[column] in {pl.Date, pl.Datetime}:
                    self._kinds[label, column] = "date" if frame.schema[column] == pl.Date else "datetime"
                elif frame.schema[column] == pl.String:
                    kind = kind_of(frame[column].drop_nulls().unique())
                    if kind is not None:
                        self._kinds[label, column] = kind

    @classmethod
    def of_schema(cls, schema: Schema) -> "Keys":
        """Return what the types of a schema tell, without its graph."""
        made = cls()
        made._kinds = {(label, key): facts.type for label, key, facts in schema.everything() if facts.type in {"date", "datetime"}}  # pyrefly: ignore
        return made

    def kind(self, label: str, key: str) -> Kind | None:
        """Return what a text property holds; None for text, and for what is no text."""
        return self._kinds.get((label, key))

    def filled(self, label: str, key: str) -> float:
        """Return which share of the nodes of a label have a property; 1 where the graph is not known."""
        return self._filled.get((label, key), 1.0)

    def needed(self, label: str, key: str) -> bool:
        """Whether a property is sorted wrongly as it stands."""
        return self.kind(label, key) not in {None, "iso", "date", "datetime"}

    def literal(self, label: str, key: str, value: str | float | bool) -> Expression:  # noqa: FBT001 - any value
        """Return a value as a property is compared with it."""
        kind = self.kind(label, key)
        return Function(kind, (Literal_(value),)) if kind in {"date", "datetime"} and isinstance(value, str) else Literal_(value)

    def expression(self, label: str, key: str, held: Expression) -> Expression:
        """Return what a property is compared by: the number that it is, or its year, month and day in one row; itself where it needs no key."""
        match self.kind(label, key):
            case "number":
                return Function("toInteger", (held,))
            case "day first" | "either first":
                return _joined(_right(held, _YEAR), Function("left", (_right(held, _REST - 1), Literal_(_MONTH))), _padded(held))
            case "month first":
                return _joined(_right(held, _YEAR), _padded(held), Function("left", (_right(held, _REST - 1), Literal_(_MONTH))))
        return held

    def number(self, label: str, key: str, held: Expression) -> Expression:
        """Return a property that is to be reckoned with."""
        return self.expression(label, key, held) if self.kind(label, key) == "number" else held

    def value(self, label: str, key: str, iso: str) -> str:
        """Return a date, told as ISO has it, as the key of a property is written."""
        return iso.replace("-", "") if self.needed(label, key) else iso


def kind_of(values: Iterable[str]) -> Kind | None:
    """Return what texts are, all of them: numbers, dates as ISO has them, or dates with slashes, the day or the month first.

    >>> kind_of(["3/08/2017", "25/08/2017"]), kind_of(["3/08/2017"]), kind_of(["12", "7"]), kind_of(["12", "a"])
    ('day first', 'either first', 'number', None)
    """
    listed = [one for one in values if one]
    if not listed:
        return None
    if all(_NUMBER.match(one) and not one.startswith("00") for one in listed):
        return "number"
    if all(_ISO.match(one) for one in listed):
        return "iso"
    met = [_SLASHED.match(one) for one in listed]
    if not all(met):
        return None
    firsts, seconds = (max(int(one.group(group)) for one in met if one) for group in (1, 3))
    if firsts > TWELVE >= seconds:
        return "day first"
    return "month first" if seconds > TWELVE >= firsts else "either first"


def _right(held: Expression, count: int) -> Expression:
    return Function("right", (held, Literal_(count)))


def _padded(held: Expression) -> Expression:
    """Return the first number of a date, of one digit or two, with two."""
    first = Function("left", (held, Binary("-", Function("size", (held,)), Literal_(_REST))))
    return Function("right", (Binary("+", Literal_("0"), first), Literal_(_MONTH)))


def _joined(first: Expression, second: Expression, third: Expression) -> Expression:
    return Binary("+", Binary("+", first, second), third)
