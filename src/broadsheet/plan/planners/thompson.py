"""A planner that tries categories by chance: as likely as each is the one that pleases."""

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.special import expit

from broadsheet.core.seeds import generator
from broadsheet.plan.material import Material, Split
from broadsheet.plan.planners.rules import NEVER, Held, RuleConfig, by_rule, highest, liking
from broadsheet.plan.protocols import Plans, PlanState

SMOOTHING = 20.0
"""Events of a cluster's history that its users' mean liking counts as."""


class ThompsonConfig(RuleConfig):
    """`keep` categories; the prior weighs as `prior` items shown, and its mean is the cluster's by `shared`, the rest the user's own affinity."""

    keep: Held = 4
    prior: Annotated[float, Field(gt=0)] = 6.0
    shared: Annotated[float, Field(ge=0, le=1)] = 0.3


class Thompson:
    """Thompson sampling over categories (Thompson 1933; Chapelle and Li 2011): one Beta law for each user and category, renewed by what pleased in the session.

    A user's cluster is the category that the agent's model expects the user to like most beyond what it expects of TRAIN users; a cluster's
    liking of a category is that of its TRAIN users' histories.
    """

    name = "thompson"

    def __init__(self, material: Material, slate: int, config: ThompsonConfig | None = None) -> None:
        self.config, self.slate = config or ThompsonConfig(), slate
        self._cluster, self._rates = clusters(material)
        self.begin(0, 0)

    def begin(self, count: int, seed: int) -> None:
        """Begin the draws of `seed` anew; what a session taught is in its state."""
        del count
        self._rng = generator(seed, "plan", "planner", self.name)

    def plan(self, state: PlanState, due: NDArray[np.bool_]) -> Plans:
        """Return plans of the `keep` categories whose drawn chances are highest."""
        settings, which = self.config, np.flatnonzero(due)
        mean = (1 - settings.shared) * expit(liking(state)[which]) + settings.shared * self._rates[self._cluster[state.user[which]]]
        pleased = self.slate * state.pleased[which]
        missed = self.slate * np.maximum(state.exposed[which] - state.pleased[which], 0)
        mean = np.clip(mean, 1e-3, 1 - 1e-3)
        drawn = self._rng.beta(settings.prior * mean + pleased, settings.prior * (1 - mean) + missed)
        allowed = np.zeros(state.available.shape, dtype=bool)
        available = state.available[which]
        allowed[which] = highest(np.where(available, drawn, NEVER), settings.keep) & available
        return by_rule(allowed, settings.ttl)

    def counts(self) -> Mapping[str, float]:
        """Return nothing: nothing is counted."""
        return {}


def clusters(material: Material) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return each user's cluster `[U]`, and how often what a cluster's TRAIN users met of a category was liked `[C, C]`."""
    weights = material.items.weights.astype(np.float64)
    train = material.split == Split.TRAIN
    taste = material.scores @ weights / np.maximum(weights.sum(axis=0), 1e-9)
    usual = taste[train].mean(axis=0) if train.any() else taste.mean(axis=0)
    beyond = taste - usual
    cluster = (beyond - beyond.mean(axis=1, keepdims=True)).argmax(axis=1)
    user = np.repeat(np.arange(len(material.users)), material.histories.lengths)
    kept = train[user]
    events, liked, of = material.histories.values[kept], material.liked[kept].astype(np.float64), cluster[user[kept]]
    count = weights.shape[1]
    met, likes = np.zeros((count, count)), np.zeros((count, count))
    np.add.at(met, of, weights[events])
    np.add.at(likes, of, weights[events] * liked[:, None])
    overall = liked.mean() if len(liked) else 0.5
    return cluster, (likes + SMOOTHING * overall) / (met + SMOOTHING)
