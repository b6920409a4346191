"""A trained plan as one folder: the policy, its planner, the items, and whom it knows; fitted, loaded, asked."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from broadsheet.core.artifacts import Artifact, check_replaceable, load_artifact, write_artifact
from broadsheet.core.errors import ArtifactError, RecordError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.core.schema import ArtifactKind, Columns
from broadsheet.core.train.checkpoint import run_hash
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.fit import CURVE, RETURN, Ground, fit_policy, run_identity
from broadsheet.plan.folding import Folding
from broadsheet.plan.items import ItemTable
from broadsheet.plan.laws import Laws
from broadsheet.plan.material import Material, Split
from broadsheet.plan.planners.registry import open_planner
from broadsheet.plan.planning import Match
from broadsheet.plan.policy.agent import WEIGHTS, PolicyAgent
from broadsheet.plan.policy.config import PolicyConfig
from broadsheet.plan.protocols import Planner
from broadsheet.plan.yardsticks import returns_of_rules

SHIPPED: Final = Path(__file__).parent / "shipped"
"""Fitted on a fictional world; its card has the command that makes it again."""
KNOWN, ITEMS, USERS, GROUPS = "known", "items", "users", "categories"
NEVER: Final = -30.0
"""The logit of what somebody had already."""
GUEST: Final = "guest"
"""What a user is called who is known by a history alone."""


class Ask(NamedTuple):
    """Who asks: a user by name, or somebody by what was met, oldest first, and which of it was liked (all, if None).

    What a history holds is not shown again, unless `keep_seen`.
    """

    user: str = ""
    history: tuple[str, ...] = ()
    liked: frozenset[str] | None = None
    keep_seen: bool = False


@dataclass(frozen=True, eq=False)
class PlanBundle:
    """A policy with all that it needs to act: `material` of the users it knows, the planner's spec (empty: none), the laws of its training."""

    artifact: Artifact
    material: Material
    folding: Folding
    planner: str
    laws: Laws
    slate: int
    horizon: int

    @property
    def name(self) -> str:
        """Say which plan it is: the policy, the planner, the first digits of its hash."""
        config = self.artifact.manifest.config
        return f"{self.artifact.manifest.models['policy']}; planner {self.planner or 'none'}; {config['material']}; {self.artifact.content_hash[:12]}"

    def open_planner(self, material: Material, given: Mapping[str, Any] | None = None) -> Planner | None:
        """Return the planner that the policy was trained with, for a material. Raises ConfigError for one that needs what is not given."""
        return open_planner(self.planner, material, slate=self.slate, horizon=self.horizon, given=given) if self.planner else None

    def agent(self, material: Material, planner: Planner | None, *, greedy: bool = True) -> PolicyAgent:
        """Return the policy as an agent for users of a material that `asked` returned."""
        return PolicyAgent.load(self.artifact, material, planner, greedy=greedy)

    def asked(self, asks: Sequence[Ask]) -> tuple[Material, tuple[tuple[str, ...], ...]]:
        """Return the material with a row for each who asks behind the known ones, and for each what was not known of it.

        A user by name has the scores known; a history folds somebody in. Raises RecordError for a name that is not known and has no history.
        """
        place = {name: row for row, name in enumerate(self.material.users)}
        item = self.material.items.place
        names, scores, met, liked, unknown = [], [], [], [], []
        for number, ask in enumerate(asks):
            rows = [item[one] for one in ask.history if one in item]
            strange = tuple(one for one in ask.history if one not in item)
            pleased = [ask.liked is None or one in ask.liked for one in ask.history if one in item]
            if ask.user in place and not ask.history:
                user = place[ask.user]
                scores.append(self.material.scores[user])
                span = slice(int(self.material.histories.begins[user]), int(self.material.histories.begins[user + 1]))
                rows, pleased = self.material.histories.values[span].tolist(), (self.material.liked[span] > 0).tolist()
            elif ask.user and ask.user not in place and not ask.history:
                raise RecordError(
                    f"The bundle does not know the user {ask.user!r}.", f"Known are {self._some_users()}; or say what the user met: --history ID,ID."
                )
            else:
                folded = self.folding.scores(np.array(rows, dtype=np.int64), np.array(pleased, dtype=bool))
                folded[[] if ask.keep_seen else rows] = NEVER
                scores.append(folded)
            names.append(ask.user or f"{GUEST} {number + 1}")
            met.append(rows)
            liked += [int(one) for one in pleased]
            unknown.append(strange)
        whole = self.material
        histories = Ragged.of([*list(whole.histories), *met])
        material = Material(
            whole.name,
            whole.items,
            (*whole.users, *names),
            histories,
            np.concatenate([whole.liked, np.array(liked, dtype=np.int8)]),
            np.concatenate([whole.split, np.full(len(asks), Split.TEST, dtype=np.int8)]),
            np.concatenate([whole.scores, np.stack(scores)]) if asks else whole.scores,
            dict(whole.facts),
        )
        return material, tuple(unknown)

    def _some_users(self) -> str:
        users = self.material.users
        return f"{', '.join(users[:3])} and {len(users) - 3:,} more" if len(users) > 3 else ", ".join(users) or "none"

    @classmethod
    def load(cls, artifact: Artifact) -> Self:
        """Return the bundle of an artefact. Raises ArtifactError for a policy alone, without the items that it is for."""
        if f"{KNOWN}.safetensors" not in artifact.manifest.files:
            raise ArtifactError(f"{artifact.path} holds a policy without the items that it is for.", "Make a bundle: broadsheet plan fit")
        config, known = artifact.manifest.config, artifact.tensors(KNOWN)
        material = _material(artifact, known)
        shape = config["shape"]
        folding = Folding(known["mean"], known["directions"], known["variance"])
        return cls(artifact, material, folding, config["planner_spec"], Laws.model_validate(config["ground"]["laws"]), shape["slate"], shape["horizon"])


def open_bundle(path: Path | None = None) -> PlanBundle:
    """Open the bundle in a folder, or the one that comes with the package. Raises ArtifactError where there is none."""
    return load_artifact(path or SHIPPED, ArtifactKind.PLAN, PlanBundle.load)


def fit_bundle(
    pair: Pair,
    planner: str,
    config: PolicyConfig,
    folder: Path,
    *,
    seed: int = 0,
    match: Match = "any",
    known: int | None = None,
    given: Mapping[str, Any] | None = None,
    checkpoints: Path | None = None,
    progress: Progress = silent,
) -> Artifact:
    """Train a policy within the plans of a planner (spec; empty for none) and write it with all that it takes to act.

    `known` users are kept with their scores, spread evenly over all (all, if None); whoever is not is folded in by a history. With `checkpoints` (a folder) a run that was
    stopped goes on there.
    """
    check_replaceable(folder, ArtifactKind.PLAN)
    ground = Ground.of(pair)
    made = open_planner(planner, pair.material, slate=pair.slate, horizon=pair.horizon, given=given) if planner else None
    identity = {**run_identity(ground, made, config, match), "seed": seed, "planner_spec": planner}
    going = checkpoints / f"plan-{run_hash(identity)[:20]}" if checkpoints else None
    with tempfile.TemporaryDirectory() as beside:
        policy = fit_policy(ground, made, config, Path(beside) / "policy", seed=seed, match=match, checkpoints=going, progress=progress)
        artifact = _write(folder, policy, pair, planner, made, known, seed)
    if going:
        shutil.rmtree(going, ignore_errors=True)
    return artifact


def _write(folder: Path, policy: Artifact, pair: Pair, planner: str, made: Planner | None, known: int | None, seed: int) -> Artifact:
    material, validated = pair.material, PolicyConfig.model_validate(policy.manifest.config["policy"]).validated
    folding = Folding.of(material.scores[material.of(Split.TRAIN)])
    count = len(material.users)
    kept = np.arange(count) if known is None or known >= count else np.unique(np.linspace(0, count - 1, known).astype(np.int64))
    config = {**policy.manifest.config, "planner_spec": planner, "facts": dict(material.facts)}
    metrics = {
        **policy.manifest.metrics,
        **_planned(policy, pair, made),
        **{f"validation_{RETURN}_{name}": value for name, value in returns_of_rules(pair, validated, seed).items()},
        "items": float(len(material.items)),
        "known users": float(len(kept)),
        "users": float(count),
    }
    manifest = policy.manifest.model_copy(update={"config": config, "metrics": metrics, "files": {}})
    tensors = {
        "vectors": material.items.vectors,
        "scores": material.scores[kept],
        "mean": folding.mean,
        "directions": folding.directions,
        "variance": folding.variance,
    }
    frames = {CURVE: policy.frame(CURVE), ITEMS: _items_frame(material.items), USERS: _users_frame(material, kept)}
    groups = pl.DataFrame({Columns.TITLE: list(material.items.categories)})
    return write_artifact(folder, manifest, {WEIGHTS: policy.tensors(WEIGHTS), KNOWN: tensors}, {**frames, GROUPS: groups})


def _planned(policy: Artifact, pair: Pair, planner: Planner | None) -> dict[str, float]:
    """Return how many plans validation users' sessions took, in the copy that the policy was trained in, and which share of them fell back, by reason."""
    if planner is None:
        return {"plans": 0.0, "fallback share": 0.0}
    users = pair.material.of(Split.VALIDATION)
    agent, env = PolicyAgent.load(policy, pair.material, planner), pair.copy(users, len(users))
    seen, _ = env.reset(seed=0, options={"users": users})
    agent.begin(len(users), 0)
    for _ in range(pair.horizon):
        seen, *_ = env.step(agent.act(seen))
    plans = agent.facts()["plans"]
    reasons = {f"fallback, {reason}": float(count) for reason, count in plans["fallbacks"].items()}
    return {"plans": float(plans["plans"]), "fallback share": float(plans["sources"].get("fallback", 0.0)), **reasons}


def _items_frame(items: ItemTable) -> pl.DataFrame:
    held = {
        Columns.ITEM: list(items.ids),
        Columns.TITLE: list(items.titles),
        Columns.CATEGORIES: [np.flatnonzero(row).tolist() for row in items.member],
    }
    if items.first is not None and items.last is not None:
        held |= {Columns.START: items.first, Columns.END: items.last}
    return pl.DataFrame(held)


def _users_frame(material: Material, kept: NDArray[np.int64]) -> pl.DataFrame:
    begins = material.histories.begins
    spans = [slice(int(begins[user]), int(begins[user + 1])) for user in kept]
    return pl.DataFrame(
        {
            Columns.USER: [material.users[user] for user in kept],
            Columns.SPLIT: material.split[kept],
            Columns.ITEM: [material.histories.values[span].tolist() for span in spans],
            Columns.LIKED: [material.liked[span].tolist() for span in spans],
        },
        schema_overrides={Columns.ITEM: pl.List(pl.Int32), Columns.LIKED: pl.List(pl.Int8)},
    )


def _material(artifact: Artifact, known: Mapping[str, np.ndarray]) -> Material:
    frame, users, groups = artifact.frame(ITEMS), artifact.frame(USERS), artifact.frame(GROUPS)
    member = np.zeros((len(frame), len(groups)), dtype=bool)
    for row, listed in enumerate(frame[Columns.CATEGORIES].to_list()):
        member[row, listed] = True
    timed = Columns.START in frame.columns
    items = ItemTable(
        tuple(frame[Columns.ITEM]),
        tuple(frame[Columns.TITLE]),
        tuple(groups[Columns.TITLE]),
        member,
        known["vectors"],
        frame[Columns.START].to_numpy().astype(np.int32) if timed else None,
        frame[Columns.END].to_numpy().astype(np.int32) if timed else None,
    )
    liked = np.array([one for row in users[Columns.LIKED].to_list() for one in row], dtype=np.int8)
    name = artifact.manifest.config["material"]
    return Material(
        name,
        items,
        tuple(users[Columns.USER]),
        Ragged.of(users[Columns.ITEM].to_list()),
        liked,
        users[Columns.SPLIT].to_numpy().astype(np.int8),
        known["scores"],
        dict(artifact.manifest.config.get("facts", {})),
    )
