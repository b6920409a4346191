"""Probability metrics against scikit-learn and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from broadsheet.core.errors import ConfigError, RecordError
from broadsheet.core.metrics import brier, brier_skill, calibration_error, reliability, top_decile_gap

MEASURES = (brier, brier_skill, calibration_error, top_decile_gap)
rows = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.35, 0.5, 0.9, 1.0]), st.integers(0, 1)), min_size=1, max_size=40)


def drawn(seed, n):
    """Distinct probabilities `[n]` and outcomes that follow them."""
    rng = np.random.default_rng(seed)
    chances = rng.random(n)
    return chances, (rng.random(n) < chances).astype(int)


@pytest.mark.parametrize("seed", range(5))
def test_brier_equals_scikit_learn(seed):
    chances, truths = drawn(seed, 200)
    assert brier(chances, truths) == pytest.approx(brier_score_loss(truths, chances))


@pytest.mark.parametrize("bins", [2, 5, 10])
def test_reliability_equals_scikit_learn(bins):
    chances, truths = drawn(1, 100)
    rate, mean = calibration_curve(truths, chances, n_bins=bins, strategy="quantile")
    table = reliability(chances, truths, bins)
    np.testing.assert_allclose(table.observed, rate)
    np.testing.assert_allclose(table.predicted, mean)
    assert calibration_error(chances, truths, bins) == pytest.approx(np.abs(rate - mean).mean())


@given(st.lists(st.integers(0, 1), min_size=2, max_size=60).filter(lambda truths: 0 < sum(truths) < len(truths)))
def test_a_constant_at_the_base_rate_has_exactly_no_skill(truths):
    rate = np.mean(truths)
    assert brier_skill(np.full(len(truths), rate), truths) == 0.0


def test_skill_is_one_when_right_and_negative_when_worse_than_the_base_rate():
    assert brier_skill([1, 0, 0], [1, 0, 0]) == 1
    assert brier_skill([0, 1, 1], [1, 0, 0]) == pytest.approx(1 - 1 / (2 / 9))


def test_skill_against_a_rate_known_beforehand():
    assert brier_skill([0.25, 0.25], [1, 0], base_rate=0.25) == 0
    assert brier_skill([0.9, 0.9], [1, 1], base_rate=0.5) == pytest.approx(1 - 0.01 / 0.25)


def test_outcomes_of_one_kind_have_no_skill_score():
    with pytest.raises(RecordError, match="All outcomes equal the base rate 1"):
        brier_skill([0.9, 0.8], [1, 1])


def test_bins_have_equal_mass_and_no_more_bins_than_predictions():
    assert reliability(*drawn(2, 103)).count.tolist() == [10, 10, 10, 11, 10, 10, 11, 10, 10, 11]
    assert reliability([0.2, 0.9], [0, 1], bins=10).count.tolist() == [1, 1]


def test_equal_predictions_share_their_mean_outcome_whatever_the_bin():
    table = reliability([0.5, 0.5, 0.5, 0.5], [1, 1, 0, 0], bins=2)
    assert table.observed.tolist() == [0.5, 0.5]
    assert calibration_error([0.7] * 4, [1, 1, 0, 0], bins=4) == pytest.approx(0.2)


def test_calibrated_predictions_have_a_small_error_and_shifted_ones_a_large_one():
    chances, truths = drawn(3, 20_000)
    assert calibration_error(chances, truths) < 0.02
    assert calibration_error(chances**3, truths) > 0.2


def test_top_decile_gap_reads_the_highest_tenth_alone():
    chances = [0.9, 0.7, *[0.1] * 18]
    assert top_decile_gap(chances, [1, 0, *[1] * 18]) == pytest.approx(0.3)
    assert top_decile_gap(chances[:10], [1] * 10) == pytest.approx(0.1)
    assert top_decile_gap(chances[:11], [1, 1, *[0] * 9]) == pytest.approx(0.2)


def test_top_decile_gap_of_a_constant_is_that_of_all():
    assert top_decile_gap([0.25] * 20, [1] * 10 + [0] * 10) == pytest.approx(0.25)


@given(rows, st.randoms())
def test_values_lie_between_0_and_1_whatever_the_order_of_the_rows(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    for measure in (brier, calibration_error, top_decile_gap):
        value = measure(*zip(*pairs, strict=True))
        assert 0 <= value <= 1
        assert measure(*zip(*shuffled, strict=True)) == pytest.approx(value, abs=1e-12)


@given(rows, st.integers(1, 12))
def test_bins_keep_the_mean_prediction_and_the_rate(pairs, bins):
    chances, truths = zip(*pairs, strict=True)
    count, mean, rate = reliability(chances, truths, bins)
    assert count.sum() == len(pairs)
    assert count.max() - count.min() <= 1
    assert (count * mean).sum() == pytest.approx(sum(chances))
    assert (count * rate).sum() == pytest.approx(sum(truths))


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("chances", "truths", "what"),
    [
        ([], [], "predictions have 0 entries"),
        ([0.5], [1, 0], "predictions 1, outcomes 2"),
        ([1.2], [1], "Entry 0 of predictions is 1.2"),
        ([np.nan], [1], "Entry 0 of predictions is nan"),
        ([0.5, 0.5], [1, 0.5], "Entry 1 of outcomes is 0.5"),
        ([0.5], [2], "Entry 0 of outcomes is 2"),
    ],
)
def test_wrong_data_are_an_error_of_two_lines(measure, chances, truths, what):
    with pytest.raises(RecordError, match=what) as caught:
        measure(chances, truths)
    assert len(str(caught.value).splitlines()) == 2


def test_no_bins_are_an_error():
    with pytest.raises(ConfigError, match="number of bins is 0"):
        reliability([0.5], [1], bins=0)
