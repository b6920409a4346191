"""What is asked of a generated catalogue, drawn by chance."""

from typing import Any, Final

import numpy as np

# Of a thousand papers of cs.IR so many hold the word: as many generated items do.
WORDS: Final = {
    "graph": 135, "retrieval": 452, "ranking": 130, "slate": 1, "reader": 4, "library": 12, "figure": 3, "measure": 21, "causal": 22, "sparse": 68,
    "dense": 73, "index": 33, "query": 205, "vector": 69, "session": 13, "novelty": 9, "calibrated": 6, "fairness": 22, "planning": 23, "budget": 12,
    "bandit": 3, "encoder": 53, "contrast": 26, "caption": 3, "table": 16, "sequence": 56, "cold": 31, "start": 35, "popularity": 27, "trust": 15,
}  # fmt: skip
HISTORY, CANDIDATES = 5, 50
# Items that the bundle of recommendation knows.
SHIPPED: Final = 1500


def body_of(kind: str, items: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a request of a kind.

    >>> body_of("rank", 100, np.random.default_rng(0))["k"]
    10
    """
    if kind == "search":
        return {"text": " ".join(rng.choice(list(WORDS), size=6)), "k": 10}
    if kind == "recommend":
        return {"history": [f"w{number:05d}" for number in rng.integers(SHIPPED, size=HISTORY)], "k": 10}
    history = [f"i{number}" for number in rng.integers(items, size=HISTORY)]
    if kind == "rank":
        return {"history": history, "candidates": [f"i{number}" for number in rng.integers(items, size=CANDIDATES)], "k": 10}
    if kind == "slate":
        return {"history": history}
    return {"events": [{"item": history[0], "kind": "opened"}]}
