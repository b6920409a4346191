"""The policy's network: states of sessions, weights of candidates, and what a session is still worth."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from broadsheet.core.seeds import generator
from broadsheet.plan.policy.candidates import FEATURES
from broadsheet.plan.policy.config import PolicyConfig
from broadsheet.plan.policy.networks import Attentive, Look, Network, Recurrent

PROFILE = 3
"""What is known of a user before the session: the mean chance of liking the best slate, the best 32, and the whole shortlist."""
START = {"sense": (2.0, -2.0, 0.0, -8.0, 1.0), "scores": (2.0, 0.0, 0.0, 0.0, 0.0)}
"""Weights before training, of the features and of likeness to what stands on the slate already. Those of sense were set by hand, by what did well with validation users of made data."""
SMALL = 0.01
STRIDE = 8.0
"""Weights of features are so many times what the network says: they have far to go, and Adam's steps are all of a size."""


class Shape(NamedTuple):
    """What a policy fits: the length of item vectors, categories, items a slate, rounds a session."""

    vectors: int
    categories: int
    slate: int
    horizon: int

    @property
    def summary(self) -> int:
        """The length of what is said of a round: two mean vectors, two shares by category, the share liked, the round, the profile."""
        return 2 * self.vectors + 2 * self.categories + 2 + PROFILE


class Heads(NamedTuple):
    """What a state `[..., H]` gives: weights of item vectors `[..., d]`, of features `[..., 4]`, of likeness to what stands on the slate `[...]`, the worth `[...]` in rewards."""

    vector: Tensor
    feature: Tensor
    beside: Tensor
    worth: Tensor


class Policy(nn.Module):
    """Scores candidates by `w(h) · vector + theta(h) · features`, less `beside(h)` times their likeness to what stands on the slate, and values the session, from one state `h`."""

    def __init__(self, config: PolicyConfig, shape: Shape, seed: int = 0) -> None:
        super().__init__()
        self.config, self.shape = config, shape
        width, outputs = config.width, shape.vectors + FEATURES + 1
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(generator(seed, "plan", "policy").integers(2**62)))
            self.network: Network = _network(config, shape)
            picks, worth = nn.Linear(width, outputs), nn.Linear(width, 1)
            self.actor = nn.Sequential(nn.Linear(width, width), nn.Tanh(), picks)
            self.critic = nn.Sequential(nn.Linear(width, width), nn.Tanh(), worth)
        with torch.no_grad():
            for head in (picks, worth):
                head.weight.mul_(SMALL)
                head.bias.zero_()
            picks.bias[shape.vectors :] = torch.tensor(START[config.start]) / STRIDE
        if config.choice == "gaussian":
            self.factor = nn.Parameter(config.spread * torch.eye(shape.vectors + 1))

    @property
    def covariance_factor(self) -> Tensor:
        """The lower Cholesky factor of the covariance of drawn vectors `[d + 1, d + 1]`, its diagonal above zero."""
        lower = self.factor.tril(-1)
        return lower + torch.diag(self.factor.diagonal().abs() + 1e-4)

    def heads(self, states: Tensor) -> Heads:
        """Return what states give."""
        out, width = self.actor(states), self.shape.vectors
        known = STRIDE * out[..., width:]
        return Heads(out[..., :width], known[..., :FEATURES], known[..., FEATURES], self.critic(states).squeeze(-1) * (self.shape.horizon / 4))

    def forward(self, looks: Look, vectors: Tensor) -> Heads:
        """Return what all rounds `[B, T]` of sessions give."""
        return self.heads(self.network.forward(looks, vectors))


def mean_vector(heads: Heads) -> Tensor:
    """Return the mean of the Gaussian over scoring vectors `[..., d + 1]`: the last weighs the model's logit."""
    return torch.cat([heads.vector, heads.feature[..., :1]], dim=-1)


def _network(config: PolicyConfig, shape: Shape) -> Recurrent | Attentive:
    if config.network == "transformer":
        return Attentive(shape.summary, config.width, shape.vectors, horizon=shape.horizon)
    return Recurrent(shape.summary, config.width)
