"""A projection in which items that somebody joined (an author, a basket, a reader) lie near each other."""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
from pydantic import Field
from scipy import sparse
from sklearn.decomposition import TruncatedSVD

from broadsheet.core.config import Config, Size
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator


class LinkedConfig(Config):
    """`size` is the number of dimensions: 64, 128 or 256. The rest is what training needs.

    `latent` is the rank of the latent semantic analysis of the words, `rarest` the fewest texts
    a term stands in, `lexical` its weight beside the dense vector, `dropout` the share of
    inputs hidden, `temperature` and `batch` those of InfoNCE.
    """

    size: Size = "small"
    latent: Annotated[int, Field(ge=2)] = 300
    rarest: Annotated[int, Field(ge=1)] = 4
    lexical: Annotated[float, Field(ge=0)] = 1.5
    epochs: Annotated[int, Field(ge=1)] = 10
    batch: Annotated[int, Field(ge=2)] = 256
    temperature: Annotated[float, Field(gt=0)] = 0.07
    learning_rate: Annotated[float, Field(gt=0)] = 2e-3
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2

    @property
    def dimensions(self) -> int:
        """The width of the vectors."""
        return {"tiny": 64, "small": 128, "base": 256}[self.size]


class LinkedProjection(NamedTuple):
    """A fitted projection of lexical rows `[N, V]` and dense rows `[N, d]` to unit rows `[N, e]`.

    Latent semantic analysis (Deerwester et al. 1990) of the kept columns, beside the dense
    vector, times one matrix that is trained with InfoNCE in both directions (van den Oord
    et al. 2018): two items of one group against the other items of the batch. Items that share
    any group are never each other's negatives.
    """

    columns: np.ndarray
    basis: np.ndarray
    centre: np.ndarray
    matrix: np.ndarray
    config: LinkedConfig

    def __call__(self, lexical: sparse.csr_array, dense: np.ndarray) -> np.ndarray:
        """Return unit rows `[N, e]`, float32."""
        rows = (_joined(lexical[:, self.columns] @ self.basis, dense, self.config.lexical) - self.centre) @ self.matrix
        return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)

    @classmethod
    def fit(
        cls,
        lexical: sparse.csr_array,
        dense: np.ndarray,
        groups: Sequence[Sequence[int]],
        config: LinkedConfig | None = None,
        *,
        seed: int = 0,
        progress: Progress = silent,
    ) -> Self:
        """Fit to the rows given; `groups` are the rows that somebody joined, two or more each."""
        config = config or LinkedConfig()
        texts, terms = (int(size) for size in lexical.shape or (0, 0))
        counts = np.bincount(lexical.indices, minlength=terms)
        columns = np.flatnonzero(counts >= config.rarest)
        rank = min(config.latent, len(columns) - 1, texts - 1)
        svd = TruncatedSVD(rank, random_state=seed, n_iter=4).fit(lexical[:, columns])
        basis = svd.components_.T
        joined = _joined(lexical[:, columns] @ basis, dense, config.lexical)
        centre = joined.mean(axis=0)
        matrix = _train(joined - centre, [g for g in groups if len(g) >= 2], config, seed, progress)
        return cls(columns, basis, centre, matrix, config)


def _joined(latent: np.ndarray, dense: np.ndarray, weight: float) -> np.ndarray:
    latent = latent / np.maximum(np.linalg.norm(latent, axis=1, keepdims=True), 1e-9)
    return np.hstack([weight * latent, dense])


def _train(rows: np.ndarray, groups: Sequence[Sequence[int]], config: LinkedConfig, seed: int, progress: Progress) -> np.ndarray:
    """Return the matrix `[D, e]`; with fewer than two groups there is nothing to tell apart, and it stays as it began."""
    import torch

    rng = generator(seed, "linked projection")
    noise = torch.Generator().manual_seed(int(rng.integers(2**31)))
    inputs = torch.tensor(rows / max(float(rows.std(axis=0).mean()), 1e-9), dtype=torch.float32)
    start = np.linalg.qr(rng.standard_normal((max(rows.shape[1], config.dimensions), config.dimensions)))[0][: rows.shape[1]]
    matrix = torch.tensor(start, dtype=torch.float32, requires_grad=True)
    optimiser = torch.optim.AdamW([matrix], lr=config.learning_rate, weight_decay=0.05)
    member: Any = _membership(len(rows), groups)
    for epoch in range(config.epochs):
        pairs = np.array([rng.choice(len(g), 2, replace=False) for g in groups]).reshape(-1, 2)
        drawn = np.array([[g[a], g[b]] for g, (a, b) in zip(groups, pairs, strict=True)]).reshape(-1, 2)
        drawn = drawn[rng.permutation(len(drawn))]
        for begin in range(0, len(drawn) - 1, config.batch):
            left, right = drawn[begin : begin + config.batch].T
            shared = torch.tensor(np.asarray((member[left] @ member[right].T).todense()) > 0)
            one, other = (_hidden(inputs[side], config.dropout, noise) @ matrix for side in (left, right))
            loss = _info_nce(one, other, shared, config.temperature)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        progress("learning what belongs together", epoch + 1, config.epochs)
    return matrix.detach().numpy()


def _membership(count: int, groups: Sequence[Sequence[int]]) -> sparse.csr_array:
    rows = [row for group in groups for row in group]
    columns = [number for number, group in enumerate(groups) for _ in group]
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(count, max(len(groups), 1)))


def _hidden(rows: Any, share: float, noise: Any) -> Any:
    """Hide a share of the inputs (dropout), from a generator of our own."""
    import torch

    kept = torch.rand(rows.shape, generator=noise) >= share
    return rows * kept / (1 - share)


def _info_nce(left: Any, right: Any, shared: Any, temperature: float) -> Any:
    """Return InfoNCE in both directions; `shared` `[B, B]` marks pairs that are no negatives, the diagonal aside."""
    import torch
    from torch.nn import functional

    logits = functional.normalize(left, dim=1) @ functional.normalize(right, dim=1).T / temperature
    own = torch.eye(len(logits), dtype=torch.bool)
    logits = logits.masked_fill(shared & ~own, -torch.inf)
    target = torch.arange(len(logits))
    return functional.cross_entropy(logits, target) + functional.cross_entropy(logits.T, target)
