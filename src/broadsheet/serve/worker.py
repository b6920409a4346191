"""Doing jobs: each in a process of its own, which ends with this one, and is stopped where its job belongs to another worker by now."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from broadsheet.core.errors import BroadsheetError
from broadsheet.core.jobs import LEASE, Job, Jobs
from broadsheet.core.log import get_logger
from broadsheet.serve.work import command_of, result_of

# Seconds between looks at the table, and between looks at a child.
LOOK: Final = 0.5
GLANCE: Final = 0.1
# Seconds that a child has to end when it is asked to.
MERCY: Final = 5.0
# Characters of what a child told that are looked at.
KEPT: Final = 4000
Commands = Callable[[Job], list[list[str]]]


class Worker:
    """Takes jobs one after the other until `ended` is set, from when it is `ready` on."""

    def __init__(
        self,
        jobs: Jobs,
        ended: threading.Event,
        *,
        commands: Commands = command_of,
        ready: Callable[[], bool] = lambda: True,
        look: float = LOOK,
        beat: float = LEASE / 3,
    ) -> None:
        self._jobs, self._ended, self._commands, self._ready = jobs, ended, commands, ready
        self._look, self._beat = look, beat
        self.name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"

    def run(self, *, once: bool = False) -> None:
        """Do jobs; `once` ends where none is due."""
        while not self._ended.is_set():
            try:
                job = self._jobs.claim(self.name) if self._ready() else None
                if job is not None:
                    self._do(job)
            except BroadsheetError as fault:
                get_logger("worker").error("the table of jobs does not answer", fault=fault.what)
                job = None
            if job is None:
                if once:
                    return
                self._ended.wait(self._look)

    @contextlib.contextmanager
    def beside(self) -> Iterator[None]:
        """Do jobs in a thread until the block ends; what is under way then is given back."""
        thread = threading.Thread(target=self.run, name="worker", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _do(self, job: Job) -> None:
        get_logger("worker").info("a job begins", job=job.id, kind=job.kind, attempt=job.attempts)
        try:
            commands = self._commands(job)
        except BroadsheetError as fault:
            self._jobs.failed(job, fault.what, fault.mend, again=False)
            return
        said = ""
        for command in commands:
            over = self._ran(job, command)
            if over is None:
                return
            if over.code:
                what, mend = _fault(over)
                # What somebody asked for wrongly is as wrong the next time.
                self._jobs.failed(job, what, mend, again=not 10 <= over.code < 50)
                get_logger("worker").warning("a job failed", job=job.id, code=over.code, what=what)
                return
            said = over.out
        self._jobs.done(job, result_of(job, said))
        get_logger("worker").info("a job is done", job=job.id)

    def _ran(self, job: Job, command: list[str]) -> "Over | None":
        """Run one command to its end; None where the job is not ours any more."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            # Its standard input is open as long as this process lives, by which it knows that it is still wanted.
            with subprocess.Popen([sys.executable, "-m", "broadsheet.serve.child", *command], stdin=subprocess.PIPE, stdout=out, stderr=err) as child:
                if not self._until_over(job, child):
                    return None
            out.seek(0)
            err.seek(0)
            return Over(child.returncode, out.read().decode("utf-8", "replace"), err.read().decode("utf-8", "replace")[-KEPT:])

    def _until_over(self, job: Job, child: "subprocess.Popen[bytes]") -> bool:
        """Wait for a child, saying that it lives; return whether its outcome is ours to keep."""
        waited = 0.0
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(GLANCE)
                return True
            waited += GLANCE
            if self._ended.is_set():
                _stop(child)
                self._jobs.released(job)
                get_logger("worker").info("a job is given back", job=job.id)
                return False
            if waited >= self._beat:
                waited = 0.0
                if not self._jobs.beat(job):
                    _stop(child)
                    get_logger("worker").warning("a job belongs to another worker by now", job=job.id)
                    return False


class Over(NamedTuple):
    """How a command ended: its code, and the ends of what it said and told."""

    code: int
    out: str
    err: str


def _fault(over: Over) -> tuple[str, str]:
    """Return what went wrong with a command, and what mends it: the last two lines that it told."""
    lines = [line.strip() for line in over.err.splitlines() if line.strip()]
    if len(lines) < 2:
        return lines[0] if lines else f"It ended with {over.code}.", "Look at the worker's log."
    return lines[-2].removeprefix("broadsheet: "), lines[-1]


def _stop(child: "subprocess.Popen[bytes]") -> None:
    child.terminate()
    try:
        child.wait(MERCY)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
