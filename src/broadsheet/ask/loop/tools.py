"""What a loop works with: a graph that answers, an index of its values, a writer."""

import hashlib
import json
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
    """Return a graph's name with the hashes of what it holds and of its schema, and by what its nodes are called."""
    schema = graph.schema()
    facts = [[owner, key, one.type, one.low, one.high, one.values, one.closed] for owner, key, one in schema.everything()]
    text = json.dumps([list(schema.labels), list(schema.types), schema.triples, facts], default=str)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return GraphNamed(name=name, hash=graph.content_hash(), schema_hash=digest, naming=dict(graph.named))
