"""The client of arXiv's four interfaces: feeds, listings, queries, harvests."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from broadsheet.core.clock import Clock, WallClock
from broadsheet.core.errors import SourceNotFoundError
from broadsheet.core.log import get_logger
from broadsheet.core.schema import Announcement
from broadsheet.sources.arxiv.addresses import Addresses, ClientLimits
from broadsheet.sources.arxiv.api import found
from broadsheet.sources.arxiv.cache import ResponseCache
from broadsheet.sources.arxiv.gate import Gate
from broadsheet.sources.arxiv.listing import Listing, parse_listing
from broadsheet.sources.arxiv.oai import PREFIXES, Harvested, harvest, set_of
from broadsheet.sources.arxiv.polite import Asker
from broadsheet.sources.feeds import Feed, Results, parse_feed
from broadsheet.sources.merge import merge

_CATEGORY = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?")


class ArxivClient:
    """Asks arXiv, one request at a time, and gives what it says or a typed error; what it knows of days it does not keep.

    Its cache stands under `home`/arxiv; its gate is the one that all processes of a user share, unless another is given. Every call
    raises `ThrottledError`, `RefusedError` or `NetworkError` where no answer comes within the limits;
    `TruncatedError`, `NotAFeedError`, `FeedError`, `RecordError` or `IdentifierError` where the
    answer is none. `notes` tells what was mended on the way, in sentences.
    """

    def __init__(
        self, home: Path, *, addresses: Addresses | None = None, clock: Clock | None = None, gate: Gate | None = None, limits: ClientLimits | None = None
    ) -> None:
        self.addresses = addresses or Addresses.stated()
        self.clock = clock or WallClock()
        self.limits = limits or ClientLimits()
        self.gate = gate or Gate.before(self.addresses.feed, self.clock)
        self.notes: list[str] = []
        self._cache = ResponseCache(home / "arxiv" / "answers", self._say)
        self._asker = Asker(self.gate, self.clock, self.limits, self._cache)

    def feed(self, categories: Sequence[str], form: Literal["rss", "atom"] = "rss") -> Feed:
        """Return the newest feed of some categories, asked for in one request; an empty one is a day without papers.

        A feed as long as arXiv lets one be is asked for again category by category, and put together;
        one whose own feed is that long is named in `capped`: papers of it may be missing.
        """
        names = _checked(categories)
        deadline = self._asker.deadline()
        whole = self._feed(names, form, deadline)
        if len(whole.announcements) < self.limits.feed_items:
            return whole
        if len(names) == 1:
            return self._capped(whole, names)
        self._say(f"The feed of {'+'.join(names)} holds {len(whole.announcements):,} items, as many as arXiv gives; each category is asked for by itself.")
        parts = {name: self._feed([name], form, deadline) for name in names}
        labels = [part.label for part in parts.values() if part.label]
        merged = Feed(max(labels, default=whole.label), tuple(names), tuple(merge(a for part in parts.values() for a in part.announcements)))
        return self._capped(merged, [name for name, part in parts.items() if len(part.announcements) >= self.limits.feed_items])

    def forget(self) -> None:
        """Ask for everything anew from now on, whatever a server says of what is kept."""
        self._cache.forget()

    def raw_feed(self, categories: Sequence[str]) -> bytes:
        """Return the bytes of a feed as the server sent them, unread and not kept."""
        return self._asker.ask(self.addresses.feed_of(_checked(categories)), lambda body, _: body, self._asker.deadline(), keep=False)

    def listing(self, category: str) -> Listing:
        """Return the date and the counts that a category's page of new papers states."""
        (name,) = _checked([category])
        return self._asker.ask(self.addresses.listing_of(name), parse_listing, self._asker.deadline())

    def query(
        self,
        search: str = "",
        ids: Iterable[str] = (),
        start: int = 0,
        most: int | None = None,
        *,
        order: Literal["submittedDate", "lastUpdatedDate", "relevance"] = "submittedDate",
        ascending: bool = True,
    ) -> list[Announcement]:
        """Return all papers that match, from place `start` on, at most `most`, each once; identifiers that arXiv does not know are left out, and nothing is asked for without words and identifiers.

        The oldest come first unless told otherwise: papers that are added meanwhile then move none from page to page.
        """
        named = list(ids)
        if not search and not named:
            return []
        deadline = self._asker.deadline()

        def ask(some: Sequence[str], at: int, size: int, read: Callable[[bytes, str], Results]) -> Results:
            return self._asker.ask(self.addresses.query_of(search, some, at, size, order, ascending=ascending), read, deadline)

        return found(ask, named, start, most, page=self.limits.page, results=self.limits.results)

    def harvest(self, category: str, since: date, until: date, prefix: str = "arXivRaw") -> Iterator[Harvested]:
        """Yield the records of a category whose datestamp lies within two days, both included, each once."""
        (name,) = _checked([category])
        if prefix not in PREFIXES:
            raise SourceNotFoundError(f"{prefix!r} is no form of a harvest.", f"Known are: {', '.join(PREFIXES)}.")
        return harvest(
            lambda url, read: self._asker.ask(url, read, self._asker.deadline(), keep=False),
            lambda day: self.addresses.records_of(set_of(name), day, until, prefix),
            since,
            self._say,
            addresses=self.addresses,
        )

    def _feed(self, names: Sequence[str], form: str, deadline: float) -> Feed:
        return self._asker.ask(self.addresses.feed_of(names, form), parse_feed, deadline)

    def _capped(self, feed: Feed, names: Sequence[str]) -> Feed:
        for name in names:
            self._say(f"The feed of {name} holds as many items as arXiv gives; some may be missing.")
        return feed._replace(capped=tuple(names))

    def _say(self, note: str) -> None:
        self.notes.append(note)
        get_logger("arxiv").info(note)


def _checked(categories: Sequence[str]) -> list[str]:
    names = list(dict.fromkeys(categories))
    for name in names:
        if not _CATEGORY.fullmatch(name):
            raise SourceNotFoundError(f"{name!r} names no arXiv category.", "Write for example: cs.IR")
    if not names:
        raise SourceNotFoundError("No arXiv category is named.", "Write for example: cs.IR")
    return names
