"""What is near in meaning, and what holds the very words: one order of both."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer

from broadsheet.core.catalogue import Catalogue, reading_text
from broadsheet.core.index import Index
from broadsheet.core.index.formats import decode
from broadsheet.core.index.protocol import Allowed
from broadsheet.core.letters import without_accents
from broadsheet.core.schema import Item
from broadsheet.represent.tfidf import TfidfConfig, TfidfEmbedder

# What a cosine gains where all words of the query stand in the item. Chosen on the validation half of `bench represent-words`.
WEIGHT = 0.5
# So many items, those with the most of the query's words, are ordered by both; all others by cosine alone.
HEARD = 256
# A word of more than this share of items is kept as a mask of all, which takes no more memory than its rows, and a fifth of the time.
COMMON = 1 / 8
NONE = np.zeros(0, dtype=np.int32)
# So many words that no item holds are named.
FEW = 4
DIGIT = re.compile(r"\d")
# An attribute of more letters is a text of its own, and no name, and one that begins with a digit, but for a unit, tells a size or a day.
SHORT = 80
MEASURE = re.compile(r"[\d\s.,:/+TZ-]+\w{0,3}")
TRUTHS = frozenset({"yes", "no", "true", "false"})
MARKS = "\"'“”‘’.,;:!?()[]{}<>"


class Near(NamedTuple):
    """An item that was found: `score` is what it stands by, its cosine and WEIGHT times `words`, the share of the query's words that it holds."""

    id: str
    score: float
    cosine: float
    words: float


class Answers(NamedTuple):
    """The items of each query, best first; how the index was searched; ids of the filter that it does not hold."""

    near: list[list[Near]]
    how: str
    unknown: tuple[str, ...] = ()


class _Held(NamedTuple):
    """What a word weighs, and the rows of the items that hold it, or for a common word their mask."""

    weight: np.float32
    rows: np.ndarray


class Words:
    """Which items hold which words: of their titles, texts, creators, categories, ids and short texts among their attributes; letters without accents.

    A word weighs ln((1 + N) / (1 + n)), n of N items holding it.
    """

    def __init__(self, items: Sequence[Item]) -> None:
        self._count, self._held = len(items), dict[str, _Held]()
        self._analyse = TfidfEmbedder(TfidfConfig(size="tiny")).analyse
        texts = [" ".join([item.id, reading_text(item), *item.creators, *item.categories, *named(item)]) for item in items]
        if any(map(self._terms, texts)):
            counter = CountVectorizer(analyzer=self._terms, binary=True, dtype=np.int8)
            held = sparse.csc_array(counter.fit_transform(texts))
            self._held = {term: self._of(held.indices[held.indptr[at] : held.indptr[at + 1]]) for term, at in counter.vocabulary_.items()}
        # What nobody is found by, and yet an item has: its price, or its size.
        told = {str(value) for item in items for value in item.attributes.values() if isinstance(value, str | int | float) and DIGIT.search(str(value))}
        self._told = frozenset(term for text in told for term in self._terms(text) if DIGIT.search(term))

    def _terms(self, text: str) -> list[str]:
        return self._analyse(without_accents(text))

    def _of(self, rows: np.ndarray) -> _Held:
        weight = np.float32(np.log((1 + self._count) / (1 + len(rows))))
        if len(rows) <= COMMON * self._count:
            return _Held(weight, rows)
        mask = np.zeros(self._count, dtype=bool)
        mask[rows] = True
        return _Held(weight, mask)

    def absent(self, text: str) -> tuple[str, ...]:
        """Return the words of a query that have a digit, as codes do, and that no item holds in words or attributes; all of its words, where no item holds any. Each as it is written."""
        terms = self._terms(text)
        if terms and not any(term in self._held or term in self._told for term in terms):
            return tuple(dict.fromkeys(filter(None, (word.strip(MARKS) for word in text.split()))))
        asked = dict.fromkeys(word.strip(MARKS) for word in text.split() if DIGIT.search(word))
        return tuple(word for word in asked if any(DIGIT.search(term) and term not in self._held and term not in self._told for term in self._terms(word)))

    def shares(self, text: str) -> np.ndarray:
        """Return what share of a query's words, weighed by their rarity, each item holds, float32 `[N]`; zero where the query has none."""
        found, every, unheard = np.zeros(self._count, dtype=np.float32), np.float32(0), self._of(NONE)
        for term in dict.fromkeys(self._terms(text)):
            weight, rows = self._held.get(term, unheard)
            every += weight
            if rows.dtype == bool:
                found += rows * weight
            else:
                found[rows] += weight
        return found / every if every else found


def named(item: Item) -> list[str]:
    """Return the attributes of an item that are names, such as a maker's: short texts that are no number, size, day, truth or address.

    >>> named(Item(id="a", title="Tea", attributes={"mill": "Garnhaus", "weight": "50 g", "since": "2021-02-01", "washable": "no", "price": 4}))
    ['Garnhaus']
    """
    texts = [value.strip() for value in item.attributes.values() if isinstance(value, str)]
    return [text for text in texts if 1 < len(text) <= SHORT and text.casefold() not in TRUTHS and "://" not in text and not MEASURE.fullmatch(text)]


def absence(words: Sequence[str]) -> str:
    """Say that no item holds words of a query; nothing where there are none.

    >>> absence(["MI-9999"])
    "No item holds 'MI-9999'; these are the nearest by meaning."
    """
    said = " or ".join(map(repr, words)) if len(words) <= FEW else "any of these words"
    return f"No item holds {said}; these are the nearest by meaning." if words else ""


class Finder:
    """An index of a catalogue's vectors, and its words.

    An item's score is its cosine, and for the HEARD items with the greatest share of the query's words WEIGHT times that share
    more. So the order does not depend on how many are asked for.
    """

    def __init__(self, index: Index, catalogue: Catalogue, weight: float = WEIGHT) -> None:
        self.index, self.weight = index, weight
        self._words = Words([catalogue.items[catalogue.row(item)] for item in index.ids])

    def find(self, vectors: np.ndarray, texts: Sequence[str], k: int, allowed: Allowed = None) -> Answers:
        """Return the k best of each query `[Q, d]` with its words, empty for a picture alone. Raises as `Index.search`."""
        mask, unknown = self.index.mask(allowed)
        found = self.index.search(vectors, k, mask)
        near = [
            self._ordered(vectors[row], text, found.positions[row, : len(ids)], found.scores[row, : len(ids)], k, mask)
            for row, (text, ids) in enumerate(zip(texts, found.ids, strict=True))
        ]
        return Answers(near, f"{found.how}, and their words", unknown)

    def absent(self, text: str) -> tuple[str, ...]:
        """Return the words of a query with a digit that no item holds; all of its words, where no item holds any."""
        return self._words.absent(text)

    def _ordered(self, vector: np.ndarray, text: str, first: np.ndarray, cosines: np.ndarray, k: int, mask: np.ndarray | None) -> list[Near]:
        """Order the items that are nearest, `first` with their cosines, and those that are heard; return the k best."""
        shares = self._words.shares(text)
        heard = self._heard(shares if mask is None else shares * mask)
        others = ~np.isin(first, heard)
        rows = np.concatenate([heard, first[others]])
        cosines = np.concatenate([decode(self.index.kept.take(heard)) @ vector.astype(np.float32), cosines[others]]).astype(np.float64)
        words = np.concatenate([shares[heard], np.zeros(int(others.sum()))])
        scores = cosines + self.weight * words
        # What says nothing, in vectors or in words, comes behind all that does, as in the index.
        best = np.lexsort((rows, -scores, self.index.silent[rows] & (words == 0)))[:k].tolist()
        return [Near(self.index.ids[rows[at]], float(scores[at]), float(cosines[at]), float(words[at])) for at in best]

    def _heard(self, shares: np.ndarray) -> np.ndarray:
        """Return the HEARD rows with the greatest shares, in their order; of equal ones the first."""
        # Most shares are equal, nought or that of one common word: sorted in less time than partitioned.
        least = np.sort(shares)[-HEARD] if len(shares) > HEARD else 0.0
        above = np.flatnonzero(shares > least)
        equal = np.flatnonzero(shares == least)[: HEARD - len(above)] if least > 0 else above[:0]
        return np.sort(np.concatenate([above, equal]))
