"""Coverage, exposure, diversity and novelty against their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array, csr_matrix
from sklearn.metrics.pairwise import cosine_distances

from broadsheet.core.errors import RecordError
from broadsheet.core.metrics import catalogue_coverage, gini, intra_list_diversity, novelty


def unit_rows(seed, k, d=6):
    rows = np.random.default_rng(seed).normal(size=(k, d))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_coverage_counts_each_item_once():
    assert catalogue_coverage([["a", "b"], ["b"], []], "abcde") == 0.4
    assert catalogue_coverage([], ["a"]) == 0


def test_coverage_reports_items_that_the_catalogue_lacks():
    with pytest.raises(RecordError, match="2 items are not in the catalogue, first 'x'"):
        catalogue_coverage([["a", "x", "y"]], ["a"])
    with pytest.raises(RecordError, match="Items of the catalogue have 0 entries"):
        catalogue_coverage([], [])


@given(st.lists(st.integers(0, 50), min_size=1, max_size=25).filter(any))
def test_gini_is_half_the_relative_mean_difference(exposure):
    x = np.array(exposure, dtype=float)
    definition = np.abs(x[:, None] - x).mean() / (2 * x.mean())
    assert gini(exposure) == pytest.approx(definition, abs=1e-12)
    assert gini(x * 3) == pytest.approx(gini(x))
    assert -1e-12 <= gini(exposure) <= 1 - 1 / len(x) + 1e-12


@pytest.mark.parametrize(("exposure", "what"), [([], "0 entries"), ([0, 0], "No item has any"), ([1, -1], "Entry 1 of exposure"), ([np.inf], "inf")])
def test_gini_refuses_what_has_no_exposure(exposure, what):
    with pytest.raises(RecordError, match=what):
        gini(exposure)


@pytest.mark.parametrize("k", [2, 3, 9])
def test_diversity_is_the_mean_distance_of_pairs(k):
    rows = unit_rows(1, k)
    pairs = cosine_distances(rows)[np.triu_indices(k, 1)]
    assert intra_list_diversity(rows) == pytest.approx(pairs.mean())
    assert intra_list_diversity(rows[::-1]) == pytest.approx(pairs.mean())


@pytest.mark.parametrize("make", [csr_array, csr_matrix])
def test_diversity_of_sparse_and_dense_vectors_is_the_same(make):
    rows = unit_rows(2, 7)
    assert intra_list_diversity(make(rows)) == pytest.approx(intra_list_diversity(rows))


def test_diversity_takes_half_precision():
    rows = unit_rows(3, 5)
    assert intra_list_diversity(rows.astype(np.float16)) == pytest.approx(intra_list_diversity(rows), abs=1e-3)


def test_diversity_of_equal_and_of_opposite_items():
    assert intra_list_diversity(np.array([[1.0, 0.0]] * 4)) == 0
    assert intra_list_diversity(np.array([[1.0, 0.0], [-1.0, 0.0]])) == 2


def test_fewer_than_two_items_have_no_diversity():
    assert intra_list_diversity(np.empty((0, 3))) == 0
    assert intra_list_diversity(np.array([[0.0, 1.0]])) == 0


def test_a_text_without_a_known_word_is_far_from_everything():
    assert intra_list_diversity(np.array([[1.0, 0.0], [0.0, 0.0]])) == 1


@pytest.mark.parametrize("length", [2.0, np.nan])
def test_vectors_of_another_length_are_an_error(length):
    with pytest.raises(RecordError, match="Vector 1 of the slate has the length"):
        intra_list_diversity(np.array([[1.0, 0.0], [length, 0.0]]))


def test_novelty_falls_with_the_readers_who_know_an_item():
    assert novelty(["a"], {"a": 3}, readers=7) == 1
    assert novelty(["nobody's"], {}, readers=7) == 3
    assert novelty(["everybody's"], {"everybody's": 7}, readers=7) == 0
    assert novelty([], {}, readers=7) == 0


@pytest.mark.parametrize("count", [-1, 8])
def test_novelty_refuses_impossible_counts(count):
    with pytest.raises(RecordError, match="'a' is known to"):
        novelty(["a"], {"a": count}, readers=7)
