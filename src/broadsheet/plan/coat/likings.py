"""How much each user would like each item, from ratings of items that users chose: ridge regression on who, what, and features of both."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

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
    parts = _parts(ratings)
    chosen, error = (dict(variances), held_out_error(ratings, parts, folds, variances)) if variances else _chosen(ratings, parts, folds)
    weights, mean = _fitted(_joined(parts, chosen), ratings.rating)
    return Likings(mean + _table(ratings, weights, chosen), chosen, error)


def held_out_error(ratings: Ratings, parts: Mapping[str, sparse.csr_array], folds: NDArray[np.int64], variances: Mapping[str, float]) -> float:
    """Return the mean squared error of each fold's ratings, told from those of the others."""
    total, joined = 0.0, _joined(parts, variances)
    for fold in range(FOLDS):
        known, asked = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        weights, mean = _fitted(sparse.csr_array(joined[known]), ratings.rating[known])
        told = mean + sparse.csr_array(joined[asked]) @ weights
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


def _fitted(joined: sparse.csr_array, rating: Floats) -> tuple[Floats, float]:
    """Return the weights of the joined parts and the mean: ridge regression, solved in the space of ratings, of which there are fewer."""
    back = joined.T.tocsr()
    mean = float(rating.mean())
    return back @ _solved(lambda one: joined @ (back @ one) + one, rating - mean), mean


def _solved(product: Callable[[Floats], Floats], target: Floats) -> Floats:
    """Return what a symmetric product, nowhere below one, takes to the target: conjugate gradients."""
    found, rest = np.zeros_like(target), target.copy()
    way, size = rest.copy(), float(rest @ rest)
    enough = TOLERANCE**2 * size
    for _ in range(STEPS):
        if size <= enough:
            break
        moved = product(way)
        length = size / float(way @ moved)
        found += length * way
        rest -= length * moved
        before, size = size, float(rest @ rest)
        way = rest + size / before * way
    return found


def _joined(parts: Mapping[str, sparse.csr_array], variances: Mapping[str, float]) -> sparse.csr_array:
    return sparse.csr_array(sparse.hstack([parts[name] * np.sqrt(variance) for name, variance in variances.items() if variance > 0]))


def _table(ratings: Ratings, weights: Floats, variances: Mapping[str, float]) -> Floats:
    """Return what the weights of the joined parts say of every user and item `[U, I]`, the mean left out."""
    of_user, of_item = ratings.user_features, ratings.item_features
    left, right = {"user": np.eye(len(of_user)), "user features": of_user}, {"item": np.eye(len(of_item)), "item features": of_item}
    # Each part is a product: columns of users, weights, columns of items.
    sides = {
        **{name: (columns, np.ones((len(of_item), 1))) for name, columns in left.items()},
        **{name: (np.ones((len(of_user), 1)), columns) for name, columns in right.items()},
        "taste": (left["user"], of_item),
        "audience": (of_user, right["item"]),
        "crossed features": (of_user, of_item),
    }
    table, begin = np.zeros((len(of_user), len(of_item))), 0
    for name, variance in variances.items():
        if variance > 0:
            one, other = sides[name]
            end = begin + one.shape[1] * other.shape[1]
            part = weights[begin:end] * np.sqrt(variance)
            # An item's own weights of the user stand item by item.
            between = part.reshape(other.shape[1], -1).T if name == "audience" else part.reshape(one.shape[1], -1)
            table += one @ between @ other.T
            begin = end
    return table


def _parts(ratings: Ratings) -> dict[str, sparse.csr_array]:
    """Return the columns of each part, one row a rating."""
    user, item = ratings.user, ratings.item
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
