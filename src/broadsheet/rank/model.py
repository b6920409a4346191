"""The model: items as tokens, a backbone that reads them in order, and scores of every item for what comes next."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import nn

from broadsheet.core.backbones.trunk import PADDING, Layout
from broadsheet.core.modality import Attributes, Content
from broadsheet.core.seeds import generator
from broadsheet.core.train import autocast
from broadsheet.rank.backbones import Reader, open_reader
from broadsheet.rank.batches import Packed, packed
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.mrc import SIZE, ItemTokenizer, Tokens
from broadsheet.rank.spae import PositionAwareness

# Items, and users, that are computed at once.
BLOCK = 4096
USERS = 1024
# Tokens that are read at once.
TOKENS = 8192


class SequenceModel(nn.Module):
    """Scores of items for what comes next: products of a state with what a second map makes of the same item tokens."""

    def __init__(self, config: RankerConfig, items: int, attributes: Mapping[str, Attributes], contents: Mapping[str, Content], *, seed: int = 0) -> None:
        super().__init__()
        self.config = config
        self.reader: Reader = open_reader(config, seed)
        width = self.reader.width
        own = config.own or not (attributes or contents)
        self.items = ItemTokenizer(
            items,
            width,
            attributes,
            contents,
            tokens=config.tokens_per_item,
            mixed=config.experts,
            shared=config.shared,
            own=own,
            forget=config.forget,
            blur=config.blur,
            prior=config.prior,
            hidden=config.hidden,
            dropout=config.dropout,
            seed=seed,
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(generator(seed, "ranker").integers(2**62)))
            self.aware = PositionAwareness(width, config.longest, places=config.places, gaps=config.gaps)
            self.shown = nn.Linear(width, width)
            with torch.no_grad():
                self.shown.weight.copy_(torch.eye(width))
                self.shown.bias.zero_()
            # What a language model is given has the size of its own words.
            self.size = nn.Parameter(torch.tensor(self.reader.spread)) if self.reader.pretrained else None
            self.scale = nn.Parameter(torch.tensor(1.0 if not self.reader.pretrained else width**-0.5))
        self.leaning = nn.Linear(width, width, bias=False) if config.taste is not None else None
        if self.leaning is not None:
            nn.init.eye_(self.leaning.weight).data.mul_(config.taste or 0.0)
        self.nothing = nn.Parameter(torch.zeros(width))

    @property
    def width(self) -> int:
        """Width of tokens and states."""
        return self.reader.width

    @property
    def tokens_an_item(self) -> float:
        """How many tokens an item of a history is, in the mean."""
        return float(self.items.tokens)

    def outputs(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return what states are multiplied with `[R, d]`, of item tokens `[R, k, d]`."""
        summed = vectors.sum(dim=1)
        made = self.shown(summed) * self.scale
        return torch.cat([made[:, :-1], summed[:, -1:] / SIZE], dim=1) if self.items.prior else made

    def ended(self, states: torch.Tensor) -> torch.Tensor:
        """Return states `[..., d]` that take each item's prior as it is: their last coordinate is 1, where items have such."""
        return torch.cat([states[..., :-1], torch.ones_like(states[..., -1:])], dim=-1) if self.items.prior else states

    def table(self, rows: torch.Tensor | None = None, without: str = "") -> tuple[torch.Tensor, torch.Tensor]:
        """Return tokens `[R, k, d]` and outputs `[R, d]` of all items, or of some, a block at a time; with gradients where they are wanted."""
        wanted = torch.arange(len(self.items)) if rows is None else rows
        parts = [self.items(block, without, blurred=True).vectors for block in wanted.split(BLOCK)]
        vectors = torch.cat([torch.zeros(0, self.items.tokens, self.width), *parts])
        return vectors, self.outputs(vectors)

    def inputs(self, vectors: torch.Tensor, position: torch.Tensor, gaps: torch.Tensor) -> torch.Tensor:
        """Return what the backbone is given `[B, T * k, d]` for item tokens `[B, T, k, d]` at places and gaps `[B, T]`."""
        placed = vectors + torch.as_tensor(self.aware(position, gaps)).unsqueeze(-2) if self.aware.index is not None or self.aware.gaps is not None else vectors
        placed = placed.flatten(1, 2)
        if self.size is not None:
            placed = placed * self.size * torch.rsqrt(placed.square().mean(dim=-1, keepdim=True) + 1e-6)
        return placed

    def states(self, given: Packed, vectors: torch.Tensor) -> torch.Tensor:
        """Return the state at every token `[E, d]`, from the tokens `[B, T, k, d]` of the items; where items are several tokens, at the last of each."""
        layout, tokens = given.layout, self.items.tokens
        fed = self.inputs(vectors, layout.position, given.gaps)
        found = self.reader(fed, self._of_tokens(layout))[:, tokens - 1 :: tokens]
        if self.leaning is not None:
            return self.ended(found.flatten(0, 1)[given.at] + self.leaned(self.mean(given, vectors)))
        return self.ended(found.flatten(0, 1)[given.at])

    def last_states(self, given: Packed, vectors: torch.Tensor) -> torch.Tensor:
        """Return the state after each sequence `[B, d]`, for less than all states cost; each sequence has a row of its own."""
        fed = self.inputs(vectors, given.layout.position, given.gaps)
        found = self.reader.at_ends(fed, self._of_tokens(given.layout), given.lengths * self.items.tokens - 1)
        if self.leaning is None:
            return self.ended(found)
        there = given.layout.segment != PADDING
        return self.ended(found + self.leaned((vectors.sum(dim=2) * there[..., None]).sum(dim=1) / given.lengths[:, None]))

    def _of_tokens(self, layout: Layout) -> Layout:
        """Return where tokens lie, of the layout of items."""
        tokens = self.items.tokens
        if tokens == 1:
            return layout
        steps = torch.arange(tokens)
        return Layout(layout.segment.repeat_interleave(tokens, dim=1), (layout.position[..., None] * tokens + steps).flatten(1))

    @staticmethod
    def mean(given: Packed, vectors: torch.Tensor) -> torch.Tensor:
        """Return the mean `[E, d]`, at each token, of the item tokens `[B, T, k, d]` up to it."""
        visible = given.layout.visible()[:, 0].to(vectors.dtype)
        return (visible @ vectors.sum(dim=2) / visible.sum(dim=2, keepdim=True)).flatten(0, 1)[given.at]

    def leaned(self, mean: torch.Tensor, whole: torch.Tensor | None = None) -> torch.Tensor | float:
        """Return what the mean of a history's item tokens `[..., d]` adds to its state; a part of one is measured by the `whole`."""
        if self.leaning is None:
            return 0.0
        size = (mean if whole is None else whole).square().mean(dim=-1, keepdim=True)
        return self.leaning(mean * torch.rsqrt(size + 1e-8))

    def read(self, rows: Sequence[np.ndarray], times: Sequence[np.ndarray] | None, vectors: torch.Tensor) -> torch.Tensor:
        """Return the state after each history `[U, d]`, of items by their rows in `vectors` `[N, k, d]`; of nothing, a learnt state."""
        found = self.ended(self.nothing.detach()).expand(len(rows), -1).clone()
        asked = sorted((number for number, row in enumerate(rows) if len(row)), key=lambda number: len(rows[number]))
        with torch.inference_mode():
            for some in _alike(asked, [len(rows[number]) for number in asked]):
                given = packed(
                    [rows[number] for number in some], None if times is None else [times[number] for number in some], len(rows[some[-1]]), alone=True
                )
                found[some] = self.last_states(given, vectors[given.items]).float()
        return found

    def scores(self, rows: Sequence[np.ndarray], times: Sequence[np.ndarray] | None = None, without: str = "") -> Iterator[np.ndarray]:
        """Yield scores `[B, N]` of all items, a block of users at a time; histories are read in the number format that this machine trains in."""
        with torch.inference_mode():
            vectors, outputs = self.table(without=without)
            for start in range(0, len(rows), USERS):
                some = slice(start, start + USERS)
                with autocast():
                    states = self.read(rows[some], None if times is None else times[some], vectors)
                yield (states @ outputs.T).numpy()


def _alike(numbers: Sequence[int], lengths: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield runs of `numbers`, whose histories grow in length, each of about so many tokens that little of its rows is padding."""
    start = 0
    for place, length in enumerate(lengths):
        if length * (place + 1 - start) > TOKENS and place > start:
            yield numbers[start:place]
            start = place
    if start < len(numbers):
        yield numbers[start:]


def tokens_of(model: SequenceModel, given: Packed) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, Tokens]:
    """Return a batch's different items `[V]`, for each place `[B, T]` its row among them, item tokens `[B, T, k, d]`, and the tokens of the items."""
    seen, where = torch.unique(given.items, return_inverse=True)
    made = model.items(seen)
    vectors = made.vectors[where] * (given.layout.segment != PADDING)[..., None, None]
    return seen, where, vectors, made
