"""The labeller that needs no model at all: words that the taxonomy lists. What any other must be better than."""

import re
from collections.abc import Sequence

import numpy as np

from broadsheet.needs.label.labels import Labels
from broadsheet.needs.label.prototypes import NONE
from broadsheet.needs.taxonomy import Taxonomy


class CueWords:
    """Labels texts by how many of each level's cues they hold; a text with none speaks of no need."""

    name = "rules: cue words"

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.names = (*(level.id for level in taxonomy.levels), NONE)
        self._nodes = [[(node.id, _pattern(node.cues)) for node in (level, *level.needs) if node.cues] for level in taxonomy.levels]

    def __call__(self, texts: Sequence[str]) -> Labels:
        """Label texts by level."""
        counts = np.array([[float(sum(len(cues.findall(text)) for _, cues in nodes)) for nodes in self._nodes] for text in texts])
        counts = np.column_stack([counts.reshape(len(texts), len(self._nodes)), np.zeros(len(texts))])
        counts[~counts.any(axis=1), -1] = 1.0
        return Labels(self.names, counts / counts.sum(axis=1, keepdims=True))

    def needs(self, texts: Sequence[str]) -> list[str]:
        """Return for each text the need, or the level itself, whose cues it holds most of, among those of the level it is likeliest of."""
        found = []
        for text, row in zip(texts, self(texts).chances[:, :-1], strict=True):
            nodes = self._nodes[int(row.argmax())]
            found.append(max(nodes, key=lambda node: len(node[1].findall(text)))[0] if nodes else self.names[int(row.argmax())])
        return found


def _pattern(cues: Sequence[str]) -> re.Pattern[str]:
    listed = "|".join(map(re.escape, sorted(cues, key=len, reverse=True)))
    return re.compile(rf"(?<!\w)(?:{listed})(?:s|es)?(?!\w)", re.IGNORECASE)
