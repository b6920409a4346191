"""Ranking metrics of one query, exact expectations where items are tied.

A relevant item has a grade above 0. A query without a relevant item scores 0 in every
metric, as in trec_eval: no ranking can earn anything there.

Tied items are ranked by mean: each metric is its exact expectation when the items of
every group of equal scores stand in a uniformly random order (McSherry and Najork,
"Computing information retrieval performance measures efficiently in the presence of
tied scores", ECIR 2008). So a constant scorer gets what chance gets, whatever the order
of the rows.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from broadsheet.core.errors import ConfigError, RecordError
from broadsheet.core.metrics.vectors import (
    NOT_NEGATIVE,
    ORDERED,
    require_same_length,
    vector,
)

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Relevance = Mapping[str, float] | Collection[str]


class Slots(NamedTuple):
    """Every position `[L]` that a relevant item can take, group after group.

    `group` is the index of the tied group, `offset` counts from 0 within it, and
    `position` counts from 1 over the whole ranking.
    """

    group: Integers
    offset: Integers
    position: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Where the relevant items of one query stand, as groups of tied items, best first.

    Only the `G` groups with a relevant item are kept. `before` `[G]` counts the items
    ranked above a group, `size` `[G]` its items, relevant or not. The `M` ranked
    relevant items have `grades` `[M]` and the index of their `group` `[M]`. `ideal`
    `[R]` holds the grades of all relevant items, ranked or not, highest first.
    """

    before: Integers
    size: Integers
    group: Integers
    grades: Floats
    ideal: Floats

    @classmethod
    def of_ids(cls, ids: Sequence[str], relevance: Relevance) -> Self:
        """Read a ranked list of ids, best first, without ties.

        `relevance` maps ids to grades; a set or a list of ids gives each the grade 1.
        Raises RecordError for an id that is ranked twice and for a grade below 0.

        >>> Ranking.of_ids(["b", "a"], {"a": 3.0, "c": 1.0}).before.tolist()
        [1]
        """
        position = {item: place for place, item in enumerate(ids)}
        if len(position) < len(ids):
            item, times = Counter(ids).most_common(1)[0]
            what = f"The id {item!r} is ranked {times} times."
            raise RecordError(what, "Rank an id once.")
        graded = grades_by_id(relevance)
        ranked = graded.keys() & position.keys()
        found = sorted((position[item], graded[item]) for item in ranked)
        before = np.array([place for place, _ in found], dtype=np.int64)
        grades = np.array([grade for _, grade in found], dtype=np.float64)
        ideal = np.array(sorted(graded.values(), reverse=True), dtype=np.float64)
        return cls(before, np.ones_like(before), np.arange(len(before)), grades, ideal)

    @classmethod
    def of_scores(cls, scores: ArrayLike, relevance: ArrayLike, unranked: ArrayLike = ()) -> Self:
        """Rank items by `scores` `[N]`, high first; `relevance` `[N]` holds their grades.

        `unranked` are grades of relevant items that got no score. -inf is a score that
        comes last. Raises RecordError for a NaN score, a grade below 0 or two lengths.

        >>> ranking = Ranking.of_scores([0.5, 0.9, 0.5], [1, 0, 0])
        >>> ranking.before.tolist(), ranking.size.tolist()
        ([1], [2])
        """
        marks = vector(scores, "scores", ORDERED)
        grades = vector(relevance, "grades", NOT_NEGATIVE)
        missed = vector(unranked, "grades of unranked items", NOT_NEGATIVE)
        require_same_length(scores=marks, grades=grades)
        relevant = grades > 0
        levels, level = np.unique(marks[relevant], return_inverse=True)
        ascending = np.sort(marks)
        above = np.searchsorted(ascending, levels, side="right")
        below = np.searchsorted(ascending, levels, side="left")
        all_grades = np.concatenate([grades[relevant], missed[missed > 0]])
        return cls(
            before=(len(marks) - above)[::-1],
            size=(above - below)[::-1],
            group=len(levels) - 1 - level,
            grades=grades[relevant],
            ideal=np.sort(all_grades)[::-1],
        )

    def relevant(self) -> Integers:
        """Count the relevant items of each group, `[G]`."""
        return np.bincount(self.group, minlength=len(self.size))

    def reach(self, k: int | None) -> Integers:
        """Count the positions of each group in the top `k`, `[G]`; None is no cutoff.

        Raises ConfigError for `k` below 1.
        """
        if k is None:
            return self.size
        if k < 1:
            what = f"The cutoff is {k}."
            raise ConfigError(what, "Give a cutoff k of at least 1.")
        return np.clip(k - self.before, 0, self.size)

    def slots(self, k: int | None) -> Slots:
        """List every position within the top `k` that a relevant item can take."""
        reach = self.reach(k)
        group = np.repeat(np.arange(len(reach)), reach)
        offset = np.arange(len(group)) - np.repeat(np.cumsum(reach) - reach, reach)
        return Slots(group, offset, self.before[group] + offset + 1)


def grades_by_id(relevance: Relevance) -> dict[str, float]:
    """Return the grades above 0 by id; ids without a grade have the grade 1.

    Raises RecordError for a grade below 0 or NaN.

    >>> grades_by_id({"a": 2.0, "b": 0.0})
    {'a': 2.0}
    >>> grades_by_id(["a"])
    {'a': 1.0}
    """
    if not isinstance(relevance, Mapping):
        return dict.fromkeys(relevance, 1.0)
    grades = vector(list(relevance.values()), "grades", NOT_NEGATIVE).tolist()
    pairs = zip(relevance, grades, strict=True)
    return {item: grade for item, grade in pairs if grade > 0}


def recall(ranking: Ranking, k: int) -> float:
    """Return the share of the relevant items that stand in the top `k`.

    >>> recall(Ranking.of_ids(["a", "b", "c"], ["a", "c"]), k=2)
    0.5
    >>> recall(Ranking.of_scores([0, 0, 0, 0], [1, 0, 0, 0]), k=1)
    0.25
    """
    hits = _expected_hits(ranking, k)
    return hits / len(ranking.ideal) if len(ranking.ideal) else 0.0


def precision(ranking: Ranking, k: int) -> float:
    """Return the relevant share of the top `k`; a place left empty is not relevant.

    >>> precision(Ranking.of_ids(["a", "b", "c"], ["a", "c"]), k=2)
    0.5
    """
    return _expected_hits(ranking, k) / k


def hit(ranking: Ranking, k: int) -> float:
    """Return the chance that the top `k` hold a relevant item: 0 or 1 without ties.

    In the group at the cutoff the relevant items seen are hypergeometric.

    >>> hit(Ranking.of_ids(["a", "b"], ["b"]), k=1)
    0.0
    >>> hit(Ranking.of_scores([0, 0, 0, 0], [1, 1, 0, 0]), k=1)
    0.5
    """
    reach = ranking.reach(k)
    if not len(reach):
        return 0.0
    spared = _chance_of_none(ranking.size[0], ranking.relevant()[0])
    return float(1.0 - spared[reach[0]]) if reach[0] < len(spared) else 1.0


def reciprocal_rank(ranking: Ranking, k: int | None = None) -> float:
    """Return one over the position of the first relevant item, 0 beyond the top `k`.

    Its mean over queries is MRR (Voorhees, TREC-8 1999). With ties, the chance of each
    first position is negative hypergeometric.

    >>> reciprocal_rank(Ranking.of_ids(["a", "b"], ["b"]))
    0.5
    >>> reciprocal_rank(Ranking.of_scores([0, 0], [1, 0]))
    0.75
    """
    reach = ranking.reach(k)
    if not len(reach):
        return 0.0
    size, relevant = ranking.size[0], ranking.relevant()[0]
    spared = _chance_of_none(size, relevant)
    offset = np.arange(len(spared))
    chance = spared * relevant / (size - offset)
    terms = chance / (ranking.before[0] + offset + 1)
    return float(terms[: reach[0]].sum())


def average_precision(ranking: Ranking, k: int | None = None) -> float:
    """Return the mean over all relevant items of the precision at their positions.

    Its mean over queries is MAP. A relevant item beyond the top `k` or not ranked counts
    0, as in trec_eval's `map_cut`. With ties, a relevant item at offset `j` of a group of
    `n` items, `r` of them relevant, expects `j (r - 1) / (n - 1)` relevant ones of its
    group above it.

    >>> round(average_precision(Ranking.of_ids(["a", "b", "c"], ["a", "c"])), 4)
    0.8333
    """
    group, offset, position = ranking.slots(k)
    if not len(ranking.ideal):
        return 0.0
    relevant = ranking.relevant()
    above = np.cumsum(relevant) - relevant
    slope = (relevant - 1) / np.maximum(ranking.size - 1, 1)
    hits = above[group] + 1 + offset * slope[group]
    chance = (relevant / ranking.size)[group]
    return float((chance * hits / position).sum() / len(ranking.ideal))


def ndcg(ranking: Ranking, k: int | None = None, *, exponential: bool = False) -> float:
    """Return the discounted gain of the top `k` over that of the best ranking.

    The discount is `1 / log2(position + 1)`. The gain is the grade itself (Järvelin and
    Kekäläinen, TOIS 2002), or `2 ** grade - 1` if `exponential` (Burges et al., ICML
    2005).

    >>> round(ndcg(Ranking.of_ids(["a", "b"], {"b": 2.0}), k=10), 4)
    0.6309
    >>> ndcg(Ranking.of_ids(["b", "a"], {"a": 1.0, "b": 2.0}))
    1.0
    """
    gains, best = ranking.grades, ranking.ideal[:k]
    if exponential:
        gains, best = np.exp2(gains) - 1, np.exp2(best) - 1
    group_gain = np.bincount(ranking.group, weights=gains, minlength=len(ranking.size))
    slots = ranking.slots(k)
    expected = (group_gain / ranking.size)[slots.group] / np.log2(slots.position + 1)
    if not len(best):
        return 0.0
    ideal = (best / np.log2(np.arange(len(best)) + 2)).sum()
    # Equal sums in another order differ by rounding, and no ranking beats the best one.
    return min(1.0, float(expected.sum() / ideal))


def own_ranks(scores: Floats, own: Integers | None = None) -> Floats:
    """Return for each row of `scores` `[Q, N]` the rank of its own column, from 0, ties by the mean: `[Q]`.

    `own` `[Q]` names the columns; without it row q's own is column q.

    >>> own_ranks(np.array([[0.5, 0.9, 0.5], [0.1, 0.7, 0.2]])).tolist()
    [1.5, 0.0]
    """
    columns = np.arange(len(scores)) if own is None else own
    mine = scores[np.arange(len(scores)), columns][:, None]
    return (scores > mine).sum(axis=1) + ((scores == mine).sum(axis=1) - 1) / 2


def by_rank(ranks: Floats, cuts: Sequence[int] = (5, 10, 20)) -> dict[str, Floats]:
    """Return by name recall and nDCG at each cut of queries with one relevant item, whose rank from 0 is `ranks` `[Q]`; infinity is not found.

    >>> {name: values.tolist() for name, values in by_rank(np.array([0.0, 7.0]), [5]).items()}
    {'recall@5': [1.0, 0.0], 'ndcg@5': [1.0, 0.0]}
    """
    found = {f"recall@{k}": (ranks < k).astype(float) for k in cuts}
    return found | {f"ndcg@{k}": np.where(ranks < k, 1 / np.log2(np.minimum(ranks, k) + 2), 0.0) for k in cuts}


def mean_by_rank(runs: Sequence[Floats]) -> dict[str, Floats]:
    """Return each metric of `by_rank` by query, the mean over runs `[Q]` of the same queries.

    >>> mean_by_rank([np.array([0.0]), np.array([9.0])])["recall@5"].tolist()
    [0.5]
    """
    each = [by_rank(run) for run in runs]
    return {name: np.mean([one[name] for one in each], axis=0) for name in each[0]}


def hide(scores: Floats, hidden: Sequence[Integers]) -> None:
    """Give hidden items of each row `[B, N]` minus infinity, whatever is asked for: a label has no say in what is seen.

    >>> scores = np.array([[0.2, 0.9]])
    >>> hide(scores, [np.array([1])])
    >>> scores.tolist()
    [[0.2, -inf]]
    """
    rows = np.repeat(np.arange(len(hidden)), [len(items) for items in hidden])
    scores[rows, np.concatenate([np.zeros(0, dtype=np.int64), *hidden]).astype(np.int64)] = -np.inf


def target_ranks(blocks: Iterable[Floats], targets: Integers, hidden: Sequence[Integers] | None = None) -> Floats:
    """Return the rank from 0 of each target `[U]` by scores of all items `[B, N]`, block after block, ties by the mean.

    Items `hidden` from a row count for nothing there, and a target that is hidden from its own is never found: infinity.

    >>> target_ranks([np.array([[0.2, 0.9, 0.5]])], np.array([2]), [np.array([1])]).tolist()
    [0.0]
    """
    found, start = [], 0
    for scores in blocks:
        own = targets[start : start + len(scores)]
        if hidden is not None:
            hide(scores, hidden[start : start + len(scores)])
        gone = np.isneginf(np.take_along_axis(scores, own[:, None], axis=1)[:, 0])
        found.append(np.where(gone, np.inf, own_ranks(scores, own)))
        start += len(scores)
    return np.concatenate([np.zeros(0), *found])


def _expected_hits(ranking: Ranking, k: int) -> float:
    """Return the expected number of relevant items in the top `k`."""
    return float((ranking.relevant() * ranking.reach(k) / ranking.size).sum())


def _chance_of_none(size: int, relevant: int) -> Floats:
    """Return the chance that the first `j` items of a group have no relevant one.

    `j` runs from 0 to `size - relevant`; beyond that the chance is 0.

    >>> _chance_of_none(size=4, relevant=2).round(4).tolist()
    [1.0, 0.5, 0.1667]
    """
    drawn = np.arange(size - relevant)
    kept = np.cumprod((size - relevant - drawn) / (size - drawn))
    return np.concatenate([[1.0], kept])
