"""The step that fills the slate of a reader by what was had before: the best by score, as a plan of categories holds back or not."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from broadsheet.core.artifacts import Manifest, write_artifact
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.stack.because import Grounds, sentences
from broadsheet.stack.holdings import Holdings
from broadsheet.stack.planned import day_plan
from broadsheet.stack.recipe import OFF, SHIPPED
from broadsheet.stack.shop import Told
from broadsheet.stack.slate import NAME, SLATE, Placed, slate_frame
from broadsheet.stack.steps.catalogue import NAME as CATALOGUE
from broadsheet.stack.steps.rank import NAME as RANK
from broadsheet.stack.steps.score import NAME as SCORE
from broadsheet.stack.steps.step import Done, Step, Work
from broadsheet.stack.steps.vectors import NAME as VECTORS
from broadsheet.stack.steps.vectors import Seen
from broadsheet.stack.words import ITEMS, Words

OUTSIDE = 2.0
"""Log-odds that an item outside the plan loses, as on a page of papers."""
UNWANTED = "you told that you do not want it"
EARLIER = 14
"""Days before, whose events count as pages that the reader was shown."""


def plan_step(said: str, slate: int, told: Told = Told(), words: Words = ITEMS) -> Step:  # noqa: B008
    """Return the step; `said` is off, shipped, a planner by name, or the folder of a bundle, `told` what the reader told on a page, `words` what items are called."""

    def work(given: Work) -> Done:
        held = Holdings(given.parents[CATALOGUE])
        frame = given.parents[SCORE].frame("scores")
        items, scores = frame[Columns.ITEM].to_list(), frame[Columns.SCORE].to_numpy()
        chances = frame[Columns.CHANCE].to_numpy()
        groups = [held.items[item].categories for item in items]
        allowed, note, planner = np.ones(len(items), dtype=bool), "No plan of categories took part.", ""
        if said != OFF and items:
            pages = earlier_pages(held)
            named = ("", said) if said == SHIPPED or Path(said).is_dir() else (said, "")
            plan = day_plan(*named, groups, chances, pages, min(slate, len(items)))
            allowed, planner = plan.allowed, plan.planner
            held_back = int((~allowed).sum())
            what = (
                f"{held_back} of {len(items)} candidates are held back, and lose {OUTSIDE:g} log-odds"
                if held_back
                else "no candidate is held back, so it changed nothing"
            )
            note = f"{plan.planner}, after {len(pages)} days of the reader: {what}."
        gone = frozenset(told.hidden)
        filled = placed(items, scores, chances, allowed, slate, gone)
        before = {one.item for one in placed(items, scores, chances, np.ones(len(items), dtype=bool), slate, gone) if one.slot}
        moved = len({one.item for one in filled if one.slot} - before)
        note += f" It put {moved} other items on the slate than score alone." if moved else ""
        filled = _with_sentences(filled, held, given, told, words)
        parents = {name: artifact.content_hash for name, artifact in given.parents.items()}
        manifest = Manifest(kind=ArtifactKind.SLATE, parents=parents, models={"plan": planner} if planner else {})
        made = write_artifact(given.folder, manifest, frames={SLATE: slate_frame(filled)})
        return Done(made, {"picks": sum(one.slot is not None for one in filled), "candidates": len(items), "held back": int((~allowed).sum())}, note)

    files = (Path(said),) if Path(said).is_dir() else ()
    settings = {"plan": said, "slate": slate, "hidden": sorted(told.hidden), "told": [item for item, _ in told.had], "words": list(words)}
    return Step(NAME, "Plan and slate", ArtifactKind.SLATE, work, (CATALOGUE, SCORE), (VECTORS, RANK), settings=settings, files=files)


def _with_sentences(filled: Sequence[Placed], held: Holdings, given: Work, told: Told, words: Words) -> list[Placed]:
    """Say of each item on the slate why it is there."""
    seen = Seen(given.parents[VECTORS]) if VECTORS in given.parents else None
    marked = [item for item, _ in told.had if item in held.items]
    history = held.asks[0].history
    only_marked = set(marked) - set(history[: len(history) - len(marked)])
    grounds = Grounds(held, given.parents[SCORE].frame("scores"), seen, given.parents.get(RANK), only_marked)
    said = sentences(grounds, [one.item for one in filled if one.slot], words)
    return [one._replace(because=said.get(one.item, "")) for one in filled]


def earlier_pages(held: Holdings) -> list[tuple[list[tuple[str, ...]], list[bool]]]:
    """Return the reader's last days, oldest first, as pages that were liked: the categories of what was had on each. Without times each event is a day."""
    reader = held.asks[0]
    if held.events is None:
        return []
    own = held.events.filter(pl.col(Columns.USER) == reader.user)
    days: dict[object, list[tuple[str, ...]]] = {}
    for number, (item, at) in enumerate(own.select(Columns.ITEM, Columns.AT).iter_rows()):
        day = number if at is None else datetime.fromtimestamp(at, UTC).date()
        days.setdefault(day, []).append(held.items[item].categories if item in held.items else ())
    return [(groups, [True] * len(groups)) for groups in list(days.values())[-EARLIER:]]


def placed(items: Sequence[str], scores: np.ndarray, chances: np.ndarray, allowed: np.ndarray, slate: int, hidden: Collection[str] = ()) -> list[Placed]:
    """Return all items, those on the slate in their order; nothing is left to chance, so a propensity is 1 or 0."""
    final = scores - OUTSIDE * ~allowed
    order = np.argsort(-final, kind="stable")
    slots = {row: place for place, row in enumerate([row for row in order.tolist() if items[row] not in hidden][:slate], 1)}
    return [
        Placed(
            items[row],
            float(final[row]),
            float(chances[row]) if np.isfinite(chances[row]) else None,
            slots.get(row),
            float(row in slots),
            held_back=not bool(allowed[row]),
            kept_out="" if row in slots else UNWANTED if items[row] in hidden else f"{slate} others score higher",
        )
        for row in order.tolist()
    ]
