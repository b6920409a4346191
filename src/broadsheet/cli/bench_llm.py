"""`broadsheet bench llm`: how fast language models are asked."""

from typing import Annotated

import typer

from broadsheet.cli.bench_options import Arms, Budget, Json, Rows, Seeds, command, printed


def llm(
    *,
    requests: Annotated[int, typer.Option("--requests", min=1, help="How many requests.")] = 2000,
    in_flight: Annotated[int, typer.Option("--in-flight", min=1, help="How many at once.")] = 64,
    latency: Annotated[float, typer.Option("--latency", min=0, help="Seconds that the endpoint takes.")] = 0.2,
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Time requests to an endpoint's double: a second, and in processor time, with each call in the ledger and without.

    Example: broadsheet bench llm --requests 2000 --in-flight 64 --latency 0.2
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.home import bench_folder
    from broadsheet.sample.llm.bench import CallsPlan, bench_calls

    with shown() as progress:
        plan = CallsPlan(requests, in_flight, latency, seeds, tuple(arm or ()), budget)
        bench = bench_calls(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)
