"""`broadsheet report quality`: how good the pages of an archive were, over time."""

from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli.report_options import StoreUrl


def quality(
    out: Annotated[Path, typer.Option("--out", "-o", help="The archive's folder; quality.html and quality.json are written beside its index.")] = Path("page"),
    profile: Annotated[str, typer.Option("--profile", "-p", help="The reader's profile, whose library is then read; else its titles stand for it.")] = "",
    store: StoreUrl = "",
    days: Annotated[int, typer.Option("--days", min=1, help="So many of the newest days are looked at.")] = 60,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object instead of the page's path.")] = False,
) -> None:
    """Judge the pages of an archive: what they covered and left out, how far their chances held, what came twice.

    Example: broadsheet report quality --out page
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.store import open_store
    from broadsheet.report.quality.build import quality as judge
    from broadsheet.report.quality.build import write_quality
    from broadsheet.report.quality.library import library_of

    with open_store(store) as opened, shown() as progress:
        found = judge(out, opened, library_of(profile), most=days, progress=progress)
    page = write_quality(found, out)
    for note in found.notes:
        typer.echo(f"Note: {note}", err=True)
    if found.repeats:
        typer.echo(f"Papers that stand as new on more than one label: {', '.join(one.item for one in found.repeats)}", err=True)
    typer.echo(found.model_dump_json(indent=1) if as_json else str(page))
