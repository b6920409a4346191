"""A stream of announcements as a ranker sees it: at each label only what came before, names of candidates hidden."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from broadsheet.core.catalogue import reading_text
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Announcement
from broadsheet.report.authors import ALL_LISTS, AuthorDays, UserDay
from broadsheet.report.ranker.ranked import PapersRanker
from broadsheet.report.ranker.retrieved import PapersRetriever
from broadsheet.report.ranker.signals import Reading, Shelf, Sight, on_lists, products
from broadsheet.represent.linked import LinkedConfig, LinkedProjection
from broadsheet.represent.rolling import RollingTfidf

# With fewer papers than this before a label, nothing is learnt about what belongs together.
LEAST_FOR_LINKS = 400


class Moment(NamedTuple):
    """A label, its candidates' rows, how many papers came before, the sight of it, and its users."""

    label: date
    rows: list[int]
    known: int
    sight: Sight
    users: list[UserDay]


class _Base(NamedTuple):
    """What no refit changes of a label: kept, so that several rankers can walk one stream."""

    rows: list[int]
    known: int
    cosines: dict[str, np.ndarray]
    users: list[UserDay]


PapersModel = PapersRetriever | PapersRanker


class _Fit(NamedTuple):
    """Of a model of papers: the label it was fitted before, its seed, and what it is."""

    label: date
    seed: int
    stage: type[PapersModel]


class Stream:
    """Sights of label after label; labels are asked for in order, and nothing later is ever looked at.

    `dense` `[N, d]` are vectors of all papers by a fixed model, or None. With `links` a
    projection is learnt from who wrote what, anew at each call of `refit`; with `stages` so are those models of papers.
    """

    def __init__(self, days: AuthorDays, dense: np.ndarray | None, *, announced_on: str = ALL_LISTS) -> None:
        self.days, self.dense, self.announced_on = days, dense, announced_on
        self.rolling = RollingTfidf([reading_text(a.item) for a in days.papers])
        self.links: LinkedConfig | None = None
        self.stages: tuple[type[PapersModel], ...] = ()
        self._bases: dict[date, _Base | None] = {}
        self._lexical: tuple[int, sparse.csr_array] | None = None
        self._learnt: dict[tuple[date, int, str], LinkedProjection] = {}
        self._linked: np.ndarray | None = None
        self._models: dict[_Fit, PapersModel | None] = {}
        self._fits: tuple[_Fit, ...] = ()
        self._said: dict[tuple[_Fit, date], np.ndarray] = {}

    def refit(self, label: date, *, seed: int = 0, progress: Progress = silent) -> LinkedProjection | None:
        """Learn a projection from everything before a label, where links are asked for and there is enough."""
        known = self.days.before(label)
        self._linked = None
        self._fits = tuple(_Fit(label, seed, stage) for stage in self.stages)
        for fit in self._fits:
            if fit not in self._models and self.dense is not None:
                self._models[fit] = fit.stage.fit(self.days, self.dense, known, seed=seed, progress=progress)
        if self.links is None or self.dense is None or known < LEAST_FOR_LINKS:
            return None
        key = (label, seed, self.links.model_dump_json())
        lexical: Any = self.rolling.at(known)
        if key not in self._learnt:
            groups = [[row for row in rows if row < known] for rows in self.days.by_author.values()]
            joined = [group for group in groups if len(group) > 1]
            self._learnt[key] = LinkedProjection.fit(lexical[:known], self.dense[:known], joined, self.links, seed=seed, progress=progress)
        self._linked = self._learnt[key](lexical, self.dense)
        return self._learnt[key]

    @property
    def is_ready(self) -> bool:
        """Tell whether the last `refit` learnt what was asked for."""
        fitted = len(self._fits) == len(self.stages) and all(self._models.get(fit) is not None for fit in self._fits)
        return (self.links is None or self._linked is not None) and fitted

    def moment(self, label: date) -> Moment | None:
        """Return what is seen at a label, or None where no author of a candidate has papers enough before it."""
        if label not in self._bases:
            self._bases[label] = self._base(label)
        base = self._bases[label]
        if base is None:
            return None
        known, cosines = base.known, dict(base.cosines)
        vectors: dict[str, Any] = {"lexical": self.lexical(known)[:known]}
        for space, rows in (("dense", self.dense), ("linked", self._linked)):
            if rows is not None:
                vectors[space] = rows[:known]
                cosines.setdefault(space, products(rows[base.rows], rows[:known]))
        names = lists_of(self.days.papers[:known])
        before = on_lists([shown_lists(a) for a in self.days.papers[:known]], names)
        shelf = Shelf(vectors, np.ones(known, dtype=bool), before)
        lists = on_lists([shown_lists(self.days.blind(row)) for row in base.rows], names)
        same = np.zeros((len(base.rows), known), dtype=bool)
        return Moment(label, base.rows, known, Sight(shelf, cosines, same, lists), base.users)

    def today(self, label: date) -> tuple[Moment, list[Reading]] | None:
        """Return a label as it is seen with nothing but its own list and the libraries: no background before it, no circle."""
        rows = self.days.candidates(label, self.announced_on)
        users = list(self.days.users(label, rows)) if len(rows) > 1 else []
        if not users:
            return None
        libraries = sorted({int(row) for user in users for row in user.library})
        place = {row: len(rows) + at for at, row in enumerate(libraries)}
        shelved = np.array([*rows, *libraries], dtype=np.int32)
        vectors: dict[str, Any] = {"lexical": self.rolling.among(rows)[shelved]}
        if self.dense is not None:
            vectors["dense"] = self.dense[shelved]
        names = lists_of(self.days.papers[: self.days.before(label)])
        lists = on_lists([shown_lists(self.days.blind(int(row))) for row in shelved], names)
        background = np.arange(len(shelved)) < len(rows)
        same = np.eye(len(rows), len(shelved), dtype=bool)
        candidates = {space: values[: len(rows)] for space, values in vectors.items()}
        sight = Sight.of(Shelf(vectors, background, lists), candidates, same, lists[: len(rows)])
        nobody = np.array([], dtype=np.int64)
        readings = [Reading(np.array([place[int(row)] for row in user.library]), nobody) for user in users]
        return Moment(label, rows, len(rows), sight, users), readings

    def _base(self, label: date) -> _Base | None:
        rows = self.days.candidates(label, self.announced_on)
        users = list(self.days.users(label, rows)) if len(rows) > 1 else []
        if not users:
            return None
        known = self.days.before(label)
        lexical = self.lexical(known)
        cosines = {"lexical": products(lexical[np.array(rows, dtype=np.int32)], lexical[:known]).astype(np.float32)}
        if self.dense is not None:
            cosines["dense"] = products(self.dense[rows], self.dense[:known])
        return _Base(rows, known, cosines, users)

    def said(self, moment: Moment, user: UserDay) -> np.ndarray:
        """Return what the stages' models say of a moment's candidates for a user, side by side `[N, F]`. Raises RuntimeError where the last `refit` did not fit all.

        What was said is kept: a model that has met later papers since then might say something else.
        """
        if not self._fits or not self.is_ready:
            raise RuntimeError("no model of papers was fitted")
        place = next(place for place, other in enumerate(moment.users) if other.user == user.user)
        return np.concatenate([self._said_by(fit, moment)[place] for fit in self._fits], axis=1)

    def _said_by(self, fit: _Fit, moment: Moment) -> np.ndarray:
        at = (fit, moment.label)
        if at not in self._said:
            model = self._models[fit]
            assert model is not None
            self._said[at] = model(moment.rows, [user.library for user in moment.users])
        return self._said[at]

    def cosines(self, label: date) -> tuple[list[int], dict[str, np.ndarray]] | None:
        """Return a label's candidates and their cosines with what came before `[N, C]` by space, or None where no author of a candidate has papers enough before it."""
        if label not in self._bases:
            self._bases[label] = self._base(label)
        base = self._bases[label]
        return None if base is None else (base.rows, base.cosines)

    def lexical(self, known: int) -> sparse.csr_array:
        """Return the TF-IDF rows of all papers, rarities counted on the first `known`."""
        if self._lexical is None or self._lexical[0] != known:
            self._lexical = (known, self.rolling.at(known))
        return self._lexical[1]

    def reading(self, user: UserDay, known: int) -> Reading:
        """Return a user's library and circle among the papers before a label."""
        return Reading(user.library, circle(user.library, known, self.days.papers, self.days.by_author))


def circle(library: np.ndarray, known: int, papers: Sequence[Announcement], by_author: Mapping[str, Sequence[int]]) -> np.ndarray:
    """Return the rows of the first `known` papers, outside the library, by people who wrote any of it, in order."""
    names = {name for row in library for name in papers[row].item.creators}
    around = {row for name in names for row in by_author.get(name, ()) if row < known}
    return np.array(sorted(around - set(library.tolist())), dtype=np.int64)


def shown_lists(announcement: Announcement) -> tuple[str, ...]:
    """Return where a paper was announced: its categories, or the lists that carried it where a source has no categories."""
    return announcement.item.categories or announcement.lists


def lists_of(papers: Sequence[Announcement]) -> tuple[str, ...]:
    """Return the lists that carried papers, in alphabetical order."""
    return tuple(sorted({name for a in papers for name in a.lists}))
