"""A planner with the simplest of fillers: the best unseen scores that a plan allows."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.plan.agents.filling import Floats, RuleAgent, Values, fill_in_turn, less_worn
from broadsheet.plan.material import Material
from broadsheet.plan.planning import Match, Planning
from broadsheet.plan.protocols import Planner
from broadsheet.plan.session import Observation


class PlannedGreedy(RuleAgent):
    """Fills a planner's plans greedily by the model's score, less `spread` (logits) for each item of the same categories that stands on the slate before.

    An item outside the plan is shown only where no unseen one is left in it; how many were is in `facts`.
    """

    def __init__(
        self,
        material: Material,
        planner: Planner,
        slate: int,
        horizon: int,
        *,
        match: Match = "any",
        spread: float = 0.0,
        goals: NDArray[np.float32] | None = None,
    ) -> None:
        self.name, self.spread = f"planned+{planner.name}", spread
        self.planning = Planning(material, planner, slate=slate, horizon=horizon, match=match, goals=goals)
        super().__init__(material, slate, horizon)

    def begin(self, count: int, seed: int) -> None:
        """Forget all sessions; `count` new ones begin."""
        super().begin(count, seed)
        self.planning.begin(count, seed)
        self._outside = 0

    def choose(self, observation: Observation) -> NDArray[np.int64]:
        """Return slates `[B, k]`."""
        candidates = self.candidates(observation)
        allowed = self.planning.mask(observation, self.sessions, candidates)
        ranks = self.ranks(candidates)
        # Unseen and in the plan, unseen, seen and in the plan, seen.
        willing = np.where(ranks > 0, 2 * ranks + allowed, 0).astype(np.int8)
        slates = fill_in_turn(self._spread(self.scores(observation, candidates), candidates), willing, candidates, self.slate)
        self._outside += int(((slates[:, :, None] == candidates[:, None, :]) & ~allowed[:, None, :]).sum())
        return slates

    def _spread(self, scores: Floats, candidates: NDArray[np.int64]) -> Values:
        if not self.spread:
            return lambda _: scores
        nothing = np.zeros((len(candidates), len(self.material.items.categories)))
        return less_worn(scores, candidates, self.material.items, nothing, 1.0, self.spread)

    def facts(self) -> Mapping[str, Any]:
        """Return what the planning counted, and how many items stood outside their plans."""
        return {**self.planning.facts(), "outside": self._outside}
