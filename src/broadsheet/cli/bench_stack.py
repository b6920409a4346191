"""`broadsheet bench stack`: what each stage adds to the ones before it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.bench_options import Arms, Budget, Json, Rows, Seeds, command, printed

if TYPE_CHECKING:
    from broadsheet.core.bench import Bench

ON = ("papers", "world")


def stack(
    on: Annotated[str, typer.Option("--on", help="papers: authors' days; world: the fictional world, whose truths are planted.")],
    *,
    history: Annotated[list[str] | None, typer.Option("--history", help="Papers known before: files or folders. Repeats.")] = None,
    days: Annotated[list[str] | None, typer.Option("--days", help="Papers whose labels are judged. Repeats. Default: the history's own.")] = None,
    announced_on: Annotated[str, typer.Option("--list", help="The list whose papers are ranked, e.g. cs.IR, or all.")] = "all",
    since: Annotated[datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="The first label judged.")] = None,
    until: Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="The last label judged.")] = None,
    planner: Annotated[str, typer.Option("--planner", help="What plans a page of papers. Default: what readers of simulated days chose.")] = "",
    readers: Annotated[int, typer.Option("--readers", min=20, help="Readers of a world whose last choice is asked for.")] = 150,
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Add stage after stage, and tell what each gains over the row before it.

    Example: broadsheet bench stack --on world --seeds 3
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.errors import ConfigError, did_you_mean
    from broadsheet.core.home import bench_folder
    from broadsheet.report.bench.run import Plan

    if on not in ON:
        raise ConfigError(f"There is no bench of the stack on {on!r}.{did_you_mean(on, ON)}", f"Known: {', '.join(ON)}.")
    with shown() as progress:
        bench: Bench
        if on == "papers":
            from broadsheet.report.bench.ablation.pages import PLANNER
            from broadsheet.report.bench.ablation.papers import PapersPlan, bench_papers

            if not history:
                raise ConfigError("No papers are named.", "Give files or folders with --history.")
            labels = (since.date() if since else None, until.date() if until else None)
            report = Plan(tuple(history), tuple(days or ()), announced_on, *labels, seeds=seeds, budget_minutes=budget)
            bench = bench_papers(PapersPlan(report, tuple(arm or ()), planner or PLANNER), rows or bench_folder(), command(), progress)
        else:
            from broadsheet.stack.bench.world import StackPlan, bench_world

            bench = bench_world(StackPlan(readers, seeds, tuple(arm or ()), budget), rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)
