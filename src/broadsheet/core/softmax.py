"""Cross-entropy over a whole catalogue, in less memory and time than its logits take."""

from typing import Any

import torch

# Logits that are held at once: few enough for a processor's caches, enough for its products to be fast.
HELD = 2**21


class _OverAll(torch.autograd.Function):
    """Products, softmax and both gradients, a block of rows at a time; the gradients are ready before they are asked for."""

    @staticmethod
    def forward(ctx: Any, states: torch.Tensor, vectors: torch.Tensor, targets: torch.Tensor, rounded: torch.dtype | None) -> torch.Tensor:
        """Return the sum over rows; with `rounded` what is multiplied is rounded to that number format, and sums over the catalogue are not."""
        factors, others = (states, vectors) if rounded is None else (states.to(rounded), vectors.to(rounded))
        of_states, of_vectors = torch.empty_like(states), torch.zeros_like(vectors)
        rows = max(1, HELD // max(1, len(vectors)))
        held = torch.empty(min(rows, len(states)), len(vectors), dtype=states.dtype)
        half = held if rounded is None else torch.empty_like(held, dtype=rounded)
        total = states.new_zeros(())
        for start in range(0, len(states), rows):
            block, own = factors[start : start + rows], targets[start : start + rows, None]
            products = torch.mm(block, others.T, out=half[: len(block)])
            logits = products if rounded is None else held[: len(block)].copy_(products)
            most = logits.amax(dim=1, keepdim=True)
            wanted = logits.gather(1, own)
            sums = logits.sub_(most).exp_().sum(dim=1, keepdim=True)
            total += (sums.log() + most - wanted).sum()
            chances = logits.div_(sums)
            chances.scatter_add_(1, own, chances.new_full(own.shape, -1.0))
            shares = chances if rounded is None else products.copy_(chances)
            of_states[start : start + rows] = shares @ others
            of_vectors += shares.T @ block
        ctx.save_for_backward(of_states, of_vectors)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None, None]:
        """Scale what was kept."""
        of_states, of_vectors = ctx.saved_tensors
        return of_states * gradients[0], of_vectors * gradients[0], None, None


def softmax_loss(states: torch.Tensor, vectors: torch.Tensor, targets: torch.Tensor, rounded: torch.dtype | None = None) -> torch.Tensor:
    """Return the mean cross-entropy of `targets` `[P]` among all rows of `vectors` `[N, d]` by their products with `states` `[P, d]`.

    The same value and gradients as `cross_entropy(states @ vectors.T, targets)`, without keeping `[P, N]`: gradients are made in the forward pass
    (as fused linear cross-entropies do), so there is no second derivative. With `rounded` products are of numbers in that format, as mixed precision has them.
    """
    return _OverAll.apply(states, vectors, targets, rounded) / len(states)
