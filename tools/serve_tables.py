"""The table of docs/serve.md, from what the bench of the server measured."""

from retrieve_tables import blocks, missing
from tables import table

KINDS = ("search", "recommend", "rank", "slate", "events")


def times(row: dict, kind: str) -> str:
    """Return the median and the 95th percentile of a kind, nothing where none of it was sent."""
    if f"{kind}_p50_ms" not in row:
        return ""
    lowest, highest = row.get(f"{kind}_p95_ms_lo"), row.get(f"{kind}_p95_ms_hi")
    between = f" ({lowest:,.0f} to {highest:,.0f})" if lowest is not None and highest is not None else ""
    return f"{row[f'{kind}_p50_ms']:,.0f} / {row[f'{kind}_p95_ms']:,.0f}{between}"


def load(bench: dict) -> list[str]:
    """Return how fast each kind answers in each phase, what was refused and lost, and what a request costs."""
    rows = {row["name"]: row for row in bench["rows"]}
    data, lines = bench["data"], []
    lines += [f"{data['items']:,} items, {data['cores']} cores, seeds: {bench['seeds']}. The command: `{bench['command']}`", ""]
    phases = [(name, row, "") for name, row in rows.items() if "requests" in row] + [
        ("calm, after too much", row, "after_") for row in rows.values() if "after_requests" in row
    ]
    told = [
        [
            name,
            *(times(row, f"{at}{kind}") for kind in KINDS),
            *(f"{row[at + one]:,.0f}" for one in ("refused", "lost")),
            f"{row['swaps']:.0f}" if "swaps" in row else "",
            f"{row['machine_load']:.1f}",
        ]
        for name, row, at in phases
    ]
    lines += [*table([*(f"{kind}, p50 / p95 ms" for kind in KINDS), "refused", "lost", "swaps", "load"], told), ""]
    if (alone := rows.get("each kind alone")) is not None:
        costs = ", ".join(f"{kind} {alone[f'{kind}_cpu_ms']:.1f}" for kind in KINDS)
        lines += [f"The processor's milliseconds that a request takes, each kind alone: {costs}.", ""]
    if (much := rows.get("too much, then calm")) is not None:
        share = f"{much['refused_share']:.0%} of {much['pressed_s']:,.0f} requests a second are refused, 95 % of those within {much['refused_p95_ms']:,.0f} ms"
        lines += [
            f"Too much: {share}; {much['retry_after_share']:.0%} of refusals say when to come back, {much['answered_s']:,.0f} a second are answered, {much['pressed_lost']:.0f} lost.",
            "",
        ]
    return [*lines, *bench["notes"], *missing(bench)]


BLOCKS = blocks({"serve.json": load})
