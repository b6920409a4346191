"""`broadsheet bench fetch`: mornings on which arXiv does not behave."""

from typing import Annotated

import typer

from broadsheet.cli.bench_options import Budget, Json, Rows, command, printed


def fetch(
    *,
    scenario: Annotated[list[str] | None, typer.Option("--scenario", help="Only this morning, by its name. Repeats.")] = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Try mornings with faults against the double of arXiv: what our days keep and what PyPI's client `arxiv` keeps, and what is lost without a word.

    Example: broadsheet bench fetch --scenario "HTML with status 200"
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.home import bench_folder
    from broadsheet.report.bench.faults.table import FetchPlan, bench_fetch

    with shown() as progress:
        bench = bench_fetch(FetchPlan(tuple(scenario or ()), budget), rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)
