"""Readers made of authors: what each has read before the first day, what each wants on every day, and what the page's ranker says without feedback."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, cast

import numpy as np
from scipy import sparse

from broadsheet.core.catalogue import reading_text
from broadsheet.core.errors import NoPapersError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Item
from broadsheet.core.seeds import generator
from broadsheet.report.authors import LEAST_PAPERS, AuthorDays, UserDay
from broadsheet.report.bench.forward import pseudonym
from broadsheet.report.ranker.ranker import Situation, shipped
from broadsheet.report.ranker.stream import Stream
from broadsheet.represent import TfidfEmbedder
from broadsheet.stack import Represented

# A reader wants something on so many of the days at least; with fewer there is nothing to learn and nothing to judge.
LEAST_WANTED = 5
# Words of so many papers before a day say what is usual there.
USUAL = 2000


class Reading(NamedTuple):
    """A reader's day: utilities `[N]` of the page's ranker without any feedback, its chances `[N]`, and which `[N]` papers are wanted."""

    utility: np.ndarray
    chances: np.ndarray
    wanted: np.ndarray


class DayOf(NamedTuple):
    """A label: its papers, their vectors, and the readers who want some of them."""

    label: date
    items: tuple[Item, ...]
    vectors: Represented
    readings: Mapping[str, Reading]


class Material(NamedTuple):
    """Thirty days or so, oldest first, and their readers, by pseudonym."""

    days: tuple[DayOf, ...]
    readers: tuple[str, ...]
    papers: int


class Looked:
    """An embedder for papers that are known: a text's vector is looked up."""

    def __init__(self, rows: Any, place: Mapping[str, int]) -> None:
        self.rows, self.place = rows, place

    def __call__(self, texts: Sequence[str], progress: Progress = silent) -> Any:
        """Return the rows of texts."""
        del progress
        return self.rows[np.array([self.place[text] for text in texts], dtype=np.int32)]


def make_material(
    days: AuthorDays, dense: np.ndarray | None, labels: Sequence[date], count: int, *, seed: int = 0, without: Sequence[str] = (), progress: Progress = silent
) -> Material:
    """Return so many readers on these labels.

    A reader is an author with three papers before the first label, who has read those, and wants what is by the author or by anybody the author ever wrote with: names that no ranker
    sees. Readers are drawn among those who want something on five days at least, and no two of them have written together, so that they are units of their own. `without` are names that may
    not be drawn. Raises NoPapersError where there are none.
    """
    around = _around(days)
    known = days.before(labels[0])
    stream = Stream(days, dense)
    rows = {label: days.candidates(label) for label in labels}
    chosen = _drawn(days, around, known, rows, count, seed, without)
    choice = shipped()(Situation(("lexical", "dense") if dense is not None else ("lexical",), history=True))
    place = {reading_text(paper.item): row for row, paper in enumerate(days.papers)}
    made = []
    for number, label in enumerate(labels, 1):
        moment = stream.moment(label)
        if moment is not None:
            readings: dict[str, Reading] = {}
            for name in chosen:
                wanted = np.array([not around[name].isdisjoint(days.papers[row].item.creators) for row in moment.rows], dtype=np.float64)
                if 0 < wanted.sum() < len(wanted):
                    library = np.array([row for row in days.by_author[name] if row < known])
                    reading = stream.reading(UserDay(name, library, wanted), moment.known)
                    utility = choice.utility(moment.sight.signals(reading, circle=True))
                    readings[pseudonym(name)] = Reading(utility, choice.probability(utility), wanted)
            items = tuple(days.blind(row).item for row in moment.rows)
            made.append(DayOf(label, items, _vectors(stream, moment.rows, moment.known, place), readings))
        progress("days of readers", number, len(labels))
    return Material(tuple(made), tuple(pseudonym(name) for name in chosen), len(days.papers))


def names_of(days: AuthorDays, labels: Sequence[date], count: int, *, seed: int = 0, without: Sequence[str] = ()) -> list[str]:
    """Return the authors that `make_material` would draw."""
    return _drawn(days, _around(days), days.before(labels[0]), {label: days.candidates(label) for label in labels}, count, seed, without)


def _around(days: AuthorDays) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for paper in days.papers:
        for name in paper.item.creators:
            found.setdefault(name, set()).update(paper.item.creators)
    return found


def _drawn(
    days: AuthorDays, around: Mapping[str, set[str]], known: int, rows: Mapping[date, Sequence[int]], count: int, seed: int, without: Sequence[str]
) -> list[str]:
    names = sorted(name for name, own in days.by_author.items() if sum(row < known for row in own) >= LEAST_PAPERS)
    barred = {other for name in without for other in around.get(name, {name})}
    taken: list[str] = []
    for at in generator(seed, "feedback", "readers").permutation(len(names)):
        name = names[at]
        if len(taken) >= count:
            break
        if name in barred:
            continue
        wanted = sum(any(not around[name].isdisjoint(days.papers[row].item.creators) for row in some) for some in rows.values())
        if wanted >= LEAST_WANTED:
            taken.append(name)
            barred |= around[name]
    if len(taken) < 2:
        raise NoPapersError("Fewer than two authors can be readers of these days.", "Give a longer --history, in which authors announce more often.")
    return taken


def _vectors(stream: Stream, rows: Sequence[int], known: int, place: Mapping[str, int]) -> Represented:
    """Return the day's vectors as the page has them, looked up and not made anew; what is usual is of the newest papers before."""
    lexical = stream.lexical(known)
    usual = np.arange(max(0, known - USUAL), known, dtype=np.int32)
    at = np.array(rows, dtype=np.int32)
    dense = stream.dense
    nothing = sparse.csr_array((0, lexical.shape[1] if lexical.shape else 0))
    words: Any = lexical
    return Represented(
        lexical=cast("TfidfEmbedder", Looked(lexical, place)),
        lexical_candidates=words[at],
        lexical_library=nothing,
        lexical_background=words[usual],
        dense=cast("Any", Looked(dense, place)) if dense is not None else None,
        dense_candidates=dense[at] if dense is not None else None,
        dense_library=None,
        dense_background=dense[usual] if dense is not None else None,
        models={},
        note="",
    )
