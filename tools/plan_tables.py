"""The tables of docs/plan.md, from what its benches measured."""

from retrieve_tables import blocks, missing, named
from tables import plain, ranged, table

REFERENCES = {"flat": "best flat policy", "mask": "mask-recent + policy", "rule": "best rule"}
THIRDS = ("low", "middle", "high")


def head(bench: dict) -> list[str]:
    """Return where a table comes from."""
    return [f"Seeds: {bench['seeds']}. The command: `{bench['command']}`", ""]


def conditions(bench: dict) -> dict[str, list[dict]]:
    """Return rows by their data: a level of boredom, or one trained at and one judged at."""
    found: dict[str, list[dict]] = {}
    for row in bench["rows"]:
        found.setdefault(row["name"].partition(": ")[0], []).append(row)
    return found


def share(row: dict, key: str) -> str:
    """Return a relative gain in percent with its interval, or nothing."""
    return f"{100 * row[key]:+.1f} ({100 * row[key + '_lo']:+.1f} to {100 * row[key + '_hi']:+.1f})" if key in row else ""


def p(row: dict, key: str) -> str:
    """Return a p over users and, where there is one, over seeds."""
    seeds = f"; {row[f'p_seeds_{key}']:.2g}" if f"p_seeds_{key}" in row else ""
    return f"{row[f'p_{key}']:.2g}{seeds}" if f"p_{key}" in row else ""


def percent(row: dict, key: str) -> str:
    """Return a share in percent, or nothing."""
    return f"{100 * row[key]:.0f}" if key in row else ""


def figure(row: dict, key: str, digits: int = 3) -> str:
    """Return a figure, with its interval where it has one."""
    return (ranged if f"{key}_lo" in row else plain)(row, key, digits)


def chosen(row: dict) -> str:
    """Return an arm's name, marked where validation chose it of its kind."""
    return f"**{named(row)}**" if row.get("chosen") else named(row)


def honest(bench: dict) -> list[str]:
    """Return how claims stand over the levels, satisfaction at each, and at the middle one what was shown and for whom; the JSON has the rest."""
    name = bench["data"]["name"]
    lines = [f"{name}: {bench['data']['users']:,} test users.", *head(bench), *sweep(bench)]
    for data, rows in conditions(bench).items():
        lines += ["", f"{data}:", "", *satisfaction(rows)]
        lines += ["", *variety(rows)] if data.endswith("boredom middle") else []
    lines += ["", *thirds(bench), *names(bench)]
    return [*lines, "", *bench["notes"], *missing(bench)]


def sweep(bench: dict) -> list[str]:
    """Return how the planner that validation chose stands, level by level."""
    rows = []
    for data, held in conditions(bench).items():
        for row in held:
            if row["kind"] == "planner + policy" and (row.get("chosen") or named(row).startswith("mask-recent")):
                gains = [cell for key in REFERENCES for cell in (share(row, f"share_{key}"), p(row, key))]
                rows.append(
                    [
                        f"{data.partition(', ')[2]}: {named(row)}",
                        str(row["runs"]),
                        *gains,
                        share(row, "each_flat"),
                        percent(row, "regret_closed"),
                        plain(row, "detectable_flat"),
                    ]
                )
    heads = ["runs", *(cell for name in REFERENCES.values() for cell in (f"over the {name}, %".replace("the mask", "mask"), "p"))]
    return table([*heads, "per round, %", "regret closed, %", "detectable"], rows) if rows else []


def satisfaction(rows: list[dict]) -> list[str]:
    """Return sums of rewards and how arms stand to those that were chosen."""
    made = [
        [
            chosen(row),
            str(row["runs"]),
            figure(row, "r_cum", 2),
            *(plain(row, key, digits) for key, digits in (("length", 1), ("r_each", 3), ("nx_0", 2), ("nx_t", 2))),
            *(cell for key in REFERENCES for cell in (share(row, f"share_{key}"), p(row, key))),
        ]
        for row in rows
    ]
    heads = ["runs", "satisfaction", "slates", "per round", "no repeats", "ten rounds"]
    return table([*heads, *(cell for name in REFERENCES.values() for cell in (f"over {name}, %", "p"))], made)


def variety(rows: list[dict]) -> list[str]:
    """Return what was shown, and what it took."""
    figures = {"overlap": 2, "coverage": 2, "mcd": 2, "entropy": 2, "gini": 2, "items": 0, "categories": 1, "repeat_most": 2, "actions": 0, "steps_to_90": 0}
    made = [
        [named(row), row["model"], percent(row, "regret_closed"), *(plain(row, key, digits) for key, digits in figures.items()), percent(row, "fallbacks")]
        for row in rows
    ]
    heads = [
        "what it is",
        "regret closed, %",
        "overlap",
        "coverage",
        "MCD",
        "entropy, bits",
        "Gini",
        "items",
        "categories",
        "most repeated",
        "action set",
        "steps to 90 %",
    ]
    return table([*heads, "fallbacks, %"], made)


def thirds(bench: dict) -> list[str]:
    """Return satisfaction by how active users are, and what is shown and liked by how popular items are, of the arms that were chosen."""
    rows = [
        [row["name"], *(plain(row, f"r_cum, activity {third}", 2) for third in THIRDS)]
        + [f"{percent(row, f'shown, popularity {third}')}; {percent(row, f'liked, popularity {third}')}" for third in THIRDS]
        for row in bench["rows"]
        if "boredom middle: " in row["name"] and (row.get("chosen") or named(row) == "mask-recent + policy")
    ]
    heads = [*(f"{third} activity" for third in THIRDS), *(f"{third} popularity: shown, liked, %" for third in THIRDS)]
    return table(heads, rows) if rows else []


def names(bench: dict) -> list[str]:
    """Return what the names of categories are worth to a language model, where that was asked."""
    told = [row for row in bench["rows"] if "gain_names" in row or named(row).startswith("LLM table, names")]
    if not told:
        return []
    rows = [
        [
            row["name"],
            str(row["runs"]),
            figure(row, "r_cum", 2),
            share(row, "share_names"),
            p(row, "names"),
            percent(row, "llm_plans"),
            percent(row, "fallbacks"),
            plain(row, "calls_per_1000", 1),
        ]
        for row in told
    ]
    heads = ["runs", "satisfaction", "names give, %", "p", "plans by a model, %", "fallbacks, %", "calls for 1,000 steps"]
    return ["", "Plan tables by what fills them:", "", *table(heads, rows)]


def coat(bench: dict) -> list[str]:
    """Return Coat's game: loops, planners, and the field's best."""
    rows = [
        [row["name"], str(row.get("runs", "")), figure(row, "r_cum", 2), figure(row, "over", 2)]
        + [plain(row, key, digits) for key, digits in (("length", 1), ("r_each", 2), ("item_coverage", 3), ("overlap", 2), ("mse", 2))]
        for row in bench["rows"]
    ]
    heads = ["runs", "sum of ratings", "over the loop for all", "rounds", "a round", "coverage", "overlap", "error on random ratings"]
    return [*head(bench), *table(heads, rows), "", *bench["notes"], *missing(bench)]


def lerl(bench: dict) -> list[str]:
    """Return LERL's rule of leaving, and its twin without places."""
    keys = (("item_coverage", 3), ("overlap", 3), ("categories", 1))
    rows = [
        [
            row["name"],
            str(row.get("runs", "")),
            figure(row, "length", 2),
            figure(row, "length, any place", 2),
        ]
        + [plain(row, key, digits) for key, digits in keys]
        for row in bench["rows"]
    ]
    heads = ["runs", "rounds, of 20", "rounds where place is nothing", "coverage", "overlap", "categories a session"]
    return [*head(bench), *table(heads, rows), "", *bench["notes"], *missing(bench)]


def against_itself(bench: dict) -> list[str]:
    """Return how far p-values of a policy against itself are from uniform."""
    keys = (("ks", 3), ("ks_p", 3), ("below_05", 3), ("below_05_users", 3), ("covered", 3))
    rows = [[row["name"], str(row["runs"]), *(plain(row, key, digits) for key, digits in keys)] for row in bench["rows"]]
    heads = ["runs", "KS", "KS p", "below .05", "below .05, over users", "covered"]
    return [*head(bench), *table(heads, rows), "", *bench["notes"], *missing(bench)]


def identified(bench: dict) -> list[str]:
    """Return whether logs tell that interest tires."""
    rows = [[row["name"], figure(row, "slope"), plain(row, "users", 0), plain(row, "events", 0), plain(row, "tied", 2)] for row in bench["rows"]]
    return [*head(bench), *table(["slope", "users", "events", "tied"], rows), "", *bench["notes"], *missing(bench)]


def planners(bench: dict) -> list[str]:
    """Return what becomes of malformed output, and how often a model is called."""
    keys = [
        key
        for key in dict.fromkeys(key for row in bench["rows"] for key in row)
        if key not in {"name", "runs", "wall_s", "cpu_s", "load"} and not key.startswith("why not")
    ]
    rows = [[row["name"], *(f"{row[key]:.4g}" if key in row else "" for key in keys)] for row in bench["rows"]]
    return [*head(bench), *table(keys, rows), "", *bench["notes"], *missing(bench)]


def speed(bench: dict) -> list[str]:
    """Return steps a second."""
    rows = [
        [row["name"], *(f"{row[key]:,.0f} ({row[key + '_lo']:,.0f} to {row[key + '_hi']:,.0f})" if key in row else "" for key in ("steps_s", "steps_cpu_s"))]
        for row in bench["rows"]
    ]
    lines = [f"Threads: {bench['threads']}; load {bench['load']}. The command: `{bench['command']}`", ""]
    return [*lines, *table(["steps a second", "steps a second of the processor"], rows), "", *bench["notes"], *missing(bench)]


def days(bench: dict) -> list[str]:
    """Return readers kept and categories seen over thirty days."""
    rows = [row for row in bench["rows"] if "runs" in row]
    told = [key for key in dict.fromkeys(key for row in rows for key in row) if key.startswith(("kept@", "categories@")) and not key.endswith(("_lo", "_hi"))]
    made = [[named(row), str(row["runs"]), *(figure(row, key) for key in told)] for row in rows]
    picture = "![Readers kept, and categories seen, day by day, a line for each row](plan-days.svg)"
    return [*head(bench), *table(["runs", *told], made), "", picture, "", *bench["notes"], *missing(bench)]


BLOCKS = blocks(
    {
        "plan-honest-*.json": honest,
        "plan-identified*.json": identified,
        "plan-aa*.json": against_itself,
        "plan-planners*.json": planners,
        "plan-days*.json": days,
        "plan-speed*.json": speed,
        "plan-coat*.json": coat,
        "plan-lerl*.json": lerl,
    }
)
