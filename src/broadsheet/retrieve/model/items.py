"""Every item as one vector: its own embedding, and its modalities fused by a gate."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from broadsheet.core.backbones.modalities import Modalities
from broadsheet.core.modality import Attributes, Content
from broadsheet.core.seeds import generator


class ItemTable(Modalities):
    """Vectors `[N, d]` of all items: an embedding of its own (unless `own` is false) and modalities, weighed by a gate and added up.

    In training each modality of an item is hidden behind its null with chance `hidden`.
    """

    def __init__(
        self,
        items: int,
        width: int,
        attributes: Mapping[str, Attributes],
        contents: Mapping[str, Content],
        *,
        own: bool = True,
        hidden: float = 0.0,
        dropout: float = 0.0,
        seed: int = 0,
    ) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(generator(seed, "items").integers(2**62)))
            super().__init__(items, width, attributes, contents, dropout)
            self.hidden = hidden
            self.own = nn.Embedding(items, width) if own else None
            self.gate = nn.Linear(len(self.names) * width, len(self.names)) if len(self.names) > 1 else None
            if self.own:
                nn.init.normal_(self.own.weight, std=0.02)

    def gates(self, parts: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return the weight of each modality `[R, M]`; they add up to M."""
        if self.gate is None:
            return torch.ones(len(next(iter(parts.values()))), 1)
        return torch.softmax(self.gate(torch.cat([parts[name] for name in self.names], dim=1)), dim=1) * len(self.names)

    def forward(self, rows: torch.Tensor | None = None, without: str = "") -> torch.Tensor:
        """Return the vectors of all items, or of some `[R]`; `without` one modality, its null is in its place."""
        parts = {name: self._shown(name, self.modality(name, rows), without) for name in self.names}
        if not parts:
            return self._own(rows)
        return self._own(rows) + self._fused(parts)

    def said(self) -> torch.Tensor:
        """Return what the modalities say of all items `[N, d]`, their own embeddings left out."""
        return self._fused({name: self.modality(name) for name in self.names}) if self.names else torch.zeros(len(self), self.width)

    def newcomer(self, attributes: Mapping[str, Sequence[int]], contents: Mapping[str, np.ndarray]) -> torch.Tensor:
        """Return the vector `[d]` of an item that is not in the table, by its attributes' numbers and its contents' vectors; what is missing is null."""
        parts = {name: null[None] for name, null in self.nulls.items()}
        for name, numbers in attributes.items():
            if len(numbers):
                parts[name] = self.bags[name].weight[list(numbers)].mean(dim=0, keepdim=True)  # pyrefly: ignore
        for name, vector in contents.items():
            parts[name] = self.adapters[name](torch.from_numpy(np.asarray(vector, dtype=np.float32))[None])
        return self._fused(parts)[0] if parts else torch.zeros(self.width)

    def _fused(self, parts: Mapping[str, torch.Tensor]) -> torch.Tensor:
        weights = self.gates(parts)
        return torch.stack([weights[:, column, None] * parts[name] for column, name in enumerate(self.names)]).sum(dim=0)

    def _own(self, rows: torch.Tensor | None) -> torch.Tensor:
        if self.own is None:
            return torch.zeros(len(self) if rows is None else len(rows), self.width)
        return self.own.weight if rows is None else self.own(rows)

    def _shown(self, name: str, vectors: torch.Tensor, without: str) -> torch.Tensor:
        if name == without:
            return self.nulls[name].expand(len(vectors), -1)
        if not self.training or not self.hidden or len(self.names) < 2:
            return vectors
        return torch.where(torch.rand(len(vectors), 1) < self.hidden, self.nulls[name], vectors)
