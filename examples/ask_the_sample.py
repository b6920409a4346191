"""A loop over the built-in sample, by the library instead of the terminal, with a scripted stand-in for a language model: python examples/ask_the_sample.py FOLDER."""

import sys
from pathlib import Path

from broadsheet.ask.graph.opened import open_graph
from broadsheet.ask.link.index import ValueIndex
from broadsheet.ask.loop.machine import Loop
from broadsheet.ask.loop.records import Settings
from broadsheet.ask.loop.replaying import recorded_writer
from broadsheet.ask.loop.tools import Tools, named
from broadsheet.ask.loop.transcript import dumped, read_transcript, replayed, write_transcript
from broadsheet.ask.loop.typed import typed
from broadsheet.ask.write.speaker import Asked
from broadsheet.ask.write.writer import ModelWriter
from broadsheet.core.llm import Client
from broadsheet.core.llm.backends.rules import ScriptedLLM
from broadsheet.core.store import Store

# A careless model: its draft has a relation the wrong way round, its amendment forgets the order, and its explanation the limit.
RULES = [
    ("<change>", "MATCH (a:Author)<-[:WRITTEN_BY]-(p:Paper) WHERE p.year = 2026 RETURN a.name, count(p) AS papers LIMIT 3"),
    ("<question>", "```cypher\nMATCH (a:Author)-[:WRITTEN_BY]->(p:Paper) RETURN a.name, count(p) AS papers ORDER BY papers DESC, a.name LIMIT 3\n```"),
    ("", "It counts how many papers each author has, and sorts authors by that number, highest first."),
]
TYPED = ("only papers of 2026", "why 1", "why not Owen Tredwell", "undo", "edit 9 10", "branch 2", "accept")


def main(folder: Path) -> None:
    """Ask, amend, look, go back, branch and accept; then do it all again from the transcript, without the model."""
    folder.mkdir(parents=True, exist_ok=True)
    with open_graph("sample") as engine:
        index = ValueIndex(engine.graph)
        client = Client(ScriptedLLM(RULES), Store(folder / "calls.sqlite"))
        tools = Tools(engine, index, ModelWriter(engine.schema, Asked(client)), Settings(writer="model"), named("sample", engine.graph))
        loop = Loop(tools)
        made = loop.begin("Which authors have written the most papers?")
        for line in TYPED:
            said = typed(line)
            assert said is not None
            assert said.event is not None
            made = loop.step(made, said.event)
            print(line, "->", *made.happened[-1].told, *made.happened[-1].fault)
            print(f"   state {made.at}: {made.state.query if made.state else None}")
        write_transcript(folder / "loop.json", made)
        recorded, text = read_transcript(folder / "loop.json")
        again = Loop(tools._replace(writer=recorded_writer(recorded, engine.schema, engine.graph, index)))
        print("The same, byte for byte:", dumped(replayed(recorded, again)) == text)
        print(folder / "loop.json")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "asked"))
