"""A trie of semantic IDs in flat arrays, built by one sort."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from broadsheet.core.errors import RecordError

# Keys are whole numbers of 63 bits.
BITS = 63


class Children(NamedTuple):
    """Children of several nodes, in the order of those: `parent` `[C]` is the place of the node asked for, `node` `[C]` the child."""

    parent: np.ndarray
    node: np.ndarray


class Trie:
    """Semantic IDs of N items as a compressed sparse row for each level.

    A node of depth d is a prefix of d codes; nodes of a depth are numbered in the order of their prefixes, so all items below a node are
    one range of leaves. `codes[d]` `[nodes of depth d + 1]` is the last code of each node, `first[d]` `[nodes of depth d, + 1]` where its
    children begin, `items` `[N]` the item of each leaf.
    """

    def __init__(self, size: int, codes: Sequence[np.ndarray], first: Sequence[np.ndarray], items: np.ndarray) -> None:
        self.size, self.codes, self.first, self.items = size, tuple(codes), tuple(first), items

    @classmethod
    def build(cls, codes: np.ndarray, size: int, items: np.ndarray | None = None) -> Self:
        """Build from codes `[N, L]` below `size`; `items` `[N]` number the rows, 0 to N - 1 by default.

        Raises RecordError for a code out of range, for two items with the same codes, and where L codes do not fit 63 bits.
        """
        codes = np.asarray(codes)
        levels = codes.shape[1]
        if levels < 1 or size**levels >= 2**BITS:
            raise RecordError(f"{levels} levels of {size} codes do not fit {BITS} bits.", "Use fewer levels, or fewer codes.")
        if len(codes) and (codes.min() < 0 or codes.max() >= size):
            raise RecordError(f"There are codes from {codes.min()} to {codes.max()}, and {size} codes a level.", f"Give codes from 0 to {size - 1}.")
        keys = keys_of(codes, size)
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        same = np.flatnonzero(keys[1:] == keys[:-1])
        if len(same):
            one, other = order[same[0]], order[same[0] + 1]
            raise RecordError(f"Items {one} and {other} have the same semantic ID.", "Assign codes without collisions first.")
        rows = np.arange(len(codes)) if items is None else np.asarray(items)
        whole = np.int32 if len(codes) < 2**31 else np.int64
        return cls(size, *_levels(keys, levels, size, whole), rows[order].astype(whole))

    @property
    def depth(self) -> int:
        """Codes of a semantic ID."""
        return len(self.codes)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def bytes(self) -> int:
        """Bytes of all arrays."""
        return sum(array.nbytes for array in (*self.codes, *self.first, self.items))

    def children(self, depth: int, nodes: np.ndarray) -> Children:
        """Return the children of nodes `[R]` of a depth."""
        low = self.first[depth][nodes].astype(np.int64)
        counts = self.first[depth][nodes + 1] - low
        parent = np.repeat(np.arange(len(nodes)), counts)
        before = np.cumsum(counts) - counts
        return Children(parent, np.arange(len(parent)) - before[parent] + low[parent])

    def leaves(self, depth: int, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the range of leaves below nodes `[R]` of a depth: first, and one past the last."""
        low, high = nodes, nodes + 1
        for level in range(depth, self.depth):
            low, high = self.first[level][low], self.first[level][high]
        return low, high

    def find(self, codes: np.ndarray) -> np.ndarray:
        """Return the leaf of each of `codes` `[N, L]`, or -1 where no item has them."""
        nodes = np.zeros(len(codes), dtype=np.int64)
        known = np.full(len(codes), len(self) > 0)
        for level in range(self.depth if len(self) else 0):
            low, high = self.first[level][nodes].astype(np.int64), self.first[level][nodes + 1].astype(np.int64)
            places = _search(self.codes[level], codes[:, level], low, high)
            known &= places < high
            inside = np.minimum(places, max(0, len(self.codes[level]) - 1))
            known &= self.codes[level][inside] == codes[:, level] if len(self.codes[level]) else False
            nodes = np.where(known, inside, 0)
        return np.where(known, nodes, -1)

    def semantic_ids(self) -> np.ndarray:
        """Return the codes `[N, L]` of all leaves, in their order."""
        columns = []
        for level in range(self.depth):
            low, high = self.leaves(level + 1, np.arange(len(self.codes[level])))
            columns.append(np.repeat(self.codes[level], high - low))
        return np.stack(columns, axis=1)


def keys_of(codes: np.ndarray, size: int) -> np.ndarray:
    """Return one whole number a row of codes `[N, L]`, in the order of the codes."""
    keys = np.zeros(len(codes), dtype=np.int64)
    for column in range(codes.shape[1]):
        keys *= size
        keys += codes[:, column]
    return keys


def _levels(keys: np.ndarray, levels: int, size: int, whole: type) -> tuple[list[np.ndarray], list[np.ndarray]]:
    codes: list[np.ndarray] = []
    first: list[np.ndarray] = []
    small = np.int16 if size < 2**15 else np.int32
    above = np.zeros(1 if len(keys) else 0, dtype=whole)
    for level in range(levels):
        prefix = keys // size ** (levels - level - 1)
        begins = np.flatnonzero(np.diff(prefix, prepend=-1)).astype(whole)
        codes.append((prefix[begins] % size).astype(small))
        first.append(np.append(np.searchsorted(begins, above), len(begins)).astype(whole))
        above = begins
    if not len(keys):
        first[0] = np.zeros(2, dtype=whole)
    return codes, first


def _search(values: np.ndarray, wanted: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return where each of `wanted` would stand in its own ascending range of `values`, all by halving at once."""
    low, high = low.copy(), high.copy()
    while (open_ := low < high).any():
        middle = (low + high) // 2
        less = np.zeros(len(low), dtype=bool)
        less[open_] = values[middle[open_]] < wanted[open_]
        low = np.where(open_ & less, middle + 1, low)
        high = np.where(open_ & ~less, middle, high)
    return low
