"""Plans where they are due, and the masks they become."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.core.errors import ConfigError, RecordError
from broadsheet.plan.agents.filling import fill
from broadsheet.plan.datasets.made import made
from broadsheet.plan.planners.rules import by_rule
from broadsheet.plan.planning import Planning
from broadsheet.plan.protocols import Plans, PlanState, Source
from broadsheet.plan.session import Sessions
from broadsheet.plan.shelves import BEST, Shelves, candidates

PAIR = made(12, 80, 70)
MATERIAL = PAIR.material
SLATE, HORIZON = 6, 8


class Told:
    """A planner that says what it is told, and remembers when it was asked."""

    name = "told"

    def __init__(self, allowed: np.ndarray, ttl: int = 3) -> None:
        self.allowed, self.ttl, self.asked = allowed, ttl, []

    def begin(self, count: int, seed: int) -> None:
        self.asked = []

    def plan(self, state: PlanState, due: np.ndarray) -> Plans:
        self.asked.append((state, due.copy()))
        return by_rule(np.broadcast_to(self.allowed, state.available.shape).copy(), self.ttl)

    def counts(self) -> dict[str, float]:
        return {"asked": len(self.asked)}


def begun(
    planner: Told, match: str = "any", users: np.ndarray | None = None, slate: int = SLATE
) -> tuple[Planning, Sessions, dict[str, np.ndarray], np.ndarray]:
    users = np.arange(4) if users is None else users
    planning = Planning(MATERIAL, planner, slate=slate, horizon=HORIZON, match=match)
    planning.begin(len(users), 0)
    shape = (len(users), HORIZON, slate)
    observation = {
        "shown": np.full(shape, -1, dtype=np.int32), "liked": np.full(shape, -1, dtype=np.int8), "step": np.zeros(len(users), dtype=np.int32), "user": users,
    }  # fmt: skip
    return planning, Sessions(MATERIAL.items, len(users), slate), observation, MATERIAL.shortlist[users].astype(np.int64)


def moved(observation: dict[str, np.ndarray], slates: np.ndarray) -> dict[str, np.ndarray]:
    rows, step = np.arange(len(slates)), observation["step"]
    shown, liked = observation["shown"].copy(), observation["liked"].copy()
    shown[rows, step], liked[rows, step] = slates, np.where(slates >= 0, 0, -1)
    return {**observation, "shown": shown, "liked": liked, "step": step + 1}


@given(st.integers(0, 2**32), st.sampled_from(["any", "all"]))
@settings(max_examples=40, deadline=None)
def test_a_mask_is_what_sets_of_categories_say(seed: int, match: str) -> None:
    rng = np.random.default_rng(seed)
    allowed = rng.random(70) < rng.random()
    planning, sessions, observation, rows = begun(Told(allowed), match)
    rows[:, rng.integers(0, 80)] = -1
    sessions.see(observation)
    mask = planning.mask(observation, sessions, rows)
    plans, test = planning.plans, any if match == "any" else all
    for session in range(4):
        held = set(np.flatnonzero(plans.allowed[session]))
        for place, row in enumerate(rows[session]):
            assert mask[session, place] == (row >= 0 and test(c in held for c in np.flatnonzero(MATERIAL.items.member[row])))
        # Whatever was told, a slate can be filled, and what the planner did not say is a fallback.
        assert mask[session].sum() >= SLATE
        assert (plans.source[session] == Source.FALLBACK) == (held != set(np.flatnonzero(allowed)) or not allowed.any())


def test_what_is_left_is_what_a_loop_over_categories_finds() -> None:
    rng = np.random.default_rng(0)
    users = rng.integers(0, 12, 9)
    times = (rng.random((9, 80)) < 0.8).astype(np.uint8)
    left = Shelves(MATERIAL).left(users, np.zeros(9, dtype=np.int32), times)
    for session, user in enumerate(users):
        for category in range(70):
            fresh = [row for row in MATERIAL.shortlist[user] if MATERIAL.items.member[row, category] and not times[session, row]]
            best = 1 / (1 + np.exp(-MATERIAL.scores[user, fresh[:BEST]]))
            assert left.available[session, category] == bool(fresh)
            assert left.affinity[session, category] == pytest.approx(best.mean() if fresh else 0, abs=1e-6)


def test_candidates_are_the_best_on_offer_in_the_round_and_so_is_what_is_left() -> None:
    first = np.arange(80, dtype=np.int32) % 5
    items = replace(MATERIAL.items, first=first, last=first + 1)
    material = replace(MATERIAL, items=items)
    users, step = np.array([0, 1, 5]), np.array([0, 3, 5], dtype=np.int32)
    rows = candidates(material, users, step)
    left = Shelves(material).left(users, step, np.zeros((3, 80), dtype=np.uint8))
    for user, number, found, available in zip(users, step, rows, left.available, strict=True):
        on = np.flatnonzero((first <= number) & (number <= first + 1))
        assert found[found >= 0].tolist() == on[np.argsort(-material.scores[user, on], kind="stable")].tolist()
        assert available.tolist() == items.member[on].any(axis=0).tolist()


def test_a_plan_is_asked_for_in_the_first_round_and_when_it_has_held() -> None:
    planner = Told(np.ones(70, dtype=bool), ttl=3)
    planning, sessions, observation, rows = begun(planner)
    for step in range(HORIZON):
        sessions.see(observation)
        planning.mask(observation, sessions, rows)
        observation = moved(observation, rows[:, step * SLATE : (step + 1) * SLATE])
    assert [int(state.step[0]) for state, _ in planner.asked] == [0, 3, 6]
    assert planning.facts()["sources"] == {"rule": 1.0}


def test_a_session_that_is_over_asks_for_nothing_and_a_new_one_at_once() -> None:
    planner = Told(np.ones(70, dtype=bool), ttl=1)
    planning, sessions, observation, rows = begun(planner)
    sessions.see(observation)
    planning.mask(observation, sessions, rows)
    after = moved(observation, rows[:, :SLATE])
    after["step"] = np.array([1, 1, 0, 1], dtype=np.int32)
    for seen, due in ((after, [1, 1, 1, 1]), ({**after, "step": np.array([1, 2, 0, 2], dtype=np.int32)}, [0, 1, 1, 1])):
        sessions.see(seen)
        planning.mask(seen, sessions, rows)
        assert planner.asked[-1][1].tolist() == [bool(one) for one in due]


def test_a_plan_with_too_little_left_is_asked_for_anew() -> None:
    sizes = MATERIAL.items.member.sum(axis=0)
    category = int(np.flatnonzero((sizes > SLATE) & (sizes < 2 * SLATE))[0])
    planner = Told(np.arange(70) == category, ttl=20)
    planning, sessions, observation, rows = begun(planner)
    sessions.see(observation)
    mask = planning.mask(observation, sessions, rows)
    assert planning.facts()["fallbacks"] == {"planner": 0, "empty": 0, "short": 0}
    observation = moved(observation, np.stack([one[held][:SLATE] for one, held in zip(rows, mask, strict=True)]))
    sessions.see(observation)
    mask = planning.mask(observation, sessions, rows)
    assert len(planner.asked) == 2
    assert (planning.plans.source == Source.FALLBACK).all()
    assert planning.facts()["fallbacks"]["short"] == 4
    assert planning.plans.allowed[:, category].all()


def test_a_plan_without_a_category_is_counted_and_a_wrong_shape_is_refused() -> None:
    planning, sessions, observation, rows = begun(Told(np.zeros(70, dtype=bool)))
    sessions.see(observation)
    assert planning.mask(observation, sessions, rows).sum(axis=1).min() >= SLATE
    assert planning.facts()["fallbacks"]["empty"] == 4
    assert planning.facts()["sources"] == {"fallback": 1.0}
    wrong = Told(np.ones(70, dtype=bool))
    wrong.plan = lambda state, due: by_rule(np.ones((4, 3), dtype=bool), 1)
    planning, sessions, observation, rows = begun(wrong)
    with pytest.raises(RecordError, match="of shape"):
        planning.mask(observation, sessions, rows)
    with pytest.raises(ConfigError, match="cannot match"):
        begun(wrong, "some")
    with pytest.raises(RecordError, match="Goals"):
        Planning(MATERIAL, wrong, slate=6, horizon=8, goals=np.zeros((2, 2), dtype=np.float32))


@pytest.mark.parametrize("shift", [-20.0, -3.0, 0.0, 20.0])
def test_a_rank_counts_before_any_value(shift: float) -> None:
    """A mask stands in the ranks: it holds whatever the sign of scores, and what it bars leaves its place empty."""
    rng = np.random.default_rng(0)
    values, ranks, rows = rng.normal(size=(30, 9)) + shift, rng.integers(0, 3, (30, 9)).astype(np.int8), np.tile(np.arange(9), (30, 1))
    for slate, of, rank in zip(fill(values, ranks, rows, 5).tolist(), values, ranks, strict=True):
        best = sorted(np.flatnonzero(rank).tolist(), key=lambda row: (-rank[row], -of[row]))[:5]
        assert slate == best + [-1] * (5 - len(best))
