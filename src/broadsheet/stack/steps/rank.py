"""The step of sequence ranking: how likely each candidate comes next after what the reader had."""

import polars as pl

from broadsheet.core.artifacts import Manifest, write_artifact
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.stack.holdings import Holdings
from broadsheet.stack.steps.bundles import Chosen, answerable, given_contents, tell_all
from broadsheet.stack.steps.catalogue import NAME as CATALOGUE
from broadsheet.stack.steps.retrieve import NAME as RETRIEVE
from broadsheet.stack.steps.step import Done, Step, Work
from broadsheet.stack.steps.vectors import NAME as VECTORS
from broadsheet.stack.steps.vectors import Seen

NAME = "rank"
PROBABILITY = "probability"
SCHEMA = {Columns.USER: pl.String, Columns.ITEM: pl.String, Columns.RANK: pl.Int64, Columns.SCORE: pl.Float64, PROBABILITY: pl.Float64}


def rank_step(bundle: Chosen, off: str = "") -> Step:
    """Return the step; it orders what retrieval proposes, or where retrieval is off all that is on offer."""

    def work(given: Work) -> Done:
        from broadsheet.rank.ranker import open_ranker

        held, seen = Holdings(given.parents[CATALOGUE]), Seen(given.parents[VECTORS])
        ranker = open_ranker(bundle.path(given))
        fresh = [item for item in held.items if item not in ranker]
        for number, item in enumerate(fresh, 1):
            ranker.put(item, held.items[item].title, contents={name: vector for name, vector in given_contents(seen, item).items() if name in ranker.takes})
            tell_all(given.progress, "items taken in", number, len(fresh))
        proposed = _proposed(given)
        rows: list[tuple[object, ...]] = []
        asks = answerable(held.asks, ranker)
        for number, one in enumerate(asks, 1):
            pool = list(one.candidates) or proposed.get(one.user) or list(held.items)
            ranking = ranker.rank(one.history, len(pool), pool)
            rows += [(one.user, hit.item, place, hit.score, hit.probability) for place, hit in enumerate(ranking.hits, 1)]
            tell_all(given.progress, "histories ranked", number, len(asks))
        frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
        parents = {CATALOGUE: held.artifact.content_hash, VECTORS: seen.artifact.content_hash, "bundle": bundle.content_hash(given)}
        models = {"ranker": ranker.model, "bundle": bundle.named()}
        made = write_artifact(given.folder, Manifest(kind=ArtifactKind.SCORES, parents=parents, models=models), frames={"scores": frame})
        own = int((frame[Columns.USER] == held.asks[0].user).sum())
        note = "The bundle knew none of these items: each is one pass through its compression." if len(fresh) == len(held.items) else ""
        return Done(made, {**({"taken in by content": len(fresh)} if fresh else {}), "scored": own, "histories ranked": len(asks)}, note)

    parents = (CATALOGUE, VECTORS, *bundle.parents)
    return Step(NAME, "Rank", ArtifactKind.SCORES, work, parents, (RETRIEVE,), files=bundle.files, off=off)


def _proposed(given: Work) -> dict[str, list[str]]:
    """Return what retrieval proposes, by user."""
    if RETRIEVE not in given.parents:
        return {}
    frame = given.parents[RETRIEVE].frame("candidates")
    grouped = frame.group_by(Columns.USER, maintain_order=True).agg(Columns.ITEM)
    return dict(grouped.iter_rows())
