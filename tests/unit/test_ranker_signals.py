"""Signals of a paper for a reader: what counts as evidence, and what does not."""

import numpy as np
import pytest

from broadsheet.report.affinity import AffinityConfig, kernel
from broadsheet.report.ranker.signals import Reading, Shelf, Sight, signal_names


def unit(rows: int, seed: int, width: int = 8) -> np.ndarray:
    found = np.abs(np.random.default_rng(seed).normal(size=(rows, width)))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def sight(before: np.ndarray, day: np.ndarray, same: np.ndarray | None = None) -> Sight:
    shelf = Shelf({"lexical": before, "dense": before}, np.ones(len(before), dtype=bool), np.eye(len(before), 2))
    same = np.zeros((len(day), len(before)), dtype=bool) if same is None else same
    return Sight.of(shelf, {"lexical": day, "dense": day}, same, np.zeros((len(day), 2)))


def reading(library: list[int], circle: list[int] = ()) -> Reading:
    return Reading(np.array(library), np.array(circle, dtype=np.int64))


@pytest.mark.parametrize("circle", [True, False])
def test_each_signal_has_its_name(circle):
    seen = sight(unit(20, 1), unit(5, 2)).signals(reading([1, 2, 3], [4]), circle=circle)
    assert seen.shape == (5, len(signal_names(("lexical", "dense"), circle=circle)))
    assert np.isfinite(seen).all()


def test_a_paper_is_no_evidence_for_itself():
    before, day = unit(20, 1), unit(3, 2)
    before[7] = day[0]
    same = np.zeros((3, 20), dtype=bool)
    same[0, 7] = True
    names = signal_names(("lexical", "dense"), circle=False)
    nearest = names.index("lexical nearest")
    assert sight(before, day).signals(reading([7, 8]), circle=False)[0, nearest] == pytest.approx(1)
    assert sight(before, day, same).signals(reading([7, 8]), circle=False)[0, nearest] == pytest.approx(before[8] @ day[0])


def test_a_reader_without_a_circle_gets_what_is_usual():
    names = signal_names(("lexical", "dense"), circle=True)
    seen = sight(unit(20, 1), unit(4, 2)).signals(reading([0, 1]), circle=True)
    for space in ("lexical", "dense"):
        for kind in ("nearest", "best", "mean"):
            assert np.array_equal(seen[:, names.index(f"{space} circle {kind}")], seen[:, names.index(f"{space} usual")])


def test_the_order_of_the_shelf_changes_nothing():
    before, day = unit(30, 1), unit(4, 2)
    order = np.random.default_rng(3).permutation(30)
    place = np.argsort(order)
    shuffled = Sight.of(
        Shelf({"lexical": before[order], "dense": before[order]}, np.ones(30, dtype=bool), np.eye(30, 2)[order]),
        {"lexical": day, "dense": day},
        np.zeros((4, 30), dtype=bool),
        np.zeros((4, 2)),
    )
    ours = sight(before, day).signals(reading([0, 5, 9], [3, 4]), circle=True)
    theirs = shuffled.signals(reading([int(place[i]) for i in (0, 5, 9)], [int(place[i]) for i in (3, 4)]), circle=True)
    assert ours == pytest.approx(theirs, abs=1e-8)


def test_what_is_usual_leaves_the_library_alone():
    before, day = unit(20, 1), unit(4, 2)
    half = Shelf({"lexical": before, "dense": before}, np.arange(20) < 10, np.zeros((20, 0)))
    seen = Sight.of(half, {"lexical": day, "dense": day}, np.zeros((4, 20), dtype=bool), np.zeros((4, 0))).signals(reading([15]), circle=False)
    usual = signal_names(("lexical", "dense"), circle=False).index("lexical usual")
    assert seen[:, usual] == pytest.approx((day @ before[:10].T).mean(axis=1))


@pytest.mark.parametrize("dense", [None, np.array([[0.0, 0.2, 0.8, -1.0]])])
def test_a_nearer_paper_has_a_larger_kernel_and_a_far_one_none(dense):
    near = kernel(np.array([[0.0, 0.2, 0.8, -1.0]]), dense, AffinityConfig())[0]
    assert near[0] == near[3] == 0
    assert 0 < near[1] < near[2]


def test_a_signal_is_what_its_name_says():
    shelf = {"lexical": unit(20, 1), "dense": unit(20, 2)}
    day = {"lexical": unit(4, 3), "dense": unit(4, 4)}
    nowhere = np.zeros((4, 20), dtype=bool)
    background = np.arange(20) < 16
    whole = Sight.of(Shelf(shelf, background, np.zeros((20, 0))), day, nowhere, np.zeros((4, 0)))
    library, circle = [2, 5, 7, 11, 17], [0, 1, 3, 4, 6, 8]
    seen = dict(zip(whole.names(circle=True), whole.signals(reading(library, circle), circle=True).T, strict=True))
    for space in ("lexical", "dense"):
        near, around = day[space] @ shelf[space][library].T, day[space] @ shelf[space][circle].T
        by_hand = {
            "mean": near.mean(axis=1),
            "nearest": near.max(axis=1),
            "recent": near[:, 2:].mean(axis=1),
            "usual": (day[space] @ shelf[space][:16].T).mean(axis=1),
            "circle nearest": around.max(axis=1),
            "circle best": np.sort(around, axis=1)[:, 1:].mean(axis=1),
            "circle mean": around.mean(axis=1),
        }
        for name, values in by_hand.items():
            assert seen[f"{space} {name}"] == pytest.approx(values), name
    kernel = np.expm1(25 * day["lexical"] @ shelf["lexical"].T + 5 * day["dense"] @ shelf["dense"].T)
    assert seen["kernel"] == pytest.approx(np.log(kernel[:, library].sum(axis=1) + 1e-3))
    assert seen["kernel share"] == pytest.approx(seen["kernel"] - np.log(kernel[:, :16].mean(axis=1) + 1e-3))


def test_agreement_of_lists_is_the_likelihood_of_the_readers_shares():
    lists = np.array([[1.0, 0], [1, 0], [1, 1], [1, 0]])
    shelf = Shelf({"lexical": unit(4, 1)}, np.ones(4, dtype=bool), lists)
    day = np.array([[1.0, 0], [0, 1], [1, 1]])
    seen = Sight.of(shelf, {"lexical": unit(3, 2)}, np.zeros((3, 4), dtype=bool), day).signals(reading([0, 1, 2, 3]), circle=False)
    always, quarter = 0.95, 0.25
    by_hand = np.log([always * (1 - quarter), (1 - always) * quarter, always * quarter])
    names = signal_names(("lexical",), circle=False)
    assert seen[:, names.index("lists agree")] == pytest.approx(by_hand)
    assert seen[:, names.index("lists")].tolist() == [1, 1, 2]


def test_what_the_row_of_the_paper_itself_holds_moves_none_of_its_signals():
    before, day = unit(20, 1), unit(3, 2)
    other = before.copy()
    other[7] = day[0]
    same = np.zeros((3, 20), dtype=bool)
    same[0, 7] = True
    names = signal_names(("lexical", "dense"), circle=True)
    # The reader's own model is fitted to the library, whoever is looked at.
    kept = [place for place, name in enumerate(names) if name != "reader's model"]
    for read in (reading([7, 8], [1, 2]), reading([8, 9], [1, 7])):
        first, second = (sight(shelf, day, same).signals(read, circle=True)[:, kept] for shelf in (before, other))
        assert np.array_equal(first[0], second[0])
        assert not np.allclose(first[1], second[1])


def test_the_readers_model_tells_the_library_from_the_rest():
    before = unit(40, 1)
    seen = sight(before, np.vstack([before[[3, 4]], before[[20, 21, 22]]])).signals(reading([3, 4]), circle=False)
    decision = seen[:, signal_names(("lexical", "dense"), circle=False).index("reader's model")]
    assert decision[:2].min() > 0 > decision[2:].max()
