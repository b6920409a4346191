"""What is known of a day's papers for one reader, as numbers: nearness, rarity, circle, lists, the reader's own model."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from broadsheet.core.seeds import generator
from broadsheet.report.affinity import AffinityConfig, kernel
from broadsheet.report.ranker.machine import fit_machine

RECENT, BEST, CONTRAST = 3, 5, 400
_OF_A_LIBRARY = ("mean", "nearest", "recent", "usual")
_OF_A_CIRCLE = ("circle nearest", "circle best", "circle mean")
_OF_ALL = ("kernel", "kernel share", "reader's model", "lists agree", "lists")
# A reader's share of a list is kept away from 0 and 1 by this much: nobody is on a list for ever.
UNSURE = 0.05
# What is added before a logarithm: a kernel of this size is nothing.
NOTHING = 1e-3


class Reading(NamedTuple):
    """One reader as rows of a shelf: the library, oldest first, and the circle.

    The circle are papers of the background, not in the library, by people who wrote any of it.
    """

    library: np.ndarray
    circle: np.ndarray


class Shelf:
    """Everything that was there before: vectors `[C, d]` by space, which rows say what is usual, and lists `[C, T]`.

    A sample of the background is what a reader's own model tells the library from.
    """

    def __init__(self, vectors: Mapping[str, Any], background: np.ndarray, lists: np.ndarray) -> None:
        self.vectors, self.background, self.lists = dict(vectors), background, lists
        rows = np.flatnonzero(background)
        drawn = generator(0, "contrast").permutation(len(rows))[:CONTRAST]
        self.contrast = rows[np.sort(drawn)].astype(np.int32)

    @cached_property
    def _contrast_gram(self) -> np.ndarray:
        return self.gram(self.contrast, self.contrast)

    def gram(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return the sum over spaces of cosines between rows, `[len(left), len(right)]`."""
        return np.sum([products(rows[left], rows[right]) for rows in self.vectors.values()], axis=0)

    def trained_on(self, library: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows that a reader's model is fitted to, library first, and their kernel."""
        kept = ~np.isin(self.contrast, library)
        others = self.contrast[kept]
        across = self.gram(library, others)
        whole = np.block([[self.gram(library, library), across], [across.T, self._contrast_gram[np.ix_(kept, kept)]]])
        return np.concatenate([library, others]), whole


class Sight:
    """A day's candidates `[N]` seen against a shelf `[C]`.

    `cosines` holds `[N, C]` by space, the spaces of the shelf. `same` `[N, C]` tells where a candidate
    is the row itself, which is no evidence. `lists` `[N, T]` tells on which lists each was announced.
    """

    def __init__(self, shelf: Shelf, cosines: Mapping[str, np.ndarray], same: np.ndarray, lists: np.ndarray, config: AffinityConfig | None = None) -> None:
        self.shelf, self.lists = shelf, lists
        self.cosines = {space: np.where(same, 0.0, values) for space, values in cosines.items()}
        self.kernel = np.where(same, 0.0, kernel(self.cosines["lexical"], self.cosines.get("dense"), config or AffinityConfig()))
        counted = shelf.background & ~same
        total = np.maximum(counted.sum(axis=1), 1)
        self._usual = {space: np.einsum("nc,nc->n", values, counted) / total for space, values in self.cosines.items()}
        self._usual_kernel = np.einsum("nc,nc->n", self.kernel, counted) / total

    @classmethod
    def of(cls, shelf: Shelf, candidates: Mapping[str, Any], same: np.ndarray, lists: np.ndarray, config: AffinityConfig | None = None) -> "Sight":
        """See candidates of the vectors given, `[N, d]` by space."""
        return cls(shelf, {space: products(rows, shelf.vectors[space]) for space, rows in candidates.items()}, same, lists, config)

    def names(self, *, circle: bool) -> tuple[str, ...]:
        """Return the names of the signals, in the order of their columns."""
        return signal_names(tuple(self.cosines), circle=circle)

    def signals(self, reading: Reading, *, circle: bool) -> np.ndarray:
        """Return the signals `[N, F]` of every candidate for one reader, whose library has a paper at least.

        Without papers in the circle its nearness is what is usual. Kernels are logarithms, and
        `kernel share` is the library's against the usual: what is near to everything is
        near to nobody in particular.
        """
        columns: list[np.ndarray] = []
        for space, values in self.cosines.items():
            columns += self._nearness(values[:, reading.library], self._usual[space])
            if circle:
                columns += self._around(values[:, reading.circle], self._usual[space])
        near = np.log(self.kernel[:, reading.library].sum(axis=1) + NOTHING)
        columns += [near, near - np.log(self._usual_kernel + NOTHING), self._own_model(reading.library), *self._agreement(reading.library)]
        return np.stack(columns, axis=1).astype(np.float64)

    @staticmethod
    def _nearness(library: np.ndarray, usual: np.ndarray) -> list[np.ndarray]:
        return [library.mean(axis=1), library.max(axis=1), library[:, -RECENT:].mean(axis=1), usual]

    @staticmethod
    def _around(circle: np.ndarray, usual: np.ndarray) -> list[np.ndarray]:
        if not circle.shape[1]:
            return [usual, usual, usual]
        best = np.partition(circle, -min(BEST, circle.shape[1]), axis=1)[:, -BEST:]
        return [circle.max(axis=1), best.mean(axis=1), circle.mean(axis=1)]

    def _own_model(self, library: np.ndarray) -> np.ndarray:
        rows, trained = self.shelf.trained_on(library)
        seen = np.sum([values[:, rows] for values in self.cosines.values()], axis=0)
        return fit_machine(trained, len(library))(seen)

    def _agreement(self, library: np.ndarray) -> list[np.ndarray]:
        share = np.clip(self.shelf.lists[library].mean(axis=0), UNSURE, 1 - UNSURE)
        agree = (self.lists * np.log(share) + (1 - self.lists) * np.log(1 - share)).sum(axis=1)
        return [agree, self.lists.sum(axis=1)]


def signal_names(spaces: Sequence[str], *, circle: bool) -> tuple[str, ...]:
    """Return the names of the signals that these spaces give, in order.

    >>> signal_names(["lexical"], circle=False)[:3]
    ('lexical mean', 'lexical nearest', 'lexical recent')
    """
    kinds = (*_OF_A_LIBRARY, *(_OF_A_CIRCLE if circle else ()))
    return (*(f"{space} {kind}" for space in spaces for kind in kinds), *_OF_ALL)


def products(left: Any, right: Any) -> np.ndarray:
    """Return the products of all pairs of rows, dense, `[N, M]`."""
    found = left @ right.T
    return np.asarray(found.todense() if sparse.issparse(found) else found)


def on_lists(named: Sequence[Sequence[str]], known: Sequence[str]) -> np.ndarray:
    """Return `[N, T]`: 1 where an item is on a known list.

    >>> on_lists([["cs.IR"], ["cs.IR", "cs.CL"]], ["cs.CL", "cs.IR"]).tolist()
    [[0.0, 1.0], [1.0, 1.0]]
    """
    return np.array([[float(name in lists) for name in known] for lists in named]).reshape(len(named), len(known))
