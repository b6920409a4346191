"""Losses of retrieval: one item asked for among the others of a batch."""

from collections.abc import Sequence

import torch
from torch.nn import functional


def in_batch(asked: torch.Tensor, given: torch.Tensor, owners: torch.Tensor, scale: torch.Tensor | float, *, both: bool = True) -> torch.Tensor:
    """Return InfoNCE of `asked` `[P, d]` with `given` `[P, d]` on cosines times `scale`; rows with the same owner `[P]` are no negatives.

    With `both` the mean of the two directions.

    >>> rows = torch.eye(2)
    >>> round(float(in_batch(rows, rows, torch.tensor([0, 0]), 1.0)), 4)
    0.0
    """
    scores = scale * functional.normalize(asked, dim=1) @ functional.normalize(given, dim=1).T
    same = owners[:, None] == owners[None]
    same.fill_diagonal_(fill_value=False)
    scores = scores.masked_fill(same, -torch.inf)
    own = torch.arange(len(scores))
    there = functional.cross_entropy(scores, own)
    return (there + functional.cross_entropy(scores.T, own)) / 2 if both else there


def matched(scores: torch.Tensor, truths: torch.Tensor) -> torch.Tensor:
    """Return the binary cross-entropy of scores `[P]`."""
    return functional.binary_cross_entropy_with_logits(scores, truths)


def total(parts: Sequence[tuple[float, torch.Tensor]]) -> torch.Tensor:
    """Return the weighted sum of losses."""
    return torch.stack([weight * value for weight, value in parts]).sum()
