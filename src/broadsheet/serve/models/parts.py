"""The parts of a site that answer: search, recommendation, ranking, slates, needs, and the loop of questions; each with its batcher."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import Content, Embedded, Embedder
from broadsheet.core.schema import Columns
from broadsheet.needs.extract.extractor import Extractor
from broadsheet.plan.bundle import Ask as PlanAsk
from broadsheet.plan.bundle import PlanBundle
from broadsheet.plan.run import Answered, Shown, next_slates
from broadsheet.rank.ranker import Ranker, Ranking
from broadsheet.represent.finding import Finder, Near
from broadsheet.retrieve.retriever import Answer, Ask, Retriever
from broadsheet.serve.models.batcher import Batcher


class Loaded(NamedTuple):
    """What is loaded for a part: its kind, the model that runs, the hash of its content, what it came from, how many items, and its figures."""

    kind: str
    model: str
    hash: str
    parents: Mapping[str, str] = {}
    items: int = 0
    metrics: Mapping[str, float] = {}


class Query(NamedTuple):
    """Words, a picture, or both, and how many items are wanted."""

    content: Content
    k: int


class Found(NamedTuple):
    """Items that were found, how the index was searched, and what was wrong with a picture, in two lines."""

    near: list[Near]
    how: str
    fault: str = ""


class Searching:
    """A catalogue's vectors and words, and the embedder that asks them."""

    def __init__(self, embedder: Embedder[Any], finder: Finder, catalogue: Catalogue, loaded: Loaded, on: Executor) -> None:
        self.embedder, self.finder, self.catalogue, self.loaded = embedder, finder, catalogue, loaded
        self.find = Batcher("search", self._find, on, most=16, room=48)
        # Fewer at a time: whoever searches waits for a batch of these.
        self.embed = Batcher("embeddings", self._embed, on, most=8, room=128)

    def _find(self, asked: Sequence[Query]) -> list[Found]:
        made = self.embedder.embed([one.content for one in asked])
        found = self.finder.find(np.asarray(made.vectors), [one.content.text for one in asked], max(one.k for one in asked))
        return [Found(near[: one.k], found.how, made.faults.get(place, "")) for place, (one, near) in enumerate(zip(asked, found.near, strict=True))]

    def _embed(self, asked: Sequence[Content]) -> list[Embedded]:
        made = self.embedder.embed(asked)
        rows = np.asarray(made.vectors)
        return [Embedded(rows[place], {0: made.faults[place]} if place in made.faults else {}) for place in range(len(asked))]


class Wanted(NamedTuple):
    """A request to the retriever: what was had, what is hidden, and how many items are wanted."""

    history: tuple[str, ...]
    hidden: tuple[str, ...]
    k: int


class Recommending:
    """The retriever."""

    def __init__(self, retriever: Retriever, loaded: Loaded, on: Executor) -> None:
        self.retriever, self.loaded = retriever, loaded
        self.ask = Batcher("recommend", self._answer, on)

    def _answer(self, asked: Sequence[Wanted]) -> list[Answer]:
        most = max(one.k for one in asked)
        found = self.retriever([Ask(one.history, None, one.hidden) for one in asked], most)
        return [answer._replace(hits=answer.hits[: one.k]) for one, answer in zip(asked, found, strict=True)]


class Ranked(NamedTuple):
    """A request to the ranker: what was had, the candidates (all items, if None), how many are wanted, and whether items of the history may stand among them."""

    history: tuple[str, ...]
    candidates: tuple[str, ...] | None
    k: int
    keep_seen: bool


class Ranks:
    """The sequence ranker."""

    def __init__(self, ranker: Ranker, loaded: Loaded, on: Executor) -> None:
        self.ranker, self.loaded = ranker, loaded
        self.ask = Batcher("rank", self._answer, on)

    def _answer(self, asked: Sequence[Ranked]) -> list[Ranking]:
        return [self.ranker.rank(list(one.history), one.k, one.candidates, exclude_seen=not one.keep_seen) for one in asked]


class Session(NamedTuple):
    """A request for a slate: who asks, the slates shown so far, and the seed of what is drawn (None: nothing is drawn)."""

    ask: PlanAsk
    shown: tuple[Shown, ...] = ()
    seed: int | None = None


class Slates:
    """The planner and its policy."""

    def __init__(self, bundle: PlanBundle, loaded: Loaded, on: Executor) -> None:
        self.bundle, self.loaded = bundle, loaded
        self.titles = dict(zip(bundle.material.items.ids, bundle.material.items.titles, strict=True))
        self.ask = Batcher("slate", self._answer, on)

    def _answer(self, asked: Sequence[Session]) -> list[Answered]:
        # Who was shown the same slates is planned for together; drawn slates have a seed of their own.
        together: dict[tuple[Any, ...], list[int]] = {}
        for place, one in enumerate(asked):
            together.setdefault((one.shown, None) if one.seed is None else (one.shown, place), []).append(place)
        answers: dict[int, Answered] = {}
        for places in together.values():
            first = asked[places[0]]
            made = next_slates(self.bundle, [asked[place].ask for place in places], first.shown, draw=first.seed is not None, seed=first.seed or 0)
            for line, place in enumerate(places):
                answers[place] = Answered((made.slates[line],), (made.unknown[line],), made.facts)
        return [answers[place] for place in range(len(asked))]


class Needing:
    """What takes needs from posts."""

    def __init__(self, extractors: Mapping[str, Extractor], loaded: Loaded, on: Executor) -> None:
        self.extractors, self.loaded = extractors, loaded
        self.ask = Batcher("needs", self._answer, on, most=8, room=32)

    def _answer(self, asked: Sequence[tuple[str, tuple[str, ...]]]) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
        found = []
        for taxonomy, texts in asked:
            rows = [(str(place), "", 0, text) for place, text in enumerate(texts)]
            made = self.extractors[taxonomy](pl.DataFrame(rows, schema=[Columns.POST, Columns.AUTHOR, Columns.AT, Columns.TEXT], orient="row"))
            found.append((made.posts, made.mentions))
        return found


class Asking:
    """A graph that is asked in words; whoever asks waits in the graph's own lane."""

    def __init__(self, tools: Any, loaded: Loaded, on: Executor, close: Callable[[], None]) -> None:
        self.tools, self.loaded, self.close = tools, loaded, close
        self.run = Batcher("ask", lambda work: [one() for one in work], on, most=1, room=16)


Part = Searching | Recommending | Ranks | Slates | Needing | Asking


def batchers(part: Part) -> list[Batcher[Any, Any]]:
    """Return the batchers of a part."""
    return [one for one in vars(part).values() if isinstance(one, Batcher)]
