"""A trie that changes while it is used: items come and go, and requests see the catalogue as it is."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from broadsheet.core.errors import RecordError
from broadsheet.retrieve.decoding.trie import Trie, keys_of

# So many comings and goings are kept aside before they are merged.
ASIDE = 4096
NONE = np.zeros(0, dtype=np.int64)


class Part:
    """A trie, those of its leaves that are gone, ascending, and where each item's leaf is."""

    def __init__(self, trie: Trie, gone: np.ndarray = NONE) -> None:
        self.trie, self.gone = trie, gone

    @cached_property
    def place(self) -> np.ndarray:
        """The leaf of each item by its number, -1 where it has none here."""
        place = np.full(int(self.trie.items.max(initial=-1)) + 1, -1, dtype=self.trie.items.dtype)
        place[self.trie.items] = np.arange(len(self.trie))
        return place

    def leaves_of(self, items: np.ndarray) -> np.ndarray:
        """Return the leaves of those items that are here and not gone, in the order of `items`; -1 for the others."""
        inside = (items >= 0) & (items < len(self.place))
        leaves = np.where(inside, self.place[np.where(inside, items, 0)] if len(self.place) else -1, -1).astype(np.int64)
        if len(self.gone):
            at = np.minimum(np.searchsorted(self.gone, leaves), len(self.gone) - 1)
            leaves[self.gone[at] == leaves] = -1
        return leaves

    def present(self, items: np.ndarray) -> np.ndarray:
        """Return the leaves of items that are here and not gone, ascending."""
        leaves = self.leaves_of(np.unique(items).astype(np.int64))
        return np.sort(leaves[leaves >= 0])

    def without(self, gone: np.ndarray) -> "Part":
        """Return the same trie with other leaves gone."""
        part = Part(self.trie, gone)
        if "place" in self.__dict__:
            part.__dict__["place"] = self.place
        return part


class Filter:
    """Items that requests may see, made ready for a trie once and used by many; it follows the trie's comings and goings."""

    def __init__(self, items: np.ndarray) -> None:
        self.items = np.unique(items)
        self._made: dict[int, tuple[Part, np.ndarray]] = {}

    def leaves(self, part: Part) -> np.ndarray:
        """Return the leaves of a part that may be seen, ascending."""
        if id(part) not in self._made:
            # The part is kept beside, or another could get its number.
            self._made = {id(part): (part, part.present(self.items)), **dict(list(self._made.items())[:1])}
        return self._made[id(part)][1]


def within(ascending: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return how many of `ascending` lie from `low` `[R]` to one before `high` `[R]`."""
    return np.searchsorted(ascending, high) - np.searchsorted(ascending, low)


class LiveTrie:
    """A sorted trie and, beside it, a small one of what came since; what went is marked.

    Items are whole numbers from 0. Answers are the same as from a trie built anew: the beam joins the children of both.
    Raises what `Trie.build` raises.
    """

    def __init__(self, codes: np.ndarray, size: int, items: np.ndarray | None = None) -> None:
        self._main = Part(Trie.build(codes, size, items))
        self._gone: set[int] = set()
        self._new: dict[int, np.ndarray] = {}
        self._keys: dict[int, int] = {}
        self._parts: tuple[Part, ...] | None = None

    @classmethod
    def of(cls, trie: Trie) -> "LiveTrie":
        """Take a trie that is built."""
        live = cls(np.zeros((0, trie.depth), dtype=np.int64), trie.size)
        live._main = Part(trie)
        return live

    @property
    def size(self) -> int:
        """Codes a level."""
        return self._main.trie.size

    @property
    def depth(self) -> int:
        """Codes of a semantic ID."""
        return self._main.trie.depth

    def __len__(self) -> int:
        return len(self._main.trie) - len(self._gone) + len(self._new)

    def __contains__(self, item: int) -> bool:
        return item in self._new or self._leaf(item) >= 0

    def holders(self, codes: np.ndarray) -> np.ndarray:
        """Return the item that has each of `codes` `[M, L]`, or -1."""
        leaves = self._main.trie.find(codes)
        there = (leaves >= 0) & ~np.isin(leaves, list(self._gone))
        found = np.where(there, self._main.trie.items[np.maximum(leaves, 0)] if len(self._main.trie) else -1, -1)
        if self._keys:
            newer = np.array([self._keys.get(int(key), -1) for key in keys_of(codes, self.size)])
            found = np.where(newer >= 0, newer, found)
        return found

    def insert(self, item: int, codes: Sequence[int] | np.ndarray) -> None:
        """Add an item. Raises RecordError where it is there already, its codes are another's, or are none."""
        row = np.asarray(codes)
        if item in self:
            raise RecordError(f"Item {item} is in the trie already.", "Delete it first.")
        if row.shape != (self.depth,) or row.min() < 0 or row.max() >= self.size:
            raise RecordError(f"{row.tolist()} is no semantic ID.", f"Give {self.depth} codes from 0 to {self.size - 1}.")
        if (other := int(self.holders(row[None])[0])) >= 0:
            raise RecordError(f"Item {other} has the semantic ID {row.tolist()}.", "Give the new item a free one.")
        self._new[item] = row
        self._keys[int(keys_of(row[None], self.size)[0])] = item
        self._changed()

    def delete(self, item: int) -> None:
        """Take an item away. Raises RecordError where it is not there."""
        leaf = self._leaf(item)
        if item in self._new:
            del self._keys[int(keys_of(self._new.pop(item)[None], self.size)[0])]
        elif leaf >= 0:
            self._gone.add(leaf)
        else:
            raise RecordError(f"Item {item} is not in the trie.", "Look at the items with semantic_ids().")
        self._changed()

    def semantic_ids(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all items `[N]` with their codes `[N, L]`."""
        kept = np.delete(np.arange(len(self._main.trie)), sorted(self._gone))
        items, codes = self._main.trie.items[kept].astype(np.int64), self._main.trie.semantic_ids()[kept].astype(np.int64)
        if not self._new:
            return items, codes
        return np.concatenate([items, np.fromiter(self._new, dtype=np.int64)]), np.concatenate([codes, np.stack(list(self._new.values()))])

    def parts(self) -> tuple[Part, ...]:
        """Return what a beam walks: the sorted trie, and the small one where there is one."""
        if self._parts is None:
            parts = [self._main.without(np.array(sorted(self._gone), dtype=np.int64))]
            if self._new:
                parts.append(Part(Trie.build(np.stack(list(self._new.values())), self.size, np.fromiter(self._new, dtype=np.int64))))
            self._parts = tuple(parts)
        return self._parts

    def _leaf(self, item: int) -> int:
        leaf = int(self._main.place[item]) if 0 <= item < len(self._main.place) else -1
        return -1 if leaf in self._gone else leaf

    def _changed(self) -> None:
        self._parts = None
        if len(self._new) + len(self._gone) > ASIDE:
            items, codes = self.semantic_ids()
            self._main = Part(Trie.build(codes, self.size, items))
            self._gone, self._new, self._keys = set(), {}, {}
