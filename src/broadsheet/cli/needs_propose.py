"""`broadsheet needs propose`: needs that the taxonomy does not have, for a person to judge."""

from pathlib import Path
from typing import Annotated

import typer


def propose(
    posts: Annotated[Path, typer.Option("--posts", help="JSON lines: id, author, at, text.")],
    mentions: Annotated[Path, typer.Option("--mentions", help="JSON lines of mentions with their evidence: sentences of it are not looked at.")],
    out: Annotated[Path, typer.Option("--out", help="The YAML file to write.")],
    taxonomy: Annotated[str, typer.Option("--taxonomy", help="A YAML file, or financial, or papers.")] = "financial",
    near: Annotated[
        float, typer.Option("--near", min=0.05, max=0.95, help="How near sentences of one need are on average, as a cosine of MiniLM's vectors.")
    ] = 0.5,
    k: Annotated[int, typer.Option("--k", min=3, help="Propose nothing that fewer people say, and no word that fewer use.")] = 5,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Lay sentences that no level was found for beside each other, and propose what several people say as needs, in YAML to be put under a level.

    The sentences in the file are people's own, personal data replaced: it is for whoever keeps the taxonomy, and is not to be given on as it is.

    Example: broadsheet needs propose --posts needs/posts.jsonl --mentions needs/mentions.jsonl --out proposals.yaml
    """
    from broadsheet.cli.progress import shown
    from broadsheet.core.files import check_writable
    from broadsheet.needs.propose import Options, write_proposals
    from broadsheet.needs.propose import propose as proposed
    from broadsheet.needs.taxonomy import open_taxonomy
    from broadsheet.stack.needed import sentence_vectors

    levels = open_taxonomy(taxonomy)
    check_writable(out.parent)
    with shown() as progress:
        embed, model = sentence_vectors(progress)
        found = proposed(posts, mentions, levels, embed, model, Options(near, k))
    write_proposals(out, found)
    if as_json:
        typer.echo(found.model_dump_json())
        return
    for one in found.proposals:
        typer.echo(f"{one.need.name}: {one.people:,} people, {one.sentences:,} sentences; {one.need.prototypes[0]}")
    typer.echo(f"{len(found.proposals):,} needs proposed of {found.looked_at:,} sentences without a level ({found.unmatched:,} in all). In {out}.")
