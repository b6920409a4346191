"""Where each paper lies on the map of the day: near papers near each other."""

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.manifold import TSNE

from broadsheet.core.component import unit
from broadsheet.stack.represented import Represented

SMALLEST = 8
# The layout of a larger day would take longer than all else together: so many papers are laid out, the rest put between their nearest.
LARGEST, NEAREST = 2000, 3


def place(vectors: Represented) -> np.ndarray:
    """Return places `[N, 2]` in the unit square, the same for the same vectors.

    Vectors (dense where there are any, else words reduced to 32 dimensions) are laid out by
    t-SNE from their principal components; a day of fewer than 8 papers by components alone. Of a day of more than 2,000 every
    second, third, ... paper is laid out, and each of the others put between the three of those that it is nearest to.
    """
    return place_rows(vectors.dense_candidates if vectors.dense_candidates is not None else _reduced(vectors))


def place_rows(base: np.ndarray) -> np.ndarray:
    """Return places `[N, 2]` of dense rows `[N, d]`, as `place` does."""
    count = len(base)
    if count < 2 or base.shape[1] < 2:
        return np.full((count, 2), 0.5)
    centred = base - base.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    # The sign of a component is arbitrary; it is fixed by its largest entry.
    signs = np.sign(u[np.abs(u).argmax(axis=0), range(u.shape[1])])
    components = (u * signs * s)[:, :2].astype(np.float64)
    if count < SMALLEST:
        return _unit(components)
    start = components / (components[:, 0].std() or 1.0) * 1e-4
    laid = np.arange(0, count, -(-count // LARGEST))
    layout = TSNE(perplexity=min(30.0, (count - 1) / 3), init=start[laid], metric="cosine", random_state=0, max_iter=500, learning_rate="auto")
    return _unit(_between(base, laid, layout.fit_transform(base[laid])))


def _between(base: np.ndarray, laid: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Put every row of `base` `[N, d]` that is not among those `laid` out between the places `[M, 2]` of the nearest of those."""
    rest = np.setdiff1d(np.arange(len(base)), laid)
    found = np.zeros((len(base), 2), dtype=places.dtype)
    found[laid] = places
    rows = unit(base)
    for part in np.array_split(rest, max(1, len(rest) // LARGEST)):
        near = rows[part] @ rows[laid].T
        best = np.argsort(-near, axis=1, kind="stable")[:, :NEAREST]
        weights = np.maximum(np.take_along_axis(near, best, axis=1), 1e-6)
        found[part] = (places[best] * (weights / weights.sum(axis=1, keepdims=True))[..., None]).sum(axis=1)
    return found


def _reduced(vectors: Represented) -> np.ndarray:
    rows = vectors.lexical_candidates
    papers, terms = (int(size) for size in rows.shape or (0, 0))
    dimensions = min(32, papers - 1, terms - 1)
    return TruncatedSVD(dimensions, random_state=0).fit_transform(rows) if dimensions >= 2 else np.asarray(rows.todense())


def _unit(places: np.ndarray) -> np.ndarray:
    low, high = places.min(axis=0), places.max(axis=0)
    return np.round((places - low) / np.where(high > low, high - low, 1), 4)
