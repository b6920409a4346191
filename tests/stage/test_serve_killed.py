"""A server that is killed in the middle, one that is told to stop, and workers that die: nothing that was accepted is lost, nothing is done twice."""

import contextlib
import importlib.util
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from broadsheet.core.jobs import Jobs, JobState
from broadsheet.core.store import Store

for needed in ("fastapi", "prometheus_client", "python_multipart", "uvicorn", "torch"):
    if importlib.util.find_spec(needed) is None:
        pytest.skip(f"{needed} is not installed: pip install 'broadsheet[serve]'", allow_module_level=True)

KILLS, CLIENTS, EACH = 2, 4, 5
# The signal is passed on when all is done.
STOPPED = {0, -signal.SIGTERM}


@pytest.fixture
def socket():
    from broadsheet.serve.run import listen

    with listen("127.0.0.1", 0) as found:
        yield found


def client(seconds: float = 30.0) -> httpx.Client:
    """Return a client; certificates, which nobody shows here, take longer to load than all that it asks."""
    return httpx.Client(trust_env=False, verify=False, timeout=seconds)


def heard(url: str) -> None:
    """Wait until a server answers."""
    until = time.monotonic() + 60
    with client() as asking:
        while time.monotonic() < until:
            with contextlib.suppress(httpx.TransportError):
                if asking.get(f"{url}/healthz").status_code == 200:
                    return
            time.sleep(0.01)
    pytest.fail("the server does not answer")


def body(number: int) -> dict:
    return {"events": [{"item": f"w{number}", "kind": "saved"}]}


def test_a_kill_loses_no_event_and_no_job_that_was_accepted(tmp_path, socket):
    from tests.serve_killed import serve

    from broadsheet.serve.keys import Keys, Scope

    path, url = tmp_path / "s.sqlite", f"http://127.0.0.1:{socket.getsockname()[1]}"
    with contextlib.closing(Store(path)) as store:
        store.create_tables()
        admin = {"Authorization": f"Bearer {Keys(store).new('test', [Scope.ADMIN], 1_000_000).secret}"}
    accepted: set[int] = set()
    jobs: dict[int, str] = {}
    dead = threading.Event()

    def send(sending: httpx.Client, number: int) -> None:
        with contextlib.suppress(httpx.TransportError):
            answer = sending.post(f"{url}/v1/events", json=body(number), headers={**admin, "Idempotency-Key": f"e{number}"})
            if answer.status_code in {200, 201}:
                accepted.add(number)
            made = sending.post(f"{url}/v1/jobs", json={"kind": "run", "name": "trial"}, headers={**admin, "Idempotency-Key": f"j{number}"})
            if made.status_code in {200, 202}:
                jobs[number] = made.json()["id"]

    def all_of(numbers: range, seconds: float = 30.0) -> None:
        with client(seconds) as sending:
            for number in numbers:
                # The socket outlives the server, and whoever asks it then waits for nobody.
                if not dead.is_set():
                    send(sending, number)

    for kill in range(KILLS):
        server = serve(path, socket)
        heard(url)
        dead.clear()
        begin = kill * CLIENTS * EACH
        with ThreadPoolExecutor(CLIENTS) as pool:
            sent = [pool.submit(all_of, range(begin + number * EACH, begin + (number + 1) * EACH), 1.0) for number in range(CLIENTS)]
            before = len(accepted)
            while len(accepted) < before + CLIENTS * EACH // 3 and not all(one.done() for one in sent):
                time.sleep(0.001)
            os.kill(server.pid, signal.SIGKILL)
            dead.set()
            server.join()
            for one in sent:
                one.result()
    with contextlib.closing(Store(path)) as store:
        kept = [event.item for event in store.events("ana")]
        assert {f"w{number}" for number in accepted} <= set(kept)
        assert all(Jobs(store).get(job) is not None for job in jobs.values())
        assert len(accepted) < KILLS * CLIENTS * EACH, "some were cut off"
    server = serve(path, socket)
    heard(url)
    dead.clear()
    all_of(range(KILLS * CLIENTS * EACH))
    os.kill(server.pid, signal.SIGTERM)
    server.join(30)
    assert server.exitcode in STOPPED
    with contextlib.closing(Store(path)) as store:
        kept = [event.item for event in store.events("ana")]
        assert sorted(kept) == sorted(f"w{number}" for number in range(KILLS * CLIENTS * EACH)), "each once"
        assert len(Jobs(store).newest(1000)) == KILLS * CLIENTS * EACH


def slow_part(version: str, begun: Path):
    """Return a ranker that takes its time and says which one it is."""
    from broadsheet.rank.ranker import Hit, Ranking
    from broadsheet.serve.models.batcher import lane
    from broadsheet.serve.models.parts import Loaded, Ranks

    class Slow:
        def rank(self, history, k, candidates, *, exclude_seen):
            if history == ["slow"]:
                begun.touch()
                time.sleep(0.3)
            time.sleep(0.01)
            return Ranking([Hit(version, version, 0.0, 0.5)], ())

    return Ranks(Slow(), Loaded("test", version, version), lane(version))


def test_a_swap_loses_no_request_and_a_stop_answers_what_was_accepted(tmp_path, socket):
    from tests.serve_killed import serve

    from broadsheet.serve.keys import Keys, Scope
    from broadsheet.serve.models.holder import Opener

    path, url, file, begun = tmp_path / "s.sqlite", f"http://127.0.0.1:{socket.getsockname()[1]}", tmp_path / "version", tmp_path / "begun"
    file.write_text("v0")
    with contextlib.closing(Store(path)) as store:
        store.create_tables()
        admin = {"Authorization": f"Bearer {Keys(store).new('test', [Scope.ADMIN], 1_000_000).secret}"}
    server = serve(path, socket, {"rank": Opener(file.read_text, lambda: slow_part(file.read_text(), begun))})
    heard(url)
    with client() as asking:
        while asking.get(f"{url}/readyz").status_code != 200:
            time.sleep(0.01)
    seen: list[tuple[int, str]] = []
    ended = threading.Event()

    def ask() -> None:
        with client() as sending:
            while not ended.is_set():
                answer = sending.post(f"{url}/v1/rank", json={"history": ["a"]}, headers=admin)
                seen.append((answer.status_code, answer.json()["hits"][0]["id"] if answer.status_code == 200 else answer.text))

    with ThreadPoolExecutor(4) as pool, client() as sending:
        asking = [pool.submit(ask) for _ in range(4)]
        while len(seen) < 4:
            time.sleep(0.005)
        for version in range(1, 6):
            until = len(seen) + 6
            file.write_text(f"v{version}")
            assert sending.post(f"{url}/v1/models/reload", headers=admin).status_code == 200
            while len(seen) < until:
                time.sleep(0.005)
        ended.set()
        for one in asking:
            one.result()
    assert {status for status, _ in seen} == {200}
    assert {version for _, version in seen} >= {"v0", "v5"}
    with ThreadPoolExecutor(1) as pool, client() as sending:
        accepted = pool.submit(sending.post, f"{url}/v1/rank", json={"history": ["slow"]})
        while not begun.exists():
            time.sleep(0.005)
        os.kill(server.pid, signal.SIGTERM)
        assert accepted.result().status_code == 200
    server.join(30)
    assert server.exitcode in STOPPED


def test_a_job_of_a_killed_worker_is_done_by_another_and_one_that_is_stopped_gives_it_back(tmp_path):
    from tests.serve_killed import work

    path = tmp_path / "s.sqlite"
    with contextlib.closing(Store(path)) as store:
        jobs = Jobs(store, lease=1.0)
        job = jobs.submit("run", {"recipe": "sample", "name": "trial"}).job

        def state() -> JobState:
            found = jobs.get(job.id)
            return found.state

        def until(wanted: JobState) -> None:
            end = time.monotonic() + 60
            while state() is not wanted and time.monotonic() < end:
                time.sleep(0.01)
            assert state() is wanted

        # A command that waits for words that never come, as long as its parent lives.
        first = work(path, ["sample", "llm"], 1.0)
        until(JobState.RUNNING)
        os.kill(first.pid, signal.SIGKILL)
        first.join()
        second = work(path, ["--version"], 1.0)
        try:
            until(JobState.DONE)
            assert jobs.get(job.id).attempts == 2
        finally:
            os.kill(second.pid, signal.SIGKILL)
            second.join()
