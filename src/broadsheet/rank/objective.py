"""What a step learns from: the next item among all, the one taken among those passed over, places, and what tokens keep of each modality."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional

from broadsheet.core.backbones.trunk import PADDING
from broadsheet.core.softmax import softmax_loss
from broadsheet.core.train import Objective, autocast
from broadsheet.rank.batches import Batch, Packed
from broadsheet.rank.config import RankerConfig
from broadsheet.rank.model import SequenceModel, tokens_of
from broadsheet.rank.mrc import OWN
from broadsheet.rank.spae import PositionAwareness, proxy_losses

# Up to so many items the softmax is over all of them; beyond, over so many drawn ones.
ALL, DRAWN = 50_000, 8192
# Negatives of gBCE, and how far it is calibrated.
NEGATIVES, CALIBRATED = 256, 0.75


class Known(NamedTuple):
    """Items that somebody had: their rows `[K]`, the place of each item among them `[N]`, how often it was `[N]`, and how likely each is drawn `[N]`, where some are."""

    rows: torch.Tensor
    place: torch.Tensor
    often: torch.Tensor
    chances: torch.Tensor | None


def objective(config: RankerConfig, counts: np.ndarray) -> Objective:
    """Return what leaves the gradients of all losses; each is recorded under its name. `counts` `[N]` say how often each item was had.

    Items that nobody had are no negatives: a model that learnt never to give them could not give them when they are new.
    """
    known = torch.from_numpy(np.flatnonzero(counts))
    place = torch.from_numpy(np.cumsum(counts > 0) - 1)
    chances = torch.from_numpy(counts / counts.sum()) if len(known) > ALL else None
    catalogue = Known(known, place, torch.from_numpy(counts).float(), chances)

    def descend(model: SequenceModel, batch: Batch) -> Mapping[str, float]:
        with autocast():
            losses = _losses(model, batch, config, catalogue)
            weights = {
                "next": config.next,
                "order": config.proxy,
                "distance": config.proxy,
                "earliest": config.proxy,
                "rebuilt": config.rebuild,
                "choice": config.choice,
                **{f"alone {name}": config.alone for name in model.items.names},
                "new": config.fresh,
            }
            loss = torch.stack([weights.get(name, 1.0) * value.float() for name, value in losses.items()]).sum()
        loss.backward()
        return {"loss": float(loss.detach()), **{f"loss {name}": float(value.detach()) for name, value in losses.items()}}

    return descend


def _losses(model: SequenceModel, batch: Batch, config: RankerConfig, known: Known) -> dict[str, torch.Tensor]:
    seen, where, vectors, made = tokens_of(model, batch.given)
    states = model.states(batch.given, vectors)
    asked = batch.targets >= 0
    if config.loss == "gbce":
        losses = {"next": _gbce(model, states[asked], batch.targets[asked], known.rows)}
    else:
        losses = {"next": _next(model, states[asked], batch.targets[asked], known)}
    if batch.passed is not None and config.choice and (chosen := (batch.passed >= 0).any(dim=1) & asked).any():
        offered = Offered.of(batch.targets[chosen], batch.passed[chosen])
        losses["choice"] = offered.loss(model, states[chosen])
        if config.fresh and model.items.names:
            # An item is new once, however often it is had later.
            losses["new"] = offered.loss(model, states[chosen], without=OWN, weights=1 / known.often[batch.targets[chosen]])
        if config.alone and model.leaning is not None:
            losses |= _alone(model, batch.given, seen, where, model.mean(batch.given, vectors), chosen, offered)
    if config.proxy:
        given = batch.given
        flat = where.flatten()[given.at]
        summed = made.vectors.sum(dim=1)
        asked_of = model.aware.asked(states, summed[flat], given.flat, given.begins, given.lengths)
        recalled = model.aware.recalled(states, summed, given.begins, given.lengths)
        losses |= proxy_losses(asked_of, recalled, PositionAwareness.first_items(flat, given.begins, given.lengths))
    if config.rebuild:
        rebuilt = model.items.rebuilt(made.vectors, seen)
        if rebuilt:
            losses["rebuilt"] = torch.stack([1 - cosine.mean() for cosine in rebuilt.values()]).mean()
    return losses


def _next(model: SequenceModel, states: torch.Tensor, targets: torch.Tensor, known: Known) -> torch.Tensor:
    """Return cross-entropy over all items, or over drawn ones by what they would be drawn by chance, others' copies of the target left out."""
    if known.chances is None:
        _, outputs = model.table(known.rows)
        rounded = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else None
        with torch.autocast("cpu", enabled=False):
            return softmax_loss(states.float(), outputs.float(), known.place[targets], rounded)
    chances = known.chances
    drawn = torch.multinomial(chances, min(DRAWN, len(known.rows)), replacement=False)
    own = model.outputs(model.items(targets).vectors)
    others = model.outputs(model.items(drawn).vectors)
    # The target is always there, so that only the others are weighed by how likely they were to be drawn.
    taken = -torch.expm1(len(drawn) * torch.log1p(-chances[drawn]))
    logits = (states @ others.T - torch.log(taken).float()).masked_fill(drawn[None] == targets[:, None], -torch.inf)
    mine = (states * own).sum(dim=1, keepdim=True)
    return functional.cross_entropy(torch.cat([mine, logits], dim=1).float(), torch.zeros(len(states), dtype=torch.long))


def _gbce(model: SequenceModel, states: torch.Tensor, targets: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Return generalised binary cross-entropy over drawn negatives (Petrov and Macdonald 2023, equation 12).

    The positive's sigmoid is taken to the power of beta, which makes up for that the share `NEGATIVES / (N - 1)` of negatives is drawn.
    """
    count = len(known)
    share = min(1.0, NEGATIVES / max(1, count - 1))
    beta = share * (CALIBRATED * (1 - 1 / share) + 1 / share)
    drawn = known[torch.randint(count, (len(targets), NEGATIVES))]
    seen, where = torch.unique(torch.cat([targets[:, None], drawn], dim=1), return_inverse=True)
    outputs = model.outputs(model.items(seen).vectors)
    # Begun at the share of positives: else all scores must first fall together, and items grow alike.
    scores = torch.einsum("pd,pmd->pm", states, outputs[where]).float() - math.log(max(1, count - 1))
    wrong = functional.softplus(scores[:, 1:]).masked_fill(drawn == targets[:, None], 0.0)
    return ((wrong.sum(dim=1) + beta * functional.softplus(-scores[:, 0])) / (NEGATIVES + 1)).mean()


class Offered(NamedTuple):
    """What stood beside one another: items `[P, M]`, the one taken first and -1 for nothing, the different ones among them, and where each is among those."""

    items: torch.Tensor
    different: torch.Tensor
    where: torch.Tensor

    @classmethod
    def of(cls, taken: torch.Tensor, passed: torch.Tensor) -> "Offered":
        """Put what was taken `[P]` before what was passed over `[P, M - 1]`."""
        items = torch.cat([taken[:, None], passed], dim=1)
        return cls(items, *torch.unique(items.clamp(min=0), return_inverse=True))

    def loss(self, model: SequenceModel, states: torch.Tensor, only: str = "", without: str = "", weights: torch.Tensor | None = None) -> torch.Tensor:
        """Return the cross-entropy by which states `[P, d]` tell what was taken, by all that items show, by all `without` one part, or by one modality `only`.

        With `weights` `[P]` some choices count more.
        """
        outputs = model.outputs(model.items(self.different, without, only=only, blurred=True).vectors)
        scores = torch.einsum("pd,pmd->pm", states, outputs[self.where]).masked_fill(self.items < 0, -torch.inf)
        losses = functional.cross_entropy(scores.float(), torch.zeros(len(scores), dtype=torch.long), reduction="none")
        return losses.mean() if weights is None else (weights * losses).sum() / weights.sum()


def _alone(
    model: SequenceModel, given: Packed, seen: torch.Tensor, where: torch.Tensor, mean: torch.Tensor, chosen: torch.Tensor, offered: Offered
) -> dict[str, torch.Tensor]:
    """Tell what was taken by what taste says of one modality alone, for each of them: what items are known by heart cannot stand in for what they show.

    `mean` `[E, d]` are the histories' mean tokens, by whose size a part of them is measured too.
    """
    there = (given.layout.segment != PADDING)[..., None, None]
    found = {}
    for name in model.items.names:
        if name in model.items.active:
            part = model.mean(given, model.items(seen, only=name).vectors[where] * there)
            states = torch.as_tensor(model.leaned(part[chosen], mean[chosen]))
            found[f"alone {name}"] = offered.loss(model, states, only=name)
    return found
