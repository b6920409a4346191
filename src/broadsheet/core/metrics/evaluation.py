"""Per-user values of ranking metrics that are asked for by name."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from broadsheet.core.errors import ConfigError, RecordError, did_you_mean
from broadsheet.core.metrics.ranking import (
    Ranking,
    Relevance,
    average_precision,
    grades_by_id,
    hit,
    ndcg,
    precision,
    recall,
    reciprocal_rank,
)

Run = Mapping[str, float] | Sequence[str]
PerUser = dict[str, NDArray[np.float64]]


class _Family(NamedTuple):
    """A metric's function, and whether its name must carry a cutoff."""

    function: Callable[..., float]
    needs_cutoff: bool


_FAMILIES = {
    "recall": _Family(recall, needs_cutoff=True),
    "precision": _Family(precision, needs_cutoff=True),
    "hit": _Family(hit, needs_cutoff=True),
    "ndcg": _Family(ndcg, needs_cutoff=False),
    "mrr": _Family(reciprocal_rank, needs_cutoff=False),
    "map": _Family(average_precision, needs_cutoff=False),
}


def metric(name: str) -> Callable[[Ranking], float]:
    """Return the metric of a name such as `ndcg@10`, `recall@20`, `hit@5`, `mrr`, `map`.

    Raises ConfigError for an unknown metric, a cutoff that is not a whole number of at
    least 1, and a missing one where the metric needs it.

    >>> metric("precision@2")(Ranking.of_ids(["a", "b"], ["a"]))
    0.5
    """
    family, at, cutoff = name.partition("@")
    if family not in _FAMILIES:
        what = f"There is no metric {name!r}.{did_you_mean(family, _FAMILIES)}"
        mend = f"Use one of {', '.join(_FAMILIES)}, with a cutoff as in 'ndcg@10'."
        raise ConfigError(what, mend)
    function, needs_cutoff = _FAMILIES[family]
    if not at and not needs_cutoff:
        return partial(function, k=None)
    if not (cutoff.isascii() and cutoff.isdigit() and int(cutoff) > 0):
        what = f"The metric {name!r} lacks a cutoff of at least 1."
        raise ConfigError(what, f"Write it as in '{family}@10'.")
    return partial(function, k=int(cutoff))


def evaluate(runs: Mapping[str, Run], qrels: Mapping[str, Relevance], metrics: Collection[str]) -> PerUser:
    """Return one value `[U]` for each user of `qrels`, in their order, by metric name.

    A run is a ranked list of ids, best first, or a score by id, with ties ranked by
    mean. A user without a run was given nothing and scores 0, and so does a user
    without a relevant item. Raises ConfigError for an unknown metric, and RecordError
    for a run of a user that `qrels` lacks and for the wrong data that `Ranking` names.

    >>> runs = {"ada": ["x", "y"], "bob": {"x": 0.5, "y": 0.5}}
    >>> evaluate(runs, {"ada": ["y"], "bob": ["y"]}, ["mrr", "hit@1"])
    {'mrr': array([0.5 , 0.75]), 'hit@1': array([0. , 0.5])}
    """
    unjudged = sorted(runs.keys() - qrels.keys())
    if unjudged:
        what = f"{len(unjudged)} runs are not in qrels, the first of {unjudged[0]!r}."
        mend = "Give each user an entry in qrels, an empty one if nothing is relevant."
        raise RecordError(what, mend)
    rankings = (_ranking(runs.get(user, ()), qrels[user]) for user in qrels)
    return _values(rankings, metrics)


def evaluate_scores(scores: Iterable[ArrayLike], relevance: Iterable[ArrayLike], metrics: Collection[str]) -> PerUser:
    """Return one value `[U]` for each row of scores, by metric name.

    `scores` and `relevance` are arrays `[U, N]` or iterators over rows `[N]`, so that a
    large matrix can be made a block at a time. Ties are ranked by mean. Raises
    ConfigError for an unknown metric, and RecordError for more rows of one than of the
    other, a NaN score or a grade below 0.

    >>> evaluate_scores([[0.1, 0.9], [0.0, 0.0]], [[1, 0], [1, 0]], ["mrr"])
    {'mrr': array([0.5 , 0.75])}
    """
    return _values(_rows(scores, relevance), metrics)


def _rows(scores: Iterable[ArrayLike], relevance: Iterable[ArrayLike]) -> Iterable[Ranking]:
    """Rank row after row; RecordError if one of the two ends first."""
    for marks, grades in zip_longest(scores, relevance):
        if marks is None or grades is None:
            what = "Scores and relevance have different numbers of rows."
            raise RecordError(what, "Give one row of each for every user.")
        yield Ranking.of_scores(marks, grades)


def _ranking(run: Run, relevance: Relevance) -> Ranking:
    """Rank one run, by its order or by its scores."""
    if not isinstance(run, Mapping):
        return Ranking.of_ids(run, relevance)
    graded = grades_by_id(relevance)
    return Ranking.of_scores(
        list(run.values()),
        [graded.get(item, 0.0) for item in run],
        unranked=[grade for item, grade in graded.items() if item not in run],
    )


def _values(rankings: Iterable[Ranking], names: Collection[str]) -> PerUser:
    """Apply each named metric to each ranking, reading the rankings once."""
    functions = [metric(name) for name in names]
    rows = [[function(ranking) for function in functions] for ranking in rankings]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(functions))
    return {name: table[:, column] for column, name in enumerate(names)}
