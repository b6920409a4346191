"""The mornings that are tried: which faults arXiv's double has, when it is, what is done, and how it should end."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from broadsheet.sample.arxiv import DayList, fictional_days
from broadsheet.sources.arxiv.calendar import EASTERN

LISTS = ("cs.IR", "cs.CL", "cs.AI")
LABEL, BEFORE = date(2026, 3, 17), date(2026, 3, 16)
MORNING = datetime(2026, 3, 17, 12, tzinfo=UTC)
DONE, WAITING, STALE, INCOMPLETE = 0, 3, 4, 5
CUT, NO_FEED, REPORTED, NETWORK, THROTTLED = 23, 24, 25, 50, 52


@lru_cache(maxsize=1)
def _few() -> list[DayList]:
    """Return the fictional days, of the long one only each sixth paper and those that are taken up again."""
    days = fictional_days()
    again = {paper.id for day in days if day.label != BEFORE for paper in day.papers}
    return [day._replace(papers=tuple(p for n, p in enumerate(day.papers) if day.label != BEFORE or n % 6 == 0 or p.id in again)) for day in days]


class Scenario(NamedTuple):
    """One morning. `does` names what is done, `code` the exit code it ends with.

    Unless `unknown`, the day before was fetched when nothing was wrong. `labels` are those whose papers are counted.
    `most` is how many items a feed has at most, `page` how many records a page of a harvest, `answer` how many seconds of the wall an answer may take.
    """

    name: str
    faults: tuple[str, ...] = ()
    code: int = DONE
    does: str = "fetch"
    at: datetime = MORNING
    labels: tuple[date, ...] = (LABEL,)
    lists: tuple[str, ...] = LISTS
    unknown: bool = False
    most: int = 2000
    page: int | None = None
    retry_after: str = "3"
    answer: float = 20.0
    days: Callable[[], Sequence[DayList]] = _few


def _shifted(monday: date) -> Callable[[], list[DayList]]:
    """Return the fictional days, moved so that their third label is a Monday."""

    def days() -> list[DayList]:
        by = monday - BEFORE
        return [DayList(day.label + by, tuple(replace(paper, label=paper.label + by) for paper in day.papers)) for day in _few()]

    return days


def _quiet() -> list[DayList]:
    return [day._replace(papers=tuple(p for p in day.papers if day.label != LABEL or "cs.AI" not in p.lists)) for day in _few()]


def _at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=EASTERN).astimezone(UTC)


WEEK = (date(2026, 3, 12), date(2026, 3, 13), BEFORE, LABEL, date(2026, 3, 18))
SPRING, AUTUMN = date(2026, 3, 9), date(2026, 11, 2)
SCENARIOS = (
    Scenario("nothing is wrong"),
    Scenario("429 twice, with Retry-After", ("429:2x",)),
    Scenario("429 for ever, with Retry-After", ("429",), THROTTLED),
    Scenario("429 for ever, without Retry-After", ("429-bare",), THROTTLED),
    Scenario("503 twice, with Retry-After", ("503:2x",)),
    Scenario("429 twice, until a date by a clock that is 26 hours off", ("429:2x@rss", "skew:2x@rss"), retry_after="+30"),
    Scenario("503 for ever, to come back in a day", ("503",), THROTTLED, retry_after="86400"),
    Scenario("429 on the listings alone", ("429@list",), THROTTLED),
    Scenario("XML that ends too soon, once", ("truncated:1x",)),
    Scenario("XML that ends too soon", ("truncated",), CUT),
    Scenario("a line cut in the middle", ("cut",), NETWORK),
    Scenario("HTML with status 200", ("html-200",), NO_FEED),
    Scenario("an error report with status 200", ("error-200",), REPORTED),
    Scenario("an error report with status 400", ("error-400",), REPORTED),
    Scenario("one byte now and then", ("drip",), NETWORK, answer=0.1),
    Scenario("no answer", ("stall",), NETWORK, answer=0.1),
    Scenario("one of three lists is yesterday's", ("stale@cs.CL",), STALE),
    Scenario("one of three lists is yesterday's, dated today", ("stale-today@cs.CL",), STALE),
    Scenario("one list is yesterday's, asked for by number", ("stale-today@cs.CL",), does="fill"),
    Scenario("one list is yesterday's, for a while", ("stale@cs.CL",), does="mended"),
    Scenario("all of arXiv is late", ("late",), STALE),
    Scenario("pubDate lags a day behind", ("pubdate-lag",)),
    Scenario("the feed is empty and the listings are not", ("empty@rss",), INCOMPLETE),
    Scenario("a list with a quiet day", days=_quiet),
    Scenario("a holiday", at=_at(2026, 4, 5, 22), labels=(), does="holiday"),
    Scenario("a limit cuts the feed", ("cap",), INCOMPLETE),
    Scenario("a limit cuts the feed, asked for by number", ("cap",), does="fill"),
    Scenario("asked for by number, and a page comes empty", ("cap", "empty-page@api"), REPORTED, does="fill"),
    Scenario("more papers than one feed may hold", most=14, unknown=True),
    Scenario("a paper stands twice", ("duplicate",)),
    Scenario("the listing shows one paper fewer than it counts", ("short-list",)),
    Scenario("the listing has another form", ("broken-list",), NO_FEED),
    Scenario("dates that the server states are 26 hours off", ("skew",), INCOMPLETE),
    Scenario("replaced, then withdrawn", ("replaced-withdrawn",), at=MORNING + timedelta(days=1), labels=WEEK, does="each day", unknown=True),
    Scenario("a paper with an old number", ("old-id",)),
    Scenario("19:59 in the east", at=_at(2026, 3, 17, 19, 59)),
    Scenario("20:01 in the east, feeds not built yet", code=WAITING, at=_at(2026, 3, 16, 20, 1)),
    Scenario("the hour goes forward", at=_at(2026, 3, 9, 8), labels=(SPRING,), days=_shifted(SPRING), unknown=True),
    Scenario("the hour goes back", at=_at(2026, 11, 2, 8), labels=(AUTUMN,), days=_shifted(AUTUMN), unknown=True),
    Scenario("a label that is to come", code=WAITING, does="tomorrow", labels=()),
    Scenario("fetched ten times", does="ten times"),
    Scenario("Friday's list asked for on Saturday", code=INCOMPLETE, at=_at(2026, 3, 14, 9), labels=(date(2026, 3, 13),), unknown=True),
    Scenario("five days missed", at=MORNING + timedelta(days=1), labels=WEEK, does="backfill", unknown=True),
    Scenario("five days missed, token expires", ("token-expired:1x@oai",), at=MORNING + timedelta(days=1), labels=WEEK, does="backfill", page=40, unknown=True),
    Scenario("five days missed, and the archive breaks off", ("token-empty@oai",), DONE, "backfill", MORNING + timedelta(days=1), WEEK, page=20, unknown=True),
    Scenario("five days missed, and the archive has no record", ("empty@oai",), INCOMPLETE, "backfill", MORNING + timedelta(days=1), WEEK, unknown=True),
    Scenario("five days missed, 503 at the archive", ("503@oai",), THROTTLED, "backfill", at=MORNING + timedelta(days=1), labels=WEEK, unknown=True),
    Scenario("five days missed, all answers cut", ("truncated",), CUT, "backfill", at=MORNING + timedelta(days=1), labels=WEEK, unknown=True),
)
