"""A world's posts, and what its readers were shown, as the lines of JSON that commands read."""

import json
from collections.abc import Iterator

import polars as pl

from broadsheet.core.schema import Columns
from broadsheet.sample.world.model import World


def post_lines(world: World) -> Iterator[str]:
    """Yield what people wrote, in order of time, as `broadsheet needs run --posts` reads it."""
    for row in world.posts.iter_rows(named=True):
        at = row[Columns.AT].isoformat() + "Z"
        yield json.dumps({"id": row[Columns.POST], "author": row[Columns.AUTHOR], "at": at, "text": row[Columns.TEXT]}, ensure_ascii=False)


def shown_lines(world: World) -> Iterator[str]:
    """Yield what readers were shown that serves a need, and whether they opened it, as `broadsheet needs goals --shown` reads it."""
    levels = {item.id: int(item.attributes[Columns.LEVEL]) for item in world.catalogue if Columns.LEVEL in item.attributes}
    opened = set(world.events.filter(pl.col(Columns.KIND) == "opened").select(Columns.USER, Columns.ITEM).iter_rows())
    shown = world.events.filter((pl.col(Columns.KIND) == "shown") & pl.col(Columns.ITEM).is_in(list(levels)))
    for user, item, at in shown.select(Columns.USER, Columns.ITEM, Columns.AT).iter_rows():
        yield json.dumps({"user": user, "at": at.isoformat() + "Z", "level": levels[item], "opened": (user, item) in opened})
