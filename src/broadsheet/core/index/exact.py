"""Exact search: every vector is compared with every query."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from broadsheet.core.device import choose_dtype
from broadsheet.core.errors import RecordError
from broadsheet.core.index.formats import Encoded, decode, encode
from broadsheet.core.index.protocol import Allowed, Found, Index, IndexConfig, best, checked

# Queries at a time: the score matrix of a block stays small beside the vectors.
BLOCK = 16
# With bfloat16 products so many candidates beyond k are scored again in float32.
MARGIN = 64


class ExactIndex(Index):
    """All inner products, of vectors as they are kept.

    Where the processor multiplies bfloat16 in hardware, candidates come from a bfloat16 product and are scored again in float32;
    elsewhere products are float32 throughout, over float32 vectors held in memory beside what is written.
    """

    kind: ClassVar[str] = "exact"

    def __init__(self, config: IndexConfig | None = None) -> None:
        super().__init__(config)
        self._encoded = Encoded(self.config.format, np.zeros((0, 0), dtype=np.float32))
        self._rows = np.zeros((0, 0), dtype=np.float32)
        self._half: Any = None

    @property
    def arithmetic(self) -> str:
        """What products are computed in, and why."""
        choice = choose_dtype()
        return f"{choice.name}{', scored again in float32' if choice.name == 'bfloat16' else ''}: {choice.why}"

    def build(self, ids: Sequence[str], vectors: np.ndarray) -> Self:
        """Take `[N, d]` vectors."""
        rows = checked(ids, vectors)
        self.named(ids)
        self._hold(encode(rows, self.config.format))
        return self

    def _hold(self, encoded: Encoded) -> None:
        self._encoded, self._rows = encoded, decode(encoded)
        self._half = None
        if choose_dtype().name == "bfloat16":
            import torch

            self._half = torch.from_numpy(self._rows).to(torch.bfloat16)

    def vectors(self) -> np.ndarray:
        """Return the vectors as they are kept."""
        return self._rows

    def search(self, queries: np.ndarray, k: int, allowed: Allowed = None) -> Found:
        """Return the k nearest, exactly."""
        rows = self.queries(queries, self._rows.shape[1], k)
        mask = self.mask(allowed)
        columns = np.arange(len(self)) if mask is None else np.flatnonzero(mask)
        wide = min(k, len(columns))
        ids: list[list[str]] = []
        scores = np.full((len(rows), k), -np.inf, dtype=np.float32)
        for start in range(0, len(rows), BLOCK):
            found, values = self._block(rows[start : start + BLOCK], columns if mask is not None else None, wide)
            scores[start : start + BLOCK, :wide] = values
            ids += [[self.ids[column] for column in of] for of in found]
        return Found(ids, scores, f"exact over {len(columns)} of {len(self)}")

    def _block(self, rows: np.ndarray, columns: np.ndarray | None, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Return columns and scores `[Q, k]` of one block of queries."""
        if k == 0:
            return np.zeros((len(rows), 0), dtype=np.int64), np.zeros((len(rows), 0), dtype=np.float32)
        if self._half is not None:
            return self._rescored(rows, columns, k)
        vectors = self._rows if columns is None else self._rows[columns]
        products = rows @ vectors.T
        found = best(products, k)
        values = np.take_along_axis(products, found, axis=1)
        return (found if columns is None else columns[found]), values

    def _rescored(self, rows: np.ndarray, columns: np.ndarray | None, k: int) -> tuple[np.ndarray, np.ndarray]:
        import torch

        half = self._half if columns is None else self._half[torch.from_numpy(columns)]
        rough = (torch.from_numpy(rows).to(torch.bfloat16) @ half.T).float()
        near = torch.topk(rough, min(k + MARGIN, rough.shape[1]), dim=1).indices.numpy()
        near.sort(axis=1)
        where = near if columns is None else columns[near]
        products = np.einsum("qd,qnd->qn", rows, self._rows[where])
        order = best(products, k)
        return np.take_along_axis(where, order, axis=1), np.take_along_axis(products, order, axis=1)

    def tensors(self) -> Mapping[str, np.ndarray]:
        """Return vectors in their format, with the scales of int8."""
        scale = {"scale": self._encoded.scale} if self._encoded.scale is not None else {}
        return {"vectors": self._encoded.data, **scale}

    def restore(self, tensors: Mapping[str, np.ndarray], metrics: Mapping[str, float]) -> None:
        """Take vectors back."""
        del metrics
        if len(tensors["vectors"]) != len(self.ids):
            raise RecordError(f"{len(self.ids)} ids and {len(tensors['vectors'])} vectors do not fit.", "Build the index anew.")
        self._hold(Encoded(self.config.format, tensors["vectors"], tensors.get("scale")))
