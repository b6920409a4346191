"""Loevinger's H, and what it would be if only the number of posts mattered."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

Floats = NDArray[np.float64]
Said = NDArray[np.bool_]

_TINY = 1e-9
_EXPONENTS = (-0.5, 1.5)
_HALVINGS = 40


def loevinger_h(said: Said) -> float:
    """Return the scalability of who `said` what `[A, 7]`: 1 a perfect cumulative scale, 0 none (Loevinger, 1948).

    The sum over pairs of items of their covariance, over the largest that their shares allow.

    >>> loevinger_h(np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0]], dtype=bool))
    1.0
    """
    x = said.astype(float)
    share = x.mean(axis=0)
    covariance = x.T @ x / len(x) - np.outer(share, share)
    most = np.minimum.outer(share, share) - np.outer(share, share)
    pairs = np.triu_indices(len(share), 1)
    return float(covariance[pairs].sum() / max(_TINY, most[pairs].sum()))


class Exposure(NamedTuple):
    """The null of no scale: author i mentions level j with probability `1 - exp(-m_i ** exponent * rate_j)`."""

    exponent: float
    rate: Floats

    def chances(self, posts: Floats) -> Floats:
        """Return the probabilities `[A, 7]` for numbers of posts `[A]`."""
        return -np.expm1(-np.outer(posts**self.exponent, self.rate))

    def log_likelihood(self, said: Said, posts: Floats) -> Floats:
        """Return each author's log likelihood `[A]`."""
        p = np.clip(self.chances(posts), _TINY, 1 - _TINY)
        return np.where(said, np.log(p), np.log1p(-p)).sum(axis=1)


def fit_exposure(said: Said, posts: Floats) -> Exposure:
    """Fit exponent and rates by maximum likelihood: the exponent is 1 for mere verbosity, 0 where posts do not matter."""

    def at(exponent: float) -> Exposure:
        return Exposure(exponent, _rates(said, posts**exponent))

    best = minimize_scalar(lambda e: -at(e).log_likelihood(said, posts).sum(), bounds=_EXPONENTS, method="bounded", options={"xatol": 0.01})
    return at(float(best.x))


def _rates(said: Said, exposure: Floats) -> Floats:
    """Solve for each level's rate by bisection on its logarithm: the score falls as the rate grows."""
    low, high = np.full(said.shape[1], -15.0), np.full(said.shape[1], 6.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        product = np.outer(exposure, np.exp(middle))
        score = np.where(said, product / np.expm1(np.clip(product, _TINY, 500.0)), -product).sum(axis=0)
        low, high = np.where(score > 0, middle, low), np.where(score > 0, high, middle)
    return np.exp((low + high) / 2)


def h_under_exposure(null: Exposure, posts: Floats, rounds: int, rng: np.random.Generator) -> Floats:
    """Simulate H `[rounds]` of authors with these numbers of posts if there is no scale."""
    chances = null.chances(posts)
    return np.array([loevinger_h(rng.random(chances.shape) < chances) for _ in range(rounds)])
