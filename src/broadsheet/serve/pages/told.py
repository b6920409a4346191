"""What a reader told, and what they were shown: acts that hold, acts that were taken back, and days."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from broadsheet.core.errors import BroadsheetError
from broadsheet.core.schema import Event
from broadsheet.core.store import Store
from broadsheet.report.feedback.record import ACTS, CATEGORY, SHOWN, undone_by
from broadsheet.report.model import Report
from broadsheet.stack.record import RunRecord
from broadsheet.stack.steps.catalogue import NAME as CATALOGUE
from broadsheet.stack.why import Lineage

A_PAGE: Final = 50
DAYS: Final = 20


class Told(NamedTuple):
    """An act, and when it was taken back; None where it holds."""

    event: Event
    undone: datetime | None = None

    @property
    def stamp(self) -> str:
        """The instant of the act, as a form sends it back."""
        return self.event.at.astimezone(UTC).isoformat()


class Day(NamedTuple):
    """What was shown on a day, in the order of the page."""

    label: date
    items: tuple[str, ...]


class Page(NamedTuple):
    """Some of what was told, newest first, and which page of how many it is, from 1."""

    rows: tuple[Told, ...]
    number: int
    count: int
    every: int


def told_of(events: Sequence[Event]) -> list[Told]:
    """Return a reader's acts, newest first, each with when it was taken back.

    >>> at = [datetime(2026, 2, 9, hour, tzinfo=UTC) for hour in (8, 9)]
    >>> kept = [Event(user="ana", item="x", kind="more", at=at[0]), Event(user="ana", item="x", kind=f"undo more {at[0].isoformat()}", at=at[1])]
    >>> [(one.event.kind, one.undone.hour) for one in told_of(kept)]
    [('more', 9)]
    """
    gone = {(event.item, *named): event.at for event in events if (named := undone_by(event.kind))}
    acts = sorted((event for event in events if event.kind in ACTS), key=lambda event: event.at, reverse=True)
    return [Told(event, gone.get((event.item, event.kind, event.at.astimezone(UTC)))) for event in acts]


def page_of(told: Sequence[Told], number: int) -> Page:
    """Return a page of what was told; past the last one it is the last one."""
    count = max(1, -(-len(told) // A_PAGE))
    number = min(number, count)
    return Page(tuple(told[(number - 1) * A_PAGE : number * A_PAGE]), number, count, len(told))


def shown_of(events: Iterable[Event]) -> list[Day]:
    """Return what was shown day by day, the newest first."""
    days: dict[date, list[Event]] = {}
    for event in events:
        if event.kind == SHOWN:
            days.setdefault(event.at.date(), []).append(event)
    return [
        Day(label, tuple(dict.fromkeys(one.item for one in sorted(shown, key=lambda one: one.slot or len(shown)))))
        for label, shown in sorted(days.items(), reverse=True)
    ]


def titles_of(store: Store, ids: Iterable[str], report: Report | None, folder: Path, run: RunRecord | None) -> dict[str, str]:
    """Return titles of items: from the newest report, else as the store keeps them, else as the run's catalogue has them; an item that none knows is its id."""
    wanted = set(ids)
    found = {entry.item.id: entry.item.title for entry in report.entries if entry.item.id in wanted} if report else {}
    found |= {item: held.title for item, held in store.items(wanted - set(found)).items()}
    if (lacking := wanted - set(found)) and run is not None:
        known = _catalogue(folder, run)
        found |= {item: known[item] for item in lacking if item in known}
    rest = {item: f"all of {item.removeprefix(CATEGORY)}" if item.startswith(CATEGORY) else item for item in wanted - set(found)}
    return found | rest


def _catalogue(folder: Path, run: RunRecord) -> Mapping[str, str]:
    step = run.step(CATALOGUE)
    try:
        return _titles(folder, step.content_hash) if step is not None and step.ready else {}
    except BroadsheetError:
        # A title less is no reason to show nothing: the item stands by its id.
        return {}


@lru_cache(maxsize=2)
def _titles(folder: Path, content_hash: str) -> Mapping[str, str]:
    del content_hash
    return {item: held.title for item, held in Lineage(folder).holdings.items.items()}
