"""What the double answers to a request, with the faults that it meets."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import NamedTuple

from broadsheet.sample.arxiv import api, feeds, listing, oai
from broadsheet.sample.arxiv.archive import ORDER, Archive, Entry, Known
from broadsheet.sample.arxiv.faults import HAPPENS, Fault
from broadsheet.sample.arxiv.happenings import with_happenings
from broadsheet.sample.arxiv.hours import announced_at, eastern_day, newest_announced, newest_harvested, rebuilt_at

_TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "list": "text/html; charset=utf-8",
    "api": "application/atom+xml; charset=utf-8",
    "oai": "text/xml; charset=utf-8",
}
_EXCEEDED = b"<html><head><title>429</title></head><body><h1>Rate exceeded.</h1></body></html>"


class Asked(NamedTuple):
    """A request: the interface, the categories it names, and the pairs of its query."""

    face: str
    categories: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, path: str, pairs: Sequence[tuple[str, str]]) -> "Asked | None":
        """Read a path and the pairs of its query; None where no interface answers."""
        face, _, rest = path.strip("/").partition("/")
        categories = tuple(rest.removesuffix("/new").split("+"))
        if face in {"rss", "atom"} and rest and "/" not in rest:
            return cls(face, categories, tuple(pairs))
        if face == "list" and rest.endswith("/new") and rest.count("/") == 1:
            return cls(face, categories, tuple(pairs))
        named = {"api/query": "api", "oai": "oai"}.get(path.strip("/"))
        if named is not None:
            return cls(named, _named_in(pairs), tuple(pairs))
        # A path of categories alone is the RSS feed, at arXiv's own feed server too.
        return cls("rss", tuple(face.split("+")), tuple(pairs)) if face and not rest and face not in _TYPES else None


class Reply(NamedTuple):
    """A status, a body and its type; `modified` is when what it tells changed last, where it may be asked for conditionally."""

    status: int
    type: str
    body: bytes
    modified: datetime | None = None
    headers: Mapping[str, str] = {}

    @property
    def tag(self) -> str:
        """The body's entity tag."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


@dataclass
class Desk:
    """Answers requests out of the days.

    `most` caps a feed, `page` the records of a harvest's page, `skew` is what wrong clocks are off. `retry_after` is what
    a refusal asks to wait: seconds, or with a plus before them the date that lies so far ahead.
    """

    archive: Archive
    most: int = feeds.MOST
    page: int | None = None
    skew: timedelta = timedelta(hours=26)
    retry_after: str = "3"
    _with: dict[frozenset[str], Archive] = field(default_factory=dict)

    def with_happenings(self, on: Collection[Fault]) -> Archive:
        """Return the days, with what the faults switched on let happen in them."""
        names = frozenset(fault.name for fault in on if fault.name in HAPPENS)
        if names and names not in self._with:
            self._with[names] = Archive(with_happenings([self.archive.days[label] for label in self.archive.labels], tuple(names)))
        return self._with[names] if names else self.archive

    def reply(self, asked: Asked, now: datetime, base: str, met: Sequence[Fault] = ()) -> Reply:
        """Answer a request at an instant."""
        names = {fault.name for fault in met}
        stated = now + (self.skew if "skew" in names else timedelta())
        if refused := self._refused(names, stated):
            return refused
        archive = self.with_happenings(met)
        if "error-200" in names or "error-400" in names:
            return self._error(asked, stated, base, 200 if "error-200" in names else 400)
        if asked.face in {"rss", "atom"}:
            return self._feed(archive, asked, now, base, met)
        if asked.face == "list":
            return self._list(archive, asked, now, names)
        pick = newest_announced if asked.face == "api" else newest_harvested
        label = pick(archive.labels, now)
        papers = archive.known(archive.before(label) if label and "late" in names else label)
        return self._api(asked, papers, stated, names) if asked.face == "api" else self._oai(asked, papers, stated, base, names)

    def _refused(self, names: Collection[str], now: datetime) -> Reply | None:
        for status in (429, 503):
            if {str(status), f"{status}-bare"} & set(names):
                wait = self.retry_after
                wait = format_datetime((now + timedelta(seconds=float(wait))).astimezone(UTC), usegmt=True) if wait.startswith("+") else wait
                after = {"Retry-After": wait} if str(status) in names else {}
                return Reply(status, "text/plain", b"Rate exceeded.\n" if status == 429 else b"Retry later.\n", None, after)
        return Reply(200, "text/html", _EXCEEDED) if "html-200" in names else None

    def _error(self, asked: Asked, stated: datetime, base: str, status: int) -> Reply:
        said = "An error was met while the answer was made."
        if asked.face == "api":
            body = api.refusal(said, stated, "internal_error", status).body
        elif asked.face == "oai":
            body = oai.refusal("badArgument", oai.Harvest({}, base, stated))
        elif asked.face == "list":
            body = listing.refusal(said)
        else:
            body = self._written(asked.face, self._page(asked, base, stated, stated, fault=said))
        return Reply(status, _TYPES[asked.face], body)

    def _feed(self, archive: Archive, asked: Asked, now: datetime, base: str, met: Sequence[Fault]) -> Reply:
        names = {fault.name for fault in met}
        day = eastern_day(now)
        if "late" in names:
            day = max((label for label in archive.labels if label < day), default=day)
        skew = self.skew if "skew" in names else timedelta()
        built, dated = rebuilt_at(day) + skew, rebuilt_at(day - timedelta("pubdate-lag" in names)) + skew
        if bad := [name for name in asked.categories if name not in archive.categories]:
            page = self._page(asked, base, built, dated, fault=f"Bad archive or subject class {bad[0]!r}.")
            return Reply(200, _TYPES[asked.face], self._written(asked.face, page))
        entries = _batch(archive, day, asked.categories, met)
        if "duplicate" in names and entries:
            entries = [*entries, entries[0]._replace(kind=ORDER[1 + 2 * (ORDER.index(entries[0].kind) // 2)])]
        entries = entries[: len(entries) // 2 if "cap" in names else self.most]
        if "pubdate-lag" in names or skew:
            entries = [entry._replace(dated=(rebuilt_at(entry.dated - timedelta("pubdate-lag" in names)) + skew).date()) for entry in entries]
        return Reply(200, _TYPES[asked.face], self._written(asked.face, self._page(asked, base, built, dated, entries)), built)

    def _list(self, archive: Archive, asked: Asked, now: datetime, names: Collection[str]) -> Reply:
        (category,) = asked.categories if len(asked.categories) == 1 else ("",)
        if category not in archive.categories:
            return Reply(404, _TYPES["list"], listing.refusal(f"There is no list of {'+'.join(asked.categories)!r}."))
        label = newest_announced(archive.labels, now)
        label = archive.before(label) if label and "late" in names else label
        entries = archive.batch(label, asked.categories) if label and "empty" not in names else []
        stated = label + timedelta(days=round(self.skew / timedelta(days=1))) if label and "skew" in names else label
        if "broken-list" in names:
            return Reply(200, _TYPES["list"], listing.other_layout(category, stated, entries))
        span = {name: int(value) for name, value in asked.pairs if name in {"skip", "show"} and value.isdigit()}
        body = listing.listing(category, stated, entries, hidden=int("short-list" in names), **span)
        return Reply(200, _TYPES["list"], body, announced_at(label) if label else None)

    def _api(self, asked: Asked, papers: Mapping[str, Known], stated: datetime, names: Collection[str]) -> Reply:
        papers = {} if "empty" in names else papers
        made = api.answer(dict(asked.pairs), papers, stated, empty="empty-page" in names, inflate=7 if "wrong-total" in names else 0)
        return Reply(made.status, _TYPES["api"], made.body)

    def _oai(self, asked: Asked, papers: Mapping[str, Known], stated: datetime, base: str, names: Collection[str]) -> Reply:
        harvest = oai.Harvest(papers, base, stated, self.page, expired="token-expired" in names, empty="empty" in names, ends="token-empty" in names)
        return Reply(200, _TYPES["oai"], oai.answer(asked.pairs, harvest))

    def _page(self, asked: Asked, base: str, built: datetime, dated: datetime, entries: Sequence[Entry] = (), fault: str = "") -> feeds.Page:
        return feeds.Page(asked.categories, f"{base}/{asked.face}/{'+'.join(asked.categories)}", built, dated, entries, fault)

    def _written(self, face: str, page: feeds.Page) -> bytes:
        return feeds.rss(page) if face == "rss" else feeds.atom(page)


def _batch(archive: Archive, day: date, categories: Sequence[str], met: Sequence[Fault]) -> list[Entry]:
    """Return what a feed holds on a day; categories that are stale hold what the label before announced."""
    names = {fault.name for fault in met}
    if "empty" in names:
        return []
    old = {name for fault in met if fault.name.startswith("stale") for name in ([fault.category] if fault.category else categories)}
    before = max((label for label in archive.labels if label < day), default=None)
    entries = archive.batch(day, [name for name in categories if name not in old])
    if before:
        shown = {entry.paper.id for entry in entries}
        behind = archive.batch(before, [name for name in categories if name in old], day if "stale-today" in names else before)
        entries += [entry for entry in behind if entry.paper.id not in shown]
    return sorted(entries, key=lambda entry: ORDER.index(entry.kind))


def _named_in(pairs: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return the categories that a query or a harvest names, so that faults of a category meet it."""
    found: list[str] = []
    for name, value in pairs:
        if name == "set":
            parts = value.split(":")
            found += [".".join(parts[1:])] if len(parts) > 1 else parts
        elif name == "search_query":
            found += [word.strip('()"').removeprefix("cat:") for word in value.split() if word.strip('()"').startswith("cat:")]
    return tuple(found)
