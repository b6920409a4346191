"""Metrics by name: names, users, rows, and what is refused."""

import numpy as np
import pytest

from broadsheet.core.errors import ConfigError, RecordError
from broadsheet.core.metrics import Ranking, evaluate, evaluate_scores, metric, ndcg

NAMES = ["ndcg@10", "recall@20", "hit@5", "mrr", "map", "precision@1", "mrr@2"]


def test_each_name_gives_one_value_a_user_in_the_order_of_qrels():
    runs = {"bob": ["x", "y"], "ada": ["y", "x"]}
    values = evaluate(runs, {"ada": {"x": 1}, "bob": {"x": 1}}, NAMES)
    assert list(values) == NAMES
    assert values["mrr"].tolist() == [0.5, 1.0]
    assert all(each.shape == (2,) and each.dtype == np.float64 for each in values.values())


def test_scores_by_id_are_ranked_with_ties_by_mean():
    values = evaluate({"ada": {"a": 1.0, "b": 1.0, "c": 0.0}}, {"ada": {"a": 2, "not ranked": 2}}, ["hit@1", "recall@1"])
    assert values["hit@1"].tolist() == [0.5]
    assert values["recall@1"].tolist() == [0.25]


def test_a_user_without_a_run_or_without_a_relevant_item_scores_zero():
    values = evaluate({"bob": ["x"]}, {"ada": ["x"], "bob": []}, NAMES)
    assert all(each.tolist() == [0, 0] for each in values.values())


def test_a_run_that_nobody_judged_is_reported():
    with pytest.raises(RecordError, match="1 runs are not in qrels, the first of 'eve'"):
        evaluate({"eve": ["x"]}, {"ada": ["x"]}, NAMES)


def test_no_users_give_empty_values():
    assert evaluate({}, {}, ["mrr"])["mrr"].shape == (0,)
    assert evaluate_scores([], [], ["mrr"])["mrr"].shape == (0,)


def test_rows_of_scores_equal_runs_of_ids():
    rng = np.random.default_rng(3)
    scores, grades = rng.integers(0, 5, (8, 12)), rng.integers(0, 3, (8, 12))
    runs = {str(user): {str(i): float(s) for i, s in enumerate(row)} for user, row in enumerate(scores)}
    qrels = {str(user): {str(i): float(g) for i, g in enumerate(row)} for user, row in enumerate(grades)}
    by_id, by_row = evaluate(runs, qrels, NAMES), evaluate_scores(scores, grades, NAMES)
    for name in NAMES:
        np.testing.assert_allclose(by_row[name], by_id[name], atol=1e-12)


def test_rows_may_come_one_at_a_time():
    rows = [[0.1, 0.2], [0.2, 0.1]]
    values = evaluate_scores(iter(rows), ([0, 1] for _ in rows), ["mrr"])
    assert values["mrr"].tolist() == [1.0, 0.5]


@pytest.mark.parametrize(("users", "judged"), [(1, 2), (2, 1)])
def test_rows_that_do_not_pair_are_an_error(users, judged):
    with pytest.raises(RecordError, match="different numbers of rows"):
        evaluate_scores([[0.1]] * users, [[1]] * judged, ["mrr"])


@pytest.mark.parametrize(("name", "nearest"), [("ncdg@10", "ndcg"), ("recal@5", "recall"), ("presicion@1", "precision")])
def test_an_unknown_name_is_answered_with_the_nearest(name, nearest):
    with pytest.raises(ConfigError, match=f"Did you mean '{nearest}'") as caught:
        evaluate({}, {}, [name])
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("name", ["recall", "hit", "precision", "ndcg@", "ndcg@0", "ndcg@-1", "ndcg@ten", "ndcg@1.5", "mrr@²"])
def test_a_cutoff_that_is_missing_or_wrong_is_an_error(name):
    with pytest.raises(ConfigError, match="lacks a cutoff of at least 1"):
        metric(name)


def test_a_name_without_a_cutoff_reads_the_whole_ranking():
    ranking = Ranking.of_ids([*map(str, range(30)), "late"], ["late"])
    assert metric("ndcg")(ranking) == ndcg(ranking, 31)
    assert metric("mrr")(ranking) == 1 / 31
    assert metric("mrr@30")(ranking) == 0
