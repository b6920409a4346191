"""`broadsheet needs`: what people say they need, with words of their own post as evidence."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="What people say they need in posts, each need with words of its own post as evidence.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


# Without a callback typer would take the only command for the group itself.
@app.callback()
def needs() -> None:
    """Read posts for what people say they need."""


@app.command("gate")
def gate(
    posts: Annotated[Path, typer.Option("--posts", help="JSON lines: id, author, at, text.")],
    mentions: Annotated[Path, typer.Option("--mentions", help="JSON lines: id, post_id, need_id or level, evidence (texts, or text with start and end).")],
    taxonomy: Annotated[
        str | None,
        typer.Option("--taxonomy", help="A YAML file, or financial, or papers. Without it, ids of needs are not checked, and a level is 1 to 7."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Also the summary on standard error is one JSON object.")] = False,
) -> None:
    """Keep the mentions whose every quotation stands, word for word, in its own post; one line of JSON for each mention, in order.

    A line has id, accepted, reason, spans (places of the original text) and notes. Quotation marks, dashes, white space and
    the like may be written in another way; nothing else may differ.

    Example: broadsheet needs gate --posts posts.jsonl --mentions mentions.jsonl > verdicts.jsonl
    """
    import json
    from collections import Counter

    from broadsheet.needs.claims import read_claims
    from broadsheet.needs.evidence import Gate
    from broadsheet.needs.posts import read_posts
    from broadsheet.needs.taxonomy import open_taxonomy

    door = Gate(read_posts(posts), open_taxonomy(taxonomy) if taxonomy else None)
    reasons: Counter[str] = Counter()
    noted: Counter[str] = Counter()
    for verdict in door.judge(read_claims(mentions)):
        # Escaped, so that half a surrogate pair, which JSON can hold, can be printed too.
        typer.echo(json.dumps(verdict.model_dump(mode="json")))
        reasons[verdict.reason or "accepted"] += 1
        noted.update(verdict.notes)
    kept = reasons.pop("accepted", 0)
    if as_json:
        summary = {"mentions": kept + reasons.total(), "accepted": kept, "rejected": dict(reasons.most_common()), "notes": dict(noted.most_common())}
        typer.echo(json.dumps(summary), err=True)
        return
    why = ", ".join(f"{reason} {count:,}" for reason, count in [*reasons.most_common(), *((f"note {note}", n) for note, n in noted.most_common())])
    typer.echo(f"{kept:,} of {kept + reasons.total():,} mentions kept{'; ' + why if why else ''}.", err=True)


@app.command("infer")
def infer(
    posts: Annotated[Path, typer.Option("--posts", help="JSON lines: id, author, at, text.")],
    mentions: Annotated[Path, typer.Option("--mentions", help="JSON lines of accepted mentions: id, post_id, need_id or level; evidence is not looked at.")],
    taxonomy: Annotated[str, typer.Option("--taxonomy", help="A YAML file, or financial, or papers.")] = "financial",
    confusion: Annotated[
        Path | None, typer.Option("--confusion", help="A JSON matrix: how often a mention of each level was taken for each. Without it the error is estimated.")
    ] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="A setting of the analysis plan, e.g. level=0.05, seed=1. Repeats.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Test whether levels of needs form a hierarchy: cumulative, unfolding, none or undetermined, with the figures that say so.

    People count, not posts: the same text said again is one post. The order of the taxonomy is compared with, and has no say in the verdict.

    Example: broadsheet needs infer --posts posts.jsonl --mentions accepted.jsonl --json
    """
    import json

    from broadsheet.core.config import build, with_settings
    from broadsheet.needs.hierarchy.infer import Evidence
    from broadsheet.needs.hierarchy.infer import infer as inferred
    from broadsheet.needs.hierarchy.inputs import read_authors, read_confusion, read_mentions
    from broadsheet.needs.hierarchy.plan import AnalysisPlan
    from broadsheet.needs.hierarchy.show import lines
    from broadsheet.needs.taxonomy import open_taxonomy

    plan = build(AnalysisPlan, with_settings({}, settings or []), "--set")
    levels = open_taxonomy(taxonomy)
    names = [level.id for level in levels.levels]
    moved = read_confusion(confusion, names) if confusion else None
    written = read_authors(posts)
    spoken = read_mentions(mentions, written, levels)
    found = inferred(written, spoken.mentions, names, plan, moved=moved, evidence=Evidence(horizons=spoken.horizons))
    if spoken.left_out:
        why = ", ".join(f"{reason} {count:,}" for reason, count in spoken.left_out.items())
        typer.echo(f"{sum(spoken.left_out.values()):,} mentions left out: {why}.", err=True)
    if as_json:
        typer.echo(json.dumps({**found.model_dump(mode="json"), "taxonomy": levels.name, "left_out": spoken.left_out}, allow_nan=False))
    else:
        typer.echo("\n".join(lines(found)))


@app.command("view")
def view(
    posts: Annotated[Path, typer.Option("--posts", help="JSON lines: id, author, at, text.")],
    mentions: Annotated[Path, typer.Option("--mentions", help="JSON lines of accepted mentions: id, post_id, need_id or level, evidence to be quoted.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write: needs.html, needs.json, a Parquet file a table, manifest.json.")],
    taxonomy: Annotated[str, typer.Option("--taxonomy", help="A YAML file, or financial, or papers.")] = "financial",
    confusion: Annotated[Path | None, typer.Option("--confusion", help="A JSON matrix: how often a mention of each level was taken for each.")] = None,
    facts: Annotated[
        Path | None, typer.Option("--facts", help="JSON lines: post_id, kind (age or income), value, currency, period, span (start, end, text).")
    ] = None,
    k: Annotated[int, typer.Option("--k", help="No number of people under this is told; at least 2.")] = 5,
    quotations: Annotated[int, typer.Option("--quotations", help="Quotations of each level, each of another person.")] = 5,
    settings: Annotated[list[str] | None, typer.Option("--set", help="A setting of the analysis plan, e.g. level=0.05, seed=1. Repeats.")] = None,
) -> None:
    """Write one page of what people need: the verdict, levels, order in time, what goes together, and quotations; its numbers as JSON and Parquet beside it.

    The page asks nobody for anything. The same input gives the same bytes. Authors are never shown; personal data in quotations are replaced.

    Example: broadsheet needs view --posts posts.jsonl --mentions accepted.jsonl --out view
    """
    from broadsheet.needs.view.build import Shown
    from broadsheet.needs.view.run import Request
    from broadsheet.needs.view.run import view as viewed

    made, page = viewed(Request(posts, mentions, taxonomy, confusion, facts, settings or (), Shown(k, quotations)), out)
    if left_out := made.provenance.left_out:
        why = ", ".join(f"{reason} {count:,}" for reason, count in left_out.items())
        typer.echo(f"{sum(left_out.values()):,} lines left out: {why}.", err=True)
    typer.echo(f"Verdict: {made.whole.verdict}.", err=True)
    typer.echo(str(page))
