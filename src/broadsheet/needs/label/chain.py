"""A linear chain over words: how well each tag fits a word, by its features and its vector, and how well each follows another."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from broadsheet.needs.label.pieces import Read
from broadsheet.needs.label.tokens import BEGINS, GOES_ON

NEVER = -1e4
# Vectors are heard more softly than words: they have many axes, and each has a weight.
GAIN = 0.1


class Pieces(NamedTuple):
    """Word pieces of texts as a model reads them: ids and what is there `[B, P]`, and each token's share of each `[B, T, P]`."""

    ids: torch.Tensor
    there: torch.Tensor
    shares: torch.Tensor


class Batch(NamedTuple):
    """Texts `[B]` of at most T tokens: features of all tokens, one after the other, and where each token's begin; vectors, or the pieces to make them of.

    `tags` `[B, T]` are 0 beyond a text's end, `lengths` `[B]` at least 1.
    """

    features: torch.Tensor
    begins: torch.Tensor
    lengths: torch.Tensor
    tags: torch.Tensor
    vectors: torch.Tensor | None = None
    pieces: Pieces | None = None


def batch_of(texts: Sequence[Read]) -> Batch:
    """Return texts as one batch: with the vectors that stand still where all have them, else with the pieces to make them of, if any."""
    longest = max(len(one.tokens) for one in texts)
    flat = [token for one in texts for token in one.features]
    begins = np.cumsum([0, *(len(token) for token in flat)])[:-1]
    tags = torch.zeros(len(texts), longest, dtype=torch.long)
    for row, one in enumerate(texts):
        tags[row, : len(one.tags)] = torch.tensor(one.tags)
    lengths = torch.tensor([len(one.tokens) for one in texts])
    batch = Batch(torch.tensor([number for token in flat for number in token], dtype=torch.long), torch.from_numpy(begins), lengths, tags)
    still = [one.vectors for one in texts if one.vectors is not None]
    if len(still) < len(texts):
        return batch._replace(pieces=pieces_of(texts)) if all(one.cut is not None for one in texts) else batch
    vectors = torch.zeros(len(texts), longest, still[0].shape[1])
    for row, one in enumerate(still):
        vectors[row, : len(one)] = torch.from_numpy(one)
    return batch._replace(vectors=vectors)


def pieces_of(texts: Sequence[Read]) -> Pieces:
    """Return the pieces of texts that were cut."""
    cuts = [one.cut for one in texts if one.cut is not None]
    widest, longest = max(len(one.ids) for one in cuts), max(len(one.tokens) for one in texts)
    ids, there = torch.zeros(len(cuts), widest, dtype=torch.long), torch.zeros(len(cuts), widest, dtype=torch.long)
    shares = torch.zeros(len(cuts), longest, widest)
    for row, one in enumerate(cuts):
        ids[row, : len(one.ids)], there[row, : len(one.ids)] = torch.tensor(one.ids), 1
        shares[row, : one.shares.shape[0], : one.shares.shape[1]] = torch.from_numpy(one.shares)
    return Pieces(ids, there, shares)


class Chain(nn.Module):
    """A conditional random field (Lafferty, McCallum and Pereira 2001) over tags, of `features` features; `encoder` gives vectors of so much `width`."""

    def __init__(self, features: int, tags: Sequence[str], width: int = 0, encoder: Any = None) -> None:
        super().__init__()
        self.words = nn.EmbeddingBag(max(1, features), len(tags), mode="sum")
        self.meaning = nn.Linear(width, len(tags), bias=False) if width else None
        self.first = nn.Parameter(torch.zeros(len(tags)))
        self.next = nn.Parameter(torch.zeros(len(tags), len(tags)))
        self.encoder = encoder
        nn.init.zeros_(self.words.weight)
        if self.meaning is not None:
            nn.init.zeros_(self.meaning.weight)
        goes_on = [tag.startswith(GOES_ON) for tag in tags]
        bars = [[NEVER * (on and before[len(BEGINS) :] != tag[len(BEGINS) :]) for tag, on in zip(tags, goes_on, strict=True)] for before in tags]
        self.register_buffer("bars", torch.tensor(bars), persistent=False)
        self.register_buffer("first_bars", NEVER * torch.tensor(goes_on, dtype=torch.float32), persistent=False)

    def read(self, pieces: Pieces) -> torch.Tensor:
        """Return vectors of tokens `[B, T, d]`: the mean of those of their pieces."""
        states = self.encoder(input_ids=pieces.ids, attention_mask=pieces.there).last_hidden_state.float()
        return torch.bmm(pieces.shares, states)

    def fits(self, batch: Batch) -> torch.Tensor:
        """Return how well each tag fits each token `[B, T, C]`."""
        rows, longest = batch.tags.shape
        summed = self.words(batch.features, batch.begins)
        there = torch.arange(longest) < batch.lengths[:, None]
        fit = summed.new_zeros(rows, longest, summed.shape[1])
        fit[there] = summed
        vectors = self.read(batch.pieces) if batch.pieces is not None else batch.vectors
        return fit if self.meaning is None or vectors is None else fit + self.meaning(GAIN * vectors).float()

    def follows(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return how well each tag stands first `[C]`, and after each other `[C, C]`."""
        return self.first + self.first_bars, self.next + self.bars

    def loss(self, batch: Batch) -> torch.Tensor:
        """Return the mean negative log-likelihood of the tags of a text."""
        fit = self.fits(batch)
        first, follow = self.follows()
        there = torch.arange(fit.shape[1]) < batch.lengths[:, None]
        own = fit.gather(2, batch.tags[:, :, None])[:, :, 0] * there
        steps = follow[batch.tags[:, :-1], batch.tags[:, 1:]] * there[:, 1:]
        told = first[batch.tags[:, 0]] + own.sum(dim=1) + steps.sum(dim=1)
        ways = first + fit[:, 0]
        for place in range(1, fit.shape[1]):
            onward = torch.logsumexp(ways[:, :, None] + follow, dim=1) + fit[:, place]
            ways = torch.where(there[:, place, None], onward, ways)
        return (torch.logsumexp(ways, dim=1) - told).mean()

    def norm(self) -> torch.Tensor:
        """Return the sum of squares of all weights but the encoder's."""
        return sum((weight.square().sum() for name, weight in self.named_parameters() if not name.startswith("encoder")), torch.zeros(()))

    @torch.no_grad()
    def best(self, batch: Batch) -> list[list[int]]:
        """Return the likeliest tags of each text (Viterbi 1967)."""
        fit = self.fits(batch)
        first, follow = self.follows()
        ways, back = first + fit[:, 0], []
        alike = torch.arange(fit.shape[2]).expand(len(fit), -1)
        for place in range(1, fit.shape[1]):
            score, before = (ways[:, :, None] + follow).max(dim=1)
            goes_on = (place < batch.lengths)[:, None]
            ways = torch.where(goes_on, score + fit[:, place], ways)
            back.append(torch.where(goes_on, before, alike))
        tag = ways.argmax(dim=1)
        path = [tag]
        for before in reversed(back):
            tag = before.gather(1, tag[:, None])[:, 0]
            path.append(tag)
        rows = torch.stack(path[::-1], dim=1).tolist()
        return [row[:length] for row, length in zip(rows, batch.lengths.tolist(), strict=True)]
