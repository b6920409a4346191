"""K-means whose clusters hold at most so many rows."""

from typing import NamedTuple

import numpy as np
from scipy import sparse

from broadsheet.core.seeds import generator

# Nearest centres that a row asks before it takes any that has room.
ASKED = 16
SAMPLED = 256
BLOCK = 65536


class Nearest(NamedTuple):
    """For each row its nearest centres `[N, m]`, nearest first, and the squared distances `[N, m]`."""

    centres: np.ndarray
    distances: np.ndarray


class Clusters(NamedTuple):
    """Centres `[K, d]`, and the centre of each row `[N]`."""

    centres: np.ndarray
    of: np.ndarray


def balanced_kmeans(rows: np.ndarray, count: int, capacity: int, *, seed: int = 0, rounds: int = 20, settled: int = 4) -> Clusters:
    """Cluster rows `[N, d]` into `count` clusters of at most `capacity`: Lloyd's rounds, then `settled` with the limit.

    Centres are found on at most `SAMPLED` rows a cluster, drawn by the seed, under a limit in proportion; all rows are assigned at the end. With fewer rows than clusters each row has its own centre, and the other centres are copies that nothing is assigned to.
    """
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    if len(rows) <= count:
        return Clusters(_padded(rows, count), np.arange(len(rows)))
    some = rows
    if len(rows) > SAMPLED * count:
        some = rows[np.sort(generator(seed, "clusters").choice(len(rows), SAMPLED * count, replace=False))]
    limit = int(np.ceil(capacity * len(some) / len(rows)))
    centres = _lloyd(some, count, seed, rounds)
    of = assign(some, centres, limit)
    for _ in range(settled):
        centres = _means(some, of, centres)
        of = assign(some, centres, limit)
    if len(some) < len(rows):
        centres = _means(some, of, centres)
        of = assign(rows, centres, capacity)
    return Clusters(_means(rows, of, centres), of)


def assign(rows: np.ndarray, centres: np.ndarray, capacity: int | None = None) -> np.ndarray:
    """Return the centre of each row `[N]`: the nearest, or with a `capacity` the nearest that a row is not turned away from.

    A centre that is asked by too many keeps those whose next choice would cost most. Raises ValueError where the rows do not fit.
    """
    if capacity is None:
        return nearest(rows, centres, 1).centres[:, 0]
    if capacity * len(centres) < len(rows):
        raise ValueError(f"{len(rows)} rows do not fit {len(centres)} clusters of {capacity}")
    chosen = _ask(nearest(rows, centres, min(ASKED, len(centres))), np.full(len(centres), capacity))
    left = np.flatnonzero(chosen < 0)
    if len(left):
        room = capacity - np.bincount(chosen[chosen >= 0], minlength=len(centres))
        chosen[left] = _ask(nearest(rows[left], centres, len(centres)), room)
    return chosen


def nearest(rows: np.ndarray, centres: np.ndarray, most: int) -> Nearest:
    """Return the `most` nearest centres of each row."""
    found = Nearest(np.zeros((len(rows), most), dtype=np.int64), np.zeros((len(rows), most), dtype=np.float32))
    lengths = (centres**2).sum(axis=1)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        distances = lengths - 2 * (block @ centres.T) + (block**2).sum(axis=1, keepdims=True)
        near = np.argpartition(distances, most - 1, axis=1)[:, :most] if most < len(centres) else np.tile(np.arange(most), (len(block), 1))
        order = np.argsort(np.take_along_axis(distances, near, axis=1), axis=1, kind="stable")
        near = np.take_along_axis(near, order, axis=1)
        found.centres[start : start + BLOCK] = near
        found.distances[start : start + BLOCK] = np.maximum(np.take_along_axis(distances, near, axis=1), 0)
    return found


def _ask(near: Nearest, room: np.ndarray) -> np.ndarray:
    """Let rows ask their centres in turn until none is turned away; -1 for a row that all its centres turned away."""
    count, most = near.centres.shape
    turn = np.zeros(count, dtype=np.int64)
    rows = np.arange(count)
    next_best = np.concatenate([near.distances, np.full((count, 1), np.inf, dtype=np.float32)], axis=1)
    while True:
        asking = np.flatnonzero(turn < most)
        centre = near.centres[asking, turn[asking]]
        crowded = np.bincount(centre, minlength=len(room)) > room
        inside = crowded[centre]
        asking, centre = asking[inside], centre[inside]
        if not len(asking):
            break
        regret = next_best[asking, turn[asking] + 1] - near.distances[asking, turn[asking]]
        order = np.lexsort((rows[asking], -regret, centre))
        sizes = np.bincount(centre, minlength=len(room))
        place = np.arange(len(order)) - (np.cumsum(sizes) - sizes)[centre[order]]
        turn[asking[order][place >= room[centre[order]]]] += 1
    return np.where(turn < most, near.centres[rows, np.minimum(turn, most - 1)], -1)


def _lloyd(rows: np.ndarray, count: int, seed: int, rounds: int) -> np.ndarray:
    import faiss

    model = faiss.Kmeans(rows.shape[1], count, niter=rounds, seed=seed, min_points_per_centroid=1, max_points_per_centroid=SAMPLED)
    model.train(rows)
    return np.array(model.centroids)


def _means(rows: np.ndarray, of: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return the mean of each cluster's rows; an empty one keeps its centre."""
    sizes = np.bincount(of, minlength=len(before))
    member = sparse.csr_array((np.ones(len(of), dtype=np.float32), (of, np.arange(len(of)))), shape=(len(before), len(of)))
    means = (member @ rows) / np.maximum(sizes, 1)[:, None]
    return np.where(sizes[:, None] > 0, means, before).astype(np.float32)


def _padded(rows: np.ndarray, count: int) -> np.ndarray:
    if not len(rows):
        return np.zeros((count, rows.shape[1]), dtype=np.float32)
    return rows[np.arange(count) % len(rows)]
