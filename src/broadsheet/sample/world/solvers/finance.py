"""Finds that whoever writes about a need soon opens papers one level up, against others' posts."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.sample.world.model import World
from broadsheet.sample.world.panels import DESK
from broadsheet.sample.world.settings import REACTION
from broadsheet.sample.world.solvers.finding import Finding

_SHIFTS = 20
_ROUNDS = 1000


def solve_finance(world: World) -> Finding:
    """Return the lift of opening level L + 1 in the days after a post about L, against the same readers with others' posts.

    A lift of 1 is no relation. Posts are handed on from reader to reader in a circle, 20 times;
    the interval draws readers anew. Levels of posts are read from the gold mentions, as a perfect
    labeller would, and those of papers from their attributes.
    """
    shown, posts = _finance_showings(world), _desk_posts(world)
    authors = sorted(set(posts[Columns.AUTHOR]))
    own = _after_posts(shown, posts, authors, 0)
    shifts = generator(world.config.seed, "solver", "finance").permutation(np.arange(1, len(authors)))[:_SHIFTS]
    others = np.sum([_after_posts(shown, posts, authors, int(shift)) for shift in shifts], axis=0)
    weights = generator(world.config.seed, "solver", "finance", "rounds").multinomial(len(authors), np.full(len(authors), 1 / len(authors)), size=_ROUNDS)
    low, high = np.quantile(_lift(weights @ own, weights @ others), [0.025, 0.975])
    lift = float(_lift(own.sum(axis=0), others.sum(axis=0)))
    return Finding(lift, 1.0, float(low), float(high), int(own[:, 1].sum()))


def _lift(own: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the ratio of two rates, each from `[..., 2]` opened and shown."""
    return (own[..., 0] / own[..., 1]) / (others[..., 0] / others[..., 1])


def _finance_showings(world: World) -> pl.DataFrame:
    """Return who was shown which level of paper when, and whether they opened it."""
    level = pl.DataFrame(
        [(item.id, item.attributes["level"]) for item in world.catalogue if "level" in item.attributes],
        schema=[Columns.ITEM, Columns.LEVEL],
        orient="row",
    )
    opened = world.events.filter(pl.col(Columns.KIND) == "opened").select(Columns.USER, Columns.ITEM, opened=pl.lit(1.0))
    shown = world.events.filter(pl.col(Columns.KIND) == "shown").join(level, on=Columns.ITEM)
    return shown.join(opened, on=[Columns.USER, Columns.ITEM], how="left").with_columns(pl.col("opened").fill_null(0.0))


def _desk_posts(world: World) -> pl.DataFrame:
    """Return author, moment and level of the posts of readers."""
    desk = world.posts.filter(pl.col(Columns.CHANNEL) == DESK)
    return desk.join(world.mentions, on=Columns.POST).select(Columns.AUTHOR, Columns.LEVEL, written=pl.col(Columns.AT))


def _after_posts(shown: pl.DataFrame, posts: pl.DataFrame, authors: list[str], shift: int) -> NDArray[np.float64]:
    """Count papers one level up, opened and shown `[A, 2]`, in the days after a post of the author `shift` places on."""
    heir = dict(zip(authors, authors[shift:] + authors[:shift], strict=True))
    handed = posts.with_columns(pl.col(Columns.AUTHOR).replace(heir).alias(Columns.USER))
    pairs = shown.join(handed, on=Columns.USER, suffix="_post").filter(
        (pl.col(Columns.LEVEL) == pl.col(f"{Columns.LEVEL}_post") + 1)
        & (pl.col(Columns.AT) > pl.col("written"))
        & (pl.col(Columns.AT) <= pl.col("written") + pl.duration(days=REACTION))
    )
    pairs = pairs.unique([Columns.USER, Columns.ITEM])
    counts = pairs.group_by(Columns.USER).agg(pl.col("opened").sum(), pl.len())
    frame = pl.DataFrame({Columns.USER: authors}).join(counts, on=Columns.USER, how="left", maintain_order="left").fill_null(0)
    return frame.select("opened", "len").to_numpy().astype(float)
