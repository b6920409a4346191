"""A cheap labeller for most texts, and a dear one for those of which it is least certain."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from broadsheet.needs.label.labels import Labels

# How much a second labeller's saying weighs beside the first's, at least: no confusion is thought impossible.
ONCE = 1.0
# To which power the first one's chances are taken; 0 hears the second alone, as befits one that has heard the first itself.
SHARPER = (0.5, 1.0, 1.5, 2.0, 0.0)


class Judged(NamedTuple):
    """Labels, and which texts were sent on to the dear labeller `[N]`."""

    labels: Labels
    sent: np.ndarray


class Cascade(NamedTuple):
    """Texts of which the first labeller is less certain than `below` are sent on; both are heard, as often as each was right on labelled texts.

    `said` `[C, C + 1]` is how often the dear one says each label, or none that there is, of texts of each label; `sharper` to which power the first one's chances are taken.
    """

    below: float
    said: np.ndarray
    sharper: float

    @classmethod
    def fit(cls, first: Labels, second: Labels, truth: Sequence[str], share: float) -> "Cascade":
        """Choose from labelled texts, of which the first labeller has told each by the others, so that about `share` of texts like them are sent on.

        With a share of 0 nothing is sent on, with 1 everything, whatever the texts.
        """
        names = first.names
        placed = np.array([names.index(label) for label in truth])
        heard = _heard(second, names)
        said = np.full((len(names), len(names) + 1), ONCE)
        np.add.at(said, (placed, heard), 1)
        said /= said.sum(axis=1, keepdims=True)
        below = float(np.quantile(first.certainty, share)) if 0 < share < 1 else np.inf * (2 * share - 1)
        unsure = first.certainty < below
        found = [cls(below, said, power) for power in SHARPER]
        return max(found, key=lambda one: float((one.together(first.chances, heard).argmax(axis=1) == placed)[unsure].mean()) if unsure.any() else 0.0)

    def together(self, first: np.ndarray, heard: np.ndarray) -> np.ndarray:
        """Return chances `[N, C]` by the first labeller's `[N, C]` and by what the second says `[N]`, a label's place or the last for none."""
        joint = self.sharper * np.log(np.maximum(first, 1e-12)) + np.log(self.said[:, heard]).T
        joint = np.exp(joint - joint.max(axis=1, keepdims=True))
        return joint / joint.sum(axis=1, keepdims=True)

    def __call__(self, first: Labels, ask: Callable[[np.ndarray], Labels]) -> Judged:
        """Label texts by the first labeller's labels, and ask the second for those, by their places, of which it is not certain."""
        sent = first.certainty < self.below
        chances = first.chances.copy()
        if sent.any():
            chances[sent] = self.together(first.chances[sent], _heard(ask(np.flatnonzero(sent)), first.names))
        return Judged(Labels(first.names, chances), sent)


def _heard(labels: Labels, names: Sequence[str]) -> np.ndarray:
    place: Mapping[str, int] = {name: number for number, name in enumerate(names)}
    return np.array([place.get(label, len(names)) for label in labels.best], dtype=int)
