"""Any agent with its slates in another order: where that changes a figure, the figure is of places, not of items."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.seeds import generator
from broadsheet.plan.protocols import Agent
from broadsheet.plan.session import Observation


class Permuted:
    """An agent whose every slate is permuted at random."""

    def __init__(self, agent: Agent) -> None:
        self.agent, self.name = agent, f"permuted+{agent.name}"

    def begin(self, count: int, seed: int) -> None:
        """Forget all sessions; `count` new ones begin."""
        self.agent.begin(count, seed)
        self._rng = generator(seed, "plan", "agent", "permuted")

    def act(self, observation: Observation) -> NDArray[np.int64]:
        """Return the agent's slates, permuted."""
        return self._rng.permuted(self.agent.act(observation), axis=1)

    def facts(self) -> Mapping[str, Any]:
        """Return the agent's own."""
        return self.agent.facts()
