"""The planners by a language model as a spec names them: asked while sessions run, read from a table, or replayed."""

from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field

from broadsheet.core.errors import ConfigError
from broadsheet.core.llm import Client
from broadsheet.core.store import Store
from broadsheet.plan.planners.asking import Asker, ListAsker
from broadsheet.plan.planners.keys import Keys, KeysConfig, fit_keys
from broadsheet.plan.planners.llm import LLMPlanner, LLMPlannerConfig
from broadsheet.plan.planners.local import ChoiceAsker
from broadsheet.plan.planners.naming import Naming, named
from broadsheet.plan.planners.replay import ReplayPlanner
from broadsheet.plan.planners.table import PlanTable, check_table
from broadsheet.plan.specs import Setting

CLIENT, STORE, KEYS, REFLECTIONS = "client", "store", "keys", "reflections"
"""What a `Setting` is given for them: a client of a model, a store for what is replayed, fitted keys (fitted anew where there are none), reflections drawn from a pool."""
PartT = TypeVar("PartT")


class AskedConfig(LLMPlannerConfig):
    """`names` says what stands for categories; `scored` takes the chances of names that a local model tells, in place of a list that is written; `keys` say how coarse codes are."""

    names: Naming = Naming.NAMES
    scored: bool = False
    seed: int = 0
    keys: KeysConfig = Field(default_factory=KeysConfig)


class TableConfig(LLMPlannerConfig):
    """`path` is the folder of a plan table."""

    path: str


class ReplayConfig(AskedConfig):
    """`path` is a recording; `miss` says what becomes of a request that is not in it."""

    path: str
    miss: Literal["strict", "lenient"] = "strict"


def open_asked(config: AskedConfig, setting: Setting) -> LLMPlanner:
    """Return a planner that asks the client it is given. Raises ConfigError where there is none."""
    client = _given(setting, CLIENT, Client)
    keys, names = _keys(config, setting), named(setting.material.items.categories, config.names, config.seed)
    told = tuple(setting.given.get(REFLECTIONS, ()))
    asker: Asker = ChoiceAsker(client, keys, names, reflections=told) if config.scored else ListAsker(client, keys, names, most=config.most, reflections=told)
    return LLMPlanner(f"llm {client.llm.model}, {config.names.value}", asker=asker, keys=keys, config=_plain(config))


def open_table(config: TableConfig, setting: Setting) -> LLMPlanner:
    """Return a planner that reads a plan table; it is named after a language model where one filled it. Raises ConfigError for a table of another catalogue."""
    table = PlanTable.load(Path(config.path))
    check_table(table, len(setting.material.items.categories))
    return LLMPlanner(table.name, table=table, config=_plain(config))


def open_replay(config: ReplayConfig, setting: Setting) -> LLMPlanner:
    """Return a planner that replays a recording."""
    names = named(setting.material.items.categories, config.names, config.seed)
    told = tuple(setting.given.get(REFLECTIONS, ()))
    store = _given(setting, STORE, Store)
    return ReplayPlanner(Path(config.path), store, _keys(config, setting), names, miss=config.miss, reflections=told, config=_plain(config))


def _keys(config: AskedConfig, setting: Setting) -> Keys:
    held: Any = setting.given.get(KEYS)
    return held if held is not None else fit_keys(setting.material, config.keys, config.seed)


def _plain(config: LLMPlannerConfig) -> LLMPlannerConfig:
    return LLMPlannerConfig(most=config.most, ttl=config.ttl, farthest=config.farthest, own=config.own)


def _given(setting: Setting, name: str, kind: type[PartT]) -> PartT:
    held = setting.given.get(name)
    if not isinstance(held, kind):
        raise ConfigError(f"The planner needs a {name}, and was given none.", "Plan with a rule, or give one in Python: docs/plan.md, Your own language model.")
    return held
