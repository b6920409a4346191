"""Sequential position awareness: where an item stands and how long after the one before, and losses that make states remember it."""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

DAY = 86_400.0
# Buckets of the time since the item before: 0 where it is not known, then powers of four from a minute on.
GAPS = 14
# Buckets of the distance between two items: powers of two.
DISTANCES = 6
# So many of the first items of a sequence are asked for.
EARLIEST = 5
# A sequence shorter than this has no order to ask for.
SHORTEST = 6


def gap_buckets(times: torch.Tensor, first: torch.Tensor) -> torch.Tensor:
    """Return the bucket of the time since the event before, for times `[E]` in seconds of sequences one behind the other, `first` `[E]` of which begin one.

    >>> gap_buckets(torch.tensor([0.0, 30.0, 86430.0]), torch.tensor([True, False, False])).tolist()
    [0, 1, 6]
    """
    since = torch.diff(times, prepend=times[:1]).clamp(min=0)
    bucket = 1 + torch.floor(torch.log2((since / 60).clamp(min=1)) / 2).clamp(max=GAPS - 2)
    return torch.where(first, 0, bucket).long()


class Proxies(NamedTuple):
    """What a state is asked for: the logit that the first of two items came before the second, of each bucket of distance, and whether they did."""

    order: torch.Tensor
    before: torch.Tensor
    distance: torch.Tensor
    bucket: torch.Tensor


class PositionAwareness(nn.Module):
    """Embeddings of places and gaps, to be added to item tokens, and heads that read order, distance and the earliest items out of states (Speeder, SPAE)."""

    def __init__(self, width: int, longest: int, *, places: bool = True, gaps: bool = True) -> None:
        super().__init__()
        self.index = nn.Embedding(longest, width) if places else None
        self.gaps = nn.Embedding(GAPS, width) if gaps else None
        for table in (self.index, self.gaps):
            if table is not None:
                nn.init.normal_(table.weight, std=0.02)
        self.pair = nn.Sequential(nn.Linear(3 * width, width), nn.GELU(), nn.Linear(width, 1 + DISTANCES))
        self.earliest = nn.Linear(width, EARLIEST * width)

    def forward(self, position: torch.Tensor, gap: torch.Tensor) -> torch.Tensor | float:
        """Return what is added to tokens at places and gaps `[B, T]`."""
        index = self.index(position) if self.index is not None else 0.0
        return index + (self.gaps(gap) if self.gaps is not None else 0.0)

    def pairs(self, state: torch.Tensor, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        """Return logits `[R, 1 + DISTANCES]` for two items `[R, d]` seen by a state `[R, d]`: order, which turns with the two, and distance, which does not."""
        there, back = self.pair(torch.cat([state, one, other], dim=1)), self.pair(torch.cat([state, other, one], dim=1))
        return torch.cat([there[:, :1] - back[:, :1], there[:, 1:] + back[:, 1:]], dim=1)

    def asked(self, states: torch.Tensor, vectors: torch.Tensor, items: torch.Tensor, begins: torch.Tensor, lengths: torch.Tensor) -> Proxies | None:
        """Ask states `[E, d]` for the order and distance of two items before them; tokens `[E]` of sequences one behind the other, `vectors` `[E, d]`.

        One question for each sequence of at least four items, from a place in its second half; pairs of one item twice are left out.
        """
        long = lengths >= SHORTEST
        if not bool(long.any()):
            return None
        begin, length = begins[long], lengths[long]
        half = length // 2
        reader = half + (torch.rand(len(length)) * (length - half)).long()
        one = (torch.rand(len(length)) * (reader + 1)).long()
        other = (one + 1 + (torch.rand(len(length)) * reader).long()) % (reader + 1)
        kept = items[begin + one] != items[begin + other]
        begin, reader, one, other = begin[kept], reader[kept], one[kept], other[kept]
        if not len(begin):
            return None
        logits = self.pairs(states[begin + reader], vectors[begin + one], vectors[begin + other])
        bucket = torch.log2((one - other).abs().float()).floor().clamp(max=DISTANCES - 1).long()
        return Proxies(logits[:, 0], (one < other).float(), logits[:, 1:], bucket)

    def recalled(self, states: torch.Tensor, table: torch.Tensor, begins: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor | None:
        """Return logits `[Q, V]` of the first items, read at the end of each sequence among the batch's items `table` `[V, d]`; None where all are short.

        Of each sequence the first places are asked for, one after the other: `first_items` are the answers.
        """
        long = lengths >= SHORTEST
        if not bool(long.any()):
            return None
        asked = self.earliest(states[begins[long] + lengths[long] - 1]).view(-1, EARLIEST, states.shape[1])
        return asked.flatten(0, 1) @ table.T

    @staticmethod
    def first_items(where: torch.Tensor, begins: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Return the rows of the first items `[Q]` that `recalled` asks for."""
        begin = begins[lengths >= SHORTEST]
        return where[begin[:, None] + torch.arange(EARLIEST)].flatten()


def proxy_losses(asked: Proxies | None, recalled: torch.Tensor | None, first: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return the losses by name."""
    losses = {}
    if asked is not None:
        losses["order"] = functional.binary_cross_entropy_with_logits(asked.order, asked.before)
        losses["distance"] = functional.cross_entropy(asked.distance, asked.bucket)
    if recalled is not None:
        losses["earliest"] = functional.cross_entropy(recalled, first)
    return losses
