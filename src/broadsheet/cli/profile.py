"""`broadsheet profile`: making a reader's profile without writing TOML first."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Make a reader's profile.", context_settings={"help_option_names": ["-h", "--help"]})


@app.command("new")
def new(
    values: Annotated[list[str] | None, typer.Argument(help="The ids, the author's name, or the words.")] = None,
    origin: Annotated[str, typer.Option("--from", help="A library file (.bib, CSL .json, .jsonl, .csv), or one of: ids, author, words.")] = "words",
    out: Annotated[Path, typer.Option("--out", "-o", help="The profile to write.")] = Path("me.toml"),
    source: Annotated[list[str] | None, typer.Option("--source", "-s", help="Where ids and authors are looked up. Default: the sample.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write over a profile that is there.")] = False,
) -> None:
    """Write a profile from a library, ids, an author's name, or words.

    Example: broadsheet profile new --from words "dense retrieval; evaluation" --out me.toml
    """
    from broadsheet.report.profile_new import from_author, from_ids, from_library, from_words, write_profile

    given = list(values or ())
    if origin == "ids":
        made = from_ids(given, source or [])
    elif origin == "author":
        made = from_author(" ".join(given), source or [])
    elif origin == "words":
        made = from_words(given)
    else:
        made = from_library(Path(origin), out)
    path = write_profile(made, out, replace=replace)
    for remark in made.remarks:
        typer.echo(remark, err=True)
    typer.echo(f"Use it: broadsheet report --profile {path}", err=True)
    typer.echo(str(path))


@app.command("fields")
def fields() -> None:
    """Print every field of a profile, with its default and what it means.

    Example: broadsheet profile fields
    """
    import inspect

    from broadsheet.report.profile import Profile
    from broadsheet.report.rules import Rule

    for kind in (Profile, Rule):
        typer.echo(inspect.cleandoc(kind.__doc__ or "") + "\n")
        for name, field in kind.model_fields.items():
            typer.echo(f"  {name} = {field.default!r}")
        typer.echo("")
