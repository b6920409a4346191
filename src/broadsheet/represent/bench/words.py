"""The bench of search: whether an item is found by its name and by its title, by vectors alone, by words alone, and by both."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from broadsheet.core.bench import Bench, Measured, Outcome, Task, by_arm, run_tasks
from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import Embedder
from broadsheet.core.embeddings import embed_catalogue
from broadsheet.core.errors import RecordError
from broadsheet.core.index import Index, build_index
from broadsheet.core.metrics import Ranking, bootstrap_mean, hit, reciprocal_rank
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Item
from broadsheet.core.seeds import generator
from broadsheet.represent.finding import WEIGHT, Finder
from broadsheet.represent.tfidf import TfidfEmbedder

TOP = 10
# A name that a title begins with: a word with a capital or a digit in it, and a colon.
NAMED = re.compile(r"(?=[^:]*[A-Z0-9])([\w-]{3,20}):")
NAMES, TITLES = "by name", "by title"
COSINE, BOTH, TFIDF = "cosine", "cosine and words", "TF-IDF"
ARMS = (COSINE, BOTH, TFIDF)


class WordsPlan(NamedTuple):
    """What is asked: so many queries a seed of one half of the items; `weights` are those of words, tried on the validation half."""

    queries: int = 500
    seeds: int = 3
    weights: tuple[float, ...] = ()
    budget_minutes: float | None = None
    arms: tuple[str, ...] = ARMS


class _Set(NamedTuple):
    """Items as they are indexed, and a query for each that has one, by its id."""

    items: Catalogue
    asked: Mapping[str, str]


def bench_words(catalogue: Catalogue, embedder: Embedder[Any], plan: WordsPlan, folder: Path, command: str, progress: Progress = silent) -> Bench:
    """Ask for items of a catalogue by the name before the colon of their title, and by the title where the rest alone is indexed.

    Where `weights` are given, queries are those of the validation half and those weights are tried, else those of the test half, with WEIGHT.
    Raises RecordError for a catalogue in which no half has a query.
    """
    sets = {NAMES: _by_name(catalogue), TITLES: _by_title(catalogue)}
    half = 0 if plan.weights else 1
    weights = plan.weights or (WEIGHT,)

    @cache
    def index(data: str) -> Index:
        return build_index(embed_catalogue(embedder, sets[data].items, folder, progress))

    @cache
    def finder(data: str, weight: float) -> Finder:
        return Finder(index(data), sets[data].items, weight)

    tasks = []
    for data, of in sets.items():
        chosen = sorted(item for item in of.asked if hashlib.sha256(item.encode()).digest()[0] % 2 == half)
        if not chosen:
            continue
        for seed in range(plan.seeds):
            rows = generator(seed, "words bench", data).permutation(len(chosen))[: plan.queries]
            queries = {chosen[row]: of.asked[chosen[row]] for row in rows}
            shared = {"items": of.items.content_hash(), "model": embedder.model, "half": half, "queries": plan.queries}
            arms: dict[str, Callable[[], Measured]] = {COSINE: _ours(partial(finder, data, 0.0), embedder, queries)}
            arms |= {f"{BOTH}, {weight:g}": _ours(partial(finder, data, weight), embedder, queries) for weight in weights}
            arms[TFIDF] = _tfidf(of.items, queries)
            tasks += [Task(data, arm, seed, shared, measure) for arm, measure in arms.items() if arm.partition(",")[0] in plan.arms]
    if not tasks:
        raise RecordError("No item has a title and a text to be asked by.", "Give a catalogue whose items have both.")
    outcome = run_tasks("represent-words", tasks, folder, budget_minutes=plan.budget_minutes, progress=progress)
    data = {"items": len(catalogue), "model": embedder.model, "half": ("validation", "test")[half], "hash": catalogue.content_hash()}
    notes = (
        "By name: the word before the colon of a title is asked, whole items are indexed. By title: the title is asked, and the text alone is indexed.",
        f"hit@1 and MRR@{TOP} of the one item that is meant, with 95 % by bootstrap over queries of all seeds. A half of the items is the validation half, by a hash of their ids.",
    )
    return Bench.of("represent-words", command, outcome, _summary(outcome), data=data, seeds=plan.seeds, notes=notes)


def _by_name(catalogue: Catalogue) -> _Set:
    found = {item.id: match[1] for item in catalogue if (match := NAMED.match(item.title))}
    return _Set(catalogue, found)


def _by_title(catalogue: Catalogue) -> _Set:
    bare = Catalogue(Item(id=item.id, title="-", text=item.text, categories=item.categories) for item in catalogue if item.text)
    return _Set(bare, {item.id: item.title for item in catalogue if item.text and item.title})


def _ours(finder: Callable[[], Finder], embedder: Embedder[Any], queries: Mapping[str, str]) -> Callable[[], Measured]:
    def measure() -> Measured:
        texts = list(queries.values())
        answers = finder().find(np.asarray(embedder(texts)), texts, TOP)
        return _judged(queries, [[near.id for near in of] for of in answers.near])

    return measure


def _tfidf(items: Catalogue, queries: Mapping[str, str]) -> Callable[[], Measured]:
    def measure() -> Measured:
        embedder = TfidfEmbedder().fit_texts(items.texts())
        scores = (embedder(list(queries.values())) @ embedder(items.texts()).T).toarray()
        return _judged(queries, [[items.ids[row] for row in np.argsort(-of, kind="stable")[:TOP] if of[row] > 0] for of in scores])

    return measure


def _judged(queries: Mapping[str, str], found: Sequence[Sequence[str]]) -> Measured:
    rankings = [Ranking.of_ids(list(ids), {item}) for item, ids in zip(queries, found, strict=True)]
    values = pl.DataFrame({"hit": [hit(of, 1) for of in rankings], "mrr": [reciprocal_rank(of, TOP) for of in rankings]})
    return Measured({"queries": float(len(queries))}, values)


def _summary(outcome: Outcome) -> tuple[dict[str, Any], ...]:
    made = []
    for (data, arm), rows in by_arm(outcome).items():
        values = pl.concat([row.values() for row in rows])
        row: dict[str, Any] = {"name": f"{data}: {arm}"}
        for name, column in (("hit@1", "hit"), (f"mrr@{TOP}", "mrr")):
            interval = bootstrap_mean(values[column].to_numpy(), generator(0, "words bench", data, arm), rounds=2000)
            row |= {name: interval.mean, f"{name}_lo": interval.low, f"{name}_hi": interval.high}
        made.append({**row, "queries": values.height, "runs": len(rows)})
    return tuple(made)
