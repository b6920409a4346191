"""What a policy picks from: each session's shortlist, and what it knows of every candidate in a round."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from broadsheet.plan.material import Material
from broadsheet.plan.session import Sessions
from broadsheet.plan.shelves import candidates, lasting

FEATURES = 4
"""What is known of a candidate beside its vector: the model's logit, recent exposure of its categories, the last slate's share of them, how often it was shown."""
OFTEN = 4.0
"""How often an item may have been shown before it makes no difference."""


class Shelf(NamedTuple):
    """Candidates of sessions: rows `[B, N]` (-1 for none), the agent's logits of liking `[B, N]`, and their categories with shares, each `[B, N, P]`."""

    rows: NDArray[np.int64]
    logits: Tensor
    categories: Tensor
    shares: Tensor


class Candidates:
    """Lays out the candidates of `shelves.candidates` for a policy; `lasting` says whether a session's are the same in all rounds."""

    def __init__(self, material: Material) -> None:
        self.material = material
        categories, shares = material.items.listed
        self._categories, self._shares = torch.from_numpy(categories.astype(np.int64)), torch.from_numpy(shares)
        self.vectors = torch.from_numpy(np.ascontiguousarray(material.items.vectors, dtype=np.float32))
        self.lasting = lasting(material)

    def shelf(self, users: NDArray[np.int64], step: NDArray[np.int32]) -> Shelf:
        """Return the candidates of users `[B]` in rounds `[B]`."""
        rows = candidates(self.material, users, step)
        at = np.maximum(rows, 0)
        logits = self.material.scores[users[:, None], at]
        place = torch.from_numpy(at)
        return Shelf(rows, torch.from_numpy(np.ascontiguousarray(logits, dtype=np.float32)), self._categories[place], self._shares[place])


def features(shelf: Shelf, sessions: Sessions) -> Tensor:
    """Return what is known of candidates `[B, N, 4]` in the round that `sessions` has come to: nothing of it is a planner's."""
    found = torch.empty(*shelf.logits.shape, FEATURES)
    found[..., 0] = shelf.logits
    for place, held in ((1, sessions.recent), (2, sessions.last)):
        exposure = torch.from_numpy(held)
        total = torch.zeros_like(shelf.logits)
        for part in range(shelf.categories.shape[2]):
            total.addcmul_(exposure.gather(1, shelf.categories[..., part]), shelf.shares[..., part])
        found[..., place] = total
    times = np.take_along_axis(sessions.times, np.maximum(shelf.rows, 0), axis=1)
    found[..., 3] = torch.from_numpy(times).clamp(max=int(OFTEN)) / OFTEN
    return found
