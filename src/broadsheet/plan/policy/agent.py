"""A trained policy as an agent: loaded from its artefact, within plans where there is a planner."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from broadsheet.core.artifacts import AGAIN, Artifact, arrays_hash
from broadsheet.core.errors import ArtifactError, ConfigError
from broadsheet.core.seeds import generator
from broadsheet.plan.items import ItemTable
from broadsheet.plan.material import Material
from broadsheet.plan.planning import Match, Planning
from broadsheet.plan.policy.acting import Acted, Actor
from broadsheet.plan.policy.config import PolicyConfig
from broadsheet.plan.policy.model import Policy, Shape
from broadsheet.plan.protocols import Planner
from broadsheet.plan.session import Observation

WEIGHTS, ITEMS, NO_PLANNER = "weights", "items", "none"


def items_hash(items: ItemTable) -> str:
    """Name a catalogue by what a policy reads of it: vectors and categories of items in their order, and when each is on offer."""
    offered = {} if items.first is None or items.last is None else {"first": items.first, "last": items.last}
    return arrays_hash({"vectors": items.vectors, "member": items.member, **offered})


def load_policy(artifact: Artifact) -> Policy:
    """Return the network of a `plan` artefact. Raises ArtifactError where its weights are not those of its configuration."""
    config = artifact.manifest.config
    model = Policy(PolicyConfig.model_validate(config["policy"]), Shape(**config["shape"]))
    weights = {name: torch.from_numpy(value) for name, value in artifact.tensors(WEIGHTS).items()}
    if {name: value.shape for name, value in model.state_dict().items()} != {name: value.shape for name, value in weights.items()}:
        raise ArtifactError(f"{artifact.path} holds weights of another network than its manifest says.", AGAIN)
    model.load_state_dict(weights)
    return model.eval()


class PolicyAgent:
    """Fills slates by a policy: the best by its scores, or with `greedy` false drawn by chance. With a planner, from what its plans allow.

    `last` is the last round in full, `planning` the plans. Raises ConfigError for a policy of other vectors, categories, slates or horizons than it is used for.
    """

    def __init__(
        self,
        material: Material,
        model: Policy,
        planner: Planner | None = None,
        *,
        slate: int,
        horizon: int,
        greedy: bool = True,
        match: Match = "any",
        name: str | None = None,
    ) -> None:
        shape = Shape(material.items.vectors.shape[1], len(material.items.categories), slate, horizon)
        if model.shape != shape:
            raise ConfigError(f"The policy was trained for {_said(model.shape)}, and is used for {_said(shape)}.", "Train one for this: broadsheet plan fit")
        planning = None if planner is None else Planning(material, planner, slate=slate, horizon=horizon, match=match)
        self.name = name or (f"policy:{model.config.network}" if planner is None else f"policy:{model.config.network}+{planner.name}")
        self._actor, self._greedy, self._seed = Actor(material, model, planning), greedy, 0
        self.planning = planning
        self.last: Acted | None = None

    @classmethod
    def load(cls, artifact: Artifact, material: Material, planner: Planner | None = None, *, greedy: bool = True, name: str | None = None) -> Self:
        """Return the agent that `fit_policy` trained, with the planner that it was trained with.

        Raises ArtifactError for a catalogue of other items, and for another planner than it was trained with: its figures would be nobody's.
        """
        config = artifact.manifest.config
        if artifact.manifest.parents[ITEMS] != items_hash(material.items):
            raise ArtifactError(f"{artifact.path} was trained on other items.", "Give the data it was trained on, or train anew: broadsheet plan fit")
        given = NO_PLANNER if planner is None else planner.name
        if config["planner"] != given:
            raise ArtifactError(
                f"{artifact.path} was trained with the planner {config['planner']!r}, not {given!r}.", f"Give that planner, or train with {given!r}."
            )
        shape = Shape(**config["shape"])
        return cls(material, load_policy(artifact), planner, slate=shape.slate, horizon=shape.horizon, greedy=greedy, match=config["match"], name=name)

    def begin(self, count: int, seed: int) -> None:
        """Forget all sessions; `count` new ones begin. What chance decides follows from `seed`."""
        self._draw = None if self._greedy else generator(seed, "plan", "policy", "draws")
        self._actor.begin(count, seed)

    def act(self, observation: Observation) -> NDArray[np.int64]:
        """Return a slate of rows for each session `[B, k]`, -1 for an empty slot and where the session is over."""
        self.last = self._actor.act(observation, self._draw)
        return self.last.slates

    def slot_chances(self) -> NDArray[np.float64] | None:
        """Return the chance that each slot of the last round's slates `[B, k]` had to hold what it holds, given the slots before it; None where slates are not drawn as such."""
        return None if self._greedy or self.last is None else self._actor.slot_chances(self.last)

    def facts(self) -> Mapping[str, Any]:
        """Return the size of the action set, slots filled from outside the plan, and what was counted of the plans."""
        return {"policy": self._actor.model.config.model_dump(mode="json"), **self._actor.facts()}


def _said(shape: Shape) -> str:
    return f"vectors of {shape.vectors}, {shape.categories} categories, slates of {shape.slate} and {shape.horizon} rounds"
