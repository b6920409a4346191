"""How much each user would like each item, from ratings of items that users chose: ridge regression on who, what, and features of both."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, cg

from broadsheet.core.seeds import generator

Floats = NDArray[np.float64]

START: Mapping[str, float] = {"user": 0.3, "item": 0.1, "user features": 0.1, "item features": 0.1, "taste": 0.1, "audience": 0.1, "crossed features": 0.1}
"""Variances of the parts of a rating, in units of its noise, from which cross-validation sets out. `taste` is a user's own weights of the item's features,
`audience` an item's own weights of the user's."""
FACTORS = (0.0, 0.25, 0.5, 2.0, 4.0)
"""What a variance is multiplied by, one after the other; what ratings held out are told by best is kept."""
FOLDS, PASSES = 5, 2
STEPS, TOLERANCE = 300, 1e-4
"""Of conjugate gradients."""


class Ratings(NamedTuple):
    """Ratings as lists `[N]`, of users and items with unit rows of features `[U, f]` and `[I, g]`."""

    user: NDArray[np.int64]
    item: NDArray[np.int64]
    rating: Floats
    user_features: Floats
    item_features: Floats

    @classmethod
    def of(cls, train: NDArray[np.int8], user_features: NDArray[np.int8], item_features: NDArray[np.int8]) -> "Ratings":
        """Take ratings from a table `[U, I]` in which 0 is none."""
        user, item = np.nonzero(train)
        return cls(user, item, train[user, item].astype(np.float64), _unit(user_features), _unit(item_features))

    def some(self, rows: NDArray[np.int64]) -> "Ratings":
        """Return some of the ratings."""
        return self._replace(user=self.user[rows], item=self.item[rows], rating=self.rating[rows])


class Likings(NamedTuple):
    """What is expected of every user and item `[U, I]`, the variances of the parts, and the mean squared error of ratings held out."""

    mean: Floats
    variances: Mapping[str, float]
    held_out: float


def fit_likings(ratings: Ratings, variances: Mapping[str, float] | None = None) -> Likings:
    """Fit the likings; the variances of the parts are chosen by cross-validation within the ratings unless they are given."""
    folds = generator(0, "plan", "coat", "folds").permutation(len(ratings.rating)) % FOLDS
    parts = _parts(ratings, ratings.user, ratings.item)
    chosen, error = (dict(variances), held_out_error(ratings, parts, folds, variances)) if variances else _chosen(ratings, parts, folds)
    users, items = len(ratings.user_features), len(ratings.item_features)
    everyone, everything = np.divmod(np.arange(users * items), items)
    weights, mean = _fitted(parts, ratings.rating, chosen)
    table = mean + _joined(_parts(ratings, everyone, everything), chosen) @ weights
    return Likings(table.reshape(users, items), chosen, error)


def held_out_error(ratings: Ratings, parts: Mapping[str, sparse.csr_array], folds: NDArray[np.int64], variances: Mapping[str, float]) -> float:
    """Return the mean squared error of each fold's ratings, told from those of the others."""
    total = 0.0
    for fold in range(FOLDS):
        known, asked = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        weights, mean = _fitted({name: part[known] for name, part in parts.items()}, ratings.rating[known], variances)
        told = mean + _joined({name: part[asked] for name, part in parts.items()}, variances) @ weights
        total += float(((ratings.rating[asked] - told) ** 2).sum())
    return total / len(ratings.rating)


def _chosen(ratings: Ratings, parts: Mapping[str, sparse.csr_array], folds: NDArray[np.int64]) -> tuple[dict[str, float], float]:
    """Choose variances one at a time, in passes over the parts."""
    best = dict(START)
    error = held_out_error(ratings, parts, folds, best)
    for name in list(START) * PASSES:
        for value in [best[name] * factor for factor in FACTORS] if best[name] else []:
            tried = {**best, name: value}
            found = held_out_error(ratings, parts, folds, tried)
            if found < error:
                best, error = tried, found
    return best, error


def _fitted(parts: Mapping[str, sparse.csr_array], rating: Floats, variances: Mapping[str, float]) -> tuple[Floats, float]:
    """Return the weights of the joined parts and the mean: ridge regression, solved in the space of ratings, of which there are fewer."""
    joined = _joined(parts, variances)
    back = joined.T.tocsr()
    mean = float(rating.mean())
    product = LinearOperator((len(rating), len(rating)), matvec=lambda one: joined @ (back @ one) + one, dtype=np.float64)
    told, _ = cg(product, rating - mean, rtol=TOLERANCE, maxiter=STEPS)
    return back @ told, mean


def _joined(parts: Mapping[str, sparse.csr_array], variances: Mapping[str, float]) -> sparse.csr_array:
    return sparse.csr_array(sparse.hstack([part * np.sqrt(variances[name]) for name, part in parts.items() if variances[name] > 0]))


def _parts(ratings: Ratings, user: NDArray[np.int64], item: NDArray[np.int64]) -> dict[str, sparse.csr_array]:
    """Return the columns of each part for pairs of users and items, one row a pair."""
    one = np.ones((len(user), 1))
    of_user, of_item = ratings.user_features[user], ratings.item_features[item]
    users, items = len(ratings.user_features), len(ratings.item_features)
    crossed = (of_user[:, :, None] * of_item[:, None, :]).reshape(len(user), -1)
    return {
        "user": _own(user, one, users),
        "item": _own(item, one, items),
        "user features": sparse.csr_array(of_user),
        "item features": sparse.csr_array(of_item),
        "taste": _own(user, of_item, users),
        "audience": _own(item, of_user, items),
        "crossed features": sparse.csr_array(crossed),
    }


def _own(who: NDArray[np.int64], values: Floats, count: int) -> sparse.csr_array:
    """Return rows in which each of `count` has columns of its own, filled with `values` `[N, w]` of the one whose row it is."""
    row, column = np.nonzero(values)
    width = values.shape[1]
    return sparse.csr_array((values[row, column], (row, who[row] * width + column)), shape=(len(who), count * width))


def _unit(features: NDArray[np.int8]) -> Floats:
    rows = features.astype(np.float64)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
