"""What a solver found: a figure, what guessing gives, and an interval."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from broadsheet.core.metrics import wilson


class Finding(NamedTuple):
    """A figure, the figure that guessing gives, its 95 % interval, and how many readers or rows it rests on.

    `solve_posts` alone has no interval of chance: it gives the range over draws of authors.
    """

    figure: float
    chance: float
    low: float
    high: float
    n: int

    @property
    def above(self) -> bool:
        """Whether the whole interval is above chance."""
        return self.low > self.chance

    @property
    def at_chance(self) -> bool:
        """Whether the interval covers chance."""
        return self.low <= self.chance <= self.high


def accuracy(hits: ArrayLike, chance: float) -> Finding:
    """Return the mean of `hits` `[N]`, one for each reader, between 0 and 1, with Wilson's interval (1927).

    >>> accuracy([1, 1, 1, 0], 0.5).figure
    0.75
    """
    values = np.asarray(hits, dtype=float)
    share = wilson(float(values.sum()), len(values))
    return Finding(share.mean, chance, share.low, share.high, len(values))


def hit(scores: ArrayLike, answer: int) -> float:
    """Return 1 if the answer has the highest of the `scores` `[C]`, its share of the first place where it is tied, else 0.

    >>> hit([0.2, 0.7, 0.7], 1)
    0.5
    """
    values = np.asarray(scores, dtype=float)
    best = values == values.max()
    return float(best[answer] / best.sum())
