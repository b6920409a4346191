"""The labeller that needs neither labels nor a language model: a text is what the taxonomy's own sentences are most like."""

from collections.abc import Callable, Sequence

import numpy as np

from broadsheet.needs.label.labels import Labels
from broadsheet.needs.taxonomy import Taxonomy

NONE = "none"
# A cosine with the nearest sentence at which a text is as likely to speak of no need, and the cosine that is one unit of log-odds.
NOTHING, UNIT = 0.33, 0.05
# Vectors of texts that are kept.
KEPT = 20_000

Embed = Callable[[Sequence[str]], np.ndarray]


class Prototypes:
    """Labels texts by the nearest sentence of each level, or `none`; `embed` gives unit vectors `[N, d]`, and `model` names what gives them.

    `sentences` are those of the taxonomy, each with its level.
    """

    def __init__(self, taxonomy: Taxonomy, embed: Embed, model: str, *, nothing: float = NOTHING, unit: float = UNIT) -> None:
        sentences = [(level.id, node.id, sentence) for level in taxonomy.levels for node in (level, *level.needs) for sentence in node.prototypes]
        self.names = (*(level.id for level in taxonomy.levels), NONE)
        self.name = f"prototypes by {model}"
        self._embed, self.model, self._nothing, self._unit = embed, model, nothing, unit
        self._levels = np.array([self.names.index(level) for level, _, _ in sentences])
        self._nodes = [node for _, node, _ in sentences]
        self.sentences = tuple((sentence, level) for level, _, sentence in sentences)
        self._vectors = embed([sentence for sentence, _ in self.sentences])
        self._kept: dict[str, np.ndarray] = {}

    def __call__(self, texts: Sequence[str]) -> Labels:
        """Label texts by level."""
        return Labels(self.names, self.chances(self.vectors(texts)))

    def needs(self, texts: Sequence[str]) -> list[str]:
        """Return for each text the need, or the level itself, whose sentence is nearest among those of the level it is likeliest of."""
        vectors = self.vectors(texts)
        return self.nearest(vectors, self.chances(vectors)[:, :-1].argmax(axis=1))

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors of texts `[N, d]`; those of the texts asked for last are kept, for a text is asked about more than once."""
        if len(self._kept) > KEPT:
            self._kept.clear()
        new = [text for text in dict.fromkeys(texts) if text not in self._kept]
        if new:
            self._kept.update(zip(new, self._embed(new), strict=True))
        return np.stack([self._kept[text] for text in texts]) if len(texts) else np.zeros((0, self._vectors.shape[1]))

    def chances(self, vectors: np.ndarray) -> np.ndarray:
        """Return how likely each level, or none, is for texts by their vectors `[N, C]`."""
        return self._chances(vectors @ self._vectors.T)

    def nearest(self, vectors: np.ndarray, levels: np.ndarray) -> list[str]:
        """Return for each text, by its vector, the need, or the level itself, whose sentence is nearest among those of the level at a given place `[N]`."""
        likeness = vectors @ self._vectors.T
        return [self._nodes[int(np.where(self._levels == level, row, -np.inf).argmax())] for level, row in zip(levels, likeness, strict=True)]

    def _chances(self, likeness: np.ndarray) -> np.ndarray:
        nearest = np.stack([likeness[:, self._levels == level].max(axis=1, initial=-1.0) for level in range(len(self.names) - 1)], axis=1)
        odds = np.column_stack([nearest, np.full(len(likeness), self._nothing)]) / self._unit
        odds = np.exp(odds - odds.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)


class Named:
    """Labels texts by the nearest of the labels' own names, read as words: what can be had without a labelled text or a sentence about a label."""

    def __init__(self, names: Sequence[str], embed: Embed, model: str) -> None:
        self.names = tuple(names)
        self.name = f"nearest name by {model}"
        self._embed = embed
        self._vectors = embed([name.replace("_", " ") for name in names])

    def __call__(self, texts: Sequence[str]) -> Labels:
        """Label texts."""
        if not len(texts):
            return Labels(self.names, np.zeros((0, len(self.names))))
        odds = self._embed(list(texts)) @ self._vectors.T / UNIT
        odds = np.exp(odds - odds.max(axis=1, keepdims=True))
        return Labels(self.names, odds / odds.sum(axis=1, keepdims=True))
