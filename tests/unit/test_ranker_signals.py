"""Signals of a paper for a reader: what counts as evidence, and what does not."""

import numpy as np
import pytest

from broadsheet.report.affinity import AffinityConfig, kernel
from broadsheet.report.ranker.signals import Reading, Shelf, Sight, signal_names

RNG = np.random.default_rng(0)


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
    assert seen[:, names.index("lexical circle best")] == pytest.approx(seen[:, names.index("lexical usual")])


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
