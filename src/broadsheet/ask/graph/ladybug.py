"""The embedded engine: a graph in a database that nobody writes, asked in a process of its own."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from broadsheet.ask.cypher.dialects.ladybug.clauses import ladybug
from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.graph.answers import Answers
from broadsheet.ask.graph.database import DATABASE, build_database, kept_database
from broadsheet.ask.graph.engine import USUAL, Caps
from broadsheet.ask.graph.layouts import layout_of
from broadsheet.ask.graph.process import EngineProcess, late
from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.graph.values import Rows
from broadsheet.ask.graph.wire import unpacked
from broadsheet.ask.safety import refused
from broadsheet.core.errors import QueryError, QueryRefusedError


class Ladybug:
    """A graph that answers queries. Use it as a context manager: its process and its scratch folder end with it.

    >>> import polars as pl
    >>> from broadsheet.ask.cypher.parser import parse
    >>> with Ladybug(Graph({"Film": pl.DataFrame({"title": ["Up", "Her"]})}, ())) as films:
    ...     films.run(parse("MATCH (f:Film) RETURN f.title ORDER BY f.title").query).rows
    (('Her',), ('Up',))
    """

    def __init__(self, graph: Graph, kept: Path | None = None) -> None:
        """Take a graph; its database is one of those in the folder `kept`, or in a scratch folder."""
        self.graph, self.schema, self.layout = graph, graph.schema(), layout_of(graph)
        self._read = Answers(self.layout)
        self._scratch = TemporaryDirectory(prefix="broadsheet-graph-")
        folder = Path(self._scratch.name)
        (folder / "empty").mkdir()
        self.database = (folder if kept is None else kept_database(graph, self.layout, kept)) / DATABASE
        if kept is None:
            build_database(graph, self.layout, self.database)
        self.process = EngineProcess(self.database.resolve(), folder / "empty")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove the scratch folder."""
        self.process.stop()
        self._scratch.cleanup()

    def run(self, query: Query, parameters: Mapping[str, Any] | None = None, caps: Caps = USUAL) -> Rows:
        """Return the answer.

        Raises QueryRefusedError before anything is run, QueryTimeoutError, or QueryError for what the engine cannot be asked, or cannot answer.
        """
        if (why := refused(query)) is not None:
            raise QueryRefusedError(f"{why.what} is not run here: queries only read.", "Ask with MATCH, WITH, UNWIND and RETURN.")
        printed = ladybug(query, self.layout, parameters)
        held = self.process.ask({"text": printed.text, **caps._asdict()})
        if "fault" in held:
            if "Interrupted" in held["fault"]:
                raise late(caps.seconds)
            raise QueryError(f"The engine cannot answer: {held['fault']}", "Amend the query.")
        rows = tuple(self._read.row([unpacked(one) for one in json.loads(row)], printed.columns) for row in held["rows"])
        return Rows(tuple(one.name for one in printed.columns), rows, held["cut"], held["seconds"], printed.notes)
