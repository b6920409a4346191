"""When arXiv does what: announcements, feeds and harvests by the clock of the US East."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
_ANNOUNCED, _HARVESTED = time(20), time(22)


def announced_at(label: date) -> datetime:
    """Return when the list of a label comes out: 20:00 Eastern of the day before, in UTC.

    >>> announced_at(date(2026, 2, 9)).isoformat(), announced_at(date(2026, 3, 9)).isoformat()
    ('2026-02-09T01:00:00+00:00', '2026-03-09T00:00:00+00:00')
    """
    return _evening_before(label, _ANNOUNCED)


def harvested_at(label: date) -> datetime:
    """Return when OAI-PMH has a label's records: 22:00 Eastern of the day before, in UTC."""
    return _evening_before(label, _HARVESTED)


def handed_in_at(label: date) -> datetime:
    """Return when a paper of a label is taken to have been submitted: noon Eastern, before the door of its evening closes; of Monday's list on Friday.

    >>> handed_in_at(date(2026, 2, 9)).isoformat(), handed_in_at(date(2026, 2, 10)).isoformat()
    ('2026-02-06T17:00:00+00:00', '2026-02-09T17:00:00+00:00')
    """
    return _evening_before(label - timedelta(days=2) if label.weekday() == 0 else label, time(12))


def rebuilt_at(day: date) -> datetime:
    """Return when a day's feeds are built: midnight Eastern, with Eastern's offset."""
    return datetime.combine(day, time(0), EASTERN)


def eastern_day(now: datetime) -> date:
    """Return which day it is in the US East.

    >>> eastern_day(datetime(2026, 2, 9, 4, 59, tzinfo=UTC))
    datetime.date(2026, 2, 8)
    """
    return now.astimezone(EASTERN).date()


def newest_announced(labels: Sequence[date], now: datetime) -> date | None:
    """Return the newest of the sorted labels that is announced by now, or None."""
    place = bisect_right(labels, now, key=announced_at)
    return labels[place - 1] if place else None


def newest_harvested(labels: Sequence[date], now: datetime) -> date | None:
    """Return the newest of the sorted labels whose records OAI-PMH has by now, or None."""
    place = bisect_right(labels, now, key=harvested_at)
    return labels[place - 1] if place else None


def iso(when: datetime) -> str:
    """Write an instant as the query and harvest interfaces do.

    >>> iso(datetime(2026, 2, 9, 1, tzinfo=UTC))
    '2026-02-09T01:00:00Z'
    """
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _evening_before(label: date, hour: time) -> datetime:
    return datetime.combine(label - timedelta(days=1), hour, EASTERN).astimezone(UTC)
