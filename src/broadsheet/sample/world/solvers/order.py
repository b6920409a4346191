"""Finds what follows in a series from the order of two papers; the bag of papers tells nothing."""

from collections import Counter
from itertools import pairwise

import numpy as np

from broadsheet.sample.world.model import World
from broadsheet.sample.world.solvers.finding import Finding, accuracy, hit
from broadsheet.sample.world.solvers.histories import halves, histories, last_of_each, probes_of

_CHANCE = 0.5


def solve_order(world: World) -> Finding:
    """Predict each reader's last order probe from which paper the other half of the readers opened right after which."""
    known = histories(world)
    probes = last_of_each(probes_of(world, "order", known))
    hits = []
    for test in halves(len(known.users)):
        follows: Counter[tuple[int, int]] = Counter()
        for reader in np.flatnonzero(~test):
            follows.update(pairwise(known.opened[reader].tolist()))
        for probe in probes:
            if test[probe.reader]:
                before = int(known.opened[probe.reader][probe.position - 1])
                hits.append(hit([follows[before, int(paper)] for paper in probe.candidates], probe.answer))
    return accuracy(hits, _CHANCE)


def solve_order_by_bag(world: World) -> Finding:
    """Try the same from which papers they opened together with which, in whatever order."""
    known = histories(world)
    probes = last_of_each(probes_of(world, "order", known))
    bags, hits = known.matrix(), []
    for test in halves(len(known.users)):
        together = bags[~test].T @ bags[~test]
        size = np.maximum(1.0, np.diag(together))
        for probe in probes:
            if test[probe.reader]:
                history = known.opened[probe.reader][: probe.position]
                scores = together[np.ix_(probe.candidates, history)].sum(axis=1) / size[probe.candidates]
                hits.append(hit(scores, probe.answer))
    return accuracy(hits, _CHANCE)
