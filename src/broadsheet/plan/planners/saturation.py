"""A planner that looks ahead: it rolls categories forward on the agent's own liking, less what it assumes to wear off."""

from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.special import expit

from broadsheet.plan.laws import SESSION
from broadsheet.plan.planners.rules import NEVER, Held, RuleConfig, RulePlanner, by_rule, highest, liking
from broadsheet.plan.protocols import Plans, PlanState
from broadsheet.plan.session import DECAY

PRESSURES: Final = (0.0, 0.5, 1.0, 2.0, 4.0)
"""How strongly a roll-forward shuns what is worn, in units of the assumed fatigue: which does best is found for each session."""

Floats = NDArray[np.float64]


class SaturationConfig(RuleConfig):
    """`keep` categories for `ttl` slates, chosen by what `rounds` slates are expected to please.

    `fatigue`, `decay` and `beside` are the planner's own assumptions of how liking wears off (as in `laws.py`, whatever the environment does); `sharp`
    says how much a better liked category of the plan gets more of the slate.
    """

    rounds: Held = 5
    keep: Held = 4
    fatigue: Annotated[float, Field(ge=0)] = SESSION.fatigue
    decay: Annotated[float, Field(ge=0, lt=1)] = DECAY
    beside: Annotated[float, Field(ge=0)] = SESSION.beside
    sharp: Annotated[float, Field(ge=0)] = 1.0


class SaturationMPC(RulePlanner):
    """Model predictive control over categories by rollout (Bertsekas 2013): several rules that shun what is worn more or less are each followed for `rounds` slates.

    The one that is expected to please most gives the plan. Who leaves is not reckoned with.
    """

    def __init__(self, config: SaturationConfig | None = None) -> None:
        self.config = config or SaturationConfig()
        super().__init__("saturation-mpc", self.config)

    def plan(self, state: PlanState, due: NDArray[np.bool_]) -> Plans:
        """Return plans of `keep` categories."""
        which = np.flatnonzero(due)
        likes, recent, available = liking(state)[which], state.recent[which].astype(np.float64), state.available[which]
        best, chosen = np.full(len(which), -np.inf), np.zeros(available.shape, dtype=bool)
        for pressure in PRESSURES:
            total, first = self._followed(likes, recent, available, pressure * self.config.fatigue)
            better = total > best + 1e-9
            best, chosen = np.where(better, total, best), np.where(better[:, None], first, chosen)
        allowed = np.zeros(state.available.shape, dtype=bool)
        allowed[which] = chosen
        return by_rule(allowed, self.ttl)

    def _followed(self, likes: Floats, worn: Floats, available: NDArray[np.bool_], pressure: float) -> tuple[Floats, NDArray[np.bool_]]:
        """Return how much a rule pleases over the rounds `[D]`, and its first plan `[D, C]`."""
        settings, total = self.config, np.zeros(len(likes))
        first = plan = self._preferred(likes - pressure * worn, available)
        for begin in range(0, settings.rounds, settings.ttl):
            plan = plan if begin == 0 else self._preferred(likes - pressure * worn, available)
            share = _shares(likes, plan, settings.sharp)
            for _ in range(min(settings.ttl, settings.rounds - begin)):
                chance = expit(likes - settings.fatigue * (worn + settings.beside * share))
                total += (share * chance).sum(axis=1)
                worn = settings.decay * (worn + share)
        return total, first

    def _preferred(self, values: Floats, available: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return highest(np.where(available, values, NEVER), self.config.keep) & available


def _shares(likes: Floats, plan: NDArray[np.bool_], sharp: float) -> Floats:
    """Return how much of a slate each category of a plan gets `[D, C]`.

    >>> _shares(np.array([[0.0, 0.0, 5.0]]), np.array([[True, True, False]]), 1.0).tolist()
    [[0.5, 0.5, 0.0]]
    """
    top = np.where(plan, likes, NEVER).max(axis=1, keepdims=True)
    weights = np.where(plan, np.exp(np.minimum(sharp * (likes - top), 0)), 0)
    return weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
