"""What a loop works with: a graph that answers, an index of its values, a writer."""

import hashlib
import json
from collections.abc import Iterable
from typing import NamedTuple

from broadsheet.ask.graph.engine import Caps, Engine
from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.link.index import ValueIndex
from broadsheet.ask.loop.records import GraphNamed, Settings
from broadsheet.ask.schema import Schema
from broadsheet.ask.write.writer import Writer


class Tools(NamedTuple):
    """Everything that a loop asks. `named` says which graph it is."""

    engine: Engine
    index: ValueIndex
    writer: Writer
    settings: Settings
    named: GraphNamed

    @property
    def schema(self) -> Schema:
        """The graph's schema."""
        return self.engine.schema

    @property
    def caps(self) -> Caps:
        """How long a query may take, and how many rows it may give."""
        return Caps(self.settings.seconds, self.settings.rows)


def named(name: str, graph: Graph) -> GraphNamed:
    """Return a graph's name with the hashes of what it holds and of its schema."""
    schema = graph.schema()
    told: Iterable[object] = ([name, repr(schema.labels[name])] for name in schema.labels)
    text = json.dumps([*told, *([kind, repr(schema.types[kind])] for kind in schema.types), *schema.triples])
    return GraphNamed(name=name, hash=graph.content_hash(), schema_hash=hashlib.sha256(text.encode()).hexdigest())
