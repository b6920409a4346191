"""Planners by name: a table to look them up in, and to add to."""

from collections.abc import Mapping
from typing import Any, Final

from broadsheet.core.errors import ConfigError
from broadsheet.plan.material import Material
from broadsheet.plan.planners.asked import AskedConfig, ReplayConfig, TableConfig, open_asked, open_replay, open_table
from broadsheet.plan.planners.rules import All, LeastExposed, LeastExposedConfig, MaskRecent, MaskRecentConfig, RuleConfig
from broadsheet.plan.planners.saturation import SaturationConfig, SaturationMPC
from broadsheet.plan.planners.thompson import Thompson, ThompsonConfig
from broadsheet.plan.protocols import Planner
from broadsheet.plan.specs import Kind, Setting, configured, opened, parse

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
ASKED: Final = frozenset({"llm", "llm-replay"})
"""Planners that are given what no spec can say: a client, or a store."""


def open_planner(spec: str, material: Material, *, slate: int, horizon: int, given: Mapping[str, Any] | None = None) -> Planner:
    """Return the planner that a spec names, such as `all` or `mask-recent:threshold=0.2,ttl=1`. Raises ConfigError for an unknown name or setting."""
    return opened(spec, PLANNERS, "planner", Setting(material, slate, horizon, given or {}))


def check_planner(spec: str) -> None:
    """Raise ConfigError for a spec that a command line cannot open: an unknown name or setting, or a planner that is given a client or a store."""
    name, _ = parse(spec)
    table = {known: kind for known, kind in PLANNERS.items() if known not in ASKED}
    if name in ASKED:
        raise ConfigError(
            f"The planner {name!r} is given a language model in Python; a command line cannot open it.",
            f"Plan with {', '.join(table)} (llm-table:path=FOLDER is a table that a model filled), or in Python: docs/plan.md, Your own language model.",
        )
    configured(spec, table, "planner")
