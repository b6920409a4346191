"""Fusion of several retrievers: candidates joined, weights learnt where the truth is planted."""

import numpy as np

from broadsheet.retrieve.fusion import Candidates, Fusion, fit_fusion, union


def planted(users=4000, seed=0):
    """Candidates whose target is drawn with the odds of a known weighted sum; the third feature says nothing."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(users, 20, 3)) * np.array([1.0, 5.0, 2.0])
    items = np.tile(np.arange(20), (users, 1))
    scores = features @ np.array([1.0, 0.3, 0.0])
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    targets = np.array([rng.choice(20, p=row) for row in chances])
    return Candidates(items, features), targets


def test_joined_lists_have_no_repeats_and_nothing_is_lost():
    lists = [np.array([[3, 1, -1], [-1, -1, -1]]), np.array([[1, 2], [7, 7]])]
    assert union(lists).tolist() == [[1, 2, 3], [7, -1, -1]]


def test_planted_weights_are_found_and_what_says_nothing_gets_none():
    candidates, targets = planted()
    fused = fit_fusion(["dense", "generative", "noise"], candidates, targets, penalty=0.0)
    assert np.allclose(fused.weights, [1.0, 0.3, 0.0], atol=0.08)


def test_the_fused_order_is_better_than_that_of_either_part_on_requests_it_was_not_fitted_on():
    candidates, targets = planted()
    fused = fit_fusion(["dense", "generative", "noise"], candidates, targets)
    fresh, wanted = planted(seed=1)
    first = [(one.ranked(fresh)[:, 0] == wanted).mean() for one in (fused, Fusion(fused.names, np.eye(3)[0]), Fusion(fused.names, np.eye(3)[1]))]
    assert first[0] > first[1] + 0.02
    assert first[0] > first[2] + 0.02


def test_places_without_a_candidate_come_last_and_play_no_part():
    candidates, targets = planted(users=300)
    wide = Candidates(
        np.pad(candidates.items, ((0, 0), (0, 2)), constant_values=-1), np.pad(candidates.features, ((0, 0), (0, 2), (0, 0)), constant_values=99.0)
    )
    one, other = (fit_fusion(["a", "b", "c"], given, targets) for given in (candidates, wide))
    assert np.allclose(one.weights, other.weights, atol=1e-4)
    assert (other.ranked(wide)[:, -2:] == -1).all()


def test_without_a_request_that_teaches_the_first_retriever_decides():
    candidates, _ = planted(users=5)
    assert fit_fusion(["dense", "b", "c"], candidates, np.full(5, 77)).weights.tolist() == [1, 0, 0]


def test_what_stood_beside_the_target_teaches_what_tells_them_apart():
    """On the target's shelf the second feature is larger for the target; on all other shelves it is larger still, so among all it speaks against it."""
    rng = np.random.default_rng(3)
    shelf = np.repeat(np.arange(5), 4)
    targets = rng.integers(20, size=400)
    near, own = shelf[None] == shelf[targets][:, None], np.arange(20)[None] == targets[:, None]
    first = near + rng.normal(size=(400, 20))
    second = np.where(near, own * 1.0, 2.0) + rng.normal(size=(400, 20)) * 0.5
    candidates = Candidates(np.tile(np.arange(20), (400, 1)), np.stack([first, second], axis=2))
    offered = [np.flatnonzero(row) for row in near]
    plain, told = fit_fusion(["a", "b"], candidates, targets), fit_fusion(["a", "b"], candidates, targets, offered)
    assert told.weights[1] > plain.weights[1]
    on_shelf = Candidates(np.stack(offered), np.stack([row[some] for row, some in zip(candidates.features, offered, strict=True)]))
    assert (told.ranked(on_shelf)[:, 0] == targets).mean() > (plain.ranked(on_shelf)[:, 0] == targets).mean() + 0.1
    nothing = fit_fusion(["a", "b"], candidates, targets, [np.zeros(0, dtype=np.int64)] * 400)
    assert np.allclose(nothing.weights, plain.weights, atol=1e-4)
