"""NanoMLLM: a small frozen vision tower, a projector, and the first layers of a small language model."""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from PIL import Image
from torch import nn

from broadsheet.core.backbones.protocol import Backbone, Sight
from broadsheet.core.seeds import generator


class NanoMLLM(Backbone):
    """Tokens of a tower (`[B, T, C]`, T a square) through a normalised two-layer projector into a text decoder.

    The tower stays frozen and evaluated; a `Sight` that it has seen already can be kept and given again.
    """

    sees: ClassVar[bool] = True

    def __init__(self, tower: Any, text: Backbone, seed: int = 0) -> None:
        super().__init__(f"NanoMLLM ({tower.name}, {tower.tokens} tokens; {text.name})", text.tokenizer, text.table(), text.width, seed)
        self.tower = tower
        self.text = text
        text.marked = nn.Parameter(text.marked[:0].detach(), requires_grad=False)
        self.projector = _projector(tower.channels, self.width, float(text.table().weight.detach().std()), seed)

    def table(self) -> nn.Embedding:
        """Return the vocabulary's embedding."""
        return self.text.table()

    def see(self, images: Sequence[Image.Image]) -> Sight:
        """Bring pictures to the tower's size."""
        side = round(self.tower.tokens**0.5)
        return Sight(self.tower.preprocess(list(images)), ((side, side),) * len(images))

    def look(self, sight: Sight) -> Sight:
        """Run the tower."""
        self.count_look(len(sight.grids))
        seen = self.tower(sight.pixels)
        return Sight(seen.reshape(-1, seen.shape[-1]), sight.grids, seen=True)

    def project(self, seen: torch.Tensor) -> tuple[torch.Tensor, Sequence[torch.Tensor]]:
        """Project the tower's tokens `[T, C]` to the decoder's width."""
        return self.projector(seen), ()

    def decode(
        self, embedded: torch.Tensor, mask: torch.Tensor | None, positions: torch.Tensor, deep: Sequence[torch.Tensor], at: torch.Tensor
    ) -> torch.Tensor:
        """Run the decoder."""
        return self.text.decode(embedded, mask, positions, deep, at)


def _projector(channels: int, width: int, scale: float, seed: int) -> nn.Sequential:
    """Return the projector, its output at first of the size of the vocabulary's rows."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(generator(seed, "projector").integers(2**62)))
        size = nn.LayerNorm(width, bias=False)
        made = nn.Sequential(nn.LayerNorm(channels), nn.Linear(channels, width), nn.GELU(), nn.Linear(width, width), size)
    nn.init.constant_(size.weight, scale)
    return made
