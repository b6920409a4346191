"""An index that changes while it answers: items come by their content alone, and go."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional

from broadsheet.retrieve.hybrid import Index


class Newcomer(NamedTuple):
    """What is said of an item: its attributes by number, and its contents' vectors, by modality."""

    attributes: Mapping[str, Sequence[int]]
    contents: Mapping[str, np.ndarray]


# A newcomer's own embedding is the mean of those of so many items of which the most alike is said.
ALIKE = 20


class LiveIndex:
    """Holds an index with room for more items; a newcomer costs no training and no copy of all the others.

    A newcomer has no embedding of its own yet: it borrows the mean of those items of which the most alike is said, by cosine, and is made as long
    as their vectors are in the mean. A mean of many is short, and a short vector is found by nobody among those of items that were trained.
    """

    def __init__(self, index: Index) -> None:
        self._vectors, self._codes = index.vectors, index.model.codes.numpy()
        table = index.model.table
        with torch.inference_mode():
            self._said = functional.normalize(table.said(), dim=1) if table.own is not None and table.names else None
        self._count = len(index.vectors)
        self.index = self._shown(index)

    def __len__(self) -> int:
        return self._count

    def insert(self, newcomer: Newcomer) -> np.ndarray:
        """Add an item under the next number; return its semantic ID `[L]`: the nearest codes that are free."""
        index, model, row = self.index, self.index.model, self._count
        with torch.inference_mode():
            vector, length = self._vector(newcomer)
            if model.taste:
                vector = np.concatenate([vector, model.table.direction(newcomer.contents).numpy()])
            codes = index.book.free(vector, index.trie.holders)
            self._vectors, self._codes = _with_room(self._vectors, row), _with_room(self._codes, row)
            self._codes[row] = codes
            self._count += 1
            model.codes = torch.from_numpy(self._codes[: self._count])
            vector[: model.table.width] += (model.share * model.sid_vectors(torch.tensor([row]))).numpy()[0]
            vector[: model.table.width] = _of_length(vector[: model.table.width], length)
            self._vectors[row] = vector
        index.trie.insert(row, codes)
        self.index = self._shown(index)
        return codes

    def delete(self, row: int) -> None:
        """Take an item away: it is found no more."""
        self.index.trie.delete(row)

    def _vector(self, newcomer: Newcomer) -> tuple[np.ndarray, float | None]:
        """Return a newcomer's vector `[d]`, and how long it is to be where it borrowed."""
        table = self.index.model.table
        said = table.newcomer(newcomer.attributes, newcomer.contents)
        if self._said is None or table.own is None or not len(self._said):
            return said.numpy(), None
        alike = (self._said @ said).topk(min(ALIKE, len(self._said))).indices
        length = float(np.linalg.norm(self._vectors[alike.numpy(), : table.width], axis=1).mean())
        return _of_length((said + table.own.weight[alike].mean(dim=0)).numpy(), length), length

    def _shown(self, index: Index) -> Index:
        vectors = self._vectors[: self._count]
        index.model.served = torch.from_numpy(vectors)
        return index._replace(vectors=vectors)


def _of_length(vector: np.ndarray, length: float | None) -> np.ndarray:
    return vector if length is None else vector * (length / max(float(np.linalg.norm(vector)), 1e-9))


def _with_room(table: np.ndarray, row: int) -> np.ndarray:
    """Return a table that has this row, the same where it has it already and can be written to."""
    if row < len(table) and table.flags.writeable:
        return table
    wider = np.zeros((max(64, 2 * len(table)), table.shape[1]), dtype=table.dtype)
    wider[: len(table)] = table
    return wider
