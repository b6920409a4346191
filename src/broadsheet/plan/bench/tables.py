"""Plan tables of a pair for what the names of categories are worth: the same codes, filled by names, by names shuffled, by codes, and without a model."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from broadsheet.core.artifacts import arrays_hash
from broadsheet.core.errors import ArtifactError
from broadsheet.core.llm import Client
from broadsheet.core.log import get_logger
from broadsheet.core.progress import Progress, silent
from broadsheet.core.seeds import generator
from broadsheet.plan.agents.planned import PlannedGreedy
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.environment.truth import Truth
from broadsheet.plan.evaluate.run import run_sessions
from broadsheet.plan.material import Split
from broadsheet.plan.planners.asking import Asker, RuleAsker
from broadsheet.plan.planners.critic import HELD, Pool, ended
from broadsheet.plan.planners.keys import Keys, fit_keys
from broadsheet.plan.planners.llm import LLMPlanner, LLMPlannerConfig
from broadsheet.plan.planners.local import ChoiceAsker
from broadsheet.plan.planners.naming import Naming, named
from broadsheet.plan.planners.prompt import VERSION
from broadsheet.plan.planners.rules import All
from broadsheet.plan.planners.table import KeyCounter, PlanTable
from broadsheet.plan.protocols import Planner

BY_RULE: Final = "by rule"
NAME_ARMS: Final[dict[str, Naming | None]] = {"names": Naming.NAMES, "names shuffled": Naming.SHUFFLED, "ids only": Naming.IDS, BY_RULE: None}
"""What a table is filled by; the last one asks no model."""
LOCAL_CODES: Final = 512
"""Codes of a table by a model on this machine."""


CONTRAST: Final = 1.0
"""How much likeness to what was shown counts against a category, in deviations of likings."""


def copied(pair: Pair) -> Pair:
    """Return the pair as agents believe it to be: likings are their own model's, and no category tires another. Sessions in it tell nothing of the truth."""
    count = len(pair.material.items.categories)
    return replace(pair, truth=Truth(pair.material.scores, np.eye(count, dtype=np.float32)))


def met_codes(pair: Pair, keys: Keys, *, streams: int = 2, seed: int = 0, config: LLMPlannerConfig | None = None) -> Counter[str]:
    """Count the codes that TRAIN users' sessions come to in the copy environment, planned by likings and not planned at all."""
    users, met = pair.material.of(Split.TRAIN), Counter[str]()
    planners: tuple[Planner, ...] = (LLMPlanner(BY_RULE, asker=RuleAsker(keys), keys=keys, config=config), All())
    for inner in planners:
        counter = KeyCounter(inner, keys)
        run_sessions(PlannedGreedy(pair.material, counter, pair.slate, pair.horizon), copied(pair), users, streams=streams, seed=seed)
        met.update(counter.met)
    return met


def reflected(pair: Pair, client: Client, keys: Keys, *, sessions: int = HELD, seed: int = 0) -> Pool:
    """Return a frozen pool of what the critic says of `sessions` sessions of TRAIN users in the copy environment, planned by likings; `client` asks it."""
    users = pair.material.of(Split.TRAIN)
    planner = LLMPlanner(BY_RULE, asker=RuleAsker(keys), keys=keys)
    chosen = generator(seed, "plan", "reflected").permutation(users)[:sessions]
    log = run_sessions(PlannedGreedy(pair.material, planner, pair.slate, pair.horizon), copied(pair), chosen, streams=1, seed=seed)
    told = [ended(pair.material.items, int(user), *facts) for user, *facts in zip(log.user, log.shown, log.liked, log.length.tolist(), strict=True)]
    pool = Pool(pair.material)
    pool.reflect(client, told, named(pair.material.items.categories))
    pool.freeze()
    return pool


def name_tables(
    pair: Pair,
    client: Client | None,
    folder: Path,
    *,
    arms: Sequence[str] = tuple(NAME_ARMS),
    codes: int = LOCAL_CODES,
    contrast: float = CONTRAST,
    keys: Keys | None = None,
    reflections: Sequence[str] = (),
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, PlanTable]:
    """Return a plan table of each arm, read from `folder` where it was filled before. All have the same codes, met on TRAIN users' sessions.

    `client` asks a model that tells chances (a local one); without one only the arm without a model is filled. `seed` draws the permutation of names and the keys, `reflections` are told with every prompt.
    """
    held = fit_keys(pair.material, seed=seed) if keys is None else keys
    met: Counter[str] = Counter()
    tables = {}
    for arm in arms:
        naming = NAME_ARMS[arm]
        if naming is not None and client is None:
            continue
        names = named(pair.material.items.categories, naming or Naming.NAMES, seed)
        asker: Asker = RuleAsker(held) if naming is None or client is None else ChoiceAsker(client, held, names, contrast=contrast, reflections=reflections)
        path = folder / f"plan-table-{_slug(arm)}-{_digest(pair, held, asker, names, codes, seed)}"
        found = _kept(path)
        if found is None:
            met = met or met_codes(pair, held, seed=seed)
            found = PlanTable.fill(met, asker, held, most=codes, naming=naming or Naming.NAMES, reflections=reflections, progress=progress)
            found.save(path)
        tables[arm] = found
    return tables


def name_planners(tables: dict[str, PlanTable], config: LLMPlannerConfig | None = None) -> dict[str, LLMPlanner]:
    """Return a planner for each table: those by a model are named so, and `require_llm` holds them to it."""
    return {arm: LLMPlanner(table.name, table=table, config=config) for arm, table in tables.items()}


def _kept(path: Path) -> PlanTable | None:
    if not path.exists():
        return None
    try:
        return PlanTable.load(path)
    except ArtifactError as error:
        get_logger("plan").warning("a damaged plan table is made anew", table=path.name, what=error.what)
        return None


def _digest(pair: Pair, keys: Keys, asker: Asker, names: Sequence[str], codes: int, seed: int) -> str:
    """Return a name of all that a table follows from."""
    facts: dict[str, Any] = {
        "asker": asker.identity,
        "prompt": VERSION,
        "names": names,
        "codes": codes,
        "seed": seed,
        "keys": keys.config.model_dump(),
        "worn": asker.worn,
    }
    facts |= {"arrays": arrays_hash({**keys.arrays(), "scores": pair.material.scores}), "laws": pair.laws.model_dump(), "size": [pair.slate, pair.horizon]}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]


def _slug(arm: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in arm.lower())
