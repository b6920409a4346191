"""`broadsheet needs purge`: one author is taken out of what was kept."""

from pathlib import Path
from typing import Annotated

import typer


def purge(
    author: Annotated[str, typer.Option("--author", help="The author's name, as the file of posts has it.")],
    folder: Annotated[Path, typer.Option("--in", help="The folder that needs run wrote.")],
    store: Annotated[str | None, typer.Option("--store", help="The database of replies. Default: that of BROADSHEET_HOME.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Take an author's posts, mentions, facts, ratings, claims and rejected rows out of a folder, and out of the store what a model replied about them.

    The folder is written anew, with a manifest that says so and does not say of whom. The ledger keeps how many calls were made and what they cost. The file of posts,
    recordings (--record) and other folders, such as those of needs view, are not touched.

    Example: broadsheet needs purge --author ana --in needs
    """
    from broadsheet.core.store import open_store
    from broadsheet.needs.pseudonyms import author_key
    from broadsheet.needs.purge import purge as purged

    with open_store(store or "") as database:
        gone = purged(folder, author, author_key(), database)
    if as_json:
        typer.echo(gone.model_dump_json())
        return
    shared = f" {gone.shared:,} replies stay: somebody else wrote the same words." if gone.shared else ""
    typer.echo(
        f"Removed {gone.posts:,} posts, {gone.mentions:,} mentions, {gone.rejected:,} rejected, {gone.facts:,} facts, {gone.ratings:,} ratings, "
        f"{gone.claims:,} claims of an order, {gone.replies:,} replies of a language model.{shared} The file of posts and recordings are as they were."
    )
