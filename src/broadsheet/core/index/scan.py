"""A scan of codes of one byte a dimension that gives up no exactness: a bound says when it has looked far enough."""

from collections.abc import Callable
from typing import Any

import numpy as np

from broadsheet.core.index.formats import Encoded, decode
from broadsheet.core.index.nearest import Near, blocks, lengths, rescored

# Candidates beyond k that are scored again; on vectors of real sentences the bound asks for fewer than 40.
MARGIN = 54
# Where those do not suffice, so many times as many.
WIDER = 8


class ByteScan:
    """Codes `round(v_j / step_j)` of `[N, d]`, a quarter of the memory of float32 to read through for a query (faiss).

    A query is brought to whole numbers too, `step_j q_j / t` rounded, as faiss multiplies bytes with bytes where it can, and would
    cut off fractions unasked. A product then errs by at most `|q| |v - step code|` for the one rounding and
    `|step q - t rounded| |code|` for the other (Cauchy and Schwarz). So once the worst candidate lies that far below the k-th
    true score, no vector beyond can be nearer.
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
        self._rest, self._longest = 0.0, 0.0
        for block in blocks(count):
            rows = decode(kept.take(block))
            codes = np.clip(np.round(rows / self._step), -127, 127)
            self._codes.add(codes)
            self._rest = max(self._rest, float(lengths(rows - codes * self._step).max()))
            self._longest = max(self._longest, float(lengths(codes).max()))

    def whole(self, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return queries `[Q, d]` as whole numbers, what a product with them is worth `[Q]`, and by how much it may err `[Q]`."""
        scaled = queries * self._step
        worth = np.maximum(np.abs(scaled).max(axis=1) / 127, np.finfo(np.float32).tiny)
        numbers = np.round(scaled / worth[:, None])
        # Beside the roundings to whole numbers, those of float32 are next to nothing; a bound that leaves them out is none.
        slack = queries.shape[1] * 2.0**-22 * worth * lengths(numbers)
        return numbers, worth, lengths(queries) * self._rest + (lengths(scaled - numbers * worth[:, None]) + slack) * self._longest

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
        numbers, worth, error = self.whole(queries)
        rough, rows = self._codes.search(numbers, wide, **selected)
        beyond = rough[:, -1] * worth + error
        found: list[Near | None] = []
        for query, at, most in zip(queries, rows, beyond, strict=True):
            candidates = np.sort(at)
            near = rescored(query, candidates, decode(self._kept.take(candidates)), k)
            found.append(near if wide == count or most < near.scores[-1] else None)
        return found
