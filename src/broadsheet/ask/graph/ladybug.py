"""The embedded engine: a graph in a scratch folder, asked in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryDirectory
from threading import Thread
from types import TracebackType
from typing import Any, Self

from broadsheet.ask.cypher.nodes import Query
from broadsheet.ask.cypher.dialects.ladybug.clauses import ladybug
from broadsheet.ask.graph.database import DATABASE, build_database, kept_database
from broadsheet.ask.graph.engine import USUAL, Caps
from broadsheet.ask.graph.tables import Graph
from broadsheet.ask.graph.values import Rows
from broadsheet.ask.graph.answers import Answers
from broadsheet.ask.graph.layouts import layout_of
from broadsheet.ask.graph.wire import unpacked
from broadsheet.ask.safety import refused
from broadsheet.core.errors import QueryError, QueryRefusedError, QueryTimeoutError

# Beyond a query's own time limit the process is given this long, in seconds, before it is killed.
GRACE = 1.0


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
        self.database = (Path(self._scratch.name) if kept is None else kept_database(graph, self.layout, kept)) / DATABASE
        if kept is None:
            build_database(graph, self.layout, self.database)
        self._process: subprocess.Popen[str] | None = None
        self._answers: Queue[str] = Queue()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove the folder."""
        self._stop()
        self._scratch.cleanup()

    def run(self, query: Query, parameters: Mapping[str, Any] | None = None, caps: Caps = USUAL) -> Rows:
        """Return the answer. Raises QueryRefusedError before anything is run, QueryTimeoutError, or QueryError where the engine cannot answer."""
        if (why := refused(query)) is not None:
            raise QueryRefusedError(f"{why.what} is not run here: queries only read.", "Ask with MATCH, WITH, UNWIND and RETURN.")
        printed = ladybug(query, self.layout, parameters)
        held = self._ask(json.dumps({"text": printed.text, **caps._asdict()}), caps.seconds)
        if "fault" in held:
            if "Interrupted" in held["fault"]:
                raise self._late(caps.seconds)
            raise QueryError(f"The engine cannot answer: {held['fault']}", "Amend the query.")
        rows = tuple(self._read.row([unpacked(one) for one in row], printed.columns) for row in held["rows"])
        return Rows(tuple(one.name for one in printed.columns), rows, held["cut"], held["seconds"], printed.notes)

    def _ask(self, line: str, seconds: float) -> dict[str, Any]:
        process = self._started()
        assert process.stdin is not None
        process.stdin.write(line + "\n")
        process.stdin.flush()
        try:
            return json.loads(self._answers.get(timeout=seconds + GRACE))
        except Empty:
            self._stop()
            raise self._late(seconds) from None

    def _late(self, seconds: float) -> QueryTimeoutError:
        return QueryTimeoutError(f"The query took longer than {seconds:g} seconds, and was stopped.", "Ask for less: a label more, fewer hops, a limit.")

    def _started(self) -> "subprocess.Popen[str]":
        if self._process is None:
            command = [sys.executable, "-m", "broadsheet.ask.graph.worker", str(self.database)]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
            self._answers = Queue()
            Thread(target=self._listen, args=(self._process, self._answers), daemon=True).start()
        return self._process

    @staticmethod
    def _listen(process: "subprocess.Popen[str]", answers: "Queue[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            answers.put(line)

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()
            self._process = None
