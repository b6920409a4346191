"""A script of CREATE statements as a graph: data, read and never run."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from broadsheet.ask.cypher.faults import SyntaxFault
from broadsheet.ask.cypher.nodes import Expression, Function, Label, ListOf, Literal_, MapOf, NodePattern, Parameter, RelationPattern, Unary
from broadsheet.ask.cypher.nodes import Path as Pattern
from broadsheet.ask.cypher.parser import Reader
from broadsheet.ask.cypher.tokens import Kind
from broadsheet.ask.graph.keyed import Keyed
from broadsheet.ask.graph.tables import Graph
from broadsheet.core.errors import RecordError
from broadsheet.core.files import read_text


def script_graph(path: Path) -> Graph:
    """Read CREATE statements of nodes with one label and of relations between named nodes; constraints and indexes are read over.

    Raises RecordError for any other statement.
    """
    try:
        reader = _Script(read_text(path, "Check the path of the script.", "Save it as UTF-8 text; a script has CREATE statements."))
        reader.read()
    except SyntaxFault as fault:
        raise RecordError(f"{path.name}, at character {fault.start + 1}: {fault.what}.", "A script of data has only CREATE with nodes and relations.") from None
    return reader.graph()


class _Script(Reader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._nodes: dict[str, tuple[str, dict[str, Any]]] = {}
        self._relations: list[tuple[str, str, str, dict[str, Any]]] = []

    def read(self) -> None:
        while self.token.kind is not Kind.END:
            if self.takes(";"):
                continue
            self.needs_word("CREATE")
            if self.is_word("CONSTRAINT") or self.is_word("INDEX"):
                while self.token.kind is not Kind.END and not self.is_sign(";"):
                    self.at += 1
                continue
            self._take(self.path())
            while self.takes(","):
                self._take(self.path())

    def _take(self, path: Pattern) -> None:
        names = [self._node(one) for one in path.elements if isinstance(one, NodePattern)]
        for place, one in enumerate(element for element in path.elements if isinstance(element, RelationPattern)):
            if not isinstance(one.types, Label) or one.towards == "either":
                self.fail("a relation that is made has one type and a direction", *one.place)
            ends = names[place : place + 2] if one.towards == "right" else names[place : place + 2][::-1]
            self._relations.append((one.types.name, *ends, self._held(one.properties)))  # pyrefly: ignore[bad-argument-type]

    def _node(self, node: NodePattern) -> str:
        if node.name and node.name in self._nodes and node.labels is None:
            return node.name
        if not isinstance(node.labels, Label) or (node.name and node.name in self._nodes):
            self.fail("a node that is made has one label, and is made once", *node.place)
        name = node.name or f"({len(self._nodes)})"
        self._nodes[name] = (node.labels.name, self._held(node.properties))
        return name

    def _held(self, properties: MapOf | Parameter | None) -> dict[str, Any]:
        if isinstance(properties, Parameter):
            self.fail("a script of data has no parameters", *properties.place)
        return {} if properties is None else {key: self._value(value) for key, value in properties.entries}

    def _value(self, held: Expression) -> Any:
        match held:
            case Literal_():
                return held.value
            case ListOf():
                return [self._value(one) for one in held.items]
            case Unary(sign="-", of=Literal_(value=int() | float() as value)):
                return -value
            case Function(name="date", arguments=(Literal_(value=str() as value),)):
                return date.fromisoformat(value)
        return self.fail("a property is a number, a text, a truth value, a date, or a list of these", *held.place)

    def graph(self) -> Graph:
        """Return what was read."""
        keyed = Keyed()
        for label in dict.fromkeys(label for label, _ in self._nodes.values()):
            own = {name: held for name, (of, held) in self._nodes.items() if of == label}
            keyed.nodes(label, own, _frame(list(own.values())))
        ends = [(kind, self._nodes[start][0], self._nodes[end][0]) for kind, start, end, _ in self._relations]
        for one in dict.fromkeys(ends):
            same = [relation for relation, its in zip(self._relations, ends, strict=True) if its == one]
            keyed.join(one[0], (one[1], [its[1] for its in same]), (one[2], [its[2] for its in same]), _frame([its[3] for its in same]))
        return keyed.graph()


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    keys = dict.fromkeys(key for row in rows for key in row)
    return pl.DataFrame({key: pl.Series([row.get(key) for row in rows]) for key in keys}) if keys else pl.DataFrame()
