"""Sessions of an agent in the environment that judges: every user with several streams of luck, side by side."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from broadsheet.core.progress import Progress, silent
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.protocols import Agent
from broadsheet.plan.session import Observation

STREAMS: Final = 4
"""Sessions of each user, each with luck of its own that is the same for all agents."""
STAYS: Final = -80.0
"""`Laws.leave` at which nobody leaves: so small a chance counts as none."""


@dataclass(frozen=True, eq=False)
class SessionLog:
    """What happened in sessions `[N]`, a user's streams one after the other.

    `reward` `[N, T]` is the share of each slate that was liked (0 after the end), `expected` `[N, T]` the mean chance of it, `shown` `[N, T, k]` the items
    (-1: none, or void) and `liked` `[N, T, k]` what came of them (-1: none). `length` `[N]` counts slates, the one at which a reader left with them; `left` `[N]` tells who did.
    `facts` are the agent's own.
    """

    user: NDArray[np.int64]
    stream: NDArray[np.int64]
    reward: NDArray[np.float32]
    expected: NDArray[np.float32]
    shown: NDArray[np.int32]
    liked: NDArray[np.int8]
    length: NDArray[np.int32]
    left: NDArray[np.bool_]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.user)

    def of(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> "SessionLog":
        """Return some of the sessions, by a mask or by rows."""
        return SessionLog(
            self.user[which],
            self.stream[which],
            self.reward[which],
            self.expected[which],
            self.shown[which],
            self.liked[which],
            self.length[which],
            self.left[which],
            self.facts,
        )


def run_sessions(
    agent: Agent, pair: Pair, users: NDArray[np.int64], *, streams: int = STREAMS, seed: int = 0, draw: int | None = None, progress: Progress = silent
) -> SessionLog:
    """Let an agent fill slates for each of `users` `streams` times, side by side, until all have ended.

    Luck follows from `seed`, the user and the stream, so that two agents meet the same; what an agent itself draws follows from `draw` (`seed`, if None). An agent
    is given observations and nothing else: neither the truth nor rewards, nor who has left. Raises ConfigError for no users.
    """
    user = np.repeat(np.asarray(users, dtype=np.int64), streams)
    stream = np.tile(np.arange(streams), len(users))
    env = pair.judge(np.unique(user), count=len(user), autoreset=AutoresetMode.DISABLED)
    seen, _ = env.reset(seed=seed, options={"users": user, "streams": stream})
    agent.begin(len(user), seed if draw is None else draw)
    reward, expected = (np.zeros((len(user), pair.horizon), dtype=np.float32) for _ in range(2))
    left, over = np.zeros(len(user), dtype=bool), np.zeros(len(user), dtype=bool)
    for number in range(pair.horizon):
        seen, reward[:, number], terminated, truncated, info = env.step(agent.act(seen))
        expected[:, number] = info["expected"]
        left |= terminated
        over |= terminated | truncated
        progress("rounds", number + 1, pair.horizon)
        if over.all():
            break
    facts = {key: float(value) if isinstance(value, np.generic) else value for key, value in agent.facts().items()}
    return SessionLog(user, stream, reward, expected, seen["shown"].copy(), seen["liked"].copy(), seen["step"].copy(), left, facts)


class NoRepeats:
    """An agent without repeats: an item that stood on an earlier slate of the session leaves its place empty, which no reader likes (NX_0)."""

    def __init__(self, agent: Agent) -> None:
        self.agent, self.name = agent, f"{agent.name}, no repeats"

    def begin(self, count: int, seed: int) -> None:
        """Forget all sessions."""
        self.agent.begin(count, seed)

    def act(self, observation: Observation) -> NDArray[np.int64]:
        """Return the agent's slates without what was shown before."""
        slate = self.agent.act(observation)
        before = observation["shown"].reshape(len(slate), 1, -1)
        return np.where((slate[:, :, None] == before).any(axis=2), -1, slate)

    def facts(self) -> Mapping[str, Any]:
        """Return the agent's own."""
        return self.agent.facts()


def nobody_leaves(pair: Pair) -> Pair:
    """Return the pair whose readers stay to the horizon, for figures of a fixed number of rounds (NX_T)."""
    return pair.with_laws(leave=STAYS)
