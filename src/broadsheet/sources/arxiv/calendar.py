"""When arXiv announces, and the date that each of its daily lists carries."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, ValidationError

from broadsheet.core.config import read_toml
from broadsheet.core.errors import ConfigError

EASTERN = ZoneInfo("America/New_York")
ANNOUNCED, CLOSED = time(20), time(14)
DAY = timedelta(days=1)
_MONDAY, _THURSDAY, _SATURDAY = 0, 3, 5


class Verdict(NamedTuple):
    """Whether a date is a label, why, what that rests on, and whether it is known or a guess by rule."""

    is_label: bool
    why: str
    source: str
    certain: bool = True


class Deferred(BaseModel):
    """A label that no list carries, since its mailing was put off to the next."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: date
    why: str
    source: tuple[str, ...]
    holiday: date | None = None


class _Covered(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    since: date
    until: date


class Mailings(BaseModel):
    """A data file of deferred mailings: what it covers, what its sources are, one row a label."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    covered: _Covered
    sources: dict[str, str]
    deferred: tuple[Deferred, ...] = ()


class Calendar:
    """The labels of arXiv's daily lists: announced at 20:00 US Eastern from Sunday to Thursday, dated the next day.

    `own` is a file of the user's in the form of `mailings.toml`, whose rows, sources and span are laid over the package's.
    """

    def __init__(self, own: Path | None = None) -> None:
        shipped = _shipped()
        stated = [shipped, *([read_mailings(own)] if own else [])]
        self.since = min(one.covered.since for one in stated)
        self.until = max(one.covered.until for one in stated)
        self._sources = {name: text for one in stated for name, text in one.sources.items()}
        self._deferred = {row.label: row for one in stated for row in one.deferred}
        for row in self._deferred.values():
            for name in row.source:
                if name not in self._sources:
                    raise ConfigError(f"The deferred mailing of {row.label} rests on {name!r}, which is no source of the file.", "Name it under [sources].")

    def verdict(self, day: date) -> Verdict:
        """Say whether a date is the label of a list.

        >>> Calendar().verdict(date(2026, 2, 9)).is_label, Calendar().verdict(date(2026, 2, 8)).why
        (True, 'a Sunday: nothing is announced on the evening before')
        >>> Calendar().verdict(date(2031, 1, 2)).certain
        False
        """
        if day.weekday() >= _SATURDAY:
            return Verdict(False, f"a {day:%A}: nothing is announced on the evening before", self._sources["schedule"])
        if row := self._deferred.get(day):
            return Verdict(False, f"deferred: {row.why}", "; ".join(self._sources[name] for name in row.source))
        if self.since <= day <= self.until:
            return Verdict(True, f"announced on {day - DAY:%A}, 20:00 US Eastern", self._sources["schedule"])
        if holiday := _holiday_before(day):
            return Verdict(False, f"probably deferred: {holiday}", self._sources["rule"], certain=False)
        if (day.month, day.day) >= (12, 27) or (day.month, day.day) <= (1, 2):
            return Verdict(True, "the end of a year, when some mailings are deferred", self._sources["rule"], certain=False)
        return Verdict(True, f"probably announced on {day - DAY:%A}, 20:00 US Eastern", self._sources["rule"], certain=False)

    def label_at(self, instant: datetime) -> date:
        """Return the newest label that is announced by an instant. Raises ValueError for one without a time zone.

        >>> Calendar().label_at(datetime(2026, 2, 9, 0, 59, tzinfo=UTC)), Calendar().label_at(datetime(2026, 2, 9, 1, tzinfo=UTC))
        (datetime.date(2026, 2, 6), datetime.date(2026, 2, 9))
        """
        local = _eastern(instant)
        day = local.date() + (DAY if local.time() >= ANNOUNCED else timedelta())
        return day if self.verdict(day).is_label else self.before(day)

    def announced(self, label: date) -> datetime:
        """Return the instant at which a label is announced, in US Eastern time.

        >>> Calendar().announced(date(2026, 3, 9)).isoformat()
        '2026-03-08T20:00:00-04:00'
        """
        return datetime.combine(label - DAY, ANNOUNCED, EASTERN)

    def rebuilt(self, label: date) -> datetime:
        """Return the instant from which the feeds carry a label: midnight in US Eastern, four hours after it is announced."""
        return datetime.combine(label, time(), EASTERN)

    def closed(self, label: date) -> datetime:
        """Return the instant up to which submissions come on a label: 14:00 US Eastern of the evening's day, or of the Friday before a Sunday's."""
        evening = label - DAY
        return datetime.combine(evening if evening.weekday() <= _THURSDAY else evening - 2 * DAY, CLOSED, EASTERN)

    def label_of(self, submitted: datetime) -> date:
        """Return the first label that a submission of an instant can come on; moderation may put it off.

        >>> Calendar().label_of(datetime(2026, 2, 6, 18, 59, tzinfo=UTC)), Calendar().label_of(datetime(2026, 2, 6, 19, tzinfo=UTC))
        (datetime.date(2026, 2, 9), datetime.date(2026, 2, 10))
        """
        label = _eastern(submitted).date()
        while not (self.verdict(label).is_label and _instant(self.closed(label)) > _instant(submitted)):
            label += DAY
        return label

    def before(self, day: date) -> date:
        """Return the newest label before a date."""
        day -= DAY
        while not self.verdict(day).is_label:
            day -= DAY
        return day

    def after(self, day: date) -> date:
        """Return the oldest label after a date."""
        day += DAY
        while not self.verdict(day).is_label:
            day += DAY
        return day

    def labels(self, since: date, until: date) -> list[date]:
        """Return the labels from one date to another, both included, oldest first."""
        days = [since + DAY * number for number in range((until - since).days + 1)]
        return [day for day in days if self.verdict(day).is_label]


def read_mailings(path: Path) -> Mailings:
    """Read a file of deferred mailings. Raises ConfigError that names what is wrong with it."""
    try:
        return Mailings.model_validate(read_toml(path))
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ConfigError(f"{path}: {where}: {first['msg']}.", "Write [covered] since and until, [sources], and [[deferred]] label, why, source.") from None


@lru_cache(maxsize=1)
def _shipped() -> Mailings:
    with as_file(files("broadsheet.sources.arxiv") / "mailings.toml") as path:
        return read_mailings(path)


def _eastern(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("the instant has no time zone")
    return instant.astimezone(EASTERN)


def _instant(at: datetime) -> datetime:
    # Two times of the same zone are compared by the face of its clock, which an hour of autumn shows twice.
    return at.astimezone(UTC)


def _holiday_before(label: date) -> str:
    """Return the holiday whose mailing a weekday's label would carry, or an empty string."""
    evening = label - DAY
    # After a holiday on a Friday it is Sunday's mailing that waits.
    days = [evening] if evening.weekday() <= _THURSDAY else [evening, evening - DAY, evening - 2 * DAY]
    return next((name for day in days for name, kept in _holidays(day.year) if kept == day), "")


def _holidays(year: int) -> Iterable[tuple[str, date]]:
    """Yield the days that arXiv kept in every year it is known for, each on the weekday it is kept on."""
    yield "New Year's Day", _kept(date(year, 1, 1))
    yield "New Year's Day", _kept(date(year + 1, 1, 1))
    yield "Martin Luther King Jr. Day", _nth(year, 1, _MONDAY, 3)
    yield "Juneteenth", _kept(date(year, 6, 19))
    yield "Independence Day", _kept(date(year, 7, 4))
    yield "Labor Day", _nth(year, 9, _MONDAY, 1)
    yield "Thanksgiving", _nth(year, 11, _THURSDAY, 4)
    yield "Christmas Day", _kept(date(year, 12, 25))


def _kept(day: date) -> date:
    """Return the weekday on which a holiday is kept: the Friday before a Saturday, the Monday after a Sunday.

    >>> _kept(date(2026, 7, 4))
    datetime.date(2026, 7, 3)
    """
    return day - DAY if day.weekday() == _SATURDAY else day + DAY if day.weekday() > _SATURDAY else day


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    """Return the n-th such weekday of a month.

    >>> _nth(2026, 11, 3, 4)
    datetime.date(2026, 11, 26)
    """
    first = date(year, month, 1)
    return first + DAY * ((weekday - first.weekday()) % 7 + 7 * (number - 1))
