"""Load, from a process of its own: so many requests a second of each kind over a few connections, each timed from when it was due. Arguments: a JSON object."""

import asyncio
import json
import sys
import time
from typing import Any, Final, NamedTuple

import httpx
import numpy as np

from broadsheet.core.seeds import generator
from broadsheet.serve.bench.generated_requests import body_of

PATHS: Final = {"search": "search", "recommend": "recommend", "rank": "rank", "slate": "slate", "events": "events"}


class Shot(NamedTuple):
    """One request: its kind, when it was due and when it was answered (seconds since the first), its status (0: no answer), and whether Retry-After was there."""

    kind: str
    due: float
    over: float
    status: int
    told: bool


async def paced(plan: dict[str, Any]) -> list[Shot]:
    """Send requests as they are due: a slow answer makes the next ones late, and their time counts from when they were due."""
    gap, shots = 1 / plan["rate"], list[Shot]()
    rng = generator(plan["seed"], "load")
    due = sorted((number * gap + float(rng.uniform(0, gap)), kind) for kind in plan["kinds"] for number in range(int(plan["seconds"] * plan["rate"])))
    queue: asyncio.Queue[tuple[float, str]] = asyncio.Queue()
    for one in due:
        queue.put_nowait(one)
    began = time.perf_counter()

    async def connection(client: httpx.AsyncClient) -> None:
        while not queue.empty():
            at, kind = queue.get_nowait()
            await asyncio.sleep(max(0.0, at - (time.perf_counter() - began)))
            shots.append(await _sent(client, kind, at, began, plan, rng))

    await _together(plan, connection)
    return shots


async def pressed(plan: dict[str, Any]) -> list[Shot]:
    """Send requests one after the other over every connection, as fast as answers come; a refusal is followed by a tenth of the pause that it asks for."""
    shots, rng = list[Shot](), generator(plan["seed"], "press")
    began = time.perf_counter()

    async def connection(client: httpx.AsyncClient) -> None:
        while (at := time.perf_counter() - began) < plan["seconds"]:
            shot = await _sent(client, plan["kinds"][int(rng.integers(len(plan["kinds"])))], at, began, plan, rng)
            shots.append(shot)
            if shot.status == 503:
                await asyncio.sleep(0.1)

    await _together(plan, connection)
    return shots


async def _together(plan: dict[str, Any], connection: Any) -> None:
    limits = httpx.Limits(max_connections=plan["connections"], max_keepalive_connections=plan["connections"])
    async with httpx.AsyncClient(base_url=plan["url"], limits=limits, timeout=60, trust_env=False) as client:
        await asyncio.gather(*(connection(client) for _ in range(plan["connections"])))


async def _sent(client: httpx.AsyncClient, kind: str, at: float, began: float, plan: dict[str, Any], rng: np.random.Generator) -> Shot:
    try:
        answer = await client.post(f"/v1/{PATHS[kind]}", json=body_of(kind, plan["items"], rng))
        status, told = answer.status_code, "retry-after" in answer.headers
    except httpx.TransportError:
        status, told = 0, False
    return Shot(kind, at, time.perf_counter() - began, status, told)


def main() -> None:
    """Send what the plan says; print every request as JSON."""
    plan = json.loads(sys.argv[1])
    shots = asyncio.run(pressed(plan) if plan["pressed"] else paced(plan))
    sys.stdout.write(json.dumps(shots))


if __name__ == "__main__":
    main()
