"""The head that brings what the tower sees into the space of texts, and the contrast it is trained by."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from broadsheet.core.backbones.dropout import Dropout
from broadsheet.core.contrast import LossConfig, Owners, info_nce
from broadsheet.core.metrics import own_ranks
from broadsheet.core.seeds import generator
from broadsheet.core.train import Stage


class ImageHead(nn.Module):
    """Features `[B, C]` to unit vectors `[B, 384]`: a hidden layer, and a linear map beside it."""

    def __init__(self, features: int, hidden: int, width: int, dropout: float, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(generator(seed, "head").integers(2**62)))
            self.norm = nn.LayerNorm(features)
            self.inner, self.outer = nn.Linear(features, hidden), nn.Linear(hidden, width)
            self.direct = nn.Linear(features, width, bias=False)
        self.dropout = Dropout(dropout)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return unit vectors."""
        seen = self.dropout(self.norm(features))
        return functional.normalize(self.outer(self.dropout(functional.gelu(self.inner(seen)))) + self.direct(seen), dim=-1)


class Pairs(NamedTuple):
    """What a head is trained on: for each picture several views and several captions.

    `views` `[N, V, C]`; `captions` `[N, P, 384]` unit; `family` `[N]` and `text` `[N, P]` number what is no negative of what.
    """

    views: np.ndarray
    captions: np.ndarray
    family: np.ndarray
    text: np.ndarray


class Batches:
    """Draws pictures without repeats, one view and one caption of each; what a batch holds follows from its generator."""

    def __init__(self, pairs: Pairs, weights: Sequence[float]) -> None:
        self.pairs = pairs
        self.weights = np.asarray(weights) / np.sum(weights)

    def __call__(self, stage: Stage, step: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor, Owners]:
        """Return features `[B, C]`, captions `[B, 384]`, and whose they are."""
        del step
        rows = rng.choice(len(self.pairs.views), min(stage.batch, len(self.pairs.views)), replace=False)
        view = rng.integers(self.pairs.views.shape[1], size=len(rows))
        caption = rng.choice(self.pairs.captions.shape[1], size=len(rows), p=self.weights)
        owners = Owners.of(self.pairs.family[rows].tolist(), [0] * len(rows), self.pairs.text[rows, caption].tolist())
        return torch.from_numpy(self.pairs.views[rows, view]), torch.from_numpy(self.pairs.captions[rows, caption]), owners


def contrast(temperature: float) -> Any:
    """Return the loss of a batch: InfoNCE in both directions, family and identical text masked."""
    config = LossConfig(temperature=temperature)

    def loss(head: ImageHead, batch: tuple[torch.Tensor, torch.Tensor, Owners]) -> torch.Tensor:
        features, captions, owners = batch
        return info_nce(head(features), captions, owners, config).loss

    return loss


def recalls(queries: np.ndarray, targets: np.ndarray) -> Mapping[str, float]:
    """Return recall at 1, 5 and 10.

    >>> recalls(np.eye(3), np.eye(3))["recall@1"]
    1.0
    """
    found = own_ranks(queries @ targets.T)
    return {f"recall@{k}": float(np.mean(found < k)) for k in (1, 5, 10)}
