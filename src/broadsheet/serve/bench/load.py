"""Load, from a process of its own: so many requests a second of each kind over a few connections, each timed from when it was due. Arguments: a JSON object."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

import numpy as np

from broadsheet.core.seeds import generator
from broadsheet.serve.bench.generated_requests import body_of

# Seconds after which an answer is none.
PATIENCE: Final = 60.0
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

    async def connection(line: Line) -> None:
        while not queue.empty():
            at, kind = queue.get_nowait()
            await asyncio.sleep(max(0.0, at - (time.perf_counter() - began)))
            shots.append(await _sent(line, kind, at, began, plan, rng))

    await _together(plan, connection)
    return shots


async def pressed(plan: dict[str, Any]) -> list[Shot]:
    """Send requests one after the other over every connection, as fast as answers come; a refusal is followed by a tenth of the pause that it asks for."""
    shots, rng = list[Shot](), generator(plan["seed"], "press")
    began = time.perf_counter()

    async def connection(line: Line) -> None:
        while (at := time.perf_counter() - began) < plan["seconds"]:
            shot = await _sent(line, plan["kinds"][int(rng.integers(len(plan["kinds"])))], at, began, plan, rng)
            shots.append(shot)
            if shot.status == 503:
                await asyncio.sleep(0.1)

    await _together(plan, connection)
    return shots


async def _together(plan: dict[str, Any], connection: Callable[["Line"], Awaitable[None]]) -> None:
    lines = [Line(plan["url"]) for _ in range(plan["connections"])]
    await asyncio.gather(*(connection(line) for line in lines))
    for line in lines:
        line.close()


class Line:
    """A connection that is kept, spoken over as plainly as can be: what the load itself takes of the machine is taken from the server."""

    def __init__(self, url: str) -> None:
        self.host, _, port = url.removeprefix("http://").partition(":")
        self.port = int(port)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes) -> tuple[int, bool]:
        """Send a request; return the answer's status, and whether it has Retry-After. Raises OSError or EOFError where there is no answer."""
        reader, writer = self._streams = self._streams or await asyncio.open_connection(self.host, self.port)
        head = f"POST {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection") == "close":
            self.close()
        return int(first.split()[1]), "retry-after" in headers

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _sent(line: Line, kind: str, at: float, began: float, plan: dict[str, Any], rng: np.random.Generator) -> Shot:
    try:
        status, told = await asyncio.wait_for(line.post(f"/v1/{PATHS[kind]}", json.dumps(body_of(kind, plan["items"], rng)).encode()), PATIENCE)
    except (OSError, EOFError, TimeoutError):
        line.close()
        status, told = 0, False
    return Shot(kind, at, time.perf_counter() - began, status, told)


def main() -> None:
    """Send what the plan says; print every request as JSON."""
    plan = json.loads(sys.argv[1])
    shots = asyncio.run(pressed(plan) if plan["pressed"] else paced(plan))
    sys.stdout.write(json.dumps(shots))


if __name__ == "__main__":
    main()
