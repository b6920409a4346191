"""The table of docs/llm.md, from what its bench measured."""

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


BLOCKS = blocks({"llm*.json": calls})
