"""Whole sessions played by a policy, kept as it takes to learn from them."""

from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from broadsheet.plan.policy.acting import Acted, Actor
from broadsheet.plan.policy.config import PolicyConfig
from broadsheet.plan.policy.gae import advantages
from broadsheet.plan.policy.networks import Look
from broadsheet.plan.session import Observation


class Readers(Protocol):
    """Sessions of readers side by side, of whatever environment; one that has ended gives nothing until the next reset."""

    num_envs: int

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, dict[str, Any]]:
        """Begin all sessions: `options` states `users` and `streams`, a row each."""
        ...

    def step(self, actions: NDArray[np.int64]) -> tuple[Observation, NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Show slates; return observation, rewards, whether readers left, whether sessions came to the horizon."""
        ...


class Rollout(NamedTuple):
    """Sessions `[B]` of `[T]` rounds. `rows` are `[B, N]` where candidates last a session, else `[B, T, N]`; the others as in `Acted`, all rounds together."""

    look: Look
    rows: Tensor
    known: Tensor
    tier: Tensor
    chosen: Tensor
    drawn: Tensor | None
    log_prob: Tensor
    advantage: Tensor
    target: Tensor
    live: Tensor
    rewards: NDArray[np.float32]


class Played(NamedTuple):
    """Sums of rewards and numbers of rounds of sessions `[B]`."""

    returns: NDArray[np.float32]
    lengths: NDArray[np.int64]


def collect(actor: Actor, readers: Readers, users: NDArray[np.int64], draw: np.random.Generator, config: PolicyConfig) -> Rollout:
    """Play a session with each of the users `[B]`, slates drawn by chance; what a rollout is follows from the weights and `draw`."""
    count, horizon = len(users), actor.horizon
    actor.begin(count, int(draw.integers(2**31)))
    seen, _ = readers.reset(seed=int(draw.integers(2**31)), options={"users": users})
    live = np.ones(count, dtype=bool)
    rewards, shaped = np.zeros((count, horizon), dtype=np.float32), np.zeros((count, horizon), dtype=np.float32)
    values, alive, left = np.zeros((count, horizon + 1), dtype=np.float32), np.zeros((count, horizon), dtype=bool), np.zeros((count, horizon), dtype=bool)
    rounds: list[Acted] = []
    for at in range(horizon):
        acted = actor.act(seen, draw)
        rounds.append(acted)
        values[:, at], alive[:, at] = acted.worth.numpy(), live
        seen, rewards[:, at], terminated, truncated, _ = readers.step(acted.slates)
        rewards[~live, at] = 0
        left[:, at] = terminated & live
        shaped[:, at] = rewards[:, at] - _penalty(actor, acted, config)
        live = live & ~terminated & ~truncated
        if not live.any():
            break
    values[:, len(rounds)] = actor.worth(seen).numpy()
    gained = advantages(shaped, values, alive, left, config.discount, config.trace)
    played = len(rounds)
    target = torch.from_numpy(gained + values[:, :-1])[:, :played]
    flat = torch.from_numpy(_normalised(gained, alive))[:, :played]
    return _stacked(rounds, flat, target, torch.from_numpy(alive[:, :played].copy()), rewards, lasting=actor.candidates.lasting)


def play(actor: Actor, readers: Readers, users: NDArray[np.int64], streams: NDArray[np.int64], seed: int) -> Played:
    """Play a session with each of the users `[B]`, always the best slate."""
    actor.begin(len(users), seed)
    seen, _ = readers.reset(seed=seed, options={"users": users, "streams": streams})
    live = np.ones(len(users), dtype=bool)
    returns, lengths = np.zeros(len(users), dtype=np.float32), np.zeros(len(users), dtype=np.int64)
    for _ in range(actor.horizon):
        seen, rewards, terminated, truncated, _ = readers.step(actor.act(seen).slates)
        returns += np.where(live, rewards, 0)
        lengths += live
        live = live & ~terminated & ~truncated
        if not live.any():
            break
    return Played(returns, lengths)


def _penalty(actor: Actor, acted: Acted, config: PolicyConfig) -> NDArray[np.float32] | float:
    """Return what training takes from the reward of a round `[B]`."""
    if config.penalty == "none":
        return 0.0
    if config.penalty == "exposure":
        recent = acted.known[..., 1].gather(1, acted.chosen.clamp(min=0)) * (acted.chosen >= 0)
        return np.float32(config.penalty_weight) * recent.mean(dim=1).numpy()
    slate = actor.material.items.weights[np.maximum(acted.slates, 0)] * (acted.slates >= 0)[..., None]
    total = actor.sessions.exposed + slate.sum(axis=1) / actor.slate
    share = total / np.maximum(total.sum(axis=1, keepdims=True), 1e-6)
    even = -(share * np.log(np.maximum(share, 1e-12))).sum(axis=1) / np.log(max(2, share.shape[1]))
    return np.float32(config.penalty_weight) * (1 - even)


def _normalised(values: NDArray[np.float32], live: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return values of mean 0 and deviation 1 over the rounds that were played, 0 elsewhere."""
    held = values[live].astype(np.float64)
    return np.where(live, (values - held.mean()) / (held.std() + 1e-8), 0).astype(np.float32)


def _stacked(rounds: list[Acted], advantage: Tensor, target: Tensor, live: Tensor, rewards: NDArray[np.float32], *, lasting: bool) -> Rollout:
    look = Look(*(torch.stack([getattr(acted.look, name) for acted in rounds], dim=1) for name in Look._fields))
    known, tier, chosen, log_prob = (torch.stack([getattr(acted, name) for acted in rounds], dim=1) for name in ("known", "tier", "chosen", "log_prob"))
    drawn = [acted.drawn for acted in rounds if acted.drawn is not None]
    rows = torch.from_numpy(np.maximum(rounds[0].rows if lasting else np.stack([acted.rows for acted in rounds], axis=1), 0))
    return Rollout(look, rows, known, tier, chosen, torch.stack(drawn, dim=1) if drawn else None, log_prob, advantage, target, live, rewards)
