"""How a compared page is kept as events: which team filled each slot, which arm a reader was in; and how it is read again."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from broadsheet.core.errors import RecordError, did_you_mean
from broadsheet.core.schema import Event
from broadsheet.core.store import EVENTS, Store
from broadsheet.report.feedback.interleave import InterleaveVerdict, Page
from broadsheet.report.feedback.interleave import judge as judge_pages
from broadsheet.report.feedback.names import check_name
from broadsheet.report.feedback.record import MORE, OPENED, SAVED, SHOWN, WANTED, at_label, standing
from broadsheet.report.feedback.split import Reader, SplitVerdict
from broadsheet.report.feedback.split import judge as judge_readers
from broadsheet.report.model import Report

DRAFT, SPLIT = "draft", "split"
# What an act is worth, where a reader did it: a paper that was kept is worth more than one that was looked at.
WORTH: Mapping[str, float] = {OPENED: 1.0, SAVED: 3.0, MORE: 3.0}
# An arm that has a share of the readers, and no page.
NOBODY = "without a page"
MEND = "Make pages with [compare] in a profile, and let readers click; events are kept in the database of --store."


def draft_events(experiment: str, reader: str, label: date, items: Sequence[str], teams: Sequence[str]) -> list[Event]:
    """Return an event for each slot of an interleaved page that says whose it is; with `shown` and clicks that is all a verdict needs."""
    name = check_name(experiment)
    return [
        Event(user=reader, item=item, kind=f"{DRAFT}:{name}:{team}", at=at_label(label), slot=slot)
        for slot, (item, team) in enumerate(zip(items, teams, strict=True), 1)
    ]


def split_event(experiment: str, reader: str, label: date, arm: str, share: float) -> Event:
    """Return the event that says in which arm a page was made, and which share of readers that arm has."""
    return Event(user=reader, item=check_name(experiment), kind=f"{SPLIT}:{experiment}:{check_name(arm)}:{share:g}", at=at_label(label))


def comparison_events(report: Report) -> list[Event]:
    """Return the marks of a report's page; none where it compares nothing."""
    told = report.compare
    if told is None:
        return []
    if told.form == SPLIT:
        return [split_event(told.name, report.reader, report.label, told.arm, told.share)]
    return draft_events(told.name, report.reader, report.label, [entry.item.id for entry in report.picks()], told.teams)


def experiments(store: Store, form: str) -> list[str]:
    """Return the names of the experiments that the store has marks of."""
    query = sa.select(EVENTS.c.kind).where(EVENTS.c.kind.startswith(f"{form}:", autoescape=True)).distinct()
    with store.errors(), store.engine.connect() as connection:
        return sorted({kind.split(":")[1] for kind in connection.execute(query).scalars()})


def chosen(store: Store, form: str, wanted: str) -> str:
    """Return the experiment wanted, or the only one there is. Raises RecordError where there is none, or several and none is named."""
    known = experiments(store, form)
    if wanted in known:
        return wanted
    if not known:
        raise RecordError(f"No page of this database was made for a comparison ({'interleaved' if form == DRAFT else 'split'}).", MEND)
    if wanted:
        raise RecordError(f"There is no experiment {wanted!r}.{did_you_mean(wanted, known)}", f"There are: {', '.join(known)}.")
    if len(known) > 1:
        raise RecordError(f"There are {len(known)} experiments.", f"Name one: {', '.join(known)}.")
    return known[0]


def marked(store: Store, form: str, experiment: str) -> Iterator[tuple[str, list[Event]]]:
    """Yield every reader with a mark of the experiment, with their events that hold in order of time: what was undone is no click."""
    prefix = f"{form}:{experiment}:"
    query = sa.select(EVENTS.c.user).where(EVENTS.c.kind.startswith(prefix, autoescape=True)).distinct().order_by(EVENTS.c.user)
    with store.errors(), store.engine.connect() as connection:
        readers = connection.execute(query).scalars().all()
    for reader in readers:
        yield reader, standing(store.events(reader))


def pages(reader: str, events: Iterable[Event], experiment: str, since: date = date.min, until: date = date.max) -> list[Page]:
    """Return a reader's interleaved pages: a click belongs to the newest page before it that showed the paper."""
    held = list(events)
    prefix = f"{DRAFT}:{experiment}:"
    teams: dict[date, dict[str, str]] = defaultdict(dict)
    for event in held:
        if event.kind.startswith(prefix):
            teams[event.at.date()][event.item] = event.kind.removeprefix(prefix)
    clicked = _by_label({label: set(shown) for label, shown in teams.items()}, held)
    return [Page(reader, label, shown, frozenset(clicked[label])) for label, shown in sorted(teams.items()) if since <= label <= until]


class Assigned(NamedTuple):
    """A reader of a split test, and the arms and shares that their pages were marked with: more than one arm makes a stray."""

    reader: Reader
    shares: dict[str, float]


def assigned(
    reader: str, events: Iterable[Event], experiment: str, worth: Mapping[str, float] = WORTH, since: date = date.min, until: date = date.max
) -> Assigned:
    """Sum up what a reader did with the pages of an experiment."""
    held = list(events)
    prefix = f"{SPLIT}:{experiment}:"
    labels: set[date] = set()
    shares: dict[str, float] = {}
    for event in held:
        if event.kind.startswith(prefix) and since <= event.at.date() <= until:
            arm, _, share = event.kind.removeprefix(prefix).rpartition(":")
            labels.add(event.at.date())
            shares[arm] = float(share)
    shown: dict[date, set[str]] = {label: set() for label in labels}
    for event in held:
        if event.kind == SHOWN and event.at.date() in labels:
            shown[event.at.date()].add(event.item)
    clicked = _by_label(shown, held)
    acts = {(event.item, event.kind) for event in held if event.kind in worth}
    value = sum(max((worth[kind] for item, kind in acts if item == one), default=0.0) for label in labels for one in clicked[label])
    told = Reader(reader, next(iter(shares), ""), sum(map(len, shown.values())), sum(len(clicked[label]) for label in labels), value)
    return Assigned(told, shares)


def _by_label(shown: Mapping[date, set[str]], events: Iterable[Event]) -> dict[date, set[str]]:
    """Return which papers of each page were clicked; one that was shown twice is the newer page's from then on."""
    newest_first = sorted(shown, reverse=True)
    clicked: dict[date, set[str]] = {label: set() for label in shown}
    for event in events:
        if event.kind in WANTED:
            label = next((one for one in newest_first if one <= event.at.date() and event.item in shown[one]), None)
            if label is not None:
                clicked[label].add(event.item)
    return clicked


def interleaved(store: Store, name: str = "", since: date = date.min, until: date = date.max) -> InterleaveVerdict:
    """Judge the interleaved pages of an experiment. Raises RecordError as `chosen` does."""
    experiment = chosen(store, DRAFT, name)
    return judge_pages(experiment, (page for reader, events in marked(store, DRAFT, experiment) for page in pages(reader, events, experiment, since, until)))


def split_over(store: Store, name: str = "", since: date = date.min, until: date = date.max) -> SplitVerdict:
    """Judge a split test; a reader whose pages bear two arms is left out and counted.

    Raises RecordError as `chosen` does, and where an arm's share was changed: no one ratio can be expected then.
    """
    experiment = chosen(store, SPLIT, name)
    found = [assigned(reader, events, experiment, since=since, until=until) for reader, events in marked(store, SPLIT, experiment)]
    stated = {(arm, share) for one in found for arm, share in one.shares.items()}
    shares = dict(sorted(stated))
    if len(shares) < len(stated):
        raise RecordError(f"The shares of {experiment!r} were changed while it ran.", "Judge the days of one share: --since or --until.")
    if 0 < sum(shares.values()) < 1 - 1e-6:
        shares[NOBODY] = 1 - sum(shares.values())
    kept = [one.reader for one in found if len(one.shares) == 1]
    strays = sum(len(one.shares) > 1 for one in found)
    return judge_readers(experiment, kept, shares, strays=strays)
