"""Ranking metrics against plain definitions, averaged over every order of the tied items."""

from itertools import chain, permutations, product
from math import log2, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.core import metrics
from broadsheet.core.errors import ConfigError, RecordError
from broadsheet.core.metrics import (
    Ranking,
    average_precision,
    evaluate_scores,
    hit,
    ndcg,
    precision,
    recall,
    reciprocal_rank,
)

CUTOFFS = (1, 2, 3, 5, 9)
BY_CUTOFF = (recall, precision, hit, ndcg, reciprocal_rank, average_precision)


def plain_metrics(ordered, all_grades, k):
    """The textbook loops, for grades in ranked order; no arrays and no ties."""
    top = ordered[:k]
    relevant = sum(grade > 0 for grade in all_grades)
    hits = [place for place, grade in enumerate(top, 1) if grade > 0]
    best = sorted(all_grades, reverse=True)[:k]

    def gained(grades, gain):
        return sum(gain(grade) / log2(place + 1) for place, grade in enumerate(grades, 1))

    def share_of_best(gain):
        return gained(top, gain) / gained(best, gain) if relevant else 0.0

    return {
        "recall": len(hits) / relevant if relevant else 0.0,
        "precision": len(hits) / k,
        "hit": float(bool(hits)),
        "reciprocal_rank": 1 / hits[0] if hits else 0.0,
        "average_precision": sum(n / place for n, place in enumerate(hits, 1)) / relevant if relevant else 0.0,
        "ndcg": share_of_best(float),
        "exponential": share_of_best(lambda grade: 2.0**grade - 1),
    }


def expected_over_orders(scores, grades, unranked, k):
    """The mean of the plain metrics over all orders that the scores allow."""
    levels = sorted(set(scores), reverse=True)
    groups = [[g for s, g in zip(scores, grades, strict=True) if s == level] for level in levels]
    rows = [plain_metrics(list(chain(*order)), [*grades, *unranked], k) for order in product(*map(permutations, groups))]
    return {name: np.mean([row[name] for row in rows]) for name in rows[0]}


def exact(ranking, k):
    values = {metric.__name__: metric(ranking, k) for metric in BY_CUTOFF}
    return values | {"exponential": ndcg(ranking, k, exponential=True)}


tied_queries = st.integers(1, 6).flatmap(
    lambda n: st.tuples(
        st.lists(st.sampled_from([-np.inf, 0.0, 0.5, 2.0]), min_size=n, max_size=n),
        st.lists(st.sampled_from([0, 0, 1, 2, 3]), min_size=n, max_size=n),
        st.lists(st.sampled_from([0, 1, 3]), max_size=2),
    )
)


@settings(max_examples=120, deadline=None)
@given(tied_queries, st.sampled_from(CUTOFFS))
def test_ties_score_the_mean_over_every_order(query, k):
    scores, grades, unranked = query
    ranking = Ranking.of_scores(scores, grades, unranked)
    assert exact(ranking, k) == pytest.approx(expected_over_orders(scores, grades, unranked, k), abs=1e-12)


@pytest.mark.parametrize("k", [1, 3, 7])
@pytest.mark.parametrize("relevant", [1, 3, 6, 7])
def test_one_large_tied_group_scores_the_mean_over_every_order(k, relevant):
    grades = [2] * (relevant // 2) + [1] * (relevant - relevant // 2) + [0] * (7 - relevant)
    ranking = Ranking.of_scores(np.zeros(7), grades)
    assert exact(ranking, k) == pytest.approx(expected_over_orders([0] * 7, grades, [], k), abs=1e-12)


def test_ties_agree_with_simulation_where_orders_are_too_many():
    rng = np.random.default_rng(5)
    scores, grades = rng.integers(0, 4, 60), rng.choice([0, 0, 0, 1, 2], 60)
    jittered = [scores + rng.random(60) * 0.5 for _ in range(4000)]
    names = ["ndcg@10", "recall@10", "hit@1", "mrr", "mrr@3", "map", "map@10", "precision@10"]
    drawn = evaluate_scores(jittered, [grades] * len(jittered), names)
    exactly = evaluate_scores([scores], [grades], names)
    for name in names:
        standard_error = drawn[name].std() / np.sqrt(len(jittered))
        assert abs(drawn[name].mean() - exactly[name][0]) < 4 * standard_error


def test_a_constant_scorer_scores_chance():
    ranking = Ranking.of_scores(np.full(1000, 0.3), np.arange(1000) < 1)
    assert recall(ranking, 20) == pytest.approx(0.02)
    assert hit(ranking, 20) == pytest.approx(0.02)
    assert precision(ranking, 20) == pytest.approx(0.001)
    assert reciprocal_rank(ranking) == pytest.approx(sum(1 / p for p in range(1, 1001)) / 1000)


def test_known_values_of_a_graded_ranking():
    ranking = Ranking.of_ids(["a", "b", "c", "d"], {"a": 3, "c": 1, "z": 2, "b": 0})
    assert recall(ranking, 3) == 2 / 3
    assert precision(ranking, 3) == 2 / 3
    assert hit(ranking, 1) == 1
    assert reciprocal_rank(ranking) == 1
    assert average_precision(ranking) == pytest.approx((1 + 2 / 3) / 3)
    assert average_precision(ranking, 2) == pytest.approx(1 / 3)
    assert ndcg(ranking, 3) == pytest.approx((3 + 1 / 2) / (3 + 2 / log2(3) + 1 / 2))
    assert ndcg(ranking, 3, exponential=True) == pytest.approx((7 + 1 / 2) / (7 + 3 / log2(3) + 1 / 2))


def test_a_cutoff_beyond_the_list_divides_precision_by_k_all_the_same():
    assert precision(Ranking.of_ids(["a"], ["a"]), 4) == 0.25


def test_a_list_and_distinct_scores_are_the_same_ranking():
    ids, grades = ["a", "b", "c", "d", "e"], {"b": 2.0, "e": 1.0, "gone": 3.0}
    listed = Ranking.of_ids(ids, grades)
    scored = Ranking.of_scores([5, 4, 3, 2, 1], [0, 2, 0, 0, 1], unranked=[3])
    for k in CUTOFFS:
        assert exact(listed, k) == pytest.approx(exact(scored, k))


@pytest.mark.parametrize("ranking", [Ranking.of_ids(["a", "b"], {}), Ranking.of_ids(["a"], {"a": 0}), Ranking.of_scores([1, 2], [0, 0])])
def test_a_query_without_a_relevant_item_scores_zero(ranking):
    assert set(exact(ranking, 5).values()) == {0.0}


@pytest.mark.parametrize("ranking", [Ranking.of_ids([], ["a"]), Ranking.of_scores([], [], unranked=[1])])
def test_an_empty_ranking_scores_zero(ranking):
    assert set(exact(ranking, 5).values()) == {0.0}


def test_masked_items_come_last():
    ranking = Ranking.of_scores([-np.inf, 0.1, -np.inf], [1, 0, 0])
    assert reciprocal_rank(ranking) == pytest.approx((1 / 2 + 1 / 3) / 2)


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 3)), min_size=1, max_size=30), st.randoms(), st.integers(1, 12))
def test_the_order_of_the_rows_never_matters(rows, random, k):
    shuffled = random.sample(rows, len(rows))
    first, second = (Ranking.of_scores(*zip(*each, strict=True)) for each in (rows, shuffled))
    assert exact(first, k) == pytest.approx(exact(second, k), abs=1e-12)


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 3)), min_size=1, max_size=30), st.integers(1, 12))
def test_values_lie_between_0_and_1_and_depend_on_order_alone(rows, k):
    scores, grades = (np.array(column) for column in zip(*rows, strict=True))
    values = exact(Ranking.of_scores(scores, grades), k)
    assert all(0 <= value <= 1 + 1e-12 for value in values.values())
    assert exact(Ranking.of_scores(np.exp(scores) * 7, grades), k) == values
    best = exact(Ranking.of_scores(grades, grades), k)
    assert all(values[name] <= best[name] + 1e-12 for name in values)
    assert best["ndcg"] == pytest.approx(float(grades.max() > 0))


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 3)), min_size=1, max_size=30), st.integers(1, 12))
def test_a_longer_list_finds_no_less(rows, k):
    ranking = Ranking.of_scores(*zip(*rows, strict=True))
    for metric in (recall, hit, reciprocal_rank, average_precision):
        assert metric(ranking, k) <= metric(ranking, k + 1) + 1e-12


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 3)), min_size=1, max_size=20), st.data())
def test_a_higher_score_of_a_relevant_item_never_hurts(rows, data):
    scores, grades = (np.array(column) for column in zip(*rows, strict=True))
    at = data.draw(st.integers(0, len(rows) - 1))
    grades[at] = 3
    raised = scores.copy()
    raised[at] += data.draw(st.integers(1, 4))
    before, after = (exact(Ranking.of_scores(each, grades), 5) for each in (scores, raised))
    assert all(after[name] >= before[name] - 1e-12 for name in before)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: Ranking.of_scores([0.1, nan], [1, 0]), "Entry 1 of scores is nan"),
        (lambda: Ranking.of_scores([0.1, 0.2], [1, nan]), "Entry 1 of grades is nan"),
        (lambda: Ranking.of_scores([0.1, 0.2], [1, -1]), "Entry 1 of grades is -1"),
        (lambda: Ranking.of_scores([0.1], [1], unranked=[-2]), "Entry 0 of grades of unranked items"),
        (lambda: Ranking.of_scores([0.1, 0.2], [1]), "scores 2, grades 1"),
        (lambda: Ranking.of_scores([[0.1]], [1]), r"shape \(1, 1\)"),
        (lambda: Ranking.of_ids(["a", "b", "a"], ["a"]), "'a' is ranked 2 times"),
        (lambda: Ranking.of_ids(["a"], {"a": -1}), "Entry 0 of grades is -1"),
    ],
)
def test_wrong_data_are_an_error_of_two_lines(make, what):
    with pytest.raises(RecordError, match=what) as caught:
        make()
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("metric", BY_CUTOFF)
@pytest.mark.parametrize("k", [0, -1])
@pytest.mark.parametrize("relevant", [["a"], []])
def test_a_cutoff_below_one_is_an_error(metric, k, relevant):
    with pytest.raises(ConfigError, match=f"The cutoff is {k}"):
        metric(Ranking.of_ids(["a"], relevant), k)


def test_the_surface_is_complete_and_each_function_shows_an_example():
    assert metrics.__all__ == sorted(metrics.__all__)
    public = {name for name, value in vars(metrics).items() if callable(value) and not name.startswith("_")}
    assert public == set(metrics.__all__)
    values = {"Interval", "PairedTest", "Ranking", "Reliability"}
    assert all(">>>" in vars(metrics)[name].__doc__ for name in public - values)
