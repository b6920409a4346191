"""The time, as a thing that is given: whoever waits or dates asks a clock, and tests give one that they move."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


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
