"""Which posts people should label: those that teach most, with the chance at which each was drawn."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from broadsheet.core.errors import ConfigError
from broadsheet.core.seeds import generator
from broadsheet.needs.label.labels import Labels

# The share of a sample that is spread evenly over all posts: no post is drawn with less than this share of an even chance.
EVEN = 0.5
_SURE = 1 - 1e-9


class Chosen(NamedTuple):
    """Places of the posts drawn `[n]`, in random order, and with which chance each was to be drawn `[n]`.

    Random order, so that who stops half-way leaves a sample as good as one of half the size.
    """

    places: np.ndarray
    propensities: np.ndarray


def choose(posts: int, labellers: Sequence[Labels], size: int, *, even: float = EVEN, seed: int = 0) -> Chosen:
    """Draw `size` of the posts, each with a known chance above 0, so that weighting by its inverse gives shares of all posts without bias.

    The share `even` of the chance is the same for all posts. The rest is dealt out evenly among the levels that labellers give, and within a level to the posts
    of which labellers say the most different things, or the only one is least certain. Without a labeller all posts have one chance. Raises ConfigError.
    """
    if size < 1 or not 0 < even <= 1:
        raise ConfigError(f"A sample of {size} posts, {even} of it spread evenly.", "Ask for 1 post or more, and a share above 0 and at most 1.")
    rng = generator(seed, "needs", "sample")
    if not posts or size >= posts:
        return Chosen(rng.permutation(posts), np.ones(posts))
    aims = np.full(posts, 1 / posts)
    if labellers:
        aims = even * aims + (1 - even) * _by_level(doubt(labellers), np.mean([one.chances for one in labellers], axis=0))
    chances = inclusion(aims, size)
    drawn = _systematic(chances, rng)
    return Chosen(drawn, chances[drawn])


def doubt(labellers: Sequence[Labels]) -> np.ndarray:
    """Return how much labellers differ on each post `[N]`: half the absolute difference of their chances, in the mean of pairs; of one, how uncertain it is.

    >>> doubt([Labels.of(["a", "b"], ["a", "b"]), Labels.of(["a", "a"], ["a", "b"])]).tolist()
    [0.0, 1.0]
    """
    if len(labellers) == 1:
        return 1 - labellers[0].certainty
    chances = [one.chances for one in labellers]
    pairs = [np.abs(first - second).sum(axis=1) / 2 for number, first in enumerate(chances) for second in chances[:number]]
    return np.mean(pairs, axis=0)


def inclusion(aims: np.ndarray, size: int) -> np.ndarray:
    """Return chances `[N]` that sum to `size`, in proportion to `aims`, none above 1: what is over goes to the others.

    >>> inclusion(np.array([6.0, 1.0, 1.0]), 2).tolist()
    [1.0, 0.5, 0.5]
    """
    sure = np.zeros(len(aims), dtype=bool)
    while True:
        chances = np.where(sure, 1.0, aims * (size - sure.sum()) / aims[~sure].sum())
        over = (chances > _SURE) & ~sure
        if not over.any():
            return chances
        sure |= over


def _by_level(doubts: np.ndarray, chances: np.ndarray) -> np.ndarray:
    """Return aims `[N]` that sum to 1: as much for each level that labellers give, and in it by doubt; a post counts for levels by their chances `[N, C]`."""
    given = chances[:, chances.sum(axis=0) > 0]
    worth = given * doubts[:, None]
    worth = np.where(worth.sum(axis=0) > 0, worth, given)
    return (worth / worth.sum(axis=0)).mean(axis=1)


def _systematic(chances: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw posts with exactly these chances, always as many as they sum to (Madow, 1949), and shuffle them."""
    sure, rest = np.flatnonzero(chances > _SURE), rng.permutation(np.flatnonzero(chances <= _SURE))
    ends = np.cumsum(chances[rest])
    wanted = round(ends[-1]) if len(rest) else 0
    drawn = rest[np.searchsorted(ends / ends[-1] * wanted, rng.random() + np.arange(wanted), side="right")] if wanted else rest[:0]
    return rng.permutation(np.concatenate([sure, drawn]))
