"""Vectors of texts, each made once in a run, and what one costs."""

import time
from collections.abc import Sequence

import numpy as np

from broadsheet.needs.label.prototypes import Embed


class Remembered:
    """Embeds texts `[N, d]`, the same text once; `model` names what does, and `ms` says how many processor milliseconds a text took."""

    def __init__(self, embed: Embed, model: str) -> None:
        self._embed, self.model = embed, model
        self._known: dict[str, np.ndarray] = {}
        self._seconds = 0.0

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            began = time.process_time()
            self._known.update(zip(new, self._embed(new), strict=True))
            self._seconds += time.process_time() - began
        return np.stack([self._known[text] for text in texts])

    @property
    def ms(self) -> float:
        """Processor milliseconds a text that was embedded; 0 before any was."""
        return 1000 * self._seconds / max(1, len(self._known))
