"""One order out of several: candidates of all retrievers, weighed by what validation taught."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from broadsheet.core.metrics import by_rank, own_ranks

NONE = -1
# Shares of the fitted weights of all features but the first; of equally good ones the nearest to the fit is taken.
STEPS = (1.0, 0.75, 0.5, 0.25, 0.1, 0.0)


class Candidates(NamedTuple):
    """Candidates of each request `[U, C]`, -1 where there are fewer, and their features `[U, C, F]`."""

    items: np.ndarray
    features: np.ndarray

    def first(self, count: int) -> "Candidates":
        """Return the candidates with their first features alone."""
        return self._replace(features=self.features[:, :, :count])


class Fusion(NamedTuple):
    """Weights `[F]` by the name of each feature; a candidate's score is the weighted sum."""

    names: tuple[str, ...]
    weights: np.ndarray

    def scores(self, candidates: Candidates) -> np.ndarray:
        """Return scores `[U, C]`, minus infinity where there is no candidate."""
        return np.where(candidates.items != NONE, candidates.features @ self.weights, -np.inf)

    def ranked(self, candidates: Candidates) -> np.ndarray:
        """Return the candidates `[U, C]`, best first."""
        order = np.argsort(-self.scores(candidates), axis=1, kind="stable")
        return np.take_along_axis(candidates.items, order, axis=1)


def union(lists: Sequence[np.ndarray]) -> np.ndarray:
    """Join lists of candidates `[U, C_i]` (-1 for none) to one `[U, C]` without repeats.

    >>> union([np.array([[3, 1]]), np.array([[1, 2, -1]])]).tolist()
    [[1, 2, 3]]
    """
    last = np.iinfo(np.int64).max
    joined = np.concatenate(lists, axis=1).astype(np.int64)
    joined = np.sort(np.where(joined == NONE, last, joined), axis=1)
    joined[:, 1:][joined[:, 1:] == joined[:, :-1]] = last
    joined = np.sort(joined, axis=1)[:, : max(1, int((joined != last).sum(axis=1).max(initial=0)))]
    return np.where(joined == last, NONE, joined)


def fit_fusion(names: Sequence[str], candidates: Candidates, targets: np.ndarray, offered: Sequence[np.ndarray] | None = None, penalty: float = 1e-3) -> Fusion:
    """Fit weights by the listwise cross-entropy of the target `[U]` among its request's candidates (Cao et al. 2007), none held to a sign.

    Where it is known what stood beside a target, `offered`, its cross-entropy among these candidates alone is added.
    How far the others move the order of the first is then chosen by nDCG@10 among `STEPS`, nothing at all included: odds are fitted on all
    places, and a reader sees the first ten. Requests whose target is no candidate teach nothing here. With none that teach, all weights are 0 but the first, which is 1.
    """
    from scipy.optimize import minimize

    own = candidates.items == targets[:, None]
    taught = own.any(axis=1)
    if not taught.any():
        return Fusion(tuple(names), np.eye(len(names))[0])
    features, own = candidates.features[taught].astype(np.float64), own[taught].argmax(axis=1)
    there = candidates.items[taught] != NONE
    lists = [there]
    if offered is not None:
        beside = [np.isin(row, [*some, target]) for row, some, target in zip(candidates.items, offered, targets.tolist(), strict=True)]
        lists.append(np.stack(beside)[taught] & there)
    scale = np.maximum(features[there].std(axis=0), 1e-9)
    features = np.where(there[:, :, None], features / scale, 0.0)
    rows = np.arange(len(features))

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = penalty * float(weights @ weights), 2 * penalty * weights
        for listed in lists:
            scores = np.where(listed, features @ weights, -np.inf)
            scores -= scores.max(axis=1, keepdims=True)
            chances = np.exp(scores)
            chances /= chances.sum(axis=1, keepdims=True)
            value -= np.log(np.maximum(chances[rows, own], 1e-300)).mean()
            slope = slope + (np.einsum("uc,ucf->uf", chances, features) - features[rows, own]).mean(axis=0)
        return float(value), slope

    found = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B").x
    if found[0] <= 0:
        return Fusion(tuple(names), found / scale)

    def gain(step: float) -> float:
        scores = features @ np.append(found[:1], step * found[1:])
        return sum(float(by_rank(own_ranks(np.where(listed, scores, -np.inf), own), [10])["ndcg@10"].mean()) for listed in lists)

    step = max(STEPS, key=gain)
    return Fusion(tuple(names), np.append(found[:1], step * found[1:]) / scale)
