"""What tests of planners by a language model share: states of made sessions, keys, a client of the double."""

from pathlib import Path

import numpy as np

from broadsheet.core.llm import Budget, Client, Limits, open_llm
from broadsheet.core.store import Store
from broadsheet.plan.datasets.made import made
from broadsheet.plan.material import Split
from broadsheet.plan.planners.keys import Keys, KeysConfig
from broadsheet.plan.planners.naming import named
from broadsheet.plan.protocols import PlanState
from broadsheet.plan.shelves import Shelves

QUICK = Limits(timeout=10.0, retries=1, repairs=1, backoff=0.001, longest_backoff=0.002, pause=0.01, failures=3, openings=2, longest_wait=0.5)
PAIR = made(users=40, items=120, categories=8)
MATERIAL = PAIR.material
SUBJECTS = ("Crime", "Poems", "Cooking", "History", "Travel", "Physics", "Art & Design", "Children's Stories")
NAMES = named(SUBJECTS)


def affinities(rows):
    """The affinities of users at the beginning of a session."""
    count = len(rows)
    return Shelves(MATERIAL).left(rows, np.zeros(count, dtype=np.int32), np.zeros((count, len(MATERIAL.items)), dtype=np.uint8)).affinity


KEYS = Keys.fit(affinities(MATERIAL.of(Split.TRAIN)), KeysConfig(tastes=4, relevant=3, offered=8))


def state_of(users, step=0, recent=0.0, available=None, goals=None):
    """A state of sessions of users, in which all categories were shown as much of late and none was liked."""
    shape = (len(users), len(SUBJECTS))
    shown = np.broadcast_to(np.asarray(recent, dtype=np.float32), shape).copy()
    there = np.ones(shape, dtype=bool) if available is None else available
    zero = np.zeros(shape, dtype=np.float32)
    return PlanState(
        user=np.asarray(users), step=np.full(len(users), step, dtype=np.int32), horizon=20, recent=shown, last=zero, exposed=shown, pleased=zero,
        affinity=affinities(np.asarray(users)), available=there, goals=goals,
    )  # fmt: skip


def client_of(server, folder: Path, **settings) -> Client:
    """A client of the double, quick to give up."""
    limits = settings.pop("limits", QUICK)
    budget = settings.pop("budget", Budget())
    return Client(open_llm(f"openai:double-1@{server.url}", in_flight=8), Store(folder / "store.sqlite"), limits=limits, budget=budget)
