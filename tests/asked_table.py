"""A loop over a single table of a test's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from broadsheet.ask.graph.flat import Wishes, table_graph
from broadsheet.ask.graph.ladybug import Ladybug
from broadsheet.ask.link.index import ValueIndex
from broadsheet.ask.loop.machine import Loop
from broadsheet.ask.loop.records import Settings
from broadsheet.ask.loop.tools import Tools, named
from broadsheet.ask.write.rules import SlotWriter


@contextmanager
def asked_table(file: Path, text: str, wishes: Wishes = Wishes()) -> Iterator[Loop]:  # noqa: B008
    """Write a table, and give a loop that asks it without a model while the block runs."""
    file.write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROADSHEET_HOME", str(file.parent / "home"))
        graph = table_graph(file, wishes)
        index = ValueIndex(graph)
        with Ladybug(graph) as engine:
            yield Loop(Tools(engine, index, SlotWriter(index, graph), Settings(seconds=20.0), named(file.stem, graph)))


def quoted(rows) -> str:
    """Return rows as lines of CSV, each cell in quotation marks."""
    return "".join(",".join(f'"{one}"' for one in row) + "\n" for row in rows)
