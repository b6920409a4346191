"""How scores become slates: exact chances, and masks that hold whatever the scores are."""

from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from broadsheet.plan.datasets.made import made
from broadsheet.plan.items import ItemTable
from broadsheet.plan.policy.choice import Tier, best, gaussian_log_prob
from broadsheet.plan.policy.slates import Given, Overlap, judged, pick

SCORES = torch.tensor([[0.3, -1.2, 2.0, 0.0]])
MEMBER = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 1, 1]], dtype=bool)
ITEMS = ItemTable(("a", "b", "c", "d"), ("A", "B", "C", "D"), ("x", "y", "z"), MEMBER, np.eye(4, dtype=np.float32))
ALL = torch.zeros(1, 4, dtype=torch.int8)


def asked(tier: torch.Tensor, count: int) -> Given:
    return Given(torch.arange(4).expand(count, -1), tier.expand(count, -1), Overlap(ITEMS))


def by_hand(scores: np.ndarray, slate: tuple[int, ...], beside: float) -> float:
    """Return the chance of an ordered slate: one pick after the other, from what is left, each worth less for what it shares with those before."""
    left, chance = list(range(len(scores))), 1.0
    shares = MEMBER / MEMBER.sum(axis=1, keepdims=True)
    for number, item in enumerate(slate):
        alike = shares @ shares[list(slate[:number])].sum(axis=0) / len(slate)
        weights = np.exp((scores - beside * alike)[left])
        chance *= weights[left.index(item)] / weights.sum()
        left.remove(item)
    return chance


@pytest.mark.parametrize("beside", [0.0, 1.5, -0.7])
@pytest.mark.parametrize("slots", [1, 2, 3, 4])
def test_the_log_probability_of_a_slate_is_that_of_all_orders_counted_out(slots: int, beside: float) -> None:
    slates = list(permutations(range(4), slots))
    expected = [by_hand(SCORES[0].double().numpy(), slate, beside) for slate in slates]
    found, entropy = judged(SCORES.expand(len(slates), -1), torch.full((len(slates),), beside), asked(ALL, len(slates)), torch.tensor(slates))
    assert np.allclose(found.exp(), expected, rtol=1e-5)
    assert float(found.exp().sum()) == pytest.approx(1, abs=1e-5)
    first = torch.softmax(SCORES[0], dim=0)
    assert float(entropy[0]) == pytest.approx(-float((first * first.log()).sum()), abs=1e-5)


def test_gradients_are_those_of_the_chances_counted_out() -> None:
    tier, slate = torch.tensor([[0, 2, 0, 1]], dtype=torch.int8), torch.tensor([[2, 0, 3, -1]])
    scores, beside = SCORES.double().requires_grad_(), torch.tensor([1.3], dtype=torch.float64, requires_grad=True)

    def value(scores: torch.Tensor, beside: torch.Tensor) -> torch.Tensor:
        alike = torch.from_numpy(MEMBER / MEMBER.sum(axis=1, keepdims=True))
        now = scores[0] - beside * (alike @ alike[2]) / 4
        # The plan holds 0 and 2; 3 stands outside it and is picked last, alone.
        first = torch.log_softmax(scores[0][[0, 2]], dim=0)
        return first[1] + (now[0] - now[[0]].logsumexp(0)) - 2 * (first.exp() * first).sum()

    expected = torch.autograd.grad(value(scores, beside), (scores, beside), allow_unused=True)
    single, weight = SCORES.clone().requires_grad_(), torch.tensor([1.3], requires_grad=True)
    log_prob, entropy = judged(single, weight, asked(tier, 1), slate)
    (log_prob + 2 * entropy).sum().backward()
    assert single.grad is not None
    assert weight.grad is not None
    assert expected[0] is not None
    assert torch.allclose(single.grad.double(), expected[0], atol=1e-5)
    assert float(weight.grad) == pytest.approx(0.0, abs=1e-6)


@given(st.integers(0, 2**16))
def test_gradients_are_the_differences_of_values(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, beside = torch.from_numpy(rng.normal(size=(1, 4)).astype(np.float32)).requires_grad_(), torch.tensor([0.8], requires_grad=True)
    slate = torch.from_numpy(rng.permutation(4)[None, :3])
    log_prob, _ = judged(scores, beside, asked(ALL, 1), slate)
    log_prob.sum().backward()
    held, order = scores.detach()[0].double().numpy(), tuple(slate[0].tolist())
    for place in range(4):
        step = np.eye(4)[place] * 1e-4
        rise = (np.log(by_hand(held + step, order, 0.8)) - np.log(by_hand(held - step, order, 0.8))) / 2e-4
        assert scores.grad is not None
        assert float(scores.grad[0, place]) == pytest.approx(rise, abs=1e-4)
    rise = (np.log(by_hand(held, order, 0.8001)) - np.log(by_hand(held, order, 0.7999))) / 2e-4
    assert beside.grad is not None
    assert float(beside.grad) == pytest.approx(rise, abs=1e-3)


def test_slates_are_drawn_as_often_as_their_chance_says() -> None:
    draws = 20_000
    uniform = torch.from_numpy(np.random.default_rng(0).random((draws, 2), dtype=np.float32))
    slates, log_prob = pick(SCORES.expand(draws, -1), torch.full((draws,), 1.5), asked(ALL, draws), 2, uniform)
    assert torch.allclose(log_prob, judged(SCORES.expand(draws, -1), torch.full((draws,), 1.5), asked(ALL, draws), slates)[0], atol=1e-5)
    for slate in permutations(range(4), 2):
        share = float((slates == torch.tensor(slate)).all(dim=1).float().mean())
        assert share == pytest.approx(by_hand(SCORES[0].double().numpy(), slate, 1.5), abs=0.012)


@given(
    arrays.arrays(np.float32, (3, 4), elements=st.floats(-1e4, -1.0, width=32)),
    arrays.arrays(np.int8, (3, 4), elements=st.integers(0, 2)),
    st.integers(1, 6),
    st.sampled_from([None, 1 - 2**-24]),
)
def test_no_score_however_low_lets_a_barred_candidate_in(scores: np.ndarray, tier: np.ndarray, slots: int, drawn: float | None) -> None:
    held, kinds = torch.from_numpy(scores), torch.from_numpy(tier)
    uniform = None if drawn is None else torch.full((3, slots), drawn)
    chosen, log_prob = pick(held, torch.ones(3), asked(kinds, 3), slots, uniform)
    for row, kind, value in zip(chosen.tolist(), tier.tolist(), log_prob.tolist(), strict=True):
        _obeys(row, kind, slots)
        assert np.isfinite(value)
        assert value <= 1e-2
    for row, kind in zip(best(held, kinds, slots).tolist(), tier.tolist(), strict=True):
        _obeys(row, kind, slots)


def _obeys(row: list[int], tier: list[int], slots: int) -> None:
    picked = [tier[place] for place in row if place >= 0]
    assert Tier.NEVER not in picked
    assert picked.count(Tier.PLAN) == min(tier.count(Tier.PLAN), slots)
    assert picked == sorted(picked)
    assert len(picked) == min(slots, 4 - tier.count(Tier.NEVER))
    assert len(set(row) - {-1}) == len(picked)


def test_likeness_is_the_same_with_and_without_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    items = made(4, 50, 6).material.items
    rows = torch.from_numpy(np.random.default_rng(0).integers(0, 50, size=(7, 9)))
    one = rows[:, 0]
    expected = np.einsum("lc,lnc->ln", items.weights[one], items.weights[rows])
    assert np.allclose(Overlap(items)(one, rows), expected, atol=1e-6)
    monkeypatch.setattr("broadsheet.plan.policy.slates.TABLE", 0)
    assert np.allclose(Overlap(items)(one, rows), expected, atol=1e-6)


def test_the_density_of_a_drawn_vector_is_the_gaussian_one() -> None:
    factor = torch.tensor([[0.8, 0.0], [0.3, 0.5]])
    point, mean = torch.tensor([[0.2, -0.4]]), torch.tensor([[0.0, 0.1]])
    covariance = (factor @ factor.T).double().numpy()
    off = (point - mean).double().numpy()[0]
    expected = -0.5 * off @ np.linalg.inv(covariance) @ off - 0.5 * np.log(np.linalg.det(2 * np.pi * covariance))
    assert float(gaussian_log_prob(point, mean, factor)) == pytest.approx(expected, abs=1e-5)
