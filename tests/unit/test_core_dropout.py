"""Dropout: as much is left out as was said, what stays is larger, and draws are those of the seed."""

import pytest
import torch

from broadsheet.core.backbones.dropout import Dropout


@pytest.mark.parametrize("share", [0.1, 0.45, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_share_is_left_out_and_the_mean_stays(share, dtype):
    torch.manual_seed(0)
    found = Dropout(share)(torch.ones(401, 501, dtype=dtype))
    assert found.dtype == dtype
    assert float((found == 0).float().mean()) == pytest.approx(share, abs=0.005)
    assert sorted(found.unique().tolist()) == pytest.approx([0.0, 1 / (1 - share)], rel=0.01)
    assert float(found.float().mean()) == pytest.approx(1.0, abs=0.02)


def test_neighbours_are_left_out_independently():
    torch.manual_seed(0)
    found = Dropout(0.5)(torch.ones(40_000)) == 0
    for apart in (1, 2, 3, 4):
        assert float((found[apart:] & found[:-apart]).float().mean()) == pytest.approx(0.25, abs=0.01)


def test_the_seed_repeats_it_and_gradients_are_left_out_alike():
    x = torch.ones(1001, requires_grad=True)
    torch.manual_seed(3)
    found = Dropout(0.3)(x)
    found.sum().backward()
    torch.manual_seed(3)
    assert torch.equal(Dropout(0.3)(x), found)
    assert torch.equal(x.grad, found)


def test_nothing_is_left_out_when_nothing_is_learnt():
    x = torch.randn(7)
    assert torch.equal(Dropout(0.5).eval()(x), x)
    assert torch.equal(Dropout(0.0)(x), x)
