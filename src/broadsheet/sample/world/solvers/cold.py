"""Finds which new paper a club member opens: the nearest paper seen before, and who opened that with what."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.schema import Columns
from broadsheet.sample.world.model import World
from broadsheet.sample.world.settings import CLUBS, START
from broadsheet.sample.world.solvers.finding import Finding, accuracy, hit
from broadsheet.sample.world.solvers.histories import Matrix, histories, probes_of
from broadsheet.sample.world.solvers.words import word_vectors

# From candidates [C], the reader's history [H] and who opened what before the last day [R, N] to scores [C].
Scores = Callable[[NDArray[np.int64], NDArray[np.int64], Matrix], NDArray[np.floating]]

_CHANCE = 1 / CLUBS
_RARE = 0.05
"""Words of the common phrases are in more papers; they say nothing about what a paper tells."""


def solve_cold(world: World) -> Finding:
    """Map each candidate to the nearest paper seen before, and score that by co-opening with the reader's history."""
    words = word_vectors(world, rare=_RARE)
    seen = _seen_before_last_day(world)

    def co_opened(candidates: NDArray[np.int64], history: NDArray[np.int64], opened: Matrix) -> NDArray[np.floating]:
        nearest = seen[(words[candidates] @ words[seen].T).argmax(axis=1)]
        return _together(opened, nearest, history)

    return _score(world, co_opened)


def solve_cold_by_id(world: World) -> Finding:
    """Try co-opening of the candidates themselves, which nobody has seen."""
    return _score(world, lambda candidates, history, opened: _together(opened, candidates, history))


def solve_cold_by_content(world: World) -> Finding:
    """Try nearness of the candidates to the mean text of the reader's history."""
    words = word_vectors(world, rare=_RARE)
    return _score(world, lambda candidates, history, _: words[candidates] @ words[history].mean(axis=0))


def _score(world: World, scores: Scores) -> Finding:
    """Score the final probes; `opened` `[R, N]` holds no event of the last day."""
    known = histories(world)
    probes = probes_of(world, "cold", known)
    last_day = _last_midnight(world)
    early = world.events.filter((pl.col(Columns.KIND) == "opened") & (pl.col(Columns.AT) < last_day)).group_by(Columns.USER).len().sort(Columns.USER)
    opened = known.matrix(before=early["len"].to_numpy())
    return accuracy([hit(scores(probe.candidates, known.opened[probe.reader][: probe.position], opened), probe.answer) for probe in probes], _CHANCE)


def _together(opened: Matrix, papers: NDArray[np.int64], history: NDArray[np.int64]) -> NDArray[np.floating]:
    """Return for each of `papers` `[C]` the sum of its correlations, over readers, with the history's papers."""
    centred = opened - opened.mean(axis=0)
    unit = centred / np.maximum(1e-9, np.linalg.norm(centred, axis=0))
    return unit[:, papers].T @ unit[:, history].sum(axis=1)


def _last_midnight(world: World) -> datetime:
    return datetime.combine(START + timedelta(days=world.config.days - 1), time())


def _seen_before_last_day(world: World) -> NDArray[np.int64]:
    """Return the rows of papers that somebody was shown before the last day."""
    items = world.events.filter(pl.col(Columns.AT) < _last_midnight(world))[Columns.ITEM].unique()
    return np.sort([world.catalogue.row(item) for item in items])
