"""Bandits over items that learn within a session: epsilon-greedy, LinUCB, linear Thompson sampling."""

from abc import abstractmethod
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.special import expit

from broadsheet.core.config import Config
from broadsheet.plan.agents.filling import Floats, RuleAgent, fill
from broadsheet.plan.material import Material
from broadsheet.plan.session import Observation

FEATURES = 16
"""Directions of the items' vectors that a session's model has weights for."""


class EpsilonConfig(Config):
    """`epsilon`: the chance that a place of a slate is filled at random from the candidates."""

    epsilon: Annotated[float, Field(ge=0, le=1)] = 0.1


class LinearConfig(Config):
    """`width` of the bound, or of the law that is drawn from, in deviations of `noise`; `ridge` holds the weights to zero."""

    width: Annotated[float, Field(ge=0)] = 0.5
    noise: Annotated[float, Field(gt=0)] = 0.5
    ridge: Annotated[float, Field(gt=0)] = 5.0


class EpsilonGreedy(RuleAgent):
    """Greedy by the model's score, but now and then a candidate at random."""

    name = "epsilon-greedy"

    def __init__(self, material: Material, slate: int, horizon: int, config: EpsilonConfig | None = None) -> None:
        self.config = config or EpsilonConfig()
        super().__init__(material, slate, horizon)

    def choose(self, observation: Observation) -> NDArray[np.int64]:
        """Return slates `[B, k]`."""
        candidates = self.candidates(observation)
        ranks = self.ranks(candidates)
        values = self.scores(observation, candidates)
        # A candidate that is drawn comes before all others; as many are drawn as places of the slate are.
        tries = self.rng.binomial(self.slate, self.config.epsilon, size=len(values))
        luck = np.where(ranks == ranks.max(axis=1, keepdims=True), self.rng.random(values.shape), -1)
        drawn = np.argsort(np.argsort(-luck, axis=1, kind="stable"), axis=1, kind="stable") < tries[:, None]
        return fill(np.where(drawn, values.max() + 1, values), ranks, candidates, self.slate)


class LinearBandit(RuleAgent):
    """What a session teaches beyond the model: a ridge regression of liked less expected on the items' vectors, renewed after every slate."""

    def __init__(self, material: Material, slate: int, horizon: int, config: LinearConfig | None = None) -> None:
        self.config = config or LinearConfig()
        vectors = material.items.vectors.astype(np.float64)
        # The principal directions of the items, signs as they come: a ridge does not see them.
        _, directions = np.linalg.eigh(vectors.T @ vectors)
        self.features = vectors @ directions[:, ::-1][:, :FEATURES]
        super().__init__(material, slate, horizon)

    def begin(self, count: int, seed: int) -> None:
        """Forget all sessions; `count` new ones begin."""
        super().begin(count, seed)
        width = self.features.shape[1]
        self.inverse, self.sums = np.zeros((count, width, width)), np.zeros((count, width))

    def choose(self, observation: Observation) -> NDArray[np.int64]:
        """Return slates `[B, k]`."""
        self._learn(observation)
        candidates = self.candidates(observation)
        chance = expit(self.scores(observation, candidates))
        return fill(chance + self.beyond(self.features[candidates]), self.ranks(candidates), candidates, self.slate)

    @abstractmethod
    def beyond(self, features: Floats) -> Floats:
        """Return what is added to the chances of candidates `[B, N]` with features `[B, N, d]`."""

    def mean(self) -> Floats:
        """Return the weights of sessions `[B, d]`."""
        return np.einsum("bde,be->bd", self.inverse, self.sums)

    def _learn(self, observation: Observation) -> None:
        fresh = observation["step"] == 0
        self.inverse[fresh], self.sums[fresh] = np.eye(self.features.shape[1]) / self.config.ridge, 0
        slate, liked = self.sessions.slate, self.sessions.liked
        for slot in range(self.slate):
            # Sherman and Morrison: one item more.
            there = (slate[:, slot] >= 0) & ~fresh
            at = np.maximum(slate[:, slot], 0)
            feature = self.features[at] * there[:, None]
            expected = expit(self.material.scores[observation["user"], at])
            turned = np.einsum("bde,be->bd", self.inverse, feature)
            self.inverse -= turned[:, :, None] * turned[:, None, :] / (1 + (turned * feature).sum(axis=1))[:, None, None]
            self.sums += feature * (liked[:, slot] - expected)[:, None]


class LinUCB(LinearBandit):
    """LinUCB (Li et al. 2010) with the model's chance as offset: candidates by an upper bound of what they please."""

    name = "linucb"

    def beyond(self, features: Floats) -> Floats:
        """Return the mean and the width of the bound."""
        spread = np.einsum("bnd,bde,bne->bn", features, self.inverse, features, optimize=True)
        return np.einsum("bnd,bd->bn", features, self.mean()) + self.config.width * self.config.noise * np.sqrt(np.maximum(spread, 0))


class LinearThompson(LinearBandit):
    """Linear Thompson sampling (Agrawal and Goyal 2013) with the model's chance as offset: weights are drawn once a slate."""

    name = "linear-thompson"

    def beyond(self, features: Floats) -> Floats:
        """Return what drawn weights say."""
        root = np.linalg.cholesky(self.inverse + 1e-9 * np.eye(features.shape[2]))
        drawn = self.mean() + self.config.width * self.config.noise * np.einsum("bde,be->bd", root, self.rng.normal(size=(len(root), features.shape[2])))
        return np.einsum("bnd,bd->bn", features, drawn)
