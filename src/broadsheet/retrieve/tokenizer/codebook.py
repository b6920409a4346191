"""Semantic IDs by residual k-means: a code a level, and no two items with the same codes."""

from collections.abc import Callable, Iterator
from typing import Annotated, NamedTuple, Self

import numpy as np
from pydantic import Field
from scipy.optimize import linear_sum_assignment

from broadsheet.core.config import Config
from broadsheet.core.errors import RecordError
from broadsheet.retrieve.tokenizer.balanced import assign, balanced_kmeans, nearest


class CodebookConfig(Config):
    """Levels, codes a level, and how many more items than the mean a code of a level may have (`slack`; none is 1)."""

    levels: Annotated[int, Field(ge=1)] = 3
    size: Annotated[int, Field(ge=2)] = 256
    slack: Annotated[float, Field(ge=1)] = 1.25


class Encoded(NamedTuple):
    """Codes `[N, L]`, all rows different, and the mean squared error before and after collisions were mended."""

    codes: np.ndarray
    error: float
    error_apart: float


class Codebook:
    """Centres of residuals `[L, K, d]`: a vector is about the sum of one centre a level (RQ-KMeans)."""

    def __init__(self, config: CodebookConfig, centres: np.ndarray) -> None:
        self.config, self.centres = config, centres

    @classmethod
    def fit(cls, vectors: np.ndarray, config: CodebookConfig | None = None, *, seed: int = 0) -> tuple[Self, Encoded]:
        """Fit to vectors `[N, d]`, and give each its codes: clusters of a level are balanced, and codes that collide are moved.

        Raises RecordError for vectors that are not finite, and where there are more of them than semantic IDs.
        """
        settings = config or CodebookConfig()
        _check(vectors, settings)
        residual = np.ascontiguousarray(vectors, dtype=np.float32)
        capacity = max(1, int(np.ceil(settings.slack * len(vectors) / settings.size)))
        centres, codes = [], []
        for level in range(settings.levels):
            found = balanced_kmeans(residual, settings.size, capacity, seed=seed + level)
            centres.append(found.centres)
            codes.append(found.of)
            residual = residual - found.centres[found.of]
        book = cls(settings, np.stack(centres))
        return book, book.apart(vectors, np.stack(codes, axis=1))

    def nearest(self, vectors: np.ndarray, level: int = 0) -> np.ndarray:
        """Return the codes `[N, L - level]` of the nearest centres from a level on, full or not; `vectors` are what is left at that level."""
        residual, codes = np.asarray(vectors, dtype=np.float32), []
        for centres in self.centres[level:]:
            codes.append(assign(residual, centres))
            residual = residual - centres[codes[-1]]
        return np.stack(codes, axis=1)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return the vectors `[N, d]` that codes `[N, L]` stand for."""
        return sum((self.centres[level][codes[:, level]] for level in range(codes.shape[1])), np.zeros(self.centres.shape[2], dtype=np.float32))

    def apart(self, vectors: np.ndarray, codes: np.ndarray) -> Encoded:
        """Move codes that collide: below a prefix, items take different last codes at the least error in all.

        Where a prefix has more items than codes below it, the worst served go to the nearest prefix with room.
        """
        codes = codes.copy()
        before = _error(vectors, self.decode(codes))
        if len(codes):
            self._thin(vectors, codes)
            for rows in _groups(codes[:, :-1]):
                if len(rows) > len(np.unique(codes[rows, -1])):
                    codes[rows, -1] = self._matched(vectors[rows], codes[rows])
        return Encoded(codes, before, _error(vectors, self.decode(codes)))

    def free(self, vector: np.ndarray, holders: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Return the codes `[L]` of a newcomer `[d]`: the nearest prefix with room, and there the nearest last code that nobody has.

        `holders` tells of codes `[M, L]` which item has them, -1 for none. Raises RecordError where no code is free.
        """
        for prefix in self._prefixes(np.asarray(vector, dtype=np.float32)):
            residual = vector - self.decode(prefix[None])[0]
            last = nearest(residual[None], self.centres[-1], self.config.size).centres[0]
            options = np.concatenate([np.tile(prefix, (len(last), 1)), last[:, None]], axis=1)
            open_ = np.flatnonzero(holders(options) < 0)
            if len(open_):
                return options[open_[0]]
        raise RecordError("Every semantic ID is taken.", "Fit the codebook anew with more codes or levels.")

    def _prefixes(self, vector: np.ndarray) -> Iterator[np.ndarray]:
        """Yield prefixes `[L - 1]`, the nearest first, then those that differ late."""

        def below(prefix: list[int], residual: np.ndarray) -> Iterator[np.ndarray]:
            level = len(prefix)
            if level == len(self.centres) - 1:
                yield np.array(prefix, dtype=np.int64)
                return
            for code in nearest(residual[None], self.centres[level], self.config.size).centres[0]:
                yield from below([*prefix, int(code)], residual - self.centres[level][code])

        return below([], vector)

    def _matched(self, vectors: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Return different last codes for rows of one prefix, at the least error in all."""
        residual = vectors - self.decode(codes[:, :-1])
        last = self.centres[-1]
        cost = (last**2).sum(axis=1) - 2 * residual @ last.T
        return linear_sum_assignment(cost)[1]

    def _thin(self, vectors: np.ndarray, codes: np.ndarray) -> None:
        """Move rows out of prefixes with more rows than there are codes below: to the nearest sibling with room, the worst served first."""
        size, levels = self.config.size, codes.shape[1]
        for depth in range(1, levels):
            room = size ** (levels - depth)
            for rows in [rows for rows in _groups(codes[:, :depth]) if len(rows) > room]:
                lost = ((vectors[rows] - self.decode(codes[rows, :depth])) ** 2).sum(axis=1)
                for row in rows[np.argsort(-lost, kind="stable")][: len(rows) - room]:
                    beside = (codes[:, : depth - 1] == codes[row, : depth - 1]).all(axis=1)
                    taken = np.bincount(codes[beside, depth - 1], minlength=size)
                    residual = vectors[None, row] - self.decode(codes[None, row, : depth - 1])
                    choices = nearest(residual, self.centres[depth - 1], size).centres[0]
                    codes[row, depth - 1] = choices[taken[choices] < room][0]
                    codes[row, depth:] = self.nearest(residual - self.centres[depth - 1][codes[None, row, depth - 1]], depth)[0]


def _check(vectors: np.ndarray, config: CodebookConfig) -> None:
    if not np.isfinite(vectors).all():
        row = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise RecordError(f"The vector in row {row} is not finite.", "Look at what made it; NaN has no semantic ID.")
    if len(vectors) > config.size**config.levels:
        raise RecordError(f"{len(vectors)} items do not fit {config.levels} levels of {config.size} codes.", "Use more levels or more codes.")


def _groups(prefixes: np.ndarray) -> list[np.ndarray]:
    """Return rows with equal prefixes, those that stand alone left out."""
    if not prefixes.shape[1]:
        return [np.arange(len(prefixes))] if len(prefixes) > 1 else []
    order = np.lexsort(prefixes.T[::-1])
    ordered = prefixes[order]
    begins = np.flatnonzero(np.append(True, (ordered[1:] != ordered[:-1]).any(axis=1)))
    return [rows for rows in np.split(order, begins[1:]) if len(rows) > 1]


def _error(vectors: np.ndarray, decoded: np.ndarray) -> float:
    return float(((vectors - decoded) ** 2).sum(axis=1).mean()) if len(vectors) else 0.0
