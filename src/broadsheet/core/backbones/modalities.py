"""Modalities of items as vectors of one width: attributes by their embeddings, frozen encoders' vectors through adapters."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from broadsheet.core.backbones.dropout import Dropout
from broadsheet.core.modality import Attributes, Content


class Adapter(nn.Module):
    """Vectors `[R, C]` of a frozen encoder to `[R, d]`: a linear map, and unless it is not `hidden` a hidden layer beside it."""

    def __init__(self, features: int, width: int, dropout: float, *, hidden: bool = True) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(features)
        self.direct = nn.Linear(features, width)
        self.hidden = hidden
        if hidden:
            self.wide, self.narrow = nn.Linear(features, 2 * width), nn.Linear(2 * width, width)
        self.dropout = Dropout(dropout)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Map vectors."""
        seen = self.dropout(self.norm(vectors))
        if not self.hidden:
            return self.direct(seen)
        return self.direct(seen) + self.narrow(self.dropout(functional.gelu(self.wide(seen))))


class Modalities(nn.Module):
    """A modality is the mean of its attributes' embeddings, or a frozen encoder's vector through an adapter.

    An item without one has that modality's learnt null, never zeros.
    """

    def __init__(
        self, items: int, width: int, attributes: Mapping[str, Attributes], contents: Mapping[str, Content], dropout: float = 0.0, *, hidden: bool = True
    ) -> None:
        super().__init__()
        self.names, self.width, self.count = (*attributes, *contents), width, items
        self.bags = nn.ModuleDict({name: nn.EmbeddingBag(max(1, len(said.names)), width, include_last_offset=True) for name, said in attributes.items()})
        self.adapters = nn.ModuleDict({name: Adapter(of.vectors.shape[1], width, dropout, hidden=hidden) for name, of in contents.items()})
        self.nulls = nn.ParameterDict({name: nn.Parameter(torch.randn(width) * 0.02) for name in self.names})
        for weight in self.bags.parameters():
            nn.init.normal_(weight, std=0.02)
        for name, said in attributes.items():
            self.register_buffer(f"{name}_values", torch.from_numpy(said.rows.values), persistent=False)
            self.register_buffer(f"{name}_begins", torch.from_numpy(said.rows.begins), persistent=False)
        for name, of in contents.items():
            self.register_buffer(f"{name}_vectors", torch.from_numpy(of.vectors.astype(np.float32)), persistent=False)
            self.register_buffer(f"{name}_present", torch.from_numpy(of.present), persistent=False)

    def __len__(self) -> int:
        return self.count

    def modality(self, name: str, rows: torch.Tensor | None = None) -> torch.Tensor:
        """Return one modality's vectors of all items, or of some `[R]`; the null where an item has none."""
        present = self.present(name, rows)
        if name in self.bags:
            values, begins = self.get_buffer(f"{name}_values"), self.get_buffer(f"{name}_begins")
            if rows is not None:
                values, begins = _picked(values, begins, rows)
            said = self.bags[name](values, begins)
        else:
            vectors = self.get_buffer(f"{name}_vectors")
            said = self.adapters[name](vectors if rows is None else vectors[rows])
        return torch.where(present[:, None], said, self.nulls[name])

    def present(self, name: str, rows: torch.Tensor | None = None) -> torch.Tensor:
        """Tell which items have a modality."""
        begins = self.get_buffer(f"{name}_begins") if name in self.bags else None
        there = begins[1:] > begins[:-1] if begins is not None else self.get_buffer(f"{name}_present")
        return there if rows is None else there[rows]

    def directions(self) -> torch.Tensor:
        """Return the vectors of all frozen encoders side by side `[N, C]`, each at length 1, or of zeros where an item has none."""
        parts = [functional.normalize(self.get_buffer(f"{name}_vectors"), dim=1) * self.get_buffer(f"{name}_present")[:, None] for name in self.adapters]
        return torch.cat([torch.zeros(self.count, 0), *parts], dim=1)

    def direction(self, contents: Mapping[str, np.ndarray]) -> torch.Tensor:
        """Return the same `[C]` of an item that is not in the table."""
        nothing = {name: np.zeros(self.get_buffer(f"{name}_vectors").shape[1]) for name in self.adapters}
        parts = [torch.as_tensor(np.asarray(contents.get(name, nothing[name])), dtype=torch.float32) for name in self.adapters]
        return torch.cat([torch.zeros(0), *(functional.normalize(part, dim=0) for part in parts)])


def _picked(values: torch.Tensor, begins: torch.Tensor, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the values and begins of some rows of a ragged table."""
    lengths = begins[rows + 1] - begins[rows]
    ends = torch.cumsum(lengths, dim=0)
    within = torch.arange(int(lengths.sum())) - torch.repeat_interleave(ends - lengths, lengths)
    return values[torch.repeat_interleave(begins[rows], lengths) + within], torch.cat([torch.zeros(1, dtype=ends.dtype), ends])
