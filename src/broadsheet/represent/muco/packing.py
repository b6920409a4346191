"""Dialogues as one batch of padded sequences: ids, positions, what may look at what, and where to read."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch

from broadsheet.core.backbones.protocol import EMB, IMAGE, Backbone
from broadsheet.represent.muco.template import Dialogue, Picture, Piece

History = Literal["causal", "block"]


class Pack(NamedTuple):
    """A batch of dialogues.

    `ids` `[B, L]`, padded on the right; `visible` `[B, L, L]` bool; `positions` `[axes, B, L]`. Read-out m of
    M = sum of all k stands at `rows[m]`, `columns[m]`, and is turn `turns[m]` of its dialogue; rows rise, turns
    within them. `pictures` are keys in the order of their places.
    """

    ids: torch.Tensor
    visible: torch.Tensor
    positions: torch.Tensor
    rows: torch.Tensor
    columns: torch.Tensor
    turns: torch.Tensor
    pictures: tuple[str, ...]

    @property
    def tokens(self) -> int:
        """Tokens, padding aside."""
        return int(self.visible.diagonal(dim1=1, dim2=2).sum())


class _Sequence(NamedTuple):
    """One dialogue: ids `[n]`, positions `[axes, n]`, the turn of each token (0 what all share), read-outs, pictures."""

    ids: list[int]
    positions: list[list[int]]
    turns: list[int]
    readouts: list[int]
    pictures: list[str]


def pack(dialogues: Sequence[Dialogue], backbone: Backbone, history: History = "causal") -> Pack:
    """Pack dialogues of any number of turns.

    `causal`: a turn sees what is shown and all turns before it (MuCo). `block`: it sees what is shown and itself, and its
    positions start where what is shown ends, as if it stood alone. Raises ValueError where read-outs and turns differ in number.
    """
    made = [_sequence(dialogue, backbone, history) for dialogue in dialogues]
    longest = max((len(one.ids) for one in made), default=0)
    ids = torch.zeros(len(made), longest, dtype=torch.long)
    positions = torch.zeros(backbone.axes, len(made), longest, dtype=torch.long)
    visible = torch.zeros(len(made), longest, longest, dtype=torch.bool)
    for row, one in enumerate(made):
        length = len(one.ids)
        ids[row, :length] = torch.tensor(one.ids)
        positions[:, row, :length] = torch.tensor(one.positions)
        visible[row, :length, :length] = _visible(torch.tensor(one.turns), history)
        # Padding must look at something for attention to be finite: at the first token, from which nothing is read.
        visible[row, length:, 0] = True
    rows = [row for row, one in enumerate(made) for _ in one.readouts]
    if len(rows) != sum(len(dialogue.turns) for dialogue in dialogues):
        raise ValueError(f"{len(rows)} read-outs for {sum(len(d.turns) for d in dialogues)} turns")
    return Pack(
        ids=ids,
        visible=visible,
        positions=positions,
        rows=torch.tensor(rows, dtype=torch.long),
        columns=torch.tensor([column for one in made for column in one.readouts], dtype=torch.long),
        turns=torch.tensor([turn for one in made for turn in range(len(one.readouts))], dtype=torch.long),
        pictures=tuple(key for one in made for key in one.pictures),
    )


def _visible(turns: torch.Tensor, history: History) -> torch.Tensor:
    """Return `[n, n]`: what came earlier, and with block history only what is shared or of the same turn."""
    earlier = torch.ones(len(turns), len(turns), dtype=torch.bool).tril()
    if history == "causal":
        return earlier
    return earlier & ((turns[None, :] == 0) | (turns[None, :] == turns[:, None]))


def _sequence(dialogue: Dialogue, backbone: Backbone, history: History) -> _Sequence:
    made = _Sequence([], [[] for _ in range(backbone.axes)], [], [], [])
    shared = _append(made, dialogue.prefix, 0, 0, backbone)
    start = shared
    for number, pieces in enumerate(dialogue.turns, 1):
        start = _append(made, pieces, number, shared if history == "block" else start, backbone)
        if made.ids[-1] != backbone.marks[EMB]:
            raise ValueError("a turn does not end in its read-out")
        made.readouts.append(len(made.ids) - 1)
    return made


def _append(made: _Sequence, pieces: Sequence[Piece], turn: int, start: int, backbone: Backbone) -> int:
    """Append pieces of a turn from position `start`; return the position after them.

    On three axes a picture takes one temporal position, a row and a column each for its height and width, and the
    text after it goes on behind the largest (M-RoPE, Wang et al. 2024, section 2.1). On one axis every token takes one.
    """
    for piece in pieces:
        if isinstance(piece, Picture):
            high, wide = piece.grid
            made.pictures.append(piece.key)
            made.ids.extend([backbone.marks[IMAGE]] * (high * wide))
            if backbone.axes == 1:
                axes = [list(range(start, start + high * wide))]
                start += high * wide
            else:
                axes = [[start] * (high * wide), [start + y for y in range(high) for _ in range(wide)], [start + x for _ in range(high) for x in range(wide)]]
                start += max(high, wide)
        else:
            made.ids.extend(piece)
            axes = [list(range(start, start + len(piece)))] * backbone.axes
            start += len(piece)
        for axis, values in zip(made.positions, axes, strict=True):
            axis.extend(values)
        made.turns.extend([turn] * (len(made.ids) - len(made.turns)))
    return start
