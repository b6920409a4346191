"""A plan bundle that is held: its policy is read once, and whoever asks is planned for alone, whatever becomes of the folder meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from broadsheet.core.ragged import Ragged
from broadsheet.plan.bundle import Ask, PlanBundle
from broadsheet.plan.folding import Folding
from broadsheet.plan.material import Material
from broadsheet.plan.policy.agent import PolicyAgent, load_policy
from broadsheet.plan.policy.model import Policy
from broadsheet.plan.protocols import Planner

ALONE: Final = ("", "saturation-mpc")
"""Planners that look at nobody but those they plan for; for others the known users stay in the material."""


@dataclass(frozen=True, eq=False)
class HeldBundle(PlanBundle):
    """A bundle with its policy in memory."""

    policy: Policy

    @classmethod
    def of(cls, bundle: PlanBundle) -> Self:
        """Hold a bundle. Raises ArtifactError where its policy is not whole, or is for other items."""
        bundle.agent(bundle.material, bundle.open_planner(bundle.material))
        folding = Folding(*(np.asarray(one, dtype=np.float64) for one in bundle.folding))  # pyrefly: ignore[bad-argument-type]
        parts = (bundle.artifact, bundle.material, folding, bundle.planner, bundle.laws, bundle.slate, bundle.horizon)
        return cls(*parts, load_policy(bundle.artifact))

    def agent(self, material: Material, planner: Planner | None, *, greedy: bool = True) -> PolicyAgent:
        """Return the policy as an agent; nothing is read."""
        match = self.artifact.manifest.config["match"]
        return PolicyAgent(material, self.policy, planner, slate=self.slate, horizon=self.horizon, greedy=greedy, match=match)

    def asked(self, asks: Sequence[Ask]) -> tuple[Material, tuple[tuple[str, ...], ...]]:
        """Return the material of those who ask, without the known users where the planner does not look at them: sorting their scores costs most of a request."""
        if self.planner.partition(":")[0] not in ALONE or any(ask.user for ask in asks):
            return super().asked(asks)
        whole = self.material
        nobody = replace(
            whole, users=(), histories=Ragged.of([]), liked=whole.liked[:0], split=whole.split[:0], scores=np.zeros((0, len(whole.items)), dtype=np.float32)
        )
        material, unknown = PlanBundle(self.artifact, nobody, self.folding, self.planner, self.laws, self.slate, self.horizon).asked(asks)
        # What was counted over the known users holds on.
        material.__dict__["popularity"] = whole.popularity
        return material, unknown
