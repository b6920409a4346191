"""What is news to a reader: no paper is new twice, whatever its title or its list, and what was shown is remembered."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from broadsheet.core.database import insert_new
from broadsheet.core.schema import Announce, Announcement
from broadsheet.core.store import ANNOUNCEMENTS, EVENTS, METADATA, RUN, Store
from broadsheet.report.build import Day
from broadsheet.report.feedback.record import SHOWN
from broadsheet.sources.arxiv.ids import as_arxiv_id

NEWS = sa.Table(
    "news",
    METADATA,
    sa.Column("reader", sa.String, primary_key=True),
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("label", sa.Date, nullable=False),
)
"""Under which label a paper was news to a reader: one row, whatever comes later."""
# What tells that a paper reached a reader.
REACHED = (SHOWN, "delivered")
# As what a paper comes again that is not news.
_AGAIN = {Announce.NEW: Announce.REPLACE, Announce.CROSS: Announce.REPLACE_CROSS}
_NAMED = 10


class Before(NamedTuple):
    """When a paper was first announced, and on which lists it was before a label."""

    label: date
    lists: frozenset[str]


class News(NamedTuple):
    """A day as it is news to a reader, and notes that name what is not and what was withdrawn since it was shown."""

    day: Day
    notes: tuple[str, ...]


def settle(store: Store, reader: str, day: Day, categories: Collection[str] = ()) -> News:
    """Let each paper be news to a reader under one label only: what comes again as new or crossed is an update instead.

    Papers are told apart by id. One was news before where any list announced it under an earlier label, or where it stood as
    news on the reader's page of any other label, made before this one. A paper that comes by a later cross-list to one of the
    reader's `categories` for the first time is still crossed, unless the reader was shown it. The same label settled again
    gives the same. Of a catalogue without dates nobody can say that an entry was announced before: it is offered each day.
    """
    news = {a.item.id: a for a in day.announcements if a.kind in _AGAIN and (a.item.id not in day.undated or as_arxiv_id(a.item.id))}
    before = announced_before(store, news, day.label)
    told = told_before(store, reader, (a.item.id for a in day.announcements), day.label)
    reached = {name for name, found in before.items() if name not in told and _reaches(news[name], found, categories)}
    again = {name: found.label for name, found in before.items() if name not in reached}
    stood = claim(store, reader, day.label, [name for name in news if name not in again], reached)
    again |= {name: on for name, on in stood.items() if on != day.label}
    settled = tuple(a.model_copy(update={"kind": _AGAIN[a.kind]}) if a.item.id in again and a.kind in _AGAIN else a for a in day.announcements)
    return News(day._replace(announcements=settled, again=again, told=told), (*_named(again), *_withdrawn(settled, told)))


def announced_before(store: Store, items: Iterable[str], label: date) -> dict[str, Before]:
    """Return, by id, the first label of papers that any list announced before a label, in whatever way; others are left out."""
    found: dict[str, Before] = {}
    days = ANNOUNCEMENTS.c
    query = sa.select(days.item, days.label, days["list"].label("on")).where(days.label < label)
    with store.errors(), store.engine.connect() as connection:
        for ids in _runs(items):
            for row in connection.execute(query.where(days.item.in_(ids))):
                known = found.get(row.item, Before(row.label, frozenset()))
                found[row.item] = Before(min(known.label, row.label), known.lists | {row.on})
    return found


def claim(store: Store, reader: str, label: date, items: Iterable[str], reached: Iterable[str] = ()) -> dict[str, date]:
    """Keep that papers are news to a reader under a label, where they are under no other yet; return under which each is.

    Those of them that have `reached` the reader only now are so under this label, though they stood on an earlier page. All is
    kept before the page is made: of two pages that are made at once, one has the paper.
    """
    wanted, later = _runs(items), _runs(reached)

    def keep(connection: sa.Connection) -> dict[str, date]:
        found: dict[str, date] = {}
        for ids in later:
            moved = sa.update(NEWS).where(NEWS.c.reader == reader, NEWS.c.item.in_(ids), NEWS.c.label < label)
            connection.execute(moved.values(label=label))
        for ids in wanted:
            insert_new(connection, NEWS, [{"reader": reader, "item": item, "label": label} for item in ids])
            rows = connection.execute(sa.select(NEWS.c.item, NEWS.c.label).where(NEWS.c.reader == reader, NEWS.c.item.in_(ids)))
            found |= {row.item: row.label for row in rows}
        return found

    return store.write(keep)


def told_before(store: Store, reader: str, items: Iterable[str], before: date = date.max) -> dict[str, date]:
    """Return, by id, the newest page on which a reader was shown papers, or had them delivered, before a label; others are left out."""
    found: dict[str, date] = {}
    query = sa.select(EVENTS.c.item, EVENTS.c.at).where(EVENTS.c.user == reader, EVENTS.c.kind.in_(REACHED))
    with store.errors(), store.engine.connect() as connection:
        for ids in _runs(items):
            for row in connection.execute(query.where(EVENTS.c.item.in_(ids))):
                on = row.at.date()
                if on < before:
                    found[row.item] = max(on, found.get(row.item, on))
    return found


def _reaches(announcement: Announcement, before: Before, categories: Collection[str]) -> bool:
    """Tell whether a paper comes by a cross-list to categories that no list before was of."""
    wanted = set(categories)
    return announcement.kind is Announce.CROSS and bool(wanted & set(announcement.lists)) and not wanted & before.lists


def _runs(items: Iterable[str]) -> list[list[str]]:
    ids = sorted(set(items))
    return [ids[start : start + RUN] for start in range(0, len(ids), RUN)]


def _named(again: Mapping[str, date]) -> tuple[str, ...]:
    if not again:
        return ()
    named = [f"{item} ({on})" for item, on in sorted(again.items(), key=lambda pair: (pair[1], pair[0]))]
    rest = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return (f"Not new again, but under Updated, as it was announced before: {', '.join(named[:_NAMED])}{rest}.",)


def _withdrawn(day: Iterable[Announcement], told: Mapping[str, date]) -> tuple[str, ...]:
    """Tell the reader, on top of the page, what was withdrawn since it was shown."""
    gone = [a.item for a in day if a.kind is Announce.WITHDRAWN and a.item.id in told]
    return tuple(f"Withdrawn since you were shown it on {told[item.id]}: {item.title} ({item.id})." for item in gone)
