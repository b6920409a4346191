"""Ranking metrics equal those of ranx and of trec_eval (through ir_measures) where nothing is tied."""

import numpy as np
import pytest

from broadsheet.core.metrics import Ranking, evaluate, ndcg

CUTOFFS = (1, 3, 5, 10, 50)
IN_TREC_EVAL = {"recall": "R", "precision": "P", "hit": "Success", "ndcg": "nDCG", "mrr": "RR", "map": "AP"}
NAMES = [*(f"{family}@{k}" for family in IN_TREC_EVAL for k in CUTOFFS), "ndcg", "mrr", "map"]


@pytest.fixture(scope="module")
def ranx():
    """ranx as plain Python: compiling its loops takes longer than running them here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUMBA_DISABLE_JIT", "1")
        import ranx

        yield ranx


@pytest.fixture(scope="module")
def runs():
    """Thirty users, 24 ranked items each, every score another whole number."""
    rng = np.random.default_rng(11)
    items = [f"i{n}" for n in range(40)]
    return {f"u{user}": dict(zip(rng.permutation(items)[:24].tolist(), map(float, rng.permutation(100)[:24]), strict=True)) for user in range(30)}


@pytest.fixture(scope="module")
def qrels(runs):
    """Grades 0 to 3, also of items that are not ranked; the last two users have no relevant item."""
    rng = np.random.default_rng(12)
    graded = {user: {f"i{n}": int(rng.integers(0, 4)) for n in rng.permutation(40)[: rng.integers(1, 15)]} for user in runs}
    for user in ("u28", "u29"):
        graded[user] = dict.fromkeys(graded[user], 0)
    return graded


@pytest.fixture(scope="module")
def ours(runs, qrels):
    return evaluate(runs, qrels, NAMES)


def by_ranx(ranx, runs, qrels, name):
    """ranx sorts users by name, so its values are put back in the order of the qrels."""
    values = ranx.evaluate(ranx.Qrels(qrels), ranx.Run(runs), name, return_mean=False)
    return dict(zip(sorted(qrels), values, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_equal_to_ranx(ranx, runs, qrels, ours, name):
    theirs = by_ranx(ranx, runs, qrels, name.replace("hit", "hit_rate"))
    assert dict(zip(qrels, ours[name], strict=True)) == pytest.approx(theirs, abs=1e-9)


def test_exponential_gain_equals_ranx(ranx, runs, qrels):
    theirs = by_ranx(ranx, runs, qrels, "ndcg_burges@10")
    for user, run in runs.items():
        ranking = Ranking.of_ids(sorted(run, key=run.get, reverse=True), qrels[user])
        assert ndcg(ranking, 10, exponential=True) == pytest.approx(theirs[user], abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_equal_to_trec_eval(runs, qrels, ours, name):
    import ir_measures

    family, at, k = name.partition("@")
    measure = ir_measures.parse_measure(IN_TREC_EVAL[family] + at + k)
    values = {each.query_id: each.value for each in ir_measures.iter_calc([measure], qrels, runs)}
    assert dict(zip(qrels, ours[name], strict=True)) == pytest.approx(values, abs=1e-9)


def test_users_without_a_relevant_item_score_zero_as_there(ranx, runs, qrels, ours):
    theirs = by_ranx(ranx, runs, qrels, "ndcg@10")
    assert [theirs["u28"], theirs["u29"]] == [0, 0]
    assert all(values[-2:].tolist() == [0, 0] for values in ours.values())
