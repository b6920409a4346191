"""The writer of a transcript once more: what needs no model is done again, what a model said is read from the record."""

from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.link.index import ValueIndex
from broadsheet.ask.loop.records import Transcript
from broadsheet.ask.schema import Schema
from broadsheet.ask.write.held import HeldWriter
from broadsheet.ask.write.prompts import Role
from broadsheet.ask.write.rules import SlotWriter
from broadsheet.ask.write.speaker import Recorded, Said
from broadsheet.ask.write.writer import ModelWriter, Writer


def recorded_writer(recorded: Transcript, schema: Schema, graph: Graph, index: ValueIndex) -> Writer:
    """Return the writer of a transcript, without the model behind it."""
    replies = [Said(Role(one.role), one.key, one.text, one.reason, one.mend) for one in recorded.spoken]
    match recorded.settings.writer:
        case "model":
            return ModelWriter(schema, Recorded(recorded.by, replies))
        case "decoder":
            return HeldWriter.recorded(schema, recorded.by, replies)
        case _:
            return SlotWriter(index, graph)
