"""What is said of a user and an item by the other events: means, categories, and neighbours; no factors."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.plan.events import Events

SHRINK = 5.0
"""Events a mean is worth that nothing is known of."""
CATEGORY_SHRINK = 3.0
ALIKE_SHRINK = 20.0
"""Events of an item at which half of what its users left unexplained counts."""
OF_CATEGORIES = 0.2
"""What two items of the same categories have in common, where no user has both."""
NOISE = 1.0
"""How much of a residual is chance, in its own variance: the ridge of each user's regression."""

NAMES = ("user", "user_events", "item", "item_events", "item_value", "category", "neighbours", "known")

Floats = NDArray[np.float64]


class Said(NamedTuple):
    """Statistics of events: by user `[U]`, by item `[I]`, by user and category `[U, C]`, and likeness of items `[I, I]`."""

    user: Floats
    user_events: Floats
    item: Floats
    item_events: Floats
    item_value: Floats
    category: NDArray[np.float32]
    alike: NDArray[np.float32]
    residual: Floats
    mean: float


def said_by(events: Events, shares: NDArray[np.float32], users: int) -> Said:
    """Return the statistics of events, sorted by user; `shares` `[I, C]` are items' categories."""
    items = len(shares)
    value = events.value.astype(np.float64)
    mean = float(value.mean())
    of_item, of_user = np.zeros(items), np.zeros(users)
    item_events = np.bincount(events.item, minlength=items).astype(np.float64)
    user_events = np.bincount(events.user, minlength=users).astype(np.float64)
    for _ in range(5):
        of_item = np.bincount(events.item, value - mean - of_user[events.user], items) / (item_events + SHRINK)
        of_user = np.bincount(events.user, value - mean - of_item[events.item], users) / (user_events + SHRINK)
    residual = value - mean - of_user[events.user] - of_item[events.item]
    liked = (np.bincount(events.item, events.liked, items) + SHRINK * events.liked.mean()) / (item_events + SHRINK)
    held = np.zeros((users, items), dtype=np.float32)
    held[events.user, events.item] = residual
    seen = np.zeros((users, items), dtype=np.float32)
    seen[events.user, events.item] = 1
    category = ((held @ shares) / (seen @ shares + CATEGORY_SHRINK)).astype(np.float32)
    return Said(of_user, user_events, liked, item_events, of_item, category, _alike(held, seen, shares), residual, mean)


def columns(said: Said, shares: NDArray[np.float32], events: Events, users: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return what is said of every item for some of the users `[N, I, K]`, columns as NAMES; `events` are those that `said` is of, sorted by user."""
    items = len(shares)
    found = np.empty((len(users), items, len(NAMES)), dtype=np.float32)
    found[:, :, 0], found[:, :, 1] = said.user[users, None], np.log1p(said.user_events[users, None])
    found[:, :, 2], found[:, :, 3], found[:, :, 4] = said.item, np.log1p(said.item_events), said.item_value
    found[:, :, 5] = said.category[users] @ shares.T
    begins = np.append(0, np.cumsum(np.bincount(events.user, minlength=len(said.user))))
    for row, user in enumerate(users.tolist()):
        own = slice(int(begins[user]), int(begins[user + 1]))
        found[row, :, 6], found[row, :, 7] = _regressed(said.alike, events.item[own], said.residual[own])
    return found


def _alike(held: NDArray[np.float32], seen: NDArray[np.float32], shares: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a kernel of items `[I, I]`, not negative definite: products of users' residuals, shrunken by the items' events, and of categories."""
    events = seen.sum(axis=0)
    variance = np.square(held).sum() / max(float(events.sum()), 1.0)
    scaled = held / np.sqrt(max(float(variance), 1e-9) * (events + ALIKE_SHRINK))
    unit = shares / np.maximum(np.linalg.norm(shares, axis=1, keepdims=True), 1e-9)
    return (scaled.T @ scaled + OF_CATEGORIES * (unit @ unit.T)).astype(np.float32)


def _regressed(alike: NDArray[np.float32], own: NDArray[np.int64], residual: Floats) -> tuple[Floats, Floats]:
    """Return what a user's residuals say of every item by kernel regression, and how near the item is to what the user has `[I]`."""
    if not len(own):
        return np.zeros(len(alike)), np.zeros(len(alike))
    near = alike[own].astype(np.float64)
    weight = np.linalg.solve(near[:, own] + NOISE * np.eye(len(own)), residual)
    return weight @ near, np.square(near).sum(axis=0)
