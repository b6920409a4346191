"""The time, as a thing that is given: whoever waits or dates asks a clock, and tests give one that they move."""

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from broadsheet.core.errors import ConfigError


class Clock(Protocol):
    """What tells the time and waits."""

    def now(self) -> datetime:
        """Return the instant, with a time zone."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        ...


class WallClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the instant in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        time.sleep(max(0.0, seconds))


class ShiftedClock(WallClock):
    """The machine's clock, as if it had been set to an instant when this one was made: it goes on, and waiting by it is waiting."""

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("the instant has no time zone")
        self._by = at - datetime.now(UTC)

    def now(self) -> datetime:
        """Return the instant in UTC."""
        return super().now() + self._by


def stated_clock() -> WallClock:
    """Return the machine's clock, or one that begins at BROADSHEET_NOW, to try days that are over. Raises ConfigError for what is no instant."""
    stated = os.environ.get("BROADSHEET_NOW")
    if not stated:
        return WallClock()
    try:
        return ShiftedClock(datetime.fromisoformat(stated))
    except ValueError:
        raise ConfigError(f"BROADSHEET_NOW is {stated!r}, which is no instant with a time zone.", "Write for example: 2026-03-16T20:01-04:00") from None


class SetClock:
    """A clock that is set, and moves only when somebody waits by it: for tests, simulations and replays.

    >>> clock = SetClock(datetime(2026, 2, 9, tzinfo=UTC))
    >>> clock.sleep(3); clock.now().second
    3
    """

    def __init__(self, at: datetime) -> None:
        if at.tzinfo is None:
            raise ValueError("the instant has no time zone")
        self.at = at

    def now(self) -> datetime:
        """Return the instant it stands at."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Move on by so many seconds."""
        self.at += timedelta(seconds=max(0.0, seconds))


def steady(clock: Clock) -> float:
    """Return seconds on a scale that nobody sets: of the machine since it started, or of a clock that is set its instant.

    Only differences mean something; all processes of a machine share the scale.

    >>> clock = SetClock(datetime(2026, 2, 9, tzinfo=UTC))
    >>> before = steady(clock); clock.sleep(3); steady(clock) - before
    3.0
    """
    return time.monotonic() if isinstance(clock, WallClock) else clock.now().timestamp()
