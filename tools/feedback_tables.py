"""The tables of feedback in docs/report.md, from what `broadsheet bench feedback` measured."""

from retrieve_tables import blocks, missing, named
from tables import plain, table

GAINS = ("gain", "gain, last third")
SHARES = ("found b", "no difference", "found a", "p below .05", "alarm at some look", "alarm by what holds at any look")


def percent(row: dict, key: str) -> str:
    """Return a share in percent with its interval, or nothing."""
    return f"{100 * row[key]:.1f} ({100 * row[key + '_lo']:.1f} to {100 * row[key + '_hi']:.1f})" if key in row else ""


def of(bench: dict, data: str) -> list[dict]:
    """Return the rows of one kind."""
    return [row for row in bench["rows"] if row["name"].startswith(f"{data}: ")]


def clicked(bench: dict) -> list[str]:
    """Return thirty days of clicks, a table for each kind of profile."""
    lines: list[str] = []
    for data in ("half", "one", "whole"):
        rows = [_clicked(row) for row in of(bench, data)]
        if rows:
            heads = ["runs", "nDCG@10", "last third", "over frozen, %", "last third, %", "p", "clicks", "reach"]
            lines += [f"Profile told: {data}", "", *table(heads, rows), ""]
    return lines


def _clicked(row: dict) -> list[str]:
    told = [named(row), str(row["runs"]), plain(row, "ndcg@10"), plain(row, "ndcg@10, last third"), *(percent(row, key) for key in GAINS)]
    return [*told, f"{row['p, gain']:.2g}" if "p, gain" in row else "", plain(row, "clicks", 1), plain(row, "reach", 0)]


def saved(bench: dict) -> list[str]:
    """Return the replay of saves."""
    rows = [[named(row), percent(row, "recall@20"), percent(row, "ndcg@10")] for row in of(bench, "saves")]
    return [f"Saves of {of(bench, 'saves')[0]['readers']:.0f} readers:", "", *table(["recall@20, %", "nDCG@10, %"], rows), ""] if rows else []


def compared(bench: dict) -> list[str]:
    """Return how often a comparison says what."""
    rows = [[named(row), str(row["repeats"]), *(percent(row, key) for key in SHARES)] for row in of(bench, "comparisons")]
    return ["Comparisons, share of repeats in percent:", "", *table(["repeats", *SHARES], rows), ""] if rows else []


def feedback(bench: dict) -> list[str]:
    """Return all of a feedback bench."""
    facts = bench["data"]
    span = f", {facts['since']} to {facts['until']}" if "since" in facts else ""
    said = f"{facts['days']} days{span}, {facts['readers']} readers"
    head = [f"{said}. Seeds: {bench['seeds']}. The command: `{bench['command']}`", ""]
    return [*head, *clicked(bench), *saved(bench), *compared(bench), *bench["notes"], *missing(bench)]


BLOCKS = blocks({"feedback*.json": feedback})
