"""The last choice of each reader of a fictional world: what each stage says of what was shown, joined by weights that other readers' choices gave."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import logsumexp

from broadsheet.core.choice import Choice, Day, fit_choice
from broadsheet.core.corpus import Corpus
from broadsheet.core.modality import Content
from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.rank.batches import Log, kept
from broadsheet.rank.bench.world import Known
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.fit import Asks
from broadsheet.rank.fit import fit_model as fit_ranker
from broadsheet.rank.recipes import RECIPES as RANKED
from broadsheet.retrieve.decoding import Filter
from broadsheet.retrieve.fit import RetrieverConfig, asks
from broadsheet.retrieve.fit import fit_model as fit_retriever
from broadsheet.retrieve.hybrid import retrieve
from broadsheet.retrieve.model.requests import Requests
from broadsheet.retrieve.recipes import RECIPES as RETRIEVED
from broadsheet.sources.leave_one_out import Held

READER, FEATURES, CHOSEN = "reader", "features", "chosen"
# Readers are in so many parts; each part is judged by weights that the last choices of the others gave.
PARTS = 5
# Penalties of the weights; the readers who give them choose one.
PENALTIES = (1e-2, 1e-1, 1.0)
HALVES = 2
RANKER = RankerConfig.model_validate(RANKED["world"])
RETRIEVER = RetrieverConfig.model_validate(RETRIEVED["world"])
Floats = NDArray[np.float64]


class Asked(NamedTuple):
    """A reader's last choice: what was opened before, oldest first, what was passed over beside it, what is shown, which of it was opened, and what it is about."""

    reader: int
    opened: NDArray[np.int64]
    passed: NDArray[np.int64]
    shown: NDArray[np.int64]
    chosen: int
    truth: str


class Readers:
    """A world as its readers' choices: items in words, by meaning and by look, histories without the last choice, and that choice."""

    def __init__(self, known: Known, lexical: sparse.csr_array) -> None:
        self.known, self.lexical = known, lexical
        row = {item: number for number, item in enumerate(known.ids)}
        begins = np.cumsum([0, *(len(of) for of in known.histories)])
        self.asked: list[Asked] = []
        for probe in known.probes.sort(READER).to_dicts():
            reader, before = probe[READER], probe[Columns.POSITION]
            beside = [known.passed.row(place) for place in range(begins[reader], begins[reader] + before)]
            shown = np.array([row[item] for item in probe[Columns.CANDIDATES]])
            chosen = probe[Columns.CANDIDATES].index(probe[Columns.ANSWER])
            passed = np.concatenate(beside or [np.zeros(0)]).astype(np.int64)
            self.asked.append(Asked(reader, known.histories[reader][:before], passed, shown, chosen, probe[Columns.TRUTH]))

    @cached_property
    def log(self) -> Log:
        """All that readers opened but the last, when, and beside what."""
        return Log(Ragged.of(self.known.histories), np.concatenate(self.known.times), self.known.passed)

    @property
    def corpus(self) -> Corpus:
        """Items with what is written of them and what they look like."""
        return Corpus(self.known.ids, {}, self.known.contents)


Says = Callable[[Readers, int, Path, Progress], list[Floats]]
"""What a stage says: of readers, with a seed and a folder in which a training that was stopped goes on, signals `[n, F]` of what each was shown last."""


def in_words(readers: Readers, seed: int, folder: Path, progress: Progress = silent) -> list[Floats]:
    """Return the mean TF-IDF cosine with what was opened, the greatest, and how much more it is than with what was passed over."""
    del seed, folder, progress
    return [_near(readers.lexical, one) for one in readers.asked]


def by_meaning(readers: Readers, seed: int, folder: Path, progress: Progress = silent) -> list[Floats]:
    """Return the same of the vectors of texts and of pictures."""
    del seed, folder, progress
    units = [_unit(content) for content in readers.known.contents.values()]
    return [np.concatenate([_near(unit, one) for unit in units], axis=1) for one in readers.asked]


def by_retrieval(readers: Readers, seed: int, folder: Path, progress: Progress = silent, config: RetrieverConfig = RETRIEVER) -> list[Floats]:
    """Return what generative and dense retrieval say, fitted on histories: the logarithms of both shares, and the nearness of the state to the ID's first codes."""
    held = asks(Held(Ragged.of([]), np.zeros(0, dtype=np.int64)))
    log, identity = readers.log, {"readers": len(readers.asked), "config": config.model_dump(mode="json")}
    fitted = fit_retriever(config, readers.corpus, log.histories, held, passed=log.passed, seed=seed, folder=folder, identity=identity, progress=progress)
    found: list[Floats] = [np.zeros(0)] * len(readers.asked)
    together: dict[tuple[int, ...], list[int]] = {}
    for place, one in enumerate(readers.asked):
        together.setdefault(tuple(sorted(one.shown.tolist())), []).append(place)
    for shown, places in together.items():
        rows = [readers.asked[place].opened for place in places]
        wanted = Filter(np.array(shown, dtype=np.int64))
        nothing = [np.zeros(0, dtype=np.int64)] * len(rows)
        blocks = retrieve(fitted.index, Requests.of_histories(Ragged.of(rows)), nothing, allowed=wanted, width=len(shown), top=len(shown))
        for block in blocks:
            for row, items, features in zip(block.rows.tolist(), block.candidates.items, block.candidates.features, strict=True):
                order = np.argsort(items)
                found[places[row]] = features[order[np.searchsorted(items[order], readers.asked[places[row]].shown)]].astype(np.float64)
    return [of - of.mean(axis=0) for of in found]


def by_order(readers: Readers, seed: int, folder: Path, progress: Progress = silent, config: RankerConfig = RANKER) -> list[Floats]:
    """Return what one token an item says, fitted on histories with their times."""
    some = np.arange(0, len(readers.known.histories), max(1, len(readers.known.histories) // 200))
    histories, times = readers.known.histories, readers.known.times
    watched = Asks([histories[row][:-1] for row in some], np.array([histories[row][-1] for row in some]), [times[row][:-1] for row in some])
    identity = {"readers": len(readers.asked), "config": config.model_dump(mode="json")}
    model = fit_ranker(config, readers.corpus, readers.log, watched, seed=seed, folder=folder, identity=identity, progress=progress).model
    with torch.inference_mode():
        vectors, outputs = model.table()
        counts = [kept(len(one.opened), model.config.longest) for one in readers.asked]
        cut = [one.opened[len(one.opened) - count :] for one, count in zip(readers.asked, counts, strict=True)]
        at = [times[one.reader][len(one.opened) - count : len(one.opened)] for one, count in zip(readers.asked, counts, strict=True)]
        states = model.read(cut, at, vectors).numpy().astype(np.float64)
    # Equal items have equal scores, which a product of matrices need not give them.
    scores = [np.einsum("rd,d->r", outputs[one.shown].numpy(), state, dtype=np.float64) for one, state in zip(readers.asked, states, strict=True)]
    return [(of - of.mean())[:, None] for of in scores]


STAGES: Mapping[str, Says] = {"lexical": in_words, "represent": by_meaning, "retrieve": by_retrieval, "rank": by_order}
"""What each stage says, in the order of the stack."""


def told(readers: Readers, signals: Sequence[Floats]) -> pl.DataFrame:
    """Return what a stage says of each last choice as a frame: reader, truth, what was chosen, and signals."""
    return pl.DataFrame(
        {
            READER: [one.reader for one in readers.asked],
            Columns.TRUTH: [one.truth for one in readers.asked],
            CHOSEN: [one.chosen for one in readers.asked],
            FEATURES: [of.tolist() for of in signals],
        }
    )


def joined(stages: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return how often each reader's last choice is the one of the greatest score, ties by their share (`hit`), by what all stages say together.

    Weights are those of a model of choice that is fitted on the last choices of readers of other parts.
    """
    first = stages[0]
    said = zip(*(frame[FEATURES].to_list() for frame in stages), strict=True)
    signals = [np.concatenate([np.array(of, dtype=np.float64) for of in each], axis=1) for each in said]
    chosen = first[CHOSEN].to_numpy()
    days = [Day(of, (np.arange(len(of)) == place).astype(np.float64)) for of, place in zip(signals, chosen.tolist(), strict=True)]
    part = parts(len(days))
    hits = np.zeros(len(days))
    for number in range(PARTS):
        others, own = (np.flatnonzero(which) for which in (part != number, part == number))
        choice = _fitted([days[row] for row in others])
        hits[own] = [_best(choice.utility(signals[row]))[chosen[row]] for row in own]
    return first.select(READER, Columns.TRUTH).with_columns(pl.Series("hit", hits))


def parts(count: int, of: int = PARTS) -> NDArray[np.int64]:
    """Return the part of each of so many readers `[R]`, drawn once for all."""
    return generator(0, "bench stack", "parts").permutation(count) % of


def _fitted(days: Sequence[Day]) -> Choice:
    """Fit to choices, with the penalty by which one half of them makes the other the likeliest."""
    names, part = [str(place) for place in range(days[0].signals.shape[1])], parts(len(days), HALVES)

    def likelihood(penalty: float) -> float:
        total = 0.0
        for number in range(HALVES):
            choice = fit_choice([day for day, of in zip(days, part, strict=True) if of != number], names, penalty=penalty)
            for day in (day for day, of in zip(days, part, strict=True) if of == number):
                utility = choice.utility(day.signals)
                total += float(utility @ day.taken - logsumexp(utility))
        return total

    return fit_choice(days, names, penalty=max(PENALTIES, key=likelihood))


def _best(scores: Floats) -> Floats:
    """Return the share of the first place that each of `scores` `[n]` has.

    >>> _best(np.array([1.0, 2.0, 2.0])).tolist()
    [0.0, 0.5, 0.5]
    """
    best = scores >= scores.max() - 1e-12
    return best / best.sum()


def _near(vectors: sparse.csr_array | np.ndarray, one: Asked) -> Floats:
    shown = vectors[one.shown.astype(np.int32)]
    opened = _cosines(shown, vectors[one.opened.astype(np.int32)])
    mean = opened.mean(axis=1)
    passed = _cosines(shown, vectors[one.passed.astype(np.int32)]).mean(axis=1) if len(one.passed) else mean
    return np.stack([mean, opened.max(axis=1), mean - passed], axis=1)


def _cosines(left: Any, right: Any) -> Floats:
    found: Any = left @ right.T
    return np.asarray(found.todense() if sparse.issparse(found) else found, dtype=np.float64)


def _unit(content: Content) -> np.ndarray:
    return content.vectors / np.maximum(np.linalg.norm(content.vectors, axis=1, keepdims=True), 1e-9)
