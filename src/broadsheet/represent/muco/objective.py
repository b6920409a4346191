"""What a step of training minimises: stage 1 over all turns, stage 2 over four pairs; in one pass, or chunk by chunk."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import torch

from broadsheet.core.contrast import Contrast, LossConfig, Owners, info_nce
from broadsheet.core.schema import Columns
from broadsheet.core.train import Objective, autocast
from broadsheet.represent.muco.batches import Asked, Batch
from broadsheet.represent.muco.gradcache import cached_backward
from broadsheet.represent.muco.model import MultiTurn
from broadsheet.represent.muco.pictures import Pictures

Twins = Literal["four", "one"]


class Sizes(NamedTuple):
    """How many rows each side of a batch gives."""

    queries: int
    targets: int


def muco_objective(pictures: Pictures, config: LossConfig, *, twins: Twins = "four", chunk: int = 0, dtype: str = "auto") -> Objective:
    """Make the objective of a stage; with `chunk` dialogues at a time by GradCache, whose gradients are the same.

    Figures are the loss, rows, and how many pairs each mask took out.
    """

    def objective(model: MultiTurn, batch: Batch) -> Mapping[str, float]:
        sides = [*batch.queries, *batch.targets, *batch.hard]
        found: list[Contrast] = []
        sizes = Sizes(_rows(batch.queries, twins=batch.twins), _rows(batch.targets, twins=batch.twins))

        def loss(rows: torch.Tensor) -> torch.Tensor:
            found.append(contrast(rows, sizes, batch, config, twins))
            return found[-1].loss

        def encode(asked: Sequence[Asked]) -> torch.Tensor:
            with autocast(dtype):
                return read(model, asked, pictures)

        if chunk:
            value = cached_backward(encode, [sides[start : start + chunk] for start in range(0, len(sides), chunk)], loss)
        else:
            # Each side is one pass: dialogues of like length are read together.
            value = loss(torch.cat([encode(side) for side in (batch.queries, batch.targets, batch.hard) if side]))
            value.backward()
        masked = {f"masked_{name}": float(count) for name, count in found[-1].masked.items()}
        return {Columns.LOSS: float(value.detach()), "rows": float(sizes.queries), **masked}

    return objective


def read(model: MultiTurn, asked: Sequence[Asked], pictures: Pictures) -> torch.Tensor:
    """Read dialogues of both stages: unit rows `[M, d]` in their order."""
    if any(one.other for one in asked):
        return model.counterparts(asked, pictures)
    return model.embed([one.shown for one in asked], [one.turns for one in asked], pictures)


def contrast(rows: torch.Tensor, sizes: Sizes, batch: Batch, config: LossConfig, twins: Twins = "four") -> Contrast:
    """Contrast what was read: `rows` are those of queries, targets and hard negatives, one after the other.

    In stage 2 the rows alternate between a pair's own embedding and the inferred one. `four` is a softmax for each of
    (q, p), (q, p'), (q', p), (q', p'), as the released code; `one` takes negatives from p and p' at once and masks the own twin, as the paper.
    """
    queries, targets, hard = rows.split([sizes.queries, sizes.targets, len(rows) - sizes.queries - sizes.targets])
    if not batch.twins:
        return info_nce(queries, torch.cat([targets, hard]), batch.owners, config)
    if twins == "four":
        return _mean([info_nce(queries[a::2], torch.cat([targets[b::2], hard]), batch.owners, config) for a in (0, 1) for b in (0, 1)])
    both = _twice(batch.owners)
    swapped = targets.unflatten(0, (-1, 2)).flip(1).flatten(0, 1)
    return _mean([info_nce(queries, torch.cat([side, hard]), both, config) for side in (targets, swapped)])


def _twice(owners: Owners) -> Owners:
    """Each pair has two rows, the second its twin: of the same owner, so that neither is a negative of the other."""
    image, turn, text = (values.repeat_interleave(2) for values in (owners.image, owners.turn, owners.text))
    return Owners(image, turn, text, owners.hard_image, owners.hard_turn, owners.hard_text)


def _mean(found: Sequence[Contrast]) -> Contrast:
    masked = {name: sum(one.masked.get(name, 0) for one in found) for name in found[0].masked}
    return Contrast(torch.stack([one.loss for one in found]).mean(), masked)


def _rows(asked: Sequence[Asked], *, twins: bool) -> int:
    return 2 * len(asked) if twins else sum(len(one.turns) for one in asked)
