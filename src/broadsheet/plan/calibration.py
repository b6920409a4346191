"""Turns scores into logits of liking that mean what they say."""

import numpy as np
from numpy.typing import NDArray

STEPS = 50
RIDGE = 1e-3
"""What keeps the slopes finite where scores part likes from dislikes without an error."""

Floats = NDArray[np.float64]


def logistic(columns: Floats, liked: NDArray[np.int8]) -> Floats:
    """Return an intercept and a slope for each of the columns `[N, k]`, by Newton's method: Platt's calibration where there is one column `[k + 1]`.

    >>> truth = np.array([-1.0, 0.2]); x = np.linspace(-3, 3, 4000)[:, None]
    >>> y = (np.random.default_rng(0).random(4000) < 1 / (1 + np.exp(-truth[0] - truth[1] * x[:, 0]))).astype(np.int8)
    >>> bool(np.abs(logistic(x, y) - truth).max() < 0.1)
    True
    """
    centre, spread = columns.mean(axis=0), np.maximum(columns.std(axis=0), 1e-9)
    design = np.column_stack([np.ones(len(columns)), (columns - centre) / spread])
    fitted = np.zeros(design.shape[1])
    penalty = np.diag([0.0, *[RIDGE] * columns.shape[1]])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-design @ fitted))
        slope = design.T @ (liked - chance) - penalty @ fitted
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + penalty + 1e-9 * np.eye(len(penalty))
        step = np.linalg.solve(curve, slope)
        fitted = fitted + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-9:
            break
    slopes = fitted[1:] / spread
    return np.concatenate([[fitted[0] - slopes @ centre], slopes])


def log_loss(logits: Floats, liked: NDArray[np.int8]) -> float:
    """Return the mean negative log-likelihood of outcomes, in nats.

    >>> round(log_loss(np.zeros(2), np.array([0, 1])), 4)
    0.6931
    """
    return float(np.logaddexp(0, np.where(liked > 0, -logits, logits)).mean())
