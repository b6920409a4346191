"""A backbone that reads many turns in one pass: unit vectors at its read-outs."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from broadsheet.core.backbones.protocol import Backbone, Sight
from broadsheet.represent.muco.batches import Asked, Part
from broadsheet.represent.muco.packing import History, Pack, pack
from broadsheet.represent.muco.pictures import Pictures, placed
from broadsheet.represent.muco.template import Dialogue, Picture, Said, Template


class MultiTurn(nn.Module):
    """MuCo's encoder (2602.06393, section 3.1): hidden states of the last layer at each `<|emb|>`, of length 1."""

    def __init__(self, backbone: Backbone, template: Template | None = None, history: History = "causal") -> None:
        super().__init__()
        self.backbone, self.template, self.history = backbone, template or Template(), history

    def dialogues(self, shown: Sequence[Part], turns: Sequence[Sequence[Part]], grids: dict[str, Any]) -> list[Dialogue]:
        """Lay out dialogues: what is shown (text, picture's key) and the turns of each, in the same form."""
        block = self.history == "block"

        def said(text: str, key: str | None) -> Said:
            return Said(text, Picture(key, grids[key]) if key is not None else None)

        return [
            self.template.dialogue(self.backbone, said(*prefix), [said(*turn) for turn in of], block=block) for prefix, of in zip(shown, turns, strict=True)
        ]

    def forward(self, dialogues: Sequence[Dialogue], sight: Sight | None, unique: Sequence[str]) -> torch.Tensor:
        """Return unit rows `[M, d]`, one for each turn of each dialogue, in their order; `sight` holds the `unique` pictures."""
        return self.read(pack(dialogues, self.backbone, self.history), sight, unique)

    def read(self, packed: Pack, sight: Sight | None, unique: Sequence[str]) -> torch.Tensor:
        """Run a pack; return unit rows `[M, d]`."""
        if sight is not None:
            # The tower runs once for each picture of the batch, before what it saw is laid out.
            sight = placed(sight if sight.seen else self.backbone.look(sight), unique, packed.pictures)
        states = self.backbone(packed.ids, packed.visible, packed.positions, sight)
        return functional.normalize(states[packed.rows, packed.columns].float(), dim=-1)

    def embed(self, shown: Sequence[Part], turns: Sequence[Sequence[Part]], pictures: Pictures) -> torch.Tensor:
        """Embed turns after what is shown, pictures by key: unit rows `[M, d]`, M the sum of all k."""
        keys = [key for (_, key), of in zip(shown, turns, strict=True) for key in (key, *(k for _, k in of)) if key is not None]
        unique = list(dict.fromkeys(keys))
        sight = pictures.sight(unique)
        grids = dict(zip(unique, sight.grids if sight else (), strict=True))
        return self(self.dialogues(shown, turns, grids), sight, unique)

    def counterparts(self, asked: Sequence[Asked], pictures: Pictures) -> torch.Tensor:
        """Embed dialogues of stage 2, two rows each: what is used later, and what is inferred from the masked counterpart."""
        whole = [_joined(one) for one in asked]
        unique = list(dict.fromkeys(key for _, key in whole if key is not None))
        sight = pictures.sight(unique)
        grids = dict(zip(unique, sight.grids if sight else (), strict=True))
        said = [Said(text, Picture(key, grids[key]) if key is not None else None) for text, key in whole]
        return self([self.template.counterpart(self.backbone, own, list(one.other)) for own, one in zip(said, asked, strict=True)], sight, unique)


def _joined(asked: Asked) -> Part:
    """Return what one turn asks with what is shown before it, as one text and picture."""
    (text, key), (query, other) = asked.shown, asked.turns[0]
    if key is not None and other is not None:
        raise ValueError("a turn of stage 2 holds one picture")
    return "\n".join(part for part in (text, query) if part.strip()), key if key is not None else other
