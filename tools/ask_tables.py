"""The tables of docs/ask.md, from what its benches measured."""

from needs_tables import told
from retrieve_tables import blocks
from tables import plain


def share(row: dict, metric: str) -> str:
    """Return a share in percent with its interval and of how many it is, or nothing."""
    if metric not in row:
        return ""
    if f"{metric}_lo" not in row:
        return f"{100 * row[metric]:.1f}"
    return f"{100 * row[metric]:.1f} ({100 * row[metric + '_lo']:.1f} to {100 * row[metric + '_hi']:.1f}) of {row[metric + '_of']:,}"


def paper90(bench: dict) -> list[str]:
    """Return which of the paper's faults are found, and what explanations say, beside the paper's own models."""
    shares = ("exact", "flagged", "clean", "complete", "inverts", "summary_right")
    rows = [[row["name"], *(share(row, key) for key in shares), plain(row, "ms", 1), plain(row, "p", 3)] for row in bench["rows"]]
    heads = ["right code and place, %", "faults flagged, %", "clean left alone, %", "complete, %", "read back, %", "summary right, %", "ms", "p"]
    return told(bench, heads, rows)


def decoding(bench: dict) -> list[str]:
    """Return what random weights write under a schema's grammar, what it can say, and what a language model writes with and without it."""
    shares = ("parse", "against_schema", "alarmed", "sayable", "exact", "right", "empty_gold")
    rows = [
        [
            row["name"],
            f"{row['outputs']:,}",
            f"{100 * row['distinct']:.1f}",
            *(share(row, key) for key in shares),
            *(plain(row, key, 2) for key in ("tokens", "ms", "seconds")),
        ]
        for row in bench["rows"]
    ]
    heads = ["outputs", "distinct, %", "parse, %", "against the schema, %", "alarmed, %", "can be said, %", "exact, %", "right rows, %", "gold has no rows, %"]
    return told(bench, [*heads, "tokens", "ms a token", "seconds a question"], rows)


BLOCKS = blocks({"ask-paper90.json": paper90, "ask-decoding.json": decoding})
def pole(bench: dict) -> list[str]:
    """Return how often a query that is written without a model gives the right answer, by split, with published figures beside."""
    rows = [
        [row["name"], share(row, "right"), share(row, "right_set"), share(row, "answered"), share(row, "gold_empty"), plain(row, "ms", 0), str(row.get("runs", ""))]
        for row in bench["rows"]
    ]
    return told(bench, ["right, %", "right as sets, %", "answered, %", "empty, %", "ms", "seeds"], rows)


BLOCKS = blocks({"ask-paper90.json": paper90, "ask-pole.json": pole})
