"""Finds which of four panels of authors climbs a ladder of needs, and which only seems to."""

from typing import NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.sample.world.model import World
from broadsheet.sample.world.panels import PANELS
from broadsheet.sample.world.settings import LEVELS
from broadsheet.sample.world.solvers.finding import Finding
from broadsheet.sample.world.solvers.ladders import axis_of_levels, cumulative, fit_ladder, standard_score, thresholds, unfolding
from broadsheet.sample.world.solvers.scales import Floats, Said, fit_exposure, h_under_exposure, loevinger_h

EXPECTED = {channel: law if law in {"cumulative", "unfolding"} else "none" for channel, law in PANELS.items()}
"""The right verdict on each panel: neither verbosity nor independence is a ladder."""

_CHANCE = sum(verdict == "none" for verdict in EXPECTED.values()) / len(EXPECTED)
_SCALE, _LEVEL, _NULLS, _FOLDS, _PARTS = 0.3, 0.01, 199, 3, 2


class Verdict(NamedTuple):
    """What a panel shows, and on which evidence: H, its p-value under exposure alone, and two standard scores."""

    name: str
    h: float
    p: float
    over_independent: float
    over_cumulative: float


def judge(said: Said, posts: Floats, rng: np.random.Generator) -> Verdict:
    """Judge who `said` which level `[A, 7]` in how many `posts` `[A]`.

    Cumulative, if H is at least 0.3 and beyond what exposure alone gives (p ≤ .01), unless unfolding
    predicts held-out authors far better (z ≥ 3: undetermined); unfolding, if it predicts them better than
    independence (z > 2) and than a cumulative law (z > 1); else none.
    """
    null = fit_exposure(said, posts)
    h = loevinger_h(said)
    p = float((1 + (h_under_exposure(null, posts, _NULLS, rng) >= h).sum()) / (1 + _NULLS))
    over_independent, over_cumulative = _held_out(said, posts, rng)
    if p <= _LEVEL and h >= _SCALE:
        name = "undetermined" if over_cumulative >= 3 else "cumulative"
    else:
        name = "unfolding" if over_independent > 2 and over_cumulative > 1 else "none"
    return Verdict(name, h, p, over_independent, over_cumulative)


def _held_out(said: Said, posts: Floats, rng: np.random.Generator) -> tuple[float, float]:
    """Return how much better unfolding predicts authors it was not fitted on, than independence and a cumulative law."""
    fold = rng.permutation(len(posts)) % _FOLDS
    independent, rising, peaked = (np.zeros(len(posts)) for _ in range(3))
    for held in range(_FOLDS):
        test, fit = fold == held, fold != held
        null = fit_exposure(said[fit], posts[fit])
        steps = fit_ladder(cumulative, thresholds(said[fit]), said[fit], posts[fit], null.exponent)
        peaks = fit_ladder(unfolding, axis_of_levels(said[fit]), said[fit], posts[fit], null.exponent)
        for store, law in ((independent, null), (rising, steps), (peaked, peaks)):
            store[test] = law.log_likelihood(said[test], posts[test])
    return standard_score(peaked - independent), standard_score(peaked - rising)


def panel(world: World, channel: str) -> tuple[Said, Floats]:
    """Return who said what `[A, 7]` and in how many posts `[A]`, authors in order; mentions as a perfect labeller reads them."""
    written = world.posts.filter(pl.col(Columns.CHANNEL) == channel)
    counts = written.group_by(Columns.AUTHOR).len().sort(Columns.AUTHOR)
    author = {name: row for row, name in enumerate(counts[Columns.AUTHOR])}
    said = np.zeros((len(author), LEVELS), dtype=bool)
    mentions = written.join(world.mentions, on=Columns.POST).select(Columns.AUTHOR, Columns.LEVEL)
    said[[author[name] for name in mentions[Columns.AUTHOR]], mentions[Columns.LEVEL].to_numpy() - 1] = True
    return said, counts["len"].to_numpy().astype(float)


def verdicts(world: World, keep: float = 1.0, part: int = 0) -> dict[str, Verdict]:
    """Judge every panel, from the share `keep` of its authors drawn for `part`."""
    found = {}
    for channel in PANELS:
        said, posts = panel(world, channel)
        rng = generator(world.config.seed, "solver", "posts", channel, str(part))
        rows = np.sort(rng.permutation(len(posts))[: round(keep * len(posts))])
        found[channel] = judge(said[rows], posts[rows], rng)
    return found


def solve_posts(world: World) -> Finding:
    """Return the share of panels that are judged rightly; to say `none` of all is right for half of them.

    The interval is the range over all authors and two draws of four fifths of them, not a confidence interval.
    """
    right = [np.mean([found.name == EXPECTED[channel] for channel, found in verdicts(world).items()])]
    right += [np.mean([found.name == EXPECTED[channel] for channel, found in verdicts(world, 0.8, part).items()]) for part in range(1, _PARTS + 1)]
    return Finding(float(right[0]), _CHANCE, float(min(right)), float(max(right)), world.posts[Columns.AUTHOR].n_unique())
