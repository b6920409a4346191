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


def curve(bench: dict) -> list[str]:
    """Return what a cascade costs and gives at each share of complaints that it aims to send on."""
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
        if "to be sent" in row["name"]
    ]
    lines = [f"Complaints, what a cascade gives for its calls. Seeds: {bench['seeds']}. The command: `{bench['command']}`", ""]
    return [*lines, *table(["runs", "accuracy", "share sent", "calls", "seconds a text"], rows), *missing(bench)]


def banking77(bench: dict) -> list[str]:
    """Return how often labellers of one of many intents are right, with few labels and many, and what a cascade gives for its cost."""
    keys = {"share_sent": 2, "cpu_ms_a_text": 2}
    rows = [[row["name"].partition(": ")[2], str(row["runs"]), ranged(row, "accuracy"), *(plain(row, *key) for key in keys.items())] for row in bench["rows"]]
    lines = [f"Banking77, {bench['data']['texts']:,} texts, 77 intents. Seeds: {bench['seeds']}. The command: `{bench['command']}`", ""]
    return [*lines, *table(["runs", "accuracy", "share sent", "CPU ms a text"], rows), "", *bench["notes"], *missing(bench)]


def nlupp(bench: dict) -> list[str]:
    """Return F1 of intents, of spans, and of spans by kind."""
    lines = [f"NLU++ (banking), {bench['data']['utterances']:,} utterances. Seeds: {bench['seeds']}. The command: `{bench['command']}`", ""]
    named = [(*row["name"].removeprefix("nlupp: ").partition(": ")[::2], row) for row in bench["rows"]]
    intents, spans = ([(name, row) for kind, name, row in named if kind == wanted] for wanted in ("intents", "spans"))
    metrics = {"micro_f1": "F1", "letters_f1": "F1 by letters", "macro_f1": "F1, mean over kinds"}
    for rows, what in [(rows, what) for rows, what in ((intents, "intents"), (spans, "spans")) if rows]:
        shown = {key: head for key, head in metrics.items() if any(key in row for _, row in rows)}
        cells = [[name, str(row["runs"]), *(ranged(row, key) for key in shown), plain(row, "cpu_ms_a_text", 2)] for name, row in rows]
        lines += [*table([f"{what}: runs", *shown.values(), "CPU ms a text"], cells), ""]
    kinds = sorted({key for _, row in spans for key in row if key.startswith("f1 ") and not key.endswith(("_lo", "_hi"))})
    heads = [f"F1, {name}" for name, _ in spans]
    return [
        *lines,
        *table(heads, [[key.removeprefix("f1 "), *(ranged(row, key, 2) for _, row in spans)] for key in kinds]),
        "",
        *bench["notes"],
        *missing(bench),
    ]


def verdicts(bench: dict) -> list[str]:
    """Return how often the verdict on a planted world is right."""
    rows = [
        [row["name"], *(ranged(row, key, 2) for key in ("right", "wrong", "undetermined", "held")), plain(row, "called cumulative", 2)] for row in bench["rows"]
    ]
    lines = [f"The command: `{bench['command']}`", ""]
    return [*lines, *table(["right", "wrong", "undetermined", "interval holds H", "called cumulative"], rows), "", *bench["notes"], *missing(bench)]


def evidence(bench: dict) -> list[str]:
    """Return how often planted evidence, true and false, is told for what it is, over all seeds."""
    kinds: dict[tuple[str, bool], list[int]] = {}
    for row in bench["rows"]:
        if "true" in row:
            told = kinds.setdefault((row["name"], row["true"]), [0, 0])
            told[0], told[1] = told[0] + row["planted"], told[1] + row["right"]
    rows = [[name, "kept" if true else "rejected", f"{planted:,}", f"{right:,}"] for (name, true), (planted, right) in kinds.items()]
    personal = [row for row in bench["rows"] if row["name"] == "personal"]
    times = [row["cpu_s"] for row in bench["rows"] if "cpu_s" in row]
    found = ", ".join(f"{row['recall']:.4f}" for row in personal)
    return [
        f"The command: `{bench['command']}`",
        "",
        *table(["should be", "planted", "right"], rows),
        "",
        f"A hundred quotations of a post of 10,000 words take {1000 * min(times):.0f} to {1000 * max(times):.0f} ms.",
        f"Personal data, in writings by the same hand as the patterns, so that strangers' will do worse: {found} replaced, a seed each; of {personal[0]['public_posts']:,} public",
        f"posts {personal[0]['replaced_in_public_posts']} lost something.",
    ]


BLOCKS = blocks(
    {
        "needs-planted*.json": evidence,
        "needs-complaints*.json": complaints,
        "needs-cost*.json": curve,
        "needs-banking77*.json": banking77,
        "needs-nlupp*.json": nlupp,
        "needs-verdicts*.json": verdicts,
    }
)
