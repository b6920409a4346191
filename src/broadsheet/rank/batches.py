"""Histories as rows of tokens, several behind one another, every position with the item that came next."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch

from broadsheet.core.backbones.trunk import PADDING, Layout, Places, pack
from broadsheet.core.ragged import Ragged
from broadsheet.core.seeds import generator
from broadsheet.core.train import Stage
from broadsheet.rank.spae import gap_buckets


class Log(NamedTuple):
    """What users had, as items in time order; with the seconds at which they had it `[E]`, and what stood beside and was passed over, if known.

    `times` and the rows of `passed` belong to the values of `histories`.
    """

    histories: Ragged
    times: np.ndarray | None = None
    passed: Ragged | None = None


class Packed(NamedTuple):
    """Sequences in rows `[B, T]`: items, where they lie, gaps, and for the tokens laid flat `at` `[E]` where each sequence begins and how long it is."""

    items: torch.Tensor
    layout: Layout
    gaps: torch.Tensor
    at: torch.Tensor
    begins: torch.Tensor
    lengths: torch.Tensor

    @property
    def ends(self) -> torch.Tensor:
        """The last token of each sequence, among the tokens laid flat."""
        return self.begins + self.lengths - 1

    @property
    def flat(self) -> torch.Tensor:
        """Items of all tokens `[E]`."""
        return self.items.flatten()[self.at]


def kept(count: int, longest: int) -> int:
    """Return how many of `count` events a state holds: all up to `longest`; when one more comes the oldest half goes.

    >>> [kept(count, 4) for count in (3, 4, 5, 6, 7)]
    [3, 4, 3, 4, 3]
    """
    half = longest // 2
    return count if count <= longest else count - half * -(-(count - longest) // half)


def packed(rows: Sequence[np.ndarray], times: Sequence[np.ndarray] | None, longest: int, *, alone: bool = False) -> Packed:
    """Lay sequences, none longer than `longest` and none empty, into rows of so many places; `times` are seconds, or None where they are not known.

    With `alone` each has a row of its own, from its first place on.
    """
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    places = Places(np.arange(len(rows)), np.zeros(len(rows), dtype=np.int64), len(rows)) if alone else pack(lengths, longest)
    number = np.repeat(np.arange(len(rows)), lengths)
    begins = np.cumsum(lengths) - lengths
    within = np.arange(int(lengths.sum())) - begins[number]
    flat = (places.row * longest + places.start)[number] + within
    shape = places.rows * longest
    items, segment, position = np.zeros(shape, dtype=np.int64), np.full(shape, PADDING, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    items[flat], segment[flat], position[flat] = np.concatenate([np.zeros(0, dtype=np.int64), *rows]), number, within
    gaps = torch.zeros(shape, dtype=torch.long)
    if times is not None:
        seconds = torch.from_numpy(np.concatenate([np.zeros(0), *times]).astype(np.float64))
        gaps[torch.from_numpy(flat)] = gap_buckets(seconds, torch.from_numpy(within == 0))
    square = (places.rows, longest)
    layout = Layout(torch.from_numpy(segment).view(square), torch.from_numpy(position).view(square))
    return Packed(
        torch.from_numpy(items).view(square),
        layout,
        gaps.view(square),
        torch.from_numpy(flat),
        torch.from_numpy(begins),
        torch.from_numpy(lengths),
    )


class Batch(NamedTuple):
    """Sequences, the item that came next at each token `[E]`, and what stood beside that and was passed over `[E, M]`, -1 for nothing."""

    given: Packed
    targets: torch.Tensor
    passed: torch.Tensor | None = None


class Sampler:
    """Draws batches: in an order drawn anew each epoch, every position of every history once, about `stage.batch` of them a step.

    A history longer than a state holds is cut from its end on into windows, each of which begins half a state before the first item that it asks for.
    With chance `strange` an item that is read is another one, drawn from all that is there: what came last need not tell what comes next.
    """

    def __init__(self, log: Log, longest: int, seed: int, *, ordered: bool = True, strange: float = 0.0) -> None:
        self.log, self.longest, self.seed, self.ordered, self.strange = log, longest, seed, ordered, strange
        self.known = np.unique(log.histories.values)
        self.windows = np.array(
            [window for begin, end in pairwise(log.histories.begins.tolist()) for window in _windows(begin, end, longest)], dtype=np.int64
        ).reshape(-1, 3)

    @property
    def targets(self) -> int:
        """How many positions are trained on."""
        return int((self.windows[:, 1] - self.windows[:, 2]).sum())

    def steps(self, batch: int) -> int:
        """Return how many steps an epoch has."""
        return max(1, round(self.targets / batch))

    def __call__(self, stage: Stage, step: int, rng: np.random.Generator) -> Batch:
        """Return the batch of a step."""
        del rng
        epoch, within = divmod(step, self.steps(stage.batch))
        order = generator(self.seed, "histories", stage.name, str(epoch)).permutation(len(self.windows))
        mixing = None if self.ordered else generator(self.seed, "mixing", stage.name, str(step))
        strangers = generator(self.seed, "strangers", stage.name, str(step)) if self.strange else None
        return self.batch(np.array_split(order, min(self.steps(stage.batch), len(order)))[within % len(order)], mixing, strangers)

    def batch(self, chosen: np.ndarray, mixing: np.random.Generator | None = None, strangers: np.random.Generator | None = None) -> Batch:
        """Return some of the windows as a batch, each in its own order or, by a generator, mixed; by another one, with strange items read in some places.

        What is not asked for has the target -1.
        """
        values, times = self.log.histories.values, self.log.times
        windows = self.windows[chosen].tolist()
        places = [np.arange(begin, end) if mixing is None else mixing.permutation(np.arange(begin, end)) for begin, end, _ in windows]
        read = [values[line[:-1]] for line in places]
        if strangers is not None:
            read = [np.where(strangers.random(len(line)) < self.strange, strangers.choice(self.known, len(line)), line) for line in read]
        given = packed(read, None if times is None else [times[begin : end - 1] for begin, end, _ in windows], self.longest)
        after = np.concatenate([line[1:] for line in places])
        asked = np.concatenate([np.arange(begin + 1, end) >= first for begin, end, first in windows])
        targets = np.where(asked, values[after], -1)
        passed = None if self.log.passed is None else torch.from_numpy(self.log.passed.padded(after))
        return Batch(given, torch.from_numpy(targets), passed)


def _windows(begin: int, end: int, longest: int) -> list[tuple[int, int, int]]:
    """Return windows of a history: where each begins and ends, and the first event that it asks for.

    >>> _windows(0, 9, 4)
    [(4, 9, 7), (2, 7, 5), (0, 5, 1)]
    """
    found = []
    while end - begin > 1:
        low = max(begin, end - longest - 1)
        first = begin + 1 if low == begin else low + longest // 2 + 1
        found.append((low, end, first))
        end = first
    return found
