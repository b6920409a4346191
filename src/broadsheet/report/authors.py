"""Author as user: an author's earlier papers are a library, and what the author announces on a day is what they wanted that day."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from broadsheet.core.schema import Announcement, Item
from broadsheet.sources.merge import first_announced, rows_by_author

LEAST_PAPERS = 3
ALL_LISTS = "all"


class UserDay(NamedTuple):
    """One author on one label: rows of the earlier papers `[M]`, oldest first, and which candidates `[N]` are the author's."""

    user: str
    library: np.ndarray
    relevant: np.ndarray


class AuthorDays:
    """All papers in the order of their labels, each under its first label, and who wrote them.

    `papers[row].item` keeps its creators for those who look back; a ranker is shown candidates
    through `blind`, which has neither names nor anything a feed says about them.
    """

    def __init__(self, announcements: Iterable[Announcement]) -> None:
        given = list(announcements)
        self.papers: tuple[Announcement, ...] = first_announced(given)
        self.repeats = sum(a.item.announced is not None for a in given) - len(self.papers)
        self.labels: list[date] = [_label(a) for a in self.papers]
        self.by_author: dict[str, list[int]] = rows_by_author(self.papers)

    def before(self, label: date) -> int:
        """Return how many papers were announced strictly before a label; they are the first rows."""
        return bisect_left(self.labels, label)

    def days(self, since: date | None = None, until: date | None = None) -> list[date]:
        """Return the labels from `since` to `until`, both included, oldest first."""
        return [d for d in sorted(set(self.labels)) if (since is None or d >= since) and (until is None or d <= until)]

    def candidates(self, label: date, announced_on: str = ALL_LISTS) -> list[int]:
        """Return the rows of one list of a label, in the order announced."""
        start, end = self.before(label), self._after(label)
        return [row for row in range(start, end) if announced_on in (ALL_LISTS, *self.papers[row].lists)]

    def users(self, label: date, candidates: Sequence[int]) -> Iterator[UserDay]:
        """Yield each author of a candidate who has at least three papers strictly before the label."""
        known = self.before(label)
        for name in dict.fromkeys(name for row in candidates for name in self.papers[row].item.creators):
            library = [row for row in self.by_author[name] if row < known]
            if len(library) >= LEAST_PAPERS:
                relevant = np.array([name in self.papers[row].item.creators for row in candidates], dtype=np.float64)
                yield UserDay(name, np.array(library), relevant)

    def blind(self, row: int) -> Announcement:
        """Return a candidate as a ranker may see it: title, text, categories and lists."""
        return blind(self.papers[row])

    def _after(self, label: date) -> int:
        return bisect_left(self.labels, date.fromordinal(label.toordinal() + 1))


def blind(announcement: Announcement) -> Announcement:
    """Take away names, remarks and versions: what is left is what the paper is about and where it was announced."""
    item = announcement.item
    bare = Item(id=item.id, title=item.title, text=item.text, categories=item.categories, announced=item.announced)
    return Announcement(item=bare, lists=announcement.lists)


def clusters(relevant: Sequence[Sequence[str]]) -> list[str]:
    """Name the cluster of each user-day: those that share a relevant paper, or are linked by others that do, are one.

    `relevant` has the ids of each user-day's relevant papers; a paper with five authors is one
    piece of evidence, not five.

    >>> clusters([["a"], ["a", "b"], ["c"], ["b"]])
    ['a', 'a', 'c', 'a']
    """
    leader: dict[str, str] = {}

    def find(paper: str) -> str:
        leader.setdefault(paper, paper)
        while leader[paper] != paper:
            leader[paper] = leader[leader[paper]]
            paper = leader[paper]
        return paper

    for papers in relevant:
        roots = [find(paper) for paper in papers]
        for root in roots[1:]:
            leader[find(root)] = find(roots[0])
    return [find(papers[0]) for papers in relevant]


def _label(announcement: Announcement) -> date:
    assert announcement.item.announced is not None
    return announcement.item.announced
