"""Tables of people that are shown: no cell under k, nor one that its row, its column or the total would give away."""

import numpy as np

# Below this a coordinate of a null space is rounding.
_NOTHING = 1e-9


def suppress(counts: np.ndarray, k: int = 5) -> np.ma.MaskedArray:
    """Return counts `[C]` or `[R, C]` with cells masked that must not be shown beside their margins.

    Masked are cells from 1 to k - 1 and, until nothing can be reckoned back, others beside them, the smallest first:
    no masked cell follows from the margins (the total; for a table the sums of rows and of columns), and what is masked
    in one row, column or list adds up to k people at least. Where that cannot be, all of it is masked; a caller then
    leaves out that margin too. A cell without anybody shows nobody and stays.

    >>> suppress(np.array([40, 3, 9, 0])).tolist()
    [40, None, None, 0]
    >>> suppress(np.array([40, 30, 9])).tolist()
    [40, 30, 9]
    """
    counts = np.asarray(counts)
    people = counts.ravel()
    hidden = (people > 0) & (people < k)
    lines = _lines(counts.shape)
    # Cells that hold somebody go before empty ones, the smallest first.
    order = np.argsort(np.where(people > 0, people, people.max(initial=0) + 1), kind="stable")
    while True:
        beside = lines[_telling(people, hidden, lines, k)].any(axis=0) & ~hidden
        if not beside.any():
            return np.ma.masked_array(counts, hidden.reshape(counts.shape))
        hidden[order[beside[order]][0]] = True


def _lines(shape: tuple[int, ...]) -> np.ndarray:
    """Return which cells each margin adds up, `[margins, cells]`."""
    cells = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    if len(shape) == 1:
        return np.ones((1, len(cells)), dtype=bool)
    return np.array([np.isin(cells, line).ravel() for line in [*cells, *cells.T]], dtype=bool)


def _telling(people: np.ndarray, hidden: np.ndarray, lines: np.ndarray, k: int) -> np.ndarray:
    """Return which margins give something away: too few people hidden in them, or a hidden cell that follows from all margins."""
    hides = (lines & hidden).any(axis=1)
    too_few = hides & ((lines & hidden) @ people < k)
    if not hidden.any():
        return too_few
    _, sizes, directions = np.linalg.svd(lines[:, hidden].astype(float))
    free = directions[(sizes > _NOTHING).sum() :]
    follows = np.zeros(len(people), dtype=bool)
    follows[hidden] = (np.abs(free) < _NOTHING).all(axis=0)
    return too_few | (lines & follows).any(axis=1)
