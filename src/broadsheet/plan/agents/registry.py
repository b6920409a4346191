"""Agents by name: a table to look them up in, and to add to."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from broadsheet.core.config import Config, build
from broadsheet.core.errors import ConfigError
from broadsheet.plan.agents.bandits import EpsilonConfig, EpsilonGreedy, LinearConfig, LinearThompson, LinUCB
from broadsheet.plan.agents.constant import Constant, ConstantConfig, Loop, LoopConfig, Popular, Rotated
from broadsheet.plan.agents.permuted import Permuted
from broadsheet.plan.agents.planned import PlannedGreedy
from broadsheet.plan.agents.scored import MMR, Calibrated, CalibratedConfig, Greedy, MMRConfig, NothingConfig, RandomItems, WornConfig, WornGreedy
from broadsheet.plan.material import Material
from broadsheet.plan.planners.registry import open_planner
from broadsheet.plan.planning import Match
from broadsheet.plan.protocols import Agent
from broadsheet.plan.specs import Kind, Setting, opened, parse


class PlannedConfig(Config):
    """`match`: an item is in a plan if any of its categories is, or all are; `spread`: what an item of the same categories on the slate takes off, in logits."""

    match: Match = "any"
    spread: Annotated[float, Field(ge=0)] = 0.0


def _plain(kind: Callable[[Material, int, int], Agent]) -> Kind[Agent]:
    return Kind(NothingConfig, lambda _, setting: kind(setting.material, setting.slate, setting.horizon))


def _with(config: type[Config], kind: Callable[[Material, int, int, Any], Agent]) -> Kind[Agent]:
    return Kind(config, lambda settings, setting: kind(setting.material, setting.slate, setting.horizon, settings))


AGENTS: Final[dict[str, Kind[Agent]]] = {
    "random": _plain(RandomItems),
    "popularity": _with(ConstantConfig, Popular),
    "greedy": _plain(Greedy),
    "constant": _with(ConstantConfig, Constant),
    "rotated": _with(ConstantConfig, Rotated),
    "loop": _with(LoopConfig, Loop),
    "mmr": _with(MMRConfig, MMR),
    "calibrated": _with(CalibratedConfig, Calibrated),
    "worn": _with(WornConfig, WornGreedy),
    "epsilon-greedy": _with(EpsilonConfig, EpsilonGreedy),
    "linucb": _with(LinearConfig, LinUCB),
    "linear-thompson": _with(LinearConfig, LinearThompson),
}
"""An agent is added by a row here: its configuration, and what makes it of a configuration and a `Setting`."""


def open_agent(spec: str, material: Material, *, slate: int, horizon: int, given: Mapping[str, Any] | None = None) -> Agent:
    """Return the agent that a spec names: one of AGENTS, `permuted+` before another's spec, or `planned+` before a planner's.

    Such as `worn:fatigue=1`, `permuted+greedy`, `planned:match=all+mask-recent:threshold=0.2`. Raises ConfigError for an unknown name or setting.
    """
    setting = Setting(material, slate, horizon, given or {})
    outer, plus, inner = spec.partition("+")
    name, settings = parse(outer)
    if not plus:
        return opened(spec, AGENTS, "agent", setting)
    if name == "permuted" and not settings:
        return Permuted(open_agent(inner, material, slate=slate, horizon=horizon, given=given))
    if name != "planned":
        raise ConfigError(f"{outer!r} cannot stand before a plus sign.", "Write planned+PLANNER or permuted+AGENT.")
    planner = open_planner(inner, material, slate=slate, horizon=horizon, given=given)
    config = build(PlannedConfig, settings, spec)
    return PlannedGreedy(material, planner, slate, horizon, match=config.match, spread=config.spread, goals=setting.given.get("goals"))
