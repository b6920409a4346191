"""`broadsheet needs`: what people say they need, with words of their own post as evidence."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli import needs_fit, needs_goals, needs_propose, needs_purge, needs_themes
from broadsheet.cli.llm_options import Asked, MaxCalls, MaxUsd, Prices, Record, Store

if TYPE_CHECKING:
    from broadsheet.needs.taxonomy import Taxonomy

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


app.command("fit")(needs_fit.fit)
app.command("themes")(needs_themes.themes)
app.command("propose")(needs_propose.propose)
app.command("goals")(needs_goals.goals)


@app.command("run")
def run(
    posts: Annotated[Path, typer.Option("--posts", help="JSON lines, or Parquet: id, author, at, text.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write.")],
    extractor: Annotated[
        str, typer.Option("--extractor", help="rules: --labeller names levels of sentences, words tell the rest; llm: --llm reads whole posts and quotes them.")
    ] = "rules",
    labeller: Annotated[
        str,
        typer.Option(
            "--labeller", help="minilm: likeness to the taxonomy's sentences; cues: its words, with no model; llm: --llm alone; or a folder of needs fit."
        ),
    ] = "minilm",
    llm: Annotated[
        str | None,
        typer.Option(
            "--llm", help="Ask this model, of rules what the labeller is not sure of: openai:MODEL@URL, smollm2, hf:FOLDER, replay:FILE, scripted:FILE."
        ),
    ] = None,
    record: Record = None,
    below: Annotated[float, typer.Option("--below", min=0, max=1, help="Sentences of which the labeller is less sure than this are asked of --llm.")] = 0.8,
    prices: Prices = None,
    max_usd: MaxUsd = None,
    max_calls: MaxCalls = None,
    store: Store = None,
    taxonomy: Annotated[str, typer.Option("--taxonomy", help="A YAML file, or financial, or papers.")] = "financial",
    *,
    floor: Annotated[float, typer.Option("--floor", min=0, max=1, help="What is less surely a need than this is none.")] = 0.5,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")] = False,
) -> None:
    """Take needs from posts, each with the words that say so; personal data are replaced first, and authors get another name.

    The folder holds posts, mentions, rejected, facts, ratings (stress, risk) and claims of an order as Parquet, and posts.jsonl, mentions.jsonl and facts.jsonl for the
    other commands. No language model is asked unless --llm names one; every call of it is in the ledger, and what was paid is not asked again.

    Example: broadsheet needs run --posts posts.jsonl --out needs && broadsheet needs infer --posts needs/posts.jsonl --mentions needs/mentions.jsonl
    """
    from broadsheet.cli.needs_extract import post_extractor, summed, unanswered
    from broadsheet.cli.progress import shown
    from broadsheet.needs.extract.run import extract
    from broadsheet.needs.taxonomy import open_taxonomy

    asked = Asked(llm, record, prices, max_usd, max_calls, store)
    with shown() as progress:
        made = extract(posts, out, post_extractor(extractor, labeller, open_taxonomy(taxonomy), asked, below, floor, progress), progress)
    if as_json:
        typer.echo(made.manifest.model_dump_json())
        return
    for line in unanswered(made.manifest):
        typer.echo(line, err=True)
    typer.echo(f"{summed(made.manifest)} In {out}.")


app.command("purge")(needs_purge.purge)


@app.command("gate")
def gate(
    posts: Annotated[Path, typer.Option("--posts", help="JSON lines, or Parquet: id, author, at, text.")],
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
    posts: Annotated[Path, typer.Option("--posts", help="JSON lines, or Parquet: id, author, at, text.")],
    mentions: Annotated[Path, typer.Option("--mentions", help="JSON lines of accepted mentions: id, post_id, need_id or level; evidence is not looked at.")],
    taxonomy: Annotated[str, typer.Option("--taxonomy", help="A YAML file, or financial, or papers.")] = "financial",
    confusion: Annotated[
        Path | None, typer.Option("--confusion", help="A JSON matrix: how often a mention of each level was taken for each. Without it the error is estimated.")
    ] = None,
    facts: Annotated[
        Path | None, typer.Option("--facts", help="The folder of needs run, its facts.parquet, or JSON lines: what goes with income and age.")
    ] = None,
    claims: Annotated[Path | None, typer.Option("--claims", help="That folder, its claims.parquet, or JSON lines: post_id, before, after.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="A setting of the analysis plan, e.g. level=0.05, k=10. Repeats.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Test whether levels of needs form a hierarchy: cumulative, unfolding, none or undetermined, with the figures that say so.

    People count, not posts: the same text said again is one post. The order of the taxonomy is compared with, and has no say in the verdict; nor have income, age and
    what people say comes first. Numbers of people under k (5 unless --set k=N) are withheld, and it is said so.

    Example: broadsheet needs infer --posts needs/posts.jsonl --mentions needs/mentions.jsonl --facts needs --claims needs --json
    """
    import json

    from broadsheet.core.config import build, with_settings
    from broadsheet.needs.hierarchy.infer import infer as inferred
    from broadsheet.needs.hierarchy.inputs import Files, read_authors, read_beside, read_confusion, read_mentions
    from broadsheet.needs.hierarchy.plan import AnalysisPlan
    from broadsheet.needs.hierarchy.show import lines
    from broadsheet.needs.hierarchy.told import told
    from broadsheet.needs.taxonomy import open_taxonomy

    plan = build(AnalysisPlan, with_settings({}, settings or []), "--set")
    levels = open_taxonomy(taxonomy)
    names = [level.id for level in levels.levels]
    moved = read_confusion(confusion, names) if confusion else None
    written = read_authors(posts)
    spoken = read_mentions(mentions, written, levels)
    evidence, beside_left_out = read_beside(Files(facts, claims), written, names, spoken)
    found = told(inferred(written, spoken.mentions, names, plan, moved=moved, evidence=evidence))
    for what, left_out in (("mentions", spoken.left_out), ("facts and claims", beside_left_out)):
        if left_out:
            why = ", ".join(f"{reason} {count:,}" for reason, count in left_out.items())
            typer.echo(f"{sum(left_out.values()):,} {what} left out: {why}.", err=True)
    left_out = {**spoken.left_out, **beside_left_out}
    typer.echo(json.dumps({**found, "taxonomy": levels.name, "left_out": left_out}, allow_nan=False) if as_json else "\n".join(lines(found)))


@app.command("label")
def label(
    posts: Annotated[Path, typer.Option("--posts", help="JSON lines, or Parquet: id, author, at, text.")],
    out: Annotated[Path, typer.Option("--out", help="The sheet to fill in: .csv, or .json with tasks for Label Studio.")],
    mentions: Annotated[
        list[Path] | None,
        typer.Option("--mentions", help="A labeller's mentions, JSON lines. Repeats; posts on which labellers differ are likelier to be drawn."),
    ] = None,
    n: Annotated[int, typer.Option("--n", min=1, help="How many posts to draw.")] = 300,
    even: Annotated[float, typer.Option("--even", min=0.01, max=1.0, help="The share of the chance that is the same for every post.")] = 0.5,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed draws other posts.")] = 0,
    annotator: Annotated[str, typer.Option("--annotator", help="Who labels. A language model is named llm:NAME.")] = "",
    taxonomy: Annotated[str, typer.Option("--taxonomy", help="A YAML file, or financial, or papers.")] = "financial",
    *,
    terminal: Annotated[bool, typer.Option("--terminal", help="Ask post by post here; saved after each answer, and taken up again where it stopped.")] = False,
) -> None:
    """Draw posts for people to label, each with its chance of being drawn, and write them as a sheet to fill in.

    In the sheet, level is the one level a post is mostly about (its id or number), none for no need, empty for not labelled; evidence is words of the post
    (more rows for more words), start and end their place where they stand twice. For a second annotator give the same options and another --out.

    Example: broadsheet needs label --posts posts.jsonl --mentions mentions.jsonl --out ana.csv --annotator ana --terminal
    """
    from broadsheet.core.errors import ConfigError, OutputError
    from broadsheet.needs.agree.label_studio import is_tasks
    from broadsheet.needs.taxonomy import open_taxonomy

    levels = open_taxonomy(taxonomy)
    if terminal and (not annotator or is_tasks(out)):
        raise ConfigError("--terminal needs a name and a sheet.", "Give --annotator NAME and --out labels.csv.")
    if not out.exists():
        _draw(out, posts, mentions or [], levels, n, even, seed, annotator)
    elif not terminal:
        raise OutputError(f"{out} is there already, and may hold labels.", "Name another file with --out, or go on in it with --terminal.")
    else:
        typer.echo(f"{out} is there: its posts are asked for, none is drawn.", err=True)
    if terminal:
        _ask_in_terminal(out, annotator, levels)
    typer.echo(str(out))


def _draw(out: Path, posts: Path, mentions: list[Path], levels: "Taxonomy", n: int, even: float, seed: int, annotator: str) -> None:
    """Draw posts, and write them to be labelled."""
    from broadsheet.needs.agree.label_studio import is_tasks, write_tasks
    from broadsheet.needs.agree.labels import blank_sheet
    from broadsheet.needs.agree.predicted import read_predicted
    from broadsheet.needs.agree.sample import choose
    from broadsheet.needs.agree.sheet import write_sheet
    from broadsheet.needs.posts import read_posts

    texts = read_posts(posts)
    told = [read_predicted(path, texts, levels) for path in mentions]
    for one in told:
        if one.left_out:
            typer.echo(f"Left out of {one.name}: {', '.join(f'{reason} {count:,}' for reason, count in one.left_out.items())}.", err=True)
    chosen = choose(len(texts), [one.labels for one in told], n, even=even, seed=seed)
    names = list(texts)
    sheet = blank_sheet([(names[place], texts[names[place]], float(chance)) for place, chance in zip(*chosen, strict=True)], annotator)
    if is_tasks(out):
        write_tasks(out, sheet, levels)
    else:
        write_sheet(out, sheet)
    known = ", ".join(f"{level.order} {level.id}" for level in levels.levels)
    typer.echo(f"{len(sheet.rows):,} of {len(texts):,} posts drawn. Levels are {known}; none is a post without a need.", err=True)


def _ask_in_terminal(out: Path, annotator: str, levels: "Taxonomy") -> None:
    """Ask for the level of each post that has none yet."""
    import sys

    from broadsheet.needs.agree.session import Session
    from broadsheet.needs.agree.sheet import read_sheet

    def ask() -> str | None:
        typer.echo("> ", nl=False, err=True)
        return sys.stdin.readline() or None

    sheet = read_sheet(out)
    done = Session(out, sheet, annotator, levels, ask, lambda line: typer.echo(line, err=True)).run()
    rest = len(sheet.rows) - done
    typer.echo(f"\n{done:,} of {len(sheet.rows):,} posts labelled.{' The same command goes on.' if rest else ''}", err=True)


@app.command("agree")
def agree(
    labels: Annotated[list[Path], typer.Option("--labels", help="A sheet that was filled in, .csv, or Label Studio's export, .json. Repeats.")],
    predicted: Annotated[Path | None, typer.Option("--predicted", help="A labeller's mentions of all posts, JSON lines: it is held against people.")] = None,
    posts: Annotated[Path | None, typer.Option("--posts", help="JSON lines, or Parquet: id, author, at, text. Needed with --predicted.")] = None,
    confusion_out: Annotated[Path | None, typer.Option("--confusion-out", help="Write the confusion of levels, for needs infer --confusion.")] = None,
    taxonomy: Annotated[str, typer.Option("--taxonomy", help="A YAML file, or financial, or papers.")] = "financial",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the intervals.")] = 0,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell how far annotators agree, how right a labeller is by people, and which share of posts speaks of each level.

    Krippendorff's alpha, Cohen's kappa, words in common, the confusion, and shares as the labeller says, by people alone, corrected, and prediction-powered, with
    95 % intervals over posts. Annotators named llm:NAME are told apart: they agree with each other without being right.

    Example: broadsheet needs agree --labels ana.csv --labels bo.csv --predicted mentions.jsonl --posts posts.jsonl --confusion-out confusion.json
    """
    import json

    from broadsheet.cli.labels import read
    from broadsheet.core.errors import ConfigError
    from broadsheet.core.files import write_file
    from broadsheet.needs.agree.assess import assess
    from broadsheet.needs.agree.predicted import read_predicted
    from broadsheet.needs.agree.show import lines
    from broadsheet.needs.taxonomy import open_taxonomy

    if (predicted and not posts) or (confusion_out and not predicted):
        raise ConfigError("A labeller is held against people on all posts.", "Give --predicted mentions.jsonl and --posts posts.jsonl.")
    levels = open_taxonomy(taxonomy)
    labelled, texts = read(labels, levels, posts)
    told = read_predicted(predicted, texts, levels) if predicted and texts else None
    found = assess(labelled, levels, told, list(texts or ()), seed=seed)
    if confusion_out and found.labeller:
        write_file(confusion_out, json.dumps(found.labeller.confusion_of_levels) + "\n")
    typer.echo(json.dumps(found.model_dump(mode="json"), allow_nan=False) if as_json else "\n".join(lines(found)))


@app.command("view")
def view(
    posts: Annotated[Path, typer.Option("--posts", help="JSON lines, or Parquet: id, author, at, text.")],
    mentions: Annotated[Path, typer.Option("--mentions", help="JSON lines of accepted mentions: id, post_id, need_id or level, evidence to be quoted.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write: needs.html, needs.json, a Parquet file a table, manifest.json.")],
    taxonomy: Annotated[str, typer.Option("--taxonomy", help="A YAML file, or financial, or papers.")] = "financial",
    confusion: Annotated[Path | None, typer.Option("--confusion", help="A JSON matrix: how often a mention of each level was taken for each.")] = None,
    facts: Annotated[
        Path | None,
        typer.Option(
            "--facts",
            help="The folder of needs run, its facts.parquet, or JSON lines: post_id, kind (age or income), value, currency, period, span (start, end, text).",
        ),
    ] = None,
    claims: Annotated[Path | None, typer.Option("--claims", help="That folder, its claims.parquet, or JSON lines: post_id, before, after.")] = None,
    themes: Annotated[Path | None, typer.Option("--themes", help="The folder that needs themes wrote.")] = None,
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

    made, page = viewed(Request(posts, mentions, taxonomy, confusion, facts, settings or (), Shown(k, quotations), claims, themes), out)
    if left_out := made.provenance.left_out:
        why = ", ".join(f"{reason} {count:,}" for reason, count in left_out.items())
        typer.echo(f"{sum(left_out.values()):,} lines left out: {why}.", err=True)
    typer.echo(f"Verdict: {made.whole.verdict}.", err=True)
    typer.echo(str(page))
