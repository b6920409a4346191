"""One sender for a reader at a time, over all processes: what holds the turn is let go by the system when its process ends."""

import contextlib
import fcntl
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa

from broadsheet.core.clock import Clock
from broadsheet.core.errors import DeliveryError, OutputError, StoreError
from broadsheet.core.store import Store

LONGEST_WAIT = 120.0
_PAUSE = 0.2


@contextlib.contextmanager
def sole_sender(store: Store, reader: str, clock: Clock) -> Iterator[None]:
    """Hold the turn to deliver to a reader; wait for it while another process has it.

    SQLite: a lock on a file beside the database. PostgreSQL: an advisory lock of the session, so that processes of several machines take turns.
    Raises DeliveryError after two minutes of waiting.
    """
    key = hashlib.sha256(f"deliveries to {reader}".encode()).digest()
    if store.engine.dialect.name == "postgresql":
        with _advisory(store, int.from_bytes(key[:8], "big", signed=True), reader, clock):
            yield
    elif store.engine.url.database in (None, "", ":memory:"):
        yield
    else:
        # One database has one lock, by whatever link it is reached.
        with _locked(Path(str(store.engine.url.database)).resolve(), key.hex()[:16], reader, clock):
            yield


@contextlib.contextmanager
def _locked(database: Path, name: str, reader: str, clock: Clock) -> Iterator[None]:
    path = database.with_name(f".{database.name}.{name}.turn")
    try:
        file = path.open("a")
    except OSError as fault:
        raise OutputError(f"Cannot write {path}: {fault.strerror}.", "Name a --store in a folder that you may write in.") from None

    def taken() -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    # The lock is the open file's, and ends with it, however the process ends.
    with file:
        _wait_for(taken, reader, clock)
        yield


@contextlib.contextmanager
def _advisory(store: Store, key: int, reader: str, clock: Clock) -> Iterator[None]:
    with store.errors():
        connection = store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def asked(function: sa.Function[bool]) -> bool:
        with store.errors():
            return bool(connection.execute(sa.select(function)).scalar_one())

    # What goes wrong with a delivery is no error of the database: it passes outside of `store.errors`.
    with connection:
        _wait_for(lambda: asked(sa.func.pg_try_advisory_lock(key)), reader, clock)
        try:
            yield
        finally:
            try:
                asked(sa.func.pg_advisory_unlock(key))
            except StoreError:
                # The session may have ended meanwhile, and its lock with it; a connection of which that is not known is not used again.
                connection.invalidate()


def _wait_for(taken: Callable[[], bool], reader: str, clock: Clock) -> None:
    began = clock.now()
    while not taken():
        if (clock.now() - began).total_seconds() >= LONGEST_WAIT:
            raise DeliveryError(
                f"Another process has been delivering to {reader} for {LONGEST_WAIT:g} seconds.", "Wait for it to end, or end it; then send again."
            )
        clock.sleep(_PAUSE)
