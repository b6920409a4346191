"""Approximate search: faiss's inverted file over vectors of one byte a dimension."""

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from broadsheet.core.errors import MissingExtraError
from broadsheet.core.index.formats import encode
from broadsheet.core.index.protocol import Allowed, Found, Index, IndexConfig, best, checked
from broadsheet.core.seeds import generator

INSTALL = "pip install faiss-cpu"
JUDGED = 256
TOP = 10
# Training a list's centre on more vectors than this changes little (faiss warns below 39).
A_LIST = 64
# So many of what the lists give are scored again, in float32 over the vectors in bfloat16.
RESCORED = 4


class IvfIndex(Index):
    """Lists of near vectors; a query is compared with those of `nprobe` lists, and the best are scored again in float32.

    `nprobe` is the smallest power of two whose recall among the first ten reaches `config.recall`, on queries drawn from the
    vectors themselves and compared with exact search. Raises MissingExtraError without faiss.
    """

    kind: ClassVar[str] = "ivf"

    def __init__(self, config: IndexConfig | None = None) -> None:
        super().__init__(config)
        if importlib.util.find_spec("faiss") is None:
            raise MissingExtraError("An index of this size needs faiss.", f"Run: {INSTALL}")
        self._faiss: Any = None
        self._kept = np.zeros((0, 0), dtype=np.uint16)
        self.nprobe = 1
        self.reached = 1.0

    @property
    def arithmetic(self) -> str:
        """What products are computed in."""
        return "one byte a dimension by faiss, scored again in float32"

    def build(self, ids: Sequence[str], vectors: np.ndarray) -> Self:
        """Take `[N, d]` vectors: train the lists (seeded), fill them, and choose how many are probed."""
        import faiss

        rows = checked(ids, vectors)
        self.named(ids)
        self._kept = encode(rows, "bfloat16").data
        self._faiss = None
        if not len(rows):
            return self
        lists = max(1, min(int(4 * np.sqrt(len(rows))), len(rows) // 39 or 1))
        rng = generator(0, "ivf")
        trained = rows if len(rows) <= A_LIST * lists else rows[np.sort(rng.choice(len(rows), A_LIST * lists, replace=False))]
        index: Any = faiss.index_factory(rows.shape[1], f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
        index.cp.seed = 1
        index.train(trained)
        index.add(rows)
        self._faiss = index
        self._choose(rows, rng)
        return self

    def _choose(self, rows: np.ndarray, rng: np.random.Generator) -> None:
        """Double the number of lists probed until recall is what is asked for."""
        chosen = np.sort(rng.choice(len(rows), min(JUDGED, len(rows)), replace=False))
        k = min(TOP, len(rows))
        truth = np.concatenate([best(rows[chosen[start : start + 16]] @ rows.T, k) for start in range(0, len(chosen), 16)])
        self.nprobe = 1
        while True:
            found = self._near(rows[chosen], k, None, self.nprobe)
            self.reached = float(np.mean([len(set(a.tolist()) & set(b[0].tolist())) / k for a, b in zip(truth, found, strict=True)]))
            if self.reached >= self.config.recall or self.nprobe >= self._faiss.nlist:
                return
            self.nprobe = min(2 * self.nprobe, self._faiss.nlist)

    def vectors(self) -> np.ndarray:
        """Return the vectors, as bfloat16 kept them."""
        return self._float(slice(None)) if len(self) else np.zeros((0, 0), dtype=np.float32)

    def _float(self, rows: Any) -> np.ndarray:
        return (self._kept[rows].astype(np.uint32) << np.uint32(16)).view(np.float32)

    def search(self, queries: np.ndarray, k: int, allowed: Allowed = None) -> Found:
        """Return the k nearest that the lists give; more lists are probed, at last all, until k allowed ones are there."""
        rows = self.queries(queries, self._kept.shape[1], k)
        mask = self.mask(allowed)
        count = len(self) if mask is None else int(mask.sum())
        wide = min(k, count)
        scores = np.full((len(rows), k), -np.inf, dtype=np.float32)
        if not wide:
            return Found([[] for _ in rows], scores, f"nothing of {len(self)} is allowed")
        probe = self.nprobe
        found = self._near(rows, wide, mask, probe)
        while probe < self._faiss.nlist and any(len(of) < wide for of, _ in found):
            probe = min(4 * probe, self._faiss.nlist)
            found = self._near(rows, wide, mask, probe)
        for row, (_, values) in enumerate(found):
            scores[row, : len(values)] = values
        ids = [[self.ids[int(column)] for column in of] for of, _ in found]
        return Found(ids, scores, f"{probe} of {self._faiss.nlist} lists, recall@10 {self.reached:.3f} when built")

    def _near(self, rows: np.ndarray, k: int, mask: np.ndarray | None, probe: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return columns and scores for each query, scored again in float32."""
        import faiss

        more: dict[str, Any] = {"nprobe": probe}
        if mask is not None:
            more["sel"] = faiss.IDSelectorBatch(np.flatnonzero(mask).astype(np.int64))
        parameters = faiss.SearchParametersIVF(**more)
        _, near = self._faiss.search(rows, min(RESCORED * k, len(self)), params=parameters)
        out = []
        for query, columns in zip(rows, near, strict=True):
            there = np.sort(columns[columns >= 0])
            values = self._float(there) @ query if len(there) else np.zeros(0, dtype=np.float32)
            order = np.argsort(-values, kind="stable")[:k]
            out.append((there[order], values[order]))
        return out

    def tensors(self) -> Mapping[str, np.ndarray]:
        """Return faiss's own bytes and the vectors in bfloat16."""
        import faiss

        made = faiss.serialize_index(self._faiss) if self._faiss is not None else np.zeros(0, dtype=np.uint8)
        return {"faiss": made, "vectors": self._kept}

    def restore(self, tensors: Mapping[str, np.ndarray], metrics: Mapping[str, float]) -> None:
        """Take the lists back."""
        import faiss

        self._kept = tensors["vectors"]
        self._faiss = faiss.deserialize_index(tensors["faiss"]) if len(tensors["faiss"]) else None
        self.nprobe, self.reached = int(metrics["nprobe"]), float(metrics["recall@10"])

    def metrics(self) -> dict[str, float]:
        """Return how many lists there are and are probed, and the recall that was reached."""
        lists = self._faiss.nlist if self._faiss is not None else 0
        return {"items": len(self), "lists": lists, "nprobe": self.nprobe, "recall@10": self.reached}
