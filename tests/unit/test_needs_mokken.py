"""Loevinger's H against the definition by Guttman errors, worked values, and what a scale must also hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.needs.hierarchy.mokken import invariant, monotone, pair_shares, reproducibility, scalability, sums, transposed


def by_guttman_errors(rows):
    """One less the Guttman errors that there are, of those that independent items would have: for each pair, who has the rarer item and not the other."""
    people, items = rows.shape
    seen = expected = 0.0
    for one in range(items):
        for other in range(one + 1, items):
            easy, hard = (one, other) if rows[:, one].sum() >= rows[:, other].sum() else (other, one)
            seen += sum(1 for row in rows if row[hard] and not row[easy])
            expected += people * (1 - rows[:, easy].mean()) * rows[:, hard].mean()
    return 1 - seen / expected


@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(4, 40))
@settings(max_examples=60, deadline=None)
def test_h_is_one_less_the_share_of_guttman_errors(seed, items, people):
    rows = (np.random.default_rng(seed).random((people, items)) < np.linspace(0.2, 0.8, items)).astype(int)
    rows[0], rows[1] = 0, 1
    found = scalability(rows)
    assert found.whole == pytest.approx(by_guttman_errors(rows), abs=1e-9)
    for item in range(items):
        others = [other for other in range(items) if other != item]
        pairs = [by_guttman_errors(rows[:, [item, other]]) for other in others]
        weights = [sums(pair_shares(rows[:, [item, other]], np.ones(people))).most[0, 1] for other in others]
        assert found.items[item] == pytest.approx(np.average(pairs, weights=weights), abs=1e-9)


def test_a_worked_example_of_two_items():
    """A hundred people of whom 20 and 60 have the items: eight errors are expected, two of them seen are H = .75 (course notes on Stata's msp, page 9)."""
    rows = np.array([[1, 0], [1, 1], [0, 1], [0, 0]])
    assert scalability(rows, np.array([2, 18, 42, 38])).whole == pytest.approx(0.75, abs=1e-12)
    assert scalability(rows, np.array([8, 12, 48, 32])).whole == pytest.approx(0.0, abs=1e-12)


def test_standard_errors_are_those_of_people_drawn_anew():
    draw = np.random.default_rng(5)
    place = draw.normal(size=600)
    rows = (draw.random((600, 5)) < 1 / (1 + np.exp(-2 * (place[:, None] - np.linspace(-1, 1, 5))))).astype(int)
    found = scalability(rows)
    again = [scalability(rows[draw.integers(600, size=600)]) for _ in range(400)]
    assert found.whole_se == pytest.approx(np.std([one.whole for one in again]), rel=0.1)
    assert found.items_se == pytest.approx(np.std([one.items for one in again], axis=0), rel=0.2)
    assert found.pairs_se[0, 1] == pytest.approx(np.std([one.pairs[0, 1] for one in again]), rel=0.2)


def test_rows_that_stand_for_many_are_those_many():
    rows, weights = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1], [0, 0, 1]]), np.array([3, 4, 5, 2, 1])
    one, other = scalability(rows, weights), scalability(np.repeat(rows, weights, axis=0))
    assert one.whole == pytest.approx(other.whole)
    assert one.whole_se == pytest.approx(other.whole_se)
    assert transposed(rows, weights) == pytest.approx(transposed(np.repeat(rows, weights, axis=0), np.ones(15)))


def test_people_who_order_items_alike_have_a_transposed_h_of_one_and_what_nobody_tells_is_no_number():
    ladder = np.tril(np.ones((4, 4), dtype=int))
    assert transposed(ladder, np.ones(4)) == pytest.approx(1.0)
    assert scalability(ladder).whole == pytest.approx(1.0)
    assert np.isnan(scalability(np.ones((5, 3), dtype=int)).whole)


def test_guttmans_coefficients_of_a_perfect_and_of_a_broken_ladder():
    ladder = np.tril(np.ones((5, 4), dtype=int), -1)
    assert reproducibility(ladder, np.ones(5)) == (1.0, 1.0)
    broken = np.array([[0, 0, 0, 1], *ladder.tolist()])
    made, scalable = reproducibility(broken, np.ones(6))
    assert made == pytest.approx(1 - 2 / 24)
    assert scalable < 1


def test_an_item_that_who_has_more_has_less_is_told():
    draw = np.random.default_rng(1)
    place = draw.normal(size=2000)[:, None]
    ladder = np.linspace(-1, 1, 4)
    rising = draw.random((2000, 4)) < 1 / (1 + np.exp(-3 * (place - ladder)))
    falling = draw.random((2000, 1)) < 1 / (1 + np.exp(3 * place))
    ones = np.ones(2000)
    assert monotone(rising.astype(int), ones).significant.sum() == 0
    assert monotone(np.hstack([rising, falling]).astype(int), ones).significant[4] > 0
    assert invariant(rising.astype(int), ones).significant.sum() == 0
    crossing = draw.random((2000, 1)) < 1 / (1 + np.exp(-0.2 * (place + 0.3)))
    assert invariant(np.hstack([rising, crossing]).astype(int), ones).significant[4] > 0
