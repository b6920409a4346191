"""What the check of TL;DRs catches of summaries that are broken on purpose, and how many right ones it leaves out, on real abstracts."""

import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np

from broadsheet.report.bench.perturbed import broken, count, names_in, right_ones
from broadsheet.report.tldr.words import Vocabulary
from broadsheet.sources import read_source

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Count, and write `benchmarks/tldr.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--abstracts", type=int, default=120)
    parser.add_argument("--each", type=int, default=3, help="sentences of an abstract at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--day", default="2026-02-10")
    arguments = parser.parse_args()
    stated = os.environ.get("BROADSHEET_DATA")
    path = (Path(stated) if stated else ROOT.parent / "shared" / "data") / "arxiv" / "daily" / f"{arguments.day}.jsonl.gz"
    if not path.is_file():
        sys.exit("The public data sets are not here.\nSet BROADSHEET_DATA to their folder.")
    items = [one.item for one in read_source(str(path)).announcements]
    vocabulary = Vocabulary.of(item.text for item in items)
    rng = np.random.default_rng(arguments.seed)
    items = [items[at] for at in sorted(rng.choice(len(items), min(arguments.abstracts, len(items)), replace=False))]
    names = [name for item in items for name in names_in(item.text)]
    cases = []
    for item in items:
        right = list(right_ones(item.text))
        chosen = rng.choice(len(right), min(arguments.each, len(right)), replace=False) if right else []
        for case in (right[at] for at in sorted(chosen)):
            cases += [case, *broken(case, names, rng)]
    rows = [{"name": kind, "cases": one.cases, "left_out": one.left_out} for kind, one in count(cases, vocabulary).items()]
    command = f"python benchmarks/tldr.py --abstracts {arguments.abstracts} --each {arguments.each} --seed {arguments.seed} --day {arguments.day}"
    bench = {"command": command, "data": {"day": arguments.day, "abstracts": len(items)}, "rows": rows}
    (ROOT / "benchmarks" / "tldr.json").write_text(json.dumps(bench, indent=1) + "\n")
    print(json.dumps(bench, indent=1))


if __name__ == "__main__":
    main()
