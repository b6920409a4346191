"""`broadsheet needs goals`: what readers turn to after what they wrote."""

from pathlib import Path
from typing import Annotated

import typer

# Readers whose goals are printed; --json has all.
PRINTED = 20


def goals(
    posts: Annotated[Path, typer.Option("--posts", help="JSON lines, or Parquet: id, author, at, text.")],
    mentions: Annotated[Path, typer.Option("--mentions", help="JSON lines of accepted mentions: id, post_id, need_id or level.")],
    shown: Annotated[
        Path, typer.Option("--shown", help="JSON lines of what readers were shown: user, at, level of the item (or null), opened (true or false).")
    ],
    at: Annotated[str | None, typer.Option("--at", help="The moment at which goals are asked for. Default: that of the last post or showing.")] = None,
    taxonomy: Annotated[str, typer.Option("--taxonomy", help="A YAML file, or financial, or papers.")] = "financial",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the folds by which the number of days is chosen.")] = 0,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell which levels each reader turns to, by the last thing they wrote and by what readers opened after such posts.

    Nothing is taken for granted about the order of levels: how many times as often as usual each is opened after each is counted, in a number of days that is
    chosen by readers who were left out. Users stand in the log under the name that they have in the posts, or had before `needs run` gave them another.

    Example: broadsheet needs goals --posts needs/posts.jsonl --mentions needs/mentions.jsonl --shown shown.jsonl --json
    """
    import json
    from datetime import UTC, datetime

    import polars as pl

    from broadsheet.core.schema import Columns
    from broadsheet.needs.goals import Turns
    from broadsheet.needs.hierarchy.inputs import read_authors, read_mentions
    from broadsheet.needs.posts import seconds
    from broadsheet.needs.pseudonyms import author_key, pseudonym
    from broadsheet.needs.shown import read_shown
    from broadsheet.needs.taxonomy import open_taxonomy

    levels = open_taxonomy(taxonomy)
    names = [level.id for level in levels.levels]
    written = read_authors(posts)
    spoken = read_mentions(mentions, written, levels)
    key = author_key()
    log = read_shown(shown, levels, set(written[Columns.AUTHOR].to_list()), lambda user: pseudonym(user, key))
    place = {name: number for number, name in enumerate(names)}
    said = spoken.mentions.join(written, on=Columns.POST).select(
        pl.col(Columns.AUTHOR).alias(Columns.USER),
        pl.from_epoch(pl.col(Columns.AT), "s").dt.cast_time_unit("us").dt.replace_time_zone("UTC").alias(Columns.AT),
        pl.col(Columns.LEVEL).replace_strict(place, return_dtype=pl.Int64),
    )
    turns = Turns.fit(log, said, names, seed=seed)
    moments = [*log[Columns.AT].to_list(), *said[Columns.AT].to_list()]
    moment = datetime.fromtimestamp(seconds(at, "--at"), UTC) if at else max(moments)
    found = turns.goals(said, moment)
    known = len(set(said[Columns.USER]) & set(log[Columns.USER]))
    if as_json:
        told = {user: [one._asdict() | {"at": one.at.isoformat()} for one in goals] for user, goals in found.items()}
        whole = {"at": moment.isoformat(), "days": turns.days, "levels": names, "times": turns.times.tolist(), "readers": known, "goals": told}
        typer.echo(json.dumps({**whole, "taxonomy": levels.name, "left_out": dict(spoken.left_out)}))
        return
    if spoken.left_out:
        typer.echo(f"{sum(spoken.left_out.values()):,} mentions left out: {', '.join(f'{why} {n:,}' for why, n in spoken.left_out.items())}.", err=True)
    typer.echo(f"Within {turns.days:g} days of a post, by {known:,} readers who both wrote and were shown something; times as often as usual:")
    for level, row in zip(names, turns.times, strict=True):
        typer.echo(f"  after {level}: " + ", ".join(f"{names[to]} {row[to]:.2f}" for to in (-row).argsort(kind="stable")[:3]))
    for user, goals in list(found.items())[:PRINTED]:
        told = ", ".join(f"{one.level} {one.times:.2f}" for one in goals[:3])
        typer.echo(f"{user}: {told or 'nothing more than usual'}")
    if len(found) > PRINTED:
        typer.echo(f"And {len(found) - PRINTED:,} more readers: --json has all.")
