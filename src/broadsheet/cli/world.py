"""`broadsheet world`: a fictional world with planted truths."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from broadsheet.sample.world import World
    from broadsheet.sample.world.solvers.finding import Finding

Readers = Annotated[int, typer.Option("--readers", help="How many readers; at least 10.")]
Items = Annotated[int, typer.Option("--items", help="How many papers; at least 800, more where there are more than 43 days.")]
Days = Annotated[int, typer.Option("--days", help="How many days; at least 24.")]
Posters = Annotated[int, typer.Option("--posters", help="Authors in each of the four channels about money.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same bytes.")]
Without = Annotated[list[str] | None, typer.Option("--without", help="A truth not to plant, e.g. order. Repeats.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="The folder of the world; one that is there is replaced.")]


def world(
    readers: Readers = 120,
    items: Items = 1500,
    days: Days = 30,
    posters: Posters = 334,
    seed: Seed = 0,
    without: Without = None,
    out: Out = Path("world"),
    *,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; run every solver on the world and on its controls.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a fictional world of readers, papers, figures and posts, with truths planted to be found.

    Example: broadsheet world --readers 120 --seed 0 --out world
    """
    from broadsheet.cli.progress import shown
    from broadsheet.sample.world import world as make

    with shown() as progress:
        made = make(readers, items, days, seed, without=without or (), posters=posters, progress=progress)
    if check:
        _check(made, as_json=as_json)
    else:
        _write(made, out, as_json=as_json)


def _write(made: "World", out: Path, *, as_json: bool) -> None:
    """Write the world; say how much of what, and where."""
    import json

    artifact = made.write(out)
    counts = {"items": len(made.catalogue), **{name: frame.height for name, frame in made.frames().items()}}
    if as_json:
        typer.echo(json.dumps({"path": str(out), "content_hash": artifact.content_hash, "counts": counts}, indent=1))
        return
    for name, count in counts.items():
        typer.echo(f"{name:<9} {count:>9,}", err=True)
    typer.echo(str(out))


def _check(made: "World", *, as_json: bool) -> None:
    """Print what solvers and rivals find, beside chance and beside the world without the truth."""
    import json

    from broadsheet.cli.progress import shown
    from broadsheet.sample.world.truths import TRUTHS, check_truths

    with shown() as progress:
        rows = list(check_truths(made, progress, TRUTHS))
    if as_json:
        typer.echo(json.dumps([{**row._asdict(), "world": row.world._asdict(), "control": row.control._asdict()} for row in rows], indent=1))
        return
    head = ("truth", "by", "figure", "interval", "chance", "control", "interval", "measure")
    lines = [head, *((row.truth, row.by, *_cells(row.world), f"{row.world.chance:.3f}", *_cells(row.control), row.measure) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cells(finding: "Finding") -> tuple[str, str]:
    return f"{finding.figure:.3f}", f"{finding.low:.3f} to {finding.high:.3f}"
