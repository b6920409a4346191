"""The laws of a simulated reader: every constant that no log can tell, in one place, each with its unit; why so: design/016-environment.md."""

from typing import Annotated, Final

from pydantic import Field

from broadsheet.core.config import Config
from broadsheet.core.errors import ConfigError, did_you_mean

LEVELS: Final = {"zero": 0.0, "low": 0.5, "middle": 1.0, "high": 2.0}
"""The dial `boredom` by name: figures of a method are shown for all of them."""


def level(name: str) -> float:
    """Return the dial at a level by name. Raises ConfigError for one that there is not.

    >>> level("middle")
    1.0
    """
    if name not in LEVELS:
        raise ConfigError(f"There is no level of boredom {name!r}.{did_you_mean(name, LEVELS)}", f"Levels are: {', '.join(LEVELS)}.")
    return LEVELS[name]


class Laws(Config):
    """How a reader's liking, satisfaction and patience change with what is shown.

    An item is liked with the chance `sigmoid(base - boredom * fatigue * own * worn - repeat * shown)`: `worn` is the
    exposure to its categories, and to those of like meaning, in shares of a slate, of earlier rounds (each round leaves the share `decay` of it) and, times
    `beside`, of the others on its slate; `own` differs between readers (lognormal with mean 1 and `spread` as the deviation of its logarithm), `shown` counts how often the
    very item stood on earlier slates. The stock of satisfaction moves by `learning` from where it is to the share of the slate that was liked
    less `boredom * cost * worn`; it begins at `start`. After a slate the reader leaves with the chance
    `sigmoid(leave - loyal * stock + boredom * restless * the greatest exposure)`.

    None of these is fitted: they are assumptions, and `boredom` is swept, zero included, where a plan has nothing to win.
    """

    boredom: Annotated[float, Field(ge=0)] = 1.0
    fatigue: Annotated[float, Field(ge=0)] = 2.0
    spread: Annotated[float, Field(ge=0)] = 0.5
    decay: Annotated[float, Field(ge=0, lt=1)] = 0.8
    beside: Annotated[float, Field(ge=0)] = 0.5
    repeat: Annotated[float, Field(ge=0)] = 1.0
    learning: Annotated[float, Field(gt=0, le=1)] = 0.3
    start: Annotated[float, Field(ge=0, le=1)] = 0.5
    cost: Annotated[float, Field(ge=0)] = 0.05
    leave: float = 0.0
    loyal: Annotated[float, Field(ge=0)] = 5.0
    restless: Annotated[float, Field(ge=0)] = 0.3


SESSION: Final = Laws()
"""Sessions of at most 20 slates of six: films and books."""

DAYS: Final = Laws(fatigue=4.0, spread=0.0, decay=0.7, beside=0.0, repeat=4.0, learning=0.2, start=0.4, cost=0.0, leave=-1.5, loyal=6.0, restless=0.0)
"""Thirty days of the fictional world, a slate of eight a day. Its own laws say how interest tires (.5 logits an exposure is 4 a slate's share, .7 a day); how
long a reader stays is ours."""
