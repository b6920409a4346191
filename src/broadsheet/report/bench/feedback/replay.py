"""Saves of real readers replayed: what the page's learning makes of them, beside the neighbours of papers and popularity."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy import sparse

from broadsheet.core.baselines import interactions, item_neighbours, popularity
from broadsheet.core.bench import Measured
from broadsheet.core.metrics import evaluate
from broadsheet.core.ragged import Ragged
from broadsheet.core.schema import Columns, Event, Item
from broadsheet.core.seeds import generator
from broadsheet.report.feedback.learning import Feedback, LearningConfig, learn
from broadsheet.report.feedback.record import SAVED
from broadsheet.represent import TfidfEmbedder
from broadsheet.sources.citeulike import Libraries, read_libraries
from broadsheet.stack.represented import Represented

METRICS = ("recall@20", "ndcg@10")
# A reader's first fifth of saves is what the profile began with, the last fifth is what is looked for.
BEGUN, ASKED, LEAST_SAVES = 0.2, 0.2, 10
BEST = 50
# Nothing else ranks here, so what is learnt need not be bounded beside it; saves have no days, and nothing was passed over.
LEARNING = LearningConfig(bound=1e6, passed_over=0.0, half_life=10_000.0)
START = datetime(2026, 1, 5, tzinfo=UTC)


class Replay:
    """Some readers of citeulike-a, their saves in the order of the file: that of the papers' numbers, for the data have no times."""

    def __init__(self, folder: Path, count: int, seed: int = 0) -> None:
        self.folder, self.count, self.seed = folder, count, seed

    @cached_property
    def held(self) -> Libraries:
        """All libraries, and the papers' tags."""
        return read_libraries(self.folder)

    @cached_property
    def readers(self) -> list[int]:
        """The readers drawn, of those with ten saves or more."""
        usable = np.flatnonzero(self.held.libraries.lengths >= LEAST_SAVES)
        return sorted(generator(self.seed, "feedback", "replay").choice(usable, size=min(self.count, len(usable)), replace=False).tolist())

    def parts(self, reader: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return a reader's saves: those the profile began with, those that came since, those that are looked for."""
        saves = self.held.libraries.row(reader)
        begun, asked = max(1, round(BEGUN * len(saves))), max(1, round(ASKED * len(saves)))
        return saves[:begun], saves[begun : len(saves) - asked], saves[len(saves) - asked :]

    @cached_property
    def others(self) -> Ragged:
        """What is known of everybody: all libraries, without what is looked for in those that are judged."""
        drawn = set(self.readers)
        return Ragged.of(np.concatenate(self.parts(row)[:2]) if row in drawn else saves for row, saves in enumerate(self.held.libraries))

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Papers, whose text is their tags: titles and abstracts are not there."""
        return tuple(Item(id=name, title="", text=text or "nothing") for name, text in zip(self.held.items, self.held.texts, strict=True))

    @cached_property
    def vectors(self) -> Represented:
        """Tags as TF-IDF rows."""
        words = TfidfEmbedder().fit_texts([item.text for item in self.items])
        rows: Any = words([item.text for item in self.items])
        nothing: Any = sparse.csr_array((0, rows.shape[1]))
        return Represented(words, rows, nothing, rows, None, None, None, None, {}, "")

    @cached_property
    def neighbours(self) -> sparse.csr_array:
        """The nearest papers of each by the readers they share."""
        return item_neighbours(self.others, len(self.items), most=1000, shrink=0.0)

    def known(self, reader: int, *, learning: bool) -> np.ndarray:
        """Return the saves that a ranker may see."""
        begun, came, _ = self.parts(reader)
        return np.concatenate([begun, came]) if learning else begun

    def by_learning(self, reader: int, saves: np.ndarray) -> np.ndarray:
        """Return what the page's learning says of all papers after these saves, `[N]`; a paper without a tag has no text, and nothing is learnt of it."""
        del reader
        saves = saves[[bool(self.held.texts[row]) for row in saves.tolist()]]
        events = tuple(
            Event(user="reader", item=self.items[row].id, kind=SAVED, at=START + timedelta(days=number)) for number, row in enumerate(saves.tolist())
        )
        known = {self.items[row].id: self.items[row] for row in saves.tolist()}
        lesson = learn(Feedback(events, known), self.items, self.vectors, LEARNING, None)
        return lesson.effect if lesson is not None else np.zeros(len(self.items))

    def by_likeness(self, reader: int, saves: np.ndarray) -> np.ndarray:
        """Return the mean cosine of each paper's tags with those of the saves, `[N]`."""
        del reader
        rows: Any = self.vectors.lexical_candidates
        return np.asarray((rows @ rows[saves].T).mean(axis=1)).ravel()

    def by_neighbours(self, reader: int, saves: np.ndarray) -> np.ndarray:
        """Return the sum of each paper's nearness to the saves, `[N]`."""
        del reader
        own: Any = interactions(Ragged.of([saves]), len(self.items))
        return (own @ self.neighbours).toarray()[0]

    def by_popularity(self, reader: int, saves: np.ndarray) -> np.ndarray:
        """Return how many readers have each paper, `[N]`."""
        del reader, saves
        return popularity(self.others, len(self.items))


Scorer = Callable[[Replay, int, np.ndarray], np.ndarray]
ARMS: dict[str, tuple[Scorer, bool]] = {
    "popularity": (Replay.by_popularity, True),
    "item kNN, first saves alone": (Replay.by_neighbours, False),
    "item kNN, all saves": (Replay.by_neighbours, True),
    "mean cosine of tags, all saves": (Replay.by_likeness, True),
    "learning, first saves alone": (Replay.by_learning, False),
    "learning, all saves": (Replay.by_learning, True),
}


def measure(replay: Replay, arm: str) -> Measured:
    """Rank all papers that a reader has not, and look for the last fifth of the saves."""
    scorer, learning = ARMS[arm]
    runs: dict[str, Sequence[str]] = {}
    asked: dict[str, list[str]] = {}
    mixed = generator(0, "feedback", "ties").permutation(len(replay.items))
    for reader in replay.readers:
        scores = np.asarray(scorer(replay, reader, replay.known(reader, learning=learning)), dtype=np.float64)
        # What the reader has by now is no candidate of either arm, so that both are asked the same.
        scores[replay.known(reader, learning=True)] = -np.inf
        best = mixed[np.argsort(-scores[mixed], kind="stable")[:BEST]]
        runs[str(reader)] = [replay.items[row].id for row in best.tolist()]
        asked[str(reader)] = [replay.items[row].id for row in replay.parts(reader)[2].tolist()]
    found = evaluate(runs, asked, METRICS)
    values = pl.DataFrame({Columns.USER: list(asked), **{metric: found[metric] for metric in METRICS}})
    return Measured({**{metric: float(found[metric].mean()) for metric in METRICS}, "readers": float(len(asked))}, values)
