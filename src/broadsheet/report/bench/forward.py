"""Walking forward over labels: each day is ranked by what was fitted on strictly earlier ones."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from broadsheet.core.choice import Choice, Day, fit_choice
from broadsheet.core.errors import NoPapersError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator
from broadsheet.report.authors import AuthorDays
from broadsheet.report.bench.arms import Arm, Seen
from broadsheet.report.ranker.stream import LEAST_FOR_LINKS, Stream

# Labels are learnt from once this share of the papers before the first label judged is known.
WARM = 0.2
# With fewer earlier user-days than this nothing is learnt, and the row says so.
LEAST_DAYS = 30


class Judged(NamedTuple):
    """One user-day of the labels judged: scores and chances `[N]`, which were taken `[N]`, and the ids of those."""

    label: date
    user: str
    scores: np.ndarray
    chances: np.ndarray
    taken: np.ndarray
    papers: tuple[str, ...]


def walk(arm: Arm, stream: Stream, since: date, until: date, *, seed: int = 0, progress: Progress = silent) -> Iterator[Judged]:
    """Yield the user-days of the labels from `since` to `until`.

    The model is fitted anew before the first label of each month and before `since`, each
    time on all user-days seen so far. A plain score ranks as it is; its chances are fitted in
    the same way.
    """
    days = stream.days
    labels = [d for d in days.days(until=until) if d >= since or days.before(d) >= WARM * days.before(since)]
    first = next((d for d in labels if d >= since), None)
    past: list[Day] = []
    choice: Choice | None = None
    for number, label in enumerate(labels):
        if number == 0 or label == first or label.replace(day=1) != labels[number - 1].replace(day=1):
            stream.refit(label, seed=seed)
            choice = fit_choice(past, columns_of(past)) if sum(0 < d.taken.sum() < len(d.taken) for d in past) >= LEAST_DAYS else None
        if label >= since:
            _require(arm, stream, choice, label)
        moment = stream.moment(label) if stream.is_ready else None
        for user in moment.users if moment else ():
            assert moment is not None
            seen = Seen(stream, moment, user, generator(seed, "arm", str(label), user.user))
            columns = arm.see(seen)
            day = Day(columns if arm.learns else columns[:, None], user.relevant)
            past.append(day)
            if label >= since:
                yield _judged(arm, seen, day, choice)
        progress("labels", number + 1, len(labels))


def columns_of(past: Sequence[Day]) -> list[str]:
    """Name the columns of signals by their place."""
    return [str(place) for place in range(past[0].signals.shape[1] if past else 0)]


def _require(arm: Arm, stream: Stream, choice: Choice | None, label: date) -> None:
    if arm.learns and (choice is None or not stream.is_ready):
        raise NoPapersError(
            f"There is too little before {label} to learn from ({stream.days.before(label)} papers).",
            f"Give a longer --history, or a later --since: {LEAST_DAYS} user-days and {LEAST_FOR_LINKS} papers are needed.",
        )


def _judged(arm: Arm, seen: Seen, day: Day, choice: Choice | None) -> Judged:
    utility = choice.utility(day.signals) if choice else day.signals[:, 0]
    chances = choice.probability(utility) if choice else np.full(len(utility), 1 / len(utility))
    scores = utility if arm.learns else day.signals[:, 0]
    papers = tuple(seen.stream.days.papers[row].item.id for row, taken in zip(seen.moment.rows, day.taken, strict=True) if taken)
    return Judged(seen.moment.label, pseudonym(seen.user.user), arm.arrange(seen, scores, chances) if arm.arrange else scores, chances, day.taken, papers)


def pseudonym(name: str) -> str:
    """Return a short hash that stands for a name in what a bench keeps."""
    return hashlib.sha256(name.encode()).hexdigest()[:12]


def content_hash(days: AuthorDays) -> str:
    """Return 16 hexadecimal digits over every paper's label, lists, texts and names."""
    digest = hashlib.sha256()
    for paper in days.papers:
        item = paper.item
        digest.update("\x1f".join([str(item.announced), item.id, item.title, item.text, *item.creators, *paper.lists, *item.categories]).encode() + b"\n")
    return digest.hexdigest()[:16]
