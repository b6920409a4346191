"""Jobs in a real SQLite file and a real PostgreSQL: taken by one worker at a time, taken again from a silent one, never lost."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from broadsheet.core.clock import SetClock
from broadsheet.core.errors import RecordError
from broadsheet.core.jobs import ATTEMPTS, LEASE, PAUSE, Jobs, JobState
from broadsheet.core.store import Store

NOON = datetime(2026, 2, 9, 12, tzinfo=UTC)


@pytest.fixture
def clock():
    return SetClock(NOON)


@pytest.fixture
def jobs(database, clock):
    with contextlib.closing(Store(database)) as store:
        yield Jobs(store, clock)


def test_a_job_goes_from_waiting_to_done(jobs):
    made = jobs.submit("report", {"reader": "ines"}, owner="ana")
    assert made.is_first
    assert made.job.state is JobState.WAITING
    job = jobs.claim("w1")
    assert (job.id, job.state, job.attempts, job.worker) == (made.job.id, JobState.RUNNING, 1, "w1")
    assert jobs.claim("w2") is None
    assert jobs.done(job, {"label": "2026-03-16"})
    found = jobs.get(job.id)
    assert (found.state, found.result, found.fault) == (JobState.DONE, {"label": "2026-03-16"}, None)


def test_the_same_key_is_the_same_job_and_another_payload_under_it_is_refused(jobs):
    first = jobs.submit("report", {"reader": "ines"}, owner="ana", key="k")
    again = jobs.submit("report", {"reader": "ines"}, owner="ana", key="k")
    assert (again.job.id, again.is_first) == (first.job.id, False)
    assert jobs.submit("report", {"reader": "ines"}, owner="bo", key="k").is_first
    with pytest.raises(RecordError, match="another job"):
        jobs.submit("report", {"reader": "tomasz"}, owner="ana", key="k")


def test_a_silent_worker_loses_its_job_and_what_it_says_afterwards_is_not_kept(jobs, clock):
    jobs.submit("fit", {})
    first = jobs.claim("w1")
    clock.sleep(LEASE - 1)
    assert jobs.beat(first)
    clock.sleep(LEASE - 1)
    assert jobs.claim("w2") is None
    clock.sleep(2)
    second = jobs.claim("w2")
    assert (second.id, second.attempts) == (first.id, 2)
    assert not jobs.beat(first)
    assert not jobs.done(first, {})
    assert not jobs.failed(first, "x", "y")
    assert jobs.done(second, {})


def test_a_failed_job_is_tried_again_later_and_then_given_up(jobs, clock):
    jobs.submit("fit", {})
    for attempt in range(1, ATTEMPTS + 1):
        job = jobs.claim("w1")
        assert job.attempts == attempt
        assert jobs.failed(job, "It broke.", "Mend it.")
        assert jobs.claim("w1") is None
        clock.sleep(PAUSE * 2 ** (attempt - 1))
    found = jobs.get(job.id)
    assert (found.state, found.fault) == (JobState.FAILED, ("It broke.", "Mend it."))


def test_what_is_of_no_use_to_try_again_is_not(jobs):
    jobs.submit("fit", {})
    assert jobs.failed(jobs.claim("w1"), "No such stage.", "Name one.", again=False)
    assert jobs.newest(1)[0].state is JobState.FAILED


def test_workers_that_die_again_and_again_are_an_end_too(jobs, clock):
    jobs.submit("fit", {})
    for _ in range(ATTEMPTS):
        assert jobs.claim("w1") is not None
        clock.sleep(LEASE + 1)
    assert jobs.claim("w1") is None
    assert jobs.newest(1)[0].state is JobState.FAILED


def test_a_job_that_is_given_back_is_as_if_it_had_not_been_taken(jobs):
    jobs.submit("fit", {})
    assert jobs.released(jobs.claim("w1"))
    assert jobs.claim("w2").attempts == 1


def test_workers_that_claim_at_once_get_each_job_once(jobs):
    made = {jobs.submit("fit", {"n": number}).job.id for number in range(12)}

    def worker(name: int) -> list[str]:
        found = []
        while (job := jobs.claim(f"w{name}")) is not None:
            found.append(job.id)
        return found

    with ThreadPoolExecutor(4) as pool:
        taken = [one for found in pool.map(worker, range(4)) for one in found]
    assert sorted(taken) == sorted(made)


def test_pages_are_newest_first(jobs):
    for number in range(5):
        jobs.submit("fit", {"n": number})
    first = jobs.newest(2)
    assert [job.payload["n"] for job in (*first, *jobs.newest(9, first[-1].number))] == [4, 3, 2, 1, 0]
    assert jobs.get("f" * 16) is None
    assert first[0].due == NOON
    assert first[0].made - NOON == timedelta(0)
