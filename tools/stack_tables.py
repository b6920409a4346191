"""The tables of docs/stack.md, and what the recipe of real papers says of each stage, from what the ablations measured."""

import json
import sys
from collections.abc import Callable

from retrieve_tables import blocks, missing
from tables import ROOT, plain, ranged, table

VERDICTS = ROOT / "src" / "broadsheet" / "stack" / "recipes" / "measured.json"
BENCHES = ROOT / "benchmarks"
# Of each stage the rows that hold it, the first that was measured counts: file, row, and the sign by which the row's gain is the stage's.
PAPERS: dict[str, tuple[tuple[str, str, str, int], ...]] = {
    "represent": (("stack-papers", "+ represent", "gain", 1), ("report-csir", "ours, words alone", "gain_of_ours", 1)),
    "retrieve": (("stack-papers", "+ retrieve", "gain", 1), ("retrieve-report-csir", "ours + retrieve", "gain_of_ours", -1)),
    "rank": (("stack-papers", "represent + rank", "gain", 1), ("rank-report-csir", "ours + rank", "gain_of_ours", -1)),
    "plan": (("stack-papers", "represent + plan", "gain", 1), ("stack-papers", "+ plan", "gain", 1)),
}
OVER = {"represent": "words alone", "retrieve": "words and meaning", "rank": "words and meaning", "plan": "the same page without a plan"}
LEAST = 1e-9


def papers(bench: dict) -> list[str]:
    """Return what each stage adds on real papers."""
    data = bench["data"]
    rows = [
        [
            row["name"],
            *(ranged(row, metric) for metric in ("ndcg@10", "hit@5", "mrr")),
            row.get("over", ""),
            ranged(row, "gain", 4),
            plain(row, "p_holm"),
            str(row["runs"]),
        ]
        for row in bench["rows"]
    ]
    head = f"List {data['list']}, labels {data['since']} to {data['until']}: {data['user_days']:,} days of {data['users']:,} authors, {data['pool']:.0f} candidates a day."
    heads = ["nDCG@10", "hit@5", "MRR", "held against", "gain", "p", "seeds"]
    return [f"{head} The command: `{bench['command']}`", "", *table(heads, rows), "", *pages(bench), *bench["notes"], *missing(bench)]


def pages(bench: dict) -> list[str]:
    """Return what the form of a page costs and what a plan changes, where that was measured."""
    paged = [row for row in bench["rows"] if "apart" in row]
    if not paged:
        return []
    rows = [
        [
            row["name"],
            ranged(row, "ndcg@20"),
            *(ranged(row, metric) for metric in ("apart", "again")),
            *(ranged(row, f"{metric} gain", 4) for metric in ("apart", "again")),
        ]
        for row in paged
    ]
    return [*table(["nDCG@20", "apart", "again", "apart, more", "again, more"], rows), ""]


def world(bench: dict) -> list[str]:
    """Return what each stage adds in the fictional world, to choices and to days, and whether it finds what is planted for it."""
    choices = [row for row in bench["rows"] if "right" in row]
    lived = [row for row in bench["rows"] if "reward" in row]
    truths = [row for row in bench["rows"] if "found" in row]
    names = [name for name in ("plain", "figure", "cold", "order", "deep") if choices and name in choices[0]]
    return [
        f"{bench['data']['world']}, seeds: {bench['seeds']}. The command: `{bench['command']}`",
        "",
        *table(
            ["the last choice is found", "gain", "p", *names, "readers"],
            [
                [row["name"], ranged(row, "right"), ranged(row, "gain"), plain(row, "p_holm", 4), *(plain(row, name) for name in names), f"{row['readers']:,}"]
                for row in choices
            ],
        ),
        "",
        "What is planted for each stage:",
        "",
        *table(
            ["for", "what is planted", "chance", "without the stage", "with it", "p"],
            [
                [
                    row["name"].removeprefix("truth: "),
                    row["stage"],
                    row["planted"],
                    plain(row, "chance", 2),
                    ranged(row, "without"),
                    ranged(row, "found"),
                    plain(row, "p_holm", 4),
                ]
                for row in truths
            ],
        ),
        "",
        "Days that are lived with a plan, and with goals:",
        "",
        *table(
            ["reward", "gain over the same without", "p", "kept", "kept, more", "readers"],
            [
                [
                    row["name"],
                    ranged(row, "reward", 2),
                    ranged(row, "gain"),
                    plain(row, "p_holm", 4),
                    ranged(row, "kept"),
                    ranged(row, "kept gain"),
                    f"{row['readers']:,}",
                ]
                for row in lived
            ],
        ),
        "",
        *bench["notes"],
        *missing(bench),
    ]


def verdicts() -> dict[str, dict]:
    """Return what was measured of each stage on real papers: the figure, the command, and whether the recipe has it on."""
    found = {stage: made for stage in PAPERS if (made := measured(stage)) is not None}
    found |= {stage: unmeasured() for stage in PAPERS if stage not in found}
    return {**{stage: found[stage] for stage in PAPERS}, "needs": nobody()}


def measured(stage: str) -> dict | None:
    """Return the verdict on a stage by the first of its rows that is there."""
    for name, arm, key, sign in PAPERS[stage]:
        path = BENCHES / f"{name}.json"
        bench = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"rows": []}
        row = next((row for row in bench["rows"] if row["name"] == arm and key in row), None)
        if row is not None:
            low, high = sorted((sign * row[f"{key}_lo"], sign * row[f"{key}_hi"]))
            gain, metric = sign * row[key], "nDCG@20" if row.get("metric") == "ndcg@20" else "nDCG@10"
            helps = low > LEAST
            verb = "adds" if gain >= 0 else "takes"
            said = f"On real papers it {verb} {abs(gain):.4f} {metric} ({low:.4f} to {high:.4f}) {'to' if gain >= 0 else 'from'} {OVER[stage]}"
            said += ": it is on." if helps else ", and the interval is not above zero: it is off."
            figures = {
                "metric": metric,
                "over": OVER[stage],
                "gain": round(gain, 5),
                "gain_lo": round(low, 5),
                "gain_hi": round(high, 5),
                "p": row.get("p_holm"),
            }
            return {"on": helps, "said": said, "command": bench["command"], **figures, "where": f"list {bench['data']['list']}", "file": f"{name}.json"}
    return None


def unmeasured() -> dict:
    """Return the verdict on a stage of which nothing was measured."""
    return {"on": False, "said": "On real papers it was not measured yet: it is off.", "command": "broadsheet bench stack --on papers"}


def nobody() -> dict:
    """Return the verdict on needs: where nobody writes there is nothing to read; what they add in the fictional world is named."""
    said, command = "Authors of papers write no posts, so on real papers there is nothing to measure: it is off.", "broadsheet bench stack --on world"
    path = BENCHES / "stack-world.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.is_file() else []
    row = next((row for row in rows if row["name"] == "+ needs as goals, boredom middle"), None)
    if row is not None:
        said += f" In the fictional world goals add {row['gain']:.3f} ({row['gain_lo']:.3f} to {row['gain_hi']:.3f}) to the reward of four days."
    return {"on": False, "said": said, "command": command}


def in_words() -> str:
    """Return which stages are on by default and which are not, and why."""
    lines = [f"- **{stage}**: {one['said']} The command: `{one['command']}`" for stage, one in verdicts().items()]
    return "\n".join(lines)


def main() -> int:
    """Write what the recipe says, or check with --check."""
    text = json.dumps(verdicts(), indent=1) + "\n"
    if "--check" not in sys.argv:
        VERDICTS.write_text(text, encoding="utf-8")
    elif not VERDICTS.is_file() or VERDICTS.read_text(encoding="utf-8") != text:
        print(f"{VERDICTS.relative_to(ROOT)} differs from the benchmarks.\nRun: make docs")
        return 1
    return 0


BLOCKS: dict[str, Callable[[], str]] = {
    "<!-- generated by `make docs` from benchmarks/stack-papers.json and the benches of the report -->": in_words,
    **blocks({"stack-papers*.json": papers, "stack-world*.json": world}),
}

if __name__ == "__main__":
    sys.exit(main())
