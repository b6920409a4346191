"""The tables of docs/needs.md, from what its benches measured."""

from retrieve_tables import blocks, missing
from tables import plain, ranged, table


def complaints(bench: dict) -> list[str]:
    """Return how often each way of labelling is right, and what it costs in calls."""
    rows = [
        [
            row["name"].partition(": ")[2],
            str(row["runs"]),
            ranged(row, "accuracy"),
            plain(row, "share_sent", 2),
            plain(row, "calls", 0),
            plain(row, "seconds_a_text", 2),
        ]
        for row in bench["rows"]
    ]
    lines = [f"Seeds: {bench['seeds']}. The command: `{bench['command']}`", ""]
    return [*lines, *table(["runs", "accuracy", "calls a text", "calls", "seconds a text"], rows), "", *bench["notes"], *missing(bench)]


def verdicts(bench: dict) -> list[str]:
    """Return how often the verdict on a planted world is right."""
    rows = [
        [row["name"], *(ranged(row, key, 2) for key in ("right", "wrong", "undetermined", "held")), plain(row, "called cumulative", 2)] for row in bench["rows"]
    ]
    lines = [f"The command: `{bench['command']}`", ""]
    return [*lines, *table(["right", "wrong", "undetermined", "interval holds H", "called cumulative"], rows), "", *bench["notes"], *missing(bench)]


BLOCKS = blocks({"needs-complaints*.json": complaints, "needs-verdicts*.json": verdicts})
