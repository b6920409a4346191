"""The tables of docs/report.md, from what its benches measured."""

from retrieve_tables import blocks, missing
from tables import table

ERRORS = ("", "an error", "did not come back")


def mornings(bench: dict) -> list[str]:
    """Return what became of each faulty morning, ours and the rival's."""
    rows = [[row["name"], f"{row['kept']} of {row['held']}", str(row["lost"] + row["wrong"]), str(row["exit_code"]), *_theirs(row)] for row in bench["rows"]]
    lost, theirs = sum(row["lost"] + row["wrong"] for row in bench["rows"]), [row for row in bench["rows"] if row["their_lost"]]
    hung = sum(row["their_error"] == ERRORS.index("did not come back") for row in bench["rows"])
    return [
        f"{len(rows)} mornings. Ours loses {lost} papers in silence; PyPI's `arxiv` loses papers in silence on {len(theirs)} of them and does not come back on {hung}.",
        f"The command: `{bench['command']}`",
        "",
        *table(["kept", "lost in silence", "exit code", "`arxiv`: kept", "lost in silence", "told by"], rows),
        "",
        *bench["notes"],
        *missing(bench),
    ]


def _theirs(row: dict) -> list[str]:
    return [f"{row['their_kept']} of {row['their_held']}", str(row["their_lost"]), ERRORS[row["their_error"]]]


def sizes(bench: dict) -> list[str]:
    """Return what large days take."""
    rows = [
        [
            row["name"],
            row["count"],
            f"{row['peak_mib']:.0f}",
            f"{row['before_mib']:.0f}",
            f"{row['processor_s']:.1f}",
            f"{row['clock_s']:.1f}",
            f"{row['load']:.1f}",
        ]
        for row in bench["rows"]
    ]
    heads = ["papers", "most memory, MiB", "before the work", "processor, s", "clock, s", "load"]
    return [f"The command: `{bench['command']}`", "", *table(heads, rows), "", *bench["notes"], *missing(bench)]


def summaries(bench: dict) -> list[str]:
    """Return what the check of TL;DRs caught, by kind of fault."""
    right = next(row for row in bench["rows"] if row["name"] == "right")
    wrong = sorted((row for row in bench["rows"] if row["name"] != "right"), key=lambda row: row["name"])
    rows = [[row["name"], str(row["cases"]), _share(row)] for row in wrong]
    rows.append(["nothing: they are right", str(right["cases"]), _share(right)])
    head = f"{bench['data']['abstracts']} abstracts of {bench['data']['day']}. The command: `{bench['command']}`"
    return [head, "", *table(["summaries", "left out"], rows)]


def _share(row: dict) -> str:
    return f"{row['left_out']} ({100 * row['left_out'] / row['cases']:.1f} %)"


BLOCKS = blocks({"fetch.json": mornings, "report-size.json": sizes, "tldr.json": summaries})
