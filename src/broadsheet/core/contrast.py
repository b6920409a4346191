"""InfoNCE over many turns, with what is no negative masked out: same image, twin, identical text, another turn's hard negative."""

from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

import torch
from pydantic import Field
from torch.nn import functional

from broadsheet.core.config import Config
from broadsheet.core.errors import RecordError

Direction = Literal["q2t", "t2q", "both"]


class LossConfig(Config):
    """How queries and targets are contrasted.

    `direction`: queries against targets alone (`q2t`, as MuCo), targets against queries, or the mean of `both`. `dims` are
    the widths whose losses are averaged (Matryoshka, Kusupati et al. 2022); none means the whole width. `same_image` and
    `same_text` are the masks; without one its false negatives count, which an ablation may want.
    """

    temperature: Annotated[float, Field(gt=0)] = 0.05
    direction: Direction = "both"
    dims: tuple[Annotated[int, Field(ge=1)], ...] = ()
    same_image: bool = True
    same_text: bool = True


class Owners(NamedTuple):
    """Whose each row is: the image or pair by number `[M]`, its turn `[M]`, and its text by number `[M]`.

    Columns are the M targets, then H hard negatives, whose image, turn and text stand in `hard_*` `[H]`.
    """

    image: torch.Tensor
    turn: torch.Tensor
    text: torch.Tensor
    hard_image: torch.Tensor
    hard_turn: torch.Tensor
    hard_text: torch.Tensor

    @classmethod
    def of(cls, image: Sequence[int], turn: Sequence[int], text: Sequence[int], hard: Sequence[tuple[int, int, int]] = ()) -> "Owners":
        """Make owners of plain numbers; `hard` holds image, turn and text of each hard negative."""
        rows = [torch.tensor(list(values), dtype=torch.long) for values in (image, turn, text)]
        columns = torch.tensor(list(hard), dtype=torch.long).reshape(-1, 3)
        return cls(*rows, *columns.T)


def same_items(items: torch.Tensor) -> Owners:
    """Return owners of rows `[M]` that stand for items, one turn each: rows of the same item are no negatives of each other."""
    none = items.new_zeros(0)
    return Owners(items, torch.zeros_like(items), items, none, none, none)


class Contrast(NamedTuple):
    """A loss, and how many pairs of row and column each mask took out of it."""

    loss: torch.Tensor
    masked: dict[str, int]


def forbidden(owners: Owners, config: LossConfig) -> dict[str, torch.Tensor]:
    """Return by name of mask the pairs `[M, M + H]` that are no negatives; a row's own target is never among them.

    `same_image`: other turns of the same image, and of the same pair in stage 2 (the twin). `same_text`: targets of other
    images with the identical text. Of a hard negative: it counts for the turn it was written for and for other images, not
    for the other turns of its own image (they may be answered by it), and not where its text is the row's own target.
    """
    count = len(owners.image)
    image = torch.cat([owners.image, owners.hard_image])
    turn = torch.cat([owners.turn, owners.hard_turn])
    text = torch.cat([owners.text, owners.hard_text])
    own = torch.zeros(count, len(image), dtype=torch.bool)
    own[:, :count] = torch.eye(count, dtype=torch.bool)
    hard = (torch.arange(len(image)) >= count)[None, :]
    together = owners.image[:, None] == image[None, :]
    same_turn = owners.turn[:, None] == turn[None, :]
    same_text = owners.text[:, None] == text[None, :]
    masks = {"hard": hard & ((together & ~same_turn) | same_text)}
    if config.same_image:
        masks["same_image"] = together & ~own & ~hard
    if config.same_text:
        masks["same_text"] = same_text & ~own & ~hard & ~masks.get("same_image", torch.zeros_like(own))
    return masks


def info_nce(queries: torch.Tensor, targets: torch.Tensor, owners: Owners, config: LossConfig | None = None, *, scale: torch.Tensor | None = None) -> Contrast:
    """Return InfoNCE (van den Oord et al. 2018; MuCo, equation of section 3.1) of unit rows, averaged over all turns.

    `queries` `[M, d]`, `targets` `[M + H, d]`: row m's own target is column m, hard negatives come last. A `scale` that is learnt
    stands in for one over the temperature. Raises
    RecordError where masks leave a row without a negative: such a batch would train to a loss of 0 and teach nothing.
    """
    config = config or LossConfig()
    masks = forbidden(owners, config)
    masked = torch.stack(list(masks.values())).any(dim=0)
    count = len(owners.image)
    both = {"q2t": masked, "t2q": masked[:, :count].T}
    wanted = ("q2t", "t2q") if config.direction == "both" else (config.direction,)
    for direction in wanted:
        _require_negatives(both[direction])
    losses = []
    for width in config.dims or (queries.shape[1],):
        left, right = (functional.normalize(rows[:, :width], dim=-1) for rows in (queries, targets))
        scores = left @ right.T * (1 / config.temperature if scale is None else scale)
        sides = {"q2t": scores, "t2q": scores[:, :count].T}
        losses += [_cross_entropy(sides[direction], both[direction]) for direction in wanted]
    return Contrast(torch.stack(losses).mean(), {name: int(mask.sum()) for name, mask in masks.items()})


def _cross_entropy(scores: torch.Tensor, masked: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(scores.masked_fill(masked, -torch.inf), torch.arange(len(scores)))


def _require_negatives(masked: torch.Tensor) -> None:
    left = (~masked).sum(dim=1) - 1
    if len(left) == 0 or int(left.min()) < 1:
        lacking = int((left < 1).sum())
        raise RecordError(
            f"{lacking} of {len(left)} turns of a batch have no negative left after masking.",
            "Use larger batches, or examples whose images and target texts differ more.",
        )
