"""What `broadsheet ask` opens: the graph, the index of its values, whoever writes the queries."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from broadsheet.cli.llm_options import Asked

if TYPE_CHECKING:
    from broadsheet.ask.graph.ladybug import Ladybug
    from broadsheet.ask.link.index import ValueIndex
    from broadsheet.ask.loop.records import Settings, Transcript
    from broadsheet.ask.loop.tools import Tools
    from broadsheet.ask.write.writer import Writer
    from broadsheet.core.llm import Client

Graph = Annotated[
    str, typer.Option("--graph", help="The graph: sample, world, what `ask build` wrote, a folder of tables, a script of CREATE, or a source of papers.")
]
Llm = Annotated[
    str | None,
    typer.Option(
        "--llm",
        help="Let this model write, amend and explain: openai:MODEL@URL, smollm2, hf:FOLDER, replay:FILE, scripted:FILE; constrained:smollm2 or "
        "constrained:hf:FOLDER writes held to the schema, token by token. Without it rules write, and no model is asked.",
    ),
]
Shown = Annotated[int, typer.Option("--rows", min=1, help="How many rows are given.")]
Seconds = Annotated[float, typer.Option("--seconds", min=0.01, help="How long a query may take; then it is stopped.")]
Tries = Annotated[int, typer.Option("--tries", min=0, help="How often a model is asked to mend a draft in which the checker finds errors.")]
Svg = Annotated[Path | None, typer.Option("--svg", help="Draw what was matched to this file.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
CONSTRAINED = "constrained:"
# So many rows are counted; of more it is said that there are more.
COUNTED = 1000


class Opening(NamedTuple):
    """What to open: a graph by its name or path, and a model by its name or none."""

    graph: str
    asked: Asked
    shown: int
    seconds: float
    tries: int
    doubtful: bool = True

    @property
    def settings(self) -> "Settings":
        """The settings as a transcript keeps them."""
        from broadsheet.ask.loop.records import Settings

        kind = "slots" if self.asked.llm is None else "decoder" if self.asked.llm.startswith(CONSTRAINED) else "model"
        most = max(self.shown, COUNTED)
        return Settings(writer=kind, shown=self.shown, rows=most, seconds=self.seconds, tries=self.tries, doubtful=self.doubtful)


@contextmanager
def opened(opening: Opening) -> "Iterator[Tools]":
    """Open all that a loop works with; the engine's process ends with the block."""
    from broadsheet.ask.graph.opened import open_graph
    from broadsheet.ask.link.index import ValueIndex
    from broadsheet.ask.loop.tools import Tools, named

    # Before the graph: what is wrong with the name of a model should not wait for it.
    client = None if opening.settings.writer == "decoder" else opening.asked.client()
    with open_graph(opening.graph) as engine:
        index = ValueIndex(engine.graph)
        yield Tools(engine, index, _writer(opening, client, engine, index), opening.settings, named(_shown(opening.graph), engine.graph))


@contextmanager
def reopened(recorded: "Transcript", graph: str) -> "Iterator[Tools]":
    """Open what a transcript is replayed with: the graph, and a writer that says what was recorded. Raises RecordError for another graph."""
    from broadsheet.ask.graph.opened import open_graph
    from broadsheet.ask.link.index import ValueIndex
    from broadsheet.ask.loop.replaying import recorded_writer
    from broadsheet.ask.loop.tools import Tools, named
    from broadsheet.core.errors import RecordError

    with open_graph(graph) as engine:
        found = named(recorded.graph.name, engine.graph)
        if found.hash != recorded.graph.hash:
            raise RecordError(
                f"The transcript is of another graph than {graph}: {recorded.graph.name}, {recorded.graph.hash[:12]}, not {found.hash[:12]}.",
                "Name the graph with --graph, as it was when the transcript was written.",
            )
        index = ValueIndex(engine.graph)
        yield Tools(engine, index, recorded_writer(recorded, engine.schema, engine.graph, index), recorded.settings, found)


def _shown(graph: str) -> str:
    """Return the name of a graph without the folder that it lies in."""
    return Path(graph).name or graph


def _writer(opening: Opening, client: "Client | None", engine: "Ladybug", index: "ValueIndex") -> "Writer":
    from broadsheet.ask.write.held import HeldWriter
    from broadsheet.ask.write.rules import SlotWriter
    from broadsheet.ask.write.speaker import Asked as Speaker
    from broadsheet.ask.write.writer import ModelWriter
    from broadsheet.core.errors import ConfigError
    from broadsheet.core.llm import open_llm

    if client is not None:
        return ModelWriter(engine.schema, Speaker(client))
    if opening.asked.llm is None:
        return SlotWriter(index, engine.graph)
    if opening.asked.record is not None:
        raise ConfigError("--record keeps what a model replies to requests; one that is held to a schema gets none.", "Keep its drafts with --transcript FILE.")
    return HeldWriter.of(open_llm(opening.asked.llm.removeprefix(CONSTRAINED)), engine.schema)
