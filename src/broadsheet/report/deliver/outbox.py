"""The outbox: a row for each delivery, written before anything leaves, and each of its steps on disk before the next."""

import hashlib
import secrets
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from broadsheet.core.clock import Clock, WallClock
from broadsheet.core.database import Instant
from broadsheet.core.errors import BroadsheetError, ProfileError
from broadsheet.core.schema import Record
from broadsheet.core.store import METADATA, Store
from broadsheet.report.deliver.turn import sole_sender

DELIVERIES = sa.Table(
    "deliveries",
    METADATA,
    sa.Column("reader", sa.String, primary_key=True),
    sa.Column("label", sa.Date, primary_key=True),
    sa.Column("channel", sa.String, primary_key=True),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("destination", sa.String, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("origin_hash", sa.String(64), nullable=False, index=True),
    sa.Column("message_id", sa.String, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due", Instant, nullable=False),
    sa.Column("holder", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("changed", Instant, nullable=False),
)
# The first refusal may be tried again at once, as greylisting wants it; each further one waits twice as long.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=5), timedelta(hours=4)
_DIED = "the process that sent it ended before the server's answer was on disk"
_HEAD = [column for column in DELIVERIES.c if column.name != "content"]


class State(StrEnum):
    """How a delivery stands. `sending` is on disk before the first byte that cannot be taken back; where nobody saw the end of that, it is `unknown`."""

    QUEUED = "queued"
    SENDING = "sending"
    DELIVERED = "delivered"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Put(StrEnum):
    """What became of a parcel that was put in: a new row, the same as before, in the place of an older one, or not taken, for the row has left already."""

    NEW = "new"
    SAME = "same"
    REPLACED = "replaced"
    KEPT = "kept"


class Parcel(NamedTuple):
    """What is to be delivered: for whom, of which label, by which channel, where to, and its bytes.

    `origin` is the hash of what the bytes were made from. `repeatable` says that doing it twice is doing it once, as with files that are replaced.
    """

    reader: str
    label: date
    channel: str
    destination: str
    content: bytes
    origin: str = ""
    message_id: str = ""
    repeatable: bool = True


class Delivery(Record):
    """A row of the outbox without its content. `due` is when it may be tried, `changed` when it last changed, `reason` what was said of it last."""

    reader: str
    label: date
    channel: str
    state: State
    destination: str
    content_hash: str
    origin_hash: str
    message_id: str
    attempts: int
    due: datetime
    reason: str
    changed: datetime


class Outcome(NamedTuple):
    """How an attempt ended. `waits` says that the next one should come later."""

    state: State
    reason: str = ""
    waits: bool = False


class TakenError(Exception):
    """Another process has taken the row, or its content was replaced; nothing was sent."""


class Channel(Protocol):
    """A way to a reader.

    `send` takes the bytes; a channel whose deliveries cannot be taken back calls `mark` right before that point. An exception before `mark` leaves the row queued,
    one after it makes the row unknown.
    """

    @property
    def name(self) -> str:
        """What the channel is called."""
        ...

    def send(self, delivery: Delivery, content: bytes, mark: Callable[[], None]) -> Outcome:
        """Deliver; return how it ended."""
        ...


class Outbox:
    """All deliveries of a store: unique by reader, label and channel."""

    def __init__(self, store: Store, clock: Clock | None = None) -> None:
        self._store = store
        self._clock = clock or WallClock()
        with store.errors():
            store.create_tables()

    def put(self, parcel: Parcel, *, again: bool = False) -> Put:
        """Write a delivery down as queued; what is there already stays, unless it may change.

        A queued row takes the newer content. A row that left is kept; only a repeatable one with another content or destination is queued again, and any with `again`.
        Raises ProfileError where a row of the same reader went, or is to go, to another address, and where a file is another reader's.
        """
        return self._store.write(lambda connection: self._put(connection, parcel, again=again))

    def rows(self, reader: str | None = None, *, states: Collection[State] = tuple(State), origin: str | None = None) -> list[Delivery]:
        """Return rows, oldest label first: of one reader or of all, in some states, and made from one origin."""
        query = sa.select(*_HEAD).where(DELIVERIES.c.state.in_(list(states))).order_by(DELIVERIES.c.label, DELIVERIES.c.reader, DELIVERIES.c.channel)
        if reader is not None:
            query = query.where(DELIVERIES.c.reader == reader)
        if origin is not None:
            query = query.where(DELIVERIES.c.origin_hash == origin)
        with self._store.errors(), self._store.engine.connect() as connection:
            return [_delivery(row) for row in connection.execute(query).mappings()]

    def pending(self, reader: str | None = None) -> list[Delivery]:
        """Return what is queued, oldest label first."""
        return self.rows(reader, states=(State.QUEUED,))

    def contents(self, reader: str, channel: str) -> Iterator[tuple[date, bytes]]:
        """Yield the contents of a channel, newest label first; one is held at a time."""
        query = sa.select(DELIVERIES.c.label, DELIVERIES.c.content).where(DELIVERIES.c.reader == reader, DELIVERIES.c.channel == channel)
        with self._store.errors(), self._store.engine.connect() as connection:
            for row in connection.execution_options(yield_per=1).execute(query.order_by(DELIVERIES.c.label.desc())):
                yield row.label, zlib.decompress(row.content)

    def deliver(
        self, channels: Sequence[Channel], reader: str, *, label: date | None = None, resend_unknown: bool = False, now: bool = False
    ) -> list[Delivery]:
        """Deliver to a reader what is due, oldest label first, and return the rows that were tried or found to be unknown, as they are now.

        Two processes never deliver to one reader at once; the second waits. With `label` nothing else is tried. `now` tries what was refused a while ago, too. What a channel cannot do stays
        queued with the reason; other exceptions are raised once the row says what is known.
        """
        touched: dict[tuple[date, str], Delivery] = {}
        with sole_sender(self._store, reader, self._clock):
            lost = self._settle_dead(reader)
            if resend_unknown:
                chosen = _of(reader, State.UNKNOWN) & DELIVERIES.c.channel.in_([channel.name for channel in channels])
                self._change(chosen if label is None else chosen & (DELIVERIES.c.label == label), state=State.QUEUED, due=self._now())
            known = {channel.name: channel for channel in channels}
            order = list(known)
            waiting = sorted((row for row in self.pending(reader) if row.channel in known), key=lambda row: (row.label, order.index(row.channel)))
            for row in waiting:
                if label in (None, row.label) and (now or self._is_due(row)):
                    after = self._attempt(known[row.channel], row)
                    touched[after.label, after.channel] = after
            for row in self.rows(reader, states=(State.UNKNOWN,)):
                if (row.label, row.channel) in lost:
                    touched[row.label, row.channel] = row
        return sorted(touched.values(), key=lambda row: (row.label, order.index(row.channel) if row.channel in known else -1))

    def _is_due(self, row: Delivery) -> bool:
        # What is due later than anything can be was put off by a clock that was wrong.
        return not self._now() < row.due <= self._now() + LONGEST_WAIT

    def settle(self, reader: str, label: date, channel: str, reason: str) -> bool:
        """Say that a delivery that is unknown or refused is done with; return whether there was one."""
        mine = (DELIVERIES.c.reader == reader) & (DELIVERIES.c.label == label) & (DELIVERIES.c.channel == channel)
        return self._change(mine & DELIVERIES.c.state.in_([State.UNKNOWN, State.REFUSED]), state=State.DELIVERED, reason=reason) > 0

    def _put(self, connection: sa.Connection, parcel: Parcel, *, again: bool) -> Put:
        row = self._new_row(parcel)
        there = connection.execute(sa.select(*_HEAD).where(_key(parcel))).one_or_none()
        if parcel.repeatable and (there is None or there.destination != parcel.destination):
            self._check_owner(connection, parcel)
        if there is None:
            connection.execute(sa.insert(DELIVERIES).values(**row))
            return Put.NEW
        self._check_destination(parcel, there, again=again)
        same = (there.content_hash, there.origin_hash, there.destination) == (row["content_hash"], row["origin_hash"], row["destination"])
        if same and not again:
            return Put.SAME
        if there.state == State.QUEUED or ((again or parcel.repeatable) and there.state != State.SENDING):
            changed = {name: value for name, value in row.items() if name not in ("reader", "label", "channel")}
            connection.execute(sa.update(DELIVERIES).where(_key(parcel)).values(**changed))
            return Put.REPLACED
        # What it would have been made from is remembered, so that this is told once.
        connection.execute(sa.update(DELIVERIES).where(_key(parcel)).values(origin_hash=parcel.origin))
        return Put.KEPT

    def _attempt(self, channel: Channel, row: Delivery) -> Delivery:
        holder = secrets.token_hex(8)
        mine = _key(row) & (DELIVERIES.c.holder == holder)
        marked = False

        def mark() -> None:
            nonlocal marked
            unchanged = mine & (DELIVERIES.c.state == State.QUEUED) & (DELIVERIES.c.content_hash == row.content_hash)
            if not self._change(unchanged, state=State.SENDING):
                raise TakenError
            marked = True

        def end(outcome: Outcome) -> None:
            due = self._now() + (_wait(row.attempts) if outcome.waits else timedelta())
            still = mine & DELIVERIES.c.state.in_([State.QUEUED, State.SENDING, State.UNKNOWN])
            self._change(still, state=outcome.state, reason=outcome.reason, due=due)

        claimed = _key(row) & (DELIVERIES.c.state == State.QUEUED) & (DELIVERIES.c.content_hash == row.content_hash)
        if self._change(claimed, holder=holder, attempts=DELIVERIES.c.attempts + 1):
            content = self._content(row)
            try:
                outcome = channel.send(row, content, mark)
            except TakenError:
                return self._row(row)
            except BroadsheetError as fault:
                outcome = Outcome(State.UNKNOWN if marked else State.QUEUED, f"{fault.what} {fault.mend}")
            except BaseException as fault:
                said = ": ".join(filter(None, (type(fault).__name__, str(fault))))
                end(Outcome(State.UNKNOWN if marked else State.QUEUED, f"it was broken off by {said}"))
                raise
            end(outcome)
        return self._row(row)

    def _settle_dead(self, reader: str) -> set[tuple[date, str]]:
        # Whoever is here has the turn, so that no other process is sending: what is marked so was left by one that ended.
        dead = [(row.label, row.channel) for row in self.rows(reader, states=(State.SENDING,))]
        if dead:
            self._change(_of(reader, State.SENDING), state=State.UNKNOWN, reason=_DIED)
        return set(dead)

    def _content(self, row: Delivery) -> bytes:
        with self._store.errors(), self._store.engine.connect() as connection:
            return zlib.decompress(connection.execute(sa.select(DELIVERIES.c.content).where(_key(row))).scalar_one())

    def _row(self, row: Delivery) -> Delivery:
        with self._store.errors(), self._store.engine.connect() as connection:
            return _delivery(connection.execute(sa.select(*_HEAD).where(_key(row))).mappings().one())

    def _change(self, which: sa.ColumnElement[bool], **values: Any) -> int:
        return self._store.write(lambda connection: connection.execute(sa.update(DELIVERIES).where(which).values(changed=self._now(), **values)).rowcount)

    def _new_row(self, parcel: Parcel) -> dict[str, Any]:
        now = self._now()
        return {
            "reader": parcel.reader,
            "label": parcel.label,
            "channel": parcel.channel,
            "state": State.QUEUED,
            "destination": parcel.destination,
            "content": zlib.compress(parcel.content),
            "content_hash": hashlib.sha256(parcel.content).hexdigest(),
            "origin_hash": parcel.origin,
            "message_id": parcel.message_id,
            "attempts": 0,
            "due": now,
            "holder": "",
            "reason": "",
            "changed": now,
        }

    def _check_destination(self, parcel: Parcel, there: Any, *, again: bool) -> None:
        if there.destination != parcel.destination and not parcel.repeatable and not again:
            what = f"The {parcel.channel} of {parcel.label} for {parcel.reader} is addressed to {there.destination} ({there.state}), and the profile says {parcel.destination}."
            raise ProfileError(what, f"Give each reader a name of its own, or, where the address changed, send it again: --resend --date {parcel.label}")

    def _check_owner(self, connection: sa.Connection, parcel: Parcel) -> None:
        """See that what is replaced as a whole is not what was delivered to somebody else."""
        there = (DELIVERIES.c.channel == parcel.channel) & (DELIVERIES.c.destination == parcel.destination) & (DELIVERIES.c.reader != parcel.reader)
        owner = connection.execute(sa.select(DELIVERIES.c.reader).where(there).limit(1)).scalar()
        if owner is not None:
            what = f"{parcel.destination} has the {parcel.channel} of {owner}, and would lose it to {parcel.reader}."
            raise ProfileError(what, "Give each reader a folder of its own: delivery.folder in the profile, or --out")

    def _now(self) -> datetime:
        return self._clock.now().astimezone(UTC)


def _key(of: Parcel | Delivery) -> sa.ColumnElement[bool]:
    return (DELIVERIES.c.reader == of.reader) & (DELIVERIES.c.label == of.label) & (DELIVERIES.c.channel == of.channel)


def _of(reader: str, state: State) -> sa.ColumnElement[bool]:
    return (DELIVERIES.c.reader == reader) & (DELIVERIES.c.state == state)


def _wait(attempts: int) -> timedelta:
    """Return how long to wait after an attempt, of which so many came before it.

    >>> [_wait(n).seconds // 60 for n in range(5)]
    [0, 5, 10, 20, 40]
    """
    return min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT) if attempts else timedelta()


def _delivery(row: Mapping[Any, Any]) -> Delivery:
    return Delivery.model_validate({name: row[name] for name in Delivery.model_fields})
