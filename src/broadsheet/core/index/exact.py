"""Exact search: every vector is compared with every query."""

from typing import Any, ClassVar

import numpy as np

from broadsheet.core.device import choose_dtype
from broadsheet.core.index.formats import Format, decode
from broadsheet.core.index.nearest import Near, Scorer, longest, nearest, plain_scorer
from broadsheet.core.index.protocol import Index, IndexConfig

# A filter that leaves less than this share is searched among copies of what it leaves.
SPARSE = 0.25
# A bfloat16 has 8 significant bits: query, vector and product are each rounded by up to 2^-8 of themselves.
ROUNDING = 3.1 * 2.0**-8


class ExactIndex(Index):
    """All inner products, of the vectors as they are kept.

    Where the processor multiplies bfloat16 in hardware, every vector that could be among the k by a bfloat16 product, given how far
    such a product can err, is scored again against what is kept; elsewhere products are float32. So either finds the k nearest
    of the kept vectors. Kept as float32 those are the true ones; kept as bfloat16 or int8 they are near the true ones.

    Memory: without such a unit 4 bytes a dimension whatever the format is (products need float32); with it 2 beside float32 or
    int8, and none beside bfloat16, which is multiplied as it is kept.
    """

    kind: ClassVar[str] = "exact"
    default_format: ClassVar[Format] = "float32"

    def __init__(self, config: IndexConfig | None = None) -> None:
        super().__init__(config)
        self._wide = self.vectors()
        self._half: Any = None
        self._longest = 0.0

    @property
    def arithmetic(self) -> str:
        """What products are computed in, and why."""
        choice = choose_dtype()
        return f"{choice.name}{', scored again' if choice.name == 'bfloat16' else ''}: {choice.why}"

    @property
    def nbytes(self) -> int:
        """Bytes of memory that vectors take."""
        held = self.kept.nbytes
        if self._half is not None:
            return held + (0 if self.format == "bfloat16" else 2 * self.kept.data.size)
        return held + (0 if self.format == "float32" else self._wide.nbytes)

    def rebuild(self, rows: np.ndarray) -> None:
        """Hold what products need."""
        del rows
        self._half = None
        self._wide = self.vectors()
        self._longest = longest(self._wide)
        if choose_dtype().name != "bfloat16":
            return
        import torch

        kept = self.kept.data
        self._half = torch.from_numpy(kept.view(np.int16)).view(torch.bfloat16) if self.format == "bfloat16" else torch.from_numpy(self._wide).bfloat16()
        self._wide = np.zeros((0, 0), dtype=np.float32)

    def nearest(self, queries: np.ndarray, k: int, allowed: np.ndarray | None) -> tuple[list[Near], str]:
        """Return the k nearest, exactly."""
        count = len(self) if allowed is None else int(allowed.sum())
        how = f"exact over {count} of {len(self)}"
        if allowed is None or count >= SPARSE * len(self):
            return nearest(self._scorer(), queries, k, allowed), how
        return among(self, queries, k, allowed), how

    def _scorer(self) -> Scorer:
        if self._half is None:
            return plain_scorer(self._wide, self._longest)
        import torch

        half = self._half

        def products(queries: np.ndarray) -> np.ndarray:
            return (torch.from_numpy(queries).bfloat16() @ half.T).float().numpy()

        return Scorer(len(self), products, lambda rows: decode(self.kept.take(rows)), ROUNDING * self._longest)


def among(index: Index, queries: np.ndarray, k: int, allowed: np.ndarray) -> list[Near]:
    """Return the k nearest of an index's kept vectors that the mask `allowed` leaves, by float32 products with a copy of them."""
    columns = np.flatnonzero(allowed)
    found = nearest(plain_scorer(decode(index.kept.take(columns))), queries, k)
    return [Near(columns[of.rows], of.scores) for of in found]
