"""Requests as rows of tokens: a history, a query, or both, one token an item and one for the query."""

from typing import NamedTuple

import numpy as np
import torch

from broadsheet.core.backbones.trunk import PADDING, Layout, pack
from broadsheet.core.ragged import Ragged


class Requests(NamedTuple):
    """What is asked: items before, in time order, and the vector of a query `[U, C]` where `asks` `[U]` says that there is one."""

    histories: Ragged
    queries: np.ndarray
    asks: np.ndarray

    @classmethod
    def of_histories(cls, histories: Ragged, features: int = 1) -> "Requests":
        """Return requests without queries."""
        count = len(histories.lengths)
        return cls(histories, np.zeros((count, features), dtype=np.float32), np.zeros(count, dtype=bool))

    @classmethod
    def of_queries(cls, queries: np.ndarray) -> "Requests":
        """Return requests without histories."""
        return cls(Ragged.of([[]] * len(queries)), queries.astype(np.float32), np.ones(len(queries), dtype=bool))

    def rows(self, rows: np.ndarray) -> "Requests":
        """Return some requests."""
        return Requests(Ragged.of(self.histories.row(int(row)) for row in rows), self.queries[rows], self.asks[rows])


class Tokens(NamedTuple):
    """Requests as rows of tokens: `items` `[B, T]`, where queries stand (in the rows laid flat), and the places `at` `[P]` that are read."""

    items: torch.Tensor
    layout: Layout
    queries: torch.Tensor
    query_at: torch.Tensor
    at: torch.Tensor


def tokens(requests: Requests, longest: int, *, every: bool = False) -> Tokens:
    """Pack requests: the last items of each history, its query last. Read is the last token of each, or with `every` all.

    A request of nothing at all is one token of padding, whose state says nothing.
    """
    extra = requests.asks.astype(np.int64)
    kept = [row[-(longest - more) :] if longest > more else row[:0] for row, more in zip(requests.histories, extra.tolist(), strict=True)]
    lengths = np.array([len(row) for row in kept], dtype=np.int64)
    sizes = np.maximum(lengths + extra, 1)
    places = pack(sizes, longest)
    first = places.row * longest + places.start
    number = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(number)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    flat = first[number] + within
    shape = places.rows * longest
    items, segment, position = np.zeros(shape, dtype=np.int64), np.full(shape, PADDING, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    there = (lengths + extra)[number] > 0
    segment[flat[there]], position[flat] = number[there], within
    inside = within < lengths[number]
    items[flat[inside]] = np.concatenate([np.zeros(0, dtype=np.int64), *kept])
    last = first + sizes - 1
    asking = np.flatnonzero(requests.asks)
    square = (places.rows, longest)
    layout = Layout(torch.from_numpy(segment).view(square), torch.from_numpy(position).view(square))
    at = flat if every else last
    return Tokens(
        torch.from_numpy(items).view(square), layout, torch.from_numpy(requests.queries[asking]), torch.from_numpy(last[asking]), torch.from_numpy(at)
    )
