"""What a policy makes of a session so far: a recurrent state, or attention over the items shown and how each was met."""

from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional


class Look(NamedTuple):
    """What is seen before rounds `[..., m]`: a summary of the last slate, the rows of its items `[..., k]` (-1 where none) and whether each was liked `[..., k]` (1, 0, -1)."""

    summary: Tensor
    rows: Tensor
    liked: Tensor


class Network(Protocol):
    """Turns what was seen into states `[..., H]`, all rounds of sessions at once, or round by round."""

    def forward(self, looks: Look, vectors: Tensor) -> Tensor:
        """Return the states of all rounds `[B, T, H]`; no round sees a later one."""
        ...

    def begin(self, count: int, horizon: int) -> Any:
        """Return the memory of `count` sessions of which nothing was seen."""
        ...

    def step(self, memory: Any, look: Look, step: Tensor, vectors: Tensor) -> Tensor:
        """Return the states `[B, H]` of one round, and take it into the memory; a session at step 0 begins anew."""
        ...


class Recurrent(nn.Module):
    """A GRU (Cho et al. 2014) over the summaries of slates: a round costs the same however long the session is."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.read, self.cell = nn.Linear(inputs, width), nn.GRU(width, width, batch_first=True)

    def forward(self, looks: Look, vectors: Tensor) -> Tensor:
        """Return the states of all rounds `[B, T, H]`."""
        del vectors
        return self.cell(torch.tanh(self.read(looks.summary)))[0]

    def begin(self, count: int, horizon: int) -> Tensor:
        """Return the memory of sessions: their states `[B, H]`."""
        del horizon
        return torch.zeros(count, self.cell.hidden_size)

    def step(self, memory: Tensor, look: Look, step: Tensor, vectors: Tensor) -> Tensor:
        """Return the states `[B, H]` of one round."""
        del vectors
        before = memory.masked_fill((step == 0)[:, None], 0.0)
        state = self.cell(torch.tanh(self.read(look.summary))[:, None], before[None])[0][:, 0]
        memory.copy_(state)
        return state


class Attentive(nn.Module):
    """A transformer over the items of earlier slates, each with its response, and one place a round that reads them: LERL's encoder (section 3.3), small.

    A round attends to itself and to earlier ones, in both directions within a slate: the order of a slate says nothing. Round by round all is read anew.
    """

    def __init__(self, inputs: int, width: int, vectors: int, layers: int = 2, heads: int = 2, horizon: int = 64) -> None:
        super().__init__()
        self.read, self.item, self.response = nn.Linear(inputs, width), nn.Linear(vectors, width), nn.Embedding(3, width)
        self.place = nn.Embedding(horizon + 1, width)
        self.layers = nn.ModuleList(nn.TransformerEncoderLayer(width, heads, 2 * width, 0.0, batch_first=True, norm_first=True) for _ in range(layers))
        self.heads = heads

    def forward(self, looks: Look, vectors: Tensor) -> Tensor:
        """Return the states of all rounds `[B, T, H]`."""
        count, rounds, slots = looks.rows.shape
        items = self.item(functional.embedding(looks.rows.clamp(min=0), vectors)) + self.response(looks.liked.long() + 1)
        places = self.place(torch.arange(rounds).clamp(max=self.place.num_embeddings - 1))
        tokens = torch.cat([self.read(looks.summary)[:, :, None], items], dim=2) + places[:, None]
        there = torch.cat([torch.ones(count, rounds, 1, dtype=torch.bool), looks.rows >= 0], dim=2).reshape(count, 1, -1)
        turn = torch.arange(rounds).repeat_interleave(slots + 1)
        # What an item's place makes of itself is harmless where nothing is there: a row of attention is never empty.
        seen = (turn[:, None] >= turn[None, :]) & (there | torch.eye(len(turn), dtype=torch.bool))
        barred = torch.zeros(seen.shape).masked_fill(~seen, -torch.inf).repeat_interleave(self.heads, dim=0)
        states = tokens.reshape(count, len(turn), -1)
        for layer in self.layers:
            states = layer(states, src_mask=barred)
        return states.reshape(count, rounds, slots + 1, -1)[:, :, 0]

    def begin(self, count: int, horizon: int) -> dict[str, Tensor]:
        """Return the memory of sessions: all looks so far."""
        return {"horizon": torch.tensor(horizon), "count": torch.tensor(count)}

    def step(self, memory: dict[str, Tensor], look: Look, step: Tensor, vectors: Tensor) -> Tensor:
        """Return the states `[B, H]` of one round."""
        count, rounds = len(step), int(memory["horizon"]) + 1
        for name, value in look._asdict().items():
            held = memory.setdefault(name, torch.full((count, rounds, value.shape[1]), 0 if value.is_floating_point() else -1, dtype=value.dtype))
            held[torch.arange(count), step] = value
        until = int(step.max()) + 1
        states = self.forward(Look(*(memory[name][:, :until] for name in Look._fields)), vectors)
        return states[torch.arange(count), step]
