"""The step of generative retrieval: a semantic ID for each item on offer, and what comes next after each history."""

import math

import numpy as np
import polars as pl

from broadsheet.core.artifacts import Manifest, write_artifact
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.stack.holdings import Holdings
from broadsheet.stack.steps.bundles import Chosen, answerable, given_contents, tell_all
from broadsheet.stack.steps.catalogue import NAME as CATALOGUE
from broadsheet.stack.steps.step import Done, Step, Work
from broadsheet.stack.steps.vectors import NAME as VECTORS
from broadsheet.stack.steps.vectors import Seen

NAME = "retrieve"
PROPOSED = 100
"""Items that retrieval proposes where the whole catalogue is on offer."""
DENSE, GENERATED, SEMANTIC = "dense", "generative", "semantic_id"
SCHEMA = {
    Columns.USER: pl.String,
    Columns.ITEM: pl.String,
    Columns.RANK: pl.Int64,
    Columns.SCORE: pl.Float64,
    DENSE: pl.Float64,
    GENERATED: pl.Float64,
    SEMANTIC: pl.List(pl.Int64),
}


def retrieve_step(bundle: Chosen, off: str = "") -> Step:
    """Return the step; a bundle that does not know an item takes it in by its content, without training."""

    def work(given: Work) -> Done:
        from broadsheet.retrieve.retriever import Ask, open_retriever

        held, seen = Holdings(given.parents[CATALOGUE]), Seen(given.parents[VECTORS])
        retriever = open_retriever(bundle.path(given))
        fresh = [item for item in held.items if item not in retriever]
        for number, item in enumerate(fresh, 1):
            contents = {name: vector for name, vector in given_contents(seen, item).items() if name in retriever.takes}
            retriever.insert(item, contents=contents, title=held.items[item].title)
            tell_all(given.progress, "items taken in", number, len(fresh))
        rows: list[tuple[object, ...]] = []
        asks = answerable(held.asks, retriever)
        for number, one in enumerate(asks, 1):
            allowed = [item for item in one.candidates if item not in one.history] or None
            (answer,) = retriever([Ask(one.history)], len(allowed) if allowed else PROPOSED, allowed=allowed)
            rows += [(one.user, hit.item, place, hit.score, hit.dense, hit.generative, list(hit.semantic_id)) for place, hit in enumerate(answer.hits, 1)]
            tell_all(given.progress, "histories asked", number, len(asks))
        frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
        parents = {CATALOGUE: held.artifact.content_hash, VECTORS: seen.artifact.content_hash, "bundle": bundle.content_hash(given)}
        models = {"retriever": retriever.model, "bundle": bundle.named()}
        made = write_artifact(given.folder, Manifest(kind=ArtifactKind.CANDIDATES, parents=parents, models=models), frames={"candidates": frame})
        own = frame.filter(pl.col(Columns.USER) == held.asks[0].user)
        figures = {**({"taken in by content": len(fresh)} if fresh else {}), "candidates": len(own), "histories asked": len(asks)}
        return Done(made, figures, _said(held, own, fresh))

    return Step(NAME, "Retrieve", ArtifactKind.CANDIDATES, work, (CATALOGUE, VECTORS, *bundle.parents), files=bundle.files, off=off)


def _said(held: Holdings, own: pl.DataFrame, fresh: list[str]) -> str:
    if not held.asks[0].history:
        return "Nothing is known that the reader had: these are what most had."
    if len(fresh) == len(held.items):
        return "The bundle knew none of these items: each has a semantic ID by its content alone, and the reader's library is the history."
    spread = float(np.std(own[Columns.SCORE].to_numpy())) if len(own) else math.nan
    return f"What the reader had is the history; scores differ by {spread:.2f} (standard deviation of logarithms)."
