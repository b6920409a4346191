"""Which categories tire together: a kernel from what readers have beside each other, not from words."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.plan.events import Events

SHRINK = 0.3
"""What is added to a category's spread over readers: one that few have is like no other."""
NEIGHBOURS = 5
LEAST = 0.1
"""A likeness below this is taken for chance."""
OFTEN = 100
"""Events of a category whose name is compared."""


def saturation_kernel(events: Events, shares: NDArray[np.float32], users: int, neighbours: int = NEIGHBOURS) -> NDArray[np.float32]:
    """Return how much an exposure to the second category wears out the first `[C, C]`: 1 on the diagonal, a few neighbours each, else 0.

    It is the correlation over readers of the roots of categories' shares in what they liked (the root so that no heavy reader decides), shrunken, where it is at
    least .1, for the five nearest of each category. That readers who have the one have the other is what was measured; that
    the one then wears out the other is assumed. `shares` `[I, C]` are items' categories.
    """
    count = shares.shape[1]
    liked = events.where(events.liked > 0)
    table = np.zeros((users, count))
    np.add.at(table, liked.user, shares[liked.item])
    rows = table[table.sum(axis=1) > 0]
    if len(rows) < 2:
        return np.eye(count, dtype=np.float32)
    root = np.sqrt(rows / rows.sum(axis=1, keepdims=True))
    root -= root.mean(axis=0)
    scale = np.sqrt(np.square(root).sum(axis=0) + SHRINK)
    alike = (root.T @ root) / scale[:, None] / scale
    np.fill_diagonal(alike, 0)
    near = np.argsort(-alike, axis=1, kind="stable")[:, :neighbours]
    kernel = np.eye(count, dtype=np.float32)
    value = np.take_along_axis(alike, near, axis=1)
    np.put_along_axis(kernel, near, np.where(value >= LEAST, value, 0).astype(np.float32), axis=1)
    np.fill_diagonal(kernel, 1)
    return kernel


def by_name(kernel: NDArray[np.float32], names: tuple[str, ...], heard: NDArray[Any]) -> dict[str, Any]:
    """Say whether categories with words in common weigh more than others: mean weights, how many pairs have any, and the heaviest pairs.

    Only categories with 100 events or more, `heard` `[C]`, are looked at: of others little can be known. Names are like where half of their longer words are the same.

    >>> kernel = np.array([[1, 0.4, 0], [0.4, 1, 0], [0, 0, 1]], dtype=np.float32)
    >>> found = by_name(kernel, ("Romance: Gothic", "Gothic", "Law"), np.full(3, 500))
    >>> found["pairs of like names"], round(found["weight of like names"], 1), found["weight of others"]
    (2, 0.4, 0.0)
    """
    words = [{word.strip(",.'").lower() for word in name.replace(":", " ").split() if len(word) > 3} for name in names]
    like = np.array([[len(a & b) / max(1, len(a | b)) >= 0.5 for b in words] for a in words])
    often = heard >= OFTEN
    others = ~np.eye(len(names), dtype=bool) & often[:, None] & often
    near, far = kernel[like & others], kernel[~like & others]
    order = np.argsort(-np.where(others, kernel, -1), axis=None, kind="stable")[:10]
    heaviest = [
        f"{names[place // len(names)]} | {names[place % len(names)]}: {kernel.flat[place]:.2f}"
        for place in order.tolist()
        if (others & (kernel > 0)).flat[place]
    ]
    return {
        "categories": int(often.sum()),
        "pairs of like names": len(near),
        "weight of like names": float(near.mean()) if len(near) else 0.0,
        "weight of others": float(far.mean()) if len(far) else 0.0,
        "like names with weight": float((near > 0).mean()) if len(near) else 0.0,
        "others with weight": float((far > 0).mean()) if len(far) else 0.0,
        "heaviest": heaviest,
    }
