"""Scores that are equal where vectors are, and what each query earns, ties counted by the mean."""

from collections.abc import Iterable, Sequence

import numpy as np

from broadsheet.core.component import Content, MultimodalEmbedder
from broadsheet.core.errors import WeightsError
from broadsheet.core.metrics import Ranking, metric
from broadsheet.core.progress import Progress, silent

METRICS = ("hit@1", "hit@5", "hit@10", "recall@5", "recall@10", "ndcg@5", "ndcg@10")
DEEPEST = 10


class Embeds:
    """An embedder as runners use it: rows `[N, d]` of float32, checked, and faults by position."""

    def __init__(self, embedder: MultimodalEmbedder) -> None:
        self.model = embedder.model
        self._embedder = embedder

    def __call__(self, contents: Sequence[Content], progress: Progress = silent) -> tuple[np.ndarray, dict[int, str]]:
        """Embed contents. Raises WeightsError for numbers that are not finite."""
        made = self._embedder.embed(contents, progress)
        vectors = np.asarray(made.vectors if isinstance(made.vectors, np.ndarray) else made.vectors.todense(), dtype=np.float32)
        if not np.isfinite(vectors).all():
            raise WeightsError(f"{self.model} gave vectors that are not finite.", "Take an earlier checkpoint, or train with a lower learning rate.")
        return vectors, dict(made.faults)


def exact_scores(query: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return inner products `[N]` of `[d]` with `[N, d]` in float64; equal rows have equal scores, wherever they stand.

    >>> exact_scores(np.array([1.0, 0.0], dtype=np.float32), np.eye(2, dtype=np.float32)).tolist()
    [1.0, 0.0]
    """
    # A matrix product sums rows at its edges in another order, which would break ties between equal vectors.
    return np.einsum("nd,d->n", vectors, query, dtype=np.float64)


def earned(rankings: Iterable[Ranking], names: Sequence[str] = METRICS) -> dict[str, np.ndarray]:
    """Return one value `[Q]` a query for each metric by name.

    >>> earned([Ranking.of_scores([0.0, 0.0, 0.0, 0.0], [1, 0, 0, 0])], ["hit@1", "recall@5"])
    {'hit@1': array([0.25]), 'recall@5': array([1.])}
    """
    functions = [metric(name) for name in names]
    rows = [[function(ranking) for function in functions] for ranking in rankings]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(functions))
    return {name: table[:, column] for column, name in enumerate(names)}


def all_tied(size: int, found: int, relevant: int) -> Ranking:
    """Return the ranking that tells nothing: `size` candidates tied, `found` of the `relevant` ones among them.

    >>> earned([all_tied(4, 1, 1)], ["hit@1"])
    {'hit@1': array([0.25])}
    """
    groups = min(found, 1)
    return Ranking(np.zeros(groups, np.int64), np.full(groups, size), np.zeros(found, np.int64), np.ones(found), np.ones(relevant))
