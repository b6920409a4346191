"""How the two weights of the kernel were chosen: author as user on cs.IR, labels 2025-09 to 2025-12, nDCG@10."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np

from broadsheet.core.catalogue import Catalogue, reading_text
from broadsheet.core.component import similarity
from broadsheet.core.embeddings import embed_catalogue
from broadsheet.core.home import artifact_folder
from broadsheet.core.metrics import Ranking, bootstrap_mean, ndcg
from broadsheet.core.schema import Item
from broadsheet.core.seeds import generator
from broadsheet.report.affinity import AffinityConfig, kernel
from broadsheet.represent import MiniLMEmbedder, TfidfEmbedder
from broadsheet.sources import read_source

ROOT = Path(__file__).resolve().parent.parent
SINCE, UNTIL, LEAST = date(2025, 9, 1), date(2025, 12, 31), 3
GRID = [(a, b) for a in (15, 25, 30, 40, 50) for b in (0, 3, 5)]


def papers() -> list[Item]:
    """Return the cs.IR papers up to the last label that may be looked at, oldest first."""
    stated = os.environ.get("BROADSHEET_DATA")
    folder = (Path(stated) if stated else ROOT.parent / "shared" / "data") / "arxiv"
    if not folder.is_dir():
        sys.exit("The public data sets are not here.\nSet BROADSHEET_DATA to their folder.")
    batch = read_source([str(path) for path in sorted(folder.glob("csir_history_part*.jsonl.gz"))])
    found = [a.item for a in batch.announcements if a.item.announced and a.item.announced <= UNTIL]
    return sorted(found, key=lambda item: (str(item.announced), item.id))


def main() -> None:
    """Score every author's day under every row of the grid, and write `benchmarks/kernel.json`."""
    items = papers()
    vectors = embed_catalogue(MiniLMEmbedder(), Catalogue(items), artifact_folder()).vectors
    by_day: dict[date, list[int]] = defaultdict(list)
    by_author: dict[str, list[int]] = defaultdict(list)
    for row, item in enumerate(items):
        by_day[item.announced or UNTIL].append(row)
        for name in item.creators:
            by_author[name].append(row)
    values: dict[str, list[float]] = defaultdict(list)
    for day in sorted(d for d in by_day if d >= SINCE):
        candidates = by_day[day]
        lexical = TfidfEmbedder().fit_texts([reading_text(items[row]) for row in candidates])
        words = lexical([reading_text(items[row]) for row in candidates])
        for name in dict.fromkeys(name for row in candidates for name in items[row].creators):
            history = [row for row in by_author[name] if (items[row].announced or UNTIL) < day]
            if len(history) < LEAST or len(candidates) < 2:
                continue
            relevance = [float(name in items[row].creators) for row in candidates]
            lex = similarity(words, lexical([reading_text(items[row]) for row in history]))
            dense = similarity(vectors[candidates], vectors[history])
            rows = {f"kernel a={a} b={b}": kernel(lex, dense, AffinityConfig(lexical=a, dense=b)).sum(axis=1) for a, b in GRID}
            rows |= {"mean lexical": lex.mean(axis=1), "mean dense": dense.mean(axis=1), "constant": np.zeros(len(candidates))}
            rows["z-sum of means"] = sum((m - m.mean()) / (m.std() or 1) for m in (rows["mean lexical"], rows["mean dense"]))
            for label, scores in rows.items():
                values[label].append(ndcg(Ranking.of_scores(scores, relevance), 10))
    table = []
    for label, found in values.items():
        interval = bootstrap_mean(np.array(found), generator(0, "kernel"))
        table.append({"name": label, "ndcg@10": round(interval.mean, 4), "ndcg@10_lo": round(interval.low, 4), "ndcg@10_hi": round(interval.high, 4)})
    table.sort(key=lambda row: -row["ndcg@10"])
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    data = {"list": "cs.IR", "since": str(SINCE), "until": str(UNTIL), "user_days": len(values["constant"])}
    result = {
        "bench": "kernel",
        "command": "python benchmarks/kernel.py",
        "commit": commit,
        "data": data,
        "seeds": 0,
        "load": os.getloadavg()[0],
        "rows": table,
    }
    (ROOT / "benchmarks" / "kernel.json").write_text(json.dumps(result, indent=1) + "\n")
    for row in table:
        print("  ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
