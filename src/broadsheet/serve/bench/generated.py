"""A catalogue of generated vectors, served by the real models: what a request costs does not depend on what the items are."""

from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

import numpy as np

from broadsheet.core.catalogue import Catalogue
from broadsheet.core.component import unit
from broadsheet.core.index import IndexConfig, build_index
from broadsheet.core.modality import Content
from broadsheet.core.ragged import Ragged
from broadsheet.core.schema import Item
from broadsheet.core.seeds import generator
from broadsheet.plan.bundle import open_bundle
from broadsheet.plan.folding import Folding
from broadsheet.plan.items import ItemTable
from broadsheet.plan.material import Material
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.model import SequenceModel
from broadsheet.rank.ranker import Ranker
from broadsheet.represent.finding import Finder
from broadsheet.represent.models import open_embedder
from broadsheet.retrieve.retriever import SHIPPED, open_retriever
from broadsheet.serve.bench.generated_requests import WORDS
from broadsheet.serve.models.batcher import lane
from broadsheet.serve.models.holder import Opener
from broadsheet.serve.models.parts import Loaded, Part, Ranks, Recommending, Searching, Slates
from broadsheet.serve.models.slating import HeldBundle

DIMENSIONS, FEATURES, CLUSTERS = 384, 64, 1000


def parts_of(items: int, turn: Path, index: str = "auto") -> dict[str, Opener]:
    """Return how the parts of a generated catalogue are opened; they are opened anew when what `turn` holds changes.

    Search, ranking and slates are over `items` generated items; recommendation is by the bundle that comes with the package.
    """
    texts, sequences = lane("texts"), lane("sequences")
    kept: dict[str, Part] = {}

    def opener(name: str, made: Callable[[], Part]) -> Opener:
        def opened() -> Part:
            # What is generated is so once; a swap gives the same models another holder.
            if name not in kept:
                kept[name] = made()
            return _again(kept[name])

        return Opener(lambda: turn.read_text(encoding="utf-8"), opened)

    return {
        "recommend": Opener(
            lambda: turn.read_text(encoding="utf-8"), lambda: Recommending(open_retriever(SHIPPED), Loaded("retriever", "shipped", ""), sequences)
        ),
        "rank": opener("rank", lambda: Ranks(_ranker(items), Loaded("ranker", "random weights", "", {}, items), sequences)),
        "slate": opener("slate", lambda: Slates(_bundle(items), Loaded("plan", "shipped policy, generated items", "", {}, items), sequences)),
        "search": opener("search", lambda: _searching(items, index, texts)),
    }


def _again(part: Part) -> Part:
    """Return a part with batchers of its own over the same model, as one that was opened again has."""
    if isinstance(part, Ranks):
        return Ranks(part.ranker, part.loaded, part.ask.on)
    if isinstance(part, Slates):
        return Slates(part.bundle, part.loaded, part.ask.on)
    assert isinstance(part, Searching)
    return Searching(part.embedder, part.finder, part.catalogue, part.loaded, part.find.on)


def _searching(items: int, index: str, on: Executor) -> Searching:
    rng = generator(0, "serve", "search")
    centres = rng.normal(size=(CLUSTERS, DIMENSIONS)).astype(np.float32)
    vectors = unit(centres[rng.integers(CLUSTERS, size=items)] + rng.normal(size=(items, DIMENSIONS)).astype(np.float32))
    held = rng.random((items, len(WORDS))) < np.array(list(WORDS.values())) / 1000
    texts = (" ".join(word for word, holds in zip(WORDS, row, strict=True) if holds) for row in held.tolist())
    catalogue = Catalogue(Item(id=f"i{number}", title=f"Item {number}", text=text) for number, text in enumerate(texts))
    queries = unit(vectors[:256] + rng.normal(size=(256, DIMENSIONS)).astype(np.float32) / 2)
    config = IndexConfig.model_validate({"kind": index})
    built = build_index(list(catalogue.ids), vectors, config, queries=queries)
    embedder = open_embedder("minilm")
    return Searching(embedder, Finder(built, catalogue), catalogue, Loaded("index", embedder.model, "", {}, items), on)


def _ranker(items: int) -> Ranker:
    rng = generator(0, "serve", "rank")
    contents = {"text": Content(rng.normal(size=(items, FEATURES)).astype(np.float32), np.ones(items, dtype=bool))}
    config = RankerConfig()
    return Ranker.of_model(config, SequenceModel(config, items, {}, contents, seed=0).eval(), [f"i{number}" for number in range(items)])


def _bundle(items: int) -> HeldBundle:
    """Return the package's policy and planner over generated items, nobody known."""
    rng, held = generator(0, "serve", "slate"), HeldBundle.of(open_bundle())
    width, categories = held.material.items.vectors.shape[1], held.material.items.categories
    member = np.zeros((items, len(categories)), dtype=bool)
    member[np.arange(items), rng.integers(len(categories), size=items)] = True
    ids = tuple(f"i{number}" for number in range(items))
    table = ItemTable(ids, ids, categories, member, unit(rng.normal(size=(items, width)).astype(np.float32)))
    none = np.zeros(0, dtype=np.int8)
    material = Material("generated", table, (), Ragged.of([]), none, none, np.zeros((0, items), dtype=np.float32))
    directions = rng.normal(size=(items, 32)) / np.sqrt(items)
    folding = Folding(rng.normal(-2, 1, size=items), directions, np.full(32, items / 100))  # pyrefly: ignore[bad-argument-type]
    return HeldBundle(held.artifact, material, folding, held.planner, held.laws, held.slate, held.horizon, held.policy)
