"""The model of all tasks: requests (a history, a query, or both) and items in one space, and semantic IDs generated from requests."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from broadsheet.core.backbones.modalities import Adapter
from broadsheet.core.backbones.trunk import PADDING, Trunk
from broadsheet.core.seeds import generator
from broadsheet.retrieve.model.depth import DepthDecoder
from broadsheet.retrieve.model.items import ItemTable
from broadsheet.retrieve.model.requests import Requests, Tokens, tokens

FUSED = "fused"
# Dropout of the generator's own trunk.
WRITING = 0.2
BLOCK = 512


class SearchModel(nn.Module):
    """Requests to states, items to vectors of the same space, states to semantic IDs.

    Where `served` is set, items are those vectors and the table is not asked. `views` of an item are one modality alone, or the gated sum of all.
    With `taste` a fused vector ends with what frozen encoders gave, at length 1, and a state with `taste` times the mean of these over the
    history: what is alike to all that a reader had scores more, and needs no learning. `adopt` gives items their semantic IDs: from then
    on an item's vector has the sum of its code embeddings, weighed by `share`. Where the generator reads `apart`, it has a trunk of its own,
    `writer`, to which an item of a history is its semantic ID alone: what it learns leaves the dense head as it is, and errs in other places.
    """

    def __init__(self, table: ItemTable, trunk: Trunk, features: int, *, cosine: bool, dropout: float = 0.0, taste: float = 0.0, seed: int = 0) -> None:
        super().__init__()
        self.taste = taste
        self.table, self.trunk, self.cosine = table, trunk, cosine
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(generator(seed, "search").integers(2**62)))
            self.query = Adapter(features, table.width, dropout)
        self.scale = nn.Parameter(torch.tensor(3.0))
        self.decoder: DepthDecoder | None = None
        self.writer: Trunk | None = None
        self.parts = nn.ModuleDict()
        self.served: torch.Tensor | None = None
        self.register_buffer("looks", table.directions() if taste else torch.zeros(len(table), 0), persistent=False)
        self.register_buffer("codes", torch.zeros(0, 0, dtype=torch.long), persistent=False)

    def adopt(
        self, codes: np.ndarray, decoder: DepthDecoder, attributes: int = 0, parts: Mapping[str, np.ndarray] | None = None, *, apart: bool = False
    ) -> None:
        """Take semantic IDs `[N, L]` and what generates them; `attributes` are how many there are to tell from an ID.

        `parts` are semantic IDs of single modalities, which have embeddings of their own.
        """
        self.decoder = decoder
        self.codes = torch.from_numpy(codes.astype(np.int64))
        self.share = nn.Parameter(torch.tensor(0.0))
        if apart:
            self.writer = Trunk(self.table.width, len(self.trunk.blocks), self.trunk.longest, WRITING, decoder.seed + 2)
        self.bias = nn.Parameter(torch.tensor(0.0))
        self.nothing = nn.Parameter(torch.zeros(self.table.width))
        self.told = nn.Linear(self.table.width, attributes) if attributes else None
        for name, of in (parts or {}).items():
            self.register_buffer(f"{name}_codes", torch.from_numpy(of + np.arange(of.shape[1]) * decoder.size), persistent=False)
            self.parts[name] = nn.EmbeddingBag(of.shape[1] * decoder.size, self.table.width, mode="sum")

    def view(self, name: str, rows: torch.Tensor | None = None, without: str = "") -> torch.Tensor:
        """Return items' vectors `[R, d]`: of one modality, or fused; these with `taste` `[R, d + C]`."""
        if name != FUSED:
            return self.table.modality(name, rows)
        if self.served is not None:
            return self.served if rows is None else self.served[rows]
        fused = self.table(rows, without)
        fused = fused if self.decoder is None else fused + self.share * self.sid_vectors(rows)
        return torch.cat([fused, self.looks if rows is None else self.looks[rows]], dim=1)

    @property
    def width(self) -> int:
        """Width of fused vectors and states."""
        return self.table.width + self.looks.shape[1]

    def sid_vectors(self, rows: torch.Tensor | None = None) -> torch.Tensor:
        """Return the sum of the code embeddings of items `[R, d]`. Raises RuntimeError before `adopt`."""
        if self.decoder is None:
            raise RuntimeError("items have no semantic IDs yet")
        return self.decoder.item_vectors(self.codes if rows is None else self.codes[rows])

    def part_vectors(self, name: str, rows: torch.Tensor) -> torch.Tensor:
        """Return the sum of the code embeddings of one modality's semantic IDs `[R, d]`."""
        return self.parts[name](self.get_buffer(f"{name}_codes")[rows])

    def products(self, states: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
        """Return scores `[P, N]`: products, or with `cosine` scaled cosines."""
        states, vectors = self.scaled(states, vectors)
        return states @ vectors.T

    def scaled(self, states: torch.Tensor, vectors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what is multiplied to scores."""
        if self.cosine:
            return functional.normalize(states, dim=1) * self.scale.exp(), functional.normalize(vectors, dim=1)
        return states, vectors

    def states(self, given: Tokens, name: str = FUSED, *, writing: bool = False) -> torch.Tensor:
        """Return states `[P, d]`, those of the generator if it is `writing`; the items of histories are shown by one view.

        States of the fused view have the width of its vectors.
        """
        seen, where = torch.unique(given.items, return_inverse=True)
        apart = self.writer if writing else None
        shown = self.view(name, seen) if apart is None else self.sid_vectors(seen)
        vectors = shown[:, : self.table.width][where].flatten(0, 1)
        if (given.layout.segment.flatten()[given.at] == PADDING).any():
            # A request of nothing is read at a token of padding, which must not be the first item of the catalogue.
            vectors = vectors * (given.layout.segment.flatten() != PADDING)[:, None]
        if len(given.query_at):
            vectors = vectors.index_copy(0, given.query_at, self.query(given.queries).to(vectors.dtype))
        states = (apart or self.trunk)(vectors.view(*given.items.shape, -1), given.layout).flatten(0, 1)[given.at]
        if writing or name != FUSED or not self.taste:
            return states
        return torch.cat([states, self.taste * self._leaning(given, shown[:, self.table.width :][where])[given.at]], dim=1)

    @staticmethod
    def _leaning(given: Tokens, looks: torch.Tensor) -> torch.Tensor:
        """Return at each place, the rows laid flat, the mean of what frozen encoders gave `[B, T, C]` for the items of its sequence up to it."""
        counted = (given.layout.segment != PADDING).flatten().float().index_fill(0, given.query_at, 0.0).view(given.items.shape)
        visible = given.layout.visible()[:, 0].float() * counted[:, None]
        return (visible @ looks / visible.sum(dim=2, keepdim=True).clamp(min=1)).flatten(0, 1)

    def read(self, requests: Requests, name: str = FUSED, *, writing: bool = False) -> np.ndarray:
        """Return the state of each request: `[U, d]` that of the generator if it is `writing`, or of one modality; else of the width of fused vectors."""
        found = []
        with torch.inference_mode():
            for start in range(0, len(requests.asks), BLOCK):
                rows = np.arange(start, min(start + BLOCK, len(requests.asks)))
                found.append(self.states(tokens(requests.rows(rows), self.trunk.longest), name, writing=writing).numpy())
        wide = self.width if name == FUSED and not writing else self.table.width
        return np.concatenate([np.zeros((0, wide), dtype=np.float32), *found])

    def items(self, name: str = FUSED, without: str = "") -> np.ndarray:
        """Return the vectors `[N, d]` of all items by one view; newcomers are in `served` alone."""
        if name == FUSED and self.served is not None and not without:
            return self.served.numpy()
        with torch.inference_mode():
            parts = [self.view(name, rows, without) for rows in torch.arange(len(self.table)).split(4 * BLOCK)]
            return torch.cat([torch.zeros(0, self.width if name == FUSED else self.table.width), *parts]).numpy()

    def scores(self, requests: Requests, name: str = FUSED, without: str = "") -> Iterator[np.ndarray]:
        """Yield scores `[B, N]` of all items, a block of requests at a time."""
        vectors = torch.from_numpy(self.items(name, without))
        states = torch.from_numpy(self.read(requests, name))
        with torch.inference_mode():
            for block in states.split(BLOCK):
                yield self.products(block, vectors).numpy()
