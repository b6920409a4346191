"""What is true of readers and never shown to a model: interests, motif, club, and the climb of their needs."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.sample.world import settings as s
from broadsheet.sample.world.settings import WorldConfig
from broadsheet.sample.world.vocabulary import themes


class Climb(NamedTuple):
    """Needs of `R` readers over time: the days `[R, 4]` on which each comes up, and its level `[R, 4]`, 1 to 6."""

    day: NDArray[np.int64]
    level: NDArray[np.int64]

    def wanted(self, days: int) -> NDArray[np.int64]:
        """Return the level of papers opened eagerly on each day `[R, days]`, 0 for none: one up, in the days after."""
        level = np.zeros((len(self.day), days), dtype=np.int64)
        rows = np.arange(len(self.day))
        for step in range(self.day.shape[1]):
            for later in range(1, s.REACTION + 1):
                level[rows, np.minimum(self.day[:, step] + later, days - 1)] = self.level[:, step] + 1
        return level


class Traits(NamedTuple):
    """Latent truth of `R` readers: interests in logits `[R, T]`, preferred motif, club, part of the last event, desk."""

    interest: NDArray[np.float64]
    motif: NDArray[np.int64]
    club: NDArray[np.int64]
    key: NDArray[np.int64]
    final: NDArray[np.int64]
    desk: NDArray[np.bool_]
    climb: Climb

    @property
    def population(self) -> int:
        """How many readers there are."""
        return len(self.motif)


def draw_traits(config: WorldConfig) -> Traits:
    """Draw what is true of the readers, whichever truths the world goes without."""
    n, rng = config.readers, generator(config.seed, "world", "traits")
    desk = np.zeros(n, dtype=bool)
    desk[rng.permutation(n)[: round(s.DESK_SHARE * n)]] = True
    return Traits(
        interest=rng.normal(0, 1.1, size=(n, len(themes()))),
        motif=rng.permutation(np.arange(n) % len(s.MOTIFS)),
        club=rng.permutation(np.arange(n) % s.CLUBS),
        # Independent draws: were keys balanced, leaving a reader out would tell against the own key.
        key=rng.integers(s.KEYS, size=n),
        final=np.arange(n) % len(s.FINALS),
        desk=desk,
        climb=draw_climb(config, "lived"),
    )


def draw_climb(config: WorldConfig, which: str) -> Climb:
    """Draw how needs rise: the climb that is lived and one that is only told have the same distribution."""
    rng = generator(config.seed, "world", "climb", which)
    n, steps = config.readers, s.DESK_POSTS
    stride = (config.days - 2) // steps
    day = 1 + np.arange(steps) * stride + rng.integers(0, max(1, stride - s.REACTION), size=(n, steps))
    rise = rng.integers(0, 3, size=(n, steps - 1))
    level = np.cumsum(np.concatenate([rng.integers(1, 4, size=(n, 1)), rise], axis=1), axis=1)
    return Climb(day, np.minimum(level, s.LEVELS - 1))


def readers_frame(traits: Traits, ids: list[str]) -> pl.DataFrame:
    """Return the latent truth as a frame; it is gold, never an input of a model."""
    return pl.DataFrame(
        {
            Columns.USER: ids,
            "interests": traits.interest.tolist(),
            "motif": [s.MOTIFS[m] for m in traits.motif],
            "club": traits.club,
            "key": traits.key,
            "desk": traits.desk,
            "climb_day": traits.climb.day.tolist(),
            "climb_level": traits.climb.level.tolist(),
            Columns.TRUTH: [s.FINALS[f] for f in traits.final],
        }
    )
