"""`broadsheet bench`: the command behind every figure."""

from datetime import datetime
from typing import Annotated

import typer

from broadsheet.cli import (
    bench_ask,
    bench_feedback,
    bench_fetch,
    bench_llm,
    bench_needs,
    bench_plan,
    bench_rank,
    bench_represent,
    bench_retrieve,
    bench_serve,
    bench_size,
    bench_stack,
)
from broadsheet.cli.bench_options import Budget, Json, Rows, command, printed

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Measure a stage against honest baselines. Rows are kept: a bench that was stopped goes on where it was.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command("report")
def report(
    history: Annotated[list[str], typer.Option("--history", help="Papers known before: files or folders. Repeats.")],
    days: Annotated[
        list[str] | None,
        typer.Option("--days", help="Papers whose labels are judged. Repeats. Default: the history's own, from --since on or its last quarter."),
    ] = None,
    announced_on: Annotated[str, typer.Option("--list", help="The list whose papers are ranked, e.g. cs.IR, or all.")] = "all",
    since: Annotated[datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="The first label judged.")] = None,
    until: Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="The last label judged.")] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="How many seeds, for the arms that a seed changes.")] = 3,
    arm: Annotated[list[str] | None, typer.Option("--arm", help="Only these rows. Repeats.")] = None,
    ablations: Annotated[bool, typer.Option("--ablations", help="Add the rows of our ranker with a part taken away.")] = False,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Rank each author's days by their earlier papers, names of candidates hidden, and compare rankers.

    Example: broadsheet bench report --history papers.jsonl.gz --list cs.IR --since 2026-03-01 --until 2026-05-31
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.home import bench_folder
    from broadsheet.report.bench.arms import ARMS
    from broadsheet.report.bench.run import Plan, bench_report

    plan = Plan(
        history=tuple(history),
        days=tuple(days or ()),
        announced_on=announced_on,
        since=since.date() if since else None,
        until=until.date() if until else None,
        seeds=seeds,
        budget_minutes=budget,
    )
    if arm or ablations:
        plan = plan.only(arm or ARMS)
    with shown() as progress:
        bench = bench_report(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)


app.command("report-size")(bench_size.size)
app.command("feedback")(bench_feedback.feedback)
app.command("represent")(bench_represent.represent)
app.command("represent-efficiency")(bench_represent.efficiency)
app.command("represent-speed")(bench_represent.speed)
app.command("index")(bench_represent.index)
app.command("represent-words")(bench_represent.words)
app.command("retrieve")(bench_retrieve.retrieve)
app.command("retrieve-cold")(bench_retrieve.cold)
app.command("retrieve-ids")(bench_retrieve.ids)
app.command("retrieve-decoding")(bench_retrieve.decoding)
app.command("retrieve-staging")(bench_retrieve.staging)
app.command("needs")(bench_needs.needs)
app.command("needs-goals")(bench_needs.goals)
app.command("ask")(bench_ask.ask)
app.command("rank")(bench_rank.rank)
app.command("rank-speed")(bench_rank.speed)
app.command("rank-world")(bench_rank.world)
app.command("rank-serving")(bench_rank.serving)
app.command("rank-citeulike")(bench_rank.citeulike)
app.command("plan")(bench_plan.plan)
app.command("llm")(bench_llm.llm)
app.command("fetch")(bench_fetch.fetch)
app.command("serve")(bench_serve.serve)
app.command("stack")(bench_stack.stack)
