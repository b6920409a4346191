"""Mokken's scale analysis of yes and no: Loevinger's H for pairs, items, persons and all, with standard errors, and what a scale must also hold."""

from typing import NamedTuple

import numpy as np

# A step down smaller than this is none (Molenaar and Sijtsma 2000).
SMALLEST = 0.03


class Scalability(NamedTuple):
    """Loevinger's H of each pair `[L, L]`, of each item `[L]` and of all, each with its standard error; NaN where everybody or nobody has an item."""

    pairs: np.ndarray
    items: np.ndarray
    whole: float
    pairs_se: np.ndarray
    items_se: np.ndarray
    whole_se: float


class Sums(NamedTuple):
    """What H is made of: for each pair the covariance and the most that it could be, `[..., L, L]`."""

    found: np.ndarray
    most: np.ndarray

    @property
    def items(self) -> np.ndarray:
        """H of each item `[..., L]`."""
        return _ratio(self._off(self.found).sum(axis=-1), self._off(self.most).sum(axis=-1))

    @property
    def whole(self) -> np.ndarray:
        """H of all items `[...]`."""
        return _ratio(self._off(self.found).sum(axis=(-1, -2)), self._off(self.most).sum(axis=(-1, -2)))

    @staticmethod
    def _off(values: np.ndarray) -> np.ndarray:
        return values * (1 - np.eye(values.shape[-1]))


def sums(both: np.ndarray) -> Sums:
    """Return covariances of items by the share of people that have both of two, `[..., L, L]`, on the diagonal the share that has one.

    >>> sums(np.array([[0.5, 0.25], [0.25, 0.25]])).whole.item()
    1.0
    """
    share = np.diagonal(both, axis1=-2, axis2=-1)
    product = share[..., :, None] * share[..., None, :]
    return Sums(both - product, np.minimum(share[..., :, None], share[..., None, :]) - product)


def pair_shares(present: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return which share of people has both of two items, `[..., L, L]`, for rows `[R, L]` of 0 and 1 that stand for so many people, `[..., R]`.

    >>> pair_shares(np.array([[1, 0], [1, 1]]), np.array([1, 3])).tolist()
    [[1.0, 0.75], [0.75, 0.75]]
    """
    count = present.shape[1]
    products = (present[:, :, None] * present[:, None, :]).reshape(len(present), count * count).astype(float)
    return (weights @ products).reshape(*weights.shape[:-1], count, count) / weights.sum(axis=-1)[..., None, None]


def scalability(present: np.ndarray, weights: np.ndarray | None = None) -> Scalability:
    """Return H and its standard errors for rows `[R, L]` of 0 and 1, each of which stands for so many people `[R]`.

    H is one less the share of Guttman errors among those expected of independent items (Loevinger 1948, Mokken 1971). Standard errors are by the delta method from
    the multinomial of whole rows (Kuijpers, Van der Ark and Croon 2013).

    >>> round(scalability(np.array([[0, 0], [1, 0], [1, 1], [0, 1]]), np.array([4, 3, 2, 1])).whole, 4)
    0.3333
    """
    rows = np.asarray(present, dtype=float)
    weights = np.ones(len(rows)) if weights is None else np.asarray(weights, dtype=float)
    people = weights.sum()
    both = pair_shares(rows, weights)
    made = sums(both)
    share = np.diag(both)
    off = rows - share
    # What each row changes in the covariances and in what they could be at most, [R, L, L].
    changed = off[:, :, None] * off[:, None, :] - made.found
    less = np.where(share[:, None] <= share[None, :], off[:, :, None], off[:, None, :])
    more = np.where(share[:, None] <= share[None, :], off[:, None, :], off[:, :, None])
    low, high = np.minimum.outer(share, share), np.maximum.outer(share, share)
    bound = less * (1 - high) - low * more

    def error(found: np.ndarray, most: np.ndarray, value: np.ndarray) -> np.ndarray:
        each = np.divide(found - value * most, people, out=np.zeros_like(found), where=np.isfinite(found))
        return np.sqrt(np.einsum("r,r...->...", weights, each**2))

    keep = 1 - np.eye(rows.shape[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        pairs = _ratio(made.found, made.most)
        pairs_se = error(changed, bound, pairs) / made.most
        item_most, all_most = (made.most * keep).sum(axis=1), (made.most * keep).sum()
        items_se = error((changed * keep).sum(axis=2), (bound * keep).sum(axis=2), made.items) / item_most
        whole_se = error((changed * keep).sum(axis=(1, 2)), (bound * keep).sum(axis=(1, 2)), made.whole) / all_most
    np.fill_diagonal(pairs, np.nan)
    np.fill_diagonal(pairs_se, np.nan)
    return Scalability(pairs, made.items, float(made.whole), pairs_se, items_se, float(whole_se))


def transposed(present: np.ndarray, weights: np.ndarray) -> float:
    """Return H^T, Loevinger's H of people over items (Sijtsma and Meijer 1992): how alike they order the items. People who have all or nothing order none."""
    counts = present.shape[1]
    some = present[(present.sum(axis=1) > 0) & (present.sum(axis=1) < counts)], weights[(present.sum(axis=1) > 0) & (present.sum(axis=1) < counts)]
    patterns, where = np.unique(some[0], axis=0, return_inverse=True)
    if not len(patterns):
        return float("nan")
    people = np.bincount(where.ravel(), some[1], minlength=len(patterns))
    made = sums(pair_shares(patterns.T.astype(float), np.ones(counts)))
    pairs = np.outer(people, people)
    np.fill_diagonal(pairs, people * (people - 1))
    return float(_ratio((pairs * made.found).sum(), (pairs * made.most).sum()))


class Steps(NamedTuple):
    """Of each item `[L]` how many comparisons there were, how many go the wrong way by more than `SMALLEST`, and how many of these significantly."""

    compared: np.ndarray
    wrong: np.ndarray
    significant: np.ndarray


def monotone(present: np.ndarray, weights: np.ndarray, level: float = 0.05) -> Steps:
    """Check that who has more of the other items is likelier to have each: shares by rest score, neighbouring groups joined until they are large enough."""
    count = present.shape[1]
    found = np.zeros((3, count), dtype=int)
    for item in range(count):
        shares, sizes = _by_rest(present, weights, present.sum(axis=1) - present[:, item], [item])
        for low in range(len(sizes)):
            for high in range(low + 1, len(sizes)):
                _compare(found[:, item], shares[low, 0], shares[high, 0], 1 / sizes[low] + 1 / sizes[high], level)
    return Steps(*found)


def invariant(present: np.ndarray, weights: np.ndarray, level: float = 0.05) -> Steps:
    """Check that the order of the items by how many have them is everyone's (Ligtvoet and others 2010), by the rest score of each two items."""
    count = present.shape[1]
    share = weights @ present / weights.sum()
    found = np.zeros((3, count), dtype=int)
    for one in range(count):
        for other in range(count):
            if share[one] < share[other] or (share[one] == share[other] and one >= other):
                continue
            shares, sizes = _by_rest(present, weights, present.sum(axis=1) - present[:, one] - present[:, other], [one, other])
            for (easy, hard), size in zip(shares, sizes, strict=True):
                seen = np.zeros(3, dtype=int)
                _compare(seen, hard, easy, 1 / size, level)
                found[:, one] += seen
                found[:, other] += seen
    return Steps(*found)


def reproducibility(present: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Return Guttman's coefficient of reproducibility by Goodenough's errors, and Menzel's of scalability, which takes off what margins give for nothing."""
    share = weights @ present / weights.sum()
    order = np.argsort(-share, kind="stable")
    sorted_rows = present[:, order]
    ideal = np.arange(present.shape[1]) < present.sum(axis=1, keepdims=True)
    people, count = weights.sum(), present.shape[1]
    errors = weights @ (sorted_rows != ideal).sum(axis=1)
    by_item = (np.minimum(share, 1 - share)).sum() * people
    by_person = weights @ np.minimum(present.sum(axis=1), count - present.sum(axis=1))
    most = min(by_item, by_person)
    return float(1 - errors / (people * count)), float(1 - errors / most) if most else float("nan")


def _by_rest(present: np.ndarray, weights: np.ndarray, rest: np.ndarray, items: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the share that has each of `items` `[G, I]` in groups of like rest score, and the groups' sizes `[G]`."""
    people = weights.sum()
    least = max(people / 10 if people >= 500 else people / 5 if people >= 250 else min(people / 3, 50), 1)
    shares, sizes = [], []
    size, had = 0.0, np.zeros(len(items))
    scores = np.unique(rest)
    for score in scores:
        here = rest == score
        size, had = size + weights[here].sum(), had + weights[here] @ present[here][:, items]
        if size >= least:
            shares.append(had)
            sizes.append(size)
            size, had = 0.0, np.zeros(len(items))
    if size and sizes:
        shares[-1] = shares[-1] + had
        sizes[-1] += size
    return np.array(shares).reshape(-1, len(items)) / np.array(sizes).reshape(-1, 1), np.array(sizes)


def _compare(found: np.ndarray, low: float, high: float, width: float, level: float) -> None:
    """Count a comparison of a share that should be lower with one that should be higher."""
    found[0] += 1
    if low - high > SMALLEST:
        found[1] += 1
        pooled = (low + high) / 2
        spread = np.sqrt(max(pooled * (1 - pooled), 1e-9) * width)
        found[2] += bool((low - high) / spread > _normal_above(level))


def _normal_above(level: float) -> float:
    from scipy.stats import norm

    return float(norm.isf(level))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=np.asarray(whole) > 0)
