"""From what an agent may see to what it believes: settings chosen on validation users, users folded in, scores as logits of liking."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.artifacts import arrays_hash
from broadsheet.core.errors import RecordError
from broadsheet.core.progress import Progress, silent
from broadsheet.plan.calibration import log_loss, logistic
from broadsheet.plan.events import Events
from broadsheet.plan.material import Split
from broadsheet.plan.models.factors import SWEEPS, Factors, Ridge, expected_values, fit_factors, fold_in

GRID = (Ridge(3, 8, 5), Ridge(5, 15, 10), Ridge(5, 40, 20), Ridge(8, 100, 40))
"""Settings of which validation users choose."""
ASKED = 0.75
"""Which share of a validation user's history is folded in; the rest is asked for."""
LEAST_ASKED = 20
"""Events that a choice among settings and a calibration need."""


class Belief(NamedTuple):
    """What an agent believes: logits of liking `[U, I]`, unit vectors of items `[I, d]`, and facts for manifests."""

    scores: NDArray[np.float32]
    vectors: NDArray[np.float32]
    facts: dict[str, Any]


class _Tried(NamedTuple):
    factors: Factors
    line: NDArray[np.float64]
    loss: float


def believe(
    histories: Events,
    split: NDArray[np.int8],
    shares: NDArray[np.float32],
    seed: int = 0,
    *,
    grid: Sequence[Ridge] = GRID,
    sweeps: int = SWEEPS,
    progress: Progress = silent,
) -> Belief:
    """Fit on histories of users of the split TRAIN, choose among `grid` and calibrate on those of VALIDATION, fold everybody in.

    A validation user's first three quarters are folded in, and the rest is asked for: log loss after calibration decides. The row of a test
    user follows from the user's own history and changes nothing else. `shares` `[I, C]` are items' categories. Raises RecordError where
    TRAIN or VALIDATION users have too few events.
    """
    of = split[histories.user]
    trained, asked = histories.where(of == Split.TRAIN), histories.where(of == Split.VALIDATION)
    early = asked.place() < ASKED
    late = asked.where(~early)
    if len(late.user) < LEAST_ASKED or not 0 < late.liked.mean() < 1 or len(trained.user) < LEAST_ASKED:
        raise RecordError(
            f"{len(trained.user)} events of users to train on and {len(late.user)} to choose settings by are too few, or end all alike.",
            "Give more users, or longer histories.",
        )
    best: _Tried | None = None
    for number, ridge in enumerate(grid):
        tried = _tried(trained, asked.where(early), late, shares, ridge, seed, sweeps)
        best = tried if best is None or tried.loss < best.loss else best
        progress("beliefs", number + 1, len(grid))
    assert best is not None
    factors, line = best.factors, best.line
    scores = line[0] + line[1] * expected_values(factors, fold_in(factors, histories, len(split)))
    facts = {
        "family": "matrix factorisation by alternating ridge, items drawn to their categories",
        "ridge": list(factors.ridge),
        "events": len(trained.user),
        "data": trained.content_hash(),
        "fit": arrays_hash({"items": factors.items, "mean": np.array([factors.mean]), "line": line}),
        "validation_log_loss": best.loss,
    }
    return Belief(scores.astype(np.float32), _unit(factors.items[:, 1:]), facts)


def _tried(trained: Events, early: Events, late: Events, shares: NDArray[np.float32], ridge: Ridge, seed: int, sweeps: int) -> _Tried:
    factors = fit_factors(trained, shares, ridge, seed, sweeps=sweeps)
    rows, place = np.unique(late.user, return_inverse=True)
    users = fold_in(factors, early, int(max(early.user.max(), late.user.max())) + 1)[rows]
    value = np.float32(factors.mean) + expected_values(factors._replace(mean=0.0), users)[place, late.item]
    line = logistic(value.astype(np.float64)[:, None], late.liked)
    return _Tried(factors, line, log_loss(line[0] + line[1] * value, late.liked))


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return rows of length 1; one of nothing points along the first axis."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    first = np.eye(1, rows.shape[1])
    return np.where(length > 1e-9, rows / np.maximum(length, 1e-9), first).astype(np.float32)
