"""What the gate of evidence and the scrubber make of what was planted: the figures as one JSON object."""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from broadsheet.core.bench.provenance import commit, hash_files
from broadsheet.needs.bench.personal import measure_personal, plant_personal
from broadsheet.needs.bench.plants import measure, overall, plant
from broadsheet.needs.bench.posts import posts_of
from broadsheet.needs.claims import Claim, Quote
from broadsheet.needs.evidence import Gate
from broadsheet.needs.privacy import scrub

ROOT = Path(__file__).resolve().parent.parent
WORDS, SPANS, SPAN = 10_000, 100, 9


def posts_folder() -> Path:
    """Return the folder of public posts."""
    stated = os.environ.get("BROADSHEET_DATA")
    folder = (Path(stated) if stated else ROOT.parent / "shared" / "data") / "posts"
    if not folder.is_dir():
        sys.exit("The public data sets are not here.\nSet BROADSHEET_DATA to their folder.")
    return folder


def gate_rows(texts: dict[str, str], seed: int, each: int) -> list[dict[str, Any]]:
    """Return a row for each kind of plant, and one for all."""
    scores = measure(*plant(texts, np.random.default_rng(seed), each))
    rows = [{"name": one.kind, "seed": seed, "true": one.is_true, "planted": one.planted, "right": one.right, "reasons": dict(one.reasons)} for one in scores]
    return [*rows, {"name": "all", "seed": seed, **dict(overall(scores))}]


def personal_rows(texts: dict[str, str], seed: int, each: int) -> list[dict[str, Any]]:
    """Return a row for each kind of personal data, and what is taken for personal in public posts."""
    recalls = measure_personal(plant_personal(np.random.default_rng(seed), each))
    found, planted = sum(one.found for one in recalls), sum(one.planted for one in recalls)
    taken = {name: len(scrub(text).replaced) for name, text in texts.items() if name.startswith(("banking77", "cfpb"))}
    rows: list[dict[str, Any]] = [{"name": one.kind, "seed": seed, "planted": one.planted, "found": one.found} for one in recalls]
    return [*rows, {"name": "personal", "seed": seed, "recall": found / planted, "replaced_in_public_posts": sum(taken.values()), "public_posts": len(taken)}]


def time_row(texts: dict[str, str], seed: int) -> dict[str, Any]:
    """Return how long a hundred quotations of one post of ten thousand words take, the post's own normal form with them."""
    rng = np.random.default_rng(seed)
    words = " ".join(texts.values()).split()
    words = [words[place] for place in rng.integers(len(words), size=WORDS)]
    starts = rng.integers(WORDS - SPAN, size=SPANS)
    claim = Claim("m", "p", None, 1, tuple(Quote(" ".join(words[start : start + SPAN])) for start in starts))
    gate = Gate({"p": " ".join(words)})
    cpu = time.process_time()
    gate.check(claim)
    return {"name": "100 quotations of 10,000 words", "seed": seed, "cpu_s": time.process_time() - cpu}


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--each", type=int, default=500, help="plants of every kind")
    options = parser.parse_args()
    folder = posts_folder()
    texts = posts_of(folder)
    rows = [
        row
        for seed in range(options.seeds)
        for row in (*gate_rows(texts, seed, options.each), *personal_rows(texts, seed, options.each // 5), time_row(texts, seed))
    ]
    facts = {"bench": "needs-planted", "command": f"python benchmarks/needs_planted.py --seeds {options.seeds} --each {options.each}", "commit": commit()}
    data = hash_files(path for path in folder.rglob("*") if path.suffix in {".csv", ".json"})
    print(json.dumps({**facts, "data": data, "load": os.getloadavg()[0], "rows": rows}, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
