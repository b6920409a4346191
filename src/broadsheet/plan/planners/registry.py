"""Planners by name: a table to look them up in, and to add to."""

from collections.abc import Mapping
from typing import Any, Final

from broadsheet.plan.material import Material
from broadsheet.plan.planners.asked import AskedConfig, ReplayConfig, TableConfig, open_asked, open_replay, open_table
from broadsheet.plan.planners.rules import All, LeastExposed, LeastExposedConfig, MaskRecent, MaskRecentConfig, RuleConfig
from broadsheet.plan.planners.saturation import SaturationConfig, SaturationMPC
from broadsheet.plan.planners.thompson import Thompson, ThompsonConfig
from broadsheet.plan.protocols import Planner
from broadsheet.plan.specs import Kind, Setting, opened

PLANNERS: Final[dict[str, Kind[Planner]]] = {
    "all": Kind(RuleConfig, lambda config, _: All(config)),
    "mask-recent": Kind(MaskRecentConfig, lambda config, _: MaskRecent(config)),
    "least-exposed": Kind(LeastExposedConfig, lambda config, _: LeastExposed(config)),
    "thompson": Kind(ThompsonConfig, lambda config, setting: Thompson(setting.material, setting.slate, config)),
    "saturation-mpc": Kind(SaturationConfig, lambda config, _: SaturationMPC(config)),
    "llm": Kind(AskedConfig, open_asked),
    "llm-table": Kind(TableConfig, open_table),
    "llm-replay": Kind(ReplayConfig, open_replay),
}
"""A planner is added by a row here: its configuration, and what makes it of a configuration and a `Setting`."""


def open_planner(spec: str, material: Material, *, slate: int, horizon: int, given: Mapping[str, Any] | None = None) -> Planner:
    """Return the planner that a spec names, such as `all` or `mask-recent:threshold=0.2,ttl=1`. Raises ConfigError for an unknown name or setting."""
    return opened(spec, PLANNERS, "planner", Setting(material, slate, horizon, given or {}))
