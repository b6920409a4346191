"""Learning from whole sessions: clipped policy gradients, or plain ones, as batches and an objective of the house's training loop."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from broadsheet.core.schema import Columns
from broadsheet.core.train import Stage
from broadsheet.plan.policy.acting import Actor
from broadsheet.plan.policy.choice import gaussian_log_prob
from broadsheet.plan.policy.config import PolicyConfig
from broadsheet.plan.policy.model import Heads, Policy, mean_vector
from broadsheet.plan.policy.rollout import Readers, Rollout, collect
from broadsheet.plan.policy.slates import Given, judged

ENVIRONMENT_STEPS, RETURN, LENGTH, ACTIONS, OUTSIDE = "environment_steps", "training_return", "training_length", "actions", "outside"
"""Figures of a rollout, in the record at the first step after it."""


class Minibatch(NamedTuple):
    """A part of a rollout: which sessions, and figures of the rollout where it is new."""

    rollout: Rollout
    sessions: Tensor
    figures: Mapping[str, float]


class Learner:
    """Batches and objective of a policy's training. A step of the loop is one minibatch; after `config.steps` of them whole sessions are played anew with the weights as they are.

    Nothing else passes from one rollout to the next, so a run that was stopped between two goes on bit for bit.
    """

    def __init__(self, config: PolicyConfig, actor: Actor, users: NDArray[np.int64], readers: Callable[[NDArray[np.int64], int], Readers]) -> None:
        self.config, self.actor, self.users = config, actor, users
        self.readers = readers(users, config.sessions)
        self._rollout: Rollout | None = None
        self._orders: list[Tensor] = []

    def batches(self, stage: Stage, step: int, rng: np.random.Generator) -> Minibatch:
        """Return the minibatch of a step. Raises RuntimeError where training goes on in the middle of a rollout, which no checkpoint holds."""
        del stage
        turn, figures = step % self.config.steps, {}
        if turn == 0:
            users = np.concatenate([rng.permutation(self.users) for _ in range(-(-self.config.sessions // len(self.users)))])[: self.config.sessions]
            self._rollout = collect(self.actor, self.readers, users, rng, self.config)
            self._orders = [torch.from_numpy(rng.permutation(len(users))) for _ in range(self.config.epochs)]
            figures = self._figures(self._rollout)
        if self._rollout is None:
            raise RuntimeError(f"step {step} is in the middle of a rollout")
        epoch, part = divmod(turn, self.config.minibatches)
        return Minibatch(self._rollout, self._orders[epoch].chunk(self.config.minibatches)[part], figures)

    def objective(self, model: Policy, batch: Minibatch) -> Mapping[str, float]:
        """Leave the gradients of a minibatch in the parameters; return its figures."""
        rollout, config = batch.rollout, self.config
        played = rollout.live[batch.sessions]
        inner = played.flatten().nonzero().squeeze(1)
        outer = (batch.sessions[:, None] * played.shape[1] + torch.arange(played.shape[1])).flatten()[inner]
        heads = model(type(rollout.look)(*(part[batch.sessions] for part in rollout.look)), self.actor.candidates.vectors)
        log_prob, entropy = self._choices(model, rollout, heads, batch.sessions, inner, outer)
        advantage = rollout.advantage.flatten()[outer]
        ratio = torch.exp(log_prob - rollout.log_prob.flatten()[outer])
        gain = advantage * log_prob if config.method == "a2c" else torch.minimum(ratio * advantage, ratio.clamp(1 - config.clip, 1 + config.clip) * advantage)
        missed = (heads.worth.flatten()[inner] - rollout.target.flatten()[outer]) / (model.shape.horizon / 4)
        loss = -gain.mean() + config.value * missed.square().mean() - config.entropy * entropy.mean()
        loss.backward()
        clipped = float(((ratio.detach() - 1).abs() > config.clip).float().mean())
        told = {"value_loss": float(missed.detach().square().mean()), "entropy": float(entropy.detach().mean()), "clipped": clipped}
        return {Columns.LOSS: float(loss.detach()), **told, **batch.figures}

    def _choices(self, model: Policy, rollout: Rollout, heads: Heads, sessions: Tensor, inner: Tensor, outer: Tensor) -> tuple[Tensor, Tensor]:
        """Return log-probabilities and entropies of what was drawn in the rounds that were played `[L]`."""
        if rollout.drawn is not None:
            mean, factor = mean_vector(heads).flatten(0, 1)[inner], model.covariance_factor
            log_prob = gaussian_log_prob(rollout.drawn.flatten(0, 1)[outer], mean, factor)
            return log_prob, factor.diagonal().log().sum().expand(len(inner))
        known, tier = rollout.known.flatten(0, 1)[outer], rollout.tier.flatten(0, 1)[outer]
        scores = self._products(rollout, heads.vector, sessions, inner, outer) + (known @ heads.feature.flatten(0, 1)[inner][..., None]).squeeze(-1)
        rounds = rollout.live.shape[1]
        rows = rollout.rows[outer // rounds] if rollout.rows.dim() == 2 else rollout.rows.flatten(0, 1)[outer]
        beside = heads.beside.flatten()[inner]
        return judged(scores, beside, Given(rows, tier, self.actor.overlap), rollout.chosen.flatten(0, 1)[outer])

    def _products(self, rollout: Rollout, weights: Tensor, sessions: Tensor, inner: Tensor, outer: Tensor) -> Tensor:
        """Return the products of weights `[b, T, d]` with the vectors of candidates, in the rounds that were played `[L, N]`."""
        vectors = self.actor.candidates.vectors
        if rollout.rows.dim() == 2:
            return torch.bmm(weights, vectors[rollout.rows[sessions]].transpose(1, 2)).flatten(0, 1)[inner]
        return (weights.flatten(0, 1)[inner] @ vectors.T).gather(1, rollout.rows.flatten(0, 1)[outer])

    def _figures(self, rollout: Rollout) -> dict[str, float]:
        facts = self.actor.facts()
        return {
            ENVIRONMENT_STEPS: float(rollout.live.sum()),
            RETURN: float(rollout.rewards.sum(axis=1).mean()),
            LENGTH: float(rollout.live.sum(dim=1).float().mean()),
            ACTIONS: float(facts["actions"]),
            OUTSIDE: float(facts["outside"]),
        }
