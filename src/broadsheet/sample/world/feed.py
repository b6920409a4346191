"""The daily slates: interests that drift, fatigue that builds up and fades, day by day."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.progress import Progress
from broadsheet.core.seeds import generator
from broadsheet.sample.world import settings as s
from broadsheet.sample.world.casting import Cast
from broadsheet.sample.world.encounters import FINAL_AT
from broadsheet.sample.world.policy import draw_slates
from broadsheet.sample.world.readers import Traits
from broadsheet.sample.world.settings import WorldConfig
from broadsheet.sample.world.slates import Slates, category_exposures, moments, open_in_turn
from broadsheet.sample.world.vocabulary import themes, twins

FEED_AT = 480
LEVEL, SLOPE, APPEAL = -0.6, 0.9, 0.3
"""Logits of opening a paper: of an interest of 0; by interest; the deviation of papers' appeal."""
_ESTIMATE, _LIFT = 0.6, 2.6

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


class Laws(NamedTuple):
    """What stays: the policy's estimate of interests `[R, T]`, the fatigue kernel `[T, T]`, the appeal of papers `[N]`."""

    estimate: Floats
    kernel: Floats
    appeal: Floats


class _State(NamedTuple):
    """What changes from day to day: interests `[R, T]`, recent exposures `[R, T]`, papers seen `[R, N]`."""

    interest: Floats
    recent: Floats
    seen: NDArray[np.bool_]


def kernel(*, twins_share: bool) -> Floats:
    """Return how much an exposure to one category wears out another `[T, T]`: 1 itself, 0.9 its twin, 0 others."""
    twin = np.asarray(twins())
    weight = np.eye(len(twin))
    if twins_share:
        paired = np.flatnonzero(twin != np.arange(len(twin)))
        weight[paired, twin[paired]] = s.TWIN
    return weight


def lasting(config: WorldConfig, cast: Cast, traits: Traits) -> Laws:
    """Return what stays from day to day."""
    rng = generator(config.seed, "world", "feed", "policy")
    return Laws(
        traits.interest + rng.normal(0, _ESTIMATE, size=traits.interest.shape),
        kernel(twins_share=config.plants("fatigue")),
        rng.normal(0, APPEAL, size=len(cast.theme)),
    )


def drift(config: WorldConfig, day: int) -> Floats:
    """Return what a day adds to interests `[R, T]`; days after the last of the world have theirs too."""
    return generator(config.seed, "world", "drift", str(day)).normal(0, s.DRIFT, size=(config.readers, len(themes())))


def feed(config: WorldConfig, cast: Cast, traits: Traits, others: list[Slates], progress: Progress) -> list[Slates]:
    """Simulate the daily slates; `others` are the small ones, whose papers tire readers too."""
    shape = (config.days, *traits.interest.shape)
    shown = category_exposures(others, cast.theme, shape)
    laws = lasting(config, cast, traits)
    state = _State(traits.interest.copy(), np.zeros(shape[1:]), np.zeros((traits.population, len(cast.theme)), dtype=bool))
    wanted = np.where(traits.desk[:, None], traits.climb.wanted(config.days), 0)
    slates = []
    for day in range(config.days):
        slates.append(_day(config, cast, laws, state, wanted[:, day], day))
        np.add.at(shown[day], (slates[-1].reader[:, None], cast.theme[slates[-1].paper]), 1.0)
        state.recent[:] = s.DECAY * (state.recent + shown[day])
        state.interest[:] += drift(config, day)
        progress("days", day + 1, config.days)
    return [*slates, _plain(config, cast, traits, laws, state)]


def _slates(pool: Rows, cast: Cast, laws: Laws, state: _State, rng: np.random.Generator, who: Rows) -> tuple[Rows, Floats]:
    """Draw a slate from the pool for each of `who`, of papers they have not seen; mark them as seen."""
    drawn = draw_slates(laws.estimate[np.ix_(who, cast.theme[pool])], ~state.seen[np.ix_(who, pool)], s.SLOTS, s.EXPLORATION, rng)
    papers = pool[drawn.candidate]
    state.seen[who[:, None], papers] = True
    return papers, drawn.propensity


def _affinity(cast: Cast, laws: Laws, state: _State, who: Rows, papers: Rows) -> Floats:
    """Return the logits of opening `papers` `[W, S]`: interest and appeal, less what recent exposures wear out."""
    theme, rows = cast.theme[papers], who[:, None]
    worn = state.recent[who] @ laws.kernel.T
    return LEVEL + SLOPE * state.interest[rows, theme] + laws.appeal[papers] - s.FATIGUE * np.take_along_axis(worn, theme, axis=1)


def _pool(cast: Cast, day: int) -> Rows:
    """Return the papers that may be shown on a day: announced within the window."""
    announced = cast.day[cast.feed]
    return cast.feed[(announced <= day) & (announced > day - s.WINDOW)]


def _day(config: WorldConfig, cast: Cast, laws: Laws, state: _State, wanted: Rows, day: int) -> Slates:
    """Show every reader a slate and let them open what they like."""
    who = np.arange(len(state.interest))
    rng = generator(config.seed, "world", "feed", str(day))
    papers, propensity = _slates(_pool(cast, day), cast, laws, state, rng, who)
    lift = _LIFT * ((cast.level[papers] == wanted[:, None]) & (wanted[:, None] > 0))
    liking = 1 / (1 + np.exp(-(_affinity(cast, laws, state, who, papers) + lift)))
    clicked = generator(config.seed, "world", "opens", str(day)).random(liking.shape) < liking
    return Slates(who, moments(np.full(len(who), day), FEED_AT, rng), papers, propensity, open_in_turn(clicked), liking)


def _plain(config: WorldConfig, cast: Cast, traits: Traits, laws: Laws, state: _State) -> Slates:
    """On the last evening, for readers whose last event probes no truth: one more slate, of which one paper is opened."""
    who, last = np.flatnonzero(traits.final == s.FINALS.index("plain")), config.days - 1
    rng = generator(config.seed, "world", "feed", "plain")
    papers, propensity = _slates(_pool(cast, last), cast, laws, state, rng, who)
    affinity = _affinity(cast, laws, state, who, papers)
    chosen = (affinity + rng.gumbel(size=affinity.shape)).argmax(axis=1)
    opened = (np.arange(s.SLOTS) == chosen[:, None]).astype(np.int64)
    at = moments(np.full(len(who), last), FINAL_AT, rng)
    return Slates(who, at, papers, propensity, opened, opened.astype(float), "plain", final=True)
