"""`broadsheet report`: today's page."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli import report_compare, report_days, report_quality, report_send, report_watch
from broadsheet.cli.llm_options import MaxCalls, MaxUsd, Prices, Record
from broadsheet.cli.report_options import ProfileName, StoreUrl

app = typer.Typer(rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]})
app.command("fetch")(report_days.fetch)
app.command("backfill")(report_days.backfill)
app.command("status")(report_days.status)
app.command("send")(report_send.send)
app.command("outbox")(report_send.outbox)
app.command("quality")(report_quality.quality)
app.command("watch")(report_watch.watch)
app.add_typer(report_compare.app, name="compare")


class Form(StrEnum):
    """What is written: the page with its other forms, or the reference form to standard output."""

    PAGE = "page"
    SEED = "seed"


Sources = Annotated[
    list[str] | None,
    typer.Option(
        "--source", "-s", help="A feed, JSONL(.gz), CSV or Parquet file, a folder of them, or arxiv:cs.IR+cs.CL. Repeats. Default: the built-in sample."
    ),
]
Day = Annotated[datetime | None, typer.Option("--date", "-d", formats=["%Y-%m-%d"], help="The label of the day. Default: the newest in the source.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="The archive's folder; a day that is there is replaced.")]
Columns = Annotated[str, typer.Option("--columns", help="Which columns hold what: title=name,text=blurb,id=sku.")]
Settings = Annotated[list[str] | None, typer.Option("--set", help="Any setting, e.g. profile.budget=10 or ranking.use_dense=false. Repeats.")]


@app.callback(invoke_without_command=True)
def report(
    context: typer.Context,
    source: Sources = None,
    profile: ProfileName = "",
    day: Day = None,
    out: Out = Path("page"),
    form: Annotated[Form, typer.Option("--form", help="page: HTML, Markdown, JSON, Atom in --out. seed: the reference form to standard output.")] = Form.PAGE,
    columns: Columns = "",
    settings: Settings = None,
    store: StoreUrl = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object instead of its path.")] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Read the day from the store, fetched where it is not whole: the lists of --source arxiv:…, or the profile's.")
    ] = False,
    llm: Annotated[str | None, typer.Option("--llm", help="A language model that writes a TL;DR of each pick. Default: the profile's, else none.")] = None,
    record: Record = None,
    prices: Prices = None,
    max_usd: MaxUsd = None,
    max_calls: MaxCalls = None,
) -> None:
    """Read a day of papers, rank it for a reader, and write the page.

    Example: broadsheet report --source arxiv:cs.IR --profile me.toml --out page
    """
    if context.invoked_subcommand is not None:
        return
    from broadsheet.cli.llm_options import Asked
    from broadsheet.cli.progress import shown
    from broadsheet.report.run import Request, run, run_seed

    request = Request(tuple(source or ()), profile, day.date() if day else None, columns, tuple(settings or ()), store, live)
    if form is Form.SEED:
        typer.echo(run_seed(request).encode(), nl=False)
        if not source or source == ["sample"]:
            typer.echo("Note: this is the built-in sample; every paper in it is fictional.", err=True)
        return
    client = Asked(llm, record, prices, max_usd, max_calls, store or None).client()
    with shown() as progress:
        result = run(request, out, progress, client)
    if result.report.fictional:
        typer.echo("Note: this is the built-in sample; every paper in it is fictional.", err=True)
    for note in result.report.notes:
        typer.echo(f"Note: {note}", err=True)
    if as_json:
        typer.echo(result.report.model_dump_json(indent=1))
        typer.echo(str(result.page), err=True)
        return
    if (plan := result.report.plan) is not None:
        typer.echo(f"plan {plan.planner} held back {', '.join(plan.rested) or 'no category'} today", err=True)
    picks = result.report.picks()
    for entry in picks[:3]:
        typer.echo(f"{entry.slot}. {entry.item.title}", err=True)
    typer.echo(
        f"{len(picks)} of {len(result.report.entries)} {result.report.subject} for {result.report.reader}, ranked by {result.report.ranked_by}.", err=True
    )
    typer.echo(str(result.page))


@app.command("fit")
def fit(
    history: Annotated[list[str], typer.Option("--history", help="Papers with creators and dates: files or folders. Repeats.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where the ranker is written. Default: under BROADSHEET_HOME, where reports find it.")] = None,
    until: Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="The last label that may be learnt from.")] = None,
    links: Annotated[bool, typer.Option("--links/--no-links", help="Learn from who wrote what (needs the dense model).")] = True,
    seed: Annotated[int, typer.Option("--seed", help="The seed of what is drawn.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest as one JSON object.")] = False,
) -> None:
    """Fit the ranker's weights to a history, its authors taken as readers.

    Example: broadsheet report fit --history papers.jsonl.gz
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.artifacts import check_replaceable
    from broadsheet.core.home import ranker_folder
    from broadsheet.core.schema import ArtifactKind
    from broadsheet.report.ranker.fit import fit_history

    check_replaceable(out or ranker_folder(), ArtifactKind.RANKER)
    with shown() as progress:
        artifact = fit_history(history, out or ranker_folder(), until=until.date() if until else None, links=links, seed=seed, progress=progress)
    typer.echo(artifact.manifest.model_dump_json(indent=1) if as_json else str(artifact.path))
