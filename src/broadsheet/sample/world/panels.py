"""How often authors of four panels speak of seven needs: four laws, of which one is a hierarchy."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.seeds import generator
from broadsheet.sample.world.settings import LEVELS

PANELS: Final = {"kettle": "cumulative", "harbour": "unfolding", "lantern": "verbosity", "orchard": "independent"}
"""The law of each channel; the channels' names tell nothing."""
DESK: Final = "desk"
"""The channel in which readers write."""

_RATE, _SLOPE, _WIDTH = 0.25, 3.0, 0.25
_TYPICAL_POSTS = 12.0

Counts = NDArray[np.int64]


def draw_posts(seed: int, channel: str, authors: int) -> Counts:
    """Draw how many posts each author writes `[A]`: lognormal(2.5, 0.9), at least 1."""
    rng = generator(seed, "world", "panel", channel, "posts")
    return np.maximum(1, np.round(rng.lognormal(2.5, 0.9, size=authors))).astype(np.int64)


def draw_mentions(seed: int, channel: str, posts: Counts, law: str) -> Counts:
    """Draw how often each author mentions each need `[A, 7]`, Poisson with the rates of a law.

    `cumulative`: whoever has reached a level speaks of it and of those below. `unfolding`: people
    speak of the level they are at. `verbosity`: rates by level alone, times posts. `independent`:
    rates by level alone, whatever the number of posts.
    """
    rng = generator(seed, "world", "panel", channel, law)
    place = rng.normal(size=(len(posts), 1))
    delta = np.linspace(-1.5, 1.5, LEVELS)
    base = np.geomspace(0.15, 0.02, LEVELS)
    m = posts[:, None]
    if law == "cumulative":
        rate = m * _RATE * (rng.random((len(posts), LEVELS)) < 1 / (1 + np.exp(-_SLOPE * (place - delta))))
    elif law == "unfolding":
        rate = m * _RATE * np.exp(-((place - delta) ** 2) / (2 * _WIDTH))
    elif law == "verbosity":
        rate = m * base
    else:
        rate = np.broadcast_to(_TYPICAL_POSTS * base, (len(posts), LEVELS))
    return rng.poisson(rate)
