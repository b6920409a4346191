"""`broadsheet bench feedback`: what clicks are worth, and whether comparisons can be trusted."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.bench_options import Arms, Budget, Json, Rows, Seeds, command, printed

if TYPE_CHECKING:
    from broadsheet.core.schema import Announcement

# Where the papers of cs.IR and the saves of real readers lie within BROADSHEET_DATA.
HISTORY = ("arxiv/csir_history_part1.jsonl.gz", "arxiv/csir_history_part2.jsonl.gz")
CITEULIKE = "arxiv/citeulike-a"
WORLD_READERS, WORLD_ITEMS, WORLD_DAYS = 300, 1500, 70


def feedback(
    *,
    history: Annotated[
        list[str] | None,
        typer.Option("--history", help="Papers with creators and dates: files or folders. Repeats. Default: cs.IR in BROADSHEET_DATA, else the world."),
    ] = None,
    world: Annotated[bool, typer.Option("--world", help="Take the papers of the fictional world.")] = False,
    saves: Annotated[Path | None, typer.Option("--saves", help="The folder of citeulike-a. Default: the one in BROADSHEET_DATA, if it is there.")] = None,
    since: Annotated[datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="The first label judged. Default: the last thirty.")] = None,
    readers: Annotated[int, typer.Option("--readers", min=4, help="Simulated readers.")] = 60,
    replayed: Annotated[int, typer.Option("--replayed", min=2, help="Real readers whose saves are replayed.")] = 300,
    repeats: Annotated[int, typer.Option("--repeats", min=10, help="How often each comparison is played.")] = 200,
    dense: Annotated[bool, typer.Option("--dense/--no-dense", help="Read papers with MiniLM too, where it is installed.")] = True,
    seeds: Seeds = 3,
    arm: Arms = None,
    budget: Budget = None,
    rows: Rows = None,
    as_json: Json = False,
) -> None:
    """Play thirty days of clicks, replay saves, and compare rankers of which one is planted to be better.

    Example: broadsheet bench feedback --readers 60 --since 2026-04-20 --json
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.home import bench_folder, data_path
    from broadsheet.report.bench.feedback.run import FeedbackPlan, bench_feedback

    folder = data_path(saves or Path(CITEULIKE))
    with shown() as progress:
        plan = FeedbackPlan(
            lambda: _papers(history, world=world),
            folder if saves or folder.is_dir() else None,
            since.date() if since else None,
            readers,
            replayed,
            repeats,
            seeds,
            tuple(arm or ()),
            budget,
            dense,
        )
        bench = bench_feedback(plan, rows or bench_folder(), command(), progress)
    printed(bench, as_json=as_json)


def _papers(history: Sequence[str] | None, *, world: bool) -> "Sequence[Announcement]":
    """Return the papers that are named, else those of cs.IR where they are, else the fictional world's, and say which."""
    from broadsheet.core.home import data_path
    from broadsheet.core.schema import Announcement
    from broadsheet.sample.world import world as make
    from broadsheet.sources import read_source

    public = [str(data_path(Path(name))) for name in HISTORY]
    if history or (not world and all(Path(path).is_file() for path in public)):
        return read_source([str(data_path(Path(path))) for path in history or public]).announcements
    typer.echo(f"The papers are those of the fictional world, {WORLD_DAYS} days of it.", err=True)
    return [Announcement(item=item, lists=item.categories) for item in make(WORLD_READERS, WORLD_ITEMS, WORLD_DAYS, 0).catalogue]
