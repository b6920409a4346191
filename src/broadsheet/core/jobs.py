"""Work that outlives a request and a crash: a table of jobs, claimed by one worker at a time, which must go on saying that it lives."""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from broadsheet.core.clock import Clock, WallClock
from broadsheet.core.database import Instant
from broadsheet.core.errors import RecordError
from broadsheet.core.store import METADATA, Store

LEASE: Final = 30.0
"""Seconds after which a worker that said nothing is taken for dead."""
ATTEMPTS: Final = 3
PAUSE: Final = 5.0
"""Seconds before a second attempt; each further one waits twice as long."""
JOBS = sa.Table(
    "jobs",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(32), nullable=False, unique=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("idempotency", sa.String(200)),
    sa.Column("state", sa.String(20), nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due", Instant, nullable=False),
    sa.Column("worker", sa.String(100)),
    sa.Column("lease", Instant),
    sa.Column("made", Instant, nullable=False),
    sa.Column("ended", Instant),
    sa.Column("result", sa.JSON),
    sa.Column("what", sa.String),
    sa.Column("mend", sa.String),
    sa.UniqueConstraint("owner", "idempotency"),
)


class JobState(StrEnum):
    """Where a job is: waiting for a worker, in the hands of one, done, or failed for good."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(NamedTuple):
    """A job as it stands. `attempts` counts the workers that took it; `fault` is why the last of them failed, in two lines."""

    number: int
    id: str
    kind: str
    payload: Mapping[str, Any]
    owner: str
    state: JobState
    attempts: int
    due: datetime
    made: datetime
    worker: str | None = None
    ended: datetime | None = None
    result: Mapping[str, Any] | None = None
    fault: tuple[str, str] | None = None


class Submitted(NamedTuple):
    """A job, and whether it was this call that made it."""

    job: Job
    is_first: bool


class Jobs:
    """The jobs of one database, SQLite or PostgreSQL. What `submit` returned is kept, whatever is killed afterwards."""

    def __init__(self, store: Store, clock: Clock | None = None, *, lease: float = LEASE, attempts: int = ATTEMPTS, pause: float = PAUSE) -> None:
        self.store, self._clock = store, clock or WallClock()
        self._lease, self._attempts, self._pause = timedelta(seconds=lease), attempts, pause

    def submit(self, kind: str, payload: Mapping[str, Any], *, owner: str = "", key: str | None = None) -> Submitted:
        """Keep a job. The same `key` of the same owner is the same job; raises RecordError where it was used for another one."""
        now = self._clock.now()
        row = {
            "id": secrets.token_hex(8), "kind": kind, "payload": dict(payload), "owner": owner, "idempotency": key, "state": JobState.WAITING,
            "attempts": 0, "due": now, "made": now,
        }  # fmt: skip

        def kept(connection: sa.Connection) -> Submitted:
            if key is not None:
                found = connection.execute(sa.select(JOBS).where(JOBS.c.owner == owner, JOBS.c.idempotency == key)).mappings().first()
                if found is not None:
                    if (found["kind"], _same(found["payload"])) != (kind, _same(payload)):
                        raise RecordError("This key was used for another job.", "Give every job a key of its own.")
                    return Submitted(_job(found), is_first=False)
            made = connection.execute(sa.insert(JOBS).values(row).returning(*JOBS.c)).mappings().one()
            return Submitted(_job(made), is_first=True)

        return self.store.write(kept)

    def get(self, id: str) -> Job | None:  # noqa: A002 - the field's own name
        """Return a job, None where there is none."""
        with self.store.errors(), self.store.engine.connect() as connection:
            row = connection.execute(sa.select(JOBS).where(JOBS.c.id == id)).mappings().first()
        return _job(row) if row is not None else None

    def newest(self, most: int, before: int = 0) -> list[Job]:
        """Return at most so many jobs, newest first; of those numbered below `before`, where it is not 0."""
        query = sa.select(JOBS).order_by(JOBS.c.number.desc()).limit(most)
        if before:
            query = query.where(JOBS.c.number < before)
        with self.store.errors(), self.store.engine.connect() as connection:
            return [_job(row) for row in connection.execute(query).mappings()]

    def claim(self, worker: str) -> Job | None:
        """Take the oldest job that is due: one that waits, or one whose worker went silent; None where there is none.

        A job that was taken as often as it may be, and whose worker went silent every time, has failed.
        """
        now = self._clock.now()
        silent = (JOBS.c.state == JobState.RUNNING) & (JOBS.c.lease < now)

        def taken(connection: sa.Connection) -> Job | None:
            over = {
                "state": JobState.FAILED,
                "ended": now,
                "lease": None,
                "what": "Its workers went silent.",
                "mend": "Look at their log, then submit it again.",
            }
            connection.execute(sa.update(JOBS).where(silent, JOBS.c.attempts >= self._attempts).values(over))
            due = sa.select(JOBS.c.number).where(((JOBS.c.state == JobState.WAITING) & (JOBS.c.due <= now)) | silent).order_by(JOBS.c.number).limit(1)
            mine = {"state": JobState.RUNNING, "worker": worker, "lease": now + self._lease, "attempts": JOBS.c.attempts + 1}
            row = connection.execute(sa.update(JOBS).where(JOBS.c.number == due.scalar_subquery()).values(mine).returning(*JOBS.c)).mappings().first()
            return _job(row) if row is not None else None

        return self.store.write(taken)

    def beat(self, job: Job) -> bool:
        """Say that a job's worker lives; return whether it is still its own. Where it is not, another has taken it: stop."""
        return self._mine(job, {"lease": self._clock.now() + self._lease})

    def done(self, job: Job, result: Mapping[str, Any]) -> bool:
        """Keep a result; return whether the job was still the worker's own. Nothing is kept where it was not."""
        over = {"state": JobState.DONE, "result": dict(result), "ended": self._clock.now(), "lease": None, "what": None, "mend": None}
        return self._mine(job, over)

    def failed(self, job: Job, what: str, mend: str, *, again: bool = True) -> bool:
        """Keep why a job failed; it is tried again later, unless it was tried often enough, or trying `again` is of no use."""
        now = self._clock.now()
        fault: dict[str, Any] = {"what": what, "mend": mend, "lease": None, "worker": None}
        if again and job.attempts < self._attempts:
            wait = timedelta(seconds=self._pause * 2 ** (job.attempts - 1))
            return self._mine(job, {**fault, "state": JobState.WAITING, "due": now + wait})
        return self._mine(job, {**fault, "state": JobState.FAILED, "ended": now})

    def released(self, job: Job) -> bool:
        """Give a job back as if it had not been taken: its worker is being stopped."""
        return self._mine(job, {"state": JobState.WAITING, "worker": None, "lease": None, "attempts": job.attempts - 1})

    def _mine(self, job: Job, values: Mapping[str, Any]) -> bool:
        """Change a job if it is in the hands of the worker and of the attempt that took it."""
        mine = (JOBS.c.number == job.number) & (JOBS.c.state == JobState.RUNNING) & (JOBS.c.worker == job.worker) & (JOBS.c.attempts == job.attempts)
        return bool(self.store.write(lambda connection: connection.execute(sa.update(JOBS).where(mine).values(dict(values))).rowcount))


def _same(payload: Mapping[str, Any]) -> str:
    return json.dumps(payload, sort_keys=True)


def _job(row: sa.RowMapping) -> Job:
    fault = (row["what"], row["mend"] or "") if row["what"] else None
    facts = {name: row[name] for name in ("number", "id", "kind", "payload", "owner", "attempts", "due", "made", "worker", "ended", "result")}
    return Job(**facts, state=JobState(row["state"]), fault=fault)
