"""Policies of the honest bench: trained in the copy, kept beside the rows, opened only where validation chose their weights."""

import shutil
from pathlib import Path

from broadsheet.core.artifacts import Artifact, read_artifact
from broadsheet.core.config import build
from broadsheet.core.errors import ArtifactError
from broadsheet.core.schema import ArtifactKind
from broadsheet.core.train.checkpoint import run_hash
from broadsheet.plan.bench.arms import within
from broadsheet.plan.bench.players import Fitted, Training
from broadsheet.plan.fit import CURVE, fit_policy, steps_to
from broadsheet.plan.planners.registry import open_planner
from broadsheet.plan.planning import Match
from broadsheet.plan.policy.agent import PolicyAgent
from broadsheet.plan.policy.config import PolicyConfig
from broadsheet.plan.policy.ppo import ENVIRONMENT_STEPS
from broadsheet.plan.protocols import Planner

CHOSEN = "chosen_by"


def fitted(training: Training) -> Fitted:
    """Train a policy, or open the one that was trained; a training that was stopped goes on. The truth is no part of what names it: nothing of it comes in."""
    pair, planner = training.pair, None
    match, spec = ("any", None) if training.planner is None else within(training.planner)
    config = build(PolicyConfig, dict(training.settings), "policy")
    if spec is not None:
        planner = open_planner(spec, pair.material, slate=pair.slate, horizon=pair.horizon, given=training.given)
    facts = {
        "laws": pair.laws.model_dump(),
        "slate": pair.slate,
        "horizon": pair.horizon,
        "planner": training.planner,
        "policy": config.model_dump(mode="json"),
    }
    digest = run_hash({**training.identity, **facts, "seed": training.seed})
    name = "".join(c if c.isalnum() else "-" for c in training.name)
    folder = training.folder / "fits" / f"{name[:60]}-{training.seed}-{digest[:12]}"
    artifact = _kept(folder) or _trained(training, folder, config, planner, match)
    require_choice(artifact)
    curve = artifact.frame(CURVE)
    figures = {
        "environment_steps": artifact.manifest.metrics[ENVIRONMENT_STEPS],
        "steps_to_90": steps_to(curve),
        "steps_to_90_of_gain": steps_to(curve, of_gain=True),
    }
    return Fitted(PolicyAgent.load(artifact, pair.material, planner), figures)


def require_choice(artifact: Artifact) -> None:
    """Raise ArtifactError for a policy whose manifest does not say that VALIDATION users chose its weights: it is not judged."""
    if not str(artifact.manifest.config.get(CHOSEN, "")).startswith("validation users"):
        raise ArtifactError(
            f"{artifact.path} does not say that its weights were chosen on validation users, so it is not judged.", "Train it with: broadsheet plan fit"
        )


def _kept(folder: Path) -> Artifact | None:
    return read_artifact(folder, ArtifactKind.PLAN) if folder.exists() else None


def _trained(training: Training, folder: Path, config: PolicyConfig, planner: Planner | None, match: Match) -> Artifact:
    checkpoints = folder.with_name(f"{folder.name}-run")
    artifact = fit_policy(training.pair, planner, config, folder, seed=training.seed, match=match, checkpoints=checkpoints, progress=training.progress)
    shutil.rmtree(checkpoints, ignore_errors=True)
    return artifact
