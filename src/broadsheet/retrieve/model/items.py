"""Every item as one vector: its own embedding, its attributes, and its content."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from broadsheet.core.seeds import generator
from broadsheet.sources.interactions import Attributes


class Content(NamedTuple):
    """Vectors of items in one modality `[N, d]`, and which items have one `[N]`."""

    vectors: np.ndarray
    present: np.ndarray


class ItemTable(nn.Module):
    """Vectors `[N, d]` of all items: an embedding of its own, the mean of its attributes' embeddings, and each content projected.

    An item without a modality gets that modality's learnt null, never zeros. `new` items have no embedding of their own.
    """

    def __init__(self, items: int, width: int, attributes: Mapping[str, Attributes], contents: Mapping[str, Content], seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(generator(seed, "items").integers(2**62)))
            self.own = nn.Embedding(items, width)
            self.bags = nn.ModuleDict(
                {name: nn.EmbeddingBag(max(1, len(said.names)), width, mode="mean", include_last_offset=True) for name, said in attributes.items()}
            )
            self.projections = nn.ModuleDict({name: nn.Linear(of.vectors.shape[1], width) for name, of in contents.items()})
            self.nulls = nn.ParameterDict({name: nn.Parameter(torch.randn(width) * 0.02) for name in [*attributes, *contents]})
            for weight in [self.own.weight, *self.bags.parameters()]:
                nn.init.normal_(weight, std=0.02)
        for name, said in attributes.items():
            self.register_buffer(f"{name}_values", torch.from_numpy(said.rows.values), persistent=False)
            self.register_buffer(f"{name}_begins", torch.from_numpy(said.rows.begins), persistent=False)
        for name, of in contents.items():
            self.register_buffer(f"{name}_vectors", torch.from_numpy(of.vectors.astype(np.float32)), persistent=False)
            self.register_buffer(f"{name}_present", torch.from_numpy(of.present), persistent=False)
        self.register_buffer("fresh", torch.zeros(items, dtype=torch.bool))

    def forward(self) -> torch.Tensor:
        """Return all vectors."""
        own = self.own.weight
        total = torch.where(self.fresh[:, None], torch.zeros_like(own), own) if bool(self.fresh.any()) else own
        for name, bag in self.bags.items():
            begins = self.get_buffer(f"{name}_begins")
            said = bag(self.get_buffer(f"{name}_values"), begins)
            total = total + torch.where((begins[1:] > begins[:-1])[:, None], said, self.nulls[name])
        for name, projection in self.projections.items():
            shown = projection(self.get_buffer(f"{name}_vectors"))
            total = total + torch.where(self.get_buffer(f"{name}_present")[:, None], shown, self.nulls[name])
        return total
