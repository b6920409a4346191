"""Finds the door that a key paper opens, however long ago the key was; the last 39 papers tell nothing."""

import numpy as np
from numpy.typing import NDArray

from broadsheet.sample.world.model import World
from broadsheet.sample.world.settings import KEYS
from broadsheet.sample.world.solvers.finding import Finding, accuracy
from broadsheet.sample.world.solvers.histories import halves, histories, probes_of

_CHANCE = 1 / KEYS
NEAR = 39
"""Papers that a short memory keeps."""


def solve_deep(world: World) -> Finding:
    """Predict every reader's door from all they opened before, by what other readers did."""
    return _most_telling(world, last=None)


def solve_deep_by_recent(world: World) -> Finding:
    """Try the same from the last 39 papers opened."""
    return _most_telling(world, last=NEAR)


def _most_telling(world: World, last: int | None) -> Finding:
    """Let the one earlier paper whose openers agreed most on a door decide, as learnt from the other half of the readers."""
    known = histories(world)
    probes = sorted(probes_of(world, "deep", known))
    doors = np.unique(np.concatenate([probe.candidates for probe in probes]))
    answer = np.array([np.searchsorted(doors, probe.candidates[probe.answer]) for probe in probes])
    bag = known.matrix(before=np.array([probe.position for probe in probes]), last=last)
    hits = np.zeros(len(probes))
    for test in halves(len(probes)):
        counts = bag[~test].T @ np.eye(len(doors))[answer[~test]]
        purity = (counts + 1) / (counts.sum(axis=1, keepdims=True) + len(doors))
        hits[test] = [float(_decide(purity[row > 0]) == door) for row, door in zip(bag[test], answer[test], strict=True)]
    return accuracy(hits, _CHANCE)


def _decide(purity: NDArray[np.floating]) -> int:
    """Return the door with the highest posterior mean `[n, K]` under any of `n` papers."""
    return int(np.unravel_index(purity.argmax(), purity.shape)[1])
