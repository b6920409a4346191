"""`broadsheet run`: a recipe from the catalogue to the page, drawn as it goes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.report_options import StoreUrl

if TYPE_CHECKING:
    from broadsheet.core.progress import Progress
    from broadsheet.stack.recipe import Recipe
    from broadsheet.stack.record import RunRecord

RecipeName = Annotated[str, typer.Argument(help="sample, papers, shop, menu, movies, or a file that `broadsheet init` wrote.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="The folder of the run: its steps, run.json, run.svg, and the page under its label.")]


def run(
    recipe: RecipeName = "sample",
    out: Out = Path("run"),
    profile: Annotated[str, typer.Option("--profile", "-p", "--reader", "-r", help="A profile (.toml), a sample reader, or a user of the events.")] = "",
    day: Annotated[datetime | None, typer.Option("--date", "-d", formats=["%Y-%m-%d"], help="The label of the day. Default: the newest in the source.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="Any setting of the recipe, e.g. stages.rank=off or profile.budget=10. Repeats.")] = None,
    store: StoreUrl = "",
    feedback_from: Annotated[
        str, typer.Option("--feedback-from", help="A database whose feedback the sample's page learns from; nothing of the sample is kept in it.")
    ] = "",
    *,
    again: Annotated[bool, typer.Option("--again", help="Run the recipe that made the run in --out, for the same reader.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Let the page of another reader in --out be replaced.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the record of the run as one JSON object.")] = False,
) -> None:
    """Bring a catalogue from raw to page: every stage of the recipe, each step's artefact kept, what has not changed not made again.

    The run is drawn as it goes. A run that was stopped goes on where it was when the same command is given again; a step that fails is named, and the rest goes on.

    Example: broadsheet run sample --out run && broadsheet why sample.0001 --run run

    Example: broadsheet run --again --out run
    """
    import time

    from broadsheet.stack.recipe import read_recipe

    since = time.monotonic()
    read = _again(out, settings or ()) if again else read_recipe(recipe, settings or ())
    # Said before what is heavy is loaded, which takes seconds.
    typer.echo(f"Running {f'again what {out} holds' if again else recipe} …", err=True)
    if read.of_events:
        from broadsheet.stack.record import check_whose
        from broadsheet.stack.shop import read_shop
        from broadsheet.stack.steps.score import foretold

        # What is wrong with the tables, or with whose page it is, does not wait for the models either.
        shop = read_shop(read, profile or read.reader)
        check_whose(out, shop.reader, replace=replace)
        if lacking := foretold(read, shop):
            typer.echo(lacking, err=True)
    from broadsheet.report.composed import Asked, compose

    with _drawn() as (watch, progress):
        done = compose(read, out, Asked(profile, day.date() if day else None, store, feedback_from, replace, since), watch=watch, progress=progress)
    if as_json:
        typer.echo(done.run.model_dump_json(indent=1))
    for step in done.run.failed:
        typer.echo(f"{step.title} failed: {step.note}\n{step.mend}", err=True)
    if done.report is not None and done.report.fictional:
        typer.echo("Note: this is the built-in sample; every paper in it is fictional.", err=True)
    if done.page is not None:
        if done.report is not None and (picks := done.report.picks()):
            typer.echo(f"Why is the first where it is: broadsheet why {quote(picks[0].item.id)} --run {quote(str(out))}", err=True)
            _told_of_a_table(read, done.run, out, picks[0].item.title)
        typer.echo(str(done.page), err=as_json)
    if done.error is not None:
        raise typer.Exit(done.error.exit_code)


def _told_of_a_table(recipe: "Recipe", record: "RunRecord", out: Path, title: str) -> None:
    """Print a search of a catalogue by events, and where its graph is that of a table, a question that this answers."""
    if not recipe.of_events:
        return
    # What begins with a hyphen would be an option.
    if words := " ".join(title.split()).lstrip("- "):
        typer.echo(f"Search in it: broadsheet represent search {quote(words)} --run {quote(str(out))}", err=True)
    step = record.step("ask")
    if step is None or not step.ready:
        return
    from broadsheet.ask.graph.example import table_question
    from broadsheet.ask.graph.tables import read_graph

    if asked := table_question(read_graph(out / step.artefact)):
        typer.echo(f"Ask of it: broadsheet ask run {quote(asked)} --graph {quote(str(out / step.artefact))}", err=True)


def _again(out: Path, settings: "list[str] | tuple[()]") -> "Recipe":
    """Return the recipe of the run in a folder, as its own record says it."""
    from broadsheet.core.config import build, with_settings
    from broadsheet.stack.recipe import Recipe
    from broadsheet.stack.record import read_run

    return build(Recipe, with_settings(dict(read_run(out).settings), settings), str(out)).check()


@contextmanager
def _drawn() -> "Iterator[tuple[Callable[[RunRecord], None], Progress]]":
    """Draw a run on standard error: a table that changes on a terminal, a line for each step that ended elsewhere."""
    import sys

    from broadsheet.core.progress import silent

    if not sys.stderr.isatty():
        yield _Lines(), silent
        return
    from rich.console import Console
    from rich.live import Live
    from rich.table import Table

    from broadsheet.report.render.run_picture import SIGNS, seconds
    from broadsheet.stack.record import RunRecord, told

    with Live(console=Console(stderr=True), refresh_per_second=8) as live:
        known: list[RunRecord] = []
        now = [""]

        def draw() -> None:
            table = Table.grid(padding=(0, 2))
            for step in known[-1].steps:
                said = now[0] if step.state == "running" else told(step.figures) or step.note
                style = {"failed": "bold red", "off": "dim", "waiting": "dim", "running": "bold"}.get(step.state, "")
                table.add_row(SIGNS[step.state], step.title, step.state, seconds(step), said, style=style)
            live.update(table)

        def watch(record: RunRecord) -> None:
            known.append(record)
            now[0] = ""
            draw()

        def progress(step: str, done: int, total: int) -> None:
            now[0] = f"{step}: {done:,} of {total:,}"
            if known:
                draw()

        yield watch, progress


class _Lines:
    """Prints each step once it has ended, what was left out of the catalogue, and how stages are weighed; what waits for a step that failed is in the record."""

    def __init__(self) -> None:
        self._told: set[tuple[str, str]] = set()

    def __call__(self, record: "RunRecord") -> None:
        from broadsheet.report.render.run_picture import run_lines
        from broadsheet.stack.steps.catalogue import NAME as CATALOGUE
        from broadsheet.stack.steps.score import NAME as SCORE

        for step, line in zip(record.steps, run_lines(record), strict=True):
            ended = step.state in {"done", "unchanged", "off", "failed"}
            if ended and (step.name, step.state) not in self._told:
                self._told.add((step.name, step.state))
                typer.echo(line, err=True)
                if step.state == "done" and step.note and step.name in {CATALOGUE, SCORE}:
                    typer.echo(f"  {step.note}", err=True)
