"""A scan of codes of one byte a dimension that gives up no exactness: a bound says when it has looked far enough."""

from collections.abc import Callable
from typing import Any

import numpy as np

from broadsheet.core.index.formats import Encoded, decode
from broadsheet.core.index.nearest import Near, blocks, lengths, rescored

# Candidates beyond k that are scored again; on vectors of real sentences the bound asks for fewer than 20.
MARGIN = 54
# Where those do not suffice, so many times as many.
WIDER = 8


class ByteScan:
    """Codes `round(v_j / step_j)` of `[N, d]`, a quarter of the memory of float32 to read through for a query (faiss).

    A query's product with a code errs by at most the length of the query times that of the longest rest `v - step * code`
    (Cauchy and Schwarz). So once the worst candidate lies that far below the k-th true score, no vector beyond can be nearer.
    """

    def __init__(self, kept: Encoded) -> None:
        import faiss

        count, width = kept.data.shape
        largest = np.zeros(width, dtype=np.float32)
        for block in blocks(count):
            np.maximum(largest, np.abs(decode(kept.take(block))).max(axis=0), out=largest)
        self._kept = kept
        self._step = np.maximum(largest / 127, np.finfo(np.float32).tiny)
        codes_of: Any = faiss.IndexScalarQuantizer
        self._codes = codes_of(width, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT)
        error = 0.0
        for block in blocks(count):
            rows = decode(kept.take(block))
            codes = np.round(rows / self._step)
            self._codes.add(codes)
            near = codes * self._step
            # What faiss loses in adding up float32 is beside the rest, but a bound that is not kept is none.
            error = max(error, float((lengths(rows - near) + width * 2.0**-23 * lengths(near)).max()))
        self.error = error

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the codes take."""
        return self._codes.ntotal * self._codes.d

    def nearest(self, queries: np.ndarray, k: int, allowed: np.ndarray | None, products: Callable[[np.ndarray], list[Near]]) -> list[Near]:
        """Return the k nearest kept vectors of each of `[Q, d]`, exactly; `products` answers queries that the bound leaves open."""
        count = self._codes.ntotal if allowed is None else int(allowed.sum())
        found: list[Near | None] = [None] * len(queries)
        for wide in (k + MARGIN, WIDER * (k + MARGIN)):
            left = [row for row, of in enumerate(found) if of is None]
            if left:
                for row, near in zip(left, self._looked(queries[left], k, min(wide, count), count, allowed), strict=True):
                    found[row] = near
        left = [row for row, of in enumerate(found) if of is None]
        rest = iter(products(queries[left]) if left else [])
        return [next(rest) if of is None else of for of in found]

    def _looked(self, queries: np.ndarray, k: int, wide: int, count: int, allowed: np.ndarray | None) -> list[Near | None]:
        """Return answers from `wide` candidates, None where the bound does not rule out the others."""
        import faiss

        # faiss's own wrappers take names and count bytes that its C++ signatures do not know of.
        parameters: Any = faiss.SearchParameters
        bitmap: Any = faiss.IDSelectorBitmap
        selected = {} if allowed is None else {"params": parameters(sel=bitmap(np.packbits(allowed, bitorder="little")))}
        rough, rows = self._codes.search(queries * self._step, wide, **selected)
        found: list[Near | None] = []
        for query, scores, at in zip(queries, rough, rows, strict=True):
            candidates = np.sort(at)
            near = rescored(query, candidates, decode(self._kept.take(candidates)), k)
            sure = wide == count or scores[-1] + self.error * float(np.linalg.norm(query)) < near.scores[-1]
            found.append(near if sure else None)
        return found
