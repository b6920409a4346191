"""Finds that near-duplicate categories wear a reader out together, by regression on recent exposure."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import t

from broadsheet.core.schema import Columns
from broadsheet.sample.world.model import World
from broadsheet.sample.world.settings import DECAY, SLOTS, START
from broadsheet.sample.world.solvers.finding import Finding
from broadsheet.sample.world.solvers.words import word_vectors

_SAME_WORDS = 0.5
_ITERATIONS, _SWEEPS, _FARTHEST = 12, 8, 5.0
KINDS = ("own", "twin", "placebo")

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


class Effects(NamedTuple):
    """What one recent exposure adds to the logits of opening: own, twin, placebo `[3]`, and the same without each reader `[R, 3]`."""

    slope: Floats
    without: Floats
    n: int


def solve_fatigue(world: World) -> Finding:
    """Return the twin category's effect as a share of the own one's."""
    return _share(effects(world), 1)


def solve_fatigue_by_placebo(world: World) -> Finding:
    """Return the effect of a category with other words as a share of the own one's."""
    return _share(effects(world), 2)


def _share(found: Effects, column: int) -> Finding:
    """Return an effect as a share of the own one, its interval from leaving out reader after reader (jackknife)."""
    share = float(found.slope[column] / found.slope[0])
    shares = found.without[:, column] / found.without[:, 0]
    count = len(shares)
    half = float(t.ppf(0.975, count - 1) * np.sqrt((count - 1) / count * np.square(shares - shares.mean()).sum()))
    return Finding(share, 0.0, share - half, share + half, found.n)


def twins_by_words(world: World) -> dict[str, str]:
    """Return for each category the other one that uses the same words, if any."""
    names = sorted({item.categories[0] for item in world.catalogue})
    words = word_vectors(world)
    category = np.array([names.index(item.categories[0]) for item in world.catalogue])
    centre = np.stack([words[category == number].mean(axis=0) for number in range(len(names))])
    # Words that all categories share would make any two of them alike.
    centre -= np.median(centre, axis=0)
    centre /= np.linalg.norm(centre, axis=1, keepdims=True)
    near = centre @ centre.T - 2 * np.eye(len(names))
    return {names[a]: names[int(near[a].argmax())] for a in range(len(names)) if near[a].max() > _SAME_WORDS}


def effects(world: World) -> Effects:
    """Regress opening on recent exposure to the own, the twin and a placebo category, within reader and category.

    Logistic regression with an intercept for each reader in each category, which takes all lasting
    tastes out, and for each day in each category, which takes out what was on offer. The intercepts
    make every slope too steep by about the same factor, so shares stand.
    A reader is left out by one Newton step from the estimate.
    """
    rows = _daily_rows(world)
    x = np.stack([rows[name].to_numpy() for name in KINDS], axis=1)
    groups = [_numbered(rows.select(pl.struct(by, "category").alias(by))[by]) for by in (Columns.USER, "day")]
    fit = _logistic_within(x, rows["opened"].to_numpy().astype(float), groups)
    reader = _numbered(rows[Columns.USER])
    count = int(reader.max()) + 1
    curvature, score = np.zeros((count, 3, 3)), np.zeros((count, 3))
    np.add.at(curvature, reader, (fit.weight[:, None] * fit.within)[:, :, None] * fit.within[:, None, :])
    np.add.at(score, reader, fit.residual[:, None] * fit.within)
    steps = np.linalg.solve(curvature.sum(axis=0) - curvature, -score[:, :, None])[:, :, 0]
    return Effects(fit.slope, fit.slope + steps, len(rows))


class _Fit(NamedTuple):
    """A logistic fit: slopes `[k]`, residuals `[N]`, weights `[N]`, regressors less their group effects `[N, k]`, predictor `[N]`."""

    slope: Floats
    residual: Floats
    weight: Floats
    within: Floats
    predictor: Floats


def _logistic_within(x: Floats, y: Floats, groups: list[Rows]) -> _Fit:
    """Fit `y ~ x` with an intercept for each group of every grouping, by iteratively reweighted least squares."""
    predictor = np.zeros(len(y))
    for _ in range(_ITERATIONS):
        predictor = _reweighted(x, y, groups, predictor).predictor
    return _reweighted(x, y, groups, predictor)


def _reweighted(x: Floats, y: Floats, groups: list[Rows], predictor: Floats) -> _Fit:
    """Take one step of the fit; predictors are kept within 5 logits, for readers who open all or nothing of a category."""
    chance = 1 / (1 + np.exp(-predictor))
    weight, residual = chance * (1 - chance), y - chance
    working = predictor + residual / weight
    swept = _swept(np.column_stack([x, working]), weight, groups)
    within, target = swept[:, :-1], swept[:, -1]
    weighted = weight[:, None] * within
    slope: Floats = np.linalg.solve(weighted.T @ within, weighted.T @ target).astype(np.float64)
    return _Fit(slope, residual, weight, within, np.clip(working - target + within @ slope, -_FARTHEST, _FARTHEST))


def _swept(values: Floats, weight: Floats, groups: list[Rows]) -> Floats:
    """Take weighted group means out of `values` `[N, k]`, grouping after grouping, until little is left of any."""
    for _ in range(_SWEEPS):
        for group in groups:
            total = np.bincount(group, weight)
            means = np.stack([np.bincount(group, weight * column) / total for column in values.T], axis=1)
            values = values - means[group]
    return values


def _numbered(values: pl.Series) -> Rows:
    """Return numbers from 0 for the different values."""
    return values.rank("dense").to_numpy().astype(np.int64) - 1


def _daily_rows(world: World) -> pl.DataFrame:
    """Return a row for each paper of a twin category on a daily slate: opened or not, and three recent exposures."""
    twin = twins_by_words(world)
    names = sorted({item.categories[0] for item in world.catalogue})
    ordered = sorted(twin)
    # The placebo is a category of another pair, so that it is shown as often.
    placebo = {name: next(o for o in ordered[ordered.index(name) :] + ordered if o not in (name, twin[name])) for name in ordered}
    shown = _shown_with_category(world)
    recent = _recent_exposure(shown, names, world.config.days)
    rows = shown.filter(pl.col("category").is_in(ordered) & (pl.len().over(Columns.USER, Columns.AT) == SLOTS) & (pl.col("day") < world.config.days - 1))
    place = {name: number for number, name in enumerate(names)}
    at = [rows["day"].to_numpy(), rows["reader"].to_numpy()]
    kinds = {"own": {n: n for n in ordered}, "twin": twin, "placebo": placebo}
    columns = [pl.Series(kind, recent[at[0], at[1], [place[to[c]] for c in rows["category"]]]) for kind, to in kinds.items()]
    return rows.with_columns(columns)


def _shown_with_category(world: World) -> pl.DataFrame:
    """Return the showings with day, category, the reader's number, and whether the paper was opened."""
    category = pl.DataFrame({Columns.ITEM: world.catalogue.ids, "category": [item.categories[0] for item in world.catalogue]})
    opened = world.events.filter(pl.col(Columns.KIND) == "opened").select(Columns.USER, Columns.ITEM, opened=pl.lit(value=True))
    shown = world.events.filter(pl.col(Columns.KIND) == "shown").join(category, on=Columns.ITEM).join(opened, on=[Columns.USER, Columns.ITEM], how="left")
    return shown.with_columns(
        day=(pl.col(Columns.AT).dt.date() - pl.lit(START)).dt.total_days(),
        opened=pl.col("opened").fill_null(value=False),
        reader=pl.col(Columns.USER).rank("dense").cast(pl.Int64) - 1,
    )


def _recent_exposure(shown: pl.DataFrame, names: list[str], days: int) -> Floats:
    """Return the sum of earlier days' showings `[days, R, T]`, each day's share of it decayed."""
    counts = np.zeros((days, shown["reader"].n_unique(), len(names)))
    place = {name: number for number, name in enumerate(names)}
    np.add.at(counts, (shown["day"].to_numpy(), shown["reader"].to_numpy(), np.array([place[c] for c in shown["category"]])), 1.0)
    recent = np.zeros_like(counts)
    for day in range(1, days):
        recent[day] = DECAY * (recent[day - 1] + counts[day - 1])
    return recent
