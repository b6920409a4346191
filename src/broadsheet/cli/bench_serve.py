"""`broadsheet bench serve`: how fast the server answers, and what it does when there is too much."""

from typing import Annotated

import typer

from broadsheet.cli.bench_options import Arms, Budget, Json, Rows, Seeds, command, printed


def serve(
    items: Annotated[int, typer.Option("--items", min=1000, help="Generated items.")] = 100_000,
    connections: Annotated[int, typer.Option("--connections", min=1, help="Connections of the calm load.")] = 8,
    rate: Annotated[float, typer.Option("--rate", min=0.1, help="Requests a second of each kind.")] = 20.0,
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="Seconds of each phase.")] = 20.0,
    index: Annotated[str, typer.Option("--index", help="auto, exact or ivf.")] = "auto",
    seeds: Seeds = 1,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Load a server in a process of its own: calmly, with too much, and while all its parts are swapped.

    Example: broadsheet bench serve --json > benchmarks/serve.json
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.home import bench_folder
    from broadsheet.serve.bench.run import ServePlan, bench_serve

    plan = ServePlan(items, connections, rate, seconds, index, seeds, tuple(arm or ()), budget)
    with shown() as progress:
        bench = bench_serve(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)
