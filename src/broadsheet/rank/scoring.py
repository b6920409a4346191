"""The best of all items by exact score, and how much all of them have together."""

from typing import NamedTuple

import numpy as np
import torch

from broadsheet.core.device import choose_dtype
from broadsheet.core.index.exact import FEW, ROUNDING, halved_products
from broadsheet.core.index.nearest import Near, Scorer, lengths, nearest, rescored


class Best(NamedTuple):
    """Rows of items, best first, with their scores, and the logarithm of the sum over all items of the exponential of scores over the temperature."""

    rows: np.ndarray
    scores: np.ndarray
    total: float


class Outputs:
    """What states are multiplied with, `[N, d]`.

    Where the processor multiplies bfloat16 in hardware and items are many, candidates come of such products, and all that could be among the best
    is scored again: the best are the true ones. The sum over the others is then of rounded products.
    """

    def __init__(self, vectors: torch.Tensor) -> None:
        self.vectors = vectors
        self._half: torch.Tensor | None = None
        self._longest = 0.0
        self._ready = False

    def __len__(self) -> int:
        return len(self.vectors)

    def add(self, vector: torch.Tensor) -> None:
        """Put an item `[d]` behind the others."""
        self.vectors = torch.cat([self.vectors, vector[None]])
        if self._half is not None:
            self._half = torch.cat([self._half, vector[None].bfloat16()])
        self._longest = max(self._longest, float(vector.norm()))

    def among(self, state: torch.Tensor, rows: np.ndarray) -> Near:
        """Return some items, by rows in ascending order, best first by a state `[d]`; scores are those that `best` gives them."""
        return rescored(state.float().numpy(), rows, self.vectors[torch.from_numpy(rows)].numpy(), len(rows))

    def best(self, states: torch.Tensor, k: int, temperature: float = 1.0) -> list[Best]:
        """Return the k best items for each of `[U, d]`, equal ones in the order of the rows, and what all have together."""
        self._prepare()
        rough: list[np.ndarray] = []

        def products(queries: np.ndarray) -> np.ndarray:
            asked = torch.from_numpy(queries)
            rough.append((asked @ self.vectors.T).numpy() if self._half is None else halved_products(asked, self._half))
            return rough[-1]

        error = self._longest * (self.vectors.shape[1] * 2.0**-24 if self._half is None else ROUNDING)
        scorer = Scorer(len(self), products, lambda rows: self.vectors[torch.from_numpy(rows)].numpy(), error)
        near = nearest(scorer, states.float().numpy(), min(k, len(self)))
        return [self._summed(row, one, temperature) for row, one in zip(np.concatenate(rough), near, strict=True)]

    @staticmethod
    def _summed(rough: np.ndarray, near: Near, temperature: float) -> Best:
        rough[near.rows] = near.scores
        most = float(rough.max())
        total = float(np.log(np.exp((rough - most) / temperature).sum())) + most / temperature
        return Best(near.rows, near.scores, total)

    def _prepare(self) -> None:
        if not self._ready:
            self._longest = float(lengths(self.vectors.numpy()).max(initial=0.0))
            self._half = self.vectors.bfloat16() if len(self) >= FEW and choose_dtype().name == "bfloat16" else None
            self._ready = True
