"""The step of sequence ranking: how likely each candidate comes next after what the reader had."""

from typing import TYPE_CHECKING

import polars as pl

from broadsheet.core.artifacts import Artifact, Manifest, write_artifact
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.stack.holdings import Asked, Holdings
from broadsheet.stack.steps.bundles import Chosen, answerable, given_contents, tell_all
from broadsheet.stack.steps.catalogue import NAME as CATALOGUE
from broadsheet.stack.steps.retrieve import NAME as RETRIEVE
from broadsheet.stack.steps.step import Done, Step, Work
from broadsheet.stack.steps.vectors import NAME as VECTORS
from broadsheet.stack.steps.vectors import Seen

if TYPE_CHECKING:
    from broadsheet.rank.ranker import Ranker

NAME = "rank"
LAST = 20
"""Of what the page's reader had, so many of the last are taken away, one at a time, to see what each place rests on."""
RESTS, WITHOUT = "rests", "without"
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
        made = write_artifact(
            given.folder,
            Manifest(kind=ArtifactKind.SCORES, parents=parents, models=models),
            frames={"scores": frame, RESTS: _rests(ranker, held.asks[0], frame)},
        )
        own = int((frame[Columns.USER] == held.asks[0].user).sum())
        note = "The bundle knew none of these items: each is one pass through its compression." if len(fresh) == len(held.items) else ""
        return Done(made, {**({"taken in by content": len(fresh)} if fresh else {}), "scored": own, "histories ranked": len(asks)}, note)

    parents = (CATALOGUE, VECTORS, *bundle.parents)
    return Step(NAME, "Rank", ArtifactKind.SCORES, work, parents, (RETRIEVE,), files=bundle.files, off=off)


def rests_on(artifact: Artifact) -> dict[str, tuple[str, int]]:
    """Return by item what was had before that its place rests on most, and its place without that; nothing where that was not tried."""
    return {item: (without, place) for item, without, place in artifact.frame(RESTS).iter_rows()} if f"{RESTS}.parquet" in artifact.manifest.files else {}


def _rests(ranker: "Ranker", reader: Asked, scores: pl.DataFrame) -> pl.DataFrame:
    """Take each of the last items of the reader's history away, rank again, and keep for each candidate the one without which it falls lowest. On a day of papers none is."""
    history = () if reader.candidates else reader.history
    pool = scores.filter(pl.col(Columns.USER) == reader.user)[Columns.ITEM].to_list()
    had = [item for item in dict.fromkeys(reversed(history)) if item in ranker]
    lowest = {item: ("", place) for place, item in enumerate(pool, 1)}
    for without in had[:LAST] if len(had) > 1 else []:
        ranking = ranker.rank([item for item in history if item != without], len(pool), pool)
        for place, hit in enumerate(ranking.hits, 1):
            lowest[hit.item] = max(lowest[hit.item], (without, place), key=lambda found: found[1])
    rows = [(item, without, place) for item, (without, place) in lowest.items() if without]
    return pl.DataFrame(rows, schema={Columns.ITEM: pl.String, WITHOUT: pl.String, Columns.RANK: pl.Int64}, orient="row")


def _proposed(given: Work) -> dict[str, list[str]]:
    """Return what retrieval proposes, by user."""
    if RETRIEVE not in given.parents:
        return {}
    frame = given.parents[RETRIEVE].frame("candidates")
    grouped = frame.group_by(Columns.USER, maintain_order=True).agg(Columns.ITEM)
    return dict(grouped.iter_rows())
