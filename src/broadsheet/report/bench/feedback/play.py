"""Thirty days of one way to learn: pages, clicks, and how well each day was ranked before it was read."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from broadsheet.core.metrics import evaluate_scores
from broadsheet.core.schema import Event, Item
from broadsheet.core.seeds import generator
from broadsheet.report.bench.feedback.clicks import ReaderConfig, clicks
from broadsheet.report.bench.feedback.material import DayOf, Material, Reading
from broadsheet.report.exploration import draw
from broadsheet.report.feedback.learning import Feedback, LearningConfig, learn
from broadsheet.report.feedback.record import OPENED, SHOWN, at_label

METRIC = "ndcg@10"
FROZEN, LEARNING, WIDENED = "frozen", "learning", "learning, with what was taken up in the library"
# Settings that are tried on earlier days: how far what is learnt reaches.
REACHES = (2.0, 4.0, 6.0, 10.0)


class Way(NamedTuple):
    """A way to learn: with which settings (None learns nothing), from whose clicks."""

    learning: LearningConfig | None
    shuffled: bool = False
    oracle: bool = False


class Scored(NamedTuple):
    """One reader's day: its number from 1, its metric, and how many clicks were known before it."""

    reader: str
    day: int
    value: float
    clicks: int


class _Slate(NamedTuple):
    rows: tuple[int, ...]
    propensity: np.ndarray


def ways(learning: LearningConfig) -> dict[str, Way]:
    """Return the ways that are compared."""
    alone = learning.model_copy(update={"library": 0.0})
    blind = alone.model_copy(update={"position": 0.0, "clip": 1.0})
    return {
        FROZEN: Way(None),
        LEARNING: Way(alone),
        "learning without propensities": Way(blind),
        "learning from shuffled clicks": Way(alone, shuffled=True),
        "learning from oracle clicks": Way(alone, oracle=True),
        WIDENED: Way(learning),
    }


def play(material: Material, way: Way, config: ReaderConfig, *, seed: int) -> Iterator[Scored]:
    """Play all days for every reader; a day is scored on what is known before it, and then read.

    Days on which nothing is wanted have no click and no score: a page without a click teaches nothing.
    """
    for reader in material.readers:
        events: list[Event] = []
        items: dict[str, Item] = {}
        done = 0
        for day in material.days:
            reading = day.readings.get(reader)
            if reading is None:
                continue
            utility = reading.utility + _learnt(way, events, items, day, reading)
            yield Scored(reader, day.number, float(evaluate_scores([utility], [reading.wanted], [METRIC])[METRIC][0]), done)
            if way.learning is None:
                continue
            told = _read(way, reading, utility, day, reader, config, seed)
            done += sum(event.kind == OPENED for event in told)
            events += told
            items |= {item.id: item for item in day.items}


def choose(material: Material, learning: LearningConfig, config: ReaderConfig) -> LearningConfig:
    """Return the settings whose days are ranked best on material that is not judged: the reach is tried, and all else is as given."""
    alone = {"library": 0.0}
    tried = {reach: np.mean([s.value for s in play(material, Way(learning.model_copy(update=alone | {"reach": reach})), config, seed=0)]) for reach in REACHES}
    return learning.model_copy(update={"reach": max(tried, key=lambda reach: tried[reach])})


def _learnt(way: Way, events: list[Event], items: Mapping[str, Item], day: DayOf, reading: Reading) -> np.ndarray:
    if way.learning is None or not events:
        return np.zeros(len(day.items))
    shown = {event.item for event in events}
    known = Feedback(tuple(events), {name: items[name] for name in shown})
    spread = float(reading.utility.std()) or 1.0
    lesson = learn(known, day.items, day.vectors, way.learning, day.label, spread=spread, widened=reading.widened)
    return lesson.effect if lesson is not None else np.zeros(len(day.items))


def _read(way: Way, reading: Reading, utility: np.ndarray, day: DayOf, reader: str, config: ReaderConfig, seed: int) -> list[Event]:
    """Return the events of a page: what was shown, and what was opened."""
    rng = generator(seed, "feedback", "page", reader, str(day.label))
    slate = _page(utility, reading, config, rng)
    if way.oracle:
        opened = [row for row in range(len(utility)) if reading.wanted[row]]
        return [_event(reader, day, row, OPENED, None, 1.0) for row in opened]
    found = clicks([bool(reading.wanted[row]) for row in slate.rows], config, rng)
    if way.shuffled:
        found = sorted(rng.choice(len(slate.rows), size=len(found), replace=False).tolist())
    shown = [_event(reader, day, row, SHOWN, slot, slate.propensity[row]) for slot, row in enumerate(slate.rows, 1)]
    return shown + [_event(reader, day, slate.rows[at], OPENED, at + 1, slate.propensity[slate.rows[at]]) for at in found]


def _page(utility: np.ndarray, reading: Reading, config: ReaderConfig, rng: np.random.Generator) -> _Slate:
    """Fill the page by utility, and its last places by chance, as the report does."""
    places = round(config.exploration * config.budget)
    order = np.argsort(-utility, kind="stable")
    kept, rest = order[: config.budget - places], order[config.budget - places :]
    propensity = np.zeros(len(utility))
    propensity[kept] = 1.0
    drawn = draw(reading.chances[rest], places, rng)
    propensity[rest] = drawn.propensity
    return _Slate((*map(int, kept), *(int(rest[at]) for at in drawn.rows)), propensity)


def _event(reader: str, day: DayOf, row: int, kind: str, slot: int | None, propensity: float) -> Event:
    at = at_label(day.label) + (timedelta(hours=9, seconds=slot or 0) if kind == OPENED else timedelta())
    return Event(user=reader, item=day.items[row].id, kind=kind, at=at, slot=slot, propensity=min(1.0, max(propensity, 1e-6)))


def first_labels(labels: list[date], since: date | None, count: int) -> list[date]:
    """Return `count` labels from `since` on, or the last ones.

    >>> first_labels([date(2026, 1, d) for d in (1, 2, 3)], None, 2)
    [datetime.date(2026, 1, 2), datetime.date(2026, 1, 3)]
    """
    later = [label for label in labels if since is None or label >= since]
    return later[:count] if since else later[-count:]
