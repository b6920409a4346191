"""A model of choice: which of the day's papers a reader takes, from signals of each."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit, logsumexp

# Probabilities are kept this far from 0 and 1 before a logarithm is taken.
EDGE = 1e-6


class Day(NamedTuple):
    """One reader's day: signals `[N, F]` of each candidate, and which `[N]` were taken (1) or not (0)."""

    signals: np.ndarray
    taken: np.ndarray


class Choice(NamedTuple):
    """Weights of signals `[F]`, their means and deviations, and the calibration `[3]`.

    A conditional logit (McFadden 1974): a candidate's utility is `w . (x - mean) / deviation`,
    and the chance that it is the one taken is the softmax of utilities over the day. The
    chance that it is taken at all is Platt's (1999) logistic in the logit of that softmax and in
    the logarithm of the number of candidates.
    """

    names: tuple[str, ...]
    mean: np.ndarray
    deviation: np.ndarray
    weights: np.ndarray
    calibration: np.ndarray
    days: int

    def utility(self, signals: np.ndarray) -> np.ndarray:
        """Return `[N]`: the logarithm of each candidate's odds against an average one."""
        return (signals - self.mean) / self.deviation @ self.weights

    def probability(self, utility: np.ndarray) -> np.ndarray:
        """Return the calibrated chance `[N]` that each candidate of a day is taken."""
        if not len(utility):
            return np.zeros(0)
        return expit(_calibrating(utility) @ self.calibration)


def fit_choice(days: Sequence[Day], names: Sequence[str], *, penalty: float = 1e-3) -> Choice:
    """Fit to the days in which something was taken and something was not.

    `penalty` is that of the squared weights, per day. Where a day has several takes each counts
    as one choice among all, and shares the day's weight with the others.
    """
    usable = [day for day in days if 0 < day.taken.sum() < len(day.taken)]
    stacked = np.concatenate([day.signals for day in usable])
    mean, deviation = stacked.mean(axis=0), np.maximum(stacked.std(axis=0), 1e-9)
    x = (stacked - mean) / deviation
    starts = np.cumsum([0, *(len(day.taken) for day in usable[:-1])])
    group = np.repeat(np.arange(len(usable)), [len(day.taken) for day in usable])
    share = np.concatenate([day.taken / day.taken.sum() for day in usable])

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        utility = x @ w
        top = np.maximum.reduceat(utility, starts)
        exponent = np.exp(utility - top[group])
        total = np.add.reduceat(exponent, starts)
        log_chance = utility - top[group] - np.log(total)[group]
        value = -float(share @ log_chance) / len(usable) + penalty * float(w @ w)
        gradient = x.T @ (exponent / total[group] - share) / len(usable) + 2 * penalty * w
        return value, gradient

    weights = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x
    fitted = Choice(tuple(names), mean, deviation, weights, np.array([0.0, 1.0, 0.0]), len(usable))
    features = np.concatenate([_calibrating(fitted.utility(day.signals)) for day in usable])
    return fitted._replace(calibration=calibrate(features, np.concatenate([day.taken for day in usable])))


def calibrate(features: np.ndarray, taken: np.ndarray, *, penalty: float = 1e-6) -> np.ndarray:
    """Return the coefficients `[K]` of a logistic regression of `taken` `[N]` on `features` `[N, K]`, the constant among them."""

    def loss(c: np.ndarray) -> tuple[float, np.ndarray]:
        score = features @ c
        value = float((np.logaddexp(0, score) - taken * score).mean()) + penalty * float(c @ c)
        return value, features.T @ (expit(score) - taken) / len(taken) + 2 * penalty * c

    start = np.zeros(features.shape[1])
    return minimize(loss, start, jac=True, method="L-BFGS-B").x


def _calibrating(utility: np.ndarray) -> np.ndarray:
    """Return what the chance rests on, `[N, 3]`: a constant, the logit of the softmax, the log of the day's size."""
    chance = np.exp(utility - logsumexp(utility))
    ones = np.ones(len(utility))
    return np.stack([ones, logit(np.clip(chance, EDGE, 1 - EDGE)), ones * np.log(len(utility))], axis=1)
