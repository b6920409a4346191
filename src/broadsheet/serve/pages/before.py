"""What stood on a page before it was written anew, so that what changed can be shown."""

from datetime import date, datetime
from typing import Final, NamedTuple

import sqlalchemy as sa

from broadsheet.core.clock import Clock
from broadsheet.core.database import Instant
from broadsheet.core.store import METADATA, Store
from broadsheet.report.model import Report

PAGES: Final = sa.Table(
    "site_pages",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("reader", sa.String(200), nullable=False, index=True),
    sa.Column("label", sa.Date, nullable=False),
    sa.Column("picks", sa.JSON, nullable=False),
    sa.Column("at", Instant, nullable=False),
)


class Moved(NamedTuple):
    """Where an item stands now, and where it stood; None is off the page."""

    now: int | None
    was: int | None

    @property
    def way(self) -> str:
        """Return how it moved.

        >>> Moved(2, 7).way, Moved(7, 2).way, Moved(3, None).way, Moved(None, 3).way
        ('up', 'down', 'new', 'gone')
        """
        if self.now is None:
            return "gone"
        if self.was is None:
            return "new"
        return "up" if self.now < self.was else "down"


class Before(NamedTuple):
    """The picks of a page in their order, and when it was left for another."""

    picks: tuple[str, ...]
    at: datetime


def keep(store: Store, report: Report, clock: Clock) -> None:
    """Keep the picks of a page that is about to be written anew."""
    row = {"reader": report.reader, "label": report.label, "picks": [entry.item.id for entry in report.picks()], "at": clock.now()}
    store.write(lambda connection: connection.execute(sa.insert(PAGES).values(row)))


def last(store: Store, reader: str, label: date) -> Before | None:
    """Return the page of a label as it was before it was written anew, None where it never was."""
    query = sa.select(PAGES.c.picks, PAGES.c.at).where(PAGES.c.reader == reader, PAGES.c.label == label).order_by(PAGES.c.number.desc()).limit(1)
    with store.errors(), store.engine.connect() as connection:
        row = connection.execute(query).first()
    return Before(tuple(row[0]), row[1]) if row is not None else None


def moves(report: Report, before: Before | None) -> dict[str, Moved]:
    """Return the items that stand elsewhere than they did, those that came and those that went, by their place now."""
    if before is None:
        return {}
    now = {entry.item.id: entry.slot for entry in report.picks()}
    was = {item: place for place, item in enumerate(before.picks, 1)}
    every = [*now, *(item for item in was if item not in now)]
    return {item: Moved(now.get(item), was.get(item)) for item in every if now.get(item) != was.get(item)}
