"""One morning tried: our days against the double, and what was kept of what it held."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.clock import SetClock
from broadsheet.core.errors import BroadsheetError
from broadsheet.core.schema import Announce
from broadsheet.core.store import Store
from broadsheet.report.bench.faults.scenarios import BEFORE, Scenario
from broadsheet.sample.arxiv import ArxivServer, DayList
from broadsheet.sources.arxiv.addresses import Addresses, ClientLimits
from broadsheet.sources.arxiv.calendar import Calendar
from broadsheet.sources.arxiv.client import ArxivClient
from broadsheet.sources.arxiv.days import Days, Patience
from broadsheet.sources.arxiv.outcome import outcomes_check

# Seconds of the wall for which the double gives no answer, where that is the fault.
STALL = 60.0


class Tried(NamedTuple):
    """How a morning ended: exit code and text, papers of each list held by the server and kept, those kept that it did not hold, requests, the least gap.

    `lost` are papers that are missing though it ended as done.
    """

    code: int
    text: str
    held: int
    kept: int
    wrong: int
    requests: int
    gap: float

    @property
    def lost(self) -> int:
        """Papers that are missing, and nothing says so."""
        return self.held - self.kept if self.code == 0 else 0


class Morning(NamedTuple):
    """What a morning is made of."""

    scenario: Scenario
    server: ArxivServer
    clock: SetClock
    days: Days


@contextmanager
def double(scenario: Scenario, clock: SetClock) -> Iterator[ArxivServer]:
    """Run the double of a scenario, nothing wrong yet."""
    limits = {"most": scenario.most, "page": scenario.page, "retry_after": scenario.retry_after, "stall": STALL}
    with ArxivServer(list(scenario.days()), clock=clock, **limits) as server:
        yield server


@contextmanager
def morning(scenario: Scenario, folder: Path) -> Iterator[Morning]:
    """Open a store and a double at the scenario's time, its faults switched on, the day before known unless it is `unknown`."""
    clock = SetClock(scenario.at)
    with double(scenario, clock) as server:
        if not scenario.unknown:
            (folder / "store.sqlite").write_bytes(_day_before(scenario.days, scenario.lists))
            clock.at = max(scenario.at, _noon(BEFORE))
        store = Store(folder / "store.sqlite")
        limits = ClientLimits(deadline=120.0, answer=scenario.answer, tries=3, feed_items=scenario.most)
        client = ArxivClient(folder, addresses=Addresses.of(server.url), clock=clock, limits=limits)
        days = Days(store, client, Calendar(), clock, patience=Patience(900.0))
        try:
            server.faults.set(scenario.faults)
            yield Morning(scenario, server, clock, days)
        finally:
            store.close()


@lru_cache(maxsize=8)
def _day_before(days: Callable[[], Sequence[DayList]], lists: Sequence[str]) -> bytes:
    """Return a database with the day before, fetched when nothing was wrong."""
    plain = Scenario("", at=_noon(BEFORE), lists=tuple(lists), days=days, unknown=True)
    with tempfile.TemporaryDirectory() as folder:
        with morning(plain, Path(folder)) as one:
            one.days.fetch(plain.lists, BEFORE)
        return (Path(folder) / "store.sqlite").read_bytes()


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def tried(scenario: Scenario) -> Tried:
    """Try a morning in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, morning(scenario, Path(folder)) as one:
        code, text = 0, ""
        try:
            text = _DEEDS[scenario.does](one)
        except BroadsheetError as fault:
            code, text = fault.exit_code, str(fault)
        held = {(name, key) for label in scenario.labels for name in scenario.lists for key in on_server(one.server, label, name)}
        kept = [(name, a.item.id) for label in scenario.labels for a in one.days.store.announced_between(label, label, scenario.lists) for name in a.lists]
        gaps = one.server.served.clock_gaps
        return Tried(code, text, len(held), len(held & set(kept)), len(set(kept) - held), len(one.server.served.requests), min(gaps, default=float("inf")))


def on_server(server: ArxivServer, label: date, name: str) -> Mapping[str, Announce]:
    """Return what the double has on one list of a label, with all that happens to its papers."""
    archive = server.desk.with_happenings(server.faults.on)
    return {entry.paper.id: entry.kind for entry in archive.batch(label, [name])}


def _fetch(one: Morning, *, fill_in: bool = False) -> str:
    outcome = one.days.fetch(one.scenario.lists, fill_in=fill_in)
    return " ".join((f"{outcome.label} {outcome.state}: {outcome.kept()}.", *outcome.notes))


def _mended(one: Morning) -> str:
    """Fetch while arXiv mends itself during the third wait."""
    said: list[str] = []

    def hear(sentence: str) -> None:
        said.append(sentence)
        if len(said) == 3:
            one.server.faults.set(())

    one.days.say = hear
    return f"{_fetch(one)} After {len(said)} waits."


def _ten_times(one: Morning) -> str:
    told = {_fetch(one) for _ in range(10)}
    return f"{min(told)} Told {len(told)} ways."


def _each_day(one: Morning) -> str:
    for label in one.scenario.labels:
        one.clock.at = _noon(label)
        one.days.fetch(one.scenario.lists)
    return one.days.status(one.scenario.lists)[-2].kept()


def _tomorrow(one: Morning) -> str:
    calendar = one.days.calendar
    return one.days.fetch(one.scenario.lists, calendar.after(calendar.label_at(one.clock.at))).kept()


def _backfill(one: Morning) -> str:
    outcomes = one.days.backfill(one.scenario.lists, one.scenario.labels[0])
    outcomes_check(outcomes)
    assert [outcome.label for outcome in outcomes] == list(one.scenario.labels)
    return " ".join(f"{outcome.label}: {outcome.kept()}." for outcome in outcomes)


def _holiday(one: Morning) -> str:
    """Ask on the evening of a mailing that is deferred, the newest day being whole, and for the label itself."""
    for label in one.days.calendar.labels(BEFORE, one.clock.at.date()):
        states = [day.model_copy(update={"state": "announced"}) for day in one.days.check(label, one.scenario.lists)]
        one.days.store.record_day((), states)
    asked = one.clock.at.date()
    skipped = one.days.fetch(one.scenario.lists, asked)
    return f"{_fetch(one)} {skipped.label} {skipped.state}: {skipped.lists[0].note}"


_DEEDS: Mapping[str, Callable[[Morning], str]] = {
    "fetch": _fetch,
    "fill": lambda one: _fetch(one, fill_in=True),
    "mended": _mended,
    "ten times": _ten_times,
    "each day": _each_day,
    "tomorrow": _tomorrow,
    "backfill": _backfill,
    "holiday": _holiday,
}
