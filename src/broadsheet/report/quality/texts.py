"""Pages read as words: how far apart the picks of a day are, how far from what was there before, and what a plain ranker would have picked."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.svm import LinearSVC

from broadsheet.core.catalogue import reading_text
from broadsheet.core.metrics import intra_list_diversity
from broadsheet.core.schema import Item
from broadsheet.report.model import Entry, Report
from broadsheet.represent.rolling import RollingTfidf

TOP = 20
# The setting of a well-known daily report's SVM; nothing here is tuned.
SVM_C = 0.1


class TextFigures(NamedTuple):
    """Diversity and novelty (None without picks enough, or anything before), the size of the SVM's top list, and how many of it the page omitted."""

    diversity: float | None
    novelty: float | None
    top: int
    omitted: int


class PageTexts:
    """The texts of an archive, each counted once; a day's figures rest on that day, what came before it, and the library of its reader alone.

    `library` are a reader's papers; without them the titles that the pages themselves name stand for them.
    """

    def __init__(self, reports: Sequence[Report], library: Sequence[Item] = ()) -> None:
        self._rows: dict[tuple[str, int], int] = {}
        self._libraries: dict[date, list[int]] = {}
        texts: list[str] = []
        titles: dict[str, int] = {}
        for report in reports:
            for entry in report.entries:
                if _key(entry) not in self._rows:
                    self._rows[_key(entry)] = len(texts)
                    texts.append(reading_text(entry.item))
            for text in [reading_text(item) for item in library] or _library_titles(report):
                if text not in titles:
                    titles[text] = len(texts)
                    texts.append(text)
                self._libraries.setdefault(report.label, []).append(titles[text])
        self._stream = RollingTfidf(texts)

    def figures(self, report: Report, earlier: Sequence[Entry]) -> TextFigures:
        """Return the figures of a page; `earlier` are picks of the days before."""
        day = [self._rows[_key(entry)] for entry in report.entries]
        vectors = self._stream.among(day)
        picks = [self._rows[_key(entry)] for entry in report.picks()]
        library = self._libraries.get(report.label, [])
        before = sorted({*library, *(self._rows[_key(entry)] for entry in earlier)} - set(picks))
        open_rows = [row for row, entry in zip(day, report.entries, strict=True) if entry.section in ("new", "cross") and not entry.left_out]
        top = _top(vectors, open_rows, library, day)
        return TextFigures(
            diversity=intra_list_diversity(_of(vectors, picks)) if len(picks) > 1 else None,
            novelty=float(np.mean(1 - _nearest(_of(vectors, picks), _of(vectors, before)))) if picks and before else None,
            top=len(top),
            omitted=len(set(top) - set(picks)),
        )


def _top(vectors: sparse.csr_array, candidates: Sequence[int], library: Sequence[int], day: Sequence[int]) -> list[int]:
    """Return the rows that a linear SVM on TF-IDF puts on top: the library against the day's own list, both sides of one weight."""
    others = sorted(set(day) - set(library))
    if not library or not candidates or not others:
        return []
    taught = [*library, *others]
    sides = np.repeat([1, 0], [len(library), len(others)])
    machine = LinearSVC(C=SVM_C, class_weight="balanced", random_state=0).fit(_of(vectors, taught), sides)
    scores = machine.decision_function(_of(vectors, candidates))
    return [candidates[at] for at in np.argsort(-scores, kind="stable")[:TOP]]


def _of(vectors: sparse.csr_array, rows: Sequence[int]) -> sparse.csr_array:
    return vectors[np.array(rows, dtype=np.int32)]  # pyrefly: ignore


def _nearest(left: sparse.csr_array, right: sparse.csr_array) -> np.ndarray:
    return np.asarray((left @ right.T).max(axis=1).todense()).ravel()


def _key(entry: Entry) -> tuple[str, int]:
    return entry.item.id, entry.item.version


def _library_titles(report: Report) -> list[str]:
    return [title for interest in report.interests for title in (interest.library or (interest.name,))]


def by_item(reports: Sequence[Report]) -> Mapping[str, list[tuple[date, Entry]]]:
    """Return by id where a paper stands, oldest label first."""
    found: dict[str, list[tuple[date, Entry]]] = {}
    for report in sorted(reports, key=lambda r: r.label):
        for entry in report.entries:
            found.setdefault(entry.item.id, []).append((report.label, entry))
    return found
