"""How fast the client asks: requests a second and processor time a call, against the double in a process of its own."""

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from broadsheet.core.bench import Bench, Measured, Task, by_arm, over_seeds, run_tasks, wanted_arms
from broadsheet.core.errors import EndpointError
from broadsheet.core.llm import Client, Limits, Request, open_llm
from broadsheet.core.progress import Progress, silent
from broadsheet.core.store import Store

RANGED = ("requests_per_s", "cpu_ms_per_call")
WORDS = 60
CLIENT, HITS, SDK = "client, each call in the ledger", "client, the same again: all hits", "openai SDK alone, one pool, no ledger"


class CallsPlan(NamedTuple):
    """What is timed: so many requests, so many in flight, an endpoint that takes so many seconds."""

    requests: int = 2000
    in_flight: int = 64
    latency: float = 0.2
    seeds: int = 3
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None


def bench_calls(plan: CallsPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Time the client and what it stands on, row by row in `folder`."""
    arms: dict[str, Callable[[CallsPlan], Mapping[str, float]]] = {CLIENT: _client, HITS: _hits, SDK: _sdk}
    data = f"{plan.requests:,} requests, {plan.in_flight} in flight, {plan.latency * 1000:.0f} ms"
    identity = {"requests": plan.requests, "in_flight": plan.in_flight, "latency": plan.latency, "words": WORDS}

    def task(arm: str, seed: int) -> Task:
        return Task(data, arm, seed, identity, lambda: Measured(arms[arm](plan), None, {"llm": "double-1, a rule"}))

    tasks = [task(arm, seed) for arm in wanted_arms(plan.arms, arms) for seed in range(plan.seeds)]
    outcome = run_tasks("llm", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    rows = [{"name": arm, **over_seeds(of, RANGED)} for (_, arm), of in by_arm(outcome).items()]
    most = plan.in_flight / plan.latency if plan.latency else float("inf")
    notes = (
        f"At most {most:.0f} requests a second are possible. The double runs in a process of its own; processor time is the client's alone.",
        "In brackets the lowest and highest run.",
    )
    return Bench.of("llm", command, outcome, rows, data={"requests": plan.requests, "in flight": plan.in_flight}, seeds=plan.seeds, notes=notes)


@contextlib.contextmanager
def _double(latency: float) -> Iterator[str]:
    """Run the double; give its URL."""
    words = [sys.executable, "-m", "broadsheet", "sample", "llm", "--latency", str(latency)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip() if process.stdout else ""
            if not url:
                raise EndpointError("The double did not start.", "Run it alone to see why: broadsheet sample llm")
            yield url
        finally:
            process.terminate()


def _requests(plan: CallsPlan) -> list[Request]:
    return [Request.ask(f"Post {number}: " + "word " * WORDS, choices=("saving", "debt", "none")) for number in range(plan.requests)]


def _client(plan: CallsPlan) -> dict[str, float]:
    return _timed_runs(plan, runs=1)


def _hits(plan: CallsPlan) -> dict[str, float]:
    return _timed_runs(plan, runs=2)


def _timed_runs(plan: CallsPlan, runs: int) -> dict[str, float]:
    """Ask everything so many times over; time the last."""
    with tempfile.TemporaryDirectory() as folder, _double(plan.latency) as url:
        store = Store(Path(folder) / "store.sqlite")
        llm = open_llm(f"openai:double-1@{url}", in_flight=plan.in_flight)
        timed: dict[str, float] = {}
        for _ in range(runs):
            client = Client(llm, store, limits=Limits(in_flight=plan.in_flight))
            began = (time.perf_counter(), time.process_time())
            results = client.run(_requests(plan))
            timed = _figures(len(results), *began)
            timed |= {"calls": client.summary().calls, "answered": sum(result.failure is None for result in results)}
        store.close()
    return timed


def _sdk(plan: CallsPlan) -> dict[str, float]:
    """Ask with the SDK as it comes: as many workers, one client, nothing kept."""
    with _double(plan.latency) as url:
        began = (time.perf_counter(), time.process_time())
        answered = asyncio.run(_plain(plan, url))
        return {**_figures(plan.requests, *began), "calls": plan.requests, "answered": answered}


async def _plain(plan: CallsPlan, url: str) -> int:
    from openai import AsyncOpenAI

    waiting = iter(_requests(plan))
    answered = 0
    async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:

        async def work() -> None:
            nonlocal answered
            for request in waiting:
                form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": request.answer_schema, "strict": True}}
                said = [{"role": "user", "content": request.messages[-1].content}]
                made = await client.chat.completions.create(model="double-1", messages=said, response_format=form)  # pyrefly: ignore
                answered += json.loads(made.choices[0].message.content or "{}").get("choice") in request.choices

        await asyncio.gather(*(work() for _ in range(plan.in_flight)))
    return answered


def _figures(requests: int, wall: float, cpu: float) -> dict[str, float]:
    seconds, spent = time.perf_counter() - wall, time.process_time() - cpu
    return {"requests_per_s": requests / seconds, "cpu_ms_per_call": 1000 * spent / requests}
