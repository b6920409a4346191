"""What generated tables are made with: files of benches, figures with intervals, rows."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def benches(pattern: str) -> Iterator[dict]:
    """Yield the files of a bench, by name."""
    for path in sorted((ROOT / "benchmarks").glob(pattern)):
        yield json.loads(path.read_text())


def ranged(row: dict, metric: str, digits: int = 3) -> str:
    """Return a figure with its interval, or nothing."""
    return f"{row[metric]:.{digits}f} ({row[metric + '_lo']:.{digits}f} to {row[metric + '_hi']:.{digits}f})" if metric in row else ""


def plain(row: dict, metric: str, digits: int = 3) -> str:
    """Return a figure, or nothing."""
    return f"{row[metric]:.{digits}f}" if metric in row else ""


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table; the first column has no head."""
    lines = [f"| | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    return lines + [f"| {' | '.join(row)} |" for row in rows]
