"""Stopping between two steps: a signal ends a wait at once and a step never, and one process at a time watches."""

import contextlib
import fcntl
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import FrameType

from broadsheet.core.clock import Clock
from broadsheet.core.errors import OutputError, StoreError

# A machine that slept has a clock that jumped: waits are looked at again after so many seconds.
LONGEST_NAP = 900.0


class _Woken(Exception):  # noqa: N818 - no error, but the end of a wait
    """A signal came while nothing was done."""


class Stop:
    """What hears SIGTERM and SIGINT. The first ends a wait, or is seen after the step under way; a second ends the step too."""

    def __init__(self) -> None:
        self.asked = ""
        self._is_waiting = False

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Hear signals for a while; only a program's main thread can."""
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = [signal.signal(number, self._hear) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    def wait(self, clock: Clock, seconds: float) -> None:
        """Wait so many seconds by a clock, or until somebody asks to stop."""
        with contextlib.suppress(_Woken):
            self._wait(clock, seconds)

    def _wait(self, clock: Clock, seconds: float) -> None:
        until = clock.now() + timedelta(seconds=seconds)
        slept = 0.0
        self._is_waiting = True
        try:
            # A clock that was put back makes no wait longer.
            while not self.asked and (left := min((until - clock.now()).total_seconds(), seconds - slept)) > 0:
                clock.sleep(min(left, LONGEST_NAP))
                slept += min(left, LONGEST_NAP)
        finally:
            self._is_waiting = False

    def _hear(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self.asked:
            raise KeyboardInterrupt
        self.asked = signal.Signals(number).name
        if self._is_waiting:
            raise _Woken


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold a file's lock, which ends with the process however that ends. Raises StoreError that names the process which holds it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as fault:
        raise OutputError(f"{path} cannot be opened: {fault.strerror}.", "Point BROADSHEET_HOME at a folder of your own.") from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 32, 0).decode(errors="replace").strip() or "unknown"
            raise StoreError(f"Another watch is at work for this reader: process {holder}.", "Stop that one first, or leave it to it.") from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
