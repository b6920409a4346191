"""The days after those that are told: who the readers are by then, what is on offer, and by which laws they open it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator
from broadsheet.sample.world import settings as s
from broadsheet.sample.world.casting import cast
from broadsheet.sample.world.encounters import encounters
from broadsheet.sample.world.feed import APPEAL, LEVEL, SLOPE, drift, feed, lasting
from broadsheet.sample.world.readers import draw_traits
from broadsheet.sample.world.settings import WorldConfig
from broadsheet.sample.world.slates import DAY
from broadsheet.sample.world.vocabulary import themes
from broadsheet.sample.world.writing import write_papers

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


class Logged(NamedTuple):
    """The daily slates of a world: readers `[S]`, days `[S]`, papers `[S, n]` as rows of the offer, and whether each was opened `[S, n]`; what any model may see."""

    reader: Rows
    day: Rows
    paper: Rows
    opened: NDArray[np.bool_]


class Offer(NamedTuple):
    """Papers of daily slates: names, titles, theme `[N]`, and the day of announcement `[N]`, counted from the first day after those that are told."""

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    theme: Rows
    day: Rows


class After(NamedTuple):
    """A world and the days that follow.

    `logits` `[R, N]` of opening with the interests of the last told day, rested; `tides` `[days, R, T]` what the drift of interests has added by each day after. Both
    are gold: a model may see `logged` and `offer`. `kernel` `[T, T]` says which category wears out which.
    """

    logged: Logged
    offer: Offer
    logits: NDArray[np.float32]
    tides: NDArray[np.float32]
    kernel: Floats


def days_after(config: WorldConfig, days: int = 30, progress: Progress = silent) -> After:
    """Return the daily slates of a world and as much as is true of the days that follow it: the same readers, whose interests drift on, and new papers.

    What is announced after is the daily papers of the world of the next seed, by its own days. Posts at the desk have no say in these days.
    """
    parts, traits = cast(config), draw_traits(config)
    slates = feed(config, parts, traits, encounters(config, parts, traits), progress)[: config.days]
    sequel = config.model_copy(update={"seed": config.seed + 1})
    following = cast(sequel)
    fresh = following.feed[(following.day[following.feed] >= 0) & (following.day[following.feed] < days)]
    place = np.full(len(parts.theme), -1, dtype=np.int64)
    place[parts.feed] = np.arange(len(parts.feed))
    told, new = write_papers(parts, config.seed, copies=config.plants("cold")), write_papers(following, sequel.seed, copies=config.plants("cold"))
    offer = Offer(
        tuple(f"w{row:05d}" for row in parts.feed.tolist()) + tuple(f"n{row:05d}" for row in fresh.tolist()),
        tuple(told[row].title for row in parts.feed.tolist()) + tuple(new[row].title for row in fresh.tolist()),
        np.concatenate([parts.theme[parts.feed], following.theme[fresh]]),
        np.concatenate([parts.day[parts.feed] - config.days, following.day[fresh]]),
    )
    laws = lasting(config, parts, traits)
    appeal = np.concatenate([laws.appeal[parts.feed], generator(config.seed, "world", "after", "appeal").normal(0, APPEAL, size=len(fresh))])
    interest = traits.interest.copy()
    for day in range(config.days):
        interest += drift(config, day)
    tides = np.zeros((days, config.readers, len(themes())), dtype=np.float32)
    for day in range(1, days):
        tides[day] = tides[day - 1] + SLOPE * drift(config, config.days + day - 1)
    logits = (LEVEL + SLOPE * interest).astype(np.float32)[:, offer.theme] + appeal.astype(np.float32)
    logged = Logged(
        np.concatenate([part.reader for part in slates]),
        np.concatenate([part.second // DAY for part in slates]),
        place[np.concatenate([part.paper for part in slates])],
        np.concatenate([part.opened for part in slates]) > 0,
    )
    return After(logged, offer, logits, tides, laws.kernel)


WINDOW = s.WINDOW
"""Days for which a paper is on offer, that of its announcement among them."""
