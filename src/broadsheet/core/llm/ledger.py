"""The ledger of calls and the cache of replies, in the store: written ahead, many in one transaction."""

import asyncio
import secrets
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa

from broadsheet.core.database import Instant, insert_new
from broadsheet.core.errors import StoreError
from broadsheet.core.llm.port import Reply
from broadsheet.core.schema import Record
from broadsheet.core.store import METADATA, RUN, Store

REPLIES = sa.Table(
    "llm_replies",
    METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("reply", sa.Text, nullable=False),
)
CALLS = sa.Table(
    "llm_calls",
    METADATA,
    sa.Column("run", sa.String(16), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("item", sa.String(64), nullable=False),
    sa.Column("key", sa.String(64), nullable=False, index=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("backend", sa.String, nullable=False),
    sa.Column("model", sa.String, nullable=False),
    sa.Column("answered_by", sa.String, nullable=False),
    sa.Column("prompt_tokens", sa.Integer),
    sa.Column("completion_tokens", sa.Integer),
    sa.Column("cost", sa.Float),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("purpose", sa.String, nullable=False),
    sa.Column("finish", sa.String, nullable=False),
    sa.Column("held", sa.String, nullable=False),
    sa.Column("at", Instant, nullable=False),
)
# What is set once the outcome is known.
OUTCOME = ("state", "reason", "answered_by", "prompt_tokens", "completion_tokens", "cost", "seconds", "finish", "held")


class Kind(StrEnum):
    """Why a row is there."""

    CALL = "call"
    REPAIR = "repair"  # asked again, for the reply did not fit
    RETRY = "retry"  # tried again, for there was no reply
    RESUMED = "resumed"  # asked again under the same name, for an earlier run ended while it was in flight
    HIT = "hit"  # answered from the cache, or by the same request of this run; nothing was called


class State(StrEnum):
    """How a call stands. `begun` is written before it is made, and stays where nobody knows how it ended."""

    BEGUN = "begun"
    PAID = "paid"
    FAILED = "failed"
    HIT = "hit"


class Known(NamedTuple):
    """What the store knows of a key: its reply, the last attempt made, and whether that one's end is unknown."""

    reply: Reply | None = None
    attempt: int = 0
    in_doubt: bool = False


class Summary(Record):
    """What a client's calls came to, for manifests: who was asked, who answered, and how answers were held to their form.

    `calls` were made; `repairs` and `retries` are those of them that asked or tried again, `resumed` those that an earlier
    run had begun; `hits` cost nothing. `failed` calls gave no reply, and nobody saw how those `in_doubt` ended: they may be billed beyond what stands here. Tokens and
    `cost` (dollars) are of paid calls; `uncounted` are paid calls whose tokens the endpoint did not say, `unpriced` those
    whose cost is unknown for that or for want of a price: with any, `cost` is None.
    """

    backend: str
    model: str
    answered_by: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    calls: int = 0
    repairs: int = 0
    retries: int = 0
    resumed: int = 0
    hits: int = 0
    failed: int = 0
    in_doubt: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    uncounted: int = 0
    cost: float | None = None
    unpriced: int = 0


class Ledger:
    """The rows of one run, and the replies of all.

    Writing is a queue: what comes while a transaction is under way goes into the next, and `write` returns once it
    is on disk. Texts of requests are never written; replies are, under the hash of what was asked.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.errors():
            store.create_tables()
        self.run = secrets.token_hex(8)
        self._number = 0
        self._waiting: list[tuple[str, Mapping[str, Any], asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None
        # The database is spoken to by one thread: SQLite has one writer anyway.
        self._thread: ThreadPoolExecutor | None = None

    def next_row(self, **facts: Any) -> dict[str, Any]:
        """Return a row of this moment under the next number, the facts of its outcome still empty."""
        self._number += 1
        empty = {"reason": "", "answered_by": "", "prompt_tokens": None, "completion_tokens": None, "cost": None, "seconds": 0.0, "finish": "", "held": ""}
        return {"run": self.run, "number": self._number, "at": datetime.now(UTC), **empty, **facts}

    async def add(self, row: Mapping[str, Any]) -> None:
        """Write a new row; return once it is committed."""
        await self._committed("add", row)

    async def finish(self, row: Mapping[str, Any], reply: Reply | None = None) -> None:
        """Write how a row's call ended, and its reply with it; return once both are committed."""
        await self._committed("finish", {**row, "reply": None if reply is None else reply.model_dump_json()})

    async def known(self, keys: Sequence[str]) -> dict[str, Known]:
        """Return what the store knows of keys; one that it does not know is not in the answer."""
        return await asyncio.get_running_loop().run_in_executor(self._executor(), self._known, keys)

    async def close(self) -> None:
        """End the thread; what was to be written is."""
        while self._writer is not None and not self._writer.done():
            await self._writer
        if self._thread is not None:
            self._thread.shutdown()
            self._thread = None

    def rows(self, *, run: str | None = None) -> list[dict[str, Any]]:
        """Return rows in the order of their numbers, of one run or of all."""
        query = sa.select(CALLS).order_by(CALLS.c.run, CALLS.c.number)
        with self._store.errors(), self._store.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query if run is None else query.where(CALLS.c.run == run)).mappings()]

    def summary(self, backend: str, model: str) -> Summary:
        """Sum up the rows of this run."""
        c, n = CALLS.c, sa.func.count()
        made = sa.select(
            n.filter(c.state != State.HIT).label("calls"),
            n.filter(c.kind == Kind.REPAIR).label("repairs"),
            n.filter(c.kind == Kind.RETRY).label("retries"),
            n.filter(c.kind == Kind.RESUMED).label("resumed"),
            n.filter(c.state == State.HIT).label("hits"),
            n.filter(c.state == State.FAILED).label("failed"),
            n.filter(c.state == State.BEGUN).label("in_doubt"),
            sa.func.coalesce(sa.func.sum(c.prompt_tokens), 0).label("prompt_tokens"),
            sa.func.coalesce(sa.func.sum(c.completion_tokens), 0).label("completion_tokens"),
            n.filter((c.state == State.PAID) & (c.prompt_tokens.is_(None) | c.completion_tokens.is_(None))).label("uncounted"),
            sa.func.coalesce(sa.func.sum(c.cost), 0.0).label("cost"),
            n.filter((c.state == State.PAID) & c.cost.is_(None)).label("unpriced"),
        ).where(c.run == self.run)
        paid = (c.run == self.run) & (c.state == State.PAID)
        with self._store.errors(), self._store.engine.connect() as connection:
            facts: dict[str, Any] = {str(name): value for name, value in connection.execute(made).mappings().one().items()}
            for name in ("answered_by", "held"):
                facts[name] = tuple(connection.execute(sa.select(c[name]).where(paid, c[name] != "").distinct().order_by(c[name])).scalars())
        if facts["unpriced"]:
            facts["cost"] = None
        return Summary(backend=backend, model=model, **facts)

    def in_doubt(self) -> list[dict[str, Any]]:
        """Return calls of any run that were begun and whose end nobody saw. `answered` tells whether the same attempt was answered later.

        A server that honours Idempotency-Key has counted such an attempt once; another may have counted it each time.
        """
        ended = CALLS.alias("ended")
        same = (ended.c.key == CALLS.c.key) & (ended.c.attempt == CALLS.c.attempt) & (ended.c.state == State.PAID)
        answered = sa.exists().where(same).label("answered")
        query = sa.select(CALLS, answered).where(CALLS.c.state == State.BEGUN).order_by(CALLS.c.run, CALLS.c.number)
        with self._store.errors(), self._store.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def forget(self, items: Iterable[str]) -> int:
        """Delete the replies to requests, by their keys, and to what was asked to repair them; return how many there were. The rows of the calls stay.

        SQLite overwrites what is deleted, also in its journal. Raises StoreError where another process has the database open for that.
        """
        wanted, gone = sorted(set(items)), 0
        is_sqlite = self._store.engine.dialect.name == "sqlite"
        with self._store.errors(), self._store.engine.connect() as connection:
            if is_sqlite:
                connection.exec_driver_sql("PRAGMA secure_delete=ON")
            for start in range(0, len(wanted), RUN):
                asked = wanted[start : start + RUN]
                repairs = sa.select(CALLS.c.key).where(CALLS.c.item.in_(asked))
                gone += connection.execute(sa.delete(REPLIES).where(REPLIES.c.key.in_(asked) | REPLIES.c.key.in_(repairs))).rowcount
            connection.commit()
            if is_sqlite and connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one():
                what = f"The database {self._store.shown} is in use: what was deleted may stand in its journal still."
                raise StoreError(what, "End what uses it, and give the command again.")
        return gone

    def _executor(self) -> ThreadPoolExecutor:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        return self._thread

    async def _committed(self, what: str, row: Mapping[str, Any]) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((what, row, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        await done

    async def _write_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            fault: Exception | None = None
            try:
                await loop.run_in_executor(self._executor(), self._commit, [(what, row) for what, row, _ in batch])
            except Exception as error:  # noqa: BLE001 - whoever waits for the commit raises it
                fault = error
            for _, _, done in batch:
                if not done.done():
                    done.set_result(None) if fault is None else done.set_exception(fault)

    def _commit(self, batch: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        added = [dict(row) for what, row in batch if what == "add"]
        ended = [row for what, row in batch if what == "finish"]
        outcomes = [{"of_run": row["run"], "of_number": row["number"], **{name: row[name] for name in OUTCOME}} for row in ended]
        replies = [{"key": row["key"], "reply": row["reply"]} for row in ended if row["reply"] is not None]
        with self._store.errors(), self._store.engine.begin() as connection:
            if added:
                connection.execute(sa.insert(CALLS), added)
            if outcomes:
                connection.execute(_UPDATE, outcomes)
            insert_new(connection, REPLIES, replies)

    def _known(self, keys: Sequence[str]) -> dict[str, Known]:
        found: dict[str, Known] = {}
        calls = sa.select(CALLS.c.key, CALLS.c.attempt, CALLS.c.state).where(CALLS.c.state != State.HIT).order_by(CALLS.c.attempt)
        with self._store.errors(), self._store.engine.connect() as connection:
            for start in range(0, len(keys), RUN):
                asked = keys[start : start + RUN]
                for row in connection.execute(calls.where(CALLS.c.key.in_(asked))):
                    before = found.get(row.key, Known())
                    begun = row.state == State.BEGUN and (row.attempt > before.attempt or before.in_doubt)
                    found[row.key] = Known(None, row.attempt, begun)
                for row in connection.execute(sa.select(REPLIES).where(REPLIES.c.key.in_(asked))):
                    found[row.key] = found.get(row.key, Known())._replace(reply=Reply.model_validate_json(row.reply))
        return found


# The columns that are set are those of the parameters.
_UPDATE = sa.update(CALLS).where(CALLS.c.run == sa.bindparam("of_run"), CALLS.c.number == sa.bindparam("of_number"))
