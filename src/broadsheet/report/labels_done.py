"""Which labels a reader has had: a row a label, written once all of its morning is done, and one for the label that was due first."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from broadsheet.core.database import Instant, upsert
from broadsheet.core.store import METADATA, Store

MORNINGS = sa.Table(
    "mornings",
    METADATA,
    sa.Column("reader", sa.String, primary_key=True),
    sa.Column("label", sa.Date, primary_key=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("at", Instant, nullable=False),
)


class Done(StrEnum):
    """How a morning ended for good: all of it, with nothing announced, with a mail that was refused for good, or with one of which nobody knows whether it arrived."""

    DONE = "done"
    QUIET = "quiet"
    REFUSED = "refused"
    UNKNOWN = "unknown"


# The state of a label that is not done with.
_DUE = "due"


class Mornings:
    """The mornings of one reader in a store."""

    def __init__(self, store: Store, reader: str) -> None:
        self._store, self._reader = store, reader

    def record(self, label: date, state: Done, at: datetime, reason: str = "") -> None:
        """Keep that a label is done with; doing it again replaces the row."""
        row = self._row(label, str(state), at, reason)
        self._store.write(lambda connection: upsert(connection, MORNINGS, [row]))

    def begin(self, label: date, at: datetime) -> None:
        """Keep that a label is due, unless more is known of it."""
        row = self._row(label, _DUE, at, "")
        known = sa.select(MORNINGS.c.label).where(MORNINGS.c.reader == self._reader, MORNINGS.c.label == label)
        self._store.write(lambda connection: connection.execute(known).first() or upsert(connection, MORNINGS, [row]))

    def first(self) -> date | None:
        """Return the oldest label that was ever due, done with or not."""
        with self._store.errors(), self._store.engine.connect() as connection:
            return connection.execute(sa.select(sa.func.min(MORNINGS.c.label)).where(MORNINGS.c.reader == self._reader)).scalar()

    def labels(self) -> dict[date, Done]:
        """Return the labels that are done with, oldest first, and how."""
        query = sa.select(MORNINGS.c.label, MORNINGS.c.state).where(MORNINGS.c.reader == self._reader, MORNINGS.c.state != _DUE).order_by(MORNINGS.c.label)
        with self._store.errors(), self._store.engine.connect() as connection:
            return {row.label: Done(row.state) for row in connection.execute(query)}

    def _row(self, label: date, state: str, at: datetime, reason: str) -> dict[str, Any]:
        return {"reader": self._reader, "label": label, "state": state, "reason": reason, "at": at}
