"""The tables of docs/retrieve.md, from what its benches measured."""

from collections.abc import Callable

from tables import benches, plain, ranged, table


def named(row: dict) -> str:
    """Return the arm's name without that of the data."""
    return row["name"].partition(": ")[2] or row["name"]


def missing(bench: dict) -> list[str]:
    """Return a line that says which arms are not measured yet, or nothing."""
    return ["", f"Not measured yet: {', '.join(dict.fromkeys(one['arm'] for one in bench['missing']))}."] if bench["missing"] else []


def sequences(bench: dict) -> list[str]:
    """Return how well items are retrieved on sequences, every arm in one table, a table for each file of the bench."""
    name = bench["rows"][0]["name"].partition(": ")[0]
    lines = [
        f"Amazon {name.capitalize()} (2014, five events or more): each user's last item among all, items had before {bench['data']['seen']}.",
        f"Seeds: {bench['seeds']}. In brackets 95 % over users. The command: `{bench['command']}`",
        "",
    ]
    rows = [
        [named(row), *(ranged(row, metric, 4) for metric in ("recall@10", "ndcg@10", "ndcg@10_gain")), format(row["p"], ".2g") if "p" in row else ""]
        for row in bench["rows"]
    ]
    lines += table(["recall@10", "nDCG@10", "over the best part, nDCG@10", "p"], rows)
    (hybrid,) = [row for row in bench["rows"] if row["name"].endswith(": hybrid")]
    above = hybrid["p"] < 0.05 and hybrid["ndcg@10_gain"] > 0
    said = "is above its best part" if above else "is not above its best part, so dense alone is the default order of a bundle; `--set order=hybrid` fuses"
    lines += ["", f"The hybrid without co-occurrence {said} (p {hybrid['p']:.2g}).", *missing(bench)]
    rivals = [rival for rival in benches(f"rival-{name}.json") if rival["seen"] == bench["data"]["seen"]]
    lines += [
        f"{rival['model']}, {rival['train_cpu_s']:.0f} s of one thread ({rival['epochs']} epochs; the dense head takes about as long): "
        f"recall@10 {rival['recall@10']:.4f}, nDCG@10 {rival['ndcg@10']:.4f}. The command: `{rival['command']}`"
        for rival in rivals
    ]
    return lines


# What the views of a modality are called.
VIEWS = ("recall@10 text alone", "recall@10 image alone", "recall@10 without text", "recall@10 without image")
STAGES = ("text", "image", "collab", "joint", "fuse", "ids")
BUCKETS = ("recall@10 shared words", "recall@10 no shared word")


def staging(bench: dict) -> list[str]:
    """Return staged pretraining beside joint and every ablation, and the course of both, a pair of tables for each file of the bench."""
    lines = [f"On {bench['data']['name']}. The command: `{bench['command']}`", ""]
    shown = [key for key in (*BUCKETS, *VIEWS) if any(key in row for row in bench["rows"])]
    rows = []
    for row in bench["rows"]:
        gain = f"{ranged(row, 'recall@10_gain', 4)} {'joint' if named(row) == 'staged' else 'staged'}" if "recall@10_gain" in row else ""
        rows.append([named(row), str(row["runs"]), ranged(row, "recall@10", 4), gain, *(plain(row, key) for key in shown), plain(row, "alarms", 1)])
    heads = ["seeds", "recall@10", "against", *(key.removeprefix("recall@10 ") for key in shown), "alarms"]
    return [*lines, *table(heads, rows), *missing(bench), "", bench["notes"][-1], "", *course(bench)]


def course(bench: dict) -> list[str]:
    """Return of staged and joint each stage's shares of the squared gradient, and validation after its first epochs and its last."""
    rows, shares = [], sorted({key.partition(": ")[2] for row in bench["rows"] for key in row if ": gradient_share" in key})
    for row in bench["rows"]:
        if named(row) in {"staged", "joint"}:
            for stage in sorted({key.partition(", epoch")[0] for key in row if ", epoch" in key}, key=STAGES.index):
                epochs = [plain(row, f"{stage}, epoch {number}: recall@10") for number in (1, 2, 3, "last")]
                rows.append([f"{named(row)}: {stage}", *(plain(row, f"{stage}: {share}", 2) for share in shares), *epochs])
    heads = [*(f"share of {share.removeprefix('gradient_share_')}" for share in shares), "epoch 1", "epoch 2", "epoch 3", "last"]
    return (
        [
            "Shares of the squared gradient (the rest is of what modalities share), and recall@10 on validation after epochs of each stage:",
            "",
            *table(heads, rows),
        ]
        if rows
        else []
    )


def ids(bench: dict) -> list[str]:
    """Return what semantic IDs keep of real vectors, and what they cost."""
    lines = [f"Vectors of {bench['data']['models']}, {bench['data']['dimensions']} wide. Seeds: {bench['seeds']}. The command: `{bench['command']}`", ""]
    heads = ["neighbours kept", "error", "collisions", "extra error", "perplexity, level 1", "Gini, level 1", "seconds"]
    keys = ("error", "collisions", "extra_error", "perplexity@1", "gini@1")
    rows = [[row["name"], ranged(row, "neighbour_recall"), *(plain(row, key, 4) for key in keys), ranged(row, "seconds", 1)] for row in bench["rows"]]
    return [*lines, *table(heads, rows), *missing(bench), "", *bench["notes"]]


def decoding(bench: dict) -> list[str]:
    """Return how fast decoding is, beside the same answers of others and over sizes of the catalogue."""
    lines = [f"One thread, seeds: {bench['seeds']}, in brackets their range. The command: `{bench['command']}`", ""]
    beside = [row for row in bench["rows"] if "ratio" in row]
    rows = [
        [named(row), *(f"{1000 * row[key]:.1f}" for key in ("ours_s", "theirs_s")), ranged(row, "ratio", 1), ranged(row, "mask_ratio", 1)] for row in beside
    ]
    lines += [*table(["ours, ms", "theirs, ms", "times faster", "of it the mask"], rows), ""]
    heads = ["built, s", "MiB", "p50, ms", "p99, ms", "filtered to 0.1 %, times as long", "insert, ms"]
    rows = []
    for row in bench["rows"]:
        if "build_s" in row:
            times = [f"{1000 * row['p50_s']:.1f}", f"{1000 * row['p99_s']:.1f} ({1000 * row['p99_s_lo']:.1f} to {1000 * row['p99_s_hi']:.1f})"]
            name = row["name"].partition(": ")[0]
            rows.append([name, plain(row, "build_s", 2), plain(row, "mib", 0), *times, ranged(row, "filtered_ratio", 2), f"{1000 * row['insert_s']:.2f}"])
    return [*lines, *table(heads, rows), *missing(bench), "", *bench["notes"]]


def cold(bench: dict) -> list[str]:
    """Return how well items are found that came after the training."""
    lines = [f"Seeds: {bench['seeds']}, other items hidden in each. In brackets 95 % over users. The command: `{bench['command']}`", ""]
    heads = ["recall@20 among all", "nDCG@20 among all", "recall@20 among the new", "nDCG@20 among the new", "insert, ms an item"]
    keys = ("recall@20 all", "ndcg@20 all", "recall@20 new", "ndcg@20 new")
    return [*lines, *table(heads, [[row["name"], *(ranged(row, key, 4) for key in keys), plain(row, "insert_ms")] for row in bench["rows"]]), *missing(bench)]


def papers(bench: dict) -> list[str]:
    """Return what a stage gives the ranking of a day of papers: the row "ours + STAGE" beside "ours"."""
    data = bench["data"]
    lines = [
        f"List {data['list']}, labels {data['since']} to {data['until']}: {data['user_days']:,} days of {data['users']:,} authors.",
        f"Seeds: {bench['seeds']}. The command: `{bench['command']}`",
        "",
    ]
    keys = ("ndcg@10", "hit@5", "mrr", "gain_of_ours")
    lines += table(["nDCG@10", "hit@5", "MRR", "ours gains, nDCG@10"], [[row["name"], *(ranged(row, key) for key in keys)] for row in bench["rows"]])
    (both,) = [row for row in bench["rows"] if row["name"].startswith("ours + ")]
    stage = both["name"].removeprefix("ours + ")
    said = "nothing that can be told from chance" if both["gain_of_ours_lo"] < 0 < both["gain_of_ours_hi"] else f"{-both['gain_of_ours']:+.3f} of nDCG@10"
    told = "" if both["gain_of_ours_hi"] < 0 else ", so the page does without"
    return [*lines, "", f"To the page's own ranking {stage} adds {said}{told}.", *missing(bench)]


def block(pattern: str, made: Callable[[dict], list[str]]) -> Callable[[], str]:
    """Return what writes the tables of all files of a bench, or says that there is none yet."""
    return lambda: "\n\n".join("\n".join(made(bench)).strip() for bench in benches(pattern)) or "Not measured yet."


def blocks(made: dict[str, Callable[[dict], list[str]]]) -> dict[str, Callable[[], str]]:
    """Return by the line that stands before it in the docs what writes each block, of what makes a table of each file of a pattern."""
    return {f"<!-- generated by `make docs` from benchmarks/{pattern} -->": block(pattern, one) for pattern, one in made.items()}


BLOCKS = blocks(
    {
        "retrieve-sequences-*.json": sequences,
        "retrieve-staging-*.json": staging,
        "retrieve-ids*.json": ids,
        "retrieve-decoding*.json": decoding,
        "retrieve-cold-*.json": cold,
        "retrieve-report-*.json": papers,
    }
)
