"""What all benches take and how they print."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

Seeds = Annotated[int, typer.Option("--seeds", min=1, help="How many seeds.")]
Arms = Annotated[list[str] | None, typer.Option("--arm", help="Only these rows. Repeats.")]
Budget = Annotated[float | None, typer.Option("--budget-minutes", min=0, help="Begin no row after this many minutes; say which are missing.")]
Rows = Annotated[Path | None, typer.Option("--rows", help="Where rows are kept. Default: bench under BROADSHEET_HOME.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

Vectors = Annotated[list[Path], typer.Option("--vectors", help="Embeddings that `represent run` wrote, folders of them, or .npy files. Repeats.")]
Images = Annotated[Path, typer.Option("--images", help="The folder that paths of pictures are relative to.")]
Texts = Annotated[list[Path], typer.Option("--texts", help="Pictures with texts: JSON Lines with image, title, keywords, category. Repeats.")]


def printed(bench: Any, *, as_json: bool) -> None:
    """Print a bench as tables that fit the terminal, or as one JSON object."""
    import shutil

    from broadsheet.core.bench import render

    typer.echo(bench.model_dump_json(indent=1) if as_json else render(bench, shutil.get_terminal_size((160, 24)).columns))


def command() -> str:
    """Return the command so that it can be typed again."""
    return shlex.join(["broadsheet", *sys.argv[1:]])
