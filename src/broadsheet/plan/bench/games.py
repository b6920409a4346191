"""Agents play published games, and what came of it: sums, lengths, how much of the catalogue, how alike for everyone."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.schema import Columns
from broadsheet.plan.environment.published import GameVecEnv
from broadsheet.plan.protocols import Agent

PAIRED = 290
"""Sessions, the first, among which overlap is taken: as many as Coat has users."""


class Played(NamedTuple):
    """Sessions that were played: users `[B]`, what was shown `[B, T, k]` (-1: nothing), rewards `[B, T]`, lengths `[B]`."""

    user: NDArray[np.int64]
    shown: NDArray[np.int32]
    reward: NDArray[np.float32]
    length: NDArray[np.int32]

    def values(self) -> pl.DataFrame:
        """Return a line a session: user, sum of rewards, length."""
        return pl.DataFrame({Columns.USER: self.user, "r_cum": self.reward.sum(axis=1, dtype=np.float64), "length": self.length})

    def figures(self, items: int) -> dict[str, float]:
        """Return means over sessions, the share of `items` that was shown to anybody, and the overlap between sessions."""
        total = self.reward.sum(axis=1, dtype=np.float64)
        return {
            "r_cum": float(total.mean()),
            "length": float(self.length.mean()),
            "r_each": float(total.sum() / self.length.sum()),
            "item_coverage": len(np.unique(self.shown[self.shown >= 0])) / items,
            "overlap": overlap(self.shown[:PAIRED], items),
        }


def play(game: GameVecEnv, agent: Agent, users: NDArray[np.int64], seed: int = 0) -> Played:
    """Let an agent play a session with each of `users`, as many as the game has sessions, until the last has ended."""
    observation, _ = game.reset(seed=seed, options={"users": users})
    agent.begin(game.num_envs, seed)
    over = np.zeros(game.num_envs, dtype=bool)
    while not over.all():
        observation, _, terminated, truncated, _ = game.step(agent.act(observation))
        over |= terminated | truncated
    return Played(users, observation["shown"], observation["reward"], observation["step"])


def together(parts: list[Played]) -> Played:
    """Return sessions of several passes as one."""
    return Played(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def overlap(shown: NDArray[np.int32], items: int) -> float:
    """Return the mean Jaccard index of the sets of items of two sessions, over all pairs of the sessions `[B, T, k]`: 1 where all are shown the same.

    >>> overlap(np.array([[[0], [1]], [[1], [0]], [[2], [-1]]]), 3)
    0.3333333333333333
    """
    held = np.zeros((len(shown), items + 1), dtype=np.float64)
    held[np.arange(len(shown))[:, None], shown.reshape(len(shown), -1)] = 1
    held = held[:, :items]
    common = held @ held.T
    sizes = held.sum(axis=1)
    first, second = np.triu_indices(len(shown), k=1)
    return float((common / (sizes[:, None] + sizes - common))[first, second].mean()) if len(first) else 1.0
