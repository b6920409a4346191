"""Worlds in which it is known why people speak of levels: a hierarchy from below, where they stand, how much they write, or nothing."""

from typing import Literal, NamedTuple

import numpy as np

from broadsheet.core.seeds import generator
from broadsheet.sample.world.panels import draw_mentions, draw_posts

World = Literal["cumulative", "unfolding", "independent", "verbosity"]
WORLDS: tuple[World, ...] = ("cumulative", "unfolding", "independent", "verbosity")
# What a right verdict is in each.
TRUTH = {"cumulative": "cumulative", "unfolding": "unfolding", "independent": "none", "verbosity": "none"}


class Planted(NamedTuple):
    """People's mentions of each level `[U, L]`, and in how many posts `[U]`."""

    mentions: np.ndarray
    posts: np.ndarray


def planted(world: World, people: int, seed: int, *, error: float = 0.0) -> Planted:
    """Draw people of a world, as the fictional world draws its panels; with `error` each mention is taken for another level by that chance."""
    posts = draw_posts(seed, world, people)
    return Planted(_taken_for_others(draw_mentions(seed, world, posts, world), error, generator(seed, "mistaken", world)), posts.astype(float))


def _taken_for_others(mentions: np.ndarray, error: float, draw: np.random.Generator) -> np.ndarray:
    levels = mentions.shape[1]
    found = mentions.copy()
    for level in range(levels):
        moved = draw.binomial(mentions[:, level], error)
        others = [other for other in range(levels) if other != level]
        found[:, level] -= moved
        found[:, others] += draw.multinomial(moved, np.full(levels - 1, 1 / (levels - 1)))
    return found
