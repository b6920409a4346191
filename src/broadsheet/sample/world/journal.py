"""From slates to the frames of events and probes."""

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.schema import Columns
from broadsheet.core.seeds import generator
from broadsheet.sample.world.settings import START
from broadsheet.sample.world.slates import Slates

KINDS: Final = ("shown", "opened", "saved", "more", "less", "skipped")
_SAVED, _MORE, _LESS = 0.25, 0.05, 0.03
_PER_OPEN, _SKIP_AFTER, _LESS_AFTER = 20, 200, 210


class _Acts(NamedTuple):
    """Events as arrays of one length."""

    reader: NDArray[np.int64]
    paper: NDArray[np.int64]
    kind: NDArray[np.int64]
    second: NDArray[np.int64]
    slot: NDArray[np.int64]
    propensity: NDArray[np.float64]


def events_frame(slates: list[Slates], users: list[str], items: list[str], seed: int) -> pl.DataFrame:
    """Return all events in order of time: users, items, kinds, seconds resolved, slots from 0.

    Every event carries the slot and the propensity of the showing that it answers. What is not
    opened is skipped; some of what is opened is saved, the more it is liked.
    """
    parts = [_acts(part, generator(seed, "world", "journal", str(number))) for number, part in enumerate(slates)]
    acts = _Acts._make(np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.lexsort((acts.slot, acts.kind, acts.reader, acts.second))
    acts = _Acts._make(column[order] for column in acts)
    at = np.datetime64(START, "us") + acts.second.astype("timedelta64[s]")
    names = [(Columns.USER, users, acts.reader), (Columns.ITEM, items, acts.paper), (Columns.KIND, list(KINDS), acts.kind)]
    return pl.DataFrame(
        {
            **{column: pl.Series(values, dtype=pl.String).gather(rows) for column, values, rows in names},
            Columns.AT: at,
            Columns.SLOT: acts.slot,
            Columns.PROPENSITY: acts.propensity,
        }
    )


def _acts(slates: Slates, rng: np.random.Generator) -> _Acts:
    """Return the events of slates of one size."""
    chance = rng.random(slates.paper.shape)
    opened = slates.opened > 0
    shown_at = np.broadcast_to(slates.second[:, None], slates.paper.shape)
    opened_at = shown_at + _PER_OPEN * slates.opened
    happened = (
        (np.ones_like(opened), shown_at),
        (opened, opened_at),
        (opened & (chance < _SAVED * slates.liking), opened_at + 5),
        (opened & (chance > 1 - _MORE), opened_at + 6),
        (~opened & (chance < _LESS * (1 - slates.liking)), shown_at + _LESS_AFTER),
        (~opened, shown_at + _SKIP_AFTER),
    )
    slot = np.broadcast_to(np.arange(slates.paper.shape[1]), slates.paper.shape)
    reader = np.broadcast_to(slates.reader[:, None], slates.paper.shape)
    columns = zip(
        *(
            (reader[mask], slates.paper[mask], np.full(int(mask.sum()), kind), second[mask], slot[mask], slates.propensity[mask])
            for kind, (mask, second) in enumerate(happened)
        ),
        strict=True,
    )
    return _Acts._make(np.concatenate(parts) for parts in columns)


def probes_frame(slates: list[Slates], events: pl.DataFrame, users: list[str], items: list[str]) -> pl.DataFrame:
    """Return the probes in order of time: reader, truth, moment, position in the opened history, candidates by slot, answer.

    `position` counts the papers that the reader opened before; `final` marks the last of them.
    """
    names = np.asarray(items)
    parts = [
        pl.DataFrame(
            {
                Columns.USER: pl.Series(users, dtype=pl.String).gather(part.reader),
                Columns.TRUTH: part.truth,
                Columns.CANDIDATES: names[part.paper].tolist(),
                Columns.ANSWER: names[part.paper[np.arange(len(part.paper)), part.opened.argmax(axis=1)]].tolist(),
                Columns.FINAL: part.final,
            }
        )
        for part in slates
        if part.truth
    ]
    opened = events.filter(pl.col(Columns.KIND) == KINDS[1])
    positions = opened.select(
        Columns.USER,
        pl.col(Columns.ITEM).alias(Columns.ANSWER),
        Columns.AT,
        pl.int_range(pl.len()).over(Columns.USER).alias(Columns.POSITION),
    )
    frame = pl.concat(parts).join(positions, on=[Columns.USER, Columns.ANSWER], how="left")
    return frame.sort(Columns.AT, Columns.USER).select(
        Columns.USER, Columns.TRUTH, Columns.AT, Columns.POSITION, Columns.CANDIDATES, Columns.ANSWER, Columns.FINAL
    )
