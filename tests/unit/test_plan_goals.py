"""Needs as goals of a planner: what a reader wrote of leads the plan to the shelf that serves it."""

from datetime import UTC, datetime

import numpy as np
import pytest

from broadsheet.core.errors import ConfigError
from broadsheet.needs.goals import Goal
from broadsheet.plan.datasets.made import made
from broadsheet.plan.planners.registry import open_planner
from broadsheet.plan.planning import Planning
from broadsheet.plan.session import Sessions
from broadsheet.stack.needed import goal_odds

AT = datetime(2026, 3, 16, tzinfo=UTC)
SHELF = {"debt": ["category 2", "category 5"], "saving": ["category 5"]}


def test_goals_become_log_odds_of_the_categories_that_serve_them():
    goals = {"u001": [Goal("debt", 3.0, "income", AT), Goal("saving", 5.0, "income", AT), Goal("housing", 9.0, "income", AT)], "nobody": []}
    odds = goal_odds(goals, ("u000", "u001"), tuple(f"category {row}" for row in range(8)), SHELF)
    assert odds.shape == (2, 8)
    assert not odds[0].any()
    assert odds[1, 2] == pytest.approx(np.log(3))
    assert odds[1, 5] == pytest.approx(np.log(5))
    assert np.count_nonzero(odds) == 2


def test_a_shelf_that_the_catalogue_lacks_is_told():
    with pytest.raises(ConfigError, match="Did you mean 'category 1'"):
        goal_odds({}, ("u",), ("category 1",), {"debt": ["categry 1"]})


def test_a_plan_leads_to_the_shelf_of_a_goal():
    material = made(8, 120).material
    odds = goal_odds({"u003": [Goal("debt", 400.0, "income", AT)]}, material.users, material.items.categories, {"debt": ["category 6"]})
    planner = open_planner("least-exposed:keep=2", material, slate=4, horizon=5)
    planning = Planning(material, planner, slate=4, horizon=5, goals=odds)
    planning.begin(8, 0)
    seen = {"user": np.arange(8), "step": np.zeros(8, dtype=np.int32), "shown": np.full((8, 5, 4), -1, np.int32), "liked": np.full((8, 5, 4), -1, np.int8)}
    sessions = Sessions(material.items, 8, 4)
    sessions.see(seen)
    planning.mask(seen, sessions, material.shortlist.astype(np.int64))
    assert planning.plans.allowed[3, 6]
    assert not planning.plans.allowed[:, 6].all()
