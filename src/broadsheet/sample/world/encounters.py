"""The small slates in which the planted truths show: figures, series, clubs, keys, doors, the finance shelf."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.seeds import generator
from broadsheet.sample.world import settings as s
from broadsheet.sample.world.casting import Cast
from broadsheet.sample.world.policy import shuffle_slates
from broadsheet.sample.world.readers import Traits
from broadsheet.sample.world.settings import WorldConfig
from broadsheet.sample.world.slates import Slates, moments, open_in_turn

# Minutes of the day at which each kind of slate may come; no two of a reader overlap.
QUADS_AT, KEY_AT, SERIES_AT, CLUBS_AT, SHELF_AT, DOORS_AT, FINAL_AT = 360, 382, 660, 840, 960, 1080, 1265
_STEP = 5
_EARLY_QUADS = 4
_SHELF_SLATE = 3
_SHELF_LIKING, _SHELF_LIFT = -1.2, 2.6

Rows = NDArray[np.int64]


def encounters(config: WorldConfig, cast: Cast, traits: Traits) -> list[Slates]:
    """Return every small slate of the world, those of the last evening among them."""
    parts = (_figure, _order, _deep, _clubs, _cold, _shelf)
    return [slates for part in parts for slates in part(config, cast, traits)]


def choose(wanted: Rows, n: int, rng: np.random.Generator, *, planted: bool) -> Rows:
    """Return which of `n` candidates is opened: the wanted one but for a little noise, or any where no truth is planted."""
    noise, anyone = rng.random(wanted.shape), rng.integers(n, size=wanted.shape)
    return np.where(noise < s.NOISE, anyone, wanted) if planted else anyone


def one_of(reader: Rows, second: Rows, papers: Rows, chosen: Rows, rng: np.random.Generator, truth: str, *, final: bool = False) -> Slates:
    """Return slates of `papers` `[S, n]` in random order of which the `chosen` column `[S]` is opened."""
    order, propensity = shuffle_slates(papers, rng)
    opened = (order == chosen[:, None]).astype(np.int64)
    return Slates(reader, second, np.take_along_axis(papers, order, axis=1), propensity, opened, opened.astype(float), truth, final)


def _at_final(traits: Traits, truth: str) -> Rows:
    return np.flatnonzero(traits.final == s.FINALS.index(truth))


def _some(rng: np.random.Generator, readers: int, n: int, of: int) -> Rows:
    """Draw `n` different ones of `of` for each reader `[R, n]`."""
    return np.argsort(rng.random((readers, of)), axis=1)[:, :n]


def _figure(config: WorldConfig, cast: Cast, traits: Traits) -> Iterator[Slates]:
    """Show four papers of one theme, one of each motif; the last of them are new, so no identifier helps."""
    rng, n = generator(config.seed, "world", "figure", "slates"), traits.population
    quads = _some(rng, n, s.FIGURE_PROBES, s.QUADS)
    day = rng.integers(1, config.days - 1, size=quads.shape)
    # Up to four openings come before the key paper, so that no position gives it away.
    day[:, :_EARLY_QUADS][rng.random((n, _EARLY_QUADS)) < 0.5] = 0
    reader = np.repeat(np.arange(n), s.FIGURE_PROBES)
    minute = QUADS_AT + _STEP * np.tile(np.arange(s.FIGURE_PROBES), n)
    minute += np.where(np.tile(np.arange(s.FIGURE_PROBES), n) >= _EARLY_QUADS, 2 * _STEP, 0)
    taste = generator(config.seed, "world", "figure", "choice")
    chosen = choose(traits.motif[reader], len(s.MOTIFS), taste, planted=config.plants("figure"))
    yield one_of(reader, moments(day.ravel(), minute, rng), cast.quads[quads.ravel()], chosen, rng, "figure")
    last = _at_final(traits, "figure")
    fresh = cast.fresh[rng.integers(s.FRESH_QUADS, size=len(last))]
    chosen = choose(traits.motif[last], len(s.MOTIFS), taste, planted=config.plants("figure"))
    yield one_of(last, moments(np.full(len(last), config.days - 1), FINAL_AT, rng), fresh, chosen, rng, "figure", final=True)


def _order(config: WorldConfig, cast: Cast, traits: Traits) -> Iterator[Slates]:
    """Show two papers of a series, both opened, then the two that may follow."""
    rng, n = generator(config.seed, "world", "order", "slates"), traits.population
    series = _some(rng, n, s.ORDER_PROBES + 1, s.SERIES)
    day = rng.integers(1, config.days - 1, size=(n, s.ORDER_PROBES))
    coin = generator(config.seed, "world", "order", "choice")
    reader = np.repeat(np.arange(n), s.ORDER_PROBES)
    minute = SERIES_AT + 2 * _STEP * np.tile(np.arange(s.ORDER_PROBES), n)
    planted = config.plants("order")
    yield from _pair_then_sequel(reader, day.ravel(), minute, cast.series[series[:, : s.ORDER_PROBES].ravel()], rng, coin, planted=planted)
    last = _at_final(traits, "order")
    minute = np.full(len(last), FINAL_AT - _STEP)
    day = np.full(len(last), config.days - 1)
    yield from _pair_then_sequel(last, day, minute, cast.series[series[last, -1]], rng, coin, planted=planted, final=True)


def _pair_then_sequel(
    reader: Rows, day: Rows, minute: Rows, series: Rows, rng: np.random.Generator, coin: np.random.Generator, *, planted: bool, final: bool = False
) -> Iterator[Slates]:
    """Show p and q, opened in an order that a coin decides, and then f and b, of which the order decides."""
    q_first = rng.integers(2, size=len(reader))
    order, propensity = shuffle_slates(series[:, :2], rng)
    opened = np.where(order == q_first[:, None], 1, 2)
    yield Slates(reader, moments(day, minute, rng), np.take_along_axis(series[:, :2], order, axis=1), propensity, opened, np.ones(order.shape))
    chosen = choose(q_first, 2, coin, planted=planted)
    yield one_of(reader, moments(day, minute + _STEP, rng), series[:, 2:], chosen, rng, "order", final=final)


def _deep(config: WorldConfig, cast: Cast, traits: Traits) -> Iterator[Slates]:
    """Show a key paper on the first morning; on the last day, once, the doors."""
    rng, n = generator(config.seed, "world", "deep", "slates"), traits.population
    everyone = np.arange(n)
    yield one_of(everyone, moments(np.zeros(n, dtype=np.int64), KEY_AT, rng), np.tile(cast.keys, (n, 1)), traits.key, rng, "")
    chosen = choose(traits.key, s.KEYS, generator(config.seed, "world", "deep", "choice"), planted=config.plants("deep"))
    last = traits.final == s.FINALS.index("deep")
    for who, minute, final in ((everyone[~last], DOORS_AT, False), (everyone[last], FINAL_AT, True)):
        at = moments(np.full(len(who), config.days - 1), minute, rng)
        yield one_of(who, at, np.tile(cast.doors, (len(who), 1)), chosen[who], rng, "deep", final=final)


def _clubs(config: WorldConfig, cast: Cast, traits: Traits) -> Iterator[Slates]:
    """Show one paper of each club, again and again; whoever is asked about copies at the end never meets the originals."""
    rng, n = generator(config.seed, "world", "clubs", "slates"), traits.population
    reader, turn = np.repeat(np.arange(n), s.ROUNDS), np.tile(np.arange(s.ROUNDS), n)
    at = moments(rng.integers(1, config.days - 1, size=n * s.ROUNDS), CLUBS_AT + _STEP * turn, rng)
    chosen = choose(traits.club[reader], s.CLUBS, generator(config.seed, "world", "clubs", "choice"), planted=True)
    slates = one_of(reader, at, cast.clubs[turn], chosen, rng, "")
    met = (turn > 0) | (traits.final[reader] != s.FINALS.index("cold"))
    yield slates._replace(**{name: getattr(slates, name)[met] for name in ("reader", "second", "paper", "propensity", "opened", "liking")})


def _cold(config: WorldConfig, cast: Cast, traits: Traits) -> Iterator[Slates]:
    """Show on the last evening the copies of every club's original."""
    rng, last = generator(config.seed, "world", "cold", "slates"), _at_final(traits, "cold")
    chosen = choose(traits.club[last], s.CLUBS, generator(config.seed, "world", "cold", "choice"), planted=config.plants("cold"))
    at = moments(np.full(len(last), config.days - 1), FINAL_AT, rng)
    yield one_of(last, at, np.tile(cast.copies, (len(last), 1)), chosen, rng, "cold", final=True)


def _shelf(config: WorldConfig, cast: Cast, traits: Traits) -> Iterator[Slates]:
    """Show every other day three papers about money, never the same; who wrote about a need opens what answers the next."""
    rng, n = generator(config.seed, "world", "shelf", "slates"), traits.population
    papers = cast.shelf.ravel()
    visits = min(config.days // 2, len(papers) // _SHELF_SLATE)
    order = _some(rng, n, visits * _SHELF_SLATE, len(papers)).reshape(n * visits, _SHELF_SLATE)
    reader, visit = np.repeat(np.arange(n), visits), np.tile(np.arange(visits), n)
    day = 2 * visit + 1
    left = len(papers) - _SHELF_SLATE * visit[:, None] - np.arange(_SHELF_SLATE)
    eager = traits.climb.wanted(config.days)[reader, day][:, None] == cast.level[papers[order]]
    lift = _SHELF_LIFT * (eager & traits.desk[reader][:, None])
    liking = 1 / (1 + np.exp(-(_SHELF_LIKING + lift)))
    clicked = rng.random(liking.shape) < liking
    yield Slates(reader, moments(day, SHELF_AT, rng), papers[order], 1 / left, open_in_turn(clicked), liking)
