"""Turns scores into logits of liking that mean what they say."""

import numpy as np
from numpy.typing import NDArray

RIDGE = 1e-3
"""What keeps the slopes finite where scores part likes from dislikes without an error."""

Floats = NDArray[np.float64]


def logistic(columns: Floats, liked: NDArray[np.int8]) -> Floats:
    """Return an intercept and a slope for each of the columns `[N, k]`, `[k + 1]`: Platt's calibration where there is one column.

    >>> truth = np.array([-1.0, 0.2]); x = np.linspace(-3, 3, 4000)[:, None]
    >>> y = (np.random.default_rng(0).random(4000) < 1 / (1 + np.exp(-truth[0] - truth[1] * x[:, 0]))).astype(np.int8)
    >>> bool(np.abs(logistic(x, y) - truth).max() < 0.1)
    True
    """
    from sklearn.linear_model import LogisticRegression

    centre, spread = columns.mean(axis=0), np.maximum(columns.std(axis=0), 1e-9)
    fitted = LogisticRegression(C=1 / RIDGE, solver="newton-cholesky", tol=1e-9).fit((columns - centre) / spread, liked)
    slopes = fitted.coef_[0] / spread
    return np.concatenate([fitted.intercept_ - slopes @ centre, slopes])


def log_loss(logits: Floats, liked: NDArray[np.int8]) -> float:
    """Return the mean negative log-likelihood of outcomes, in nats.

    >>> round(log_loss(np.zeros(2), np.array([0, 1])), 4)
    0.6931
    """
    return float(np.logaddexp(0, np.where(liked > 0, -logits, logits)).mean())
