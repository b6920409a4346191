"""What costs seconds and must be beaten: popularity, and items that stand near each other in sequences."""

import numpy as np
from scipy import sparse

from broadsheet.core.ragged import Ragged

WINDOW, LAST, DECAY = 5, 6, 0.7


def popularity(train: Ragged, items: int) -> np.ndarray:
    """Return how often each item stands in the sequences `[N]`."""
    return np.bincount(train.values, minlength=items).astype(np.float64)


def cooccurrence(train: Ragged, items: int, window: int = WINDOW) -> sparse.csr_array:
    """Return `[N, N]`: how often two items stand at most `window` places apart, over the root of both items' sums.

    >>> round(float(cooccurrence(Ragged.of([[0, 1], [0, 1]]), 3)[0, 1]), 6)
    1.0
    """
    user = np.repeat(np.arange(len(train.lengths)), train.lengths)
    counts = sparse.coo_array((items, items))
    for step in range(1, window + 1):
        same = np.flatnonzero(user[step:] == user[:-step])
        pairs = (train.values[same], train.values[same + step])
        counts = counts + sparse.coo_array((np.ones(len(same)), pairs), shape=(items, items))
    both = sparse.csr_array(counts + counts.T)
    scale = 1 / np.sqrt(np.maximum(both.sum(axis=1), 1))
    return sparse.csr_array(sparse.diags_array(scale) @ both @ sparse.diags_array(scale))


def recent(histories: Ragged, items: int, last: int = LAST, decay: float = DECAY) -> sparse.csr_array:
    """Return `[U, N]`: the last items of each history, weighted by `decay` to the power of how many came after."""
    ends = histories.begins[1:]
    rows, columns, weights = [], [], []
    for back in range(last):
        users = np.flatnonzero(histories.lengths > back)
        rows.append(users)
        columns.append(histories.values[ends[users] - 1 - back])
        weights.append(np.full(len(users), decay**back))
    shape = (len(histories.lengths), items)
    return sparse.csr_array(sparse.coo_array((np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), shape=shape))
