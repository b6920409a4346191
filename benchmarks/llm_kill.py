"""Kills `needs run --extractor llm` at fifty points, each time runs it again, and counts at the server: the figures as one JSON object."""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

POSTS = 60
# Seconds of a call, and how far into one it is killed in flight.
LATENCY, SENT = 0.12, 0.04
# Events of each kind that a run meets at least, and at how many of them, spread evenly, it is killed.
KINDS = {
    "before a call is written down": (60, 8),
    "before a call": (60, 6),
    "in flight": (52, 12),
    "the reply is here, not yet written": (60, 6),
    "the reply is just written": (60, 6),
    "the artefact is being written": (12, 12),
}
EMPTY = {"mentions": [], "age": None, "income": None, "stress": None, "risk": None, "orders": []}


class Point(NamedTuple):
    """The moment of a kill: the `at`-th event of a kind."""

    kind: str
    at: int


class Killed(NamedTuple):
    """What a kill and the run after it came to; `twice` were counted twice by the server, `again` called though the ledger had them as paid."""

    kind: str
    at: int
    paid_before: int
    in_doubt: int
    calls: int
    replayed: int
    twice: int
    again: int
    faults: int
    counts_agree: bool
    same_bytes: bool


def points() -> list[Point]:
    """Return all points, spread over the run."""
    return [Point(kind, 1 + round(number * (most - 1) / (many - 1))) for kind, (most, many) in KINDS.items() for number in range(many)]


def answer(body: dict[str, Any]) -> str:
    """Return what the double says of a post: its first words of need, its age, and something that is not in it."""
    text = body["messages"][1]["content"]
    age = int(text.split(" I am ")[1][:2])
    mention = {"need": "housing_at_risk", "polarity": "lack", "horizon": "now", "confidence": 0.9}
    mentions = [{"quotes": [quote], **mention} for quote in (text.split(". ")[1].partition(" and")[0], "nobody wrote this")]
    return json.dumps({**EMPTY, "mentions": mentions, "age": {"quote": f"I am {age}", "value": age}})


def write_posts(path: Path) -> None:
    """Write the posts."""
    lines = [
        {"id": str(n), "author": f"a{n % 7}", "at": n, "text": f"Hello all. The rent of flat {n} is due and I am {20 + n % 60} now. That is all."}
        for n in range(POSTS)
    ]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")


class Fate(NamedTuple):
    """Ends this process as by kill -9 at a point."""

    point: Point
    met: list[int]

    def meet(self, kind: str) -> None:
        """Count an event, and die if it is the one."""
        self.met[0] += kind == self.point.kind
        if kind == self.point.kind and self.met[0] == self.point.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch_writing(self, of: Any, name: str, *, before: bool = False) -> None:
        """Meet an event behind each call of a function that writes, and perhaps before it."""
        inner = getattr(of, name)

        def outer(*facts: Any, **named: Any) -> Any:
            if before:
                self.meet("the artefact is being written")
            made = inner(*facts, **named)
            self.meet("the artefact is being written")
            return made

        setattr(of, name, outer)

    def watch_calls(self) -> None:
        """Meet an event wherever a call stands otherwise than before."""
        from broadsheet.core.llm.backends.endpoint import EndpointLLM
        from broadsheet.core.llm.ledger import Ledger, State

        complete, add, finish = EndpointLLM.complete, Ledger.add, Ledger.finish

        async def completed(llm: Any, request: Any, *, idempotency: str = "") -> Any:
            self.meet("before a call")
            call = asyncio.create_task(complete(llm, request, idempotency=idempotency))
            if self.point.kind == "in flight":
                await asyncio.sleep(SENT)
                if not call.done():
                    self.meet("in flight")
            reply = await call
            self.meet("the reply is here, not yet written")
            return reply

        async def added(ledger: Any, row: Any) -> None:
            if row["state"] == State.BEGUN:
                self.meet("before a call is written down")
            await add(ledger, row)

        async def finished(ledger: Any, *facts: Any) -> None:
            await finish(ledger, *facts)
            self.meet("the reply is just written")

        EndpointLLM.complete, Ledger.add, Ledger.finish = completed, added, finished


def mortal(point: Point, words: Sequence[str]) -> None:
    """Run the command in this process, which ends at that point as by kill -9."""
    import polars as pl

    from broadsheet.cli import main as command

    fate = Fate(point, [0])
    fate.watch_calls()
    fate.watch_writing(pl.DataFrame, "write_parquet")
    fate.watch_writing(Path, "write_text")
    fate.watch_writing(Path, "rename", before=True)
    sys.argv = ["broadsheet", *words]
    command()


class Arena(NamedTuple):
    """A folder in which the command is killed and run again, its posts, and the bytes of a run that nobody killed."""

    folder: Path
    whole: dict[str, bytes]

    @classmethod
    def of(cls, folder: Path) -> "Arena":
        """Write posts, and run once to the end."""
        write_posts(folder / "posts.jsonl")
        arena = cls(folder, {})
        with double() as server:
            done = arena.run(folder / "whole", server.url)
        if done.returncode:
            sys.exit(done.stderr)
        return cls(folder, contents(folder / "whole" / "needs"))

    def run(self, name: Path, url: str, point: Point | None = None) -> subprocess.CompletedProcess:
        """Run the command in a process of its own, to the end or up to a point."""
        name.mkdir(exist_ok=True)
        words = ["needs", "run", "--posts", str(self.folder / "posts.jsonl"), "--out", str(name / "needs"), "--store", str(name / "store.sqlite")]
        words += ["--extractor", "llm", "--llm", f"openai:m@{url}"]
        start = [sys.executable, str(Path(__file__)), "--mortal", point.kind, str(point.at)] if point else [sys.executable, "-m", "broadsheet"]
        environment = {**os.environ, "BROADSHEET_HOME": str(self.folder / "home"), "BROADSHEET_LLM_KEY": "none"}
        return subprocess.run([*start, *words], capture_output=True, text=True, check=False, env=environment)

    def killed(self, point: Point) -> Killed:
        """Kill at a point, run again, and count."""
        from broadsheet.core.llm import Ledger
        from broadsheet.core.store import Store

        name = self.folder / f"{point.kind}-{point.at}".replace(" ", "-").replace(",", "")
        with double() as server:
            done = self.run(name, server.url, point)
            if done.returncode != -signal.SIGKILL:
                sys.exit(f"{point} was not met: {done.returncode} {done.stderr}")
            before, doubted = rows_of(lambda: Ledger(Store(name / "store.sqlite")))
            again = self.run(name, server.url)
            if again.returncode:
                sys.exit(again.stderr)
            served = server.served
        rows, _ = rows_of(lambda: Ledger(Store(name / "store.sqlite")))
        paid = {row["key"] for row in before if row["state"] == "paid"}
        runs = {row["run"] for row in before}
        spent = [row for row in rows if row["state"] == "paid"]
        counted = (len(spent), sum(row["prompt_tokens"] for row in spent), sum(row["completion_tokens"] for row in spent))
        return Killed(
            point.kind,
            point.at,
            len(paid),
            len(doubted),
            served.calls,
            served.replayed,
            served.twice,
            len(paid & {row["key"] for row in rows if row["run"] not in runs and row["state"] != "hit"}),
            sum(served.faults.values()),
            counted == (served.calls, served.prompt_tokens, served.completion_tokens),
            contents(name / "needs") == self.whole,
        )


def double() -> Any:
    """Return the server: it is late by chance, busy, broken, or answers with another form now and then."""
    from broadsheet.sample.llm import Faults, LLMServer

    return LLMServer(answer, latency=LATENCY, jitter=0.3, faults=Faults({"429": 0.12, "500": 0.06, "invalid": 0.1}, seed=3))


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def rows_of(opened: Callable[[], Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the rows of a ledger, and those in doubt."""
    ledger = opened()
    found = ledger.rows(), ledger.in_doubt()
    ledger._store.close()  # noqa: SLF001 - the one that opened it is gone
    return found


def rows(found: Sequence[Killed]) -> Iterator[dict[str, Any]]:
    """Yield a row for each kind of point, and one for all."""
    for kind in (*KINDS, "all"):
        of = [one for one in found if kind in {one.kind, "all"}]
        sums = {
            name: sum(getattr(one, name) for one in of) for name in ("paid_before", "in_doubt", "calls", "replayed", "twice", "again", "faults", "same_bytes")
        }
        yield {"name": kind, "points": len(of), **sums, "counts_agree": sum(one.counts_agree for one in of)}


def main() -> None:
    """Print the rows; with --mortal run a command and die in it."""
    if sys.argv[1:2] == ["--mortal"]:
        mortal(Point(sys.argv[2], int(sys.argv[3])), sys.argv[4:])
        return
    from broadsheet.core.bench.provenance import commit

    argparse.ArgumentParser(description=__doc__).parse_args()
    found = []
    with tempfile.TemporaryDirectory() as name:
        arena = Arena.of(Path(name))
        for number, point in enumerate(points(), 1):
            found.append(arena.killed(point))
            print(f"{number} of {len(points())}: {found[-1]}", file=sys.stderr)
    facts = {"bench": "llm-kill", "command": "python benchmarks/llm_kill.py", "commit": commit(), "load": os.getloadavg()[0]}
    print(json.dumps({**facts, "posts": POSTS, "rows": list(rows(found))}, indent=1))


if __name__ == "__main__":
    main()
