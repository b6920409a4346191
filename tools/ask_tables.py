"""The tables of docs/ask.md, from what its benches measured."""

from needs_tables import told
from retrieve_tables import blocks
from tables import plain


def share(row: dict, metric: str) -> str:
    """Return a share in percent with its interval and of how many it is, or nothing."""
    if metric not in row:
        return ""
    return f"{100 * row[metric]:.1f} ({100 * row[metric + '_lo']:.1f} to {100 * row[metric + '_hi']:.1f}) of {row[metric + '_of']:,}"


def paper90(bench: dict) -> list[str]:
    """Return which of the paper's faults are found, and what explanations say, beside the paper's own models."""
    shares = ("exact", "flagged", "clean", "complete", "inverts", "summary_right")
    rows = [[row["name"], *(share(row, key) for key in shares), plain(row, "ms", 1), plain(row, "p", 3)] for row in bench["rows"]]
    heads = ["right code and place, %", "faults flagged, %", "clean left alone, %", "complete, %", "read back, %", "summary right, %", "ms", "p"]
    return told(bench, heads, rows)


def graph(bench: dict) -> list[str]:
    """Return how long the engine takes, what is refused before it, and how late it ends."""
    by = {row["name"]: row for row in bench["rows"]}
    speed, safety, late = by["speed"], by["safety"], by["time limit"]

    def ranged(row: dict, key: str, digits: int) -> str:
        return f"{row[key]:.{digits}f} ({row[key + '_lo']:.{digits}f} to {row[key + '_hi']:.{digits}f})"

    rows = [
        ["load, s", ranged(speed, "load_s", 2)],
        *([name, ranged(speed, key, 1)] for name, key in (("1 hop, ms", "one_hop_ms"), ("3 hops, ms", "three_hops_ms"), ("self-join, ms", "self_join_ms"))),
        *([name, f"{safety[key]:.0f} of {safety[key + '_of']:.0f}"] for name, key in (("refused", "refused"), ("answered", "answered"), ("guards", "guards"))),
        ["later than its limit, s", ranged(late, "late_s", 2)],
        ["processor in the second after, s", ranged(late, "after_s", 2)],
    ]
    return told(bench, ["figure"], rows)


BLOCKS = blocks({"ask-paper90.json": paper90, "ask-graph.json": graph})
