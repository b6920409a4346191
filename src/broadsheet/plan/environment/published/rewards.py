"""What a round is worth in the published games: a number of a table, or clicks."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet.plan.environment import noise

Floats = NDArray[np.float32]


class Rewards(Protocol):
    """Says what a slate is worth to each reader; `size` is how many users and items it knows."""

    @property
    def size(self) -> tuple[int, int]:
        """Users and items."""
        ...

    def of(self, users: NDArray[np.int64], rows: NDArray[np.int64], luck: noise.Words) -> Floats:
        """Return the reward `[B]` of slates `[B, k]` for users `[B]`; what chance decides follows from `luck` `[B]`."""
        ...


class Table:
    """A fixed number for every user and item `[U, I]`, the mean over a slate: history changes nothing, which is why loops pay."""

    def __init__(self, values: NDArray[np.floating] | NDArray[np.integer]) -> None:
        self.values = np.asarray(values, dtype=np.float32)
        self.size = (self.values.shape[0], self.values.shape[1])

    def of(self, users: NDArray[np.int64], rows: NDArray[np.int64], luck: noise.Words) -> Floats:  # noqa: ARG002
        """Return the mean of what the table holds."""
        return self.values[users[:, None], rows].mean(axis=1)


class Nothing:
    """No reward: for games of which only the length can be reproduced, because the logs of their clicks are not to be had."""

    def __init__(self, users: int, items: int) -> None:
        self.size = (users, items)

    def of(self, users: NDArray[np.int64], rows: NDArray[np.int64], luck: noise.Words) -> Floats:  # noqa: ARG002
        """Return zeros."""
        return np.zeros(len(users), dtype=np.float32)


class Clicks:
    """The share of the slate that is clicked, each item with the chance `sigmoid(logits)` (KuaiSim).

    `double_sigmoid` is a known bug of KuaiSim: its model gives chances, and its environment takes their sigmoid again, so that every chance lies between .5 and .731
    and a useless policy seems to get a half. LERL's copy is without it. KuaiSim's penalty for similar items on a slate is not here.
    """

    def __init__(self, logits: NDArray[np.floating], *, double_sigmoid: bool = False) -> None:
        chance = 1 / (1 + np.exp(-np.asarray(logits, dtype=np.float64)))
        self.chance = (1 / (1 + np.exp(-chance)) if double_sigmoid else chance).astype(np.float32)
        self.size = (self.chance.shape[0], self.chance.shape[1])

    def of(self, users: NDArray[np.int64], rows: NDArray[np.int64], luck: noise.Words) -> Floats:
        """Return the share of the slate that was clicked."""
        clicked = noise.uniform(luck[:, None], rows.astype(np.uint64)) < self.chance[users[:, None], rows]
        return clicked.mean(axis=1, dtype=np.float32)
