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

GRID = (Ridge(3, 4, 2), Ridge(3, 4, 5), Ridge(3, 8, 5), Ridge(3, 8, 15), Ridge(3, 8, 15, along=1), Ridge(5, 40, 20))
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


class _Part(NamedTuple):
    """Events, and what earlier showings had left of their categories when each came `[N]`."""

    events: Events
    worn: NDArray[np.float64]

    def where(self, kept: NDArray[np.bool_]) -> "_Part":
        return _Part(self.events.where(kept), self.worn[kept])


def believe(
    histories: Events,
    split: NDArray[np.int8],
    shares: NDArray[np.float32],
    seed: int = 0,
    *,
    grid: Sequence[Ridge] = GRID,
    sweeps: int = SWEEPS,
    worn: NDArray[np.float64] | None = None,
    progress: Progress = silent,
) -> Belief:
    """Fit on histories of users of the split TRAIN, choose among `grid` and calibrate on those of VALIDATION, fold everybody in.

    A validation user's first three quarters are folded in, and the rest is asked for: log loss after calibration decides. The row of a test
    user follows from the user's own history and changes nothing else. `shares` `[I, C]` are items' categories. `worn` `[N]`, where histories are of slates, says how much
    the categories of each item had been shown shortly before: what that took from its liking is reckoned out, and scores are those of the rested. Raises RecordError where
    TRAIN or VALIDATION users have too few events, or no setting tells what the latter like.
    """
    every = _Part(histories, np.zeros(len(histories.user)) if worn is None else worn)
    of = split[histories.user]
    trained, asked = every.where(of == Split.TRAIN), every.where(of == Split.VALIDATION)
    early = asked.events.place() < ASKED
    late = asked.where(~early)
    if len(late.worn) < LEAST_ASKED or not 0 < late.events.liked.mean() < 1 or len(trained.worn) < LEAST_ASKED:
        raise RecordError(
            f"{len(trained.worn)} events of users to train on and {len(late.worn)} to choose settings by are too few, or end all alike.",
            "Give more users, or longer histories.",
        )
    loss = _lost_by_wear(trained, shares)
    best: _Tried | None = None
    for number, ridge in enumerate(grid):
        tried = _tried(_rested(trained, loss), _rested(asked.where(early), loss), late, loss, shares, ridge, seed, sweeps)
        # A model that puts what validation users liked below what they did not is none, however well it is turned round.
        best = tried if tried.line[1] > 0 and (best is None or tried.loss < best.loss) else best
        progress("beliefs", number + 1, len(grid))
    if best is None:
        raise RecordError("No setting orders what validation users liked better than chance.", "Give more users, or longer histories.")
    factors, line = best.factors, best.line
    scores = line[0] + line[1] * expected_values(factors, fold_in(factors, _rested(every, loss), len(split)))
    facts = {
        "family": "matrix factorisation by alternating ridge, items drawn to their categories",
        "ridge": list(factors.ridge),
        "events": len(trained.worn),
        "data": trained.events.content_hash(),
        "fit": arrays_hash({"items": factors.items, "mean": np.array([factors.mean]), "line": line}),
        "validation_log_loss": best.loss,
        **({} if worn is None else {"logits_by_wear": float(line[1] * loss)}),
    }
    return Belief(scores.astype(np.float32), _unit(factors.items[:, 1:]), facts)


def _tried(trained: Events, early: Events, late: _Part, loss: float, shares: NDArray[np.float32], ridge: Ridge, seed: int, sweeps: int) -> _Tried:
    factors = fit_factors(trained, shares, ridge, seed, sweeps=sweeps)
    rows, place = np.unique(late.events.user, return_inverse=True)
    users = fold_in(factors, early, int(max(early.user.max(), rows.max())) + 1)[rows]
    value = expected_values(factors, users)[place, late.events.item] + loss * late.worn
    line = logistic(value[:, None], late.events.liked)
    return _Tried(factors, line, log_loss(line[0] + line[1] * value, late.events.liked))


def _lost_by_wear(trained: _Part, shares: NDArray[np.float32]) -> float:
    """Return what a unit of wear takes from the value of an event, by regression within users and their categories; 0 where nothing is worn."""
    if not trained.worn.any():
        return 0.0
    group = trained.events.user * shares.shape[1] + shares[trained.events.item].argmax(axis=1)
    _, group = np.unique(group, return_inverse=True)
    count = np.bincount(group)
    value, worn = (column - (np.bincount(group, column) / count)[group] for column in (trained.events.value, trained.worn))
    return float(value @ worn / max(float(worn @ worn), 1e-9))


def _rested(part: _Part, loss: float) -> Events:
    """Return events with the values they would have had of the rested."""
    return part.events._replace(value=part.events.value - loss * part.worn) if loss else part.events


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return rows of length 1; one of nothing points along the first axis."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    first = np.eye(1, rows.shape[1])
    return np.where(length > 1e-9, rows / np.maximum(length, 1e-9), first).astype(np.float32)
