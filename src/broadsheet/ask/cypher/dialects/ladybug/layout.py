"""How a graph lies in the engine's tables: which table has which label, and which column which property."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from broadsheet.ask.cypher.dialects.ladybug.kinds import Kind
from broadsheet.ask.schema import Triple


class Table(NamedTuple):
    """A table of the engine, and its columns by property: of one key there may be several, each of another type."""

    name: str
    columns: Mapping[str, tuple[tuple[str, Kind], ...]]


@dataclass(frozen=True)
class Layout:
    """Tables of nodes by label and of relations by type; the triples of the graph; types of which relations join a node to itself."""

    nodes: Mapping[str, Table]
    relations: Mapping[str, Table]
    triples: tuple[Triple, ...]
    loops: frozenset[str] = frozenset()
    counts: Mapping[str, int] = field(default_factory=dict)

    def columns(self, names: Iterable[str], key: str, *, relation: bool = False) -> tuple[tuple[str, Kind], ...]:
        """Return the columns that hold a property of any of these labels or types."""
        held = self.relations if relation else self.nodes
        return tuple(dict.fromkeys(column for name in sorted(names) if name in held for column in held[name].columns.get(key, ())))

    def keys(self, names: Iterable[str], *, relation: bool = False) -> tuple[str, ...]:
        """Return the keys of all properties of any of these labels or types."""
        held = self.relations if relation else self.nodes
        return tuple(dict.fromkeys(key for name in sorted(names) if name in held for key in held[name].columns))
