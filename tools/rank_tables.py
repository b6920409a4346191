"""The tables of docs/rank.md, from what its benches measured."""

from retrieve_tables import blocks, missing, named, papers
from tables import plain, ranged, table


def sequences(bench: dict) -> list[str]:
    """Return how well items are ranked on sequences, and what each row costs, two tables for each file of the bench."""
    name = bench["rows"][0]["name"].partition(": ")[0]
    lines = [f"{name}: each user's last item among all. Seeds: {bench['seeds']}. The command: `{bench['command']}`", ""]
    rivals = {
        "ndcg@10_like": ("p like", "over SASRec + attributes"),
        "ndcg@10_rival": ("p rival", "over RecBole"),
        "ndcg@10_words": ("p words", "over text_rank"),
    }
    rivals = {key: of for key, of in rivals.items() if any(key in row for row in bench["rows"])}
    keys = ("ndcg@10 kept", "ndcg@10 short", "ndcg@10 long", "ndcg@10 rare", "hit@1 of 20")
    rows = [
        [
            named(row),
            plain(row, "runs", 0),
            ranged(row, "recall@10", 4),
            ranged(row, "ndcg@10", 4),
            *(plain(row, key, 4) for key in keys),
            ranged(row, "ndcg@10_gain", 4),
            format(row["p"], ".2g") if "p" in row else "",
            *(cell for key, (p, _) in rivals.items() for cell in (ranged(row, key, 4), format(row[p], ".2g") if p in row else "")),
        ]
        for row in bench["rows"]
    ]
    heads = [
        "runs",
        "recall@10",
        "nDCG@10",
        "kept",
        "short",
        "long",
        "rare",
        "hit@1 of 20",
        "over SASRec",
        "p",
        *(head for _, name in rivals.values() for head in (name, "p")),
    ]
    lines += table(heads, rows)
    costs = {"train_cpu_s": 0, "cpu_s_an_epoch": 1, "cpu_ms_a_target": 3, "users_a_cpu_s": 0, "p50_ms": 2, "p95_ms": 2, "peak_mib": 0, "tokens_an_item": 1}
    rows = [[named(row), row["model"], *(plain(row, key, digits) for key, digits in costs.items())] for row in bench["rows"]]
    lines += ["", *table(["backbone", "CPU s", "CPU s an epoch", "CPU ms a target", "users a CPU s", "p50 ms", "p95 ms", "peak MiB", "tokens an item"], rows)]
    return [*lines, "", *bench["notes"], *missing(bench)]


def speed(bench: dict) -> list[str]:
    """Return how many times as long words take as tokens."""
    lines = [f"The command: `{bench['command']}`", ""]
    keys = ("training token ms", "training words ms", "asking token ms", "asking words ms")
    rows = [
        [
            row["name"],
            plain(row, "words_an_item", 1),
            ranged(row, "training_times", 1),
            ranged(row, "asking_times", 1),
            plain(row, "asking_times, cold", 1),
            *(plain(row, key, 2) for key in keys),
        ]
        for row in bench["rows"]
    ]
    heads = ["words an item", "training, times", "asking, times", "cold", "training ms, token", "words", "asking ms, token", "words"]
    return [*lines, *table(heads, rows), "", *bench["notes"], *missing(bench)]


def serving(bench: dict) -> list[str]:
    """Return the times of one more event."""
    figures = {"p50_ms": 2, "p95_ms": 2, "tokens_read": 0, "users_s": 0, "bytes_a_token": 0, "best 20 the same": 3, "largest difference in float32": 5}
    rows = [[named(row), *(plain(row, key, digits) for key, digits in figures.items())] for row in bench["rows"]]
    heads = ["p50 ms", "p95 ms", "tokens read", "users a second", "bytes a token", "best 20 the same", "largest difference in float32"]
    return [f"Load {bench['load']}. The command: `{bench['command']}`", "", *table(heads, rows), "", *bench["notes"], *missing(bench)]


def world(bench: dict) -> list[str]:
    """Return what is found of what is planted."""
    rows = [[named(row), *(ranged(row, truth) for truth in ("figure", "order", "deep", "cold"))] for row in bench["rows"]]
    lines = [f"{bench['data']['world']}, seeds: {bench['seeds']}. The command: `{bench['command']}`", ""]
    return [*lines, *table(["figure", "order", "deep", "cold"], rows), "", *bench["notes"], *missing(bench)]


def libraries(bench: dict) -> list[str]:
    """Return how many of the papers taken out of real libraries are found again."""
    rows = [[row["name"], row["model"], str(row["runs"]), ranged(row, "recall@20"), ranged(row, "ndcg@20"), plain(row, "cpu_s", 0)] for row in bench["rows"]]
    lines = [f"Seeds: {bench['seeds']}. The command: `{bench['command']}`", ""]
    return [*lines, *table(["model", "runs", "recall@20", "nDCG@20", "CPU s"], rows), "", *bench["notes"], *missing(bench)]


def rival(facts: dict) -> list[str]:
    """Return how many users a CPU second another library ranks, whose histories are all laid into rows of 50."""
    low, high = min(facts["users_a_cpu_s"]), max(facts["users_a_cpu_s"])
    asked = f"{facts['users']:,} with {facts['events_a_user']} items each in the mean, among {facts['items']:,} items"
    return [f"{facts['model']}: {low:,.0f} to {high:,.0f} users a CPU second, of {asked}; load {facts['load']:.1f}. The command: `{facts['command']}`"]


BLOCKS = blocks(
    {
        "rank-sequences-*.json": sequences,
        "recbole-*-speed.json": rival,
        "rank-speed-*.json": speed,
        "rank-serving*.json": serving,
        "rank-world*.json": world,
        "rank-citeulike*.json": libraries,
        "rank-report-*.json": papers,
    }
)
