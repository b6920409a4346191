"""The report card of semantic IDs: what is used, how evenly, and what of the neighbourhood is left."""

from collections.abc import Mapping

import numpy as np

from broadsheet.core.metrics import gini
from broadsheet.core.seeds import generator

# So many items are asked for their neighbours.
ASKED = 2000
# Distances that are held at once.
CELLS = 2**25


def card(
    codes: np.ndarray,
    size: int,
    vectors: np.ndarray,
    decoded: np.ndarray,
    *,
    categories: np.ndarray | None = None,
    popularity: np.ndarray | None = None,
    neighbours: int = 10,
    seed: int = 0,
) -> dict[str, float]:
    """Return figures of codes `[N, L]` for vectors `[N, d]` that they decode to `decoded` `[N, d]`.

    `collisions` is the share of items whose ID another has too. For each level from 1: the share of codes in use, the perplexity of
    their use (K if even), its Gini, the share of the fullest. `neighbour_recall` is the share of the nearest items that are the nearest
    after decoding. `categories` `[N]` (-1 unknown) give `purity@l`, how often two items with the same first l codes share theirs, beside
    `purity_chance`; `popularity` `[N]` gives the share of events that the most popular first code takes, over its share of items.
    """
    found: dict[str, float] = {"items": float(len(codes))}
    _, counts = np.unique(codes, axis=0, return_counts=True)
    found["collisions"] = float(counts[counts > 1].sum() / max(1, len(codes)))
    for level in range(codes.shape[1]):
        found |= {f"{name}@{level + 1}": value for name, value in _use(np.bincount(codes[:, level], minlength=size)).items()}
    lengths = float(((vectors - vectors.mean(axis=0)).astype(np.float64) ** 2).sum()) if len(vectors) else 0.0
    found["error"] = float(((vectors - decoded) ** 2).sum() / lengths) if lengths else 0.0
    found["neighbour_recall"] = neighbour_recall(vectors, decoded, neighbours, seed)
    return found | meaning(codes, size, categories=categories, popularity=popularity)


def meaning(codes: np.ndarray, size: int, *, categories: np.ndarray | None = None, popularity: np.ndarray | None = None) -> dict[str, float]:
    """Return what of a card needs to know more than vectors: the purity of prefixes by `categories` `[N]`, the skew of `popularity` `[N]`."""
    found = {} if categories is None else _purity(codes, categories)
    if popularity is not None and popularity.sum():
        events = np.bincount(codes[:, 0], weights=popularity, minlength=size) / popularity.sum()
        most = int(events.argmax())
        found["popularity_skew"] = float(events[most] / max(1, (codes[:, 0] == most).sum()) * len(codes))
    return found


def neighbour_recall(vectors: np.ndarray, decoded: np.ndarray, k: int = 10, seed: int = 0) -> float:
    """Return the share of each item's k nearest (squared distance, itself left out) that are its k nearest among the decoded."""
    count = len(vectors)
    k = min(k, count - 1)
    if k < 1:
        return 1.0
    asked = generator(seed, "card").permutation(count)[:ASKED]
    found = [_nearest(table, asked, k) for table in (vectors, decoded)]
    return float(np.mean([len(np.intersect1d(one, other)) / k for one, other in zip(*found, strict=True)]))


def _nearest(table: np.ndarray, asked: np.ndarray, k: int) -> np.ndarray:
    """Return the k nearest `[R, k]` of some rows, so many at once that the distances take little memory."""
    lengths, found = (table**2).sum(axis=1), []
    for block in np.array_split(asked, max(1, len(asked) * len(table) // CELLS)):
        distances = lengths - 2 * table[block] @ table.T
        distances[np.arange(len(block)), block] = np.inf
        # A copy: a view would keep all of the block.
        found.append(np.argpartition(distances, k - 1, axis=1)[:, :k].copy())
    return np.concatenate(found)


def _use(counts: np.ndarray) -> Mapping[str, float]:
    share = counts / max(1, counts.sum())
    used = share[share > 0]
    perplexity = float(np.exp(-(used * np.log(used)).sum()))
    return {"used": float((counts > 0).mean()), "perplexity": perplexity, "gini": gini(counts) if counts.any() else 0.0, "fullest": float(share.max(initial=0))}


def _purity(codes: np.ndarray, categories: np.ndarray) -> dict[str, float]:
    known = categories >= 0
    codes, categories = codes[known], categories[known]
    found = {"purity_chance": _pairs_alike(np.zeros(len(codes), dtype=np.int64), categories)}
    for level in range(1, codes.shape[1]):
        _, prefix = np.unique(codes[:, :level], axis=0, return_inverse=True)
        found[f"purity@{level}"] = _pairs_alike(prefix, categories)
    return found


def _pairs_alike(groups: np.ndarray, categories: np.ndarray) -> float:
    """Return the share of pairs within a group whose categories are the same."""
    sizes = np.unique(groups, return_counts=True)[1].astype(np.float64)
    cells = np.unique(np.stack([groups, categories]), axis=1, return_counts=True)[1].astype(np.float64)
    pairs = (sizes * (sizes - 1)).sum()
    return float((cells * (cells - 1)).sum() / pairs) if pairs else 0.0
