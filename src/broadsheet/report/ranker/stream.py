"""A stream of announcements as a ranker sees it: at each label only what came before, names of candidates hidden."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from scipy import sparse

from broadsheet.core.catalogue import reading_text
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Announcement
from broadsheet.report.authors import ALL_LISTS, AuthorDays, UserDay
from broadsheet.report.ranker.signals import Reading, Sight, on_lists
from broadsheet.represent.linked import LinkedConfig, LinkedProjection
from broadsheet.represent.rolling import RollingTfidf

# With fewer papers than this before a label, nothing is learnt about what belongs together.
LEAST_FOR_LINKS = 400


class Moment(NamedTuple):
    """A label, its candidates' rows, the sight of them, and the vectors it was made of (`[known + N]` rows, papers known first)."""

    label: date
    rows: list[int]
    known: int
    sight: Sight
    lexical: sparse.csr_array
    users: list[UserDay]


class Stream:
    """Sights of label after label; labels are asked for in order, and nothing later is ever looked at.

    `dense` `[N, d]` are vectors of all papers by a fixed model, or None. `links` says whether a
    projection is learnt from who wrote what, anew at each call of `refit`.
    """

    def __init__(self, days: AuthorDays, dense: np.ndarray | None, *, announced_on: str = ALL_LISTS, links: LinkedConfig | None = None, seed: int = 0) -> None:
        self.days, self.dense, self.announced_on, self.links, self.seed = days, dense, announced_on, links, seed
        self.rolling = RollingTfidf([reading_text(a.item) for a in days.papers])
        self.known_lists: tuple[str, ...] = ()
        self._linked: np.ndarray | None = None

    def refit(self, label: date, progress: Progress = silent) -> LinkedProjection | None:
        """Learn from everything before a label: the lists there are, and the projection where links are asked for."""
        known = self.days.before(label)
        self.known_lists = lists_of(self.days.papers[:known])
        self._linked = None
        if self.links is None or self.dense is None or known < LEAST_FOR_LINKS:
            return None
        lexical = self.rolling.at(known)
        groups = [[row for row in rows if row < known] for rows in self.days.by_author.values()]
        projection = LinkedProjection.fit(lexical[:known], self.dense[:known], [g for g in groups if len(g) > 1], self.links, seed=self.seed, progress=progress)
        self._linked = projection(lexical, self.dense)
        return projection

    @property
    def has_links(self) -> bool:
        """Tell whether the last `refit` learnt a projection."""
        return self._linked is not None

    def moment(self, label: date) -> Moment | None:
        """Return what is seen at a label, or None where no author of a candidate has papers enough before it."""
        rows = self.days.candidates(label, self.announced_on)
        users = list(self.days.users(label, rows)) if len(rows) > 1 else []
        if not users:
            return None
        known = self.days.before(label)
        lexical = self.rolling.at(known)
        seen = [*range(known), *rows]
        spaces: dict[str, np.ndarray] = {"lexical": np.asarray((lexical[rows] @ lexical[:known].T).todense())}
        for space, vectors in (("dense", self.dense), ("linked", self._linked)):
            if vectors is not None:
                spaces[space] = vectors[rows].astype(np.float64) @ vectors[:known].T.astype(np.float64)
        lists = on_lists([shown_lists(self.days.blind(row)) for row in rows], self.known_lists)
        before = on_lists([shown_lists(a) for a in self.days.papers[:known]], self.known_lists)
        sight = Sight(spaces, np.ones(known, dtype=bool), np.zeros((len(rows), known), dtype=bool), lists, before)
        return Moment(label, rows, known, sight, sparse.csr_array(lexical[seen]), users)

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
