"""Two rival laws of who speaks of which level, cumulative and unfolding, fitted by marginal likelihood."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from broadsheet.sample.world.solvers.scales import Floats, Said

_NODES = np.linspace(-3, 3, 15)
_WEIGHTS = np.exp(-(_NODES**2) / 2) / np.exp(-(_NODES**2) / 2).sum()
_FLOOR = 1e-4
_STEP = 1e-5

Curve = Callable[[Floats], Floats]


def cumulative(parameters: Floats) -> Floats:
    """Return rates by level and place `[7, K]` that rise with the place: height, steepness, thresholds."""
    height, steep, threshold = parameters[0], parameters[1], parameters[2:]
    return _FLOOR + np.exp(height) / (1 + np.exp(-np.exp(steep) * (_NODES - threshold[:, None])))


def unfolding(parameters: Floats) -> Floats:
    """Return rates by level and place `[7, K]` that peak where the place is the level's own: height, width, ideal points."""
    height, width, ideal = parameters[0], parameters[1], parameters[2:]
    return _FLOOR + np.exp(height - (_NODES - ideal[:, None]) ** 2 / (2 * np.exp(width)))


class Ladder(NamedTuple):
    """A fitted law: its curve, its parameters, and the exponent of the number of posts."""

    curve: Curve
    parameters: Floats
    exponent: float

    def log_likelihood(self, said: Said, posts: Floats) -> Floats:
        """Return each author's log likelihood `[A]`, places integrated out."""
        return _marginal(self.curve(self.parameters), said, posts**self.exponent)[0]


def fit_ladder(curve: Curve, start: Floats, said: Said, posts: Floats, exponent: float) -> Ladder:
    """Fit a law from a starting point of its seven levels, by quasi-Newton steps."""
    exposure = posts**exponent
    height = float(np.log(max(_FLOOR, said.mean() / exposure.mean())) + 1)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        rate = curve(parameters)
        jacobian = np.stack([(curve(parameters + _STEP * unit) - rate) / _STEP for unit in np.eye(len(parameters))])
        likelihood, slope = _marginal(rate, said, exposure)
        # A weak pull to zero keeps levels that nobody mentions from running away.
        penalty, pull = 0.02 * float(np.square(parameters[1:]).sum()), np.append(0.0, 0.04 * parameters[1:])
        return penalty - float(likelihood.sum()), pull - (jacobian * slope).sum(axis=(1, 2))

    bounds = [(-8.0, 4.0), (-3.0, 3.0)] + [(-5.0, 5.0)] * len(start)
    first = np.clip(np.concatenate([[height, 0.0], start]), [b[0] for b in bounds], [b[1] for b in bounds])
    found = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 60})
    return Ladder(curve, found.x, exponent)


def _marginal(rate: Floats, said: Said, exposure: Floats) -> tuple[Floats, Floats]:
    """Return log likelihoods `[A]` and the derivative of their sum by the rates `[7, K]`."""
    product = np.clip(exposure[:, None, None] * rate, 1e-12, 500.0)
    yes, silent = said[:, :, None], np.exp(-product)
    joint = np.where(yes, np.log1p(-silent), -product).sum(axis=1) + np.log(_WEIGHTS)
    top = joint.max(axis=1, keepdims=True)
    likelihood = top[:, 0] + np.log(np.exp(joint - top).sum(axis=1))
    posterior = np.exp(joint - likelihood[:, None])
    slope = np.where(yes, silent / (1 - silent), -1.0) * exposure[:, None, None]
    return likelihood, (posterior[:, None, :] * slope).sum(axis=0)


def axis_of_levels(said: Said) -> Floats:
    """Order the levels by the first axis of a correspondence analysis `[7]`: a start for ideal points that no taxonomy gives."""
    x = said[said.any(axis=1)].astype(float)
    share = np.maximum(x.sum(axis=0), 0.5) / x.sum()
    expected = np.outer(x.sum(axis=1), share)
    _, _, directions = np.linalg.svd((x - expected) / np.sqrt(expected), full_matrices=False)
    scores = directions[0] / np.sqrt(share)
    return 1.5 * (scores - scores.mean()) / max(_FLOOR, float(np.abs(scores - scores.mean()).max()))


def thresholds(said: Said) -> Floats:
    """Return where levels would begin if shares alone told `[7]`."""
    share = np.clip(said.mean(axis=0), 0.02, 0.98)
    return -np.log(share / (1 - share)).astype(np.float64)


def standard_score(difference: NDArray[np.floating]) -> float:
    """Return the mean of paired differences over its standard error."""
    return float(difference.mean() / max(1e-12, difference.std(ddof=1) / np.sqrt(len(difference))))
