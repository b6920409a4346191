"""Writes what README and docs say from what the benchmarks measured, and from the interface itself; with --check only tells whether the first drifted."""

import json
import sys

import api_tables
import ask_tables
import feedback_tables
import llm_tables
import needs_tables
import plan_days
import plan_tables
import rank_tables
import report_tables
import represent_tables
import retrieve_tables
import serve_tables
import stack_tables
from tables import ROOT, ranged

END = "<!-- end -->"


def page_times() -> str:
    """Return the table of the page's times."""
    bench = json.loads((ROOT / "benchmarks" / "page.json").read_text())
    data = bench["data"]
    lines = [
        f"A day of {data['papers']} papers for a library of {data['library']}, {bench['threads']} threads, {bench['dtype']}, load {bench['load']:.1f};",
        f"median of three, lowest to highest in brackets. The command: `{bench['command']}` (`make bench`).",
        "",
        "| | ranked and rendered, s | CPU, s | of it rendering, s |",
        "|---|---|---|---|",
    ]
    for name, what in (("cold", "cold: day and library embedded"), ("cached", "from cached vectors")):
        rows = [row for row in bench["rows"] if row["name"] == name]
        lines.append(f"| {what} | {spread(rows, 'wall_s')} | {spread(rows, 'cpu_s')} | {spread(rows, 'render_s')} |")
    return "\n".join(lines)


def spread(rows: list[dict], key: str) -> str:
    """Return the median and the range."""
    values = sorted(row[key] for row in rows)
    return f"{values[len(values) // 2]:.1f} ({values[0]:.1f} to {values[-1]:.1f})"


def ranking() -> str:
    """Return the tables of how well the page ranks."""
    return "\n\n".join([*(ranking_table(name) for name in ("report-csir", "report-all")), cost_of_diversity()])


def cost_of_diversity() -> str:
    """Return what the slate of the page costs against the same scores without it."""
    bench = json.loads((ROOT / "benchmarks" / "report-slate.json").read_text())
    ours, slate = ({row["name"]: row for row in bench["rows"]}[name] for name in ("ours", "ours as a slate"))
    lost = {k: 100 * (1 - slate[f"ndcg@{k}"] / ours[f"ndcg@{k}"]) for k in (10, 20)}
    words = f"costs {lost[10]:.1f} % of nDCG@10 and {lost[20]:.1f} % of nDCG@20"
    return f"The default diversity floor and a place for each interest, 20 places, {words} on all lists (one seed). The command: `{bench['command']}`"


def ranking_table(name: str) -> str:
    """Return one table of the bench of the report: every row, an interval behind each figure that has one."""
    bench = json.loads((ROOT / "benchmarks" / f"{name}.json").read_text())
    data = bench["data"]
    lines = [
        (
            f"List {data['list']}, labels {data['since']} to {data['until']}: {data['user_days']:,} days of {data['users']:,} authors, "
            f"{data['pool']:.0f} candidates a day. The command: `{bench['command']}`"
        ),
        "",
        "| | nDCG@10 | hit@5 | MRR | ours gains, nDCG@10 | Brier skill | top-decile gap |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in bench["rows"]:
        cells = [ranged(row, metric) for metric in ("ndcg@10", "hit@5", "mrr", "gain_of_ours", "brier_skill")]
        lines.append(f"| {row['name']} | {' | '.join(cells)} | {row['top_decile_gap']:.3f} |")
    return "\n".join(lines)


def pictures() -> str:
    """Return the table of the small picture embedder on unseen families of drawings."""
    bench = json.loads((ROOT / "benchmarks" / "represent-pictures.json").read_text())
    lines = [f"The command: `{bench['command']}`", "", "| | recall@1 | recall@5 | recall@10 | gain over ridge, recall@10 |", "|---|---|---|---|---|"]
    # Titles alone stand in the JSON; they tell the same at lower figures.
    for row in bench["rows"]:
        if row["name"].startswith("title, "):
            continue
        cells = [percent(row, metric) for metric in ("recall@1", "recall@5", "recall@10", "recall@10_gain")]
        lines.append(f"| {row['name']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def percent(row: dict, metric: str) -> str:
    """Return a share in percent with its 95 % interval, or nothing."""
    return f"{100 * row[metric]:.1f} ({100 * row[metric + '_lo']:.1f} to {100 * row[metric + '_hi']:.1f})" if metric in row else ""


def efficiency() -> str:
    """Return what many turns in one pass cost and what they teach."""
    bench = json.loads((ROOT / "benchmarks" / "represent-efficiency.json").read_text())
    timed, learnt = ([row for row in bench["rows"] if row["name"].startswith(kind)] for kind in ("speed", "recall"))
    lines = [
        *what_turns_buy({row["name"]: row for row in bench["rows"]}),
        "",
        f"The command: `{bench['command']}`. Means of {bench['seeds']} seeds; in brackets the lowest and highest seed of what is timed, and the 95 % interval",
        "over pictures of what is learnt.",
        "",
        "| a processor second of training, both sides and optimiser | pairs | beside one turn | pictures | updates | break-even |",
        "|---|---|---|---|---|---|",
    ]
    for row in timed:
        pairs = f"{row['pairs_per_cpu_s']:.1f}"
        ratio = f"{row['pairs_ratio']:.1f} ({row['pairs_ratio_lo']:.1f} to {row['pairs_ratio_hi']:.1f})"
        even = f"{row['break_even']:.2f}" if "break_even" in row else ""
        lines.append(f"| {row['name']} | {pairs} | {ratio} | {row['images_per_cpu_s']:.1f} | {row['updates_per_cpu_s']:.2f} | {even} |")
    lines += [
        "",
        "| single turns on unseen families | recall@10 | over one turn | recall@1 | gap | alignment | uniformity | cosine of turns | pictures shown |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in learnt:
        cells = [percent(row, "recall@10"), percent(row, "recall@10_gain"), f"{100 * row['recall@1']:.1f}"]
        cells += [f"{row[key]:.2f}" for key in ("modality_gap", "alignment", "uniformity", "turn_cosine")]
        lines.append(f"| {row['name']} | {' | '.join(cells)} | {row['images']:,.0f} |")
    return "\n".join(lines)


def what_turns_buy(rows: dict[str, dict]) -> list[str]:
    """Return the tables in words: pairs gained, recall against one turn at equal seconds, where the break-even lies."""

    def timed(tokens: int, tower: str, key: str) -> str:
        return f"{rows[f'speed, {tokens} tokens, tower {tower}; B: seven turns'][key]:.{2 if key == 'break_even' else 1}f}"

    def gained(tokens: int, arm: str) -> str:
        return percent(rows[f"recall, {tokens} tokens; equal CPU seconds; {arm}"], "recall@10_gain")

    rival = [row for name, row in rows.items() if "equal CPU seconds" in name and "recall@10_gain" in row]
    apart = [row for row in rival if not row["recall@10_gain_lo"] <= 0 <= row["recall@10_gain_hi"]]
    verdict = f"{len(apart)} of {len(rival)} intervals at equal seconds leave out zero" + ("." if apart else ": the result is null.")
    return [
        f"Seven turns give {timed(49, 'before', 'pairs_ratio')} times the pairs of one in a processor second at 49 tokens a picture and",
        f"{timed(196, 'before', 'pairs_ratio')} times at 196, where the tower's work is done before; {timed(49, 'in each step', 'pairs_ratio')} and",
        f"{timed(196, 'in each step', 'pairs_ratio')} times where the tower runs in each step. But they are pairs of fewer pictures. At equal seconds a causal",
        f"history gains {gained(49, 'B: seven turns')} points among ten over one turn at 49 tokens and {gained(196, 'B: seven turns')} at 196,",
        f"a block history {gained(49, 'D: seven turns, block history')} and {gained(196, 'D: seven turns, block history')}. {verdict}",
        "Break-even: a further turn of a picture pays where it teaches more than this share of what a picture of its own does,",
        f"{timed(49, 'before', 'break_even')} and {timed(196, 'before', 'break_even')} with the tower's work done,",
        f"{timed(49, 'in each step', 'break_even')} and {timed(196, 'in each step', 'break_even')} with the tower in each step.",
    ]


BLOCKS = {
    "README.md": {
        "<!-- generated by `make docs` from benchmarks/page.json -->": page_times,
        "<!-- generated by `make docs` from benchmarks/report-*.json -->": ranking,
        "<!-- generated by `make docs` from benchmarks/represent-pictures.json -->": pictures,
    },
    "docs/retrieve.md": retrieve_tables.BLOCKS,
    "docs/rank.md": rank_tables.BLOCKS,
    "docs/plan.md": plan_tables.BLOCKS,
    "docs/llm.md": llm_tables.BLOCKS,
    "docs/ask.md": ask_tables.BLOCKS,
    "docs/needs.md": needs_tables.BLOCKS,
    "docs/report.md": feedback_tables.BLOCKS | report_tables.BLOCKS,
    "docs/stack.md": stack_tables.BLOCKS,
    "docs/serve.md": serve_tables.BLOCKS,
    "docs/represent.md": {
        "<!-- generated by `make docs` from benchmarks/represent-efficiency.json -->": efficiency,
        **represent_tables.BLOCKS,
    },
}


def main() -> int:
    """Write, or check with --check."""
    drifted = max(plan_days.main(), stack_tables.main())
    # The interface takes seconds to import; a test that has it imported tells whether its page drifted.
    for name, blocks in (BLOCKS if "--check" in sys.argv else BLOCKS | {"docs/api.md": api_tables.BLOCKS}).items():
        path = ROOT / name
        text = written = path.read_text()
        for start, block in blocks.items():
            before, _, rest = written.partition(start)
            _, _, after = rest.partition(END)
            written = f"{before}{start}\n\n{block()}\n\n{END}{after}"
        if "--check" not in sys.argv:
            path.write_text(written)
        elif written != text:
            print(f"{name} differs from the benchmarks.\nRun: make docs")
            drifted = 1
    return drifted


if __name__ == "__main__":
    sys.exit(main())
