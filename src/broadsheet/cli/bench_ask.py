"""`broadsheet bench ask`: how well queries are checked, explained, asked for and amended."""

from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli.bench_options import Arms, Budget, Json, Rows, Seeds, command, printed


def ask(
    *,
    suite: Annotated[str, typer.Option("--suite", help="What is measured; a name that is none has them all told.")],
    data: Annotated[Path, typer.Option("--data", help="The folder of public queries and schemas. Default: kgqa, there or under BROADSHEET_DATA.")] = Path(
        "kgqa"
    ),
    recordings: Annotated[
        Path | None, typer.Option("--recordings", help="Replies of language models, a JSON Lines file each: further rows of the suites that take them.")
    ] = None,
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Measure questions to a graph, a suite at a time; what a paper has measured stands beside, marked as the paper's.

    Example: broadsheet bench ask --suite paper90 --seeds 3
    """
    from broadsheet.ask.bench.plan import AskPlan
    from broadsheet.ask.bench.suites import suite_of
    from broadsheet.cli.progress import shown
    from broadsheet.core.home import bench_folder, data_path

    run = suite_of(suite)
    plan = AskPlan(data_path(data), recordings, seeds, tuple(arm or ()), budget)
    with shown() as progress:
        bench = run(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)
