"""Makes a world, part after part, each from a stream of its own."""

from collections.abc import Collection

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.sample.world import settings as s
from broadsheet.sample.world.casting import Cast, cast
from broadsheet.sample.world.encounters import encounters
from broadsheet.sample.world.feed import feed
from broadsheet.sample.world.figures import DrawnFigures, draw_looks
from broadsheet.sample.world.journal import events_frame, probes_frame
from broadsheet.sample.world.library import build_library, item_id
from broadsheet.sample.world.model import World
from broadsheet.sample.world.posting import write_posts
from broadsheet.sample.world.readers import draw_traits, readers_frame
from broadsheet.sample.world.settings import configure


def world(
    readers: int = 120,
    items: int = 1500,
    days: int = 30,
    seed: int = 0,
    *,
    without: Collection[str] = frozenset(),
    posters: int = 334,
    progress: Progress = silent,
) -> World:
    """Return the world of a seed: the same bytes for the same dials.

    `without` names truths that are not planted; all that has nothing to do with them stays as it
    is. `posters` is the number of authors in each of the four panels. Raises `ConfigError` for a
    dial out of range (at least 10 readers, 24 days, `least_items` papers) or an unknown truth.
    """
    config = configure(readers=readers, items=items, days=days, seed=seed, without=frozenset(without), posters=posters)
    parts, traits = cast(config), draw_traits(config)
    users, ids = [f"r{row:05d}" for row in range(readers)], [item_id(row) for row in range(items)]
    catalogue, relations = build_library(config, parts)
    small = encounters(config, parts, traits)
    slates = [*small, *feed(config, parts, traits, small, progress)]
    events = events_frame(slates, users, ids, seed)
    posts, mentions = write_posts(config, traits, users)
    source = parts.source if config.plants("cold") else np.arange(items)
    return World(
        config=config,
        catalogue=catalogue,
        events=events,
        relations=relations,
        posts=posts,
        probes=probes_frame(slates, events, users, ids),
        readers=readers_frame(traits, users),
        papers=_papers_frame(parts, source, ids),
        mentions=mentions,
        figures=DrawnFigures(parts.motif, source, draw_looks(seed, items)),
    )


def _papers_frame(parts: Cast, source: NDArray[np.int64], ids: list[str]) -> pl.DataFrame:
    """Return what is true of papers and does not show: part, motif, level, and what a copy retells."""
    retold = [ids[told] if told != row else None for row, told in enumerate(source.tolist())]
    return pl.DataFrame(
        {
            Columns.ITEM: ids,
            "role": parts.role,
            "motif": [s.MOTIFS[m] for m in parts.motif.tolist()],
            Columns.LEVEL: parts.level,
            "retells": pl.Series(retold, dtype=pl.String),
        }
    )
