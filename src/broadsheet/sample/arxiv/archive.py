"""What arXiv has announced by an instant: the list of a label, and every paper with its versions."""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from broadsheet.core.schema import Announce
from broadsheet.sample.arxiv.days import DayList, Listed, Version
from broadsheet.sample.arxiv.hours import handed_in_at

ORDER = (Announce.NEW, Announce.CROSS, Announce.REPLACE, Announce.REPLACE_CROSS)
# The archives of which the harvest interface makes the group `physics`.
_PHYSICS = "astro-ph cond-mat gr-qc hep-ex hep-lat hep-ph hep-th math-ph nlin nucl-ex nucl-th physics quant-ph".split()
_GROUPS = ("cs", "econ", "eess", "math", "q-bio", "q-fin", "stat", *_PHYSICS)
_BETWEEN_VERSIONS = timedelta(days=30)


class Entry(NamedTuple):
    """A paper as one feed or listing shows it: how it was announced there, and the label that stands at it."""

    paper: Listed
    kind: Announce
    dated: date


class Told(NamedTuple):
    """One version as the query and harvest interfaces tell it; `submitted` in UTC."""

    number: int
    submitted: datetime
    title: str
    text: str
    comment: str
    withdrawn: bool


@dataclass(frozen=True)
class Known:
    """A paper by what was announced up to some label; `changed` is the newest label that names it."""

    newest: Listed
    versions: tuple[Told, ...]
    changed: date

    @property
    def id(self) -> str:
        """The bare id."""
        return self.newest.id

    @property
    def categories(self) -> tuple[str, ...]:
        """All categories, the primary first."""
        return tuple(dict.fromkeys((*self.newest.categories, *self.newest.lists)))


class Archive:
    """All days, and what is known of them up to each label."""

    def __init__(self, days: Sequence[DayList]) -> None:
        self.days = {day.label: day for day in days}
        self.labels = sorted(self.days)
        named = {name for day in days for paper in day.papers for name in (*paper.lists, *paper.categories)}
        self.categories = named | {name.partition(".")[0] for name in named} | set(_GROUPS)

    def batch(self, label: date, categories: Iterable[str], dated: date | None = None) -> list[Entry]:
        """Return what a label announces on the lists of categories (or archives), each paper once: new, cross, replace, replace-cross."""
        asked = tuple(categories)
        day = self.days.get(label)
        shown = [paper for paper in (day.papers if day else ()) if not paper.deleted and any(on_list(paper, name) for name in asked)]
        entries = [Entry(paper, kind_on(paper, asked), dated or label) for paper in shown]
        return sorted(entries, key=lambda entry: ORDER.index(entry.kind))

    def before(self, label: date) -> date | None:
        """Return the label before, if there is one."""
        place = self.labels.index(label) if label in self.labels else -1
        return self.labels[place - 1] if place > 0 else None

    @functools.lru_cache(maxsize=8)  # noqa: B019 - an archive lives as long as its server
    def known(self, newest: date | None) -> dict[str, Known]:
        """Return every paper announced up to a label, by id; nothing for None."""
        events: dict[str, list[Listed]] = {}
        for label in self.labels:
            if newest is not None and label <= newest:
                for paper in self.days[label].papers:
                    events.setdefault(paper.id, []).append(paper)
        return {key: _known(of) for key, of in events.items()}


def on_list(paper: Listed, category: str) -> bool:
    """Tell whether a paper is on the list of a category, or on one of an archive's."""
    return any(name == category or name.startswith(f"{category}.") for name in paper.lists)


def kind_on(paper: Listed, categories: Sequence[str]) -> Announce:
    """Return how a paper is announced on some lists taken together: `cross` where its primary category is none of theirs.

    A kind that the day file states stands where the primary category's own list is not in the file.
    """
    updated = paper.kind in {Announce.REPLACE, Announce.REPLACE_CROSS, Announce.WITHDRAWN}
    if paper.kind in {Announce.CROSS, Announce.REPLACE_CROSS}:
        crossed = True
    elif paper.kind is not None and not on_list(paper, paper.primary):
        crossed = paper.kind is Announce.WITHDRAWN
    else:
        crossed = bool(paper.categories) and not any(paper.primary == name or paper.primary.startswith(f"{name}.") for name in categories)
    return ORDER[2 * updated + crossed]


def is_withdrawn(paper: Listed) -> bool:
    """Tell whether a label announces a paper as withdrawn."""
    return paper.kind is Announce.WITHDRAWN


def set_of(category: str) -> str:
    """Return the set of a category as the harvest interface names it.

    >>> set_of("cs.IR"), set_of("hep-th"), set_of("astro-ph.CO")
    ('cs:cs:IR', 'physics:hep-th', 'physics:astro-ph:CO')
    """
    archive, _, subject = category.partition(".")
    parts = ("physics" if archive in _PHYSICS else archive, archive, subject)
    return ":".join(part for part in parts if part)


def _known(events: Sequence[Listed]) -> Known:
    newest = max(events, key=lambda event: (event.label, event.version))
    newest = replace(newest, lists=tuple(dict.fromkeys(name for event in events for name in event.lists)))
    stated: dict[int, Version] = {}
    labels: dict[int, date] = {}
    gone: set[int] = set()
    for event in events:
        for version in (*event.history, Version(event.version, event.submitted, event.title, event.text, event.comment)):
            stated[version.number] = _filled(version, stated.get(version.number))
        labels.setdefault(event.version, event.label)
        gone |= {event.version} if is_withdrawn(event) else set()
    return Known(newest, tuple(_told(stated, labels, gone, newest)), newest.label)


def _filled(version: Version, before: Version | None) -> Version:
    """Return a version with what an earlier mention of it said and this one does not."""
    if before is None:
        return version
    return before._replace(**{name: value for name, value in version._asdict().items() if value is not None})


def _told(stated: dict[int, Version], labels: dict[int, date], gone: set[int], newest: Listed) -> list[Told]:
    """Return all versions, oldest first. What no file tells: texts are those of the next version, dates a month before it."""
    told: list[Told] = []
    later = Told(0, handed_in_at(newest.label) + _BETWEEN_VERSIONS, newest.title, newest.text, "", False)
    for number in range(newest.version, 0, -1):
        version = stated.get(number, Version(number))
        submitted = _submitted(version, labels.get(number))
        title = later.title if version.title is None else version.title
        text = later.text if version.text is None else version.text
        when = submitted or _between([_submitted(stated[one], labels.get(one)) for one in stated if one < number], later.submitted)
        later = Told(number, when, title, text, version.comment or "", number in gone)
        told.append(later)
    return told[::-1]


def _between(earlier: Iterable[datetime | None], later: datetime) -> datetime:
    """Return a month before the version after, or half way to it from the newest version before."""
    before = max((when for when in earlier if when is not None), default=None)
    when = later - _BETWEEN_VERSIONS
    return when if before is None or before < when else before + (later - before) / 2


def _submitted(version: Version, label: date | None) -> datetime | None:
    when = version.submitted
    if when is None:
        return handed_in_at(label) if label else None
    if not isinstance(when, datetime):
        return datetime.combine(when, time(12), UTC)
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
