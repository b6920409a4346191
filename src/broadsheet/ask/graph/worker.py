"""The process in which the engine runs: a line of JSON with a query comes in, a line with its answer goes out."""

import json
import sys
from typing import Any, TextIO

from broadsheet.ask.graph.database import engine_module
from broadsheet.ask.graph.values import EdgeId, GraphEdge, GraphNode, GraphPath, NodeId
from broadsheet.ask.graph.wire import packed
from broadsheet.core.schema import Columns

INNER = ("_ID", "_LABEL", "_SRC", "_DST", Columns.GRAPH_ROW)


class Connected:
    """A database that is open for reading."""

    def __init__(self, path: str) -> None:
        engine = engine_module()
        self._database = engine.Database(path, read_only=True, max_num_threads=1)
        self._connection = engine.Connection(self._database, num_threads=1)
        self._labels = {row[0]: row[1] for row in self._connection.execute("CALL show_tables() RETURN id, name").get_all()}

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Run a query and return its columns, its rows up to the cap, and whether there are more."""
        self._connection.set_query_timeout(int(asked["seconds"] * 1000))
        try:
            found = self._connection.execute(asked["text"])
            rows = []
            while found.has_next() and len(rows) < asked["rows"]:
                rows.append([packed(self._value(one)) for one in found.get_next()])
            return {"rows": rows, "cut": found.has_next(), "seconds": found.get_execution_time() / 1000}
        except RuntimeError as fault:
            return {"fault": str(fault)}

    def _value(self, held: Any) -> Any:
        if isinstance(held, list):
            return [self._value(one) for one in held]
        if not isinstance(held, dict) or any(held.get(key, held) is None for key in ("_ID", "_SRC")):
            # Within a map, a node or relation that is not there has no id.
            return None if isinstance(held, dict) else held
        if "_NODES" in held:
            return GraphPath(tuple(map(self._value, held["_NODES"])), tuple(map(self._value, held["_RELS"])))
        if "_ID" not in held or "_LABEL" not in held:
            return {key: self._value(value) for key, value in held.items()}
        own = {key: self._value(value) for key, value in held.items() if key not in INNER and value is not None}
        if "_SRC" not in held:
            return GraphNode(NodeId(held["_LABEL"], held["_ID"]["offset"]), own)
        start, end = (NodeId(self._labels[held[key]["table"]], held[key]["offset"]) for key in ("_SRC", "_DST"))
        return GraphEdge(EdgeId(held["_LABEL"], start.label, end.label, held[Columns.GRAPH_ROW]), start, end, own)


def serve(path: str, asked: TextIO, answered: TextIO) -> None:
    """Answer line by line until there are no more."""
    connected = Connected(path)
    for line in asked:
        answered.write(json.dumps(connected.answer(json.loads(line))) + "\n")
        answered.flush()


if __name__ == "__main__":
    serve(sys.argv[1], sys.stdin, sys.stdout)
