"""`broadsheet bench report-size`: what large days take."""

from typing import Annotated

import typer

from broadsheet.cli.bench_options import Arms, Budget, Json, Rows, command, printed


def size(
    *,
    papers: Annotated[int, typer.Option("--papers", min=50, help="How many papers the day has.")] = 5000,
    items: Annotated[int, typer.Option("--items", min=1, help="How many items the feed has.")] = 2000,
    store: Annotated[str, typer.Option("--store", help="An empty PostgreSQL to keep a day in, beside SQLite.")] = "",
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Make a page of thousands of generated papers, read a feed of thousands of items, keep a day; print memory and time of each.

    Example: broadsheet bench report-size --papers 5000 --items 2000
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.home import bench_folder
    from broadsheet.report.bench.large import SizePlan, bench_size

    with shown() as progress:
        bench = bench_size(SizePlan(papers, items, store, tuple(arm or ()), budget), rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)
