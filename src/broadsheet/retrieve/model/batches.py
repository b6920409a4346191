"""Batches of all tasks: histories of which every position is trained on, and queries with the item that each found."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch

from broadsheet.core.ragged import Ragged
from broadsheet.core.seeds import generator
from broadsheet.core.train import Stage
from broadsheet.retrieve.model.requests import Requests, Tokens, tokens


class Asked(NamedTuple):
    """Requests, the item that belongs to each `[P]`, and if known what stood beside it and was passed over `[P, M]`, with -1 for nothing."""

    given: Tokens
    items: torch.Tensor
    passed: torch.Tensor | None = None


class Batch(NamedTuple):
    """What a step is trained on: positions of histories with the next item, queries with their item, or both."""

    histories: Asked | None
    queries: Asked | None

    @property
    def parts(self) -> list[Asked]:
        """What there is."""
        return [part for part in (self.queries, self.histories) if part is not None]


class Pairs(NamedTuple):
    """Vectors of queries `[Q, C]`, and the item that each found `[Q]`."""

    queries: np.ndarray
    items: np.ndarray


class Sampler:
    """Draws batches: in an order drawn anew each epoch, every pair and every position of a history once.

    An epoch is over when the longer of the two is: about `stage.batch` pairs or positions a step, the shorter one drawn as often as it takes.
    `passed` has a row for each value of `train`: what stood beside that item and was passed over.
    """

    def __init__(self, train: Ragged | None, pairs: Pairs | None, longest: int, seed: int, passed: Ragged | None = None) -> None:
        if train is None:
            train = Ragged.of([])
        kept = [(max(begin, end - longest - 1), end) for begin, end in pairwise(train.begins.tolist()) if end - begin > 1]
        self.histories, self.next = (
            Ragged.of(train.values[begin : end - 1] for begin, end in kept),
            Ragged.of(train.values[begin + 1 : end] for begin, end in kept),
        )
        self.passed = None if passed is None else Ragged.of(passed.row(place) for begin, end in kept for place in range(begin + 1, end))
        self.pairs = pairs if pairs is not None and len(pairs.items) else None
        self.longest, self.seed = longest, seed

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not len(self.histories.values) and self.pairs is None

    def steps(self, batch: int) -> int:
        """Return how many steps an epoch has."""
        most = max(len(self.histories.values), len(self.pairs.items) if self.pairs else 0)
        return max(1, round(most / batch))

    def __call__(self, stage: Stage, step: int, rng: np.random.Generator) -> Batch:
        """Return the batch of a step."""
        del rng
        epoch, within = divmod(step, steps := self.steps(stage.batch))
        return Batch(self._histories(stage.name, epoch, within, steps), self._queries(stage, epoch, within, steps))

    def _histories(self, name: str, epoch: int, within: int, steps: int) -> Asked | None:
        if not len(self.histories.values):
            return None
        order = generator(self.seed, "histories", name, str(epoch)).permutation(len(self.histories.lengths))
        users = np.array_split(order, min(steps, len(order)))[within % min(steps, len(order))]
        given = tokens(Requests.of_histories(self.histories).rows(users), self.longest, every=True)
        places = np.concatenate([np.arange(self.next.begins[user], self.next.begins[user + 1]) for user in users])
        passed = None if self.passed is None else torch.from_numpy(self.passed.padded(places))
        return Asked(given, torch.from_numpy(self.next.values[places]), passed)

    def _queries(self, stage: Stage, epoch: int, within: int, steps: int) -> Asked | None:
        if self.pairs is None:
            return None
        count = len(self.pairs.items)
        order = generator(self.seed, "queries", stage.name, str(epoch)).permutation(count)
        rows = order[(np.arange(stage.batch) + within * stage.batch) % count] if steps * stage.batch > count else np.array_split(order, steps)[within]
        rows = rows[: min(stage.batch, count)]
        return Asked(tokens(Requests.of_queries(self.pairs.queries[rows]), self.longest), torch.from_numpy(self.pairs.items[rows].astype(np.int64)))
