"""How long a day of 600 papers takes: ranked and rendered, cold and from cached vectors."""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from broadsheet.core.device import choose_dtype, threads
from broadsheet.report.archive import write_day
from broadsheet.report.build import Day, build_report
from broadsheet.report.profile import Profile
from broadsheet.report.ranking import RankingConfig
from broadsheet.sources import read_source

ROOT = Path(__file__).resolve().parent.parent
PAPERS, LIBRARY = 600, 40


def data_folder() -> Path:
    """Return the folder of arXiv days."""
    stated = os.environ.get("BROADSHEET_DATA")
    folder = Path(stated) if stated else ROOT.parent / "shared" / "data"
    if not (folder / "arxiv" / "daily").is_dir():
        sys.exit("The public data sets are not here.\nSet BROADSHEET_DATA to their folder.")
    return folder / "arxiv"


def run_once(day: Day, profile: Profile, cache: Path, out: Path) -> dict[str, float]:
    """Rank and write a day once; return seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    report = build_report(day, profile, source="bench", config=RankingConfig(), cache=cache)
    ranked = time.perf_counter()
    write_day(report, out)
    return {"rank_s": ranked - wall, "render_s": time.perf_counter() - ranked, "wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}


def main() -> None:
    """Run three times cold and cached, and write `benchmarks/page.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the object instead of a table")
    arguments = parser.parse_args()
    folder = data_folder()
    papers = read_source([str(folder / "daily" / f"2026-02-{d:02d}.jsonl.gz") for d in (3,)]).announcements[:PAPERS]
    library = [a.item for a in read_source(str(folder / "csir_history_part1.jsonl.gz")).announcements[:LIBRARY]]
    rows = []
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        (scratch / "library.jsonl").write_text("".join(i.model_dump_json(include={"id", "title", "text"}) + "\n" for i in library))
        profile = Profile(name="Bench", library=(str(scratch / "library.jsonl"),))
        day = Day(papers[0].item.announced, tuple(papers))
        for number in range(3):
            cache = scratch / f"cache{number}"
            rows.append({"name": "cold", "run": number, **run_once(day, profile, cache, scratch / "out")})
            rows.append({"name": "cached", "run": number, **run_once(day, profile, cache, scratch / "out")})
            shutil.rmtree(cache)
    result = {
        "bench": "page",
        "command": "python benchmarks/page.py",
        "commit": subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip(),
        "data": {"papers": len(papers), "library": len(library)},
        "seeds": 0,
        "load": os.getloadavg()[0],
        "threads": threads().name,
        "machine": platform.machine(),
        "dtype": choose_dtype().name,
        "rows": [{k: round(v, 2) if isinstance(v, float) else v for k, v in row.items()} for row in rows],
    }
    (ROOT / "benchmarks" / "page.json").write_text(json.dumps(result, indent=1) + "\n")
    if arguments.json:
        print(json.dumps(result))
        return
    for row in result["rows"]:
        print("  ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
