"""The tables of docs/llm.md, from what its benches measured."""

from retrieve_tables import blocks, missing
from tables import plain, ranged, table


def calls(bench: dict) -> list[str]:
    """Return requests a second and processor time a call."""
    rows = [
        [row["name"], *(ranged(row, key, digits) for key, digits in (("requests_per_s", 0), ("cpu_ms_per_call", 2))), plain(row, "load", 1)]
        for row in bench["rows"]
    ]
    lines = [f"Runs: {bench['seeds']}. The command: `{bench['command']}`", ""]
    return [*lines, *table(["requests a second", "CPU ms a request", "load of the machine, 2 cores"], rows), "", *bench["notes"], *missing(bench)]


def kills(bench: dict) -> list[str]:
    """Return what was paid twice where a run was killed and given again, by the moment of the kill."""
    keys = ("points", "paid_before", "in_doubt", "replayed", "twice", "again", "counts_agree", "same_bytes")
    rows = [[row["name"], *(f"{row[key]:,}" for key in keys)] for row in bench["rows"]]
    heads = [
        "kills",
        "paid before",
        "in doubt",
        "answered already under their name",
        "counted twice by the server",
        "called though paid",
        "counts as the server's",
        "same bytes",
    ]
    lines = [f"The command: `{bench['command']}`", "", *table(heads, rows)]
    faults, calls_made = (bench["rows"][-1][key] for key in ("faults", "calls"))
    return [*lines, "", f"Over all kills the server counted {calls_made:,} calls and failed on purpose {faults:,} times."]


BLOCKS = blocks({"llm.json": calls, "llm-kill*.json": kills})
