"""Watching for the next label: when it is there it is fetched, written and sent; what was missed goes first, oldest first."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol

from broadsheet.core.clock import Clock
from broadsheet.core.errors import (
    BroadsheetError,
    DayError,
    DeliveryError,
    EmptySourceError,
    NetworkError,
    NoPapersError,
    NotAFeedError,
    NotReadyError,
    RecordError,
    ThrottledError,
    TruncatedError,
    UnknownDeliveryError,
)
from broadsheet.report.labels_done import Done
from broadsheet.report.stopping import Stop

# Of these the source, the line or the mail server is the cause, not the label: they pass, and no other label is tried before.
PASSING = (NetworkError, TruncatedError, NotAFeedError, EmptySourceError, RecordError, DeliveryError)
# So often in a row, some hours, such an error holds up what comes after a label that is over; then it may be the label's after all.
PATIENCE = 6
# Seconds; who asks for more is asked again after so many.
LONGEST_ASKED = 86400.0


class Labels(Protocol):
    """What knows which dates are labels, and when they are announced."""

    def label_at(self, instant: datetime) -> date:
        """Return the newest label that is announced by an instant."""
        ...

    def announced(self, label: date) -> datetime:
        """Return when a label is announced."""
        ...

    def rebuilt(self, label: date) -> datetime:
        """Return from when on feeds carry a label."""
        ...

    def after(self, day: date) -> date:
        """Return the next label after a date."""
        ...

    def labels(self, since: date, until: date) -> Sequence[date]:
        """Return the labels from one date to another, oldest first."""
        ...


class Kept(Protocol):
    """What keeps which labels are done with."""

    def labels(self) -> Mapping[date, Done]:
        """Return the labels that are done with, and how."""
        ...

    def first(self) -> date | None:
        """Return the oldest label that was ever due, done with or not."""
        ...

    def begin(self, label: date, at: datetime) -> None:
        """Keep that a label is due, unless more is known of it."""
        ...

    def record(self, label: date, state: Done, at: datetime, reason: str = "") -> None:
        """Keep that a label is done with."""
        ...


# A morning is done step by step, and yields the name of each step behind it: fetched, written, sent. Doing a step twice is doing it once.
Morning = Callable[[date], Iterator[str]]


class Change(NamedTuple):
    """A change of state: when, of which label (None of the watch itself), what it is now, why, and the exit code it stands for."""

    at: datetime
    label: date | None
    state: str
    why: str = ""
    exit_code: int = 0


class Pace(NamedTuple):
    """Seconds to wait before a label is tried again: the first time, doubled each time, up to the longest."""

    first: float = 300.0
    longest: float = 3600.0

    def wait(self, tries: int, fault: BroadsheetError) -> float:
        """Return the seconds to wait after so many tries in a row; what a server asks for is waited at least.

        >>> Pace(60, 300).wait(1, NotReadyError("", "")), Pace(60, 300).wait(9, ThrottledError("", "", 900))
        (120, 900)
        """
        return max(min(self.first * 2**tries, self.longest), asked(fault))


class _Left(NamedTuple):
    """What a pass left behind: its first error, and the one to be waited for, with its label."""

    first: BroadsheetError | None = None
    waits: BroadsheetError | None = None
    label: date | None = None


class Watch:
    """A loop on a clock that is given; it holds no state that a kill could lose."""

    def __init__(
        self, labels: Labels, kept: Kept, morning: Morning, clock: Clock, say: Callable[[Change], None], *, pace: Pace | None = None, stop: Stop | None = None
    ) -> None:
        self._labels, self._kept, self._morning, self._clock, self._say = labels, kept, morning, clock, say
        self._pace, self._stop = pace or Pace(), stop or Stop()
        # Labels that are over and could not be had, with the newest label at that time: they are tried again under the next.
        self._aside: dict[date, date] = {}
        # How often in a row a label met an error that passes.
        self._met: Counter[date] = Counter()
        self._said: tuple[date | None, str, str] | None = None

    def run(self, since: date | None = None, *, once: bool = False) -> None:
        """Do all that is due, oldest label first, then wait for the next label, and so on until somebody asks to stop.

        `since` is the first label that is due; without it that is the oldest one known, or the newest where none is. With `once` nothing is waited for,
        and the first error of a label is raised. Otherwise an error is raised that waiting does not mend: a setting, a store, a folder.
        """
        tries = 0
        since = self._begun(since)
        self._tell(None, "watching", f"since {since}")
        while not self._stop.asked:
            left = self._pass(self._due(since))
            if self._stop.asked:
                break
            if once:
                if left.first is not None:
                    raise left.first
                self._tell(None, "ended", "nothing more is due")
                return
            if left.waits is not None:
                self._wait_again(left.waits, left.label, tries)
                tries += 1
            else:
                tries = 0
                if not self._due(since):
                    self._wait_for_next()
        self._tell(None, "stopped", f"{self._stop.asked}, between two steps: nothing is half done")

    def _begun(self, since: date | None) -> date:
        """Return the first label that is due, and keep it: where it cannot be had before the next is announced, or before a restart, it is still due."""
        newest = self._newest()
        first = since or min(self._kept.first() or newest, newest)
        if first <= newest:
            self._kept.begin(first, self._clock.now())
        return first

    def _due(self, since: date) -> list[date]:
        done = self._kept.labels()
        newest = self._newest()
        missing = [label for label in self._labels.labels(since, newest) if label not in done]
        return [label for label in missing if label == newest or self._aside.get(label) != newest]

    def _newest(self) -> date:
        return self._labels.label_at(self._clock.now())

    def _pass(self, due: Sequence[date]) -> _Left:
        """Try each label. What is the source's or the server's fault ends the pass, for the next label would meet it too; a label that is over is set aside."""
        first: BroadsheetError | None = None
        for label in due:
            fault = self._try(label)
            first = first or fault
            if self._stop.asked:
                break
            if fault is not None and self._holds_up(fault, label):
                return _Left(first, fault, label)
        return _Left(first)

    def _holds_up(self, fault: BroadsheetError, label: date) -> bool:
        is_over = isinstance(fault, DeliveryError) and fault.is_final
        return isinstance(fault, (*PASSING, DayError)) and label not in self._aside and not is_over

    def _try(self, label: date) -> BroadsheetError | None:
        """Do a label's morning; return what kept it from its end, raise what waiting does not mend."""
        try:
            if self._steps(label):
                self._end(label, Done.DONE)
        except NoPapersError as fault:
            self._end(label, Done.QUIET, fault.what)
        except UnknownDeliveryError as fault:
            self._end(label, Done.UNKNOWN, fault.what, fault.exit_code)
            return fault
        except PASSING as fault:
            if isinstance(fault, DeliveryError) and fault.is_final:
                self._end(label, Done.REFUSED, fault.what, fault.exit_code)
                return fault
            self._met[label] += 1
            is_throttled = isinstance(fault, ThrottledError)
            if self._met[label] >= PATIENCE and not is_throttled:
                self._set_aside(label)
            self._tell(label, "throttled" if is_throttled else "put off", fault.what, fault.exit_code)
            return fault
        except DayError as fault:
            self._set_aside(label)
            self._tell(label, "waiting" if isinstance(fault, NotReadyError) else "not whole", fault.what, fault.exit_code)
            return fault
        except BroadsheetError as fault:
            self._tell(label, "broken", fault.what, fault.exit_code)
            raise
        return None

    def _steps(self, label: date) -> bool:
        """Do the steps of a morning; return whether all were done, or somebody asked to stop between two."""
        steps = self._morning(label)
        while not self._stop.asked:
            step = next(steps, None)
            if step is None:
                return True
            self._tell(label, step)
        return False

    def _set_aside(self, label: date) -> None:
        """Let what comes after a label that is over go before it, until the next label is there."""
        newest = self._newest()
        if label != newest:
            self._aside[label] = newest

    def _end(self, label: date, state: Done, why: str = "", exit_code: int = 0) -> None:
        self._kept.record(label, state, self._clock.now(), why)
        self._aside.pop(label, None)
        self._met.pop(label, None)
        self._tell(label, str(state), why, exit_code)

    def _wait_for_next(self) -> None:
        now = self._clock.now()
        label = self._labels.after(self._labels.label_at(now))
        at = self._labels.announced(label)
        self._tell(None, "asleep", f"{label} is announced {_when(at)}")
        self._stop.wait(self._clock, (at - now).total_seconds())

    def _wait_again(self, fault: BroadsheetError, label: date | None, tries: int) -> None:
        """Wait ever longer; for what is not there yet at least until feeds are built, and past the next label only where a server asks for that."""
        now = self._clock.now()
        seconds = self._pace.wait(tries, fault)
        if isinstance(fault, NotReadyError) and label is not None:
            seconds = max(seconds, (self._labels.rebuilt(label) - now).total_seconds())
        following = self._labels.announced(self._labels.after(self._labels.label_at(now)))
        seconds = max(min(seconds, max((following - now).total_seconds(), self._pace.first)), asked(fault))
        self._tell(label, "again", f"at {_when(now + timedelta(seconds=seconds))}", fault.exit_code)
        self._stop.wait(self._clock, seconds)

    def _tell(self, label: date | None, state: str, why: str = "", exit_code: int = 0) -> None:
        """Say a change of state; the same twice in a row is no change."""
        if (label, state, why) != self._said:
            self._said = (label, state, why)
            self._say(Change(self._clock.now(), label, state, why, exit_code))


def asked(fault: BroadsheetError) -> float:
    """Return the seconds that a server asks to be left alone, at most a day."""
    return min(fault.retry_after or 0.0, LONGEST_ASKED) if isinstance(fault, ThrottledError) else 0.0


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M %Z}"
