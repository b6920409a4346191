"""How scores become slates, with the exact log-probability of each: Plackett-Luce over candidates, or a Gaussian over the scoring vector."""

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


def gumbel(uniform: Tensor) -> Tensor:
    """Return Gumbel noise of chances in [0, 1): the best of scores with it are a draw without replacement (Kool et al. 2019)."""
    return -torch.log(-torch.log(uniform.clamp(1e-12, 1 - 6e-8)))


def slate_log_prob(scores: Tensor, tier: Tensor, chosen: Tensor) -> Tensor:
    """Return the log-probability `[L]` of ordered slates `[L, k]` under Plackett-Luce by scores `[L, N]`.

    Each pick is one among the candidates of its own tier that are left: the plan's first, then, where it has too few, those outside. Empty slots (-1) say nothing.
    The sum over what is left is that over all never picked, and those picked later: nothing is subtracted, so nothing cancels.
    """
    there = chosen >= 0
    at = chosen.clamp(min=0)
    picked, kind = scores.gather(1, at), tier.gather(1, at).masked_fill(~there, Tier.NEVER)
    width = scores.shape[1]
    taken = torch.zeros(len(scores), width + 1, dtype=torch.bool).scatter_(1, chosen.masked_fill(~there, width), True)[:, :width]
    left = scores.masked_fill(taken | (tier != Tier.PLAN), BARRED).logsumexp(dim=1, keepdim=True)
    if bool((kind == Tier.OUTSIDE).any()):
        outside = scores.masked_fill(taken | (tier != Tier.OUTSIDE), BARRED).logsumexp(dim=1, keepdim=True)
        left = torch.where(kind == Tier.OUTSIDE, outside, left)
    slots = chosen.shape[1]
    after = torch.ones(slots, slots, dtype=torch.bool).triu() & (kind[:, :, None] == kind[:, None, :])
    later = picked[:, None, :].expand(-1, slots, -1).masked_fill(~after, BARRED).logsumexp(dim=2)
    return torch.where(there, picked - torch.logaddexp(later, left), 0.0).sum(dim=1)


def first_entropy(scores: Tensor, tier: Tensor) -> Tensor:
    """Return the entropy of the first pick `[L]`, nats: that of whole slates has no closed form."""
    shown = torch.where((tier == Tier.PLAN).any(dim=1, keepdim=True), tier == Tier.PLAN, tier == Tier.OUTSIDE)
    logs = torch.log_softmax(scores.masked_fill(~shown, BARRED), dim=1)
    return -(logs.exp() * logs).sum(dim=1)


def gaussian_log_prob(drawn: Tensor, mean: Tensor, factor: Tensor) -> Tensor:
    """Return the log-density `[L]` of drawn vectors `[L, m]` about means `[L, m]`; `factor` is the lower Cholesky factor of the covariance."""
    return torch.distributions.MultivariateNormal(mean, scale_tril=factor, validate_args=False).log_prob(drawn)
