"""What is known of a day's papers for one reader, as numbers: nearness, rarity, circle, lists."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from broadsheet.report.affinity import AffinityConfig, kernel

RECENT, BEST = 3, 5
_OF_A_SPACE = ("mean", "nearest", "recent", "usual", "circle nearest", "circle best", "circle mean")
_WITHOUT_CIRCLE = _OF_A_SPACE[:4]
_OF_LISTS = ("lists agree", "lists")
_OF_THE_KERNEL = ("kernel", "kernel share")
# An author's share of lists is kept away from 0 and 1 by this much: nobody is on a list for ever.
UNSURE = 0.05


class Reading(NamedTuple):
    """One reader as rows of the columns: the library, oldest first, and the circle.

    The circle are papers of the background, not in the library, by people who wrote any of it.
    """

    library: np.ndarray
    circle: np.ndarray


class Sight:
    """A day's candidates `[N]` seen against columns `[C]`: everything read before, and the reader's library.

    `cosines` holds `[N, C]` by space; `background` `[C]` marks the columns that say what is
    usual; `same` `[N, C]` tells where a candidate is the column itself, which is no evidence.
    `lists` `[N, T]` and `column_lists` `[C, T]` tell on which lists each was announced.
    """

    def __init__(
        self,
        cosines: Mapping[str, np.ndarray],
        background: np.ndarray,
        same: np.ndarray,
        lists: np.ndarray,
        column_lists: np.ndarray,
        config: AffinityConfig | None = None,
    ) -> None:
        self.cosines = {space: np.where(same, 0.0, values) for space, values in cosines.items()}
        self.lists, self.column_lists = lists, column_lists
        self.kernel = np.where(same, 0.0, kernel(self.cosines["lexical"], self.cosines.get("dense"), config or AffinityConfig()))
        usual = background & ~same
        counted = np.maximum(usual.sum(axis=1), 1)
        self._usual = {space: (values * usual).sum(axis=1) / counted for space, values in self.cosines.items()}
        self._usual_kernel = (self.kernel * usual).sum(axis=1) / counted

    def names(self, *, circle: bool) -> tuple[str, ...]:
        """Return the names of the signals, in the order of their columns."""
        kinds = _OF_A_SPACE if circle else _WITHOUT_CIRCLE
        return (*(f"{space} {kind}" for space in self.cosines for kind in kinds), *_OF_THE_KERNEL, *_OF_LISTS)

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
        near = np.log(self.kernel[:, reading.library].sum(axis=1) + 1e-3)
        columns += [near, near - np.log(self._usual_kernel + 1e-3), *self._agreement(reading.library)]
        return np.stack(columns, axis=1)

    @staticmethod
    def _nearness(library: np.ndarray, usual: np.ndarray) -> list[np.ndarray]:
        return [library.mean(axis=1), library.max(axis=1), library[:, -RECENT:].mean(axis=1), usual]

    @staticmethod
    def _around(circle: np.ndarray, usual: np.ndarray) -> list[np.ndarray]:
        if not circle.shape[1]:
            return [usual, usual, usual]
        best = np.partition(circle, -min(BEST, circle.shape[1]), axis=1)[:, -BEST:]
        return [circle.max(axis=1), best.mean(axis=1), circle.mean(axis=1)]

    def _agreement(self, library: np.ndarray) -> list[np.ndarray]:
        share = np.clip(self.column_lists[library].mean(axis=0), UNSURE, 1 - UNSURE) if self.lists.shape[1] else np.zeros(0)
        agree = (self.lists * np.log(share) + (1 - self.lists) * np.log(1 - share)).sum(axis=1)
        return [agree, self.lists.sum(axis=1)]


def on_lists(named: Sequence[Sequence[str]], known: Sequence[str]) -> np.ndarray:
    """Return `[N, T]`: 1 where an item is on a known list.

    >>> on_lists([["cs.IR"], ["cs.IR", "cs.CL"]], ["cs.CL", "cs.IR"]).tolist()
    [[0.0, 1.0], [1.0, 1.0]]
    """
    return np.array([[float(name in lists) for name in known] for lists in named]).reshape(len(named), len(known))
