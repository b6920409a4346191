"""The decoder of semantic IDs: from a state, one code after the other."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from broadsheet.core.backbones.trunk import Layout, Trunk
from broadsheet.core.seeds import generator
from broadsheet.retrieve.decoding import Scorer


class DepthDecoder(nn.Module):
    """States `[P, d]` and the codes before to logits of the next code `[P, K]` (the depth transformer of Lee et al. 2022).

    The first place holds the state, each further one the code before it; the output matrix of a level is its code embeddings.
    """

    def __init__(self, width: int, levels: int, size: int, layers: int, dropout: float, seed: int = 0) -> None:
        super().__init__()
        self.levels, self.size, self.seed = levels, size, seed
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(generator(seed, "depth").integers(2**62)))
            self.codes = nn.Embedding(levels * size, width)
            self.state = nn.Linear(width, width)
            self.bias = nn.Parameter(torch.zeros(levels, size))
            nn.init.normal_(self.codes.weight, std=0.02)
        self.trunk = Trunk(width, layers, levels, dropout, seed + 1)

    def forward(self, states: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        """Return logits `[P, l + 1, K]` of the codes after each prefix of `codes` `[P, l]`, the empty one first."""
        levels = slice(0, codes.shape[1] + 1)
        return torch.einsum("pld,lkd->plk", self._hidden(self.state(states), codes), self._matrix()[levels]) + self.bias[levels]

    def next(self, started: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        """Return logits `[P, K]` of the code after `codes` `[P, l]`, where `started` `[P, d]` are states that `state` has mapped."""
        level = codes.shape[1]
        return self._hidden(started, codes, last=True)[:, 0] @ self._matrix()[level].T + self.bias[level]

    def _matrix(self) -> torch.Tensor:
        return self.codes.weight.view(self.levels, self.size, -1)

    def _hidden(self, started: torch.Tensor, codes: torch.Tensor, *, last: bool = False) -> torch.Tensor:
        given = codes.shape[1]
        rows = torch.cat([started[:, None], self.codes(codes + torch.arange(given) * self.size)], dim=1)
        layout = Layout(torch.zeros(rows.shape[:2], dtype=torch.long), torch.arange(given + 1).expand(len(rows), -1))
        return self.trunk(rows, layout, ends=torch.full((len(rows),), given) if last else None)

    def loss(self, states: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        """Return the mean cross-entropy of all codes `[P, L]`, each after those before it."""
        logits = self(states, codes[:, :-1])
        return functional.cross_entropy(logits.flatten(0, 1), codes.flatten())

    def item_vectors(self, codes: torch.Tensor) -> torch.Tensor:
        """Return the sum of each item's code embeddings, `[N, d]` of codes `[N, L]`."""
        return self.codes(codes + torch.arange(self.levels) * self.size).sum(dim=1)

    def scorer(self, states: np.ndarray) -> Scorer:
        """Return what a beam asks: logits of the next code for rows of states `[B, d]` and prefixes."""
        with torch.inference_mode():
            started = self.state(torch.from_numpy(states))

        def logits(rows: np.ndarray, prefixes: np.ndarray) -> np.ndarray:
            with torch.inference_mode():
                return self.next(started[torch.from_numpy(rows)], torch.from_numpy(prefixes)).numpy()

        return logits
