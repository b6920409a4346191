"""A simulated reader of a page: looks down it as people do, and clicks what is wanted, and sometimes what is not."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from broadsheet.core.config import Config


class ReaderConfig(Config):
    """How a reader looks and errs.

    The paper in slot k is looked at with a chance of k to the power of -`position`, each independently (the position-based model; Craswell et al. 2008, Joachims et al. 2017).
    Of the clicks a share of `wrong` falls on a paper that is not wanted. `days` labels are read, each on a page of `budget` papers, a share of `exploration` of them given by chance.
    """

    position: float = Field(default=1.0, ge=0)
    wrong: float = Field(default=0.2, ge=0, lt=1)
    days: int = Field(default=30, ge=2)
    budget: int = Field(default=10, ge=2)
    exploration: float = Field(default=0.1, ge=0, le=0.5)


def looked_at(count: int, config: ReaderConfig, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return which of the first `count` slots a reader looks at, `[count]`; the first always."""
    return rng.random(count) < np.arange(1, count + 1) ** -config.position


def clicks(wanted: Sequence[bool], config: ReaderConfig, rng: np.random.Generator) -> list[int]:
    """Return the slots, from 0, that a reader clicks on a page: every wanted paper looked at, but a click in so many goes to one that is not wanted.

    A click that goes astray falls on a paper that is not wanted and was looked at, or, where there is none, on the first that is not wanted.

    >>> clicks([True, False], ReaderConfig(position=0.0, wrong=0.0), np.random.default_rng(0))
    [0]
    """
    want = np.asarray(wanted, dtype=bool)
    seen = looked_at(len(want), config, rng)
    astray = np.flatnonzero(seen & ~want) if (seen & ~want).any() else np.flatnonzero(~want)[:1]
    found: list[int] = []
    for slot in np.flatnonzero(seen & want):
        if rng.random() < config.wrong:
            if len(astray):
                found.append(int(rng.choice(astray)))
        else:
            found.append(int(slot))
    return sorted(set(found))
