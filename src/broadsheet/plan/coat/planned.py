"""The agent that plans Coat's sessions: likings from training, ratings seen on the way, and a search under its rule of leaving."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from broadsheet.plan.coat.belief import Belief
from broadsheet.plan.coat.likings import Likings, Ratings
from broadsheet.plan.coat.rule import Proved, Rule
from broadsheet.plan.coat.search import WIDTH, Width, next_picks
from broadsheet.plan.session import Observation

SPARE = 2
"""Items beyond a loop's that are thought of as good enough for it: some will be barred."""


class Planned:
    """Picks what begins the best sequence of the rounds left, anew every round.

    With `sees` the ratings that come back in a session change what is believed of its user, and an item of which little is known is worth more while it can
    come again. Without, likings stay as training left them. Nothing passes from one session to another.
    """

    def __init__(self, name: str, likings: Likings, ratings: Ratings, rule: Rule, *, sees: bool = True, width: Width = WIDTH) -> None:
        self.name, self.likings, self.ratings, self.rule, self.sees, self.width = name, likings, ratings, rule, sees, width

    def begin(self, count: int, seed: int) -> None:  # noqa: ARG002
        """Forget all sessions."""
        self._step = np.full(count, -1, dtype=np.int32)
        self._pick = np.zeros(count, dtype=np.int64)
        self._belief: Belief | None = None
        self._mean: NDArray[np.float64] | None = None
        self._proved: Proved | None = None

    def act(self, observation: Observation) -> NDArray[np.int64]:
        """Return the next item of each session `[B, 1]`; of one that has not moved since, which is over, the same again."""
        step = observation["step"]
        if self._mean is None:
            self._belief = Belief(self.likings, self.ratings, observation["user"]) if self.sees else None
            self._mean = self._belief.mean if self._belief else self.likings.mean[observation["user"]]
            self._proved = Proved(len(step), len(self.rule.near), self.rule.window) if self.rule.risk else None
        moved = np.flatnonzero((step != self._step) & (step < self.rule.turns))
        for at in np.unique(step[moved]).tolist():
            self._pick[moved[step[moved] == at]] = self._picked(self._mean, moved[step[moved] == at], observation, at)
        self._step = step.copy()
        return self._pick[:, None].copy()

    def facts(self) -> Mapping[str, Any]:
        """Return what was fitted."""
        return {"held_out_mse": self.likings.held_out, "variances": dict(self.likings.variances)}

    def _picked(self, means: NDArray[np.float64], rows: NDArray[np.int64], observation: Observation, at: int) -> NDArray[np.int64]:
        shown = observation["shown"][rows, :at, 0].astype(np.int64)
        if at and self._belief:
            self._belief.see(rows, shown[:, -1], observation["reward"][rows, at - 1])
        if at and self._proved:
            self._proved.see(rows, shown)
        had = np.zeros((len(rows), means.shape[1]), dtype=bool)
        had[np.arange(len(rows))[:, None], shown] = True
        mean = means[rows]
        surprise = expected_surprise(mean, self._belief.deviation[rows], self.rule.window + 1 + SPARE) if self._belief else np.zeros_like(mean)
        proved = self._proved.pairs[rows] if self._proved else None
        return next_picks(self.rule, shown, mean, surprise, had, proved, self.width)


def expected_surprise(mean: NDArray[np.float64], deviation: NDArray[np.float64], places: int) -> NDArray[np.float64]:
    """Return how much knowing an item's worth adds `[B, I]` where the alternative is the best but `places`: E[max(X, c)] - max(E[X], c) of a normal X.

    >>> expected_surprise(np.array([[2.0, 0.0]]), np.array([[0.0, 1.0]]), 1).round(3).tolist()
    [[0.0, 0.008]]
    """
    rest = np.sort(mean, axis=1)[:, -min(places, mean.shape[1])][:, None]
    ahead = (mean - rest) / np.maximum(deviation, 1e-9)
    return deviation * (norm.pdf(ahead) + ahead * norm.cdf(ahead)) - np.maximum(mean - rest, 0)
