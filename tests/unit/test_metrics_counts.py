"""Intervals and tests of counts against what defines them."""

from itertools import product
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.core.errors import BroadsheetError
from broadsheet.core.metrics import mcnemar, wilson

Z = 1.959963984540054


@given(st.integers(1, 500).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_ends_of_wilson_are_the_shares_from_which_what_was_seen_is_just_as_far_as_chance_goes(case):
    hits, trials = case
    found = wilson(hits, trials)
    for end in (found.low, found.high):
        if 0 < end < 1:
            assert abs(found.mean - end) == pytest.approx(Z * sqrt(end * (1 - end) / trials), rel=1e-6, abs=1e-8)
    assert 0 <= found.low <= found.mean <= found.high <= 1


@pytest.mark.parametrize(("first", "second"), [(0, 0), (5, 0), (1, 6), (4, 4), (2, 7), (10, 3)])
def test_mcnemar_counts_every_way_in_which_pairs_can_fall(first, second):
    pairs = first + second
    ways = [sum(way) for way in product((0, 1), repeat=pairs)]
    as_far = sum(abs(2 * one - pairs) >= abs(first - second) for one in ways)
    assert mcnemar(first, second) == pytest.approx(as_far / 2**pairs)


@pytest.mark.parametrize("call", [lambda: wilson(1, 0), lambda: wilson(3, 2), lambda: wilson(1, 2, level=1.0), lambda: mcnemar(-1, 2)])
def test_what_is_no_count_is_refused(call):
    with pytest.raises(BroadsheetError):
        call()
