"""What a language model is told of a session, made coarse, so that few different questions are asked: a taste, a goal, levels of exposure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from broadsheet.core.config import Config
from broadsheet.core.errors import EmptySourceError
from broadsheet.core.seeds import generator
from broadsheet.plan.material import Material, Split
from broadsheet.plan.protocols import PlanState
from broadsheet.plan.shelves import Shelves

Codes = NDArray[np.int16]
NOTHING, LITTLE, LIKED, TIRED = range(4)
"""Levels of exposure to a category: not of late, a little, much and mostly liked, much and seldom liked."""
TASTE, GOAL, LEVELS = 0, 1, 2
"""Where in a code the taste stands, the goal (-1: none), and from where on the levels."""
ROUNDS: Final = 30


class KeysConfig(Config):
    """How coarse keys are.

    `tastes` clusters of users; `relevant` categories of each, the best liked, whose exposure counts; of it `little` and `much` are the least (shares of a slate, decayed), and
    a category is mostly liked where at least `liked` of what was shown of it was. A goal counts from `wanted` log-odds on. A model chooses among the `offered` categories that a taste likes best.
    """

    tastes: Annotated[int, Field(ge=1, le=4096)] = 16
    relevant: Annotated[int, Field(ge=1, le=16)] = 5
    little: Annotated[float, Field(gt=0)] = 0.1
    much: Annotated[float, Field(gt=0)] = 0.45
    liked: Annotated[float, Field(ge=0, le=1)] = 0.4
    wanted: Annotated[float, Field(ge=0)] = 0.3
    offered: Annotated[int, Field(ge=2)] = 40


class Situation(NamedTuple):
    """What a code says, in rows of categories: what is liked (a chance), what was shown of late and how (a level), what is wanted (-1: nothing is said), among what is chosen."""

    expected: tuple[tuple[int, float], ...]
    shown: tuple[tuple[int, int], ...]
    goal: int
    offered: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Keys:
    """Codes of sessions: `centres` `[K, C]` are the mean affinities of clusters of TRAIN users, `relevant` `[K, Q]` the categories whose exposure counts for each."""

    config: KeysConfig
    centres: NDArray[np.float32]
    relevant: NDArray[np.int16]

    @classmethod
    def fit(cls, affinity: NDArray[np.float32], config: KeysConfig | None = None, seed: int = 0) -> "Keys":
        """Cluster the affinities of users by category `[U, C]`, of TRAIN users alone. Raises EmptySourceError for no users."""
        if not affinity.size:
            raise EmptySourceError("No user is given, so there are no tastes to tell apart.", "Give affinities of users of the split TRAIN.")
        stated = config or KeysConfig()
        centres = clusters(affinity, stated.tastes, seed)
        # Those most liked first; ties by the row.
        relevant = np.argsort(-centres, axis=1, kind="stable")[:, : stated.relevant]
        return cls(stated, centres, relevant.astype(np.int16))

    @property
    def width(self) -> int:
        """Numbers of a code."""
        return LEVELS + self.relevant.shape[1]

    def tastes(self, affinity: NDArray[np.float32]) -> NDArray[np.int16]:
        """Return the nearest taste of each row `[N, C]`; ties go to the first."""
        return _nearest(affinity, self.centres).astype(np.int16)

    def codes(self, state: PlanState, rows: NDArray[np.int64], tastes: NDArray[np.int16]) -> Codes:
        """Return the codes `[N, W]` of the sessions `rows` `[N]`, whose tastes are known."""
        config, count = self.config, len(rows)
        codes = np.empty((count, self.width), dtype=np.int16)
        codes[:, TASTE], codes[:, GOAL] = tastes, -1
        if state.goals is not None:
            goals = state.goals[rows]
            best = goals.argmax(axis=1)
            codes[:, GOAL] = np.where(goals[np.arange(count), best] >= config.wanted, best, -1)
        at = rows[:, None], self.relevant[tastes].astype(np.int64)
        recent, exposed, pleased = state.recent[at], state.exposed[at], state.pleased[at]
        well = pleased >= config.liked * exposed
        levels = np.where(recent >= config.much, np.where(well, LIKED, TIRED), np.where(recent >= config.little, LITTLE, NOTHING))
        codes[:, LEVELS:] = levels
        return codes

    def situation(self, code: Codes) -> Situation:
        """Return what a code says."""
        taste, goal = int(code[TASTE]), int(code[GOAL])
        centre = self.centres[taste]
        order = [row for row in np.argsort(-centre, kind="stable").tolist() if centre[row] > 0][: self.config.offered]
        offered = order if goal < 0 or goal in order else [*order[: self.config.offered - 1], goal]
        expected = tuple((row, float(centre[row])) for row in order[: 2 * self.config.relevant])
        shown = tuple((int(row), int(level)) for row, level in zip(self.relevant[taste].tolist(), code[LEVELS:].tolist(), strict=True) if level)
        return Situation(expected, shown, goal, tuple(offered) or tuple(range(min(len(centre), self.config.offered))))

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """Return what is kept of them, by name; the configuration stands in the manifest."""
        return {"centres": self.centres, "relevant": self.relevant}


def fit_keys(material: Material, config: KeysConfig | None = None, seed: int = 0) -> Keys:
    """Fit keys on a catalogue's TRAIN users, as they are at the beginning of a session."""
    users = material.of(Split.TRAIN)
    nothing = np.zeros((len(users), len(material.items)), dtype=np.uint8)
    return Keys.fit(Shelves(material).left(users, np.zeros(len(users), dtype=np.int32), nothing).affinity, config, seed)


def written(code: Codes) -> str:
    """Write a code as text.

    >>> written(np.array([3, -1, 0, 2, 1], dtype=np.int16))
    '3,-1,0,2,1'
    """
    return ",".join(map(str, code.tolist()))


def read_code(text: str) -> Codes:
    """Read a code that was written.

    >>> read_code("3,-1,0").tolist()
    [3, -1, 0]
    """
    return np.array([int(part) for part in text.split(",")], dtype=np.int16)


def clusters(rows: NDArray[np.float32], count: int, seed: int) -> NDArray[np.float32]:
    """Return the centres `[K, d]` of at most `count` clusters of rows `[N, d]`, ordered by size: Lloyd's rounds from starts far apart (k-means++)."""
    points, dice = rows.astype(np.float64), generator(seed, "plan", "tastes")
    centres = points[dice.integers(len(points))][None]
    while len(centres) < min(count, len(points)):
        far = _distances(points, centres).min(axis=1)
        if far.sum() <= 1e-12:
            break
        centres = np.concatenate([centres, points[dice.choice(len(points), p=far / far.sum())][None]])
    for _ in range(ROUNDS):
        of = _nearest(points, centres)
        held = np.bincount(of, minlength=len(centres))
        sums = np.zeros_like(centres)
        np.add.at(sums, of, points)
        moved = np.where(held[:, None] > 0, sums / np.maximum(held, 1)[:, None], centres)
        if np.allclose(moved, centres):
            break
        centres = moved
    size = np.bincount(_nearest(points, centres), minlength=len(centres))
    return centres[np.argsort(-size, kind="stable")].astype(np.float32)


def _distances(rows: NDArray[Any], centres: NDArray[Any]) -> NDArray[np.float64]:
    return np.maximum((rows**2).sum(axis=1)[:, None] - 2 * rows @ centres.T + (centres**2).sum(axis=1), 0)


def _nearest(rows: NDArray[Any], centres: NDArray[Any]) -> NDArray[np.int64]:
    return _distances(rows, centres).argmin(axis=1)
