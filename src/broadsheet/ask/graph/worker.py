"""The process in which the engine runs: a line of JSON with a query comes in, a line with its answer goes out."""

import json
import sys
from typing import Any, TextIO

from broadsheet.ask.graph.sandbox import guards_after, guards_before
from broadsheet.ask.graph.values import EdgeId, GraphEdge, GraphNode, GraphPath, NodeId
from broadsheet.ask.graph.wire import packed

# Bytes of a database that is opened, and of what of it is held in memory.
LARGEST, POOL = 1 << 35, 1 << 30
# Whatever is imported for values of these types is imported before the files are closed.
WARM = "RETURN DATE('2026-02-09'), TIMESTAMP('2026-02-09 10:00:00'), INTERVAL('1 days'), [1], {f0: 1}, CAST(1.5 AS DOUBLE), 'a', true, SUM(1)"


class Connected:
    """A database that is open for reading; `row` is the column that holds the row of a relation."""

    def __init__(self, path: str, row: str) -> None:
        import ladybug

        self._row = row
        self._inner = {"_ID", "_LABEL", "_SRC", "_DST", row}
        self._database: Any = ladybug.Database(path, read_only=True, max_num_threads=1, buffer_pool_size=POOL, max_db_size=LARGEST)
        # A connection is typed as if it took several statements and gave a list; it is given one.
        connection: Any = ladybug.Connection(self._database, num_threads=1)
        self._connection = connection
        self._labels = {held[0]: held[1] for held in connection.execute("CALL show_tables() RETURN id, name").get_all()}
        connection.execute(WARM).get_all()
        self.answer({"seconds": 10, "rows": 1, "bytes": 10000, "text": "MATCH (v1) RETURN v1"})

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Run a query and return its rows up to the caps, and whether there are more."""
        self._connection.set_query_timeout(int(asked["seconds"] * 1000))
        try:
            found = self._connection.execute(asked["text"])
            rows, size = [], 0
            while found.has_next() and len(rows) < asked["rows"]:
                row = json.dumps([packed(self._value(one)) for one in found.get_next()])
                size += len(row)
                if size > asked["bytes"]:
                    return self._full(rows, found.get_execution_time())
                rows.append(row)
            return {"rows": rows, "cut": found.has_next(), "seconds": found.get_execution_time() / 1000}
        except (RuntimeError, MemoryError) as fault:
            return {"fault": str(fault) or "there is not enough memory"}

    @staticmethod
    def _full(rows: list[str], spent: float) -> dict[str, Any]:
        if not rows:
            return {"fault": "one row alone has more bytes than an answer may have"}
        return {"rows": rows, "cut": True, "seconds": spent / 1000}

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
        own = {key: self._value(value) for key, value in held.items() if key not in self._inner and value is not None}
        if "_SRC" not in held:
            return GraphNode(NodeId(held["_LABEL"], held["_ID"]["offset"]), own)
        start, end = (NodeId(self._labels[held[key]["table"]], held[key]["offset"]) for key in ("_SRC", "_DST"))
        return GraphEdge(EdgeId(held["_LABEL"], start.label, end.label, held[self._row]), start, end, own)


def serve(path: str, row: str, asked: TextIO, answered: TextIO) -> None:
    """Give up what is not needed, say what was given up, then answer line by line until there are no more."""
    guards = guards_before()
    try:
        connected = Connected(path, row)
    except (ImportError, RuntimeError) as fault:
        answered.write(json.dumps({"fault": str(fault)}) + "\n")
        return
    guards += guards_after()
    answered.write(json.dumps({"guards": guards}) + "\n")
    answered.flush()
    for line in asked:
        answered.write(json.dumps(connected.answer(json.loads(line))) + "\n")
        answered.flush()


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], sys.stdin, sys.stdout)
