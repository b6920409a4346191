"""Places by chance: each row's propensity is the chance it really has."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from broadsheet.report.exploration import EVEN, draw

CHANCES = np.array([0.4, 0.2, 0.1, 0.1, 0.05, 0.05, 0.0, 0.0, 0.3, 0.01])


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_propensities_are_right_by_simulation(count):
    rounds = 6000
    seen = np.zeros(len(CHANCES))
    propensity = draw(CHANCES, count, np.random.default_rng(0)).propensity
    for seed in range(rounds):
        seen[list(draw(CHANCES, count, np.random.default_rng(seed)).rows)] += 1
    free = propensity < 1
    assert (seen[~free] == rounds).all()
    # Counts of one row over independent draws are binomial; their squared deviations sum to a chi-square.
    square = ((seen - rounds * propensity)[free] ** 2 / (rounds * propensity * (1 - propensity))[free]).sum()
    assert stats.chi2.sf(square, free.sum()) > 0.001


def test_a_wrong_propensity_would_be_noticed():
    rounds, count = 6000, 2
    seen = np.zeros(len(CHANCES))
    for seed in range(rounds):
        seen[list(draw(CHANCES, count, np.random.default_rng(seed)).rows)] += 1
    wrong = np.full(len(CHANCES), count / len(CHANCES))
    square = ((seen - rounds * wrong) ** 2 / (rounds * wrong * (1 - wrong))).sum()
    assert stats.chi2.sf(square, len(CHANCES)) < 1e-6


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(0, 8), st.integers(0, 99))
def test_as_many_as_asked_and_no_row_out_of_reach(chances, count, seed):
    drawn = draw(np.array(chances), count, np.random.default_rng(seed))
    expected = min(count, len(chances))
    assert len(set(drawn.rows)) == len(drawn.rows) == expected
    assert drawn.propensity.sum() == pytest.approx(expected)
    assert (drawn.propensity <= 1 + 1e-9).all()
    if count:
        assert (drawn.propensity >= min(1.0, EVEN * expected / len(chances)) - 1e-9).all()
    assert all(drawn.propensity[row] > 0 for row in drawn.rows)
