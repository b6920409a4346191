"""Goals from posts: which needs a reader turns to after having written of one, learnt from what readers opened."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Self

import numpy as np
import polars as pl

from broadsheet.core.errors import ConfigError, EmptySourceError
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator

# Days for which what was written may matter; the number is chosen by readers that were left out.
DAYS = (1, 2, 4, 7, 14, 30)
# Openings that are added, at the usual rate, to each that is counted: few say little.
ADDED = 5.0
FOLDS = 5
OPENED, EXPECTED, CHANCE = "opened", "expected", "chance"
_WRITTEN = "written"


class Goal(NamedTuple):
    """A level that a reader turns to: how many times as likely as usual, and the level and the moment of the post that says so."""

    level: str
    times: float
    said: str
    at: datetime


class Usual(NamedTuple):
    """How likely an item of each level `[L]` is opened, and by how much a reader opens more than others; a reader who is not known opens as all do."""

    levels: np.ndarray
    readers: pl.DataFrame

    @classmethod
    def fit(cls, shown: pl.DataFrame, levels: int) -> Self:
        """Count openings of what was shown (user, level, opened)."""
        everything = float(shown[OPENED].mean())  # pyrefly: ignore
        counted = shown.group_by(Columns.LEVEL).agg(pl.col(OPENED).sum(), pl.len())
        rates = np.full(levels, everything)
        rates[counted[Columns.LEVEL].to_numpy()] = ((counted[OPENED] + ADDED * everything) / (counted["len"] + ADDED)).to_numpy()
        expected = shown.with_columns(pl.Series(EXPECTED, rates[shown[Columns.LEVEL].to_numpy()]))
        readers = expected.group_by(Columns.USER).agg(((pl.col(OPENED).sum() + ADDED) / (pl.col(EXPECTED).sum() + ADDED)).alias(CHANCE))
        return cls(rates, readers.sort(Columns.USER))

    def __call__(self, shown: pl.DataFrame) -> np.ndarray:
        """Return the chance `[N]` that each of what was shown is opened."""
        own = shown.join(self.readers, on=Columns.USER, how="left", maintain_order="left")[CHANCE].fill_null(1.0).to_numpy()
        return np.clip(own * self.levels[shown[Columns.LEVEL].to_numpy()], 1e-3, 1 - 1e-3)


class Turns(NamedTuple):
    """How many times as often as usual items of a level are opened within so many `days` of a post on another `[L, L]`, row by what was written."""

    names: tuple[str, ...]
    times: np.ndarray
    days: float
    usual: Usual

    @classmethod
    def fit(cls, shown: pl.DataFrame, said: pl.DataFrame, names: Sequence[str], *, days: Sequence[float] = DAYS, seed: int = 0) -> Self:
        """Learn from what was shown (user, at, level, opened) and what was said before (user, at, level); levels are places among `names`.

        How many days matter is chosen by the likelihood of what readers open who are not learnt from. Raises EmptySourceError where nothing was shown or opened,
        and ConfigError for levels that are none.
        """
        _check(shown, said, len(names))
        best = days[0] if len(days) == 1 else max(days, key=lambda one: _left_out(shown, said, len(names), one, seed))
        usual = Usual.fit(shown, len(names))
        return cls(tuple(names), _times(shown, said, usual, best), best, usual)

    def __call__(self, shown: pl.DataFrame, said: pl.DataFrame) -> np.ndarray:
        """Return for what is shown (user, at, level) the logarithm of how many times as likely it is opened `[N]`, by what its reader said last: 0 where nothing was."""
        last = latest(shown, said, self.days)
        levels = shown[Columns.LEVEL].to_numpy()
        return np.where(last >= 0, np.log(self.times[last, levels]), 0.0)

    def goals(self, said: pl.DataFrame, at: datetime) -> dict[str, list[Goal]]:
        """Return for each reader who said something (user, at, level) within the days before a moment what they turn to, the likeliest first."""
        recent = said.filter((pl.col(Columns.AT) <= at) & (pl.col(Columns.AT) > at - timedelta(days=self.days))).sort(Columns.USER, Columns.AT, Columns.LEVEL)
        found = {}
        for user, when, level in recent.unique(Columns.USER, keep="last", maintain_order=True).select(Columns.USER, Columns.AT, Columns.LEVEL).iter_rows():
            row = self.times[level]
            found[user] = [Goal(self.names[place], float(row[place]), self.names[level], when) for place in np.argsort(-row, kind="stable") if row[place] > 1]
        return found


def latest(shown: pl.DataFrame, said: pl.DataFrame, days: float) -> np.ndarray:
    """Return the level of what each reader said last, before what is shown and within so many days of it `[N]`, or -1; of one moment the highest level."""
    spoken = said.select(Columns.USER, pl.col(Columns.AT).alias(_WRITTEN), pl.col(Columns.LEVEL).alias("said")).sort(_WRITTEN, "said")
    asked = shown.select(Columns.USER, Columns.AT).with_row_index(Columns.POSITION).sort(Columns.AT)
    # What is said at the very moment at which something is shown may be the answer to it.
    joined = asked.join_asof(
        spoken, left_on=Columns.AT, right_on=_WRITTEN, by=Columns.USER, tolerance=timedelta(days=days), allow_exact_matches=False, check_sortedness=False
    )
    return joined.sort(Columns.POSITION)["said"].fill_null(-1).to_numpy()


def exchanged(said: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Hand what each reader said on to another, in a circle drawn by the seed: the posts are the same, and nobody's own."""
    users = said[Columns.USER].unique().sort().to_list()
    if len(users) < 2:
        raise EmptySourceError("Posts of fewer than two readers cannot be exchanged.", "Give posts of more readers.")
    order = generator(seed, "goals", "exchanged").permutation(len(users))
    heirs = {users[one]: users[other] for one, other in zip(order.tolist(), np.roll(order, 1).tolist(), strict=True)}
    return said.with_columns(pl.col(Columns.USER).replace_strict(heirs))


def _times(shown: pl.DataFrame, said: pl.DataFrame, usual: Usual, days: float) -> np.ndarray:
    last, count = latest(shown, said, days), len(usual.levels)
    rows = last >= 0
    opened, expected = np.zeros((count, count)), np.zeros((count, count))
    cells = (last[rows], shown[Columns.LEVEL].to_numpy()[rows])
    np.add.at(opened, cells, shown[OPENED].to_numpy()[rows])
    np.add.at(expected, cells, usual(shown)[rows])
    return (opened + ADDED) / (expected + ADDED)


def _left_out(shown: pl.DataFrame, said: pl.DataFrame, levels: int, days: float, seed: int) -> float:
    """Return the mean log-likelihood of what readers opened of whom nothing was learnt but how much they open."""
    users = shown[Columns.USER].unique().sort()
    fold = dict(zip(users.to_list(), (generator(seed, "goals", "folds").permutation(len(users)) % FOLDS).tolist(), strict=True))
    places = shown[Columns.USER].replace_strict(fold).to_numpy()
    usual = Usual.fit(shown, levels)
    chance, opened, last = usual(shown), shown[OPENED].to_numpy(), latest(shown, said, days)
    likelihood = np.zeros(len(shown))
    for number in range(FOLDS):
        rows = places == number
        times = _times(shown.filter(~pl.Series(rows)), said, usual, days)
        level = shown[Columns.LEVEL].to_numpy()[rows]
        told = np.clip(chance[rows] * np.where(last[rows] >= 0, times[last[rows], level], 1.0), 1e-3, 1 - 1e-3)
        likelihood[rows] = np.where(opened[rows] > 0, np.log(told), np.log1p(-told))
    return float(likelihood.mean())


def _check(shown: pl.DataFrame, said: pl.DataFrame, levels: int) -> None:
    if not len(shown) or not shown[OPENED].sum():
        raise EmptySourceError("Nothing was shown, or nothing was opened.", "Give a log in which readers opened something of a known level.")
    for frame in (shown, said):
        if len(frame) and not frame[Columns.LEVEL].is_between(0, levels - 1).all():
            raise ConfigError(f"A level is none of {levels}.", "Levels are places in the taxonomy, the first is 0.")
