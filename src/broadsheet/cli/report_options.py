"""What commands of the report, of a run and of the server take alike."""

from typing import Annotated

import typer

ProfileName = Annotated[str, typer.Option("--profile", "-p", help="A profile (.toml), or a sample reader: ines, tomasz.")]
Categories = Annotated[list[str] | None, typer.Option("--category", "-c", help="One of arXiv's lists, such as cs.IR. Repeats. Default: those of the profile.")]
StoreUrl = Annotated[str, typer.Option("--store", help="A database address. Default: SQLite under BROADSHEET_HOME.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
