"""A small causal transformer over vectors of any kind, several sequences behind one another in a row."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from broadsheet.core.backbones.dropout import Dropout
from broadsheet.core.seeds import generator

HEAD = 32
# Rows of up to so many places are attended to in float32 in training: for such, gradients in bfloat16 took five times as long.
SHORT = 512
PADDING = -1


class Layout(NamedTuple):
    """Where sequences lie in rows `[B, T]`: the number of the sequence in its row (-1 for padding), and the place within the sequence."""

    segment: torch.Tensor
    position: torch.Tensor

    @property
    def alone(self) -> bool:
        """Whether each row holds one sequence from its first place on, and padding behind it: then to look back is all that is to be said."""
        return bool(((self.segment == self.segment[:, :1]) | (self.segment == PADDING)).all())

    def visible(self) -> torch.Tensor:
        """Return `[B, 1, T, T]`: whether the place of a row may look at that of a column; each looks at its own sequence, and back."""
        same = self.segment[:, :, None] == self.segment[:, None, :]
        return (same & torch.ones(same.shape[1:], dtype=torch.bool).tril()).unsqueeze(1)


class Places(NamedTuple):
    """For each sequence its row and where it begins there; and how many rows there are."""

    row: np.ndarray
    start: np.ndarray
    rows: int


def pack(lengths: Sequence[int] | np.ndarray, room: int) -> Places:
    """Lay sequences in the order given into rows of `room` places, a new row where the last one has no room.

    Raises ValueError for a sequence longer than a row.

    >>> pack([3, 2, 4], 5).row.tolist()
    [0, 0, 1]
    """
    row, start = np.zeros(len(lengths), dtype=np.int64), np.zeros(len(lengths), dtype=np.int64)
    used, rows = room, 0
    for number, length in enumerate(np.asarray(lengths).tolist()):
        if length > room:
            raise ValueError(f"a sequence of {length} does not fit a row of {room}")
        if used + length > room:
            rows, used = rows + 1, 0
        row[number], start[number] = rows - 1, used
        used += length
    return Places(row, start, rows)


class Turns(NamedTuple):
    """Rotary positions (Su et al. 2021): cosines and sines `[..., HEAD / 2]`."""

    cos: torch.Tensor
    sin: torch.Tensor

    @classmethod
    def of(cls, position: torch.Tensor) -> "Turns":
        """Return the turns of places `[B, T]`, to be laid over all heads `[B, 1, T, HEAD / 2]`."""
        rates = 10_000.0 ** (-torch.arange(0, HEAD, 2) / HEAD)
        angles = position[:, None, :, None] * rates
        return cls(angles.cos(), angles.sin())

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Turn `[B, heads, T, HEAD]`: the product of two such vectors tells how far apart they are, not where."""
        first, second = x.chunk(2, dim=-1)
        return torch.cat([first * self.cos - second * self.sin, second * self.cos + first * self.sin], dim=-1).to(x.dtype)


class Memory(NamedTuple):
    """What attention keeps of tokens: keys and values `[layers, 2, B, heads, S, HEAD]`, and which of the places hold one `[B, S]`."""

    held: torch.Tensor
    there: torch.Tensor


class _Block(nn.Module):
    """Attention and a feed-forward layer, each after a normalisation and beside a residual path."""

    def __init__(self, width: int, dropout: float, attended: float) -> None:
        super().__init__()
        self.attended = attended
        self.before, self.within = nn.LayerNorm(width), nn.LayerNorm(width)
        self.taken, self.given = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.dropout = Dropout(dropout)

    def forward(
        self, x: torch.Tensor, visible: torch.Tensor | None, turns: Turns | None = None, past: torch.Tensor | None = None, *, ends: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return `[B, T, d]`, or of the places `ends` `[B]` alone `[B, 1, d]`, and the keys and values `[2, B, heads, T, HEAD]` of these tokens.

        Each place sees what `visible` says, or where it is None all before it in its row.
        """
        rows, places, width = x.shape
        seen = self.before(x)
        causal = visible is None and ends is None
        if ends is not None:
            at = torch.arange(rows)
            asked = functional.linear(seen[at, ends], self.taken.weight[:width], self.taken.bias[:width])
            parts = functional.linear(seen, self.taken.weight[width:], self.taken.bias[width:])
            x = x[at, ends][:, None]
            visible = (torch.arange(places) <= ends[:, None])[:, None, None] if visible is None else visible[at, :, ends][:, :, None]
            turned = turns and Turns(turns.cos[at, :, ends][:, :, None], turns.sin[at, :, ends][:, :, None])
        else:
            taken = self.taken(seen)
            asked, parts, turned = taken[..., :width], taken[..., width:], turns
        asked = asked.reshape(rows, -1, width // HEAD, HEAD).transpose(1, 2)
        own = parts.view(rows, places, 2, width // HEAD, HEAD).permute(2, 0, 3, 1, 4)
        if turns is not None and turned is not None:
            asked = turned(asked)
            own = torch.stack([turns(own[0]), own[1]])
        keys, values = own if past is None else torch.cat([past.to(own.dtype), own], dim=3)
        dropped = self.attended if self.training else 0.0
        exact = asked.requires_grad and places <= SHORT
        if exact:
            asked, keys, values = asked.float(), keys.float(), values.float()
        with torch.autocast("cpu", enabled=torch.is_autocast_enabled("cpu") and not exact):
            found = functional.scaled_dot_product_attention(asked, keys, values, attn_mask=visible, dropout_p=dropped, is_causal=causal)
        x = x + self.dropout(self.given(found.transpose(1, 2).reshape(rows, -1, width)))
        return x + self.dropout(self.narrow(self.dropout(functional.gelu(self.wide(self.within(x)))))), own


class Trunk(nn.Module):
    """Vectors `[B, T, d]` to hidden states `[B, T, d]`: each sees its own sequence up to itself (Kang and McAuley 2018, with pre-norm).

    `longest` bounds the places of a sequence; `width` is a multiple of 32. Places are told by learnt embeddings, with `rotary` by turning
    keys and queries; with `places` false by nothing. With `attended` false no attention is dropped, for that keeps fast kernels from long rows.
    Weights begin with so much `spread`.
    """

    def __init__(
        self,
        width: int,
        layers: int,
        longest: int,
        dropout: float = 0.0,
        seed: int = 0,
        *,
        places: bool = True,
        rotary: bool = False,
        attended: bool = True,
        spread: float = 0.02,
    ) -> None:
        super().__init__()
        if width % HEAD:
            raise ValueError(f"a width of {width} is no multiple of {HEAD}")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(generator(seed, "trunk").integers(2**62)))
            self.positions = nn.Embedding(longest, width) if places else None
            self.blocks = nn.ModuleList(_Block(width, dropout, dropout if attended else 0.0) for _ in range(layers))
            self.last = nn.LayerNorm(width)
            for module in self.modules():
                if isinstance(module, (nn.Linear, nn.Embedding)):
                    nn.init.normal_(module.weight, std=spread)
                if isinstance(module, nn.Linear):
                    nn.init.zeros_(module.bias)
        self.dropout = Dropout(dropout)
        self.longest, self.rotary = longest, rotary

    def forward(self, vectors: torch.Tensor, layout: Layout, *, ends: torch.Tensor | None = None) -> torch.Tensor:
        """Return hidden states, or for less those of each row's place in `ends` `[B]` alone `[B, 1, d]`; those of padding mean nothing."""
        x, turns = self._placed(vectors, layout.position)
        visible = None if layout.alone else layout.visible()
        for number, block in enumerate(self.blocks, 1):
            x, _ = block(x, visible, turns, ends=ends if number == len(self.blocks) else None)
        return self.last(x if ends is None or self.blocks else x[torch.arange(len(x)), ends][:, None])

    def extend(self, vectors: torch.Tensor, position: torch.Tensor, past: Memory | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Go on where `past` ended: return hidden states `[B, T, d]` of tokens at `position` `[B, T]`, and their own `Memory.held`."""
        x, turns = self._placed(vectors, position)
        rows, places = position.shape
        visible = torch.ones(places, places, dtype=torch.bool).tril().expand(rows, 1, -1, -1)
        if past is not None:
            visible = torch.cat([past.there[:, None, None].expand(-1, -1, places, -1), visible], dim=3)
        held = []
        for number, block in enumerate(self.blocks):
            x, own = block(x, visible, turns, None if past is None else past.held[number])
            held.append(own)
        return self.last(x), torch.stack(held)

    def _placed(self, vectors: torch.Tensor, position: torch.Tensor) -> tuple[torch.Tensor, Turns | None]:
        x = vectors if self.positions is None else vectors + self.positions(position)
        return self.dropout(x), Turns.of(position) if self.rotary else None
