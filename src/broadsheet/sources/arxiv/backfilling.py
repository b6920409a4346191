"""On which label a harvested paper was announced: OAI-PMH tells when versions were submitted and records changed, and not when they were announced."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from broadsheet.core.schema import Announce, Announcement
from broadsheet.sources.arxiv.calendar import Calendar
from broadsheet.sources.arxiv.judging import on_list, order
from broadsheet.sources.arxiv.oai import Harvested


class Filled(NamedTuple):
    """What harvested records say of labels: announcements by list, and how many records changed without a version, or were deleted."""

    announcements: Mapping[str, tuple[Announcement, ...]]
    changed: int
    deleted: int


def fill(harvested: Mapping[str, Sequence[Harvested]], calendar: Calendar, known: Mapping[str, date], since: date, until: date) -> Filled:
    """Infer what was announced from one label to another, by list. `known` are labels on which feeds have announced papers as new, by id.

    The first version of a paper came on the first label after it was submitted, or on a later one if
    moderators held it: numbers are given in the order of announcement, so it is not earlier than
    that of any paper with a lower number, and between those of known papers. A later version came on the first
    label after it; of several on one label the last stands. What the record says is its last version.
    """
    records = {one.id: one for found in harvested.values() for one in found}
    first = first_labels(records.values(), calendar, known)
    found = {name: tuple(_of_list(name, ones, calendar, first, since, until)) for name, ones in harvested.items()}
    told = {a.item.id for ones in found.values() for a in ones}
    gone = sum(one.deleted for one in records.values())
    return Filled(found, len(records) - gone - len(told - {one.id for one in records.values() if one.deleted}), gone)


def first_labels(records: Iterable[Harvested], calendar: Calendar, known: Mapping[str, date]) -> dict[str, date]:
    """Return the label on which each paper was first announced, as far as numbers and times tell."""
    ids = sorted({*known, *(one.id for one in records if not one.deleted and one.versions)}, key=order)
    least = {one.id: calendar.label_of(one.versions[0].at) for one in records if not one.deleted and one.versions}
    found: dict[str, date] = {}
    reached = date.min
    for key in ids:
        reached = max(reached, known.get(key) or least[key])
        found[key] = known.get(key) or reached
    # From above: no later than the next paper whose label is known.
    for later, key in pairwise(reversed(ids)):
        if key not in known and order(key)[0]:
            found[key] = min(found[key], found[later])
    return found


def _of_list(name: str, records: Sequence[Harvested], calendar: Calendar, first: Mapping[str, date], since: date, until: date) -> Iterator[Announcement]:
    for record in records:
        if record.deleted or not record.versions:
            continue
        item = record.item()
        is_own = on_list(Announcement(item=item.model_copy(update={"categories": record.categories[:1]})), name)
        labels = {first[record.id]: Announce.NEW if is_own else Announce.CROSS}
        for version in record.versions[1:]:
            label = max(first[record.id], calendar.label_of(version.at))
            if version.number == record.version and record.withdrawn:
                labels[label] = Announce.WITHDRAWN
            else:
                labels.setdefault(label, Announce.REPLACE if is_own else Announce.REPLACE_CROSS)
        for label, kind in sorted(labels.items()):
            if since <= label <= until:
                yield Announcement(item=item.model_copy(update={"announced": label}), kind=kind, lists=(name,))
