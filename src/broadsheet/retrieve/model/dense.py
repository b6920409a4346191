"""The sequence model: a trunk over items, one token each, and a score for every item of the catalogue."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from broadsheet.core.backbones.trunk import Trunk
from broadsheet.retrieve.model.batches import Batch, lay
from broadsheet.retrieve.model.items import ItemTable
from broadsheet.sources.interactions import Ragged

# Histories that are read at once when nothing is trained.
BLOCK = 512


class SequenceModel(nn.Module):
    """Items in time order to a vector in the space of items; its product with an item's vector is the item's score."""

    def __init__(self, table: ItemTable, trunk: Trunk) -> None:
        super().__init__()
        self.table, self.trunk = table, trunk

    def states(self, batch: Batch, table: torch.Tensor) -> torch.Tensor:
        """Return hidden states `[P, d]` of the places that ask."""
        hidden = self.trunk(functional.embedding(batch.items, table), batch.layout)
        return hidden.flatten(0, 1)[batch.at]

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the cross-entropy of each next item over the whole catalogue."""
        table = self.table()
        return functional.cross_entropy(self.states(batch, table) @ table.T, batch.targets)

    def read(self, histories: Ragged) -> np.ndarray:
        """Return the state `[U, d]` after the last item of each history; one of no items is all zero."""
        found = np.zeros((len(histories.lengths), self.table.width), dtype=np.float32)
        filled = np.flatnonzero(histories.lengths > 0)
        with torch.inference_mode():
            table = self.table()
            for start in range(0, len(filled), BLOCK):
                rows = filled[start : start + BLOCK]
                found[rows] = self.states(lay(histories, rows, self.trunk.longest, self.trunk.longest), table).numpy()
        return found

    def scores(self, histories: Ragged) -> Iterator[np.ndarray]:
        """Yield scores `[B, N]` of all items, a block of histories at a time."""
        with torch.inference_mode():
            table = self.table().numpy()
        states = self.read(histories)
        for start in range(0, len(states), BLOCK):
            yield states[start : start + BLOCK] @ table.T
