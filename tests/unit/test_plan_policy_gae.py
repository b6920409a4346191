"""Advantages of sessions: known values on a chain of three states, and the two ways a session ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.plan.policy.gae import advantages

REWARDS = np.array([[1.0, 2.0, 3.0]], dtype=np.float32)
VALUES = np.array([[4.0, 5.0, 6.0, 7.0]], dtype=np.float32)
LIVE = np.ones((1, 3), dtype=bool)
NONE = np.zeros((1, 3), dtype=bool)


def test_a_reader_who_leaves_has_no_future() -> None:
    left = np.array([[False, False, True]])
    # Surprises: 1 + .5 * 5 - 4 = -.5; 2 + .5 * 6 - 5 = 0; 3 - 6 = -3. Each is carried back by .5 * .5.
    found = advantages(REWARDS, VALUES, LIVE, left, 0.5, 0.5)
    assert found.tolist() == [[-0.5 - 0.25 * 0.75, -0.75, -3.0]]


def test_a_session_that_comes_to_the_horizon_has_the_worth_of_its_final_observation() -> None:
    found = advantages(REWARDS, VALUES, LIVE, NONE, 0.5, 0.5)
    # The last surprise is 3 + .5 * 7 - 6 = .5.
    assert found.tolist() == [[-0.5 + 0.25 * 0.125, 0.125, 0.5]]


def test_rounds_after_the_end_are_never_read() -> None:
    live, left = np.array([[True, False, False]]), np.array([[True, False, False]])
    found = advantages(np.full((1, 3), np.nan, dtype=np.float32), np.array([[4.0, np.nan, np.nan, np.nan]]), live, left, 0.5, 0.5)
    assert np.isnan(found[0, 0])
    assert found[0, 1:].tolist() == [0.0, 0.0]
    found = advantages(np.array([[1.0, np.nan, np.nan]]), np.array([[4.0, np.nan, np.nan, np.nan]]), live, left, 0.5, 0.5)
    assert found.tolist() == [[-3.0, 0.0, 0.0]]


@given(st.integers(0, 2**16), st.floats(0.1, 1.0), st.integers(1, 6))
def test_with_a_trace_of_one_they_are_the_sum_of_rewards_less_what_was_expected(seed: int, discount: float, last: int) -> None:
    rng = np.random.default_rng(seed)
    rewards, values = rng.random((1, 6), dtype=np.float32), rng.random((1, 7), dtype=np.float32)
    live, left = np.arange(6)[None] < last, np.zeros((1, 6), dtype=bool)
    gone = bool(rng.integers(2))
    left[0, last - 1] = gone
    found = advantages(rewards, values, live, left, discount, 1.0)
    total = sum(discount**at * float(rewards[0, at]) for at in range(last)) + (0 if gone else discount**last * float(values[0, last]))
    assert float(found[0, 0]) == pytest.approx(total - float(values[0, 0]), abs=1e-4)
