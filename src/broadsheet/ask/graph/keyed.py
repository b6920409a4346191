"""A graph put together from tables whose rows have keys: relations name the keys of their ends."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from broadsheet.ask.graph.tables import Graph, Joined
from broadsheet.core.errors import RecordError
from broadsheet.core.schema import Columns


class Keyed:
    """Takes nodes label by label, then relations, and gives the graph. Labels, types and rows keep the order in which they came.

    >>> keyed = Keyed()
    >>> keyed.nodes("Person", ["ana", "bo"], pl.DataFrame({"name": ["Ana", "Bo"]}))
    >>> keyed.join("KNOWS", ("Person", ["ana"]), ("Person", ["bo"]))
    >>> keyed.graph().joined[0].frame.rows()
    [(0, 1)]
    """

    def __init__(self) -> None:
        self._nodes: dict[str, pl.DataFrame] = {}
        self._rows: dict[str, dict[Any, int]] = {}
        self._joined: dict[tuple[str, str, str], pl.DataFrame] = {}

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that are known so far."""
        return tuple(self._nodes)

    def nodes(self, label: str, keys: Iterable[Any], frame: pl.DataFrame, where: str = "") -> None:
        """Add the nodes of a label: a key and a row of properties each. Raises RecordError for a key that stands twice, or is missing."""
        rows: dict[Any, int] = {}
        for row, key in enumerate(keys):
            if key is None or key in rows:
                what = "lacks a key" if key is None else f"has the key {key!r} of another row"
                raise RecordError(f"{where or label}: row {row + 1} {what}.", "Give each node a key of its own.")
            rows[key] = row
        _check(frame, where or label)
        self._nodes[label], self._rows[label] = frame, rows

    def named(self, label: str, names: Iterable[str], key: str = "name") -> None:
        """Add a node for each name, each once."""
        each = list(dict.fromkeys(names))
        self.nodes(label, each, pl.DataFrame({key: each}, schema={key: pl.String}))

    def has(self, label: str, key: Any) -> bool:
        """Whether there is a node of that label with that key."""
        return key in self._rows[label]

    def home_of(self, key: Any, where: str) -> str:
        """Return the label under which a key stands. Raises RecordError where it is none, or several."""
        found = [label for label, rows in self._rows.items() if key in rows]
        if len(found) != 1:
            said = f"stands under {' and '.join(found)}" if found else "is the key of no node"
            raise RecordError(f"{where}: {key!r} {said}.", "Add the node, or columns start_label and end_label that say which is meant.")
        return found[0]

    def join(self, kind: str, start: tuple[str, Sequence[Any]], end: tuple[str, Sequence[Any]], frame: pl.DataFrame | None = None, where: str = "") -> None:
        """Add relations of a type from nodes of one label to nodes of another, by their keys. Raises RecordError for a key that no node has."""
        ends = {}
        for column, (label, keys) in ((Columns.GRAPH_START, start), (Columns.GRAPH_END, end)):
            rows = self._rows.get(label, {})
            ends[column] = [rows.get(key) for key in keys]
            if None in ends[column]:
                lost = keys[ends[column].index(None)]
                raise RecordError(f"{where or kind}: there is no {label} with the key {lost!r}.", "Add the node, or leave the relation off.")
        held = pl.DataFrame(ends, schema=dict.fromkeys(ends, pl.Int64))
        if frame is not None and frame.width:
            _check(frame, where or kind)
            held = pl.concat([held, frame], how="horizontal")
        known = self._joined.get((kind, start[0], end[0]))
        self._joined[kind, start[0], end[0]] = held if known is None else pl.concat([known, held], how="diagonal_relaxed")

    def graph(self) -> Graph:
        """Return all of it."""
        return Graph(self._nodes, tuple(Joined(*ends, frame) for ends, frame in self._joined.items()))


def _check(frame: pl.DataFrame, where: str) -> None:
    kept: Mapping[str, str] = {name.lower(): name for name in (Columns.GRAPH_ROW, Columns.GRAPH_START, Columns.GRAPH_END)}
    for column in frame.columns:
        if column.lower() in kept or column.startswith("_"):
            raise RecordError(f"{where}: no property may be called {column!r}.", "Give it a name that does not begin with an underscore.")
