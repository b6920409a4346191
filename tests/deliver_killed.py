"""A sender that ends itself with SIGKILL at its n-th step, in a process of its own; a step is a commit, a file put in place, or a word over the line."""

import contextlib
import gc
import json
import os
import signal
import smtplib
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import sqlalchemy as sa


class Steps:
    """Counts steps, and ends the process at one of them."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.names: list[str] = []

    def step(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, function: Callable) -> Callable:
        def called(*args, **kwargs):
            self.step(f"before {name}")
            result = function(*args, **kwargs)
            self.step(f"after {name}")
            return result

        return called

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for owner, name in (
                (smtplib.SMTP, "send"),
                (smtplib.SMTP, "getreply"),
                (sa.engine.RootTransaction, "_do_commit"),
                (Path, "replace"),
                (Path, "rename"),
            ):
                stack.enter_context(mock.patch.object(owner, name, self.around(name, getattr(owner, name))))
            yield


def in_a_process(work: Callable[[], object]) -> object:
    """Do work in a fork, and return what it returns, as JSON can say it; None if it was killed."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        # A collection would touch, and so copy, all that the test runner holds.
        gc.disable()
        try:
            with os.fdopen(write, "w") as pipe:
                json.dump(work(), pipe)
        except BaseException as fault:  # noqa: BLE001  nothing of the child may reach the test runner
            os.write(2, f"in the child: {fault!r}\n".encode())
            os._exit(3)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return None
    assert os.waitstatus_to_exitcode(status) == 0
    return json.loads(said)


def counted(work: Callable[[], object], last: int = 0) -> Callable[[], dict[str, object]]:
    """Return work that counts its steps, and ends its process at the last of them."""

    def done() -> dict[str, object]:
        steps = Steps(last)
        with steps.counted():
            result = work()
        return {"result": result, "steps": steps.names}

    return done
