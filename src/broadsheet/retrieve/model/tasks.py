"""The losses of all tasks: what a stage of the plan adds up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch.nn import functional

from broadsheet.core.contrast import info_nce, same_items
from broadsheet.core.softmax import softmax_loss
from broadsheet.core.train import Objective
from broadsheet.retrieve.model.batches import Asked, Batch
from broadsheet.retrieve.model.depth import DepthDecoder
from broadsheet.retrieve.model.search import FUSED, SearchModel

# Semantic IDs with the same first codes that a request's own is told from; and of how many requests, or of how many items, a step of a side task.
NEGATIVES, TOLD = 4, 256


class Roles(NamedTuple):
    """Which modality is the text and which the image, if there is one; and the items' attributes as `[N, A]`, if they are told from IDs."""

    text: str
    image: str | None = None
    attributes: torch.Tensor | None = None


@dataclass
class Step:
    """A model and what it is trained on in a step; states of requests for all of the catalogue are made once."""

    model: SearchModel
    batch: Batch
    roles: Roles
    _states: dict[int, torch.Tensor] = field(default_factory=dict)

    def states(self, part: Asked) -> torch.Tensor:
        """Return the states of a part of the batch."""
        if id(part) not in self._states:
            self._states[id(part)] = self.model.states(part.given)
        return self._states[id(part)]


def objective(tasks: Mapping[str, float], roles: Roles) -> Objective:
    """Return what leaves the gradients of the weighted tasks; each task's loss is recorded under its name. Tasks that a batch has no data for are left out."""

    def descend(model: SearchModel, batch: Batch) -> Mapping[str, float]:
        step = Step(model, batch, roles)
        found = {name: LOSSES[name](step) for name in tasks}
        parts = {name: value for name, value in found.items() if value is not None}
        loss = torch.stack([tasks[name] * value for name, value in parts.items()]).sum()
        loss.backward()
        return {"loss": float(loss.detach()), **{f"loss {name}": float(value.detach()) for name, value in parts.items()}}

    return descend


def _finds(view: Callable[[Roles], str | None]) -> Callable[[Step], torch.Tensor | None]:
    """Return the loss of requests that find their items by one view, and see the items of histories by the same."""

    def loss(step: Step) -> torch.Tensor | None:
        name = view(step.roles)
        if not name:
            return None
        found = [_found(step.model, part, name) for part in step.batch.parts if len(torch.unique(part.items)) > 1]
        return _mean(found) if found else None

    return loss


def _all(roles: Roles) -> str:
    del roles
    return FUSED


def _found(model: SearchModel, part: Asked, name: str) -> torch.Tensor:
    seen, where = torch.unique(part.items, return_inverse=True)
    return _contrast(model, model.states(part.given, name), model.view(name, seen)[where], part.items)


def _contrast(model: SearchModel, asked: torch.Tensor, given: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
    """Return InfoNCE in both directions; rows of the same item are no negatives."""
    return info_nce(asked, given, same_items(items), scale=model.scale.exp()).loss


def _image(step: Step) -> torch.Tensor | None:
    """Let images find texts, of those items of the batch that have both."""
    if step.roles.image is None:
        return None
    items = torch.unique(torch.cat([part.items for part in step.batch.parts]))
    table = step.model.table
    both = items[table.present(step.roles.image, items) & table.present(step.roles.text, items)]
    if len(both) < 2:
        return None
    return _contrast(step.model, table.modality(step.roles.image, both), table.modality(step.roles.text, both), both)


def _next(step: Step) -> torch.Tensor:
    """Let requests find their items among all of the catalogue."""
    vectors = step.model.view(FUSED)
    return _mean([softmax_loss(*step.model.scaled(step.states(part), vectors), part.items) for part in step.batch.parts])


def _choice(step: Step) -> torch.Tensor | None:
    """Tell the item that a request took from those that it passed over."""
    part = step.batch.histories
    if part is None or part.passed is None or not part.passed.numel():
        return None
    chosen = (part.passed >= 0).any(dim=1)
    if not chosen.any():
        return None
    offered = torch.cat([part.items[:, None], part.passed], dim=1)[chosen]
    seen, where = torch.unique(offered.clamp(min=0), return_inverse=True)
    states, vectors = step.model.scaled(step.states(part)[chosen], step.model.view(FUSED, seen))
    scores = torch.einsum("pd,pmd->pm", states, vectors[where]).masked_fill(offered < 0, -torch.inf)
    return functional.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long))


def _mean(losses: list[torch.Tensor]) -> torch.Tensor:
    return torch.stack(losses).mean()


def _decoder(model: SearchModel) -> DepthDecoder:
    if model.decoder is None:
        raise RuntimeError("items have no semantic IDs yet")
    return model.decoder


def _generates(step: Step, part: Asked | None) -> torch.Tensor | None:
    if part is None:
        return None
    return _decoder(step.model).loss(step.model.states(part.given, writing=True), step.model.codes[part.items])


def _items(step: Step, most: int | None = None) -> torch.Tensor:
    items = torch.unique(torch.cat([part.items for part in step.batch.parts]))
    return items if most is None else items[torch.randperm(len(items))[:most]]


def _text_to_id(step: Step) -> torch.Tensor | None:
    if not step.roles.text:
        return None
    items = _items(step, TOLD)
    return _decoder(step.model).loss(step.model.view(step.roles.text, items), step.model.codes[items])


def _id_to_attributes(step: Step) -> torch.Tensor | None:
    told = step.model.told
    if step.roles.attributes is None or told is None:
        return None
    items = _items(step)
    return functional.binary_cross_entropy_with_logits(told(step.model.sid_vectors(items)), step.roles.attributes[items])


def _prefix_to_rest(step: Step) -> torch.Tensor | None:
    decoder, codes = _decoder(step.model), step.model.codes[_items(step, TOLD)]
    if codes.shape[1] < 2:
        return None
    logits = decoder(step.model.nothing.expand(len(codes), -1), codes[:, :-1])[:, 1:]
    return functional.cross_entropy(logits.flatten(0, 1), codes[:, 1:].flatten())


def _match(step: Step) -> torch.Tensor:
    """Tell a request's own semantic ID from others that begin with as many of the same codes as any does."""
    losses = []
    for part in step.batch.parts:
        some = torch.randperm(len(part.items))[:TOLD]
        states = functional.normalize(step.model.states(part.given, writing=True)[some], dim=1)
        own = part.items[some]
        asked = torch.cat([own[:, None], neighbours(step.model.codes, own)], dim=1)
        given = functional.normalize(step.model.sid_vectors(asked.flatten()), dim=1).view(*asked.shape, -1)
        scores = step.model.scale.exp() * torch.einsum("pd,pnd->pn", states, given) + step.model.bias
        truths = torch.zeros_like(scores)
        truths[:, 0] = 1
        losses.append(functional.binary_cross_entropy_with_logits(scores, truths))
    return _mean(losses)


def neighbours(codes: torch.Tensor, items: torch.Tensor, count: int = NEGATIVES) -> torch.Tensor:
    """Return for each of `items` `[P]` `count` other items whose codes `[N, L]` begin with as many of its own as can be, drawn at random."""
    alike = (codes[items][:, None] == codes[None]).long().cumprod(dim=2).sum(dim=2).float()
    alike[torch.arange(len(items)), items] = -1
    return (alike + torch.rand_like(alike) * 0.5).topk(min(count, len(codes) - 1), dim=1).indices


def _id_to_vector(step: Step) -> torch.Tensor | None:
    items = _items(step)
    return _contrast(step.model, step.model.sid_vectors(items), step.model.table(items), items) if len(items) > 1 else None


def _image_to_text(step: Step) -> torch.Tensor | None:
    """Let the semantic ID of an item's image alone find that of its text alone."""
    items, parts = _items(step), step.model.parts
    if len(items) < 2 or step.roles.image is None or step.roles.image not in parts or step.roles.text not in parts:
        return None
    shown, said = (step.model.part_vectors(name, items) for name in (step.roles.image, step.roles.text))
    return _contrast(step.model, shown, said, items)


LOSSES: Mapping[str, Callable[[Step], torch.Tensor | None]] = {
    "text": _finds(lambda roles: roles.text),
    "image": _image,
    "request-image": _finds(lambda roles: roles.image),
    "fused": _finds(_all),
    "next": _next,
    "choice": _choice,
    "G1": lambda step: _generates(step, step.batch.queries),
    "G2": lambda step: _generates(step, step.batch.histories),
    "G3": _text_to_id,
    "G4": _id_to_attributes,
    "G5": _prefix_to_rest,
    "D1": _match,
    "D2": _id_to_vector,
    "D3": _image_to_text,
}
