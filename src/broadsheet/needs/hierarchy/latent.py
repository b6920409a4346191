"""Three ways in which people may come to speak of levels: by how much they write alone, from a level up, or about where they stand."""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import numpy as np
from scipy.optimize import minimize

from broadsheet.needs.hierarchy.people import Rows

Family = Literal["independent", "cumulative", "unfolding"]
# How a person's place acts: on whether a level is spoken of at all, or on how often.
Link = Literal["whether", "how often"]
LINKS: tuple[Link, ...] = ("whether", "how often")
# Places of people, a standard normal on a grid.
PLACES = np.linspace(-3.6, 3.6, 25)
_LOG_SHARE = -(PLACES**2) / 2 - np.log(np.exp(-(PLACES**2) / 2).sum())
SHARE = np.exp(_LOG_SHARE)
FLOOR = 1e-6
# How far the logarithm of a steepness or a width goes.
STEEPEST = 6.0


class Fit(NamedTuple):
    """A model with its parameters `[P]`, and the logarithm of the likelihood of each row of people `[R]`."""

    family: Family
    link: Link
    parameters: np.ndarray
    likelihood: np.ndarray


class _Laid(NamedTuple):
    """Rows of people with their groups `[R, G]` and what they mention in them `[R, G * L]`, as matrices."""

    rows: Rows
    groups: np.ndarray
    within: np.ndarray

    @classmethod
    def of(cls, rows: Rows) -> "_Laid":
        groups = np.eye(len(rows.log_posts))[rows.group]
        return cls(rows, groups, (groups[:, :, None] * rows.present[:, None, :]).reshape(len(groups), -1))


class Chances(NamedTuple):
    """Chance that a level is seen, by group, place and level `[G, Q, L]`, and what takes a gradient of it to log rates and log responses."""

    seen: np.ndarray
    back: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def chances(fit: Fit, log_posts: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """Return the chance that somebody with so many log posts `[G]`, at each place, is seen to mention each level `[G, Q, L]`.

    `moved` `[L, L]` says with which chance a mention of one level is taken for each.
    """
    levels = len(moved)
    return _chances(fit.parameters, fit.family, fit.link, log_posts, moved, levels)[0].seen


def independent(rows: Rows) -> Fit:
    """Fit that people mention levels by how much they write: a chance of `1 - exp(-b posts^g)` with a rate b for each level, and one exponent g."""
    start = np.r_[np.full(rows.present.shape[1], -1.0), 0.5]
    return _fitted(rows, "independent", "how often", [start], np.eye(rows.present.shape[1]))


def fit(rows: Rows, family: Family, moved: np.ndarray, start: Fit, near: np.ndarray) -> Fit:
    """Fit a family by both links and return the likelier; `start` is the independent model, `near` `[L, L]` how much likelier than by it two levels come together."""
    found = [_fitted(rows, family, link, _starts(rows, family, start, near), moved) for link in LINKS]
    return max(found, key=lambda one: float(rows.weight @ one.likelihood))


def refit(rows: Rows, before: Fit, moved: np.ndarray) -> Fit:
    """Fit the same model to other numbers of people, from where it was."""
    return _fitted(rows, before.family, before.link, [before.parameters], moved, most=40)


def likelihood(rows: Rows, of: Fit, moved: np.ndarray) -> np.ndarray:
    """Return the logarithm of the likelihood of each row of people `[R]`."""
    return _descent(of.parameters, _Laid.of(rows), of.family, of.link, moved)[2]


class Association(NamedTuple):
    """How much more often two levels come together than by how much people write `[L, L]`: in people, in standard deviations, and as a share of what it could be."""

    people: np.ndarray
    deviations: np.ndarray
    most: np.ndarray

    @property
    def scalability(self) -> float:
        """Loevinger's H, with what is expected of independent levels taken person by person."""
        upper = np.triu_indices(len(self.people), 1)
        return float(self.people[upper].sum() / self.most[upper].sum())


def association(rows: Rows, by_writing: Fit) -> Association:
    """Return what is left of people's speaking of two levels when how much they write is taken away."""
    chance = chances(by_writing, rows.log_posts, np.eye(rows.present.shape[1]))[:, 0][rows.group]
    rest = rows.present - chance
    people = (rest * rows.weight[:, None]).T @ rest
    spread = chance * (1 - chance)
    deviations = people / np.sqrt((spread * rows.weight[:, None]).T @ spread)
    np.fill_diagonal(deviations, 0.0)
    most = np.einsum("r,rjk->jk", rows.weight, np.minimum(chance[:, :, None], chance[:, None, :]) - chance[:, :, None] * chance[:, None, :])
    return Association(people, deviations, most)


def implied(of: Fit, rows: Rows) -> float:
    """Return Loevinger's H, person by person, that a model foretells where no mention is taken for another."""
    levels = rows.present.shape[1]
    seen = chances(of, rows.log_posts, np.eye(levels))
    groups = np.bincount(rows.group, rows.weight, minlength=len(rows.log_posts)) / rows.people
    mean = np.einsum("q,gql->gl", SHARE, seen)
    both = np.einsum("g,q,gqj,gqk->jk", groups, SHARE, seen, seen)
    product = np.einsum("g,gj,gk->jk", groups, mean, mean)
    most = np.einsum("g,gjk->jk", groups, np.minimum(mean[:, :, None], mean[:, None, :]))
    upper = np.triu_indices(levels, 1)
    return float((both - product)[upper].sum() / (most - product)[upper].sum())


def ladder(of: Fit) -> np.ndarray:
    """Return where on the line of people each level stands `[L]`."""
    levels = _levels(of.parameters, of.family)
    return of.parameters[levels + 1 : 2 * levels + 1]


def _levels(parameters: np.ndarray, family: Family) -> int:
    return len(parameters) - 1 if family == "independent" else (len(parameters) - 2) // 2


def _starts(rows: Rows, family: Family, by_writing: Fit, near: np.ndarray) -> list[np.ndarray]:
    """Return where to begin: cumulative levels by how many speak of each, unfolding ones along the two strongest axes of what comes together."""
    levels = rows.present.shape[1]
    rates, exponent = by_writing.parameters[:levels], by_writing.parameters[levels]
    if family == "cumulative":
        share = np.clip(rows.share, 0.02, 0.98)
        return [np.r_[rates + 0.7, exponent, -np.log(share / (1 - share)) / 1.5, np.log(2.0)]]
    axes = np.linalg.eigh(near)[1]
    return [np.r_[rates + 1.0, exponent, 1.3 * axes[:, which] / np.abs(axes[:, which]).max(), np.log(0.4)] for which in (-1, -2)]


def _fitted(rows: Rows, family: Family, link: Link, starts: list[np.ndarray], moved: np.ndarray, most: int = 150) -> Fit:
    laid = _Laid.of(rows)

    def down(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope, _ = _descent(parameters, laid, family, link, moved)
        return value, slope

    found = [minimize(down, start, jac=True, method="L-BFGS-B", options={"maxiter": most, "ftol": 1e-7}) for start in starts]
    best = min(found, key=lambda one: one.fun)
    return Fit(family, link, best.x, _descent(best.x, laid, family, link, moved)[2])


def _priors(levels: int, family: Family) -> tuple[np.ndarray, np.ndarray]:
    """Return means and spreads of wide priors, which keep what data say little of from running away; places within those of people."""
    if family == "independent":
        return np.r_[np.zeros(levels), 0.5], np.r_[np.full(levels, 5.0), 1.0]
    middle = np.r_[np.zeros(levels), 0.5, np.zeros(levels), np.log(2.0) if family == "cumulative" else np.log(0.4)]
    return middle, np.r_[np.full(levels, 3.0), 1.0, np.full(levels, 1.5), 0.7]


def _response(parameters: np.ndarray, family: Family, levels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how much each place answers to each level `[Q, L]`, and the slopes of its logarithm by the level's place and by the steepness or width."""
    away = PLACES[:, None] - parameters[levels + 1 : 2 * levels + 1]
    if family == "cumulative":
        steep = np.exp(np.clip(parameters[-1], -STEEPEST, STEEPEST))
        answer = 1 / (1 + np.exp(-np.clip(steep * away, -30, 30)))
        return answer, -steep * (1 - answer), steep * away * (1 - answer)
    width = np.exp(np.clip(parameters[-1], -STEEPEST, STEEPEST))
    return np.exp(np.maximum(-(away**2) / (2 * width), -30)), away / width, away**2 / (2 * width)


def _chances(
    parameters: np.ndarray, family: Family, link: Link, log_posts: np.ndarray, moved: np.ndarray, levels: int
) -> tuple[Chances, tuple[np.ndarray, np.ndarray]]:
    rate = np.exp(np.clip(parameters[:levels] + parameters[levels] * log_posts[:, None], -12, 6))[:, None, :]
    if family == "independent":
        answer, slopes = np.ones((1, levels)), (np.zeros((1, levels)), np.zeros((1, levels)))
    else:
        answer, *slopes = _response(parameters, family, levels)
    if link == "how often":
        sent = rate * answer[None]
        none = np.exp(-(sent @ moved))

        def back(slope: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            found = (slope * none) @ moved.T * sent
            return found, found

        return Chances(1 - none, back), (slopes[0], slopes[1])
    silent = np.exp(-rate[..., None] * moved)  # [G, 1, K, L]
    left = np.maximum(1 - answer[None, :, :, None] * (1 - silent), 1e-12)
    none = left.prod(axis=2)

    def back_whether(slope: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        each = (slope * none)[:, :, None, :] / left
        return (each * answer[None, :, :, None] * silent * rate[..., None] * moved).sum(axis=3), (each * (1 - silent)).sum(axis=3) * answer[None]

    return Chances(1 - none, back_whether), (slopes[0], slopes[1])


def _descent(parameters: np.ndarray, laid: _Laid, family: Family, link: Link, moved: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the negative log posterior, its slope, and the log likelihood of each row; places of people are summed over."""
    rows, levels = laid.rows, laid.rows.present.shape[1]
    made, (by_place, by_width) = _chances(parameters, family, link, rows.log_posts, moved, levels)
    seen = np.clip(made.seen, FLOOR, 1 - FLOOR)
    groups, places, _ = seen.shape
    yes, no = np.log(seen), np.log1p(-seen)
    joint = laid.within @ (yes - no).transpose(0, 2, 1).reshape(groups * levels, places) + laid.groups @ no.sum(axis=2)
    joint += _LOG_SHARE if places > 1 else 0.0
    top = joint.max(axis=1, keepdims=True)
    shares = np.exp(joint - top)
    total = shares.sum(axis=1, keepdims=True)
    likely = (np.log(total) + top)[:, 0]
    held = shares / total * rows.weight[:, None]
    had = (laid.within.T @ held).reshape(groups, levels, places).transpose(0, 2, 1)
    there = laid.groups.T @ held
    to_rate, to_answer = made.back(had / seen - (there[:, :, None] - had) / (1 - seen))
    slope = np.r_[to_rate.sum(axis=(0, 1)), (to_rate * rows.log_posts[:, None, None]).sum()]
    if family != "independent":
        slope = np.r_[slope, (to_answer * by_place).sum(axis=(0, 1)), (to_answer * by_width).sum()]
    middle, spread = _priors(levels, family)
    away = (parameters - middle) / spread
    return float(-(rows.weight @ likely) + (away**2).sum() / 2), -slope + away / spread, likely


class HeldOut(NamedTuple):
    """What each model foretells of people who were left out when it was fitted: the sum of log likelihoods, and of one less another the deviations from 0."""

    sums: Mapping[Family, float]
    differences: Mapping[tuple[Family, Family], float]


def held_out(rows: Rows, fits: Mapping[Family, Fit], moved: np.ndarray, folds: int, generator: np.random.Generator) -> HeldOut:
    """Compare models by people that they were not fitted to, one fold of people after the other."""
    fold = generator.integers(folds, size=len(rows.row))
    weights = np.stack([np.bincount(rows.row[fold == one], minlength=len(rows.weight)) for one in range(folds)]).astype(float)
    each = {name: np.zeros_like(weights) for name in fits}
    for one in range(folds):
        rest = rows.weighed(rows.weight - weights[one])
        for name, before in fits.items():
            each[name][one] = refit(rest, before, moved if name != "independent" else np.eye(len(moved))).likelihood
    sums = {name: float((weights * values).sum()) for name, values in each.items()}
    names = list(fits)
    apart = {(one, other): deviations(each[one] - each[other], weights) for one in names for other in names if one != other}
    return HeldOut(sums, apart)


def deviations(difference: np.ndarray, weights: np.ndarray) -> float:
    """Return how many standard errors the mean of differences is from 0, each standing for so many people."""
    people = weights.sum()
    mean = (weights * difference).sum() / people
    spread = np.sqrt((weights * (difference - mean) ** 2).sum())
    return float(mean * people / spread) if spread > 0 else 0.0
