"""The same laws, one session after the other in plain Python, as the field's simulators are written: what a batch is faster than."""

from math import exp

import numpy as np

from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.environment.readers import LEAST


class LoopEnv:
    """Sessions of readers, each an object with lists and dictionaries; luck is a generator's, and whoever leaves is followed by the next user."""

    def __init__(self, pair: Pair, count: int, rng: np.random.Generator) -> None:
        items = pair.material.items
        wearing = items.weights @ pair.truth.kernel
        self.laws, self.slate, self.horizon, self.rng = pair.laws, pair.slate, pair.horizon, rng
        self.logits = pair.truth.logits.tolist()
        self.shares = [{int(c): float(row[c]) for c in np.flatnonzero(row)} for row in items.weights]
        self.wearing = [{int(c): float(row[c]) for c in np.flatnonzero(row > LEAST)} for row in wearing]
        spread = self.laws.spread
        self.own = np.exp(spread * rng.normal(size=len(self.logits)) - spread * spread / 2).tolist()
        self.sessions = [LoopSession(self) for _ in range(count)]

    def step(self, actions: list[list[int]]) -> list[tuple[list[int], float, bool, bool]]:
        """Show a slate to each reader; return what was liked, the reward, whether the session was terminated or truncated."""
        told = []
        for place, slate in enumerate(actions):
            session = self.sessions[place]
            told.append(session.show(slate))
            if told[-1][2] or told[-1][3]:
                self.sessions[place] = LoopSession(self)
        return told


class LoopSession:
    """One reader."""

    def __init__(self, env: LoopEnv) -> None:
        self.env, self.user, self.step, self.stock = env, int(env.rng.integers(len(env.logits))), 0, env.laws.start
        self.exposure: dict[int, float] = {}
        self.times: dict[int, int] = {}
        self.shown: list[list[int]] = []
        self.liked: list[list[int]] = []

    def chances(self, slate: list[int]) -> tuple[list[float], float]:
        """Return the chance of each slot, 0 for a void one, and the sum of what is worn."""
        env, laws = self.env, self.env.laws
        around: dict[int, float] = {}
        for item in {item for item in slate if item >= 0}:
            for category, share in env.shares[item].items():
                around[category] = around.get(category, 0.0) + share / env.slate
        chances, bored = [], 0.0
        for slot, item in enumerate(slate):
            if item < 0 or item in slate[:slot]:
                chances.append(0.0)
                continue
            own = env.shares[item]
            worn = sum(
                weight * (self.exposure.get(c, 0.0) + laws.beside * (around.get(c, 0.0) - own.get(c, 0.0) / env.slate))
                for c, weight in env.wearing[item].items()
            )
            bored += worn
            against = laws.boredom * laws.fatigue * env.own[self.user] * worn + laws.repeat * self.times.get(item, 0) - env.logits[self.user][item]
            chances.append(_sigmoid(against))
        return chances, bored

    def show(self, slate: list[int]) -> tuple[list[int], float, bool, bool]:
        """Show a slate."""
        env, laws = self.env, self.env.laws
        chances, bored = self.chances(slate)
        luck = env.rng.random(len(slate) + 1).tolist()
        liked = [int(one < chance) for one, chance in zip(luck, chances, strict=False)]
        reward = sum(liked) / env.slate
        self.stock += laws.learning * (reward - laws.boredom * laws.cost * bored / env.slate - self.stock)
        for item in {item for item in slate if item >= 0}:
            self.times[item] = self.times.get(item, 0) + 1
            for category, share in env.shares[item].items():
                self.exposure[category] = self.exposure.get(category, 0.0) + share / env.slate
        self.exposure = {category: laws.decay * worn for category, worn in self.exposure.items()}
        self.shown.append(slate)
        self.liked.append(liked)
        self.step += 1
        restless = laws.boredom * laws.restless * max(self.exposure.values(), default=0.0)
        left = luck[-1] < _sigmoid(laws.loyal * self.stock - laws.leave - restless)
        return liked, reward, left, not left and self.step >= env.horizon


def _sigmoid(against: float) -> float:
    return 1 / (1 + exp(min(against, 700.0)))
