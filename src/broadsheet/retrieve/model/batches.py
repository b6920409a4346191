"""Sequences packed into batches: every position is trained on, and little is padding."""

from typing import NamedTuple

import numpy as np
import torch

from broadsheet.core.backbones.trunk import PADDING, Layout, pack
from broadsheet.core.seeds import generator
from broadsheet.core.train import Stage
from broadsheet.sources.interactions import Ragged


class Batch(NamedTuple):
    """Items in rows `[B, T]` with their layout; `at` `[P]` are the places (in the rows laid flat) that ask, `targets` `[P]` what came next."""

    items: torch.Tensor
    layout: Layout
    at: torch.Tensor
    targets: torch.Tensor


def lay(histories: Ragged, rows: np.ndarray, longest: int, room: int, targets: Ragged | None = None) -> Batch:
    """Pack the last `longest` items of some histories; each place asks for what `targets` has there, or only the last asks, for nothing.

    The order of `at` is that of `rows`, and within a history that of time.
    """
    ends = histories.begins[rows + 1]
    begins = np.maximum(histories.begins[rows], ends - longest)
    lengths = ends - begins
    places = pack(lengths, room)
    first = places.row * room + places.start
    number = np.repeat(np.arange(len(rows)), lengths)
    within = np.arange(len(number)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    flat = first[number] + within
    shape = places.rows * room
    items, segment, position = np.zeros(shape, dtype=np.int64), np.full(shape, PADDING, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    items[flat], segment[flat], position[flat] = histories.values[begins[number] + within], number, within
    wanted = targets.values[begins[number] + within] if targets is not None else np.zeros(0, dtype=np.int64)
    at = flat if targets is not None else first + lengths - 1
    square = (places.rows, room)
    layout = Layout(torch.from_numpy(segment).view(square), torch.from_numpy(position).view(square))
    return Batch(torch.from_numpy(items).view(square), layout, torch.from_numpy(at), torch.from_numpy(wanted))


class NextItems:
    """Batches for predicting each next item: users in an order drawn anew each epoch, about `stage.batch` positions a step."""

    def __init__(self, train: Ragged, longest: int, seed: int) -> None:
        rows = [row[-longest - 1 :] for row in train if len(row) > 1]
        self.histories, self.targets = Ragged.of(row[:-1] for row in rows), Ragged.of(row[1:] for row in rows)
        self.longest, self.seed = longest, seed

    def steps(self, batch: int) -> int:
        """Return how many steps an epoch has."""
        return max(1, round(len(self.histories.values) / batch))

    def __call__(self, stage: Stage, step: int, rng: np.random.Generator) -> Batch:
        """Return the batch of a step."""
        del rng
        steps = self.steps(stage.batch)
        order = generator(self.seed, "epoch", stage.name, str(step // steps)).permutation(len(self.histories.lengths))
        users = np.array_split(order, steps)[step % steps]
        return lay(self.histories, users, self.longest, self.longest, self.targets)
