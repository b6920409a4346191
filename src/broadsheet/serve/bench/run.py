"""The bench of the server: calm load, too much load, swaps under load; the server, the load and this in three processes."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import numpy as np

from broadsheet.core.bench import Bench, Measured, Task, by_arm, over_seeds, run_tasks, wanted_arms
from broadsheet.core.errors import NetworkError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator
from broadsheet.serve.bench.generated_requests import body_of
from broadsheet.serve.bench.load import Shot

KINDS: Final = ("search", "recommend", "rank", "slate", "events")
# What is asked of a request of search and of slates, in milliseconds.
GOAL: Final = 150.0
# Seconds that a server may take until every part answers.
OPENING: Final = 900.0
CALM, PAIR, TOO_MUCH, SWAPS, ALONE = "calm", "search and slate", "too much, then calm", "swaps under load", "each kind alone"
ARMS: Final = (CALM, PAIR, TOO_MUCH, SWAPS, ALONE)
PRESSING: Final = 256


class ServePlan(NamedTuple):
    """What is measured: items, connections, requests a second of each kind, seconds of each phase, the index, the rows that are made."""

    items: int = 100_000
    connections: int = 8
    rate: float = 20.0
    seconds: float = 20.0
    index: str = "auto"
    seeds: int = 1
    arms: tuple[str, ...] = ()
    budget_minutes: float | None = None


class Running(NamedTuple):
    """A server under measurement: its address, its process, and the file whose change makes it swap all parts."""

    url: str
    pid: int
    turn: Path


def bench_serve(plan: ServePlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Measure, row by row in `folder`; the server is begun once, for the first row that is not there."""
    arms: dict[str, Callable[[Running, int], Mapping[str, float]]] = {
        CALM: lambda on, seed: _calm(plan, on, seed), PAIR: lambda on, seed: _calm(plan, on, seed, kinds=["search", "slate"]), TOO_MUCH: lambda on, seed: _too_much(plan, on, seed), SWAPS: lambda on, seed: _swaps(plan, on, seed),
        ALONE: lambda on, seed: _alone(plan, on, seed),
    }  # fmt: skip
    identity = {"items": plan.items, "connections": plan.connections, "rate": plan.rate, "seconds": plan.seconds, "index": plan.index}
    chosen = wanted_arms(plan.arms, ARMS)
    with _server(plan) as begun:

        def task(arm: str, seed: int) -> Task:
            return Task(f"{plan.items:,} items", arm, seed, identity, lambda: Measured(arms[arm](begun(), seed)))

        tasks = [task(arm, seed) for arm in chosen for seed in range(plan.seeds)]
        outcome = run_tasks("serve", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    rows = [{"name": arm, **over_seeds(of)} for (_, arm), of in by_arm(outcome).items()]
    notes = (
        f"Wall milliseconds from when a request was due; {plan.connections} connections, {plan.rate:g} requests a second of each kind, {plan.seconds:g} s a phase.",
        "Calm and swaps: all five kinds at once; search and slate: these two alone.",
        "Search: MiniLM embeds the words, then the index of generated vectors. Slate: the package's policy and planner over generated items. Rank: random weights.",
        "Recommend: the package's bundle of 1,500 items. The server, the load and the bench are three processes of one machine.",
        f"Too much: {PRESSING} connections without a pause. Lost is a request without an answer, or with another status than 200, 201 or 503.",
        f"The goal is a p95 under {GOAL:g} ms for search and slate.",
    )
    return Bench.of("serve", command, outcome, rows, data={"items": plan.items, "cores": os.cpu_count()}, seeds=plan.seeds, notes=notes)


@contextmanager
def _server(plan: ServePlan) -> Iterator[Callable[[], Running]]:
    """Give what begins the server when it is first asked for; it ends with the block."""
    held: list[tuple[Running, subprocess.Popen[str]]] = []
    with tempfile.TemporaryDirectory() as scratch:

        def begun() -> Running:
            if not held:
                turn = Path(scratch) / "turn"
                turn.write_text("0", encoding="utf-8")
                facts = {"items": plan.items, "index": plan.index, "store": str(Path(scratch) / "store.sqlite"), "turn": str(turn)}
                command = [sys.executable, "-m", "broadsheet.serve.bench.served", json.dumps(facts)]
                process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
                assert process.stdout is not None
                url, _, pid = process.stdout.readline().strip().partition(" ")
                held.append((Running(url, int(pid or process.pid), turn), process))
                _opened(url, process)
            return held[0][0]

        try:
            yield begun
        finally:
            for _, process in held:
                process.send_signal(signal.SIGTERM)
                process.wait(60)


def _opened(url: str, process: "subprocess.Popen[str]") -> None:
    """Wait until every part answers, and has answered once."""
    until = time.monotonic() + OPENING
    while process.poll() is None and time.monotonic() < until:
        try:
            if httpx.get(f"{url}/readyz", trust_env=False, timeout=60).status_code == 200:
                for kind in KINDS:
                    httpx.post(f"{url}/v1/{kind}", json=body_of(kind, 1000, generator(0, "warm", kind)), trust_env=False, timeout=60).raise_for_status()
                return
        except httpx.TransportError:
            time.sleep(0.1)
        time.sleep(0.5)
    raise NetworkError("The server of the bench does not answer.", "Look at what it printed; give it fewer --items.")


def _shots(plan: ServePlan, on: Running, seed: int, **other: Any) -> list[Shot]:
    facts = {
        "url": on.url, "items": plan.items, "connections": plan.connections, "rate": plan.rate, "seconds": plan.seconds, "kinds": KINDS, "seed": seed,
        "pressed": False, **other,
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-m", "broadsheet.serve.bench.load", json.dumps(facts)], stdout=subprocess.PIPE, text=True, check=True)
    return [Shot(*one) for one in json.loads(done.stdout)]


def _calm(plan: ServePlan, on: Running, seed: int, **other: Any) -> dict[str, float]:
    before = _processor(on)
    shots = _shots(plan, on, seed, **other)
    return _told(shots) | {"server_cpu_ms_a_request": 1000 * (_processor(on) - before) / max(1, len(shots))} | _load()


def _alone(plan: ServePlan, on: Running, seed: int) -> dict[str, float]:
    """Return the processor's milliseconds that a request of each kind takes, which tell of the server whatever else the machine does."""
    found = {}
    for kind in KINDS:
        before = _processor(on)
        shots = _shots(plan, on, seed, kinds=[kind], seconds=plan.seconds / len(KINDS))
        found[f"{kind}_cpu_ms"] = 1000 * (_processor(on) - before) / max(1, len(shots))
    return found | _load()


def _processor(on: Running) -> float:
    """Return the seconds of the processor that the server took so far, all threads together."""
    text = httpx.get(f"{on.url}/metrics", trust_env=False, timeout=60).text
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith("process_cpu_seconds_total "))


def _too_much(plan: ServePlan, on: Running, seed: int) -> dict[str, float]:
    """Press, then ask calmly at once: how much was refused, how fast, and whether the time after is that of before."""
    pressed = _shots(plan, on, seed, pressed=True, connections=PRESSING, kinds=["search", "slate"])
    after = _told(_shots(plan, on, seed + 1))
    refused = [shot for shot in pressed if shot.status == 503]
    answered = [shot for shot in pressed if shot.status == 200]
    found = {
        "pressed_s": len(pressed) / plan.seconds,
        "answered_s": len(answered) / plan.seconds,
        "refused_share": len(refused) / max(1, len(pressed)),
        "refused_p95_ms": _p(refused, 95),
        "retry_after_share": float(np.mean([shot.told for shot in refused])) if refused else 1.0,
        "answered_p95_ms": _p(answered, 95),
        "pressed_lost": float(sum(shot.status not in {200, 503} for shot in pressed)),
    }
    return found | {f"after_{name}": value for name, value in after.items()} | _load()


def _swaps(plan: ServePlan, on: Running, seed: int) -> dict[str, float]:
    """Change what the parts are opened from again and again while requests come in."""
    ended, swaps = threading.Event(), 0

    def swap() -> None:
        nonlocal swaps
        while not ended.wait(1.5):
            swaps += 1
            on.turn.write_text(f"{seed} {swaps}", encoding="utf-8")

    before = _generation(on)
    thread = threading.Thread(target=swap)
    thread.start()
    try:
        shots = _shots(plan, on, seed)
    finally:
        ended.set()
        thread.join()
    return _told(shots) | {"swaps": float(_generation(on) - before)} | _load()


def _generation(on: Running) -> int:
    return int(httpx.get(f"{on.url}/v1/artefacts", trust_env=False, timeout=60).json()["generation"])


def _told(shots: Sequence[Shot]) -> dict[str, float]:
    """Return percentiles by kind, in milliseconds, and how many requests were refused and lost."""
    found: dict[str, float] = {"requests": float(len(shots))}
    for kind in KINDS:
        of = [shot for shot in shots if shot.kind == kind and shot.status in {200, 201}]
        found |= {f"{kind}_p{part}_ms": _p(of, part) for part in (50, 95, 99)} if of else {}
    found["refused"] = float(sum(shot.status == 503 for shot in shots))
    found["lost"] = float(sum(shot.status not in {200, 201, 503} for shot in shots))
    return found


def _p(shots: Sequence[Shot], part: int) -> float:
    return float(np.percentile([1000 * (shot.over - shot.due) for shot in shots], part)) if shots else 0.0


def _load() -> dict[str, float]:
    """Return how busy the machine is besides: a time on a machine that others use is not the server's alone."""
    return {"machine_load": round(os.getloadavg()[0], 2)}
