"""Dropout that costs little on a processor."""

import torch
from torch import nn

# Values of a draw of 16 bits, of which a word of 64 holds four.
DRAWS, WORD = 2**16, 4


class Dropout(nn.Module):
    """In training each number is nothing with chance `share`, to a 65,536th, and the others are as much larger; otherwise nothing changes.

    The same as `nn.Dropout`, whose draws took a fifth of a training step: here four come of one word. Draws are those of `torch.manual_seed`.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.limit = round(share * DRAWS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return `x`, some of it left out."""
        if not self.training or not self.limit:
            return x
        words = torch.empty(-(-x.numel() // WORD), dtype=torch.int64).random_(-(2**63), None)
        draws = words.view(torch.int16)[: x.numel()].view(x.shape)
        return x * (draws >= self.limit - DRAWS // 2).to(x.dtype).mul_(DRAWS / (DRAWS - self.limit))


__all__ = ["Dropout"]
