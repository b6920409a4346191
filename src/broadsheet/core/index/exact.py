"""Exact search: every vector is compared with every query."""

import importlib.util
from typing import Any, ClassVar

import numpy as np

from broadsheet.core.device import choose_dtype
from broadsheet.core.index.formats import Encoded, Format, decode, encode
from broadsheet.core.index.nearest import Near, Scorer, longest, nearest, plain_scorer
from broadsheet.core.index.protocol import Index, IndexConfig
from broadsheet.core.index.scan import ByteScan

# A filter that leaves less than this share is searched among copies of what it leaves.
SPARSE = 0.25
# A bfloat16 has 8 significant bits: query, vector and product are each rounded by up to 2^-8 of themselves.
ROUNDING = 3.1 * 2.0**-8
# Of so many queries at once a float32 product of matrices costs less for each than a scan for each.
MANY = 16
# Fewer vectors than these are multiplied before a scan has begun.
FEW = 4096


# So many queries at most are products of the vectors with them, and not the other way round.
ABREAST = 8


class ExactIndex(Index):
    """All inner products, of the vectors as they are kept: the k nearest of these, in whatever the products are computed.

    Candidates come from bfloat16 products where the processor multiplies them in hardware; elsewhere, for a query or a few, from a
    scan of codes of one byte where faiss is installed, and from float32 products for many queries or without faiss. Either way
    every vector that could be among the k, given how far such a product can err, is scored again in float64. So kept as
    float32 the k are the true ones; kept as bfloat16 or int8 they are the true ones of rounded vectors.

    Memory a dimension: what `format` takes, and 2 bytes for bfloat16 products (0 where that is the format) or 1 for the scan.
    """

    kind: ClassVar[str] = "exact"
    default_format: ClassVar[Format] = "float32"

    def __init__(self, config: IndexConfig | None = None) -> None:
        super().__init__(config)
        self._half: Any = None
        self._scan: ByteScan | None = None
        self._scorer = plain_scorer(self.kept)

    @property
    def arithmetic(self) -> str:
        """What products are computed in, and why."""
        choice = choose_dtype()
        if choice.name == "bfloat16":
            return f"bfloat16, scored again: {choice.why}"
        scanned = f", below {MANY} queries a scan of one byte a dimension, scored again" if self._scan is not None else ""
        return f"float32{scanned}: {choice.why}"

    @property
    def nbytes(self) -> int:
        """Bytes of memory that vectors take."""
        half = 2 * self.kept.data.size if self._half is not None and self.format != "bfloat16" else 0
        return self.kept.nbytes + half + (0 if self._scan is None else self._scan.nbytes)

    def rebuild(self, rows: np.ndarray) -> None:
        """Hold what products need."""
        self._half, self._scan, self._scorer = None, None, plain_scorer(self.kept)
        if choose_dtype().name == "bfloat16":
            self._half, self._scorer = self._halved(rows)
        elif len(self) >= FEW and importlib.util.find_spec("faiss") is not None:
            self._scan = ByteScan(self.kept)

    def _halved(self, rows: np.ndarray) -> tuple[Any, Scorer]:
        """Return the vectors in bfloat16, and the scorer of products with them."""
        import torch

        data = self.kept.data if self.format == "bfloat16" else encode(rows, "bfloat16").data
        half = torch.from_numpy(data.view(np.int16)).view(torch.bfloat16)

        def rough(queries: np.ndarray) -> np.ndarray:
            return halved_products(torch.from_numpy(queries), half)

        return half, Scorer(len(self), rough, lambda at: decode(self.kept.take(at)), ROUNDING * longest(self.kept))

    def nearest(self, queries: np.ndarray, k: int, allowed: np.ndarray | None) -> tuple[list[Near], str]:
        """Return the k nearest, exactly."""
        count = len(self) if allowed is None else int(allowed.sum())
        how = f"exact over {count} of {len(self)}"
        if allowed is not None and count < SPARSE * len(self):
            return among(self.kept, queries, k, allowed), how
        if self._scan is None or len(queries) >= MANY:
            return nearest(self._scorer, queries, k, allowed), how
        return self._scan.nearest(queries, k, allowed, lambda left: nearest(self._scorer, left, k, allowed)), how


def among(kept: Encoded, queries: np.ndarray, k: int, allowed: np.ndarray) -> list[Near]:
    """Return the k nearest kept vectors that the mask `allowed` leaves, by float32 products with a copy of them."""
    columns = np.flatnonzero(allowed)
    found = nearest(plain_scorer(kept.take(columns)), queries, k)
    return [Near(columns[of.rows], of.scores) for of in found]


def halved_products(queries: Any, half: Any) -> np.ndarray:
    """Return products `[Q, N]` of queries `[Q, d]` with vectors `[N, d]` in bfloat16, both torch's, as float32.

    For few queries vectors by queries is up to three times as fast as queries by vectors, and a single one is a product of its own.
    """
    asked = queries.bfloat16()
    products = half.mv(asked[0])[None] if len(asked) == 1 else (half @ asked.T).T if len(asked) <= ABREAST else asked @ half.T
    return products.float().contiguous().numpy()
