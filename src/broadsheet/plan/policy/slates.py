"""Slates picked one slot after the other by scores that fall with what stands on the slate already: drawn, or their exact log-probability with its gradient."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from broadsheet.plan.items import ItemTable
from broadsheet.plan.policy.choice import BARRED, Tier

TABLE = 4096
"""Items up to which likeness in categories is kept for every pair: 64 MB."""


class Overlap:
    """How much two items share of their categories: the sum over categories of the product of their shares."""

    def __init__(self, items: ItemTable) -> None:
        categories, shares = items.listed
        self._weights = torch.from_numpy(items.weights)
        self._categories, self._shares = torch.from_numpy(categories).long(), torch.from_numpy(shares)
        self._table = (self._weights @ self._weights.T).flatten() if len(items) <= TABLE else None

    def __call__(self, one: Tensor, rows: Tensor) -> Tensor:
        """Return how much items `[L]` share with others `[L, N]`, in [0, 1]."""
        if self._table is not None:
            return self._table.index_select(0, (one[:, None] * len(self._weights) + rows).flatten()).view(rows.shape)
        dense, found = self._weights[one], torch.zeros(rows.shape)
        categories, shares = self._categories[rows], self._shares[rows]
        for part in range(categories.shape[2]):
            found.addcmul_(dense.gather(1, categories[..., part]), shares[..., part])
        return found


class Given(NamedTuple):
    """What slates are picked from: candidates' rows `[L, N]` (any where there is none), their tiers `[L, N]`, and how items are alike."""

    rows: Tensor
    tier: Tensor
    overlap: Overlap


class _Picks:
    """The slots of slates, one after the other."""

    def __init__(self, scores: Tensor, beside: Tensor, given: Given, slots: int) -> None:
        self.beside, self.given, self.slots = beside[:, None], given, slots
        self.alike = torch.zeros_like(scores)
        within = given.tier == Tier.PLAN
        self.left = scores.masked_fill(~within, BARRED)
        self.planned, self.others = within.sum(dim=1), (given.tier == Tier.OUTSIDE).sum(dim=1)
        self.scores, self.number = scores, 0
        self.log_total = torch.zeros(len(scores))

    def chances(self) -> Tensor:
        """Return the chances of candidates `[L, N]` for the next slot: within the plan as long as it has any, then outside it; without meaning where none is left."""
        spent = (self.planned == self.number).nonzero().squeeze(1)
        if len(spent):
            self.left[spent] = self.scores[spent].masked_fill(self.given.tier[spent] != Tier.OUTSIDE, BARRED)
        now = torch.addcmul(self.left, self.beside, self.alike, value=-1) if self.number else self.left.clone()
        most = now.max(dim=1, keepdim=True).values
        chance = now.sub_(most).exp_()
        total = chance.sum(dim=1, keepdim=True)
        self.log_total = (total.log() + most).squeeze(1)
        return chance.div_(total)

    @property
    def some(self) -> Tensor:
        """Whether there is anything left to pick `[L]`."""
        return self.planned + self.others > self.number

    def take(self, places: Tensor) -> Tensor:
        """Put candidates `[L]` (-1 for none) on the slates: they are gone, and those like them are worth less. Return their log-probabilities, 0 where there is none."""
        at = places.clamp(min=0)[:, None]
        score = torch.addcmul(self.scores.gather(1, at), self.beside, self.alike.gather(1, at), value=-1).squeeze(1)
        self.number += 1
        if self.number < self.slots:
            self.left.scatter_(1, at, BARRED)
            self.alike.add_(self.given.overlap(self.given.rows.gather(1, at).squeeze(1), self.given.rows), alpha=1 / self.slots)
        return torch.where(places >= 0, score - self.log_total, torch.zeros_like(score))


def pick(scores: Tensor, beside: Tensor, given: Given, slots: int, uniform: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return places of candidates `[L, k]` (-1: none was left) and the log-probabilities of the slates `[L]`.

    A candidate's score in a slot is `scores` `[L, N]` less `beside` `[L]` times the share of the slate that is alike. With chances `uniform` `[L, k]` slots are drawn by softmax, without them
    each is the best.
    """
    picks, places, log_prob = _Picks(scores, beside, given, slots), [], torch.zeros(len(scores))
    for number in range(slots):
        chance, some = picks.chances(), picks.some
        if uniform is None:
            place = chance.argmax(dim=1)
        else:
            sums = chance.cumsum_(dim=1)
            # Rounding must not lead past the last candidate that has a chance.
            mark = torch.minimum(uniform[:, number] * sums[:, -1], torch.nextafter(sums[:, -1], torch.zeros(())))
            place = torch.searchsorted(sums, mark[:, None].contiguous(), right=True).squeeze(1)
        places.append(place.masked_fill(~some, -1))
        log_prob += picks.take(places[-1])
    return torch.stack(places, dim=1), log_prob


def slot_log_probs(scores: Tensor, beside: Tensor, given: Given, chosen: Tensor) -> Tensor:
    """Return the log-probability of each slot of slates `[L, k]` given the slots before it, as `pick` draws them; 0 where a slot is empty."""
    picks, found = _Picks(scores, beside, given, chosen.shape[1]), []
    for number in range(chosen.shape[1]):
        picks.chances()
        found.append(picks.take(chosen[:, number]))
    return torch.stack(found, dim=1)


class _Judged(torch.autograd.Function):
    """Log-probabilities of slates and entropies of their first picks, whose gradients are found on the way: no slot is kept for later."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, beside: Tensor, given: Given, chosen: Tensor) -> tuple[Tensor, Tensor]:  # pyrefly: ignore
        slots = chosen.shape[1]
        picks, log_prob, rise, by_beside = _Picks(scores, beside, given, slots), torch.zeros_like(beside), torch.zeros_like(scores), torch.zeros_like(beside)
        entropy, spread = torch.zeros_like(beside), torch.zeros_like(scores)
        for number in range(slots):
            chance, place = picks.chances(), chosen[:, number]
            there, at = (place >= 0).to(scores.dtype), place.clamp(min=0)[:, None]
            if number == 0:
                logs = chance.clamp(min=1e-30).log_()
                entropy = -(chance * logs).sum(dim=1)
                spread = logs.add_(entropy[:, None]).mul_(chance).neg_()
            else:
                meant = torch.bmm(chance[:, None], picks.alike[..., None]).flatten()
                by_beside += there * (meant - picks.alike.gather(1, at).squeeze(1))
            rise.addcmul_(chance, there[:, None], value=-1).scatter_add_(1, at, there[:, None])
            log_prob += picks.take(place)
        ctx.save_for_backward(rise, by_beside, spread)
        return log_prob, entropy

    @staticmethod
    def backward(ctx: Any, by_log_prob: Tensor, by_entropy: Tensor) -> tuple[Tensor, Tensor, None, None]:  # pyrefly: ignore
        rise, by_beside, spread = ctx.saved_tensors
        return rise * by_log_prob[:, None] + spread * by_entropy[:, None], by_beside * by_log_prob, None, None


def judged(scores: Tensor, beside: Tensor, given: Given, chosen: Tensor) -> tuple[Tensor, Tensor]:
    """Return the log-probabilities `[L]` of slates `[L, k]` as `pick` draws them, and the entropies `[L]` of their first picks, nats, both with gradients."""
    return _Judged.apply(scores, beside, given, chosen)
