"""The vision tower that installs offline: EfficientNet-Lite0, trained on ImageNet."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image
from torch import nn

from broadsheet.core.packages import EFFICIENTNET

NAME = EFFICIENTNET.what

SIDE = 224
BLOCKS = 16
# The block after which maps are 14 x 14 and 112 channels deep; the next one halves them.
MIDDLE = 10
CHANNELS = {49: 1280, 196: 112}
Tokens = Literal[49, 196]


class EfficientNetLite0(nn.Module):
    """EfficientNet-Lite0 (Tan and Le 2019, without squeeze and excitation) as a tower of 49 or 196 tokens.

    49 tokens are the 7 x 7 maps before pooling, 1280 deep; 196 are the 14 x 14 maps, 112 deep, at two thirds of the cost.
    Batch normalisation is folded into the convolutions, so the tower is the same in training and in use; it is frozen until
    `train_from`. Raises MissingExtraError where the weights are not installed and WeightsError where they are not the known ones.
    """

    def __init__(self, tokens: Tokens = 49) -> None:
        super().__init__()
        if tokens not in CHANNELS:
            raise ValueError(f"{NAME} gives 49 or 196 tokens, not {tokens}")
        self.name, self.tokens, self.channels = NAME, tokens, CHANNELS[tokens]
        net = _loaded(EFFICIENTNET.path())
        self.stem, self.act = _folded(net._conv_stem, net._bn0), nn.ReLU6()
        self.blocks = nn.ModuleList(net._blocks)
        for block in net._blocks:
            for conv, norm in (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")):
                if hasattr(block, conv):
                    setattr(block, conv, _folded(getattr(block, conv), getattr(block, norm)))
                    setattr(block, norm, nn.Identity())
        self.head = _folded(net._conv_head, net._bn1)
        self.requires_grad_(requires_grad=False)
        self.to(memory_format=torch.channels_last)  # pyrefly: ignore
        self.eval()

    def preprocess(self, images: Sequence[Image.Image]) -> torch.Tensor:
        """Bring RGB pictures to `[B, 3, 224, 224]`: fitted into the square whole, what is left of it white."""
        if not images:
            return torch.zeros(0, 3, SIDE, SIDE)
        pixels = np.stack([np.asarray(_squared(image)) for image in images])
        return (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() - 127.0) / 128.0

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return tokens `[B, T, C]` in reading order of `[B, 3, 224, 224]`."""
        maps = self.middle(pixels)
        return (maps if self.tokens == 196 else self.last(maps)).flatten(2).transpose(1, 2)

    def pooled(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return the mean of the last maps, `[B, 1280]`."""
        return self.last(self.middle(pixels)).mean(dim=(2, 3))

    def middle(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return the maps `[B, 112, 14, 14]`."""
        maps = self.act(self.stem(pixels.contiguous(memory_format=torch.channels_last)))
        for block in self.blocks[: MIDDLE + 1]:
            maps = block(maps)
        return maps

    def last(self, maps: torch.Tensor) -> torch.Tensor:
        """Return the maps `[B, 1280, 7, 7]` from those of `middle`."""
        for block in self.blocks[MIDDLE + 1 :]:
            maps = block(maps)
        return self.act(self.head(maps))

    def train_from(self, block: int) -> list[str]:
        """Let the blocks from this one on (0 to 15; 16 the head alone) be trained; return the parameters' names."""
        if not 0 <= block <= BLOCKS:
            raise ValueError(f"{NAME} has blocks 0 to {BLOCKS - 1}, not {block}")
        parts = [*(f"blocks.{number}." for number in range(block, BLOCKS)), "head."]
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(any(name.startswith(part) for part in parts))
        return [name for name, parameter in self.named_parameters() if parameter.requires_grad]


def _loaded(path: Path) -> Any:
    from efficientnet_lite_pytorch import EfficientNet

    net = EfficientNet.from_name("efficientnet-lite0")
    # The file is pickled: only tensors are read from it.
    net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True), strict=True)
    return net.eval()


def _folded(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """Return the convolution that gives what the two give one after the other, with fixed statistics."""
    return nn.utils.fusion.fuse_conv_bn_eval(convolution, norm)


def _squared(image: Image.Image) -> Image.Image:
    scale = SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    square = Image.new("RGB", (SIDE, SIDE), "white")
    square.paste(image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0), ((SIDE - size[0]) // 2, (SIDE - size[1]) // 2))
    return square
