"""A database of either kind, SQLite or PostgreSQL, opened, written to and dated alike."""

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError
from sqlalchemy.schema import CreateIndex, CreateTable

from broadsheet.core.errors import StoreError

T = TypeVar("T")
SCHEMA = 1
"""The number of the tables' form; it goes up where a table that is there changes, and not where one is added."""
PATIENCE = 30
"""Seconds that a writer waits for another."""
# Whoever writes holds this lock of PostgreSQL, as SQLite has one writer: two that touch the same rows in another order would else end each other.
_ONE_WRITER = 0x62726F6164
_FORM = "its address is not of the form database://user:password@host:port/name, with %40 for @ in a password"
# What begins so was meant for an address, and its password for nobody to see.
_MISSPELT = re.compile(r"(postgres|mysql|sqlite)\w*(\+\w+)?:(?!//)", re.IGNORECASE)
_NUMBER = sa.Table("schema_number", sa.MetaData(), sa.Column("number", sa.Integer, primary_key=True, autoincrement=False))


class Instant(sa.TypeDecorator[datetime]):
    """A column of instants: what is written has a time zone, and what is read is in UTC, whatever the database keeps."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Turn an instant to UTC. Raises ValueError without a time zone: nobody would know when that is."""
        del dialect
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Say that what SQLite keeps is UTC, and turn what PostgreSQL tells in the server's zone."""
        del dialect
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


def open_engine(url: str | Path) -> sa.Engine:
    """Open any SQLAlchemy address, or the path of a SQLite file, whose folder is made; plain `postgresql://` is spoken by psycopg 3.

    Raises ArgumentError for what is no address, and OSError where the folder cannot be made.
    """
    if _MISSPELT.match(str(url)):
        raise ArgumentError(_FORM)
    address = sa.URL.create("sqlite", database=str(url)) if is_path(url) else _address(str(url))
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    # A server may have been restarted since the connection was last used.
    engine = sa.create_engine(address, pool_pre_ping=address.get_backend_name() != "sqlite")
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _wal)
    return engine


def is_path(url: str | Path) -> bool:
    """Tell whether an address is a path: it has no `://`."""
    return isinstance(url, Path) or "://" not in url


def without_secrets(url: str | Path) -> str:
    """Return an address as it may be shown: the password is masked, and the query, which may hold one too, left out.

    >>> without_secrets("postgresql://ana:secret@host/news?sslpassword=x")
    'postgresql://ana:***@host/news'
    """
    is_address = not is_path(url) or _MISSPELT.match(str(url))
    return re.sub(r"(:/*[^:/@]*):.*@", r"\1:***@", str(url)).partition("?")[0] if is_address else str(url)


def one_writer(engine: sa.Engine, work: Callable[[sa.Connection], T]) -> T:
    """Do work in one transaction, with no other writer beside it: what it reads stays true until it is committed.

    Of all that it writes, all is kept or nothing. A writer that has waited `PATIENCE` seconds for another fails with the database's own error.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            # Without a word, SQLite takes the lock at the first row written, when what was read before may be out of date.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            _lock(connection)
        return work(connection)


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], keys: Sequence[str] = ()) -> None:
    """Write rows, which all name the same columns; one whose key is there is replaced, and of two with the same key the later holds.

    `keys` are the columns of a unique constraint; without any, the primary key.
    """
    if not rows:
        return
    insert = _insert(connection, table)
    unique = list(keys) or [column.name for column in table.primary_key]
    changed = {name: insert.excluded[name] for name in rows[0] if name not in unique}
    statement = insert.on_conflict_do_update(index_elements=unique, set_=changed) if changed else insert.on_conflict_do_nothing(index_elements=unique)
    connection.execute(statement, [dict(row) for row in rows])


def insert_new(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows, which all name the same columns; one whose key is there, be it the primary key or another that is unique, is left as it stands."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), [dict(row) for row in rows])


def create_tables(engine: sa.Engine, metadata: sa.MetaData, shown: str) -> None:
    """Create the tables that are not there yet, all or none, by several processes at once if need be.

    A database from before there were numbers has the tables of number 1. Raises StoreError for one of another number, which is left as it is.
    """
    tables = (_NUMBER, *metadata.sorted_tables)

    def lacking(connection: sa.Connection) -> list[sa.Table]:
        there = set(sa.inspect(connection).get_table_names())
        number = connection.execute(sa.select(sa.func.max(_NUMBER.c.number))).scalar() if _NUMBER.name in there else SCHEMA
        if number != SCHEMA:
            what = f"The database {shown} has tables of form {number}; this version of broadsheet knows form {SCHEMA}."
            raise StoreError(what, "Update broadsheet, or name another database with --store.")
        return [table for table in tables if table.name not in there]

    def create(connection: sa.Connection) -> None:
        for table in lacking(connection):
            connection.execute(CreateTable(table))
            for index in table.indexes:
                connection.execute(CreateIndex(index))
            if table is _NUMBER:
                connection.execute(sa.insert(_NUMBER), {"number": SCHEMA})

    # Whoever only opens what is there waits for no writer.
    with engine.connect() as connection:
        is_whole = not lacking(connection)
    if not is_whole:
        one_writer(engine, create)


def _insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


def _lock(connection: sa.Connection) -> None:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_WRITER})")


def _address(url: str) -> sa.URL:
    try:
        address = sa.make_url(url)
    except (ArgumentError, ValueError):
        raise ArgumentError(_FORM) from None
    # SQLAlchemy takes what follows a bare @ in a password for the host, and drivers name the host in their errors.
    if "@" in (address.host or ""):
        raise ArgumentError(_FORM)
    return address.set(drivername="postgresql+psycopg") if address.drivername in ("postgresql", "postgres") else address


def _wal(connection: Any, record: Any) -> None:
    del record
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={1000 * PATIENCE}")
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as fault:
        # This is the one statement that does not wait for a lock. Who holds it has made the switch
        # or will: the mode is the file's, not the connection's.
        if fault.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
    cursor.close()
