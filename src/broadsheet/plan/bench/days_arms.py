"""Who fills the pages of the bench of days: the ranked report, the planned one, and what each of its parts gives alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from broadsheet.core.artifacts import read_artifact
from broadsheet.core.config import build
from broadsheet.core.progress import Progress
from broadsheet.core.schema import ArtifactKind
from broadsheet.core.train.checkpoint import run_hash
from broadsheet.plan.bench.arms import PLANNERS, Arm, Kind
from broadsheet.plan.bench.days import RANKED, Maker
from broadsheet.plan.bench.players import Player, Training
from broadsheet.plan.datasets import Pair
from broadsheet.plan.fit import fit_policy
from broadsheet.plan.planners.registry import open_planner
from broadsheet.plan.policy.agent import PolicyAgent
from broadsheet.plan.policy.config import PolicyConfig
from broadsheet.plan.protocols import Agent

PLANNED: Final = "planned"
DAYS_ARMS: Final = {
    RANKED: Arm(Kind.RULE, ("greedy",)),
    PLANNED: Arm(Kind.POLICY, (*PLANNERS["saturation-mpc"], *PLANNERS["least-exposed"])),
    "planner alone": Arm(Kind.FILLED, (*PLANNERS["saturation-mpc"], *PLANNERS["least-exposed"])),
    "policy alone": Arm(Kind.FLAT, ()),
    "mask-recent": Arm(Kind.FILLED, PLANNERS["mask-recent"]),
    "random": Arm(Kind.RULE, ("random",)),
}
"""Where an arm has several specs, VALIDATION readers choose."""


def makers(settings: Mapping[str, Any], arms: Mapping[str, Arm] = DAYS_ARMS, *, identity: Mapping[str, Any] | None = None) -> dict[str, Maker]:
    """Return what makes the agents of the arms; `settings` are the policy's, `identity` names the data in checkpoints."""
    return {name: _maker(name, arm, settings, identity or {}) for name, arm in arms.items()}


def learnt(training: Training) -> Agent:
    """Return the policy of a training, fitted where it is not yet: bundles of the same settings, seed and data are read again."""
    pair = training.pair
    planner = None if training.planner is None else open_planner(training.planner, pair.material, slate=pair.slate, horizon=pair.horizon, given=training.given)
    config = build(PolicyConfig, training.settings, "settings of the policy")
    identity = {**training.identity, "settings": config.model_dump(mode="json"), "planner": training.planner, "seed": training.seed, "name": pair.material.name}
    folder = training.folder / "policies" / run_hash(identity)[:20]
    if not folder.exists():
        going = training.folder / "checkpoints" / f"plan-{run_hash(identity)[:20]}"
        fit_policy(pair, planner, config, folder, seed=training.seed, checkpoints=going, progress=training.progress)
    return PolicyAgent.load(read_artifact(folder, ArtifactKind.PLAN), pair.material, planner)


def _maker(name: str, arm: Arm, settings: Mapping[str, Any], identity: Mapping[str, Any]) -> Maker:
    players: dict[int, Player] = {}

    def make(pair: Pair, seed: int, folder: Path, progress: Progress) -> tuple[Agent, str]:
        # One player for all seeds: it chooses among its settings once.
        if id(pair) not in players:
            players[id(pair)] = Player(pair, name, arm, settings, {}, learnt, folder, {**identity, "env": "days"})
        return players[id(pair)].agent(seed, progress)

    return make
