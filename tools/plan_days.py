"""Draws docs/plan-days.svg from benchmarks/plan-days.json, where that is; `tools/generated.py` runs it, with --check to tell whether it drifted."""

import json
import sys

from tables import ROOT

BENCH, PICTURE = ROOT / "benchmarks" / "plan-days.json", ROOT / "docs" / "plan-days.svg"


def main() -> int:
    """Write, or check with --check."""
    if not BENCH.is_file():
        return 0
    # Where nothing is to be drawn the tables need no package.
    from broadsheet.plan.bench.days_drawn import drawn

    text = drawn(json.loads(BENCH.read_text(encoding="utf-8")))
    if "--check" not in sys.argv:
        PICTURE.write_text(text, encoding="utf-8")
    elif not PICTURE.is_file() or PICTURE.read_text(encoding="utf-8") != text:
        print(f"{PICTURE.relative_to(ROOT)} differs from the benchmark.\nRun: make docs")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
