"""On which label a harvested paper was announced: OAI-PMH tells when versions were submitted and records changed, and not when they were announced."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from broadsheet.core.schema import Announce, Announcement
from broadsheet.sources.arxiv.calendar import Calendar
from broadsheet.sources.arxiv.judging import on_list, order
from broadsheet.sources.arxiv.oai import Harvested

# So many papers with higher numbers and earlier labels are no papers that moderators held: it is the one paper that is odd.
_SEVERAL = 5


class Gaps(NamedTuple):
    """What is to be filled in, and what is known around it.

    `missing` are the labels of each list, oldest first; `first` the labels on which feeds announced papers as new, by id;
    `there` pairs of id and list that are kept on any label near; `fed` pairs of label and list that a feed brought whole.
    """

    missing: Mapping[str, Sequence[date]]
    first: Mapping[str, date] = {}
    there: Collection[tuple[str, str]] = frozenset()
    fed: Collection[tuple[date, str]] = frozenset()


class Filled(NamedTuple):
    """What harvested records say of labels: announcements by list, and counts.

    `by_time` papers were placed by the time of submission against the order of numbers, `changed` records changed
    and were announced on no missing label as far as can be told, `deleted` ones are gone.
    """

    announcements: Mapping[str, tuple[Announcement, ...]]
    by_time: int
    changed: int
    deleted: int


def fill(harvested: Mapping[str, Sequence[Harvested]], calendar: Calendar, gaps: Gaps) -> Filled:
    """Infer what was announced on missing labels.

    The first version of a paper came on the first label after it was submitted, or on a later one if moderators held it:
    numbers are given in the order of announcement, so it is not earlier than that of a paper with a lower number, nor later
    than that of a known one with a higher. A later version came on the first label after it; of several on one label the last
    stands. A paper that a list had not on its first day, and whose record changed without a version, was crossed to it then.
    What the record says is its last version.
    """
    records = {one.id: one for found in harvested.values() for one in found if not one.deleted and one.versions}
    first = first_labels(records.values(), calendar, gaps.first)
    found: dict[str, tuple[Announcement, ...]] = {}
    by_time: set[str] = set()
    for name, ones in harvested.items():
        missing = gaps.missing[name]
        placed: list[Announcement] = []
        for record in (one for one in ones if one.id in records):
            kinds, against = _kinds(name, record, calendar, first, gaps)
            by_time |= {record.id} if against else set()
            placed += [Announcement(item=record.item(label), kind=kind, lists=(name,)) for label, kind in sorted(kinds.items()) if label in missing]
        found[name] = tuple(placed)
    told = {a.item.id for ones in found.values() for a in ones}
    deleted = len({one.id for ones in harvested.values() for one in ones if one.deleted})
    return Filled(found, len(by_time), len(records.keys() - told), deleted)


def first_labels(records: Iterable[Harvested], calendar: Calendar, known: Mapping[str, date]) -> dict[str, date]:
    """Return the label on which each paper was first announced, as far as numbers and times tell."""
    least = {one.id: calendar.label_of(one.versions[0].at) for one in records}
    found = {**least, **known}
    # An old number says nothing of when another was given.
    dotted = sorted((key for key in found if order(key)[0]), key=order)
    odd = _against(dotted, [found[key] for key in dotted])
    ids = [key for key in dotted if key not in odd]
    reached = date.min
    for key in ids:
        reached = max(reached, least[key]) if key not in known else known[key]
        found[key] = known.get(key) or reached
    for later, key in pairwise(reversed(ids)):
        if key not in known:
            found[key] = min(found[key], found[later])
    return found


def _against(ids: Sequence[str], labels: Sequence[date]) -> set[str]:
    """Return the papers, in the order of numbers, that came later than several with higher numbers: their times say nothing of others.

    The longest run of papers whose labels do not fall is what the others are held against.
    """
    ends: list[date] = []
    places: list[int] = []
    before: list[int] = []
    for number, label in enumerate(labels):
        place = bisect_right(ends, label)
        before.append(places[place - 1] if place else -1)
        ends[place : place + 1], places[place : place + 1] = [label], [number]
    run: list[int] = []
    at = places[-1] if places else -1
    while at >= 0:
        run.append(at)
        at = before[at]
    run.reverse()
    rising, within = [labels[number] for number in run], set(run)
    odd = (number for number in range(len(ids)) if number not in within)
    return {ids[number] for number in odd if bisect_left(rising, labels[number]) - bisect_left(run, number) >= _SEVERAL}


def _kinds(name: str, record: Harvested, calendar: Calendar, first: Mapping[str, date], gaps: Gaps) -> tuple[dict[date, Announce], bool]:
    """Return how one list announced a paper on which labels, and whether its first label was chosen against the order of numbers."""
    missing = gaps.missing[name]
    is_own = on_list(Announcement(item=record.item().model_copy(update={"categories": record.categories[:1]})), name)
    label, against = first[record.id], False
    arrived = Announce.NEW if is_own else Announce.CROSS
    is_there = (record.id, name) in gaps.there
    least = calendar.label_of(record.versions[0].at)
    if label not in missing and not is_there and missing[0] <= least <= missing[-1]:
        label, against = next(day for day in missing if day >= least), True
    elif not is_own and not is_there and (label, name) in gaps.fed and record.datestamp not in _later(record, calendar).values():
        # The list was whole without it on its first day.
        return {record.datestamp: Announce.CROSS, **_updates(record, is_own, label, calendar)}, False
    kinds = _updates(record, is_own, label, calendar)
    if not is_there:
        kinds = {label: arrived, **{day: kind for day, kind in kinds.items() if day != label or kind is Announce.WITHDRAWN}}
    return kinds, against


def _later(record: Harvested, calendar: Calendar) -> dict[int, date]:
    return {version.number: calendar.label_of(version.at) for version in record.versions[1:]}


def _updates(record: Harvested, is_own: bool, first: date, calendar: Calendar) -> dict[date, Announce]:  # noqa: FBT001 - one of two facts of a list
    """Return the labels of later versions; that of the last is a withdrawal where the record is one of a paper that was withdrawn."""
    kinds: dict[date, Announce] = {}
    for number, label in _later(record, calendar).items():
        is_gone = number == record.version and record.withdrawn
        kinds[max(first, label)] = Announce.WITHDRAWN if is_gone else Announce.REPLACE if is_own else Announce.REPLACE_CROSS
    return kinds


def labels_of(announcements: Iterable[Announcement]) -> Iterator[tuple[str, str]]:
    """Yield the id and each list of announcements."""
    return ((a.item.id, name) for a in announcements for name in a.lists)
