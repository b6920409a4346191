"""What is asked of a generated catalogue, drawn by chance."""

from typing import Any, Final

import numpy as np

WORDS: Final = (
    "graph retrieval ranking slate reader library figure measure causal sparse dense index query vector session novelty calibrated fairness planning budget "
    "bandit encoder contrast caption table sequence cold start popularity trust"
).split()
HISTORY, CANDIDATES = 5, 50
# Items that the bundle of recommendation knows.
SHIPPED: Final = 1500


def body_of(kind: str, items: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a request of a kind.

    >>> body_of("rank", 100, np.random.default_rng(0))["k"]
    10
    """
    if kind == "search":
        return {"text": " ".join(rng.choice(WORDS, size=6)), "k": 10}
    if kind == "recommend":
        return {"history": [f"w{number:05d}" for number in rng.integers(SHIPPED, size=HISTORY)], "k": 10}
    history = [f"i{number}" for number in rng.integers(items, size=HISTORY)]
    if kind == "rank":
        return {"history": history, "candidates": [f"i{number}" for number in rng.integers(items, size=CANDIDATES)], "k": 10}
    if kind == "slate":
        return {"history": history}
    return {"events": [{"item": history[0], "kind": "opened"}]}
