"""How a compared page is kept as events: which team filled each slot, which arm a reader was in; and how it is read again."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple

import sqlalchemy as sa

from broadsheet.core.errors import ConfigError, RecordError, did_you_mean
from broadsheet.core.schema import Event
from broadsheet.core.store import EVENTS, Store
from broadsheet.report.feedback.interleave import Page
from broadsheet.report.feedback.split import Reader
from broadsheet.report.planned import SHOWN, TAKEN_UP

DRAFT, SPLIT = "draft", "split"
# What an act is worth, where a reader did it: a paper that was kept is worth more than one that was looked at.
WORTH: Mapping[str, float] = {"opened": 1.0, "saved": 3.0, "more": 3.0}
_NAME = re.compile(r"[\w][\w .\-]{0,63}")
MEND = "Make pages with [compare] in a profile, and let readers click; events are kept in the database of --store."


def check_name(experiment: str) -> str:
    """Return an experiment's name, or raise ConfigError: letters, digits, blanks, full stops and hyphens, 64 at most.

    >>> check_name("words or meaning")
    'words or meaning'
    """
    if not _NAME.fullmatch(experiment):
        raise ConfigError(f"The experiment's name {experiment!r} cannot be kept.", "Name it with letters, digits, blanks, full stops and hyphens: words-or-meaning.")
    return experiment


def at_label(label: date) -> datetime:
    """Return the instant that a page's events bear."""
    return datetime.combine(label, time(), UTC)


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
    """Yield every reader with a mark of the experiment, with all their events in order of time."""
    prefix = f"{form}:{experiment}:"
    query = sa.select(EVENTS.c.user).where(EVENTS.c.kind.startswith(prefix, autoescape=True)).distinct().order_by(EVENTS.c.user)
    with store.errors(), store.engine.connect() as connection:
        readers = connection.execute(query).scalars().all()
    for reader in readers:
        yield reader, store.events(reader)


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


def assigned(reader: str, events: Iterable[Event], experiment: str, worth: Mapping[str, float] = WORTH, since: date = date.min, until: date = date.max) -> Assigned:
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
        if event.kind in TAKEN_UP:
            label = next((one for one in newest_first if one <= event.at.date() and event.item in shown[one]), None)
            if label is not None:
                clicked[label].add(event.item)
    return clicked
