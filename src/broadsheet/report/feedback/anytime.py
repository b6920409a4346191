"""A p-value and an interval that hold however often one looks: the mixture test of a sequence of estimates."""

from math import exp, inf, log, sqrt
from typing import NamedTuple

from broadsheet.core.errors import ConfigError


class Anytime(NamedTuple):
    """A p-value and the ends of an interval, valid at any moment that the data themselves may choose."""

    p: float
    low: float
    high: float


def always_valid(estimate: float, error: float, scale: float, *, level: float = 0.95) -> Anytime:
    """Return what can be said of an effect at any look, from its estimate and standard error now.

    The likelihood ratio of a normal effect of standard deviation `scale` against none, which is a martingale where there is none (Robbins 1970; for split tests
    Johari, Koomen, Pekelis and Walsh 2022): that it ever exceeds 1 / alpha has a chance of alpha at most. `scale` is chosen before the data; another one costs power and no validity.
    An error of 0 says nothing, and so does this. Raises ConfigError for a scale that is not above 0.

    >>> said = always_valid(0.0, 0.1, 0.1)
    >>> said.p, bool(said.high > 1.96 * 0.1)
    (1.0, True)
    """
    if not scale > 0:
        raise ConfigError(f"The scale of an effect is {scale:g}.", "Give the size of an effect that would matter, above 0.")
    if not error > 0:
        return Anytime(1.0, -inf, inf)
    variance, prior = error * error, scale * scale
    grown = log((variance + prior) / variance)
    ratio = 0.5 * prior * estimate * estimate / (variance * (variance + prior)) - 0.5 * grown
    half = sqrt(variance * (variance + prior) / prior * (2 * log(1 / (1 - level)) + grown))
    return Anytime(min(1.0, exp(-ratio)) if ratio > 0 else 1.0, estimate - half, estimate + half)
