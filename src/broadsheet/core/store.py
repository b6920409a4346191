"""Live state in a database: versions of items, announcements, events."""

import contextlib
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateTable

from broadsheet.core.catalogue import text_hash
from broadsheet.core.errors import StoreError
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
    sa.Column("at", sa.DateTime(timezone=True)),
    sa.Column("note", sa.String, nullable=False),
)
EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("user", sa.String, nullable=False, index=True),
    sa.Column("item", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("slot", sa.Integer),
    sa.Column("propensity", sa.Float),
    sa.UniqueConstraint("user", "item", "kind", "at"),
)
# SQLite binds at most 999 values in old builds; ids are asked for in runs of this length.
RUN = 500
_FORM = "its address is not of the form database://user:password@host:port/name, with %40 for @ in a password"


class Store:
    """The database of one installation; all writing is by upsert, so a repeated run changes nothing.

    `url` is any SQLAlchemy address; what has no `://` in it is the path of a SQLite file, opened in
    WAL mode so that readers and one writer do not block each other. `shown` is the address without
    its secrets, for errors.
    """

    def __init__(self, url: str | Path) -> None:
        is_path = isinstance(url, Path) or "://" not in url
        self.shown = str(url) if is_path else _without_secrets(str(url))
        with self.errors():
            address = sa.URL.create("sqlite", database=str(url)) if is_path else _address(str(url))
            if address.get_backend_name() == "sqlite" and address.database:
                Path(address.database).parent.mkdir(parents=True, exist_ok=True)
            self.engine = sa.create_engine(address)
            if self.engine.dialect.name == "sqlite":
                sa.event.listen(self.engine, "connect", _wal)
            self.create_tables()

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Turn a database's exceptions into `StoreError`."""
        try:
            yield
        except (SQLAlchemyError, OSError, ModuleNotFoundError) as fault:
            reason = str(getattr(fault, "orig", None) or fault).splitlines()[0]
            what = f"The database {self.shown} cannot be used: {reason}."
            raise StoreError(what, "Point BROADSHEET_HOME at a folder of your own, or --store at a database.") from None

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
        with self.errors(), self.engine.begin() as connection:
            self._upsert(connection, VERSIONS, versions)
            self._upsert(connection, ANNOUNCEMENTS, days)
            self._upsert(connection, DAYS, [_day_row(connection, state) for state in states])

    def list_days(self, names: Iterable[str], since: date, until: date) -> list[ListDay]:
        """Return what is known of lists on the labels from one date to another, oldest first."""
        days = DAYS.c
        query = sa.select(DAYS).where(days["list"].in_(sorted(set(names))), days.label.between(since, until)).order_by(days.label, days["list"])
        with self.errors(), self.engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        fields = [name for name in ListDay.model_fields if name not in {"name", "at"}]
        return [ListDay(name=row["list"], at=row["at"] and _aware(row["at"]), **{field: row[field] for field in fields}) for row in rows]

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
        with self.errors(), self.engine.begin() as connection:
            self._upsert(connection, EVENTS, rows)

    def events(self, user: str) -> list[Event]:
        """Return a reader's events in order of time."""
        query = sa.select(EVENTS).where(EVENTS.c.user == user).order_by(EVENTS.c.at, EVENTS.c.id)
        with self.errors(), self.engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        fields = list(Event.model_fields)
        return [Event.model_validate({**{name: row[name] for name in fields}, "at": _aware(row["at"])}) for row in rows]

    def create_tables(self) -> None:
        """Create the tables of `METADATA` that are not there yet."""
        # `create_all` asks first and creates then: of two processes that do so at once, one would fail.
        with self.engine.begin() as connection:
            for table in METADATA.sorted_tables:
                connection.execute(CreateTable(table, if_not_exists=True))
                for index in table.indexes:
                    connection.execute(CreateIndex(index, if_not_exists=True))

    def _upsert(self, connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
        insert = postgresql.insert if self.engine.dialect.name == "postgresql" else sqlite.insert
        keys = [c.name for c in table.primary_key] if table is not EVENTS else ["user", "item", "kind", "at"]
        for row in rows:
            statement = insert(table).values(**row)
            changed = {name: statement.excluded[name] for name in row if name not in keys}
            connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def _address(url: str) -> sa.URL:
    try:
        address = sa.make_url(url)
    except (ArgumentError, ValueError):
        raise ArgumentError(_FORM) from None
    # SQLAlchemy takes what follows a bare @ in a password for the host, and drivers name the host in their errors.
    if "@" in (address.host or ""):
        raise ArgumentError(_FORM)
    return address


def _without_secrets(url: str) -> str:
    """Return an address as it may be shown: the password is masked, and the query, which may hold one too, left out."""
    return re.sub(r"(://[^:/@]*):.*@", r"\1:***@", url).partition("?")[0]


def _wal(connection: Any, record: Any) -> None:
    del record
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=10000")
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as fault:
        # This is the one statement that does not wait for a lock. Who holds it has made the switch
        # or will: the mode is the file's, not the connection's.
        if fault.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
    cursor.close()


def _version_row(item: Item) -> dict[str, Any]:
    record = item.model_dump(mode="json")
    return {"item": item.id, "version": item.version, "record": record, "text_hash": text_hash(item.title + "\n" + item.text)}


def _day_row(connection: sa.Connection, state: ListDay) -> dict[str, Any]:
    kept = sa.select(sa.func.count()).where(ANNOUNCEMENTS.c.label == state.label, ANNOUNCEMENTS.c["list"] == state.name)
    row = {**state.model_dump(exclude={"name"}), "list": state.name, "kept": connection.execute(kept).scalar_one()}
    return {**row, "at": state.at and state.at.astimezone(UTC)}


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
