"""What people speak of: who mentions which levels, in how many posts of theirs, and which of them sooner."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.schema import Columns

# People are laid into so many groups of about as many posts each.
GROUPS = 12


class People(NamedTuple):
    """People `[U]` by level `[L]`: mentions, how late in what each mentions they are (their mean rank, NaN for never) `[U, L]`, and how many different posts each wrote `[U]`."""

    levels: tuple[str, ...]
    mentions: np.ndarray
    late: np.ndarray
    posts: np.ndarray

    @property
    def present(self) -> np.ndarray:
        """Who mentions what at all `[U, L]`."""
        return self.mentions > 0


def people_of(posts: pl.DataFrame, mentions: pl.DataFrame, levels: Sequence[str]) -> People:
    """Count what each author of `posts` (post, author, at, text_hash) speaks of by `mentions` (post, level); the same said by the same author, however often, is one post.

    So whoever repeats himself, or a file that holds everything five times, counts as one.
    """
    same = posts.select(
        Columns.POST,
        Columns.TEXT_HASH,
        pl.col(Columns.AT).min().over(Columns.AUTHOR, Columns.TEXT_HASH),
        pl.col(Columns.AUTHOR).rank("dense").cast(pl.Int64) - 1,
    )
    written = same.group_by(Columns.AUTHOR).agg(pl.col(Columns.TEXT_HASH).n_unique()).sort(Columns.AUTHOR)
    place = {level: number for number, level in enumerate(levels)}
    known = mentions.filter(pl.col(Columns.LEVEL).is_in(list(place))).with_columns(pl.col(Columns.LEVEL).replace_strict(place, return_dtype=pl.Int64))
    each = (
        known.group_by(Columns.POST, Columns.LEVEL)
        .len()
        .join(same, on=Columns.POST)
        .group_by(Columns.AUTHOR, Columns.TEXT_HASH, Columns.LEVEL)
        .agg(pl.col("len").max(), pl.col(Columns.AT).min())
        # Ranks, for a level that is mentioned often is mentioned first more often, and is not by that earlier.
        .with_columns(pl.col(Columns.AT).rank().over(Columns.AUTHOR).alias(Columns.RANK))
        .group_by(Columns.AUTHOR, Columns.LEVEL)
        .agg(pl.col("len").sum(), pl.col(Columns.RANK).mean())
    )
    counts, late = np.zeros((len(written), len(levels)), dtype=np.int64), np.full((len(written), len(levels)), np.nan)
    at = each[Columns.AUTHOR].to_numpy(), each[Columns.LEVEL].to_numpy()
    counts[at] = each["len"].to_numpy()
    late[at] = each[Columns.RANK].to_numpy()
    return People(tuple(levels), counts, late, written[Columns.TEXT_HASH].to_numpy().astype(float))


def authors_of(posts: pl.DataFrame) -> list[str]:
    """Return who wrote `posts`, in the order in which people stand in `people_of`."""
    return posts[Columns.AUTHOR].unique().sort().to_list()


class Rows(NamedTuple):
    """People who are alike, as one row: what they mention `[R, L]` (0 or 1), their group by posts `[R]`, how many they are `[R]`; the groups' log posts `[G]`, in the mean 0.

    `row` `[U]` is where each of the people went.
    """

    present: np.ndarray
    group: np.ndarray
    weight: np.ndarray
    log_posts: np.ndarray
    row: np.ndarray

    @property
    def people(self) -> float:
        """How many people there are."""
        return float(self.weight.sum())

    @property
    def share(self) -> np.ndarray:
        """Which share of people mentions each level `[L]`."""
        return self.weight @ self.present / self.people

    def weighed(self, weight: np.ndarray) -> "Rows":
        """Return the rows as standing for other numbers of people."""
        return self._replace(weight=weight)


def rows_of(present: np.ndarray, posts: np.ndarray) -> Rows:
    """Lay people `[U, L]` with so many posts `[U]` together, with those of about as many posts who mention the same."""
    logs = np.log(posts)
    values = np.unique(logs)
    cuts = values[1:] if len(values) <= GROUPS else np.unique(np.quantile(logs, np.linspace(0, 1, GROUPS + 1)[1:-1]))
    group = np.unique(np.searchsorted(cuts, logs, side="right"), return_inverse=True)[1]
    middle = np.bincount(group, logs) / np.bincount(group)
    keys, row, count = np.unique(np.column_stack([group, present]).astype(np.int64), axis=0, return_inverse=True, return_counts=True)
    return Rows(keys[:, 1:].astype(float), keys[:, 0], count.astype(float), middle - logs.mean(), row.ravel())


def authors_by_month(posts: pl.DataFrame) -> Mapping[str, int]:
    """Return how many authors write in each month."""
    counted = _dated(posts).group_by(Columns.MONTH).agg(pl.col(Columns.AUTHOR).n_unique()).sort(Columns.MONTH)
    return dict(counted.iter_rows())


def by_month(posts: pl.DataFrame, mentions: pl.DataFrame, levels: Sequence[str]) -> Mapping[str, Mapping[str, float]]:
    """Return for each month which share of that month's authors mention each level."""
    spoken = mentions.join(_dated(posts), on=Columns.POST).group_by(Columns.MONTH, Columns.LEVEL).agg(pl.col(Columns.AUTHOR).n_unique())
    counts = {(month, level): people for month, level, people in spoken.select(Columns.MONTH, Columns.LEVEL, Columns.AUTHOR).iter_rows()}
    return {month: {level: counts.get((month, level), 0) / people for level in levels} for month, people in authors_by_month(posts).items()}


def _dated(posts: pl.DataFrame) -> pl.DataFrame:
    month = pl.from_epoch(pl.col(Columns.AT).cast(pl.Int64)).dt.strftime("%Y-%m").alias(Columns.MONTH)
    return posts.select(Columns.POST, Columns.AUTHOR, month)
