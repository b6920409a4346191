"""Draws docs/plan-days.svg from benchmarks/plan-days.json; with --check only tells whether it drifted."""

import json
import sys

from tables import ROOT

from broadsheet.plan.bench.days_drawn import drawn


def main() -> int:
    """Write, or check with --check."""
    bench, picture = ROOT / "benchmarks" / "plan-days.json", ROOT / "docs" / "plan-days.svg"
    text = drawn(json.loads(bench.read_text(encoding="utf-8")))
    if "--check" not in sys.argv:
        picture.write_text(text, encoding="utf-8")
        return 0
    if not picture.is_file() or picture.read_text(encoding="utf-8") != text:
        print(f"{picture.relative_to(ROOT)} differs from the benchmark.\nRun: python tools/plan_days.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
