"""The softmax over a catalogue: value and gradients of the plain cross-entropy, blocks and all."""

import pytest
import torch
from torch.nn import functional

from broadsheet.core import softmax
from broadsheet.core.softmax import softmax_loss


@pytest.mark.parametrize("held", [7, 40, 10_000])
@pytest.mark.parametrize("weight", [1.0, 0.3])
def test_value_and_gradients_are_those_of_the_plain_cross_entropy(monkeypatch, held, weight):
    monkeypatch.setattr(softmax, "HELD", held)
    rng = torch.Generator().manual_seed(0)
    states, vectors = torch.randn(9, 4, generator=rng, dtype=torch.float64) * 3, torch.randn(13, 4, generator=rng, dtype=torch.float64)
    targets = torch.tensor([0, 3, 3, 12, 1, 5, 0, 7, 3])
    found = []
    for loss in (lambda a, b: functional.cross_entropy(a @ b.T, targets), lambda a, b: softmax_loss(a, b, targets)):
        one, other = states.clone().requires_grad_(), vectors.clone().requires_grad_()
        value = loss(one, other)
        (weight * value + one.sum()).backward()
        found.append((value.detach(), one.grad, other.grad))
    for plain, ours in zip(*found, strict=True):
        torch.testing.assert_close(ours, plain, rtol=1e-9, atol=1e-12)


def test_scores_of_any_size_leave_no_overflow():
    states = torch.tensor([[500.0], [-500.0]])
    assert float(softmax_loss(states, torch.tensor([[1.0], [-1.0]]), torch.tensor([0, 0]))) == pytest.approx(500.0)


def test_rounded_products_stay_near_and_are_the_gradients_of_what_was_rounded():
    rng = torch.Generator().manual_seed(1)
    states, vectors, targets = torch.randn(64, 32, generator=rng), torch.randn(200, 32, generator=rng) * 0.2, torch.arange(64)
    found = []
    for rounded in (None, torch.bfloat16):
        one, other = states.clone().requires_grad_(), vectors.clone().requires_grad_()
        value = softmax_loss(one, other, targets, rounded)
        value.backward()
        found.append((value.detach(), one.grad, other.grad))
    (value, of_states, of_vectors), (rough, of_rough_states, of_rough_vectors) = found
    assert float(rough) == pytest.approx(float(value), rel=1e-2)
    assert float(rough) != float(value)
    for exact, near in ((of_states, of_rough_states), (of_vectors, of_rough_vectors)):
        assert near.dtype == torch.float32
        assert float((near - exact).norm() / exact.norm()) < 0.02
