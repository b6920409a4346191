"""Which labels a reader has had: a row a label, written once all of its morning is done."""

from datetime import UTC, date, datetime
from enum import StrEnum

import sqlalchemy as sa

from broadsheet.core.store import METADATA, Store

MORNINGS = sa.Table(
    "mornings",
    METADATA,
    sa.Column("reader", sa.String, primary_key=True),
    sa.Column("label", sa.Date, primary_key=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)


class Done(StrEnum):
    """How a morning ended for good: all of it, with nothing announced, or with a mail of which nobody knows whether it arrived."""

    DONE = "done"
    QUIET = "quiet"
    UNKNOWN = "unknown"


class Mornings:
    """The mornings of one reader in a store."""

    def __init__(self, store: Store, reader: str) -> None:
        self._store, self._reader = store, reader

    def record(self, label: date, state: Done, at: datetime, reason: str = "") -> None:
        """Keep that a label is done with; doing it again replaces the row."""
        mine = (MORNINGS.c.reader == self._reader) & (MORNINGS.c.label == label)
        row = {"reader": self._reader, "label": label, "state": str(state), "reason": reason, "at": at.astimezone(UTC)}
        with self._store.errors(), self._store.engine.begin() as connection:
            connection.execute(sa.delete(MORNINGS).where(mine))
            connection.execute(sa.insert(MORNINGS).values(**row))

    def labels(self) -> dict[date, Done]:
        """Return the labels that are done with, oldest first, and how."""
        query = sa.select(MORNINGS.c.label, MORNINGS.c.state).where(MORNINGS.c.reader == self._reader).order_by(MORNINGS.c.label)
        with self._store.errors(), self._store.engine.connect() as connection:
            return {row.label: Done(row.state) for row in connection.execute(query)}
