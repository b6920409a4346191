"""Live state in a database: versions of items, announcements, events."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from broadsheet.core.catalogue import text_hash
from broadsheet.core.database import Instant, create_tables, one_writer, open_engine, upsert, without_secrets
from broadsheet.core.errors import StoreError
from broadsheet.core.home import store_path
from broadsheet.core.schema import Announce, Announcement, Event, Item, ListDay

METADATA = sa.MetaData()
VERSIONS = sa.Table(
    "item_versions",
    METADATA,
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("record", sa.JSON, nullable=False),
    sa.Column("text_hash", sa.String, nullable=False),
)
ANNOUNCEMENTS = sa.Table(
    "announcements",
    METADATA,
    sa.Column("label", sa.Date, primary_key=True),
    sa.Column("list", sa.String, primary_key=True),
    sa.Column("item", sa.String, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
)
DAYS = sa.Table(
    "days",
    METADATA,
    sa.Column("label", sa.Date, primary_key=True),
    sa.Column("list", sa.String, primary_key=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("stated", sa.Integer),
    sa.Column("kept", sa.Integer, nullable=False),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("at", Instant),
    sa.Column("note", sa.String, nullable=False),
)
EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("user", sa.String, nullable=False, index=True),
    sa.Column("item", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("slot", sa.Integer),
    sa.Column("propensity", sa.Float),
    sa.UniqueConstraint("user", "item", "kind", "at"),
)
# SQLite binds at most 999 values in old builds; ids are asked for in runs of this length.
RUN = 500
T = TypeVar("T")


class Store:
    """The database of one installation; all writing is by upsert, so a repeated run changes nothing.

    `url` is any SQLAlchemy address; what has no `://` in it is the path of a SQLite file, opened in
    WAL mode so that readers and one writer do not block each other. `shown` is the address without
    its secrets, for errors.
    """

    def __init__(self, url: str | Path) -> None:
        self.shown = without_secrets(url)
        with self.errors():
            self.engine = open_engine(url)
            try:
                self.create_tables()
            except BaseException:
                self.engine.dispose()
                raise

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Turn a database's exceptions into `StoreError`."""
        try:
            yield
        except (SQLAlchemyError, OSError, ImportError) as fault:
            reason = str(getattr(fault, "orig", None) or fault).splitlines()[0].rstrip(".")
            what = f"The database {self.shown} cannot be used: {reason}."
            driver = " For PostgreSQL run: pip install 'psycopg[binary]>=3.2'" if isinstance(fault, ImportError) else ""
            raise StoreError(what, f"Point BROADSHEET_HOME at a folder of your own, or --store at a database.{driver}") from None

    def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Do work in one transaction with no other writer beside it (`core.database.one_writer`), on either database."""
        with self.errors():
            return one_writer(self.engine, work)

    def record_day(self, announcements: Sequence[Announcement], states: Sequence[ListDay] = ()) -> None:
        """Keep each item's version, and on which list of which day it was announced; with them, or not at all, what is known of the lists.

        How many a list keeps is counted here, whatever the state says.
        """
        versions = [_version_row(item) for a in announcements for item in (a.item, a.earlier) if item is not None]
        days = [
            {"label": a.item.announced, "list": name, "item": a.item.id, "version": a.item.version, "kind": str(a.kind)}
            for a in announcements
            if a.item.announced is not None
            for name in (a.lists or ("",))
        ]

        def all_of_it(connection: sa.Connection) -> None:
            upsert(connection, VERSIONS, versions)
            upsert(connection, ANNOUNCEMENTS, days)
            upsert(connection, DAYS, [_day_row(connection, state) for state in states])

        self.write(all_of_it)

    def list_days(self, names: Iterable[str], since: date, until: date) -> list[ListDay]:
        """Return what is known of lists on the labels from one date to another, oldest first."""
        days = DAYS.c
        query = sa.select(DAYS).where(days["list"].in_(sorted(set(names))), days.label.between(since, until)).order_by(days.label, days["list"])
        with self.errors(), self.engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        fields = [name for name in ListDay.model_fields if name != "name"]
        return [ListDay(name=row["list"], **{field: row[field] for field in fields}) for row in rows]

    def announced_between(self, since: date, until: date, names: Iterable[str] | None = None) -> list[Announcement]:
        """Return what was announced on labels from one date to another, oldest first: one announcement for each list of a paper."""
        days = ANNOUNCEMENTS.c
        query = (
            sa.select(days.label, days["list"].label("on"), days.kind, VERSIONS.c.record)
            .join(VERSIONS, (VERSIONS.c.item == days.item) & (VERSIONS.c.version == days.version))
            .where(days.label.between(since, until))
            .order_by(days.label, days.item, days["list"])
        )
        if names is not None:
            query = query.where(days["list"].in_(sorted(set(names))))
        with self.errors(), self.engine.connect() as connection:
            rows = connection.execute(query).all()
        return [
            Announcement(
                item=Item.model_validate(row.record).model_copy(update={"announced": row.label}),
                kind=Announce(row.kind),
                lists=(row.on,) if row.on else (),
            )
            for row in rows
        ]

    def earlier_versions(self, items: Iterable[Item]) -> dict[str, Item]:
        """Return, by id, the newest kept version that is older than the item given."""
        wanted = {item.id: item.version for item in items}
        ids = list(wanted)
        found: dict[str, Item] = {}
        with self.errors(), self.engine.connect() as connection:
            for start in range(0, len(ids), RUN):
                query = sa.select(VERSIONS).where(VERSIONS.c.item.in_(ids[start : start + RUN])).order_by(VERSIONS.c.version)
                for row in connection.execute(query):
                    if row.version < wanted[row.item]:
                        found[row.item] = Item.model_validate(row.record)
        return found

    def announced_before(self, label: date, most: int) -> list[Announcement]:
        """Return the newest `most` papers announced before a label, oldest first, each as it was first announced, with its lists."""
        days = ANNOUNCEMENTS.c
        first = sa.select(days.item, sa.func.min(days.label).label("label")).where(days.label < label).group_by(days.item).subquery()
        newest = sa.select(first.c.item, first.c.label).order_by(first.c.label.desc(), first.c.item).limit(most).subquery()
        query = (
            sa.select(newest.c.label, days["list"].label("on"), VERSIONS.c.record)
            .join(ANNOUNCEMENTS, (days.item == newest.c.item) & (days.label == newest.c.label))
            .join(VERSIONS, (VERSIONS.c.item == newest.c.item) & (VERSIONS.c.version == days.version))
            .order_by(newest.c.label, newest.c.item, days["list"])
        )
        found: dict[str, Announcement] = {}
        with self.errors(), self.engine.connect() as connection:
            for row in connection.execute(query):
                item = Item.model_validate(row.record)
                lists = (*(found[item.id].lists if item.id in found else ()), *((row.on,) if row.on else ()))
                found[item.id] = Announcement(item=item, lists=lists)
        return list(found.values())

    def items(self, ids: Iterable[str]) -> dict[str, Item]:
        """Return, by id, the newest kept version of items; those that are not kept are left out."""
        wanted = sorted(set(ids))
        found: dict[str, Item] = {}
        with self.errors(), self.engine.connect() as connection:
            for start in range(0, len(wanted), RUN):
                query = sa.select(VERSIONS).where(VERSIONS.c.item.in_(wanted[start : start + RUN])).order_by(VERSIONS.c.version)
                found |= {row.item: Item.model_validate(row.record) for row in connection.execute(query)}
        return found

    def record_events(self, events: Iterable[Event]) -> None:
        """Keep events; the same event twice is one."""
        rows = [{**event.model_dump(), "at": event.at.astimezone(UTC)} for event in events]
        self.write(lambda connection: upsert(connection, EVENTS, rows, ("user", "item", "kind", "at")))

    def events(self, user: str, item: str | None = None) -> list[Event]:
        """Return a reader's events in order of time, those on one item where it is named."""
        query = sa.select(EVENTS).where(EVENTS.c.user == user).order_by(EVENTS.c.at, EVENTS.c.id)
        if item is not None:
            query = query.where(EVENTS.c.item == item)
        with self.errors(), self.engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        fields = list(Event.model_fields)
        return [Event.model_validate({name: row[name] for name in fields}) for row in rows]

    def create_tables(self) -> None:
        """Create the tables of `METADATA` that are not there yet. Raises StoreError for a database whose tables are of another form."""
        create_tables(self.engine, METADATA, self.shown)


@contextlib.contextmanager
def open_store(url: str | Path = "") -> Iterator[Store]:
    """Open a database, without an address that of BROADSHEET_HOME, and close it at the end. Raises StoreError."""
    store = Store(url or store_path())
    try:
        yield store
    finally:
        store.close()


def _version_row(item: Item) -> dict[str, Any]:
    record = item.model_dump(mode="json")
    return {"item": item.id, "version": item.version, "record": record, "text_hash": text_hash(item.title + "\n" + item.text)}


def _day_row(connection: sa.Connection, state: ListDay) -> dict[str, Any]:
    kept = sa.select(sa.func.count()).where(ANNOUNCEMENTS.c.label == state.label, ANNOUNCEMENTS.c["list"] == state.name)
    return {**state.model_dump(exclude={"name"}), "list": state.name, "kept": connection.execute(kept).scalar_one()}
