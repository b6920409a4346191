"""Two labellers heard together: the mean of their log chances, weighed as labelled texts say."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from broadsheet.needs.label.labels import Labels

WEIGHTS = tuple(round(0.1 * step, 1) for step in range(11))
LEAST = 1e-12


class Together(NamedTuple):
    """How much the first labeller weighs, from 0 to 1; the second has the rest."""

    weight: float

    @classmethod
    def fit(cls, first: Labels, second: Labels, truth: Sequence[str]) -> "Together":
        """Choose the weight by labelled texts, of which each labeller has told every one by the others: what was true shall be likeliest.

        >>> sure, wrong = Labels(("a", "b"), np.array([[0.9, 0.1]])), Labels(("a", "b"), np.array([[0.2, 0.8]]))
        >>> Together.fit(sure, wrong, ["a"]).weight
        1.0
        """
        places = np.array([first.names.index(label) for label in truth])

        def likely(weight: float) -> float:
            return float(np.log(cls(weight)(first, second).chances[np.arange(len(places)), places] + LEAST).mean())

        return cls(max(WEIGHTS, key=likely))

    def __call__(self, first: Labels, second: Labels) -> Labels:
        """Return labels by both, which name the same ones in the same order."""
        joint = self.weight * np.log(first.chances + LEAST) + (1 - self.weight) * np.log(second.chances + LEAST)
        joint = np.exp(joint - joint.max(axis=1, keepdims=True, initial=-np.inf))
        return Labels(first.names, joint / joint.sum(axis=1, keepdims=True))
