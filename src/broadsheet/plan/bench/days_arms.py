"""Who fills the pages of the bench of days: the ranked report, the planned one, and what each of its parts gives alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from broadsheet.core.progress import Progress
from broadsheet.plan.bench.arms import PLANNERS, RULES, Arm, Kind
from broadsheet.plan.bench.days import RANKED, Maker
from broadsheet.plan.bench.fits import fitted
from broadsheet.plan.bench.players import Player
from broadsheet.plan.datasets import Pair
from broadsheet.plan.protocols import Agent

PLANNED: Final = "planned"
PLANS: Final = ("saturation-mpc:keep=3", "saturation-mpc:keep=6", "least-exposed:keep=3", "least-exposed:keep=6")
DAYS_ARMS: Final = {
    RANKED: Arm(Kind.RULE, ("greedy",)),
    PLANNED: Arm(Kind.POLICY, PLANS),
    "planner alone": Arm(Kind.FILLED, PLANS),
    "policy alone": Arm(Kind.FLAT, ()),
    "mask-recent": Arm(Kind.FILLED, PLANNERS["mask-recent"]),
    "worn-aware greedy": Arm(Kind.RULE, RULES["worn-aware greedy"]),
    "random": Arm(Kind.RULE, ("random",)),
}
"""Where an arm has several specs, VALIDATION readers choose."""


def makers(settings: Mapping[str, Any], arms: Mapping[str, Arm] = DAYS_ARMS, *, identity: Mapping[str, Any] | None = None) -> dict[str, Maker]:
    """Return what makes the agents of the arms; `settings` are the policy's, `identity` names the data in checkpoints."""
    return {name: _maker(name, arm, settings, identity or {}) for name, arm in arms.items()}


def _maker(name: str, arm: Arm, settings: Mapping[str, Any], identity: Mapping[str, Any]) -> Maker:
    players: dict[int, Player] = {}

    def make(pair: Pair, seed: int, folder: Path, progress: Progress) -> tuple[Agent, str]:
        # One player for all seeds: it chooses among its settings once.
        if id(pair) not in players:
            players[id(pair)] = Player(pair, name, arm, settings, {}, fitted, folder, {**identity, "env": "days"})
        made, said = players[id(pair)].agent(seed, progress)
        return made.agent, said

    return make
