"""Readers made of authors: what each has read before the first day, what each wants on every day, and what the page's ranker says without feedback."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple, cast

import numpy as np
from scipy import sparse

from broadsheet.core.catalogue import reading_text
from broadsheet.core.choice import Choice
from broadsheet.core.errors import NoPapersError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Item
from broadsheet.core.seeds import generator
from broadsheet.report.authors import LEAST_PAPERS, AuthorDays, UserDay
from broadsheet.report.bench.forward import pseudonym
from broadsheet.report.ranker.ranker import Situation, shipped
from broadsheet.report.ranker.stream import Moment, Stream
from broadsheet.report.run import MOST_BACKGROUND
from broadsheet.represent import TfidfEmbedder
from broadsheet.stack.represented import Represented

# A reader wants something on so many of the days at least; with fewer there is nothing to learn and nothing to judge.
LEAST_WANTED = 5
LEAST_AUTHORS = 4
Told = Literal["whole", "half", "one", "group"]


class Reading(NamedTuple):
    """A reader's day: utilities `[N]` of the page's ranker without any feedback, its chances `[N]`, and which `[N]` papers are wanted."""

    utility: np.ndarray
    chances: np.ndarray
    wanted: np.ndarray


class DayOf(NamedTuple):
    """A label, the number of its day from 1, its papers, their vectors, and the readers who want some of them."""

    label: date
    number: int
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


class Persona(NamedTuple):
    """A reader made of authors: whose papers the profile holds, and by whom a paper must be for the reader to want it."""

    name: str
    told: int | None
    wanted: frozenset[str]


def personas(days: AuthorDays, labels: Sequence[date], count: int, told: Told, *, seed: int = 0, without: Iterable[str] = ()) -> list[Persona]:
    """Draw readers for these labels, none of whose authors has written with another's, so that they are units of their own; `without` are authors that may not be drawn.

    A reader wants what is by an author, or by anybody the author ever wrote with: names that no ranker sees. `whole` has all the author's earlier papers in the profile, `one` the
    newest of them, and `half` wants what belongs to two authors, with the papers of the first alone in the profile. `group` has one paper too, and wants what is by anybody within two
    steps: who wrote with whom the author wrote with. Raises NoPapersError where there are fewer than two readers.
    """
    around = _circles(days, told)
    names = _drawn(days, around, labels, 2 * count if told == "half" else count, seed, without)
    if told == "half":
        return [Persona(a, None, frozenset(around[a] | around[b])) for a, b in zip(names[::2], names[1::2], strict=False)]
    return [Persona(name, None if told == "whole" else 1, frozenset(around[name])) for name in names]


def authors_of(days: AuthorDays, labels: Sequence[date], count: int, told: Told, *, seed: int = 0) -> list[str]:
    """Return the authors of whom such readers would be made."""
    return _drawn(days, _circles(days, told), labels, 2 * count if told == "half" else count, seed, ())


def make_materials(stream: Stream, labels: Sequence[date], kinds: Mapping[Told, Sequence[Persona]], progress: Progress = silent) -> dict[Told, Material]:
    """Return by kind what its readers see and want on these labels, and what the shipped ranker says of it to a profile that never changes.

    A day is prepared once for all kinds: that is most of the work.
    """
    days = stream.days
    known, end = days.before(labels[0]), days.before(labels[-1] + timedelta(days=1))
    choice = shipped()(Situation(("lexical", "dense") if stream.dense is not None else ("lexical",), history=True))
    shown = np.arange(known, end, dtype=np.int32)
    place = {reading_text(days.papers[row].item): number for number, row in enumerate(shown)}
    made: dict[Told, list[DayOf]] = {kind: [] for kind in kinds}
    for number, label in enumerate(labels, 1):
        moment = stream.moment(label)
        if moment is not None:
            vectors = _vectors(stream, moment, shown, place)
            items = tuple(days.blind(row).item for row in moment.rows)
            for kind, readers in kinds.items():
                readings = {pseudonym(one.name): seen for one in readers if (seen := _reading(stream, moment, choice, one, known)) is not None}
                made[kind].append(DayOf(label, number, items, vectors, readings))
        progress("days of readers", number, len(labels))
    return {kind: Material(tuple(made[kind]), tuple(pseudonym(one.name) for one in readers), len(days.papers)) for kind, readers in kinds.items()}


def _reading(stream: Stream, moment: Moment, choice: Choice, one: Persona, known: int) -> Reading | None:
    """Return what a reader's day looks like; None where nothing is wanted, or everything."""
    days = stream.days
    wanted = np.array([not one.wanted.isdisjoint(days.papers[row].item.creators) for row in moment.rows], dtype=np.float64)
    if not 0 < wanted.sum() < len(wanted):
        return None
    library = np.array([row for row in days.by_author[one.name] if row < known][-(one.told or 0) :])
    utility = choice.utility(moment.sight.signals(stream.reading(UserDay(one.name, library, wanted), moment.known), circle=True))
    return Reading(utility, choice.probability(utility), wanted)


def _circles(days: AuthorDays, told: Told) -> dict[str, set[str]]:
    """Return of each author whose papers are wanted: those the author wrote with, and for `group` those that they wrote with."""
    found: dict[str, set[str]] = {}
    for paper in days.papers:
        for name in paper.item.creators:
            found.setdefault(name, set()).update(paper.item.creators)
    return found if told != "group" else {name: set().union(*(found[other] for other in others)) for name, others in found.items()}


def _drawn(days: AuthorDays, around: Mapping[str, set[str]], labels: Sequence[date], count: int, seed: int, without: Iterable[str]) -> list[str]:
    known = days.before(labels[0])
    on = [days.candidates(label) for label in labels]
    names = sorted(name for name, own in days.by_author.items() if sum(row < known for row in own) >= LEAST_PAPERS)
    barred = {other for name in without for other in around.get(name, {name})}
    taken: list[str] = []
    for at in generator(seed, "feedback", "readers").permutation(len(names)):
        name = names[at]
        if len(taken) >= count:
            break
        if name in barred:
            continue
        wanted = sum(any(not around[name].isdisjoint(days.papers[row].item.creators) for row in rows) for rows in on)
        if wanted >= LEAST_WANTED:
            taken.append(name)
            barred |= around[name]
    if len(taken) < LEAST_AUTHORS:
        raise NoPapersError("Too few authors of these days can be readers.", "Give a longer --history, in which authors announce more often.")
    return taken


def _vectors(stream: Stream, moment: Moment, shown: np.ndarray, place: Mapping[str, int]) -> Represented:
    """Return the day's vectors as the page has them, those of the papers that are shown on some day looked up and not made anew.

    What is usual is the mean of the newest papers before, which is all that learning takes of them: a row stands for them.
    """
    words: Any = stream.lexical(moment.known)
    usual = np.arange(max(0, moment.known - MOST_BACKGROUND), moment.known, dtype=np.int32)
    at, dense = np.array(moment.rows, dtype=np.int32), stream.dense
    return Represented(
        lexical=cast("TfidfEmbedder", Looked(words[shown], place)),
        lexical_candidates=words[at],
        lexical_library=sparse.csr_array((0, words.shape[1])),
        lexical_background=sparse.csr_array(words[usual].mean(axis=0).reshape(1, -1)),
        dense=cast("Any", Looked(dense[shown], place)) if dense is not None else None,
        dense_candidates=dense[at] if dense is not None else None,
        dense_library=None,
        dense_background=dense[usual].mean(axis=0, keepdims=True) if dense is not None else None,
        models={},
        note="",
    )
