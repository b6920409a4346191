"""Biased matrix factorisation by alternating ridge regression, in which items draw towards what their categories share."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.seeds import generator
from broadsheet.plan.events import Events

WIDTH = 32
"""Numbers of an item's vector."""
SWEEPS = 8
START = 0.1
"""Deviation of the vectors that the sweeps begin from."""
OWN_MEAN = 5.0
"""Ridge of what categories share."""

Floats = NDArray[np.float64]


class Ridge(NamedTuple):
    """How strongly numbers are drawn to where they are expected: those of users to 0, those of items to what their categories share.

    `along` is how long a category's own direction is in the vectors that the sweeps begin from: 0 leaves it to the sweeps to find the categories.
    """

    bias: float = 5.0
    taste: float = 15.0
    item: float = 10.0
    along: float = 0.0


class Factors(NamedTuple):
    """The mean value, and for each item its bias and its vector in one row `[I, 1 + d]`."""

    mean: float
    items: Floats
    ridge: Ridge


def fit_factors(events: Events, shares: NDArray[np.float32], ridge: Ridge, seed: int, width: int = WIDTH, sweeps: int = SWEEPS) -> Factors:
    """Fit factors of items on the events of the users that are given (Koren, Bell and Volinsky, Computer 42(8), 2009, section "Adding biases").

    `shares` `[I, C]` say which categories an item has. The value of an event is the mean + bias of the item + bias of the user + the product of their vectors; each
    half of a sweep is solved exactly.
    """
    count = len(shares)
    rng = generator(seed, "plan", "factors")
    mean = float(events.value.mean()) if len(events.value) else 0.0
    by_user, by_item = events.sorted(), events.at(np.argsort(events.item, kind="stable"))
    start = ridge.along * (shares @ _directions(shares.shape[1], width, rng)) + rng.normal(0, START, size=(count, width))
    items = np.column_stack([np.zeros(count), start])
    numbers, begins = np.unique(by_user.user, return_index=True)
    begins = np.append(begins, len(by_user.user))
    place = np.zeros(int(numbers.max(initial=0)) + 1, dtype=np.int64)
    place[numbers] = np.arange(len(numbers))
    heard = np.bincount(by_item.item, minlength=count)
    item_begins = np.append(0, np.cumsum(heard))
    wanted = np.array([ridge.item, *[ridge.item] * width])
    for _ in range(sweeps):
        users = _of_users(by_user, begins, mean, items, ridge)
        expected = shares @ _shared(items, shares, heard, ridge.item)
        at = place[by_item.user]
        # A bias stands where the other side has 1.
        items = _solved(users[at, 1:], by_item.value - mean - users[at, 0], item_begins, wanted, expected)
    return Factors(mean, items, ridge)


def fold_in(factors: Factors, events: Events, users: int) -> Floats:
    """Return the bias and the vector of each of `users` `[U, 1 + d]`, solved from the user's own events alone; 0 where there are none."""
    own = events.sorted()
    begins = np.append(0, np.cumsum(np.bincount(own.user, minlength=users)))
    return _of_users(own, begins, factors.mean, factors.items, factors.ridge)


def expected_values(factors: Factors, users: Floats) -> NDArray[np.float32]:
    """Return what each user is expected to give each item `[U, I]`; a row depends on its user's numbers alone, to the bit."""
    found = np.empty((len(users), len(factors.items)), dtype=np.float32)
    # One product a user: in one of all, the bits of a row could depend on where it stands.
    for row, user in enumerate(users):
        found[row] = factors.mean + factors.items[:, 0] + user[0] + factors.items[:, 1:] @ user[1:].copy()
    return found


def _directions(categories: int, width: int, rng: np.random.Generator) -> Floats:
    """Return a direction for each category `[C, d]`, at right angles where there is room."""
    drawn = rng.normal(size=(categories, width))
    if categories <= width:
        return np.linalg.qr(drawn.T)[0].T
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def _of_users(events: Events, begins: NDArray[np.int64], mean: float, items: Floats, ridge: Ridge) -> Floats:
    wanted = np.array([ridge.bias, *[ridge.taste] * (items.shape[1] - 1)])
    target = events.value - mean - items[events.item, 0]
    return _solved(items[events.item, 1:], target, begins, wanted, np.zeros((len(begins) - 1, items.shape[1])))


def _solved(vectors: Floats, target: Floats, begins: NDArray[np.int64], ridge: Floats, expected: Floats) -> Floats:
    """Return for each run of events the bias and the vector that fit it best, drawn to what is expected `[E, 1 + d]`."""
    width = len(ridge)
    gram, right = np.zeros((len(begins) - 1, width, width)), np.zeros((len(begins) - 1, width))
    for row, (begin, end) in enumerate(zip(begins[:-1].tolist(), begins[1:].tolist(), strict=True)):
        if begin == end:
            continue
        part = np.empty((end - begin, width))
        part[:, 0], part[:, 1:] = 1, vectors[begin:end]
        gram[row], right[row] = part.T @ part, part.T @ target[begin:end]
    right -= (gram @ expected[:, :, None])[:, :, 0]
    gram[:, np.arange(width), np.arange(width)] += ridge
    return expected + np.linalg.solve(gram, right[:, :, None])[:, :, 0]


def _shared(items: Floats, shares: NDArray[np.float32], heard: NDArray[np.int64], ridge: float) -> Floats:
    """Return what items of a category have in common `[C, 1 + d]`; an item counts as far as it was heard of."""
    weight = heard / (heard + ridge)
    weighted = shares * weight[:, None]
    return np.linalg.solve(weighted.T @ shares + OWN_MEAN * np.eye(shares.shape[1]), weighted.T @ items).astype(np.float64)
