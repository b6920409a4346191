"""Which candidates may be picked and which are the best of them; the density of scoring vectors that a Gaussian draws."""

from enum import IntEnum

import torch
from torch import Tensor
from torch.nn import functional

BARRED = -1e30
"""What is added to the score of a candidate that may not be picked: exp of it is 0, whatever the sign of the others."""


class Tier(IntEnum):
    """Where a candidate stands: within the plan, outside it (picked only where the plan leaves slots empty), or never to be picked."""

    PLAN = 0
    OUTSIDE = 1
    NEVER = 2


def best(keys: Tensor, tier: Tensor, count: int) -> Tensor:
    """Return the places of the candidates of the greatest keys `[L, N]`, best first `[L, count]`; -1 where there is none.

    Candidates outside the plan stand behind all within it, however large their keys are.

    >>> best(torch.tensor([[-5.0, 3.0, -7.0]]), torch.tensor([[0, 1, 0]]), 2).tolist()
    [[0, 2]]
    >>> best(torch.tensor([[-5.0, 3.0, -7.0]]), torch.tensor([[0, 1, 2]]), 3).tolist()
    [[0, 1, -1]]
    """
    width = min(count, keys.shape[1])
    values, places = keys.masked_fill(tier != Tier.PLAN, -torch.inf).topk(width, dim=1)
    empty = torch.isinf(values)
    lacking = empty.any(dim=1).nonzero().squeeze(1)
    if len(lacking):
        more = keys[lacking].masked_fill(tier[lacking] != Tier.OUTSIDE, -torch.inf).topk(width, dim=1)
        gap = empty[lacking]
        turn = (gap.cumsum(dim=1) - 1).clamp(min=0)
        found = more.indices.gather(1, turn).masked_fill(torch.isinf(more.values.gather(1, turn)), -1)
        places[lacking] = torch.where(gap, found, places[lacking])
    return functional.pad(places, (0, count - width), value=-1)


def gaussian_log_prob(drawn: Tensor, mean: Tensor, factor: Tensor) -> Tensor:
    """Return the log-density `[L]` of drawn vectors `[L, m]` about means `[L, m]`; `factor` is the lower Cholesky factor of the covariance."""
    return torch.distributions.MultivariateNormal(mean, scale_tril=factor, validate_args=False).log_prob(drawn)
