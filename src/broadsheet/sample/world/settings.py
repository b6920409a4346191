"""The dials of a world; the constants of its laws, each with its unit."""

from datetime import date
from typing import Annotated, Final

from pydantic import Field, ValidationError, field_serializer

from broadsheet.core.config import Config
from broadsheet.core.errors import ConfigError, did_you_mean

NAMES: Final = ("figure", "order", "deep", "cold", "fatigue", "posts", "finance")
"""The planted truths, by the names that `without` takes."""

FINALS: Final = ("order", "deep", "figure", "cold", "plain")
"""What the last opened event of readers 0, 1, 2, 3, 4, 5, … is about, in turn."""

START: Final = date(2026, 3, 2)
SLOTS: Final = 8
"""Papers on a reader's daily slate."""
WINDOW: Final = 7
"""Days for which an announced paper may come on a daily slate."""
EXPLORATION: Final = 0.25
"""Share of the uniform distribution in the logging policy."""

DRIFT: Final = 0.08
"""Standard deviation of a day's step of an interest, in logits."""
FATIGUE: Final = 0.5
"""Loss of the chance to open, in logits per recent exposure."""
DECAY: Final = 0.7
"""What a day leaves of an exposure."""
TWIN: Final = 0.9
"""How much an exposure to a category wears its twin out, against 1 for itself."""
NOISE: Final = 0.02
"""Share of probes at which a reader does not follow the truth."""

MOTIFS: Final = ("ring", "bars", "grid", "wave")
SERIES: Final = 12
KEYS: Final = 4
CLUBS: Final = 6
ROUNDS: Final = 6
"""Times a reader meets one paper of each club; in round 0 these are the originals."""
QUADS: Final = 24
FRESH_QUADS: Final = 6
LEVELS: Final = 7
SHELF_COPIES: Final = 12
"""Papers about each need on the finance shelf."""

FIGURE_PROBES: Final = 8
ORDER_PROBES: Final = 6
DESK_POSTS: Final = 4
DESK_SHARE: Final = 0.4
REACTION: Final = 4
"""Days after a post at the desk in which its author opens papers one level up."""
PARTS: Final = 2 * KEYS + 4 * SERIES + CLUBS * (ROUNDS + 1) + 4 * (QUADS + FRESH_QUADS) + LEVELS * SHELF_COPIES
"""Papers that play a part of their own; all others fill the daily slates."""


def least_items(days: int) -> int:
    """Return how many papers a world of so many days needs, that a week's always fill a slate of papers not seen.

    >>> least_items(30), least_items(365)
    (800, 4012)
    """
    return max(800, PARTS + (SLOTS + 2) * (days + WINDOW - 1))


class WorldConfig(Config):
    """How large a world is, from which seed, and which truths it goes without."""

    readers: Annotated[int, Field(ge=10)] = 120
    items: int = 1500
    days: Annotated[int, Field(ge=24, le=365)] = 30
    seed: Annotated[int, Field(ge=0)] = 0
    without: frozenset[str] = frozenset()
    posters: Annotated[int, Field(ge=10)] = 334

    @field_serializer("without")
    def _sorted(self, names: frozenset[str]) -> list[str]:
        return sorted(names)

    def plants(self, name: str) -> bool:
        """Say whether the truth of that name is planted."""
        return name not in self.without


def configure(**values: object) -> WorldConfig:
    """Check the dials; raise `ConfigError` for one out of range or an unknown truth.

    >>> configure(readers=50, without={"order"}).plants("order")
    False
    """
    try:
        config = WorldConfig.model_validate(values)
    except ValidationError as fault:
        first = fault.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise ConfigError(f"A world cannot have {name}={first['input']!r}: {first['msg']}.", "See: broadsheet world --help") from None
    if config.items < least_items(config.days):
        raise ConfigError(f"{config.items} papers are too few for {config.days} days.", f"Ask for --items {least_items(config.days)} or more.")
    for name in sorted(config.without - set(NAMES)):
        raise ConfigError(f"There is no truth {name!r}.{did_you_mean(name, NAMES)}", f"Known: {', '.join(NAMES)}.")
    return config
