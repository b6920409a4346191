"""How surely themes of public posts come again among other posts, by three ways of finding them: the figures as one JSON object."""

import argparse
import csv
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from broadsheet.core.bench.provenance import commit, hash_files
from broadsheet.core.metrics import bootstrap_mean
from broadsheet.core.seeds import generator
from broadsheet.needs.posts import Written
from broadsheet.needs.themes.model import Fit, comes_again, dealt, find, lda, nmf
from broadsheet.needs.themes.words import Words, words_of

ROOT = Path(__file__).resolve().parent.parent
FILES = {"complaints": ("cfpb_narratives_14llm.csv", "narrative"), "banking77": ("banking77/train.csv", "text")}
NUMBERS = (6, 10, 15)
# So many posts of a file are drawn, each as one of a person of its own: no public set names authors.
MOST = 1500
WAYS: dict[str, tuple[Fit, Callable[[Words, int], Words]]] = {
    "NMF": (nmf, lambda words, _: words),
    "LDA": (lda, lambda words, _: words),
    "NMF, words dealt out": (nmf, lambda words, seed: dealt(words, seed + 1000)),
}


def read(folder: Path, name: str) -> Words:
    """Return the words of posts of a public set."""
    path, column = FILES[name]
    with (folder / path).open(encoding="utf-8-sig", newline="") as file:
        texts = [row[column] for row in csv.DictReader(file)]
    kept = generator(0, "needs themes bench").permutation(len(texts))[:MOST]
    return words_of((Written(f"{row}", f"{row}", 0, texts[row]) for row in sorted(kept.tolist())), 5)


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--resamples", type=int, default=8)
    options = parser.parse_args()
    folder = Path(os.environ.get("BROADSHEET_DATA", ROOT.parent / "shared" / "data")) / "posts"
    if not folder.is_dir():
        sys.exit("The public data sets are not here.\nSet BROADSHEET_DATA to their folder.")
    rows: list[dict[str, Any]] = []
    for name in FILES:
        words = read(folder, name)
        for number in NUMBERS:
            for way, (fit, laid) in WAYS.items():
                again = [comes_again(laid(words, seed), number, seed, fit, options.resamples)[1] for seed in range(options.seeds)]
                themes = np.tile(np.arange(number), options.seeds)
                spread = bootstrap_mean(np.concatenate(again), generator(0, "needs themes bench"), clusters=themes, rounds=2000)
                row = {"name": way, "data": name, "posts": len(words.posts), "number": number}
                rows.append({**row, "again": spread.mean, "again_lo": spread.low, "again_hi": spread.high})
                print(row, file=sys.stderr)
            found = [find(words, number, seed, options.resamples) for seed in range(options.seeds)]
            rows[-3] |= {"stability": float(np.mean([one.stability.mean() for one in found])), "stable": float(np.mean([one.stable.sum() for one in found]))}
    facts = {
        "bench": "needs-themes",
        "command": f"python benchmarks/needs_themes.py --seeds {options.seeds} --resamples {options.resamples}",
        "commit": commit(),
    }
    data = {name: hash_files([folder / path]) for name, (path, _) in FILES.items()}
    print(json.dumps({**facts, "data": data, "seeds": options.seeds, "load": os.getloadavg()[0], "rows": rows}, indent=1))


main()
