"""What a labeller says: how likely each label is for each text."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np


class Labels(NamedTuple):
    """Labels `[C]`, and how likely each is for each text `[N, C]`; a row of zeros is a text for which nothing was said."""

    names: tuple[str, ...]
    chances: np.ndarray

    @property
    def best(self) -> list[str]:
        """The likeliest label of each text, or an empty string."""
        return [self.names[place] if row[place] > 0 else "" for place, row in zip(self.chances.argmax(axis=1), self.chances, strict=True)]

    @property
    def certainty(self) -> np.ndarray:
        """How likely the likeliest label of each text is `[N]`."""
        return self.chances.max(axis=1)

    @classmethod
    def of(cls, said: Sequence[str], names: Sequence[str]) -> "Labels":
        """Return labels that were just said; what is none of `names` says nothing.

        >>> Labels.of(["b", "c"], ["a", "b"]).chances.tolist()
        [[0.0, 1.0], [0.0, 0.0]]
        """
        return cls(tuple(names), np.array([[float(one == name) for name in names] for one in said]).reshape(len(said), len(names)))


class Labeller(Protocol):
    """Texts to labels; `name` says what really reads them."""

    name: str

    def __call__(self, texts: Sequence[str]) -> Labels:
        """Label texts."""
        ...


class NeedLabeller(Labeller, Protocol):
    """Labels sentences by level or `none`, and by the need under the likeliest level."""

    def needs(self, texts: Sequence[str]) -> list[str]:
        """Return the need, or the level itself, of each text."""
        ...
