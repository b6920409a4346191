"""The gate before arXiv: one request at a time, one in three seconds, over all processes that share it."""

import math
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.clock import Clock, WallClock, steady
from broadsheet.core.errors import NetworkError, OutputError
from broadsheet.core.home import cache_folder

SECONDS = 3.0
# How often a process that waits for another looks again; waiting for the lock is real time, whatever clock was given.
_LOOK = 0.02
# Sleeping by a clock of microseconds may end a rounding too soon.
_MARGIN = 0.001


class _Last(NamedTuple):
    """When the last request was over, on both scales; `asking` where it is under way, or its process was killed in it."""

    steady: float
    wall: float
    asking: bool


_NEVER = _Last(-math.inf, -math.inf, asking=False)


class Gate:
    """A file that whoever asks arXiv locks for the time of the request, and that keeps when the last one was over.

    The kernel frees the lock of a process that is killed. The time is kept on two scales, of
    which the longer wait counts: the machine's steady one, which setting the clock does not
    move, and the clock's own, which holds over a restart. A time in the future, a record
    that cannot be read, or one of a request that never ended count as a request just now.
    """

    def __init__(self, path: Path, seconds: float = SECONDS, clock: Clock | None = None) -> None:
        self.path = path
        self.seconds = seconds
        self.clock = clock or WallClock()

    @classmethod
    def before(cls, address: str, clock: Clock) -> "Gate":
        """Return the gate before a server, which all processes of a user share, whatever their BROADSHEET_HOME: arXiv counts requests, not installations."""
        return cls(cache_folder() / f"gate-{re.sub('[^0-9a-z.]+', '-', address.rpartition('//')[2].lower())[:100]}", clock=clock)

    @contextmanager
    def turn(self, deadline: float | None = None) -> Iterator[None]:
        """Hold the gate for one request. `deadline` is an instant of `core.clock.steady`.

        Raises `NetworkError` where the turn does not come by then, `OutputError` where the file cannot be used.
        """
        handle = self._open()
        try:
            self._enter(handle, deadline)
            self._write(handle, asking=True)
            try:
                yield
            finally:
                self._write(handle, asking=False)
        finally:
            os.close(handle)

    def _enter(self, handle: int, deadline: float | None) -> None:
        while True:
            # Everybody waits outside, so that one who asks again and again does not keep the others out.
            if wait := self._left(self._read(handle)) or 0.0:
                self._check(deadline, steady(self.clock) + wait)
                self.clock.sleep(wait + _MARGIN)
            self._lock(handle, deadline)
            left = self._left(self._read(handle))
            if left == 0:
                return
            if left is None:
                self._write(handle, asking=False)
            self._unlock(handle)

    def _left(self, last: _Last | None) -> float | None:
        """Return the seconds until the next request may go, None where that cannot be known."""
        if last is None or last.asking:
            return None
        passed = (steady(self.clock) - last.steady, self.clock.now().timestamp() - last.wall)
        return None if min(passed) < 0 else max(0.0, self.seconds - min(passed))

    def _check(self, deadline: float | None, reached: float) -> None:
        if deadline is not None and reached > deadline:
            raise NetworkError(
                "Other requests to arXiv are under way, and the turn of this one does not come within its time.",
                f"Try again later; arXiv asks for one request in {self.seconds:g} s.",
            )

    def _open(self) -> int:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as fault:
            raise self._unusable(fault) from None

    def _lock(self, handle: int, deadline: float | None) -> None:
        import fcntl  # a system without it can read files, and not ask arXiv

        began, looked = steady(self.clock), 0.0
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._check(deadline, max(steady(self.clock), began + looked))
                threading.Event().wait(_LOOK)
                looked += _LOOK
            except OSError as fault:
                raise self._unusable(fault) from None
            else:
                return

    def _unlock(self, handle: int) -> None:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_UN)

    def _read(self, handle: int) -> _Last | None:
        if not (text := os.pread(handle, 80, 0)):
            return _NEVER
        try:
            on_steady, on_wall, state = text.decode("ascii").split()
            last = _Last(float(on_steady), float(on_wall), asking=state != "over")
        except ValueError:
            return None
        return last if math.isfinite(last.steady + last.wall) else None

    def _write(self, handle: int, *, asking: bool) -> None:
        text = f"{steady(self.clock):20.6f} {self.clock.now().timestamp():20.6f} {'asking' if asking else 'over':6}\n"
        try:
            os.pwrite(handle, text.encode("ascii"), 0)
            os.ftruncate(handle, len(text))
        except OSError as fault:
            raise self._unusable(fault) from None

    def _unusable(self, fault: OSError) -> OutputError:
        return OutputError(
            f"{self.path}, which keeps requests to arXiv apart, cannot be used: {fault.strerror}.",
            f"Make {self.path.parent} a folder that you may write in, or name another: XDG_CACHE_HOME.",
        )
