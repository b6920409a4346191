"""A day's utilities for one reader, and what they would be with a piece of evidence taken away."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from scipy import sparse

from broadsheet.core.catalogue import reading_text
from broadsheet.core.component import Vectors
from broadsheet.core.schema import Announcement, Item
from broadsheet.report.affinity import AffinityConfig
from broadsheet.report.ranker.ranker import ReaderRanker, Situation
from broadsheet.report.ranker.signals import Reading, Shelf, Sight, on_lists
from broadsheet.report.ranker.stream import circle, lists_of, shown_lists
from broadsheet.stack.represented import Represented


class Scoring:
    """The ranker at work on one page.

    The shelf is what came before (`background`), or the day's own list where nothing did, and behind it
    the library. `kernel` `[N, M]` is the nearness of each candidate to each library paper.
    """

    def __init__(
        self,
        day: Sequence[Announcement],
        library: Sequence[Item],
        background: Sequence[Announcement],
        vectors: Represented,
        ranker: ReaderRanker,
        config: AffinityConfig,
    ) -> None:
        self.day, self.library, self.vectors, self.ranker, self.config = day, library, vectors, ranker, config
        shelved = list(background) or list(day)
        links = ranker.linked is not None and vectors.dense is not None and bool(background)
        spaces = ("lexical", *(("dense",) if vectors.dense is not None else ()), *(("linked",) if links else ()))
        self.situation = Situation(spaces, history=bool(background))
        self.choice = ranker(self.situation)
        self._papers = [*shelved, *(Announcement(item=item) for item in library)]
        self._first = len(shelved)
        self._names = lists_of(background) or tuple(sorted({name for a in day for name in shown_lists(a)}))
        self._by_author: dict[str, list[int]] = defaultdict(list)
        for row, paper in enumerate(background):
            for name in dict.fromkeys(paper.item.creators):
                self._by_author[name].append(row)
        self.shelf = self._shelf(background)
        self.sight = self._sight(self._rows_of_day(), range(len(day)))
        self.kernel = self.sight.kernel[:, self._first :]

    @cache  # noqa: B019 - a scoring lives as long as its page
    def utilities(self, without: int | None = None) -> np.ndarray:
        """Return the utility `[N]` of every candidate, or what it would be without one library paper; -inf with none left."""
        return self._utilities(self.sight, without)

    def of_texts(self, texts: Sequence[str], rows: Sequence[int], dense: np.ndarray | None) -> np.ndarray:
        """Return the utility `[K]` that candidates `rows` would have with other texts, of which `dense` are the vectors."""
        return self._utilities(self._sight(self._vectors_of(texts, self.vectors.lexical(texts), dense), rows), None)

    def _utilities(self, sight: Sight, without: int | None) -> np.ndarray:
        rows = [row for row in self._oldest_first() if row != without]
        if not rows:
            return np.full(len(sight.lists), -np.inf)
        own = np.array(rows) + self._first
        ids = {self.library[row].id for row in rows}
        around = circle(own, self._first, self._papers, self._by_author) if self.situation.history else np.array([], dtype=np.int64)
        others = np.array([row for row in around if self._papers[row].item.id not in ids], dtype=np.int64)
        return self.choice.utility(sight.signals(Reading(own, others), circle=self.situation.history))

    def _oldest_first(self) -> list[int]:
        dates = [item.published or item.announced or date.min for item in self.library]
        return sorted(range(len(self.library)), key=lambda row: dates[row])

    def _shelf(self, background: Sequence[Announcement]) -> Shelf:
        v = self.vectors
        parts = [(v.lexical_background, v.dense_background) if background else (v.lexical_candidates, v.dense_candidates), (v.lexical_library, v.dense_library)]
        lexical = sparse.csr_array(sparse.vstack([words for words, _ in parts], format="csr"))
        dense = np.concatenate([rows for _, rows in parts if rows is not None]) if v.dense is not None else None
        stacked = self._vectors_of([reading_text(p.item) for p in self._papers], lexical, dense)
        lists = on_lists([shown_lists(paper) for paper in self._papers], self._names)
        return Shelf(stacked, np.arange(len(self._papers)) < self._first, lists)

    def _rows_of_day(self) -> dict[str, Vectors]:
        return self._vectors_of([reading_text(a.item) for a in self.day], self.vectors.lexical_candidates, self.vectors.dense_candidates)

    def _vectors_of(self, texts: Sequence[str], lexical: sparse.csr_array, dense: np.ndarray | None) -> dict[str, Vectors]:
        found: dict[str, Vectors] = {"lexical": lexical}
        if "dense" in self.situation.spaces and dense is not None:
            found["dense"] = dense
        if "linked" in self.situation.spaces and self.ranker.linked is not None and dense is not None:
            found["linked"] = self.ranker.linked(texts, dense)
        return found

    def _sight(self, vectors: Mapping[str, Any], rows: Sequence[int]) -> Sight:
        ids = [self.day[row].item.id for row in rows]
        place: dict[str, list[int]] = defaultdict(list)
        for column, paper in enumerate(self._papers):
            place[paper.item.id].append(column)
        same = np.zeros((len(ids), len(self._papers)), dtype=bool)
        for row, item in enumerate(ids):
            same[row, place.get(item, [])] = True
        lists = on_lists([shown_lists(self.day[row]) for row in rows], self._names)
        return Sight.of(self.shelf, vectors, same, lists, self.config)
