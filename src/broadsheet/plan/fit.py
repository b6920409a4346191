"""Trains a policy in the copy of an environment that its own model of users makes; validation users choose the weights."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.artifacts import Artifact, Manifest, arrays_hash, check_replaceable, write_artifact
from broadsheet.core.errors import ConfigError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.core.seeds import generator
from broadsheet.core.train import Stage, Trained, train
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.material import Material, Split
from broadsheet.plan.planning import Match, Planning
from broadsheet.plan.policy.acting import Actor
from broadsheet.plan.policy.agent import ITEMS, NO_PLANNER, WEIGHTS, items_hash
from broadsheet.plan.policy.config import PolicyConfig
from broadsheet.plan.policy.model import Policy, Shape
from broadsheet.plan.policy.ppo import ENVIRONMENT_STEPS, Learner
from broadsheet.plan.policy.rollout import Readers, play
from broadsheet.plan.protocols import Planner

RETURN, LENGTH = "return", "length"
"""What validation is judged by: the mean sum of rewards of a session; and its mean length in rounds."""
CURVE, RECORD = "curve", "record"


class Ground(NamedTuple):
    """Where a policy is trained: the material, what makes sessions of users in the agent's own belief, items a slate, rounds a session; `facts` name the laws."""

    material: Material
    readers: Callable[[NDArray[np.int64], int], Readers]
    slate: int
    horizon: int
    facts: Mapping[str, Any] = {}

    @classmethod
    def of(cls, pair: Pair) -> "Ground":
        """Return the copy of a pair's environment: of the truth nothing but the laws comes in."""
        return cls(pair.material, pair.copy, pair.slate, pair.horizon, {"laws": pair.laws.model_dump(mode="json")})

    @property
    def shape(self) -> Shape:
        """What a policy for it has to fit."""
        return Shape(self.material.items.vectors.shape[1], len(self.material.items.categories), self.slate, self.horizon)


def fit_policy(
    ground: Ground | Pair,
    planner: Planner | None,
    config: PolicyConfig,
    folder: Path,
    *,
    seed: int = 0,
    match: Match = "any",
    checkpoints: Path | None = None,
    progress: Progress = silent,
) -> Artifact:
    """Train a policy on sessions of TRAIN users and write it to `folder`; the weights kept are those of the greatest return in sessions of VALIDATION users, be they untrained.

    With a planner it picks from what the plans allow, in training as after it. With `checkpoints` (a folder) a run that was stopped goes on there, to the same bits; the state of another
    run (other data, laws, planner, configuration) is refused. The artefact holds `weights`, `curve` (a line an evaluation) and `record` (a line a step).
    Raises ConfigError where there are no users to learn from or to choose by.
    """
    check_replaceable(folder, ArtifactKind.PLAN)
    ground = Ground.of(ground) if isinstance(ground, Pair) else ground
    learnt, judged = ground.material.of(Split.TRAIN), ground.material.of(Split.VALIDATION)
    if not len(learnt) or not len(judged):
        raise ConfigError(f"There are {len(learnt)} users to learn from and {len(judged)} to choose weights by.", "Split users so that there are some of both.")
    identity = run_identity(ground, planner, config, match)
    model = Policy(config, ground.shape, seed)
    validate = _Validation(ground, judged, _actor(ground, model, planner, match), seed)
    begun = validate(model)
    untrained = {name: value.detach().clone() for name, value in model.state_dict().items()}
    learner = Learner(config, _actor(ground, model, planner, match), learnt, ground.readers)
    done = train(
        model,
        [stage_of(config)],
        learner.batches,
        learner.objective,
        checkpoints,
        seed=seed,
        evaluate=validate,
        identity=identity,
        progress=progress,
    )
    curve = curve_of(done.record, begun)
    if not best_of(curve)[Columns.STEP]:
        model.load_state_dict(untrained)
    return _write(folder, ground, config, identity, seed, model, done, curve)


def stage_of(config: PolicyConfig) -> Stage:
    """Return the training as a stage; checkpoints are written between rollouts alone."""
    every = config.steps * config.between
    return Stage(
        name="policy",
        steps=config.steps * config.rollouts,
        learning_rate=config.learning_rate,
        schedule="linear",
        weight_decay=0.0,
        clip=0.5,
        evaluate_every=every,
        save_every=every,
        watch=RETURN,
    )


def run_identity(ground: Ground, planner: Planner | None, config: PolicyConfig, match: Match) -> dict[str, Any]:
    """Name what a training depends on: the items, what is known of users who are learnt from or choose, the laws, the planner, the configuration. Of test users nothing."""
    material = ground.material
    used = np.flatnonzero(material.split != Split.TEST)
    begins = material.histories.begins
    met = [slice(int(begins[user]), int(begins[user + 1])) for user in used]
    known = {
        "rows": used,
        "split": material.split[used],
        "scores": material.scores[used],
        "lengths": material.histories.lengths[used],
        "histories": np.concatenate([material.histories.values[span] for span in met]),
        "liked": np.concatenate([material.liked[span] for span in met]),
    }
    return {
        "material": material.name,
        ITEMS: items_hash(material.items),
        "users": arrays_hash(known),
        "policy": config.model_dump(mode="json"),
        "shape": ground.shape._asdict(),
        "planner": NO_PLANNER if planner is None else planner.name,
        "match": match,
        "ground": dict(ground.facts),
    }


def curve_of(record: pl.DataFrame, begun: Mapping[str, float]) -> pl.DataFrame:
    """Return a line an evaluation, that before training first: steps of the environment so far, return and length on validation."""
    steps = record[ENVIRONMENT_STEPS].fill_null(0).cum_sum()
    lines = record.select(Columns.STEP, RETURN, LENGTH).with_columns(steps.alias(ENVIRONMENT_STEPS)).filter(pl.col(RETURN).is_not_null())
    start = pl.DataFrame({Columns.STEP: [0], RETURN: [begun[RETURN]], LENGTH: [begun[LENGTH]], ENVIRONMENT_STEPS: [0.0]})
    return pl.concat([start, lines], how="vertical_relaxed")


def best_of(curve: pl.DataFrame) -> dict[str, Any]:
    """Return the line of the evaluation whose weights are kept: of the greatest return, the earliest of equals.

    >>> line = pl.DataFrame({"step": [0, 10, 20], "return": [8.0, 9.0, 9.0], "length": [9.0, 9.5, 9.5], "environment_steps": [0.0, 100.0, 200.0]})
    >>> best_of(line)["step"]
    10
    """
    return curve.sort(RETURN, descending=True, maintain_order=True).row(0, named=True)


def steps_to(curve: pl.DataFrame, share: float = 0.9, *, of_gain: bool = False) -> float:
    """Return the steps of the environment after which validation first had that share of its final value, or with `of_gain` of what training gained; NaN where it never had.

    >>> line = pl.DataFrame({"return": [4.0, 8.0, 9.5, 10.0], "environment_steps": [0.0, 100.0, 200.0, 300.0]})
    >>> steps_to(line), steps_to(line, of_gain=True)
    (200.0, 200.0)
    """
    values = curve[RETURN].to_numpy()
    floor = values[0] if of_gain else 0.0
    there = np.flatnonzero(values >= floor + share * (values[-1] - floor))
    return float(curve[ENVIRONMENT_STEPS][int(there[0])]) if len(there) else float("nan")


def validation_sessions(users: NDArray[np.int64], least: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return the sessions that weights are chosen by: users and streams `[N]`, each user as often as it takes for `least` sessions, and the seed of their luck."""
    passes = -(-least // len(users))
    return np.tile(users, passes), np.repeat(np.arange(passes), len(users)), int(generator(seed, "plan", "validation").integers(2**31))


class _Validation:
    """Plays the same sessions of validation users each time, always the best slate."""

    def __init__(self, ground: Ground, users: NDArray[np.int64], actor: Actor, seed: int) -> None:
        self.actor = actor
        self.users, self.streams, self.seed = validation_sessions(users, actor.model.config.validated, seed)
        self.readers = ground.readers(users, len(self.users))

    def __call__(self, model: Policy) -> dict[str, float]:
        """Return the means of the sums of rewards and of the rounds."""
        del model
        played = play(self.actor, self.readers, self.users, self.streams, self.seed)
        return {RETURN: float(played.returns.mean(dtype=np.float64)), LENGTH: float(played.lengths.mean())}


def _actor(ground: Ground, model: Policy, planner: Planner | None, match: Match) -> Actor:
    planning = None if planner is None else Planning(ground.material, planner, slate=ground.slate, horizon=ground.horizon, match=match)
    return Actor(ground.material, model, planning)


def _write(
    folder: Path, ground: Ground, config: PolicyConfig, identity: Mapping[str, Any], seed: int, model: Policy, done: Trained, curve: pl.DataFrame
) -> Artifact:
    best = best_of(curve)
    metrics = {
        f"validation_{RETURN}": float(best[RETURN]),
        f"validation_{RETURN}_untrained": float(curve[RETURN][0]),
        f"validation_{LENGTH}": float(best[LENGTH]),
        ENVIRONMENT_STEPS: float(curve[ENVIRONMENT_STEPS][-1]),
        f"{ENVIRONMENT_STEPS}_to_90_percent": steps_to(curve),
        "actions": float(done.record["actions"].drop_nulls()[-1]),
        "outside": float(done.record["outside"].drop_nulls().sum()),
    }
    manifest = Manifest(
        kind=ArtifactKind.PLAN,
        config={
            "policy": config.model_dump(mode="json"),
            "shape": ground.shape._asdict(),
            "planner": identity["planner"],
            "match": identity["match"],
            "material": ground.material.name,
            "ground": dict(ground.facts),
            "chosen_by": f"validation users, step {best[Columns.STEP]} of {curve[Columns.STEP][-1]}",
        },
        seed=seed,
        parents={ITEMS: identity[ITEMS], "users": identity["users"]},
        models={"policy": f"{config.network}, {config.choice}, {config.method}", "planner": identity["planner"]},
        metrics=metrics,
    )
    weights = {name: value.detach().numpy() for name, value in model.state_dict().items()}
    return write_artifact(folder, manifest, {WEIGHTS: weights}, {CURVE: curve, RECORD: done.record})
