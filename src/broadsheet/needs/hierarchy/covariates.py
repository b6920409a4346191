"""What goes with income and age: whether people speak of a level more the more they earn or the older they are, and whether that grows up the levels."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from broadsheet.core.metrics.resample import holm
from broadsheet.core.schema import Record
from broadsheet.core.seeds import generator
from broadsheet.needs.facts import Figures, Kind
from broadsheet.needs.hierarchy.order import agreement
from broadsheet.needs.hierarchy.people import People, rows_of
from broadsheet.needs.hierarchy.plan import AnalysisPlan

# What a slope is of: incomes count by doublings, ages by ten years.
STEPS: Mapping[Kind, str] = {"income": "a doubling of income", "age": "ten years of age"}
DRAWS = 9_999
# A slope is thought within so many of its own units, in a standard deviation of the covariate, so that it is a number where only one end speaks of a level.
WIDE = 5.0
_STEPS, _CLOSE, _LONGEST, _MOST = 60, 1e-9, 2.0, 2**25


class Slope(Record):
    """A level, and by how much the logarithm of the rate at which people speak of it grows a step, how much they write held equal; p is against all tests made (Holm).

    Null where fewer than the plan's k of those with the fact speak of the level, or do not.
    """

    id: str
    slope: float | None
    interval: tuple[float, float] | None
    p: float | None


class Covariate(Record):
    """Income or age beside the levels people speak of: how many people told theirs and how many did not; facts in another currency are left out.

    `trend` is by how much the slope grows from a level to the next, with its interval, and p against all tests made (Holm); `agreement` Kendall's tau of slopes with
    the taxonomy's order.
    """

    kind: Kind
    unit: str
    step: str
    people: int
    missing: int
    other_currency: int
    levels: tuple[Slope, ...]
    trend: float | None
    trend_interval: tuple[float, float] | None
    p: float | None
    agreement: float | None


class Fit(NamedTuple):
    """Parameters `[3]` (rate, exponent of posts, slope), and what each person moves them by `[U, 3]`: the sum of its squares is their variance."""

    parameters: np.ndarray
    moves: np.ndarray


def goes_with(people: People, told: Sequence[Figures], authors: Sequence[str], plan: AnalysisPlan) -> tuple[Covariate, ...]:
    """Tell what goes with each kind of figure that anybody told; `authors` name the people in their order.

    People are shuffled among those who write about as much, so that what goes with writing alone goes with nothing here.
    """
    tests = [_tests(people, figures, authors, plan) for figures in told if figures.of]
    raw = [p for one in tests for p in (*one.p_levels, one.p_trend) if p is not None]
    adjusted = iter(holm(raw).tolist() if raw else [])
    return tuple(_covariate(one, [None if p is None else next(adjusted) for p in (*one.p_levels, one.p_trend)], people.levels) for one in tests)


class _Tests(NamedTuple):
    figures: Figures
    people: int
    missing: int
    slopes: np.ndarray
    ends: Sequence[tuple[float, float] | None]
    p_levels: Sequence[float | None]
    trend: float | None
    trend_ends: tuple[float, float] | None
    p_trend: float | None


def _tests(people: People, figures: Figures, authors: Sequence[str], plan: AnalysisPlan) -> _Tests:
    from scipy.stats import t as student

    value = _in_steps(figures, authors)
    kept = np.flatnonzero(~np.isnan(value))
    count, levels = len(kept), len(people.levels)
    nothing = _Tests(figures, count, len(value) - count, np.full(levels, np.nan), [None] * levels, [None] * levels, None, None, None)
    if count < plan.people or np.ptp(value[kept]) == 0:
        return nothing
    present, posts = people.present[kept], people.posts[kept]
    spoken = present.sum(axis=0)
    places = np.flatnonzero((spoken >= plan.k) & (count - spoken >= plan.k))
    if not len(places):
        return nothing
    steps = value[kept] - value[kept].mean()
    design = np.column_stack([np.ones(count), np.log(posts) - np.log(posts).mean(), steps])
    fits = [fitted(present[:, place].astype(float), design) for place in places]
    scores, information = zip(*(_alone(present[:, place].astype(float), design) for place in places), strict=True)
    groups = rows_of(present, posts)
    tested = np.column_stack(scores)
    weights = _contrast(places)
    if weights is not None:
        tested = np.column_stack([tested, tested / np.array(information) @ weights])
    p = shuffled(steps, tested, groups.group[groups.row], generator(plan.seed, "covariates", figures.kind))
    half = float(student.ppf((1 + plan.confidence) / 2, max(count - 3, 1)))
    slopes, ends, p_levels = nothing.slopes, list(nothing.ends), list(nothing.p_levels)
    for number, place in enumerate(places.tolist()):
        slopes[place] = fits[number].parameters[2]
        ends[place] = _around(slopes[place], fits[number].moves[:, 2], half)
        p_levels[place] = float(p[number])
    found = nothing._replace(slopes=slopes, ends=ends, p_levels=p_levels)
    if weights is None:
        return found
    trend = float(weights @ slopes[places])
    moves = np.column_stack([one.moves[:, 2] for one in fits]) @ weights
    return found._replace(trend=trend, trend_ends=_around(trend, moves, half), p_trend=float(p[-1]))


def _in_steps(figures: Figures, authors: Sequence[str]) -> np.ndarray:
    """Return each person's figure in steps `[U]`, NaN where none was told; no doubling leads to an income of nothing."""
    value = np.array([figures.of.get(author, np.nan) for author in authors])
    return np.log2(np.where(value > 0, value, np.nan)) if figures.kind == "income" else value / 10


def fitted(spoken: np.ndarray, design: np.ndarray) -> Fit:
    """Fit the writing model with covariates: who speaks of a level `[U]` does so by the chance 1 - exp(-exp(x b)), for x of `design` `[U, P]`, the last a covariate.

    The covariate's slope is held by a wide normal, which matters where only one end speaks of the level.
    """
    spread = design[:, -1].std()
    prior = np.zeros(design.shape[1])
    if design.shape[1] > 2:
        prior[-1] = (spread / WIDE) ** 2
    at = np.zeros(design.shape[1])
    at[0] = np.log(-np.log1p(-min(spoken.mean(), 1 - 1e-6)))
    for _ in range(_STEPS):
        score, weight = _slopes(spoken, design @ at)
        curve = (design * weight[:, None]).T @ design + np.diag(prior + 1e-9)
        step = np.linalg.solve(curve, design.T @ score - prior * at)
        step *= min(1.0, _LONGEST / max(float(np.abs(step).max()), 1e-12))
        at = at + step
        if np.abs(step).max() < _CLOSE:
            break
    score, weight = _slopes(spoken, design @ at)
    curve = (design * weight[:, None]).T @ design + np.diag(prior + 1e-9)
    # How much each person draws the fit to himself; what he moves it by is too little by that (MacKinnon and White, 1985).
    own = weight * (design * np.linalg.solve(curve, design.T).T).sum(axis=1)
    return Fit(at, np.linalg.solve(curve, (design * (score / (1 - np.minimum(own, 0.9)))[:, None]).T).T)


def _slopes(spoken: np.ndarray, odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each person's slope of the log likelihood `[U]`, and its expected curvature `[U]`."""
    rate = np.exp(np.clip(odds, -20, 4))
    chance = np.maximum(-np.expm1(-rate), 1e-12)
    return rate * (spoken - chance) / chance, np.maximum(rate**2 * (1 - chance) / chance, 1e-12)


def _alone(spoken: np.ndarray, design: np.ndarray) -> tuple[np.ndarray, float]:
    """Return what is left of each person by writing alone `[U]`, and how much the covariate tells beside it."""
    score, weight = _slopes(spoken, design[:, :2] @ fitted(spoken, design[:, :2]).parameters)
    whole = (design * weight[:, None]).T @ design
    return score, float(whole[2, 2] - whole[2, :2] @ np.linalg.solve(whole[:2, :2], whole[:2, 2]))


def _contrast(places: np.ndarray) -> np.ndarray | None:
    """Return the weights `[K]` by which slopes make their rise from a level to the next; None for fewer than three levels."""
    if len(places) < 3:
        return None
    apart = places - places.mean()
    return apart / (apart**2).sum()


def shuffled(steps: np.ndarray, scores: np.ndarray, group: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Return how likely the covariate `[U]`, dealt out anew among people of each group `[U]`, goes as far with each score `[U, T]`, either way `[T]`.

    Of very many people the same is reckoned by the mean and the variance of such deals.
    """
    from scipy.stats import norm

    total, mean, spread = steps @ scores, np.zeros(scores.shape[1]), np.zeros(scores.shape[1])
    few = len(steps) * DRAWS <= _MOST
    drawn = np.zeros((DRAWS if few else 0, scores.shape[1]))
    for one in np.unique(group):
        rows = np.flatnonzero(group == one)
        within, of = steps[rows], scores[rows]
        mean += len(rows) * within.mean() * of.mean(axis=0)
        if few:
            drawn += draw.permuted(np.tile(within, (DRAWS, 1)), axis=1) @ of
        elif len(rows) > 1:
            spread += (len(rows) - 1) * within.var(ddof=1) * of.var(axis=0, ddof=1)
    far = np.abs(total - mean)
    if not few:
        return np.minimum(1.0, 2 * norm.sf(far / np.sqrt(np.maximum(spread, 1e-300))))
    slack = 1e-9 * np.abs(scores).max(axis=0) * np.abs(steps).max()
    return (1 + (np.abs(drawn - mean) >= far - slack).sum(axis=0)) / (1 + DRAWS)


def _around(value: float, moves: np.ndarray, half: float) -> tuple[float, float]:
    wide = half * float(np.sqrt((moves**2).sum()))
    return float(value) - wide, float(value) + wide


def _covariate(found: _Tests, p: Sequence[float | None], levels: Sequence[str]) -> Covariate:
    told = ~np.isnan(found.slopes)
    tau = agreement(np.arange(len(levels), dtype=float), found.slopes)
    return Covariate(
        kind=found.figures.kind,
        unit=found.figures.unit,
        step=STEPS[found.figures.kind],
        people=found.people,
        missing=found.missing,
        other_currency=found.figures.other_currency,
        levels=tuple(
            Slope(id=level, slope=float(found.slopes[number]) if told[number] else None, interval=found.ends[number], p=p[number])
            for number, level in enumerate(levels)
        ),
        trend=found.trend,
        trend_interval=found.trend_ends,
        p=p[-1],
        agreement=float(tau) if np.isfinite(tau) else None,
    )
