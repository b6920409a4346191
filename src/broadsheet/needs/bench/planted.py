"""Worlds in which it is known why people speak of levels: a hierarchy from below, where they stand, how much they write, or nothing."""

from typing import Literal, NamedTuple

import numpy as np

from broadsheet.core.seeds import generator

World = Literal["cumulative", "unfolding", "independent", "verbosity"]
WORLDS: tuple[World, ...] = ("cumulative", "unfolding", "independent", "verbosity")
# What a right verdict is in each.
TRUTH = {"cumulative": "cumulative", "unfolding": "unfolding", "independent": "none", "verbosity": "none"}


class Planted(NamedTuple):
    """People's mentions of each level `[U, L]`, and in how many posts `[U]`."""

    mentions: np.ndarray
    posts: np.ndarray


def planted(world: World, people: int, seed: int, *, error: float = 0.0, levels: int = 7) -> Planted:
    """Draw people of a world; with `error` each mention is taken for another level by that chance.

    Posts are log-normal, 12 at the median. Verbosity: mentions by writing alone, at rates that fall from .15 to .02 a post. Cumulative: a level is spoken of, one post
    in four, by whoever stands above it, with a slope of 3. Unfolding: as often, by whoever stands near it, with a variance of .25. Independent: whatever is written.
    """
    draw = generator(seed, "planted", world, str(people))
    posts = np.maximum(1, np.round(draw.lognormal(2.5, 0.9, people)))
    ladder, places = np.linspace(-1.5, 1.5, levels), draw.normal(size=people)[:, None]
    if world == "cumulative":
        above = draw.random((people, levels)) < 1 / (1 + np.exp(-3 * (places - ladder)))
        rates = 0.25 * posts[:, None] * above
    elif world == "unfolding":
        rates = 0.25 * posts[:, None] * np.exp(-((places - ladder) ** 2) / 0.5)
    elif world == "verbosity":
        rates = posts[:, None] * np.geomspace(0.15, 0.02, levels)
    else:
        rates = np.broadcast_to(np.geomspace(2.0, 0.25, levels), (people, levels))
    return Planted(_taken_for_others(draw.poisson(rates), error, draw), posts)


def _taken_for_others(mentions: np.ndarray, error: float, draw: np.random.Generator) -> np.ndarray:
    levels = mentions.shape[1]
    found = mentions.copy()
    for level in range(levels):
        moved = draw.binomial(mentions[:, level], error)
        others = [other for other in range(levels) if other != level]
        found[:, level] -= moved
        found[:, others] += draw.multinomial(moved, np.full(levels - 1, 1 / (levels - 1)))
    return found
