"""What rules get in the sessions by which the weights of a policy are chosen: what it has to beat."""

from typing import Final

import numpy as np

from broadsheet.plan.agents.registry import open_agent
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.fit import validation_sessions
from broadsheet.plan.material import Split

RULES: Final = ("random", "greedy")


def returns_of_rules(pair: Pair, least: int, seed: int) -> dict[str, float]:
    """Return by the name of each rule its mean sum of rewards in sessions of VALIDATION users in the copy: the same sessions and luck as a policy's of this seed."""
    judged = pair.material.of(Split.VALIDATION)
    users, streams, luck = validation_sessions(judged, least, seed)
    found = {}
    for name in RULES:
        agent, env = open_agent(name, pair.material, slate=pair.slate, horizon=pair.horizon), pair.copy(judged, len(users))
        seen, _ = env.reset(seed=luck, options={"users": users, "streams": streams})
        agent.begin(len(users), luck)
        total, live = np.zeros(len(users)), np.ones(len(users), dtype=bool)
        for _ in range(pair.horizon):
            seen, rewards, terminated, truncated, _ = env.step(agent.act(seen))
            total += np.where(live, rewards, 0)
            live &= ~(terminated | truncated)
        found[name] = float(total.mean())
    return found
