"""Where the nodes of a small graph are drawn: the same graph always in the same places."""

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

T = TypeVar("T", bound=Hashable)
# Rounds of pushing and pulling, and of pushing apart what still overlaps.
ROUNDS, APART = 300, 200
# Room for a node with its name, and between parts that nothing joins, in CSS pixels.
WIDE, HIGH, GAP = 128.0, 78.0, 28.0
# So much further apart, as a share, lie the nodes of a part that has no more than so many; of larger parts it is less. So much more room has the longest name.
WIDER, FEW, NAMED = 0.8, 8, 1.2
# How high a part may be for its width.
SHAPE = 0.7


class Placed(NamedTuple):
    """Places of nodes, in CSS pixels from the top left, and the size of all."""

    places: tuple[tuple[float, float], ...]
    width: float
    height: float


def placed(count: int, edges: Sequence[tuple[int, int]], width: float) -> Placed:
    """Place `count` nodes: each part that hangs together by pushes and pulls, lying down, and the parts side by side in rows no wider than `width`.

    >>> placed(1, [], 500)
    Placed(places=((64.0, 39.0),), width=128.0, height=78.0)
    """
    parts = sorted(_parts(count, edges), key=lambda part: (-len(part), part[0]))
    places: dict[int, tuple[float, float]] = {}
    left = top = tall = most = 0.0
    for part in parts:
        own = {node: number for number, node in enumerate(part)}
        found = _part(len(part), [(own[one], own[other]) for one, other in edges if one in own], width)
        wide, high = (float(most) for most in found.max(axis=0) + np.array([WIDE, HIGH]))
        if left and left + wide > width:
            left, top, tall = 0.0, top + tall + GAP, 0.0
        places |= {node: (round(left + x + WIDE / 2, 1), round(top + y + HIGH / 2, 1)) for node, (x, y) in zip(part, found.tolist(), strict=True)}
        left, tall = left + wide + GAP, max(tall, high)
        most = max(most, left - GAP)
    return Placed(tuple(places[node] for node in range(count)), round(most, 1), round(top + tall, 1))


def _parts(count: int, edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Return the nodes of each part that hangs together, from the first on outwards."""
    beside = defaultdict(list)
    for one, other in edges:
        beside[one].append(other)
        beside[other].append(one)
    left, parts = dict.fromkeys(range(count)), []
    while left:
        part = [next(iter(left))]
        del left[part[0]]
        for node in part:
            for other in beside[node]:
                if other in left:
                    del left[other]
                    part.append(other)
        parts.append(part)
    return parts


def _part(count: int, edges: Sequence[tuple[int, int]], width: float) -> np.ndarray:
    """Place the nodes of one part, `[count, 2]`, the least of each axis at 0, drawn together where it is wider than the page or higher than most of that."""
    if count == 1:
        return np.zeros((1, 2))
    # From a circle, uneven by the golden angle, so that no two nodes pull against each other for ever.
    turn = np.arange(count) * math.pi * (3 - math.sqrt(5))
    found = np.stack([np.cos(turn), np.sin(turn)], axis=1) * np.sqrt(np.arange(count) + 0.5)[:, None]
    joined = np.zeros((count, count))
    for one, other in edges:
        if one != other:
            joined[one, other] = joined[other, one] = 1
    for step in range(ROUNDS):
        apart = found[:, None] - found[None]
        far = np.maximum(np.sqrt((apart**2).sum(-1)), 1e-6)
        # Pushes fall with the distance, pulls grow with its square (Fruchterman and Reingold, 1991).
        force = ((1 / far**2 - joined * far)[..., None] * apart).sum(axis=1)
        length = np.maximum(np.sqrt((force**2).sum(-1, keepdims=True)), 1e-9)
        found = found + force / length * np.minimum(length, 0.6 * (1 - step / ROUNDS))
    spread = 1 + WIDER * min(1.0, FEW / count) ** 2
    found = _lying(found) * (WIDE * 1.05 * spread, HIGH * 1.25 * spread)
    room = np.array([width - WIDE, SHAPE * width - HIGH]) / np.maximum(np.ptp(found, axis=0), 1e-9)
    return _apart((found - found.min(axis=0)) * np.minimum(room, 1.0), WIDE * min(spread, NAMED))


def _lying(found: np.ndarray) -> np.ndarray:
    """Turn places so that they lie along the first axis, the first node left of the middle."""
    middle = found - found.mean(axis=0)
    _, _, axes = np.linalg.svd(middle, full_matrices=False)
    turned = middle @ axes.T
    return turned * np.where(turned[0] > 0, -1.0, 1.0)


def _apart(found: np.ndarray, wide: float) -> np.ndarray:
    """Push nodes apart until none covers the name of another, which is so `wide`, along the axis on which that is less."""
    for _ in range(APART):
        moved = False
        for one in range(len(found)):
            for other in range(one):
                gap = np.array([wide, HIGH]) - np.abs(found[one] - found[other])
                if (gap <= 0.5).any():
                    continue
                axis = int(gap[1] * wide < gap[0] * HIGH)
                way = 1.0 if found[one, axis] >= found[other, axis] else -1.0
                found[one, axis] += way * gap[axis] / 2
                found[other, axis] -= way * gap[axis] / 2
                moved = True
        if not moved:
            break
    return found - found.min(axis=0)
