"""The truth of likings where there are logs: neighbours and boosted trees, fitted on interactions that no agent sees."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.artifacts import arrays_hash
from broadsheet.core.errors import RecordError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator
from broadsheet.plan.calibration import log_loss, logistic
from broadsheet.plan.environment.neighbours import NAMES, columns, said_by
from broadsheet.plan.events import Events

FOLDS = 5
LEAST = 200
"""Events that a truth is fitted on."""
FARTHEST = 4.0
"""No liking is surer than this, in logits: chances from .018 to .982."""
KEPT = 0.1
"""Share of the events that calibrates, and share that only measures."""
TREES = 40
BLOCK = 2**21
"""Pairs of a user and an item whose columns are held at once."""


class FittedTruth(NamedTuple):
    """Logits of liking `[U, I]`, the events that the fit did not see and that nothing was chosen by, and facts for manifests."""

    logits: NDArray[np.float32]
    held_out: Events
    facts: dict[str, Any]


class _Learnt(NamedTuple):
    line: NDArray[np.float64]
    trees: Any

    def logits(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        return self.line[0] + rows @ self.line[1:] + self.trees.predict(rows)


def fit_truth(events: Events, shares: NDArray[np.float32], users: int, seed: int = 0, progress: Progress = silent) -> FittedTruth:
    """Fit the liking of every item by every user on `events`, of which a tenth calibrates and a tenth only measures.

    Statistics of users, items and categories, and each user's kernel regression over like items, are the columns of a logistic regression, whose errors boosted
    trees then learn (a Newton step of boosting: Friedman, Hastie and Tibshirani, 2000, section 4; trees of scikit-learn). The columns of an event that is
    learnt from are reckoned without its fold of five, so that no event explains itself. `shares` `[I, C]` are items' categories. Raises RecordError for too few events,
    and where those that calibrate are told worse than by chance.
    """
    if len(events.user) < LEAST or not 0 < events.liked.mean() < 1:
        raise RecordError(f"{len(events.user)} events are too few for a truth, or all end alike.", f"Give {LEAST} or more, some liked and some not.")
    part = generator(seed, "plan", "truth", "parts").permutation(len(events.user)) / len(events.user)
    events = events.sorted()
    fitted, calibrating, held_out = events.where(part >= 2 * KEPT), events.where(part < KEPT), events.where((part >= KEPT) & (part < 2 * KEPT))
    learnt = _learnt(_folded(fitted, shares, users, seed, progress), fitted.liked, seed)
    said = said_by(fitted, shares, users)
    raw = np.empty((users, len(shares)), dtype=np.float32)
    step = max(1, BLOCK // len(shares))
    for begin in range(0, users, step):
        rows = np.arange(begin, min(begin + step, users))
        raw[rows] = learnt.logits(columns(said, shares, fitted, rows).reshape(-1, len(NAMES))).reshape(len(rows), -1)
        progress("truth", int(rows[-1]) + 1, users)
    line = logistic(raw[calibrating.user, calibrating.item].astype(np.float64)[:, None], calibrating.liked)
    if line[1] <= 0:
        # What is turned round would be a truth in which everybody dislikes what they liked.
        raise RecordError(f"{len(events.user)} events do not tell what is liked better than chance.", "Give more events.")
    logits = np.clip(line[0] + line[1] * raw, -FARTHEST, FARTHEST).astype(np.float32)
    facts = {
        "family": "kernel regression over neighbours and boosted trees",
        "events": {"fitted": len(fitted.user), "calibrating": len(calibrating.user), "held out": len(held_out.user)},
        "data": events.content_hash(),
        "fit": arrays_hash({"logits": logits}),
        "held_out_log_loss": log_loss(logits[held_out.user, held_out.item].astype(np.float64), held_out.liked),
    }
    return FittedTruth(logits, held_out, facts)


def _folded(events: Events, shares: NDArray[np.float32], users: int, seed: int, progress: Progress) -> NDArray[np.float32]:
    """Return the columns of events `[N, K]`, each reckoned from the other folds."""
    fold = generator(seed, "plan", "truth", "folds").permutation(np.arange(len(events.user)) % FOLDS)
    found = np.empty((len(events.user), len(NAMES)), dtype=np.float32)
    for number in range(FOLDS):
        others = events.where(fold != number)
        said = said_by(others, shares, users)
        here = np.flatnonzero(fold == number)
        step = max(1, BLOCK // len(shares))
        for begin in range(0, users, step):
            mine = here[(events.user[here] >= begin) & (events.user[here] < begin + step)]
            if len(mine):
                rows, place = np.unique(events.user[mine], return_inverse=True)
                found[mine] = columns(said, shares, others, rows)[place, events.item[mine]]
        progress("folds", number + 1, FOLDS)
    return found


def _learnt(rows: NDArray[np.float32], liked: NDArray[np.int8], seed: int) -> _Learnt:
    from sklearn.ensemble import HistGradientBoostingRegressor

    line = logistic(rows.astype(np.float64), liked)
    chance = 1 / (1 + np.exp(-(line[0] + rows @ line[1:])))
    weight = chance * (1 - chance)
    trees = HistGradientBoostingRegressor(
        learning_rate=0.08, max_iter=TREES, max_leaf_nodes=15, min_samples_leaf=40, l2_regularization=5.0, early_stopping=False, random_state=seed
    )
    return _Learnt(line, trees.fit(rows, (liked - chance) / weight, sample_weight=weight))
