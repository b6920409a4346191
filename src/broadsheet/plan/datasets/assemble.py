"""From events of both halves to a pair: who is trained on, what the agent believes, what is true, and how the two differ."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.artifacts import arrays_hash
from broadsheet.core.errors import RecordError
from broadsheet.core.progress import Progress, silent
from broadsheet.core.ragged import Ragged
from broadsheet.core.seeds import generator
from broadsheet.plan.datasets.compare import compared
from broadsheet.plan.datasets.pair import Pair
from broadsheet.plan.environment.fitted import fit_truth
from broadsheet.plan.environment.truth import Truth
from broadsheet.plan.events import Events, shared
from broadsheet.plan.items import ItemTable
from broadsheet.plan.material import Material, Split
from broadsheet.plan.models.belief import believe

TRAIN, VALIDATION = 0.6, 0.1
"""Shares of the users; the others are TEST."""
LEAST_USERS = 20


class Catalogue(NamedTuple):
    """Items before anything is learnt of them: names, titles, categories and which item has which `[I, C]`."""

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    categories: tuple[str, ...]
    member: NDArray[np.bool_]

    @property
    def shares(self) -> NDArray[np.float32]:
        """Each item's share of its categories `[I, C]`: rows sum to 1."""
        return (self.member / np.maximum(self.member.sum(axis=1, keepdims=True), 1)).astype(np.float32)


def split_users(count: int, seed: int) -> NDArray[np.int8]:
    """Return the split of each of so many users, by the seed alone.

    Raises RecordError for fewer than 20.

    >>> np.bincount(split_users(50, 0)).tolist()
    [30, 5, 15]
    """
    if count < LEAST_USERS:
        raise RecordError(f"{count} users are too few to train on some and judge by others.", f"Give {LEAST_USERS} or more, each with a few items.")
    split = np.full(count, Split.TEST, dtype=np.int8)
    order = generator(seed, "plan", "split").permutation(count)
    first, second = round(TRAIN * count), round((TRAIN + VALIDATION) * count)
    split[order[:first]], split[order[first:second]] = Split.TRAIN, Split.VALIDATION
    return split


def fitted_pair(
    name: str,
    catalogue: Catalogue,
    users: tuple[str, ...],
    halves: tuple[Events, Events],
    split: NDArray[np.int8],
    *,
    kernel: NDArray[np.float32] | None = None,
    shown: Events | None = None,
    seed: int = 0,
    facts: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> Pair:
    """Fit both sides: the agent's belief on the first of `halves`, the truth on the second, and say how they differ.

    `kernel` `[C, C]` says which categories tire together, none where it is not given; `shown` are the events that histories are made of, where they are
    fewer than those that are fitted on. Raises RecordError where the two halves share an event, and as `believe` and `fit_truth` do.
    """
    before, after = halves
    if both := shared(before, after, len(catalogue.ids)):
        raise RecordError(f"{both} pairs of a user and an item are in the agent's half and in the truth's.", "Give each pair to one of them.")
    belief = believe(before, split, catalogue.shares, seed, progress=progress)
    fitted = fit_truth(after, catalogue.shares, len(users), seed, progress)
    kernel = np.eye(len(catalogue.categories), dtype=np.float32) if kernel is None else kernel
    told = compared(belief.scores, fitted.logits, fitted.held_out, before.where(split[before.user] == Split.TRAIN), split)
    truth_facts = {**fitted.facts, "kernel": arrays_hash({"kernel": kernel}), "compared": told}
    kept = (before if shown is None else shown).sorted()
    histories = Ragged(kept.item.astype(np.int64), np.append(0, np.cumsum(np.bincount(kept.user, minlength=len(users)))).astype(np.int64))
    table = ItemTable(*catalogue, vectors=belief.vectors)
    sizes = {"users": len(users), "items": len(table), "categories": len(catalogue.categories), "histories": len(kept.item), "futures": len(after.item)}
    told_of = {"seed": seed, "sizes": sizes, **(facts or {}), "agent": belief.facts, "truth": {key: fitted.facts[key] for key in ("family", "data", "fit")}}
    material = Material(name, table, users, histories, kept.liked.astype(np.int8), split, belief.scores, told_of)
    return Pair(material, Truth(fitted.logits, kernel, facts=truth_facts))
