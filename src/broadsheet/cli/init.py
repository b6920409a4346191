"""`broadsheet init`: a recipe for a catalogue of one's own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

if TYPE_CHECKING:
    from broadsheet.stack.recipe import Kind


def init(
    kind: Annotated[str, typer.Option("--kind", "-k", help="papers, shop, menu or movies. Without it, it is asked.")] = "",
    source: Annotated[
        list[str] | None, typer.Option("--source", "-s", help="Items: a CSV, JSONL, Parquet or feed, a folder of them, or arxiv:cs.IR. Repeats.")
    ] = None,
    columns: Annotated[str, typer.Option("--columns", help="Which columns of the items hold what: title=name,text=blurb,id=sku.")] = "",
    events: Annotated[str, typer.Option("--events", help="Who had what and when: a CSV, JSONL or Parquet with user, item, at.")] = "",
    event_columns: Annotated[str, typer.Option("--event-columns", help="Which columns of the events hold what: user=customer,item=sku.")] = "",
    images: Annotated[str, typer.Option("--images", help="The folder of the items' pictures.")] = "",
    posts: Annotated[str, typer.Option("--posts", help="What people wrote, as JSON lines: id, author, at, text.")] = "",
    reader: Annotated[str, typer.Option("--reader", "-r", help="Whose page: a profile (.toml), or a user of the events.")] = "",
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write; paths in it begin at its folder.")] = Path("recipe.toml"),
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Write over a recipe that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the recipe as one JSON object.")] = False,
) -> None:
    """Write a commented recipe for a catalogue of papers, a shop, a menu, or movies; for papers from words also a profile. What is not given is asked on a terminal.

    Example: broadsheet init --kind shop --source items.csv --events events.csv --images images && broadsheet run recipe.toml
    """
    import sys
    from typing import get_args

    from broadsheet.core.errors import ConfigError, did_you_mean
    from broadsheet.stack.asked_for import Wanted, questions, write_recipe
    from broadsheet.stack.recipe import Kind

    kinds = get_args(Kind)
    asks = not kind and sys.stdin.isatty()
    kind = kind or (typer.prompt(f"What is it ({', '.join(kinds)})", default="shop", err=True) if asks else "")
    if kind not in kinds:
        raise ConfigError(
            f"There is no kind {kind!r}.{did_you_mean(kind, kinds)}" if kind else "Of which kind the catalogue is, is not said.",
            f"Give --kind: {', '.join(kinds)}.",
        )
    given = {"source": ",".join(source or ()), "events": events, "images": images, "reader": reader}
    if asks:
        given = {name: given.get(name) or typer.prompt(said, default="", show_default=False, err=True) for name, said in questions(kind).items()}
    if kind == "papers" and not given.get("reader"):
        given["reader"] = _profile(out, asks=asks)
    listed = tuple(source or filter(None, (one.strip() for one in given.get("source", "").split(","))))
    wanted = Wanted(cast("Kind", kind), listed, columns, given.get("events", ""), event_columns, given.get("images", ""), posts, given.get("reader", ""))
    read = write_recipe(wanted, out, replace=replace)
    if as_json:
        typer.echo(read.model_dump_json(indent=1))
    typer.echo(f"Run it: broadsheet run {out}", err=True)
    typer.echo(str(out), err=as_json)


def _profile(out: Path, *, asks: bool) -> str:
    """Write a profile beside the recipe, of what the reader is interested in; without a terminal one that is to be filled in."""
    from broadsheet.report.profile_new import from_words, write_profile

    path = out.parent / "me.toml"
    if not path.exists():
        words = typer.prompt("What do you read about (several with ; between)", err=True) if asks else "what I read about"
        write_profile(from_words([words]), path)
        typer.echo(f"Wrote {path}: put your interests, your library and your categories into it (docs/report.md).", err=True)
    return path.name
