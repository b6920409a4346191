"""The tables of docs/needs.md, from what its benches measured."""

from retrieve_tables import blocks, missing
from tables import plain, ranged, table


def told(bench: dict, heads: list[str], rows: list[list[str]], what: str = "") -> list[str]:
    """Return a table with the command that printed it, what the bench notes, and what is missing."""
    return [f"{what}Seeds: {bench['seeds']}. The command: `{bench['command']}`", "", *table(heads, rows), "", *bench["notes"], *missing(bench)]


def labelled(row: dict, **plainly: int) -> list[str]:
    """Return the cells of a labeller: its name without that of the data, its runs, how often it is right, and figures with so many digits."""
    return [row["name"].partition(": ")[2], str(row["runs"]), ranged(row, "accuracy"), *(plain(row, *key) for key in plainly.items())]


def complaints(bench: dict) -> list[str]:
    """Return how often each way of labelling is right, and what it costs in calls."""
    rows = [labelled(row, share_sent=2, calls=0, seconds_a_text=2) for row in bench["rows"]]
    return told(bench, ["runs", "accuracy", "calls a text", "calls", "seconds a text"], rows)


def curve(bench: dict) -> list[str]:
    """Return what a cascade costs and gives at each share of complaints that it aims to send on."""
    rows = [labelled(row, share_sent=2, calls=0, seconds_a_text=2) for row in bench["rows"] if "to be sent" in row["name"]]
    return told(bench, ["runs", "accuracy", "share sent", "calls", "seconds a text"], rows, "Complaints, what a cascade gives for its calls. ")


def banking77(bench: dict) -> list[str]:
    """Return how often labellers of one of many intents are right, with few labels and many, and what a cascade gives for its cost."""
    rows = [labelled(row, share_sent=2, cpu_ms_a_text=2) for row in bench["rows"]]
    return told(bench, ["runs", "accuracy", "share sent", "CPU ms a text"], rows, f"Banking77, {bench['data']['texts']:,} texts, 77 intents. ")


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


def goals(bench: dict) -> list[str]:
    """Return how well what readers are shown is ordered by what they wrote, and by what others wrote."""
    return told(bench, ["readers", "right", "gain"], [[row["name"], f"{row['readers']:,}", ranged(row, "right"), ranged(row, "gain")] for row in bench["rows"]])


def scale(bench: dict) -> list[str]:
    """Return what a million posts cost, and what each step from the world's posts to a page does."""
    steps: dict[str, list[dict]] = {}
    for row in bench["rows"]:
        steps.setdefault(row["name"], []).append(row)
    spread = {key: {name: [row[key] for row in rows] for name, rows in steps.items()} for key in ("wall_s", "cpu_s", "peak_mb")}
    rows = [
        [
            name,
            *(f"{min(spread[key][name]):.0f} to {max(spread[key][name]):.0f}" for key in ("wall_s", "cpu_s", "peak_mb")),
            ", ".join(sorted({row.get("verdict", "") for row in steps[name]})),
        ]
        for name in steps
    ]
    whole = {row["seed"]: 0.0 for row in bench["rows"]}
    for row in bench["rows"]:
        whole[row["seed"]] += row["wall_s"] if row["name"].startswith("world") else 0.0
    counts = {row["name"]: row["posts"] for row in bench["rows"] if "posts" in row}
    return [
        f"The command: `{bench['command']}`, {bench['cores']} cores, load {bench['load']:.1f}",
        "",
        *table(["seconds", "processor seconds", "peak, MB", "verdict"], rows),
        "",
        f"{counts['a million posts']:,} posts of {bench['rows'][0]['people']:,} people, from files to the verdict. The world has {counts['world: needs run']:,} posts; from its posts",
        f"to verdicts and the page {min(whole.values()):.0f} to {max(whole.values()):.0f} seconds, three seeds, by {bench['rows'][1]['labeller']}.",
    ]


def levels(bench: dict) -> list[str]:
    """Return how often each labeller names the level of a planted sentence, and what it takes."""
    rows = [
        [row["name"], ranged(row, "accuracy"), ranged(row, "macro_f1"), plain(row, "asked", 2), plain(row, "says_most", 2), plain(row, "cpu_ms", 1)]
        for row in bench["rows"]
    ]
    return told(bench, ["accuracy", "macro F1", "asked", "says most", "CPU ms a sentence"], rows)


def fits(bench: dict) -> list[str]:
    """Return how often labellers are right on what they were not taught, by how many labels there were."""
    counts = list(dict.fromkeys(row["labels"] for row in bench["rows"]))
    names = list(dict.fromkeys(row["name"] for row in bench["rows"]))
    cells = {(row["name"], row["labels"]): row for row in bench["rows"]}
    rows = [[name, *(ranged(cells[name, count], "accuracy") for count in counts)] for name in names]
    own = [one for row in bench["rows"] for one in row.get("says", ())]
    told, taught = sum(one["is_better"] for one in own), [f"{count} labels" for count in counts]
    return [
        f"Complaints by product, five of them, labels drawn by lot; right on all others. Seeds: {bench['seeds']}. The command: `{bench['command']}`",
        "",
        *table(taught, rows),
        "",
        f"Of {len(own)} fits {told} said of themselves, within their labels, that they are better than the prototypes. Brackets: 95 % over texts.",
    ]


def themes(bench: dict) -> list[str]:
    """Return which share of a theme's words comes again, by number and way."""
    rows = [
        [f"{row['data']}, {row['number']}: {row['name']}", f"{row['posts']:,}", ranged(row, "again", 2), plain(row, "stability", 2), plain(row, "stable", 1)]
        for row in bench["rows"]
    ]
    return [
        f"Seeds: {bench['seeds']}. The command: `{bench['command']}`",
        "",
        *table(["posts", "words that come again", "beyond chance", "stable themes"], rows),
        "",
        "Ten words of each theme, when people are drawn anew and the fit begins elsewhere; no public set names authors, so that each post is one person's. Brackets: 95 % over themes.",
    ]


def order(bench: dict) -> list[str]:
    """Return how often what goes with income is found where it is planted, and where it is not."""
    rows = [[f"{row['name']}, {row['people']} people", *(ranged(row, key, 2) for key in ("trend", "any_level", "holds", "naive"))] for row in bench["rows"]]
    return [
        f"The command: `{bench['command']}`",
        "",
        *table(["a trend up the levels", "some level", "interval holds the trend", "some level, by rank correlation alone"], rows),
        "",
        f"Shares of {bench['rows'][0]['draws']} draws with p at most .05 (by Holm, but for the last). Brackets: 95 % over draws.",
    ]


BLOCKS = blocks(
    {
        "needs-levels*.json": levels,
        "needs-planted*.json": evidence,
        "needs-complaints*.json": complaints,
        "needs-cost*.json": curve,
        "needs-banking77*.json": banking77,
        "needs-nlupp*.json": nlupp,
        "needs-verdicts*.json": verdicts,
        "needs-goals*.json": goals,
        "needs-scale*.json": scale,
        "needs-fit*.json": fits,
        "needs-themes*.json": themes,
        "needs-order*.json": order,
    }
)
