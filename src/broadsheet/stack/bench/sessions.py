"""Thirty simulated days of a fictional world's readers: a page that is planned beside one that is ranked, under the same luck."""

from pathlib import Path

import numpy as np
import polars as pl

from broadsheet.core.progress import Progress, silent
from broadsheet.core.schema import Columns
from broadsheet.plan.bench.days import RANKED
from broadsheet.plan.bench.days_arms import DAYS_ARMS, makers
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.evaluate.run import SessionLog, run_sessions
from broadsheet.plan.laws import level
from broadsheet.plan.material import Split
from broadsheet.plan.protocols import Agent

PLANNED = "planner alone"
BOREDOM = ("zero", "middle")
REWARD, KEPT, BEFORE = "reward", "kept", "before"
"""A session's sum of the shares of pages that were liked, and whether the reader came to the end; `before` such a name: without the stage."""


def planned_days(pair: Pair, boredom: str, identity: str, folder: Path, *, seed: int = 0, progress: Progress = silent) -> tuple[pl.DataFrame, str]:
    """Return a row for each reader of the test split, planned and ranked, and what plans: VALIDATION readers choose it.

    Both fill pages by the same model of the agent's, so that what differs is the plan.
    """
    dull = pair.with_laws(boredom=level(boredom))
    arms = {name: DAYS_ARMS[name] for name in (RANKED, PLANNED)}
    made = {name: maker(dull, seed, folder, progress) for name, maker in makers({}, arms, identity={"world": identity, "boredom": boredom}).items()}
    readers = dull.material.of(Split.TEST)
    return beside(dull, readers, {name: agent for name, (agent, _) in made.items()}, (RANKED, PLANNED), seed, progress), made[PLANNED][1]


def beside(
    pair: Pair, readers: np.ndarray, agents: dict[str, Agent], names: tuple[str, str], seed: int, progress: Progress = silent, *, streams: int = 1
) -> pl.DataFrame:
    """Return a row for each session of `readers`: the second agent's reward and whether it kept the reader, and `before` them the first's."""
    before, after = (run_sessions(agents[name], pair, readers, streams=streams, seed=seed, progress=progress) for name in names)
    return pl.DataFrame(
        {
            Columns.USER: [pair.material.users[row] for row in after.user.tolist()],
            REWARD: after.reward.sum(axis=1, dtype=np.float64),
            KEPT: _kept(after),
            f"{BEFORE} {REWARD}": before.reward.sum(axis=1, dtype=np.float64),
            f"{BEFORE} {KEPT}": _kept(before),
        }
    )


def _kept(log: SessionLog) -> np.ndarray:
    return (~log.left).astype(np.float64)
