"""The model of choice and the reader's own machine: planted weights, oracles, calibration."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from broadsheet.core.choice import Day, fit_choice
from broadsheet.core.metrics import brier_skill, top_decile_gap
from broadsheet.report.ranker.machine import fit_machine

TRUE = np.array([1.5, -1.0, 0.0])


def days(count: int, seed: int, size: int = 12) -> list[Day]:
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        x = rng.normal(size=(size, 3))
        chance = np.exp(x @ TRUE)
        taken = np.zeros(size)
        taken[rng.choice(size, p=chance / chance.sum())] = 1
        found.append(Day(x, taken))
    return found


def test_planted_weights_are_found():
    choice = fit_choice(days(1500, 0), ["a", "b", "c"], penalty=1e-6)
    assert choice.weights / choice.deviation == pytest.approx(TRUE, abs=0.15)


def test_no_other_weights_near_by_are_better():
    seen = days(60, 1)
    choice = fit_choice(seen, ["a", "b", "c"], penalty=1e-2)

    def loss(w):
        parts = [
            np.log(np.exp((d.signals - choice.mean) / choice.deviation @ w).sum()) - ((d.signals - choice.mean) / choice.deviation @ w) @ d.taken for d in seen
        ]
        return np.mean(parts) + 1e-2 * w @ w

    best = loss(choice.weights)
    rng = np.random.default_rng(0)
    assert all(loss(choice.weights + step) >= best for step in rng.normal(scale=0.05, size=(200, 3)))


def test_a_choice_between_two_is_a_logistic_regression_on_their_difference():
    seen = days(200, 6, size=2)
    choice = fit_choice(seen, ["a", "b", "c"], penalty=1e-2)
    differences = np.array([(d.signals[0] - d.signals[1]) / choice.deviation for d in seen])
    oracle = LogisticRegression(C=1 / (2 * 1e-2 * len(seen)), fit_intercept=False, tol=1e-10).fit(differences, [d.taken[0] for d in seen])
    assert choice.weights == pytest.approx(oracle.coef_[0], abs=1e-3)


def test_papers_taken_on_one_day_share_its_weight():
    x = np.random.default_rng(0).normal(size=(40, 5, 3))
    both = [Day(signals, np.array([1.0, 1, 0, 0, 0])) for signals in x]
    each = [Day(signals, taken) for signals in x for taken in (np.eye(5)[0], np.eye(5)[1])]
    assert fit_choice(both, ["a", "b", "c"]).weights == pytest.approx(fit_choice(each, ["a", "b", "c"]).weights, abs=1e-4)


def test_units_of_signals_do_not_matter():
    seen, scale, shift = days(100, 7), np.array([1e3, 1e-3, 1.0]), np.array([5.0, 0.0, -2.0])
    plain, scaled = fit_choice(seen, ["a", "b", "c"]), fit_choice([Day(d.signals * scale + shift, d.taken) for d in seen], ["a", "b", "c"])
    assert scaled.utility(seen[0].signals * scale + shift) == pytest.approx(plain.utility(seen[0].signals), abs=1e-3)


def test_a_signal_that_never_varied_has_no_say():
    seen = [Day(np.column_stack([d.signals, np.full(len(d.taken), np.log(0.95))]), d.taken) for d in days(100, 8)]
    choice = fit_choice(seen, ["a", "b", "c", "constant"])
    changed = seen[0].signals + np.eye(4)[3]
    assert choice.utility(changed) == pytest.approx(choice.utility(seen[0].signals), abs=1e-6)


def test_chances_hold_on_days_never_seen():
    choice = fit_choice(days(800, 2), ["a", "b", "c"])
    fresh = days(800, 3)
    predicted = np.concatenate([choice.probability(choice.utility(d.signals)) for d in fresh])
    taken = np.concatenate([d.taken for d in fresh])
    assert top_decile_gap(predicted, taken) < 0.05
    assert brier_skill(predicted, taken) > 0.2
    assert predicted.mean() == pytest.approx(taken.mean(), abs=0.01)


def test_days_without_a_choice_teach_nothing():
    seen = days(50, 4)
    nothing = [Day(np.ones((5, 3)) * 9, np.zeros(5)), Day(np.ones((5, 3)) * 9, np.ones(5))]
    first, second = fit_choice(seen, ["a", "b", "c"]), fit_choice([*seen, *nothing], ["a", "b", "c"])
    assert np.array_equal(first.weights, second.weights)
    assert second.days == 50


def test_equal_papers_have_equal_chances_and_an_empty_day_none():
    choice = fit_choice(days(50, 5), ["a", "b", "c"])
    chances = choice.probability(choice.utility(np.zeros((4, 3))))
    assert np.ptp(chances) == 0
    assert len(choice.probability(np.zeros(0))) == 0
    assert np.isfinite(choice.probability(np.zeros(1))).all()


def test_the_machine_is_a_weighed_ridge_with_a_free_bias():
    rng = np.random.default_rng(0)
    own, others = rng.normal(loc=0.5, size=(4, 6)), rng.normal(size=(20, 6))
    x = np.vstack([own, others])
    fresh = rng.normal(size=(5, 6))
    machine = fit_machine(x @ x.T, 4, ridge=0.3)
    side, weight = np.repeat([1.0, -1.0], [4, 20]), np.repeat([24 / 8, 24 / 40], [4, 20])
    oracle = Ridge(alpha=0.3).fit(x, side, sample_weight=weight)
    assert machine(fresh @ x.T) == pytest.approx(oracle.predict(fresh), abs=1e-8)


@pytest.mark.parametrize("own", [0, 3])
def test_with_one_side_alone_nothing_is_told_apart(own):
    assert fit_machine(np.eye(3), own)(np.ones((2, 3))).tolist() == [0.0, 0.0]
