"""The engine's process from outside: started when it is needed, killed when it is late, started again when it fell."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

from broadsheet.core.errors import QueryError, QueryTimeoutError
from broadsheet.core.schema import Columns

# Beyond a query's own time limit the process is given this long, in seconds, before it is killed; and this long to open a database.
GRACE, OPENING = 1.0, 60.0


class EngineProcess:
    """A process that answers queries of one database, one at a time. It has a session, an empty folder and an environment of its own."""

    def __init__(self, database: Path, folder: Path) -> None:
        self._database, self._folder = database, folder
        self._process: subprocess.Popen[str] | None = None
        self._lines: Queue[str] = Queue()
        self._guards: list[tuple[str, str]] = []

    @property
    def number(self) -> int | None:
        """The number of the process, None where none runs."""
        return None if self._process is None else self._process.pid

    def processor_seconds(self) -> float:
        """Return the time that the process took of a processor, in all its threads; nothing where none runs."""
        try:
            held = Path(f"/proc/{self.number}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(held[11]) + int(held[12])) / os.sysconf("SC_CLK_TCK")

    def guards(self) -> list[tuple[str, str]]:
        """Return each guard and why it is missing, or nothing where it is there. Starts the process, if none runs."""
        self._started()
        return self._guards

    def ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Return an answer. Raises QueryTimeoutError, or QueryError where the process fell."""
        process = self._started()
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
        return self._line(asked["seconds"] + GRACE, asked["seconds"])

    def _line(self, wait: float, seconds: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=wait)
        except Empty:
            self.stop()
            raise late(seconds) from None
        if line:
            return json.loads(line)
        code = self._process.wait() if self._process is not None else 0
        self.stop()
        raise QueryError(f"The engine ended while it answered (exit code {code}).", "Ask for less; the next query starts it again.")

    def _started(self) -> "subprocess.Popen[str]":
        if self._process is not None and self._process.poll() is not None:
            self.stop()
        if self._process is None:
            command = [sys.executable, "-m", "broadsheet.ask.graph.worker", str(self._database), Columns.GRAPH_ROW]
            kept = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "HOME": str(self._folder), "TMPDIR": str(self._folder), "LC_ALL": "C.UTF-8"}
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                cwd=self._folder,
                env=kept | {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "TZ": "UTC"},
                start_new_session=True,
            )
            self._lines = Queue()
            Thread(target=_listen, args=(self._process, self._lines), daemon=True).start()
            held = self._line(OPENING, OPENING)
            if "fault" in held:
                self.stop()
                raise QueryError(f"The database of the graph cannot be opened: {held['fault']}", "Build the graph again.")
            self._guards = [tuple(one) for one in held["guards"]]
        return self._process

    def stop(self) -> None:
        """Kill the process, and all that it may have started."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    with contextlib.suppress(BrokenPipeError):
                        stream.close()
            self._process = None


def _listen(process: "subprocess.Popen[str]", lines: "Queue[str]") -> None:
    """Pass on what the process says; nothing says that it ended."""
    assert process.stdout is not None
    with contextlib.suppress(ValueError):
        for line in process.stdout:
            lines.put(line)
    lines.put("")


def late(seconds: float) -> QueryTimeoutError:
    """Return the error of a query that took too long."""
    return QueryTimeoutError(f"The query took longer than {seconds:g} seconds, and was stopped.", "Ask for less: a label more, fewer hops, a limit.")
