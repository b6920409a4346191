"""Who plays in the honest bench: of an arm's settings those that do best on VALIDATION users, and its policy, trained once and kept."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from broadsheet.core.files import write_file
from broadsheet.core.progress import Progress, silent
from broadsheet.core.train.checkpoint import run_hash
from broadsheet.plan.agents.registry import open_agent
from broadsheet.plan.bench.arms import Arm, Kind, whole, within
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.evaluate.choose import choose
from broadsheet.plan.evaluate.oracles import OracleGreedy, OracleMPC
from broadsheet.plan.evaluate.run import SessionLog
from broadsheet.plan.planners.llm import MADE_BY_LLM, calls_per_thousand, require_llm
from broadsheet.plan.protocols import Agent


class Training(NamedTuple):
    """What a policy is trained from: `pair.copy` and `pair.material`, never `pair.judge`; the planner it is trained with, its settings, a seed, where checkpoints are kept."""

    pair: Pair
    name: str
    planner: str | None
    settings: Mapping[str, Any]
    seed: int
    folder: Path
    identity: Mapping[str, Any]
    given: Mapping[str, Any]
    progress: Progress = silent


class Fitted(NamedTuple):
    """A policy that was trained, as an agent, and figures of its training."""

    agent: Agent
    figures: Mapping[str, float] = {}


@dataclass(frozen=True, eq=False)
class Player:
    """An arm at the level that it is trained and chosen at."""

    pair: Pair
    name: str
    arm: Arm
    settings: Mapping[str, Any]
    given: Mapping[str, Any]
    fit: Callable[[Training], Fitted]
    folder: Path
    identity: Mapping[str, Any]

    def agent(self, seed: int, progress: Progress = silent) -> tuple[Fitted, str]:
        """Return the agent of a training seed, and what it is."""
        if self.arm.kind is Kind.ORACLE:
            return Fitted(OracleMPC(self.pair) if self.arm.specs == ("mpc",) else OracleGreedy(self.pair)), "knows what is true"
        if not self.arm.trained:
            return Fitted(self._opened(self.spec)), self._said(self.spec)
        planner = self.spec if self.arm.specs else None
        made = self.fit(Training(self.pair, self.name, planner, self.settings, seed, self.folder, self.identity, self.given, progress))
        return made, made.agent.name if planner is None else f"{made.agent.name} ({within(self._said(planner))[1]})"

    @cached_property
    def spec(self) -> str:
        """The spec with the greatest satisfaction of VALIDATION users where likings are the agent's model's; a planner's with the greedy filler, before any policy is trained with it.

        What was chosen is kept, with what each that was tried got.
        """
        if self.arm.of is not None:
            return self.arm.of(self.pair)
        if len(self.arm.specs) == 1:
            return self.arm.specs[0]
        specs = [spec if self.arm.kind is Kind.RULE else whole(spec) for spec in self.arm.specs]
        facts = {**self.identity, "laws": self.pair.laws.model_dump(), "slate": self.pair.slate, "horizon": self.pair.horizon, "specs": specs}
        kept = self.folder / "choices" / f"{run_hash(facts)[:16]}.json"
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_file(kept, json.dumps(choose(specs, self.pair, given=self.given).facts(), indent=1).encode())
        return str(json.loads(kept.read_text(encoding="utf-8"))["chosen"])

    def _said(self, spec: str) -> str:
        """Return a spec as a table says it: one that was made for a pair holds a path."""
        return spec if self.arm.of is None else self.arm.specs[0]

    def _opened(self, spec: str) -> Agent:
        return open_agent(
            spec if self.arm.kind is Kind.RULE else whole(spec), self.pair.material, slate=self.pair.slate, horizon=self.pair.horizon, given=self.given
        )


def counted(name: str, log: SessionLog) -> dict[str, float]:
    """Return what an agent counted in a run: the size of its action set, and of its plans the share that fell back, that a language model made, and how many calls that took.

    Raises LLMError where a run is named after a language model that hardly planned it.
    """
    facts = log.facts
    inner = facts.get("plans")
    plans: Mapping[str, Any] = inner if isinstance(inner, Mapping) else facts
    made = {"actions": float(facts["actions"])} if "actions" in facts else {"actions": float(plans["candidates"])} if "candidates" in plans else {}
    if "outside" in facts:
        made["outside"] = float(facts["outside"]) / max(1, int((log.shown >= 0).sum()))
    if "sources" not in plans:
        return made
    sources, counts = plans["sources"], plans.get("counts", {})
    require_llm(name, sources)
    steps = int(log.length.sum())
    made |= {"planned_categories": float(plans["categories"]), "plans_per_1000": calls_per_thousand(plans["plans"], steps)}
    made |= {
        "fallbacks": float(sources.get("fallback", 0.0)),
        "llm_plans": float(sum(sources.get(source, 0.0) for source in (one.name.lower() for one in MADE_BY_LLM))),
    }
    return made | {"calls_per_1000": calls_per_thousand(float(counts.get("calls", 0.0)), steps)}
