"""A policy at work: what it remembers of sessions side by side, and how a round becomes slates."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from broadsheet.plan.material import Material
from broadsheet.plan.planning import Planning
from broadsheet.plan.policy.candidates import Candidates, Shelf, features
from broadsheet.plan.policy.choice import Tier, best, gaussian_log_prob
from broadsheet.plan.policy.model import Heads, Policy, mean_vector
from broadsheet.plan.policy.networks import Look
from broadsheet.plan.policy.slates import Given, Overlap, pick, slot_log_probs
from broadsheet.plan.session import Observation, Sessions

NEAR = 32
"""How many of a shortlist its second figure in a profile is of."""


class Acted(NamedTuple):
    """A round of sessions `[B]`: slates `[B, k]`, and what it takes to learn from them.

    `known` `[B, N, 4]` and `tier` `[B, N]` are of the candidates `rows` `[B, N]`, `chosen` `[B, k]` are places among them, `drawn` the scoring vectors where a Gaussian drew them,
    `log_prob` `[B]` of what was drawn, `worth` `[B]` of the session before the round; `scores` `[B, N]` weigh the candidates, less `beside` `[B]` times what a slate
    has of their like.
    """

    slates: NDArray[np.int64]
    live: NDArray[np.bool_]
    look: Look
    rows: NDArray[np.int64]
    known: Tensor
    tier: Tensor
    chosen: Tensor
    drawn: Tensor | None
    log_prob: Tensor
    worth: Tensor
    scores: Tensor
    beside: Tensor


class Actor:
    """Plays sessions by a policy, within the plans of a `Planning` where there is one."""

    def __init__(self, material: Material, model: Policy, planning: Planning | None = None) -> None:
        self.material, self.model, self.planning = material, model, planning
        self.slate, self.horizon = model.shape.slate, model.shape.horizon
        self.candidates, self.overlap = Candidates(material), Overlap(material.items)
        categories, shares = material.items.listed
        self._categories, self._shares = torch.from_numpy(categories.astype(np.int64)), torch.from_numpy(shares)
        self._counts: Counter[str] = Counter()

    def begin(self, count: int, seed: int) -> None:
        """Forget all sessions and all counts; `count` new ones begin."""
        self.sessions = Sessions(self.material.items, count, self.slate)
        self._memory = self.model.network.begin(count, self.horizon)
        self._step = np.full(count, -1, dtype=np.int32)
        self._profile = torch.zeros(count, 3)
        self._held: tuple[Shelf, Tensor] | None = None
        self._counts.clear()
        if self.planning is not None:
            self.planning.begin(count, seed)

    @torch.no_grad()
    def act(self, observation: Observation, draw: np.random.Generator | None = None) -> Acted:
        """Return the slates of a round: drawn by chance, or the best where `draw` is None. A session whose round did not move on is over, and is shown nothing."""
        step = observation["step"]
        live = (step < self.horizon) & ((step == 0) | (step != self._step))
        look, heads = self._seen(observation)
        shelf, products = self._weighed(observation)
        known, tier = features(shelf, self.sessions), self._tiers(observation, shelf)
        if self.model.config.choice == "gaussian":
            drawn, scores, log_prob = self._vectors(heads, shelf, products, draw)
            chosen = best(scores, tier, self.slate)
        else:
            scores = products(heads.vector) + (known @ heads.feature[..., None]).squeeze(-1)
            drawn, (chosen, log_prob) = None, self._picked(scores, heads.beside, shelf, tier, live, draw)
        picked = chosen.numpy()
        slates = np.where((picked >= 0) & live[:, None], np.take_along_axis(shelf.rows, np.maximum(picked, 0), axis=1), -1)
        self._count(live, tier, chosen)
        return Acted(slates, live, look, shelf.rows, known, tier, chosen, drawn, log_prob, heads.worth, scores, heads.beside)

    @torch.no_grad()
    def slot_chances(self, acted: Acted) -> NDArray[np.float64] | None:
        """Return the chance that each slot of drawn slates `[B, k]` had to hold what it holds, given the slots before it; None where vectors were drawn and not slates."""
        if acted.drawn is not None:
            return None
        given = Given(torch.from_numpy(np.maximum(acted.rows, 0)), acted.tier, self.overlap)
        return np.exp(slot_log_probs(acted.scores, acted.beside, given, acted.chosen).numpy().astype(np.float64))

    @torch.no_grad()
    def worth(self, observation: Observation) -> Tensor:
        """Return what sessions `[B]` are still worth after an observation; to be called in place of `act`."""
        return self._seen(observation)[1].worth

    def facts(self) -> Mapping[str, Any]:
        """Return what was counted since `begin`: candidates a round, slots filled from outside the plan, slots left empty, and the plans."""
        rounds = max(1, self._counts["rounds"])
        found = {
            "rounds": self._counts["rounds"],
            "actions": self._counts["allowed"] / rounds,
            "outside": self._counts["outside"],
            "empty": self._counts["empty"],
        }
        return found if self.planning is None else {**found, "plans": dict(self.planning.facts())}

    def _seen(self, observation: Observation) -> tuple[Look, Heads]:
        """Take the observation in; return what was seen and what the new states give."""
        self.sessions.see(observation)
        step = observation["step"]
        fresh = np.flatnonzero(step == 0)
        if len(fresh):
            self._profile[torch.from_numpy(fresh)] = self._profiles(observation["user"][fresh])
        self._step = step.copy()
        look = self._look(step)
        states = self.model.network.step(self._memory, look, torch.from_numpy(step.astype(np.int64)), self.candidates.vectors)
        return look, self.model.heads(states)

    def _profiles(self, users: NDArray[np.int64]) -> Tensor:
        logits = np.take_along_axis(self.material.scores[users], self.material.shortlist[users].astype(np.int64), axis=1)
        chance = torch.sigmoid(torch.from_numpy(logits))
        return torch.stack([chance[:, :count].mean(dim=1) for count in (self.slate, NEAR, None)], dim=1)

    def _look(self, step: NDArray[np.int32]) -> Look:
        rows, liked = torch.from_numpy(self.sessions.slate.astype(np.int64)), torch.from_numpy(self.sessions.liked.astype(np.int64))
        at, there, pleased = rows.clamp(min=0), (rows >= 0).float() / self.slate, (liked > 0).float() / self.slate
        vectors = self.candidates.vectors[at]
        last = torch.from_numpy(self.sessions.last)
        shares = torch.zeros_like(last).scatter_add_(1, self._categories[at].flatten(1), (self._shares[at] * pleased[..., None]).flatten(1))
        parts = [(there[:, None] @ vectors)[:, 0], (pleased[:, None] @ vectors)[:, 0], last, shares, pleased.sum(dim=1, keepdim=True)]
        return Look(torch.cat([*parts, torch.from_numpy(step / np.float32(self.horizon))[:, None].float(), self._profile], dim=1), rows, liked)

    def _weighed(self, observation: Observation) -> tuple[Shelf, "Products"]:
        """Return the candidates of a round, and how vectors are multiplied with theirs; what lasts a session is gathered once."""
        users, step = observation["user"], observation["step"]
        vectors = self.candidates.vectors
        if not self.candidates.lasting:
            shelf = self.candidates.shelf(users, step)
            return shelf, Products(None, vectors, torch.from_numpy(np.maximum(shelf.rows, 0)))
        fresh = step == 0
        if self._held is None or fresh.all():
            shelf = self.candidates.shelf(users, step)
            self._held = (shelf, vectors[torch.from_numpy(shelf.rows)])
        elif fresh.any():
            which = np.flatnonzero(fresh)
            new = self.candidates.shelf(users[which], step[which])
            held, gathered = self._held
            for old, put in zip((held.logits, held.categories, held.shares), (new.logits, new.categories, new.shares), strict=True):
                old[torch.from_numpy(which)] = put
            held.rows[which] = new.rows
            gathered[torch.from_numpy(which)] = vectors[torch.from_numpy(new.rows)]
        shelf, gathered = self._held
        return shelf, Products(gathered, vectors, None)

    def _tiers(self, observation: Observation, shelf: Shelf) -> Tensor:
        tier = np.full(shelf.rows.shape, Tier.PLAN, dtype=np.int8)
        if self.planning is not None:
            tier[~self.planning.mask(observation, self.sessions, shelf.rows)] = Tier.OUTSIDE
        if not self.candidates.lasting:
            tier[shelf.rows < 0] = Tier.NEVER
        return torch.from_numpy(tier)

    def _picked(
        self, scores: Tensor, beside: Tensor, shelf: Shelf, tier: Tensor, live: NDArray[np.bool_], draw: np.random.Generator | None
    ) -> tuple[Tensor, Tensor]:
        """Pick slates for the sessions that are not over; return places of candidates and log-probabilities."""
        uniform = None if draw is None else torch.from_numpy(draw.random((len(scores), self.slate), dtype=np.float32))
        rows = torch.from_numpy(np.maximum(shelf.rows, 0))
        if live.all():
            return pick(scores, beside, Given(rows, tier, self.overlap), self.slate, uniform)
        which = torch.from_numpy(np.flatnonzero(live))
        found = pick(scores[which], beside[which], Given(rows[which], tier[which], self.overlap), self.slate, None if uniform is None else uniform[which])
        chosen, log_prob = torch.full((len(scores), self.slate), -1), torch.zeros(len(scores))
        chosen[which], log_prob[which] = found
        return chosen, log_prob

    def _vectors(self, heads: Heads, shelf: Shelf, products: "Products", draw: np.random.Generator | None) -> tuple[Tensor, Tensor, Tensor]:
        """Draw scoring vectors; return them, the scores they give, and the log-density."""
        mean, factor = mean_vector(heads), self.model.covariance_factor
        if draw is None:
            drawn, log_prob = mean, torch.zeros(len(mean))
        else:
            drawn = mean + torch.from_numpy(draw.standard_normal(mean.shape, dtype=np.float32)) @ factor.T
            log_prob = gaussian_log_prob(drawn, mean, factor)
        return drawn, products(drawn[..., :-1]) + drawn[..., -1:] * shelf.logits, log_prob

    def _count(self, live: NDArray[np.bool_], tier: Tensor, chosen: Tensor) -> None:
        there = torch.from_numpy(live)
        picked = tier.gather(1, chosen.clamp(min=0))
        self._counts["rounds"] += int(live.sum())
        self._counts["allowed"] += int(((tier == Tier.PLAN) & there[:, None]).sum())
        self._counts["outside"] += int(((picked == Tier.OUTSIDE) & (chosen >= 0) & there[:, None]).sum())
        self._counts["empty"] += int(((chosen < 0) & there[:, None]).sum())


class Products(NamedTuple):
    """Products of vectors `[B, d]` with those of candidates `[B, N]`: of vectors gathered `[B, N, d]`, or of all items at the candidates' rows."""

    gathered: Tensor | None
    vectors: Tensor
    rows: Tensor | None

    def __call__(self, weights: Tensor) -> Tensor:
        """Return the products `[B, N]`."""
        if self.gathered is not None:
            return torch.bmm(self.gathered, weights[..., None]).squeeze(-1)
        assert self.rows is not None
        return (weights @ self.vectors.T).gather(1, self.rows)
