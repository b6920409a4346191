"""Agents of a line each, for tests of what judges agents."""

import numpy as np


class Rule:
    """Shows what a function of observation, round and generator gives."""

    def __init__(self, name, rule):
        self.name, self.rule, self.seen = name, rule, []

    def begin(self, count, seed):
        self.rng, self.count = np.random.default_rng(seed), count

    def act(self, observation):
        self.seen.append(observation)
        return self.rule(observation, self.rng)

    def facts(self):
        return {"rounds": len(self.seen)}


def random_rule(items, slate=6):
    return Rule("random", lambda seen, rng: np.argsort(rng.random((len(seen["step"]), items)), axis=1)[:, :slate])


def constant_rule(rows):
    return Rule("constant", lambda seen, _: np.tile(rows, (len(seen["step"]), 1)))


def unseen_best_rule(material, slate=6):
    """The best by the agent's own scores that were not shown yet."""

    def rule(seen, _):
        scores = material.scores[seen["user"]].copy()
        for row, shown in zip(scores, seen["shown"].reshape(len(scores), -1), strict=True):
            row[shown[shown >= 0]] = -np.inf
        return np.argsort(-scores, axis=1, kind="stable")[:, :slate]

    return Rule("best unseen", rule)
