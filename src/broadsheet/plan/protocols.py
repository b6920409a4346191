"""What agents and planners are: two small protocols, and what passes between them."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet.plan.session import Observation


class Source(IntEnum):
    """Who made a plan; counted in every result."""

    RULE = 0
    LLM = 1
    CACHE = 2
    TABLE = 3
    REPLAY = 4
    FALLBACK = 5


class PlanState(NamedTuple):
    """What a planner knows of sessions `[B]`, by category `[B, C]`.

    `recent` decayed exposures and `last` the last slate's, in shares of a slate; `exposed` and `pleased` sums of shares shown and liked in this session;
    `affinity` how much the agent's model expects the user to like the best unseen candidates of a category (a chance); `available` whether there is one; `horizon` rounds a session. `goals`, where needs
    are known, are log-odds by category.
    """

    user: NDArray[np.int64]
    step: NDArray[np.int32]
    horizon: int
    recent: NDArray[np.float32]
    last: NDArray[np.float32]
    exposed: NDArray[np.float32]
    pleased: NDArray[np.float32]
    affinity: NDArray[np.float32]
    available: NDArray[np.bool_]
    goals: NDArray[np.float32] | None = None


class Plans(NamedTuple):
    """Categories that the next `ttl` `[B]` slates may hold, `allowed` `[B, C]`, and who chose them, `source` `[B]` (values of Source)."""

    allowed: NDArray[np.bool_]
    ttl: NDArray[np.int32]
    source: NDArray[np.int8]


class Planner(Protocol):
    """Chooses categories for sessions.

    Every plan allows at least one category that is available, or says FALLBACK.
    """

    name: str

    def begin(self, count: int, seed: int) -> None:
        """Forget all sessions; `count` new ones begin. What chance decides follows from `seed`."""
        ...

    def plan(self, state: PlanState, due: NDArray[np.bool_]) -> Plans:
        """Return plans for the sessions that are `due` `[B]`; rows of others are ignored."""
        ...

    def counts(self) -> Mapping[str, float]:
        """Return what was counted since `begin`: calls, repairs, fallbacks by reason, hits."""
        ...


class Agent(Protocol):
    """Fills slates for sessions side by side, from observations alone."""

    name: str

    def begin(self, count: int, seed: int) -> None:
        """Forget all sessions; `count` new ones begin. What chance decides follows from `seed`."""
        ...

    def act(self, observation: Observation) -> NDArray[np.int64]:
        """Return a slate of rows for each session `[B, k]`, -1 for an empty slot."""
        ...

    def facts(self) -> Mapping[str, Any]:
        """Return what goes into manifests and rows: models that ran, counts of a planner."""
        ...
