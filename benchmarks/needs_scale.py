"""What a million posts' statistics cost, and the fictional world's posts from text to verdict and page: the figures as one JSON object."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from broadsheet.core.bench.provenance import commit
from broadsheet.core.schema import Columns
from broadsheet.needs.bench.planted import planted
from broadsheet.needs.taxonomy import open_taxonomy
from broadsheet.sample.world import world
from broadsheet.sample.world.panels import PANELS

# The mean number of posts of a planted person is about 18.3: so many people write a million.
PEOPLE = 54_600
VERDICTS = {"cumulative": "cumulative", "unfolding": "unfolding", "verbosity": "none", "independent": "none"}


def ran(command: list[str], home: Path) -> tuple[dict[str, float], str]:
    """Run a command of broadsheet in a process of its own; return its seconds, processor seconds and peak MB, and what it printed."""
    with tempfile.TemporaryFile("w+") as out:
        begun = time.perf_counter()
        words = [sys.executable, "-m", "broadsheet", *command]
        pid = subprocess.Popen(words, stdout=out, stderr=subprocess.DEVNULL, env=os.environ | {"BROADSHEET_HOME": str(home)}).pid
        _, status, used = os.wait4(pid, 0)
        wall = time.perf_counter() - begun
        if status:
            sys.exit(f"{' '.join(command[:2])} ended with {os.waitstatus_to_exitcode(status)}.")
        out.seek(0)
        return {"wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}, out.read()


def million(folder: Path, seed: int) -> dict[str, Any]:
    """Return what the verdict on a million planted posts costs, files read and all."""
    made, levels = planted("cumulative", PEOPLE, seed), [level.id for level in open_taxonomy().levels]
    posts, mentions = folder / "posts.jsonl", folder / "mentions.jsonl"
    counts = made.posts.astype(int).tolist()
    with posts.open("w") as file:
        for person, count in enumerate(counts):
            for place in range(count):
                file.write(
                    f'{{"id": "{person}-{place}", "author": "a{person}", "at": {1_600_000_000 + 86_400 * place}, "text": "number {place} of {person}"}}\n'
                )
    said = 0
    with mentions.open("w") as file:
        for person, row in enumerate(made.mentions.astype(int).tolist()):
            for level, times in enumerate(row):
                for time_ in range(times):
                    file.write(f'{{"id": {said}, "post_id": "{person}-{(time_ * 7 + level) % counts[person]}", "level": "{levels[level]}"}}\n')
                    said += 1
    used, printed = ran(["needs", "infer", "--posts", str(posts), "--mentions", str(mentions), "--json"], folder / "home")
    return {
        "name": "a million posts",
        "seed": seed,
        "posts": sum(counts),
        "people": PEOPLE,
        "mentions": said,
        **used,
        "verdict": json.loads(printed)["verdict"],
    }


def panels(folder: Path, seed: int) -> Iterator[dict[str, Any]]:
    """Yield what each step from the world's posts to verdicts and a page costs, with no language model."""
    made = world(seed=seed)
    posts, needs = folder / "posts.jsonl", folder / "needs"
    channel = dict(made.posts.select(Columns.POST, Columns.CHANNEL).iter_rows())
    posts.write_text("".join(f"{json.dumps(line)}\n" for line in lines(made.posts)))
    used, printed = ran(["needs", "run", "--posts", str(posts), "--out", str(needs), "--json"], folder / "home")
    labeller = json.loads(printed)["models"]["labeller"]
    yield {"name": "world: needs run", "seed": seed, "posts": len(channel), "labeller": labeller, **used}
    held = {name: [json.loads(line) for line in (needs / f"{name}.jsonl").read_text().splitlines()] for name in ("posts", "mentions")}
    for panel, law in PANELS.items():
        files = []
        for name, key in (("posts", "id"), ("mentions", "post_id")):
            files += [f"--{name}", str(folder / f"{panel}-{name}.jsonl")]
            Path(files[-1]).write_text("".join(f"{json.dumps(line)}\n" for line in held[name] if channel[line[key]] == panel))
        used, printed = ran(["needs", "infer", *files, "--json"], folder / "home")
        yield {"name": f"world: needs infer, {law}", "seed": seed, **used, "verdict": json.loads(printed)["verdict"], "right": VERDICTS[law]}
    files = ["--posts", str(needs / "posts.jsonl"), "--mentions", str(needs / "mentions.jsonl")]
    yield {"name": "world: needs view", "seed": seed, **ran(["needs", "view", *files, "--out", str(folder / "page")], folder / "home")[0]}


def lines(posts: pl.DataFrame) -> Iterator[dict[str, str]]:
    """Yield posts as their file has them."""
    for name, author, at, text in posts.select(Columns.POST, Columns.AUTHOR, Columns.AT, Columns.TEXT).iter_rows():
        yield {"id": name, "author": author, "at": at.isoformat(), "text": text}


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for seed in range(options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(million(Path(folder), seed))
        with tempfile.TemporaryDirectory() as folder:
            rows += panels(Path(folder), seed)
    facts = {"bench": "needs-scale", "command": f"python benchmarks/needs_scale.py --seeds {options.seeds}", "commit": commit()}
    print(json.dumps({**facts, "load": os.getloadavg()[0], "cores": os.cpu_count(), "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
