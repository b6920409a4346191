"""What is known of a day: a state for each list, what is kept, and the error that says what is missing."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple, Self

from broadsheet.core.errors import BroadsheetError, IncompleteError, NotReadyError, StaleError
from broadsheet.core.schema import Announcement, ListDay


class DayState(StrEnum):
    """Where a list stands on a label."""

    WAITING = "waiting"
    ANNOUNCED = "announced"
    SKIPPED = "skipped"
    STALE = "stale"
    INCOMPLETE = "incomplete"


# Of several lists the one that stands first here says where the day stands.
_WORST = (DayState.STALE, DayState.INCOMPLETE, DayState.WAITING, DayState.ANNOUNCED, DayState.SKIPPED)
_ERRORS = {DayState.STALE: StaleError, DayState.INCOMPLETE: IncompleteError, DayState.WAITING: NotReadyError}
AGAIN = (
    "Ask again later: broadsheet report fetch. What only the feed lacks can be asked for by its numbers: --fill. A day that is over: broadsheet report backfill"
)


class DayOutcome(NamedTuple):
    """A label, what is known of each list, what was announced as it is kept, and remarks.

    `fault` is what kept the day from being whole or counted, where that was an error of a request.
    """

    label: date
    lists: tuple[ListDay, ...]
    announcements: tuple[Announcement, ...] = ()
    notes: tuple[str, ...] = ()
    fault: BroadsheetError | None = None

    @property
    def state(self) -> DayState:
        """The state of the day: that of the list which is worst off."""
        stated = {DayState(one.state) for one in self.lists}
        return next((state for state in _WORST if state in stated), DayState.WAITING)

    @property
    def is_done(self) -> bool:
        """Whether nothing more can come: every list is whole, or there is no mailing."""
        return self.state in {DayState.ANNOUNCED, DayState.SKIPPED}

    @property
    def exit_code(self) -> int:
        """The exit code that `check` ends with."""
        if self.is_done:
            return 0
        return self.fault.exit_code if self.fault is not None else _ERRORS[self.state].exit_code

    def kept(self) -> str:
        """Say of each list how many papers are kept of how many.

        >>> DayOutcome(date(2026, 2, 9), (ListDay(label=date(2026, 2, 9), name="cs.IR", state="announced", stated=9, kept=9),)).kept()
        'cs.IR 9 of 9'
        """
        return ", ".join(f"{one.name} {one.kept}{'' if one.stated is None else f' of {one.stated}'}" for one in self.lists)

    def check(self) -> Self:
        """Return the outcome itself where the day is done; else raise what is the matter.

        Raises the error of a request where one was in the way, else StaleError, IncompleteError or NotReadyError.
        """
        if self.is_done:
            return self
        if self.fault is not None:
            raise with_kept(self.fault, self)
        why = "; ".join(f"{one.name}: {one.note}" for one in self.lists if one.state == self.state)
        if self.state is DayState.STALE:
            raise StaleError(f"The source serves an earlier day than {self.label}. {why}. Kept of {self.label}: {self.kept()}.", AGAIN)
        if self.state is DayState.INCOMPLETE:
            raise IncompleteError(f"{self.label} is not whole. {why}. Kept of it: {self.kept()}.", AGAIN)
        reasons = "; ".join(dict.fromkeys(one.note for one in self.lists if one.state == self.state))
        raise NotReadyError(f"{self.label} is not there yet: {reasons}.", "Ask again then, or have the command wait: --wait MINUTES")


def with_kept(fault: BroadsheetError, outcome: DayOutcome) -> BroadsheetError:
    """Add to an error what is kept of the day in spite of it."""
    fault.what = f"{fault.what} Kept of {outcome.label}: {outcome.kept()}."
    return fault


def outcomes_check(outcomes: Sequence[DayOutcome]) -> None:
    """Raise what is the matter with the first day that is not done, where there is one."""
    for outcome in outcomes:
        outcome.check()
