"""A user nobody knows, from a few items and whether each was liked: scores as those of known users are like."""

from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from broadsheet.core.errors import RecordError

DIRECTIONS: Final = 32
"""Directions in which users' scores differ that are kept; fewer where there are fewer users."""
STEPS: Final = 25
LEAST: Final = 1e-6

Floats = NDArray[np.float64]


class Folding(NamedTuple):
    """Scores of known users as a normal law: the mean `[I]`, directions `[I, r]` of length 1, and the variance along each `[r]`.

    The model of the agent may be of any kind: what is learnt here is how its logits go together.
    """

    mean: NDArray[np.float32]
    directions: NDArray[np.float32]
    variance: NDArray[np.float32]

    @classmethod
    def of(cls, scores: NDArray[np.float32], directions: int = DIRECTIONS) -> Self:
        """Learn from the scores of users `[U, I]`. Raises RecordError for no user."""
        if not len(scores):
            raise RecordError("Nobody's scores are known, so nobody can be folded in.", "Give users of the split TRAIN.")
        mean = scores.mean(axis=0, dtype=np.float64)
        _, sizes, rows = np.linalg.svd(scores - mean, full_matrices=False)
        kept = min(directions, int((sizes > LEAST).sum()))
        # The sign of a direction is nobody's: the greatest number is positive, on every machine.
        signs = np.sign(rows[np.arange(kept), np.abs(rows[:kept]).argmax(axis=1)])
        return cls(mean.astype(np.float32), (rows[:kept] * signs[:, None]).T.astype(np.float32), (sizes[:kept] ** 2 / len(scores)).astype(np.float32))

    def scores(self, rows: NDArray[np.int64], liked: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return the likeliest scores `[I]` of a user who met items `rows` `[n]` and liked some of them `[n]`; of one who met nothing the mean.

        The mode of the law given the likes, each a coin with the logit of its item; Newton's method.
        """
        # Whoever holds them as float64 has them converted once.
        mean, size = np.asarray(self.mean, dtype=np.float64), len(self.variance)
        if not size or not len(rows):
            return self.mean.astype(np.float32)
        basis = self.directions[rows].astype(np.float64)
        ridge = np.diag(1 / np.maximum(self.variance.astype(np.float64), LEAST))
        place, wanted = np.zeros(size), liked.astype(np.float64)
        for _ in range(STEPS):
            chance = 1 / (1 + np.exp(-np.clip(mean[rows] + basis @ place, -30, 30)))
            slope = basis.T @ (wanted - chance) - ridge @ place
            move = np.linalg.solve(ridge + (basis * (chance * (1 - chance))[:, None]).T @ basis, slope)
            # A step as long as the law is wide keeps Newton on the hill.
            length = float(np.sqrt(move @ ridge @ move))
            place += move / max(1.0, length / 2)
            if length < LEAST:
                break
        return (mean + np.asarray(self.directions, dtype=np.float64) @ place).astype(np.float32)
