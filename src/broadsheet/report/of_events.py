"""The page of a reader by what was had before: what retrieval proposes, ranking orders and a plan fills."""

import base64
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from broadsheet.core.errors import ImageError
from broadsheet.core.images import read_image
from broadsheet.core.schema import Announcement, Columns, Item
from broadsheet.report.daymap import place_rows
from broadsheet.report.model import Entry, PlanSummary, Report
from broadsheet.report.references import find_links
from broadsheet.stack.holdings import Holdings
from broadsheet.stack.record import RunRecord
from broadsheet.stack.slate import NAME as PLAN
from broadsheet.stack.slate import read_slate
from broadsheet.stack.steps import catalogue, score, vectors
from broadsheet.stack.steps.step import Work
from broadsheet.stack.words import Words, counted

NEW = "new"
SIDE = 96
"""Pixels of a picture on the page."""


def report_of(given: Work, run: RunRecord, told: Sequence[str] = ()) -> Report:
    """Return the page of a reader: all candidates, those on the slate first; `told` are items that count as had because a page was told so."""
    held = Holdings(given.parents[catalogue.NAME])
    slate = list(read_slate(given.parents[PLAN]).values())
    scores = np.array([one.score for one in slate])
    width = float(np.ptp(scores)) if len(scores) else 0.0
    places = _places(given, [one.item for one in slate])
    entries = []
    for row, one in enumerate(slate):
        item = held.items[one.item]
        entries.append(
            Entry(
                item=item,
                kind=Announcement(item=item).kind,
                section=NEW,
                score=round(float(np.exp(one.score)), 6),
                strength=round(float((one.score - scores.min()) / width), 4) if width else 0.0,
                chance=None if one.chance is None else round(one.chance, 4),
                slot=one.slot,
                propensity=one.propensity,
                held_back=one.held_back,
                because=one.because,
                links=find_links(item),
                picture=_picture(item, held.root) if one.slot else "",
                x=float(places[row][0]),
                y=float(places[row][1]),
            )
        )
    step = run.step(PLAN)
    models = {name: model for step in run.steps if step.ready for name, model in step.models.items()}
    plan = _plan(given, models)
    return Report(
        label=label_of(held, run.label, told),
        reader=held.asks[0].user,
        source=", ".join(held.artifact.manifest.models.values()),
        subject="items",
        ranked_by=_ranked_by(given),
        models=models,
        notes=tuple(filter(None, (_after(held, told, run.words), step.note if plan is not None and step is not None else ""))),
        counts={NEW: len(entries), "cross": 0, "updated": 0, "withdrawn": 0},
        plan=plan,
        entries=tuple(sorted(entries, key=lambda entry: (entry.slot or 10**9, -entry.score))),
        config={"recipe": dict(run.settings)},
    )


def _ranked_by(given: Work) -> str:
    """Name the stages that have a weight in the score: all that weights were fitted for, or the one that orders alone."""
    if score.NAME not in given.parents:
        return "likeness"
    used = score.used_of(given.parents[score.NAME])
    return f"{used[0]} alone" if len(used) == 1 else f"{', '.join(used[:-1])} and {used[-1]}" if used else "the order of the source"


def label_of(held: Holdings, wanted: date | None, told: Sequence[str] = ()) -> date:
    """Return the day of the page: the one that is wanted, else that of the last event, else today. What was `told` on a page, and stands behind all events, makes it no other day's."""
    if wanted is not None:
        return wanted
    events = held.events
    last = events[: len(events) - sum(item in held.items for item in told)][Columns.AT].max() if events is not None else None
    return datetime.now(UTC).date() if last is None else datetime.fromtimestamp(float(str(last)), UTC).date()


def _after(held: Holdings, told: Sequence[str], words: Words) -> str:
    """Say what the page goes by: how many items its reader had, where one was had again in how many events, and how many were told on a page."""
    asked = held.asks[0]
    told = [item for item in told if item in held.items]
    history = asked.history[: len(asked.history) - len(told)]
    different = len(set(history))
    again = f", in {counted(len(history), 'event')}" if len(history) > different else ""
    also = f"; and {counted(len(told), words.one, words.many)} told on the page" if told else ""
    return f"Picked after what {asked.user} {words.had}: {counted(different, words.one, words.many)}{again}{also}."


def _picture(item: Item, root: Path | None) -> str:
    """Return an item's first picture, made small, as a data address; nothing where it has none that can be read, which the vectors' step has told."""
    if root is None or not item.images:
        return ""
    try:
        shown = read_image(root / item.images[0]).convert("RGB")
    except ImageError:
        return ""
    shown.thumbnail((SIDE, SIDE))
    shown.save(held := io.BytesIO(), "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(held.getvalue()).decode()}"


def _places(given: Work, items: list[str]) -> np.ndarray:
    """Return places on the map `[N, 2]`, by meaning where there is such a model."""
    seen = vectors.Seen(given.parents[vectors.NAME])
    base: Any = seen.spaces.get(vectors.MEANING)
    if base is None or len(items) < 2:
        return np.full((len(items), 2), 0.5)
    return place_rows(base[[seen.row[item] for item in items]])


def _plan(given: Work, models: Mapping[str, str]) -> PlanSummary | None:
    slate = read_slate(given.parents[PLAN])
    planner = given.parents[PLAN].manifest.models.get("plan", "")
    if not planner:
        return None
    del models
    held_back = sum(one.held_back for one in slate.values())
    return PlanSummary(planner=planner, source="rule", days=0, categories=(), rested=(), candidates=len(slate), held_back=held_back, outside=2.0)
