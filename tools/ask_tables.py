"""The tables of docs/ask.md, from what its benches measured."""

from needs_tables import told
from retrieve_tables import blocks
from tables import plain


def share(row: dict, metric: str) -> str:
    """Return a share in percent with its interval and of how many it is, or nothing."""
    if metric not in row:
        return ""
    if f"{metric}_lo" not in row:
        return f"{100 * row[metric]:.1f}"
    return f"{100 * row[metric]:.1f} ({100 * row[metric + '_lo']:.1f} to {100 * row[metric + '_hi']:.1f}) of {row[metric + '_of']:,}"


def paper90(bench: dict) -> list[str]:
    """Return which of the paper's faults are found, and what explanations say, beside the paper's own models."""
    shares = ("exact", "flagged", "clean", "complete", "inverts", "summary_right")
    rows = [[row["name"], *(share(row, key) for key in shares), plain(row, "ms", 1), plain(row, "p", 3)] for row in bench["rows"]]
    heads = ["right code and place, %", "faults flagged, %", "clean left alone, %", "complete, %", "read back, %", "summary right, %", "ms", "p"]
    return told(bench, heads, rows)


def graph(bench: dict) -> list[str]:
    """Return how long the engine takes, what is refused before it, and how late it ends."""
    by = {row["name"]: row for row in bench["rows"]}
    speed, safety, late = by["speed"], by["safety"], by["time limit"]

    def ranged(row: dict, key: str, digits: int) -> str:
        return f"{row[key]:.{digits}f} ({row[key + '_lo']:.{digits}f} to {row[key + '_hi']:.{digits}f})"

    rows = [
        ["load, s", ranged(speed, "load_s", 2)],
        *([name, ranged(speed, key, 1)] for name, key in (("1 hop, ms", "one_hop_ms"), ("3 hops, ms", "three_hops_ms"), ("self-join, ms", "self_join_ms"))),
        *([name, f"{safety[key]:.0f} of {safety[key + '_of']:.0f}"] for name, key in (("refused", "refused"), ("answered", "answered"), ("guards", "guards"))),
        ["later than its limit, s", ranged(late, "late_s", 2)],
        ["processor in the second after, s", ranged(late, "after_s", 2)],
    ]
    rows.append(["load of the machine", f"{bench['load']:.1f}"])
    return told(bench, ["figure"], rows)


def decoding(bench: dict) -> list[str]:
    """Return what random weights write under a schema's grammar, what it can say, and what a language model writes with and without it."""
    shares = ("parse", "against_schema", "alarmed", "sayable", "exact", "right", "empty_gold")
    rows = [
        [
            row["name"],
            f"{row['outputs']:,}",
            f"{100 * row['distinct']:.1f}",
            *(share(row, key) for key in shares),
            *(plain(row, key, 2) for key in ("tokens", "ms", "seconds")),
        ]
        for row in bench["rows"]
    ]
    heads = ["outputs", "distinct, %", "parse, %", "against the schema, %", "alarmed, %", "can be said, %", "exact, %", "right rows, %", "gold has no rows, %"]
    return told(bench, [*heads, "tokens", "ms a token", "seconds a question"], rows)


def pole(bench: dict) -> list[str]:
    """Return how often a query that is written without a model gives the right answer, by split, with published figures beside."""
    rows = [
        [
            row["name"],
            share(row, "right"),
            share(row, "right_set"),
            share(row, "answered"),
            share(row, "gold_empty"),
            plain(row, "ms", 0),
            str(row.get("runs", "")),
        ]
        for row in bench["rows"]
    ]
    return told(bench, ["right, %", "right as sets, %", "answered, %", "empty, %", "ms", "seeds"], rows)


def direction(bench: dict) -> list[str]:
    """Return which relations are turned, and what is left alone."""
    return told(bench, ["right, %", "wrong"], [[row["name"], share(row, "right"), row.get("wrong", "")] for row in bench["rows"]])


def llm_queries(bench: dict) -> list[str]:
    """Return what is read and flagged of queries that models wrote, how long it takes, and what texts that nobody writes did."""
    heads = {"read": "read", "syntax": "syntax", "syntax_but_valid": "without valid ones", "schema": "schema", "alarms": "alarms", "inverts": "read back"}
    *rows, fuzzed = bench["rows"]
    (ours,) = [row for row in rows if row["name"] == "ours"]
    return [
        *told(bench, [f"{head}, %" for head in heads.values()], [[row["name"], *(share(row, key) for key in heads)] for row in rows]),
        "",
        f"Alarms on accepted queries by code: {ours['codes of alarms']}.",
        f"Reading takes {ours['read_ms']:.1f} ms ({ours['read_ms_p95']:.1f} for 95 of 100), checking and explaining {ours['ms']:.1f} ({ours['ms_p95']:.1f}).",
        f"Of {fuzzed['texts']:,.0f} texts that nobody writes none made it fall; the longest took {fuzzed['worst_ms']:.0f} ms, 95 of 100 at most {fuzzed['ms_p95']:.1f}. Of the",
        f"{fuzzed['queries']:,.0f} that are queries all the same, the explanations of {fuzzed['lost']:,.0f} were not read back.",
    ]


def mindthequery(bench: dict) -> list[str]:
    """Return how alarms go with the verdicts of people."""
    keys = {"recall": "wrong ones with an alarm, %", "alarms": "right ones with an alarm, %", "precision": "alarms on wrong ones, %"}
    rows = [[row["name"], *(share(row, key) for key in keys), row["codes of wrong"], row["codes of right"]] for row in bench["rows"]]
    return told(bench, [*keys.values(), "codes of wrong ones", "codes of right ones"], rows)


def mutants(bench: dict) -> list[str]:
    """Return which planted faults are seen, and what was found in clean queries with an alarm."""
    rows = [[row["name"], *(share(row, key) for key in ("seen", "alarms", "false_alarms"))] for row in bench["rows"] if not row["name"].startswith("alarm on")]
    seen: dict[str, int] = {}
    for row in bench["rows"]:
        if "looked_at" in row:
            seen[row["looked_at"]] = seen.get(row["looked_at"], 0) + 1
    counted = ", ".join(f"{count} {said}" for said, count in sorted(seen.items(), key=lambda one: -one[1]))
    return [
        *told(bench, ["planted faults seen, %", "clean with an alarm, %", "of these false, %"], rows),
        "",
        f"Clean queries with an alarm, each looked at (the file has them one by one): {counted}.",
    ]


def amended(bench: dict) -> list[str]:
    """Return how many drafts are right before and after amendments in words, what that takes, and what changes that was not asked for."""
    shares = ("first_try", "mended", "after_1", "after_2", "acts_1", "acts_2", "unrequested", "picked", "beside", "asked_back", "answers")
    rows = [[row["name"], *(share(row, key) for key in shares), plain(row, "attempts_per_success", 2)] for row in bench["rows"]]
    heads = [
        "first try, %",
        "mended, %",
        "after 1 amendment, %",
        "after 2, %",
        "after 1, an answer counted as one, %",
        "after 2, an answer counted as one, %",
        "changes unrequested, %",
        "picked, and not meant, %",
        "beside what was asked for, %",
        "amendments asked back, %",
        "of these answered by a choice, %",
        "attempts per success",
    ]
    return told(bench, heads, rows)


def questions(bench: dict) -> list[str]:
    """Return which faults the question tells, and on which queries that answer it raises an alarm."""
    shares = ("named", "all", "flagged", "figures", "alarms", "mended", "rejected")
    rows = [[row["name"], *(share(row, key) for key in shares)] for row in bench["rows"]]
    heads = ["named faults, %", "all faults, %", "of this fault, %", "by figures alone, %", "alarms, %", "mended, %", "rejected by a person, %"]
    return told(bench, heads, rows)


BLOCKS = blocks(
    {
        "ask-paper90.json": paper90,
        "ask-direction.json": direction,
        "ask-llm-queries.json": llm_queries,
        "ask-mindthequery.json": mindthequery,
        "ask-mutants.json": mutants,
        "ask-questions.json": questions,
        "ask-decoding.json": decoding,
        "ask-pole.json": pole,
        "ask-graph.json": graph,
        **{f"ask-{name}.json": amended for name in ("mardi", "hyena", "simulated-user")},
    }
)
