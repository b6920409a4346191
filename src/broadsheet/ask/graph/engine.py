"""What every engine of graphs is: it runs a tree that is allowed, never a text, within caps."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.graph.values import Rows
from broadsheet.ask.schema import Schema


class Caps(NamedTuple):
    """How long a query may take, in seconds of the wall, and how many rows and bytes it may give."""

    seconds: float = 10.0
    rows: int = 1000
    bytes: int = 16_000_000


USUAL = Caps()


class Engine(Protocol):
    """A graph that answers. What runs is printed from the tree, so that nothing runs that was not checked."""

    @property
    def schema(self) -> Schema:
        """What the graph holds, with what is known of its values."""
        ...

    def run(self, query: Query, parameters: Mapping[str, Any] | None = None, caps: Caps = USUAL) -> Rows:
        """Return the answer. Raises QueryRefusedError before anything is run, QueryTimeoutError, or QueryError where the engine cannot answer."""
        ...
