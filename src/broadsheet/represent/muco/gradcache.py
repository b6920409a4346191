"""GradCache: the gradients of one large contrastive batch, in the memory of a small one, exact with dropout on."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

Encode = Callable[[Any], torch.Tensor]
Loss = Callable[[torch.Tensor], torch.Tensor]


def cached_backward(encode: Encode, chunks: Sequence[Any], loss: Loss) -> torch.Tensor:
    """Leave in the parameters the gradients of `loss(concatenated encodings)`; return the loss.

    Every chunk is encoded without gradients, the loss is taken over all rows `[M, d]`, and every chunk is encoded again
    with the gradient of its rows (Gao et al. 2021, section 3). The state of the random generator is kept for each chunk and
    played again, so that dropout hides the same both times: without that the gradients are of something else.
    """
    states, encoded = [], []
    with torch.no_grad():
        for chunk in chunks:
            states.append(_random_state())
            encoded.append(encode(chunk))
    after = _random_state()
    rows = torch.cat(encoded)
    rows.requires_grad = True
    value = loss(rows)
    (gradient,) = torch.autograd.grad(value, rows)
    parts = gradient.split([len(part) for part in encoded])
    for chunk, state, part in zip(chunks, states, parts, strict=True):
        _set_random_state(state)
        encode(chunk).backward(part)
    _set_random_state(after)
    return value.detach()


def _random_state() -> list[torch.Tensor]:
    return [torch.random.get_rng_state(), *(torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [])]


def _set_random_state(state: list[torch.Tensor]) -> None:
    torch.random.set_rng_state(state[0])
    if len(state) > 1:
        torch.cuda.set_rng_state_all(state[1:])
