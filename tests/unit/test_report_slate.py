"""The slate: interests first, then scores, no near-copies; the same for the same input."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.report.slate import pick


def far(left: int, right: int) -> float:
    return 0.0 if left == right else 1.0


def test_without_interests_the_best_scores_win_and_ties_keep_the_order():
    slate = pick(np.array([1.0, 3.0, 3.0, 2.0]), [], 1.0, range(4), 3, 0.1, far)
    assert slate.rows == (1, 2, 3)


def test_an_interest_with_a_candidate_gets_a_place_however_low_its_score():
    scores = np.array([9.0, 8.0, 7.0, 1.0])
    big, small = np.array([9.0, 8.0, 7.0, 0.0]), np.array([0.0, 0.0, 0.0, 1.0])
    assert pick(scores, [big, small], 0.5, range(4), 2, 0.1, far).rows == (0, 3)


def test_an_interest_without_a_candidate_takes_no_place():
    scores = np.array([9.0, 8.0, 7.0])
    assert pick(scores, [np.array([9.0, 8.0, 7.0]), np.array([0.1, 0.1, 0.2])], 0.5, range(3), 2, 0.1, far).rows == (0, 1)


def test_interests_that_found_no_room_are_named():
    scores = np.array([3.0, 2.0, 1.0])
    alone = [np.eye(3)[i] * scores[i] for i in range(3)]
    slate = pick(scores, alone, 0.5, range(3), 2, 0.1, far)
    assert slate.rows == (0, 1)
    assert slate.uncovered == (2,)


def test_a_near_copy_is_passed_over_and_named_and_the_next_best_stands_for_its_interest():
    scores = np.array([3.0, 2.9, 1.0])

    def distance(left, right):
        return 0.01 if {left, right} == {0, 1} else 1.0

    slate = pick(scores, [np.array([3.0, 0, 0]), np.array([0, 2.9, 1.0])], 0.5, range(3), 3, 0.1, distance)
    assert slate.rows == (0, 2)
    assert slate.copies == {1: 0}
    assert slate.uncovered == ()


def test_rows_that_are_not_eligible_never_appear():
    scores = np.array([9.0, 8.0, 7.0])
    assert pick(scores, [scores], 0.5, [1, 2], 3, 0.1, far).rows == (1, 2)


@given(st.data())
def test_budget_floor_and_eligibility_always_hold(data):
    count = data.draw(st.integers(1, 12))
    number = st.floats(0, 10, allow_nan=False)
    scores = np.array(data.draw(st.lists(number, min_size=count, max_size=count)))
    strengths = [np.array(data.draw(st.lists(number, min_size=count, max_size=count))) for _ in range(data.draw(st.integers(0, 3)))]
    places = data.draw(st.lists(st.floats(0, 1), min_size=count, max_size=count))
    eligible = data.draw(st.lists(st.integers(0, count - 1), unique=True))
    budget, floor = data.draw(st.integers(1, 6)), data.draw(st.floats(0, 0.5))

    def distance(a, b):
        return abs(places[a] - places[b])

    slate = pick(scores, strengths, 1.0, eligible, budget, floor, distance)
    assert len(slate.rows) <= budget
    assert set(slate.rows) <= set(eligible)
    assert list(slate.rows) == sorted(slate.rows, key=lambda row: (-scores[row], row))
    assert all(distance(a, b) >= floor for a in slate.rows for b in slate.rows if a != b)
    for number_of, strength in enumerate(strengths):
        has_candidate = any(strength[row] >= 1.0 for row in eligible)
        served = any(strength[row] >= 1.0 for row in slate.rows)
        assert served or not has_candidate or number_of in slate.uncovered
    assert slate == pick(scores, strengths, 1.0, eligible, budget, floor, distance)
