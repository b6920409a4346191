"""How scores become slates: exact chances, and masks that hold whatever the scores are."""

from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from broadsheet.plan.policy.choice import Tier, best, first_entropy, gaussian_log_prob, gumbel, slate_log_prob

SCORES = torch.tensor([[0.3, -1.2, 2.0, 0.0]])


def by_hand(scores: np.ndarray, slate: tuple[int, ...]) -> float:
    """Return the chance of an ordered slate: one pick after the other, from what is left."""
    left, chance = list(range(len(scores))), 1.0
    for item in slate:
        weights = np.exp(scores[left])
        chance *= weights[left.index(item)] / weights.sum()
        left.remove(item)
    return chance


@pytest.mark.parametrize("slots", [1, 2, 3, 4])
def test_the_log_probability_of_a_slate_is_that_of_all_orders_counted_out(slots: int) -> None:
    slates = list(permutations(range(4), slots))
    expected = [by_hand(SCORES[0].double().numpy(), slate) for slate in slates]
    tier = torch.zeros(len(slates), 4, dtype=torch.int8)
    found = slate_log_prob(SCORES.expand(len(slates), -1), tier, torch.tensor(slates)).exp()
    assert np.allclose(found, expected, rtol=1e-5)
    assert float(found.sum()) == pytest.approx(1, abs=1e-5)


def test_a_slate_that_the_plan_cannot_fill_is_filled_from_outside_in_turn() -> None:
    tier = torch.tensor([[1, 0, 1, 2]], dtype=torch.int8)
    slates = torch.tensor([[1, 0, 2, -1], [1, 2, 0, -1]])
    found = slate_log_prob(SCORES.expand(2, -1), tier.expand(2, -1), slates).exp()
    first = np.exp(0.3) / (np.exp(0.3) + np.exp(2.0))
    assert np.allclose(found, [first, 1 - first], rtol=1e-5)
    assert best(SCORES, tier, 4).tolist() == [[1, 2, 0, -1]]


def test_noise_and_the_best_draw_slates_as_often_as_their_chance_says() -> None:
    draws = 20_000
    noise = gumbel(torch.from_numpy(np.random.default_rng(0).random((draws, 4), dtype=np.float32)))
    slates = best(SCORES + noise, torch.zeros(draws, 4, dtype=torch.int8), 2)
    for slate in permutations(range(4), 2):
        share = float((slates == torch.tensor(slate)).all(dim=1).float().mean())
        assert share == pytest.approx(by_hand(SCORES[0].double().numpy(), slate), abs=0.012)


@given(
    arrays.arrays(np.float32, (3, 9), elements=st.floats(-1e4, -1.0, width=32)),
    arrays.arrays(np.int8, (3, 9), elements=st.integers(0, 2)),
    st.integers(1, 12),
)
def test_no_score_however_low_lets_a_barred_candidate_in(scores: np.ndarray, tier: np.ndarray, slots: int) -> None:
    chosen = best(torch.from_numpy(scores), torch.from_numpy(tier), slots)
    finite = slate_log_prob(torch.from_numpy(scores), torch.from_numpy(tier), chosen)
    for row, kinds, log_prob in zip(chosen.tolist(), tier.tolist(), finite.tolist(), strict=True):
        picked = [kinds[place] for place in row if place >= 0]
        allowed = sum(kind == Tier.PLAN for kind in kinds)
        assert Tier.NEVER not in picked
        assert picked.count(Tier.PLAN) == min(allowed, slots) and picked == sorted(picked)
        assert len(picked) == min(slots, sum(kind != Tier.NEVER for kind in kinds)) and len(set(row) - {-1}) == len(picked)
        assert np.isfinite(log_prob) and log_prob <= 1e-3


def test_gradients_reach_no_candidate_that_is_barred_and_stay_finite() -> None:
    scores = SCORES.clone().requires_grad_()
    tier = torch.tensor([[0, 2, 0, 2]], dtype=torch.int8)
    (slate_log_prob(scores, tier, torch.tensor([[2, 0, -1]])) + first_entropy(scores, tier)).sum().backward()
    assert scores.grad is not None and torch.isfinite(scores.grad).all()
    assert scores.grad[0, 1] == scores.grad[0, 3] == 0


def test_the_density_of_a_drawn_vector_is_the_gaussian_one() -> None:
    factor = torch.tensor([[0.8, 0.0], [0.3, 0.5]])
    point, mean = torch.tensor([[0.2, -0.4]]), torch.tensor([[0.0, 0.1]])
    covariance = (factor @ factor.T).double().numpy()
    off = (point - mean).double().numpy()[0]
    expected = -0.5 * off @ np.linalg.inv(covariance) @ off - 0.5 * np.log(np.linalg.det(2 * np.pi * covariance))
    assert float(gaussian_log_prob(point, mean, factor)) == pytest.approx(expected, abs=1e-5)
