"""Agents that score a user's candidates: at random, as the model says, with variety, calibrated, less what wears off."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.special import expit

from broadsheet.core.config import Config
from broadsheet.plan.agents.filling import Floats, RuleAgent, fill, fill_in_turn, less_worn
from broadsheet.plan.laws import SESSION
from broadsheet.plan.material import Material
from broadsheet.plan.session import Observation

Share = Annotated[float, Field(ge=0, le=1)]


class NothingConfig(Config):
    """No setting."""


class MMRConfig(Config):
    """`weight` of a candidate's score; the rest weighs its likeness to what stands on the slate and stood on the last one."""

    weight: Share = 0.7


class CalibratedConfig(Config):
    """`weight` of the calibration, as lambda in the paper; the history's distribution is smoothed by `smooth`."""

    weight: Share = 0.5
    smooth: Annotated[float, Field(gt=0, le=1)] = 0.01


class WornConfig(Config):
    """What the agent assumes of how liking wears off, in the units of the laws, whatever the environment does."""

    fatigue: Annotated[float, Field(ge=0)] = SESSION.fatigue
    beside: Annotated[float, Field(ge=0)] = SESSION.beside


class Greedy(RuleAgent):
    """The best by the agent's own model that were not shown yet."""

    name = "greedy"

    def choose(self, observation: Observation) -> NDArray[np.int64]:
        """Return slates `[B, k]`."""
        candidates = self.candidates(observation)
        return fill(self.scores(observation, candidates), self.ranks(candidates), candidates, self.slate)


class RandomItems(RuleAgent):
    """Items of the whole catalogue at random, none twice while there are others."""

    name = "random"

    def choose(self, observation: Observation) -> NDArray[np.int64]:
        """Return slates `[B, k]`."""
        candidates = np.broadcast_to(np.arange(len(self.material.items)), (len(observation["step"]), len(self.material.items)))
        return fill(self.rng.random(candidates.shape), self.ranks(candidates), candidates, self.slate)


class MMR(RuleAgent):
    """Maximal marginal relevance (Carbonell and Goldstein 1998): score against the greatest likeness to what stands on the slate or stood on the last one.

    Scores are brought to [0, 1] over a user's candidates; likeness is the cosine of the items' vectors.
    """

    name = "mmr"

    def __init__(self, material: Material, slate: int, horizon: int, config: MMRConfig | None = None) -> None:
        self.config = config or MMRConfig()
        super().__init__(material, slate, horizon)

    def choose(self, observation: Observation) -> NDArray[np.int64]:
        """Return slates `[B, k]`."""
        candidates, vectors = self.candidates(observation), self.material.items.vectors
        scores, held = self.scores(observation, candidates), vectors[candidates]
        low, high = scores.min(axis=1, keepdims=True), scores.max(axis=1, keepdims=True)
        relevance = self.config.weight * (scores - low) / np.maximum(high - low, 1e-9)
        last = self.sessions.slate
        likeness = np.einsum("bnd,bkd->bnk", held, vectors[np.maximum(last, 0)] * (last >= 0)[:, :, None]).max(axis=2, initial=0)

        def values(places: NDArray[np.int64]) -> Floats:
            nonlocal likeness
            if places.shape[1]:
                newest = np.take_along_axis(held, places[:, -1:, None], axis=1)
                likeness = np.maximum(likeness, np.einsum("bnd,bkd->bn", held, newest))
            return relevance - (1 - self.config.weight) * likeness

        return fill_in_turn(values, self.ranks(candidates), candidates, self.slate)


class Calibrated(RuleAgent):
    """Calibrated recommendation (Steck 2018) over a session: what was shown of late and the slate should be of the categories that the user's history is of.

    The history's categories are those of what was liked. Shown is the decayed exposure, so that categories take turns.
    """

    name = "calibrated"

    def __init__(self, material: Material, slate: int, horizon: int, config: CalibratedConfig | None = None) -> None:
        self.config = config or CalibratedConfig()
        weights, user = material.items.weights, np.repeat(np.arange(len(material.users)), material.histories.lengths)
        liked = np.zeros((len(material.users), weights.shape[1]))
        np.add.at(liked, user, weights[material.histories.values] * (material.liked > 0)[:, None])
        usual = np.maximum(liked.sum(axis=0), 1e-9)
        self.wanted = (liked + usual / usual.sum()) / (liked.sum(axis=1, keepdims=True) + 1)
        super().__init__(material, slate, horizon)

    def choose(self, observation: Observation) -> NDArray[np.int64]:
        """Return slates `[B, k]`."""
        candidates, settings = self.candidates(observation), self.config
        scores, wanted = self.scores(observation, candidates), self.wanted[observation["user"]]
        categories, shares = self.material.items.listed
        under, share = categories[candidates], shares[candidates].astype(np.float64)
        flat = under.reshape(len(under), -1)
        part = np.take_along_axis(wanted, flat, axis=1).reshape(under.shape)
        shown = self.sessions.recent.astype(np.float64)

        def values(places: NDArray[np.int64]) -> Floats:
            if places.shape[1]:
                newest = np.take_along_axis(candidates, places[:, -1:], axis=1)[:, 0]
                np.add(shown, self.material.items.weights[newest] / self.slate, out=shown)
            # How near log q comes to the history where an item is added: only the item's own categories change.
            total = shown.sum(axis=1)[:, None, None] + 1 / self.slate
            before = np.take_along_axis(shown, flat, axis=1).reshape(under.shape)
            smooth = settings.smooth * part
            after = np.log((1 - settings.smooth) * (before + share / self.slate) / total + smooth)
            gain = (part * (after - np.log((1 - settings.smooth) * before / total + smooth)) * (share > 0)).sum(axis=2)
            return (1 - settings.weight) * expit(scores) / self.slate + settings.weight * gain

        return fill_in_turn(values, self.ranks(candidates), candidates, self.slate)


class WornGreedy(RuleAgent):
    """The best by the model's score less an assumed fatigue times how worn an item's categories are: the strongest rule without a plan."""

    name = "worn"

    def __init__(self, material: Material, slate: int, horizon: int, config: WornConfig | None = None) -> None:
        self.config = config or WornConfig()
        super().__init__(material, slate, horizon)

    def choose(self, observation: Observation) -> NDArray[np.int64]:
        """Return slates `[B, k]`."""
        candidates, settings = self.candidates(observation), self.config
        scores, exposure = self.scores(observation, candidates), self.sessions.recent.astype(np.float64)
        values = less_worn(scores, candidates, self.material.items, exposure, settings.beside / self.slate, settings.fatigue)
        return fill_in_turn(values, self.ranks(candidates), candidates, self.slate)
