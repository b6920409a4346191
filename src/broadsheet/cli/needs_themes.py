"""`broadsheet needs themes`: what posts are about, found without a taxonomy."""

from pathlib import Path
from typing import Annotated

import typer


def themes(
    posts: Annotated[Path, typer.Option("--posts", help="JSON lines: id, author, at, text.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write, for needs view --themes.")],
    mentions: Annotated[Path | None, typer.Option("--mentions", help="JSON lines of accepted mentions: which levels the posts of a theme speak of.")] = None,
    n: Annotated[int, typer.Option("--n", min=0, help="How many themes; 0 takes the number of which most are found again.")] = 0,
    k: Annotated[int, typer.Option("--k", min=2, help="No number of people under this is told, and no word that fewer use.")] = 5,
    resamples: Annotated[int, typer.Option("--resamples", min=2, help="How often people are drawn anew.")] = 12,
    taxonomy: Annotated[str, typer.Option("--taxonomy", help="A YAML file, or financial, or papers.")] = "financial",
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same bytes.")] = 0,
    *,
    every: Annotated[bool, typer.Option("--all", help="Also show themes that are not found again.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, with all themes.")] = False,
) -> None:
    """Find themes of posts, and tell of each how surely other people's posts would give it too, from 0 to 1, beyond what words dealt out by lot give.

    People are drawn anew, not posts. A theme that does not come again is marked, and not shown unless --all is given.

    Example: broadsheet needs themes --posts needs/posts.jsonl --mentions needs/mentions.jsonl --out themes
    """
    from broadsheet.cli.progress import shown
    from broadsheet.needs.taxonomy import open_taxonomy
    from broadsheet.needs.themes.run import Options
    from broadsheet.needs.themes.run import themes as found_in
    from broadsheet.needs.themes.show import lines

    with shown() as progress:
        found = found_in(posts, mentions, out, open_taxonomy(taxonomy), Options(n, k, seed, resamples), progress)
    typer.echo(found.model_dump_json() if as_json else "\n".join([*lines(found, every=every), f"In {out}."]))
