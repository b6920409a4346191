"""Numbers that a comparison may hold: within what the schema has seen, so that none is foreign and two bounds leave something between them."""

import math
from functools import lru_cache
from typing import NamedTuple

from broadsheet.ask.schema import PropertyFacts
from broadsheet.core.errors import ConfigError
from broadsheet.core.llm.acceptor import Acceptor

SIGNS = ("=", "<>", "<", "<=", ">", ">=")
# The sign at the other end of a range.
OTHERS = {">": ("<", "<="), ">=": ("<", "<="), "<": (">", ">="), "<=": (">", ">=")}


class Figures(NamedTuple):
    """A number that is to be written: at least `low` and at most `high`, or more and less than them where they are `open`."""

    whole: bool
    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def start(self) -> Acceptor | None:
        """Return the acceptor of its characters, or None where there is no such number that can be written."""
        return _acceptor(self)


@lru_cache(maxsize=8192)
def _acceptor(figures: Figures) -> Acceptor | None:
    if figures.low > figures.high or math.inf in {figures.low, -figures.high}:
        return None
    held: dict[str, object] = {"type": "integer" if figures.whole else "number"}
    if math.isfinite(figures.low):
        held["exclusiveMinimum" if figures.open_low else "minimum"] = figures.low
    if math.isfinite(figures.high):
        held["exclusiveMaximum" if figures.open_high else "maximum"] = figures.high
    try:
        return Acceptor.of(held)
    except ConfigError:
        return None


def compared(facts: PropertyFacts, sign: str) -> Figures:
    """Return the numbers with which a property can be compared so that some value that was seen may meet it.

    >>> compared(PropertyFacts("integer", 1950.0, 2020.0), ">")
    Figures(whole=True, low=1950.0, high=2020.0, open_low=False, open_high=True)
    """
    low, high = _bounds(facts)
    return Figures(facts.type == "integer", low, high, sign == "<" and math.isfinite(low), sign == ">" and math.isfinite(high))


def across(facts: PropertyFacts, sign: str, bound: float, other: str) -> Figures:
    """Return the numbers at the other end of a range of which one end is written: a value lies between the two.

    >>> across(PropertyFacts("integer", 1950.0, 2020.0), ">", 1990, "<").low
    1992
    """
    own = compared(facts, other)
    # Whole numbers on both sides must leave one between them.
    gap = int(sign in "<>") + int(other in "<>") if own.whole else 0
    if sign in {">", ">="}:
        return own._replace(low=bound + max(gap, 1), open_low=False) if own.whole else own._replace(low=bound, open_low=True)
    return own._replace(high=bound - max(gap, 1), open_high=False) if own.whole else own._replace(high=bound, open_high=True)


def _bounds(facts: PropertyFacts) -> tuple[float, float]:
    """Return the least and greatest value; of a bound that is no number, that there are none."""
    low, high = (value if isinstance(value, int | float) else None for value in (facts.low, facts.high))
    if any(value is not None and math.isnan(value) for value in (low, high)):
        return math.inf, -math.inf
    if low is None:
        # What is counted or dated lies above zero, unless a value below it was seen.
        counted = facts.type == "integer" and not any(one.startswith("-") for one in facts.values)
        low = 0.0 if counted else -math.inf
    return low, math.inf if high is None else high
